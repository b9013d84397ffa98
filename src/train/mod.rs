//! From a plan to figures: batches, the loop, checkpoints, evaluation, prediction.
//!
//! ```text
//! Plan + Tables + Examples ─run→ run folder + Report        resume: the same, from where it stopped, bit for bit
//! run folder ─LoadedRun::open→ LoadedRun ─evaluate→ Figures, ─predict→ Prediction
//! ```
//! Nothing here prints: what happens is told to a [`Progress`].

pub mod details;
pub mod evaluate;
pub mod files;
pub mod frozen;
pub mod initial;
pub mod paired;
pub mod predict;
pub mod report;
pub mod run_dir;
pub mod state;
pub mod trainer;
pub mod twins;
pub mod weights;

#[cfg(test)]
mod tests;

use crate::batches::Description;
use crate::diagnostics::Diagnostic;
use crate::plan::Plan;
use report::{Figure, Report};
use std::path::PathBuf;

pub use evaluate::LoadedRun;
pub use trainer::{RunOptions, resume, run, run_seeds};

/// Why a run has no report.
#[derive(Debug)]
pub enum RunError {
    /// findings with E08xx codes
    Failed(Vec<Diagnostic>),
    /// stopped on request, with everything saved; `mtlc run --resume` goes on from this folder
    Interrupted(PathBuf),
}

impl From<Diagnostic> for RunError {
    fn from(d: Diagnostic) -> Self {
        RunError::Failed(vec![d])
    }
}

impl RunError {
    /// The exit code of the process: 130 when interrupted, 3 when failed.
    pub fn exit_code(&self) -> i32 {
        match self {
            RunError::Failed(_) => 3,
            RunError::Interrupted(_) => 130,
        }
    }
}

/// A named loss.
pub type NamedLoss = (String, f64);

/// One finished step.
#[derive(Clone, Debug)]
pub struct StepNews<'a> {
    /// name of the stage
    pub stage: &'a str,
    /// finished epochs of the stage
    pub epoch: u64,
    /// steps of the stage
    pub step: u64,
    /// steps of the whole stage, when they are known
    pub steps: Option<u64>,
    /// how much of the stage is over, 0 to 1
    pub progress: f64,
    /// mean loss of each task over this epoch so far
    pub losses: Vec<NamedLoss>,
    /// training examples a second since the epoch began
    pub examples_per_second: f64,
    /// expected seconds until the stage ends
    pub seconds_left: Option<f64>,
}

/// One dev evaluation.
#[derive(Clone, Debug)]
pub struct EvaluationNews<'a> {
    /// name of the stage
    pub stage: &'a str,
    /// finished epochs of the stage
    pub epoch: u64,
    /// steps of the run
    pub step: u64,
    /// mean loss of each task since the epoch began
    pub losses: Vec<NamedLoss>,
    /// dev figures of each task
    pub dev: Vec<(String, Vec<Figure>)>,
    /// value of the objective
    pub objective: Option<f64>,
    /// whether it is the best so far
    pub best: bool,
    /// seconds of training so far
    pub seconds: f64,
    /// training examples a second of the epoch
    pub examples_per_second: f64,
}

/// Hears what happens while a run goes on.
pub trait Progress {
    /// Of several seeds, one begins: its number among how many.
    fn seed(&mut self, seed: u64, index: usize, of: usize) {
        let _ = (seed, index, of);
    }
    /// Before the first step (of this process).
    fn started(&mut self, plan: &Plan, dir: &std::path::Path, resumed_at: Option<u64>) {
        let _ = (plan, dir, resumed_at);
    }
    /// A stage begins; so many values are not frozen in it.
    fn stage(&mut self, schedule: &Description, parameters: usize) {
        let _ = (schedule, parameters);
    }
    /// After each step.
    fn step(&mut self, news: &StepNews<'_>) {
        let _ = news;
    }
    /// After each dev evaluation.
    fn evaluated(&mut self, news: &EvaluationNews<'_>) {
        let _ = news;
    }
    /// A stage ended.
    fn stage_ended(&mut self, stage: &report::StageReport) {
        let _ = stage;
    }
    /// The run ended.
    fn finished(&mut self, report: &Report) {
        let _ = report;
    }
}

/// Says nothing.
pub struct Quiet;
impl Progress for Quiet {}
