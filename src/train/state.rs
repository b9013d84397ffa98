//! All that a run is at one moment, in one file: `state.safetensors` holds the weights, the optimiser's moments and, as
//! metadata, the counters. Putting it in place is one rename, so no two parts can be of different moments.
//!
//! Best weights so far lie in `state/STEP.safetensors`, written before the state that names them and removed after the
//! state that does not. `metrics.jsonl` is cut back to the length that the state knows.

use super::evaluate::best_file;
use super::files;
use super::report::StageReport;
use super::run_dir::{MODEL, RunDir};
use super::weights::Owners;
use crate::batches::Cursor;
use crate::diagnostics::Diagnostic;
use crate::kinds::weightings::Memory;
use crate::ops::params::{Outgoing, Stored};
use crate::plan::Plan;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The state's file.
pub const STATE: &str = "state.safetensors";
/// Folder of best weights.
const SNAPSHOTS: &str = "state";

/// The best evaluation so far by one figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BestSoFar {
    /// its value
    pub value: f64,
    /// the stage
    pub stage: usize,
    /// finished epochs of the stage
    pub epoch: u64,
    /// steps of the run: names the snapshot
    pub step: u64,
}

/// Counters of a run; with the tensors beside them, everything that later steps depend on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// of the run
    pub seed: u64,
    /// the current stage
    pub stage: usize,
    /// the last stage whose beginning put weights in place
    #[serde(default)]
    pub entered: Option<usize>,
    /// the stage whose copy of the weights is trained now
    #[serde(default)]
    pub copy: Option<usize>,
    /// sets of weights beside those that are trained now
    #[serde(default)]
    pub sets: BTreeSet<String>,
    /// by task, the stage whose copy of the weights is its own
    #[serde(default)]
    pub owners: Owners,
    /// the tasks that a stage kept for later ones
    #[serde(default)]
    pub kept: Option<Vec<usize>>,
    /// since the stage began, how a step for each task changed the loss of each: sums of 1 − after / before, and counts
    #[serde(default)]
    pub affinity: BTreeMap<usize, BTreeMap<usize, (f64, u64)>>,
    /// trials of the search that goes on: rates, and the best figure of each
    #[serde(default)]
    pub tried: Vec<(Vec<f64>, Option<f64>)>,
    /// the best figure of the trial that goes on
    #[serde(default)]
    pub trial: Option<f64>,
    /// place within it
    pub cursor: Cursor,
    /// optimiser steps of the run
    pub step: u64,
    /// seconds of training
    pub seconds: f64,
    /// of them, in this stage
    pub stage_seconds: f64,
    /// dev evaluations in this stage
    pub evaluations: u64,
    /// stage second of the next one, when they are timed
    pub next_evaluation: f64,
    /// whether patience is at its end
    pub stopped_early: bool,
    /// evaluations in a row without a better objective
    pub waited: usize,
    /// since the epoch began: sum of losses times counts, and counts, by task
    pub losses: BTreeMap<usize, (f64, f64)>,
    /// each task's loss at the last step that trained it
    pub last_losses: BTreeMap<usize, f64>,
    /// as `losses`, of every `loss` of the program
    #[serde(default)]
    pub terms: BTreeMap<usize, (f64, f64)>,
    /// the value of each at the last step that computed it
    #[serde(default)]
    pub last_terms: BTreeMap<usize, f64>,
    /// since the epoch began: sum of the factors by which a weighting that moves made each task count, and their number
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub factors: BTreeMap<usize, (f64, f64)>,
    /// what the weighting of the stage remembers
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub weighing: Memory,
    /// what the gradient method of the stage remembers
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub combining: Memory,
    /// since the epoch began: pairs of gradients that pointed against each other, and all pairs that were compared
    #[serde(default, skip_serializing_if = "is_none")]
    pub conflicts: (u64, u64),
    /// of every finished epoch of the stage the share of the former
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts_by_epoch: Vec<f64>,
    /// since the epoch began
    pub epoch_examples: u64,
    /// since the epoch began, steps alone
    pub epoch_seconds: f64,
    /// of every finished epoch
    pub epochs_seconds: Vec<f64>,
    /// by the objective
    pub best: Option<BestSoFar>,
    /// by each task's first metric
    pub task_best: BTreeMap<usize, BestSoFar>,
    /// finished stages
    pub stages: Vec<StageReport>,
    /// bytes of `metrics.jsonl`
    pub metrics_bytes: u64,
}

fn is_none(conflicts: &(u64, u64)) -> bool {
    *conflicts == (0, 0)
}

impl State {
    /// The snapshots that are still needed.
    pub fn snapshots(&self) -> BTreeSet<u64> {
        self.best.iter().chain(self.task_best.values()).map(|b| b.step).collect()
    }
}

/// Path of a snapshot.
pub fn snapshot(step: u64) -> String {
    format!("{SNAPSHOTS}/{step}.safetensors")
}

/// The text of a state with a checksum of itself and the tensors beside it.
#[derive(Serialize, Deserialize)]
struct Summed {
    sum: String,
    state: String,
}

/// Puts the state in place, then removes snapshots that it does not name.
pub fn save(dir: &RunDir, state: &State, tensors: &[Outgoing<'_>]) -> Result<(), Diagnostic> {
    let json = serde_json::to_string(state).map_err(|e| dir.corrupt(STATE, e.to_string()))?;
    // within the file: of two files one would be older than the other when the process is killed
    let sum = files::checksum_of(&json, tensors.iter().map(|t| (t.name(), t.bytes())));
    let summed = serde_json::to_string(&Summed { sum, state: json }).map_err(|e| dir.corrupt(STATE, e.to_string()))?;
    dir.write_tensors(STATE, tensors, &summed)?;
    clean(dir, &state.snapshots())
}

fn clean(dir: &RunDir, keep: &BTreeSet<u64>) -> Result<(), Diagnostic> {
    let Ok(entries) = std::fs::read_dir(dir.file(SNAPSHOTS)) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // nothing but snapshots is removed
        let step: Option<u64> = name.strip_suffix(".safetensors").and_then(|s| s.parse().ok());
        if step.is_some_and(|s| snapshot(s) == format!("{SNAPSHOTS}/{name}") && !keep.contains(&s)) {
            files::remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Whether a file is the state or one of its snapshots, which change while the run goes on.
pub fn is_state(name: &str) -> bool {
    name == STATE || name.starts_with(&format!("{SNAPSHOTS}/"))
}

/// The state that was saved last. A snapshot that is gone is made again from the weights that a finished run kept.
pub fn load(dir: &RunDir, plan: &Plan) -> Result<(State, Vec<Stored>), Diagnostic> {
    let Saved { state, tensors, gone } = read(dir, plan)?;
    restore(dir, &gone)?;
    Ok((state, tensors))
}

/// Puts snapshots that are gone in place again.
pub fn restore(dir: &RunDir, gone: &[(String, Vec<u8>)]) -> Result<(), Diagnostic> {
    gone.iter().try_for_each(|(name, bytes)| dir.write(name, bytes).map(drop))
}

/// What lies in a run folder.
pub struct Saved {
    /// the counters
    pub state: State,
    /// weights and moments
    pub tensors: Vec<Stored>,
    /// snapshots that are gone: name and content
    pub gone: Vec<(String, Vec<u8>)>,
}

/// The state that was saved last; changes nothing.
pub fn read(dir: &RunDir, plan: &Plan) -> Result<Saved, Diagnostic> {
    let (tensors, summed) = dir.read_tensors(STATE)?;
    let Summed { sum, state: json } = serde_json::from_str(&summed).map_err(|e| dir.corrupt(STATE, e.to_string()))?;
    let bytes = |v: &[f32]| v.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    if sum != files::checksum_of(&json, tensors.iter().map(|(name, v, _)| (name.as_str(), bytes(v).into()))) {
        return Err(dir.corrupt(STATE, "it was changed after the run wrote it: its checksum is another".into()));
    }
    let state: State = serde_json::from_str(&json).map_err(|e| dir.corrupt(STATE, e.to_string()))?;
    let known = state.stage < plan.train.stages.len() && state.task_best.keys().all(|t| *t < plan.tasks.len());
    if !known {
        return Err(dir.corrupt(STATE, "it names stages or tasks that the plan does not have".into()));
    }
    let mut gone = vec![];
    for step in state.snapshots() {
        let name = snapshot(step);
        if dir.file(&name).exists() {
            continue;
        }
        let task = |(t, b): (&usize, &BestSoFar)| (b.step == step).then(|| best_file(&plan.tasks[*t].name));
        let kept = state.best.iter().filter(|b| b.step == step).map(|_| MODEL.to_string());
        let mut kept = kept.chain(state.task_best.iter().filter_map(task));
        match kept.find_map(|name| dir.read(&name).ok()) {
            Some(bytes) => gone.push((name, bytes)),
            None => return Err(dir.corrupt(STATE, format!("it names `{name}`, which is missing"))),
        }
    }
    Ok(Saved { state, tensors, gone })
}

/// Removes what no further step needs, after the report is in place. The state stays: with it the run can go on after its
/// end.
pub fn finish(dir: &RunDir) -> Result<(), Diagnostic> {
    clean(dir, &BTreeSet::new())?;
    // an empty folder left behind would harm nobody
    let _ = std::fs::remove_dir(dir.file(SNAPSHOTS));
    Ok(())
}
