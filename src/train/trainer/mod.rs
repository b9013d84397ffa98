//! The loop: stages, and how a run goes on after it was stopped. [`before`] finds what would fail, [`step`] makes a step,
//! [`keep`] evaluates and writes.

mod before;
mod combine;
mod controllers;
mod keep;
mod more;
mod probe;
mod sets;
mod step;
mod weigh;

pub use before::{check, objective};
pub use more::{can_go_on, more};
pub use step::rate;

use combine::Method;

use super::evaluate;
use super::files;
use super::frozen::Frozen;
use super::initial::Source;
use super::report::{Report, SeedsReport, StageReport};
use super::run_dir::{INFO, METRICS, MODEL, PLAN, REPORT, RunDir, SEEDS};
use super::state::{self, State};
use super::weights;
use super::{Progress, RunError};
use crate::batches::Schedule;
use crate::columns::SplitName;
use crate::diagnostics::Diagnostic;
use crate::encode::{Examples, Tables};
use crate::model::optim::Optimizer;
use crate::network::Network;
use crate::ops::params::{Outgoing, Params, Stored};
use crate::passes::{self, flow};
use crate::plan::{Graph, Length, Param, Phase, Plan, Score, Stage};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a run needs besides plan and data.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// folder of the run; see [`run_dir::begin`]
    pub out: PathBuf,
    /// the same, where this process holds it already
    pub dir: Option<RunDir>,
    /// seed of everything random
    pub seed: u64,
    /// the spec and the files that it uses: name and text
    pub sources: Vec<(String, String)>,
    /// where relative data paths start; kept for `resume`
    pub base: PathBuf,
    /// the command; kept for `resume`
    pub origin: Origin,
    /// the state is saved after each evaluation and at least this often
    pub save_every: Duration,
    /// set from outside (Ctrl-C): finish the step, save, stop
    pub stop: Arc<AtomicBool>,
    /// where tensors live
    pub device: Device,
    /// when the command began; the course tells how long it took to the first step
    pub began: Instant,
    /// bytes of outputs of frozen encoders that are kept in memory; the rest goes to a file in the run folder
    pub cache_memory: usize,
    /// the run with whose weights it begins
    pub from: Option<Arc<Source>>,
    /// stop as if killed after so many steps of this process (tests)
    #[cfg(test)]
    pub kill_after: Option<u64>,
}

impl RunOptions {
    /// With the usual settings.
    pub fn new(out: impl Into<PathBuf>, seed: u64) -> Self {
        Self {
            out: out.into(),
            dir: None,
            seed,
            sources: vec![],
            base: PathBuf::from("."),
            origin: Origin::default(),
            save_every: Duration::from_secs(60),
            stop: Arc::new(AtomicBool::new(false)),
            device: Device::flex(),
            began: Instant::now(),
            cache_memory: 1 << 30,
            from: None,
            #[cfg(test)]
            kill_after: None,
        }
    }
}

/// The command that began a run: from it twins are compiled when the run goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// the spec's file
    pub spec: PathBuf,
    /// each `--set`
    pub set: Vec<String>,
    /// each `--without`
    pub without: Vec<String>,
    /// each `--only`
    pub only: Vec<String>,
    /// `--device`
    #[serde(default)]
    pub device: Option<String>,
    /// each `--no-pass`
    #[serde(default)]
    pub no_pass: Vec<String>,
    /// `--from`
    #[serde(default)]
    pub from: Option<PathBuf>,
}

/// What `resume` must know besides the plan: `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// seed of the run
    pub seed: u64,
    /// where relative data paths start
    pub base: PathBuf,
    /// fingerprint of the encoded examples
    pub data: String,
    /// the command
    #[serde(default)]
    pub origin: Origin,
    /// epochs by which it went on after its end
    #[serde(default)]
    pub more: u64,
}

/// Begins the names of weights in the state's file; the rest is the optimiser's.
const WEIGHT: &str = "weight/";

/// Trains a plan in a run folder: [`RunOptions::dir`], or a new one.
pub fn run(
    plan: &Plan,
    tables: &Tables,
    examples: &Examples,
    options: &RunOptions,
    progress: &mut dyn Progress,
) -> Result<Report, RunError> {
    let faults = check(plan, examples);
    if !faults.is_empty() {
        return Err(RunError::Failed(faults));
    }
    let dir = match &options.dir {
        Some(dir) => dir.clone(),
        None => RunDir::create(&options.out)?,
    };
    // an empty path is the current folder
    let base = if options.base.as_os_str().is_empty() { Path::new(".") } else { &options.base };
    let base = base.canonicalize().unwrap_or_else(|_| base.to_path_buf());
    let (seed, origin, sources) = (options.seed, options.origin.clone(), options.sources.as_slice());
    let state = State { seed, ..State::default() };
    std::thread::scope(|scope| {
        let mut trainer = Trainer::new(plan, tables, examples, dir.clone(), state.clone(), None, options, progress)?;
        // the initial weights too: vectors from a file are not read again
        let weights: Vec<Vec<f32>> = (0..plan.params.len()).map(|i| trainer.params.values(i)).collect();
        // each file waits for the disk, training need not: nothing else is written before this is done
        trainer.begun = Some(Box::new(files::beside(scope, move || {
            let info = dir.write_json(INFO, &RunInfo { seed, base, data: fingerprint(examples), origin, more: 0 })?;
            let mut sums = dir.write_start(sources, tables)?;
            sums.push((INFO.to_string(), info));
            let named = plan.params.iter().zip(&weights);
            let named = named.map(|(p, v)| Outgoing::new(format!("{WEIGHT}{}", p.name), p.shape.clone(), || v.into()));
            state::save(&dir, &state, &named.collect::<Vec<_>>())?;
            dir.list(sums)?;
            dir.write_listed(PLAN, plan)
        })));
        trainer.train()
    })
}

/// Where the data of a run begin, so that they can be loaded again before [`resume`].
pub fn info(dir: &RunDir) -> Result<RunInfo, Diagnostic> {
    dir.read_json(INFO)
}

/// Whether a run has ended, and all that it found is there.
pub fn finished(dir: &RunDir, plan: &Plan) -> Result<Option<Report>, Diagnostic> {
    if !dir.file(REPORT).exists() {
        return Ok(None);
    }
    // a report that the run did not write is not told as its own
    let report: Report = dir.read_json(REPORT)?;
    let best = report.tasks.iter().filter(|t| t.best.is_some()).map(|t| evaluate::best_file(&t.name));
    let there = |name: String| dir.file(&name).exists();
    let whole = report.tasks.len() == plan.tasks.len() && best.chain([MODEL.to_string()]).all(there);
    Ok(whole.then_some(report))
}

/// Goes on with a stopped run; the result is that of a run that never stopped. A finished run gives its report.
/// `examples` are those of the run, made anew by [`Examples::encode`] from the folder's plan and tables
/// ([`RunDir::read_start`]). Nothing is changed before all is read.
pub fn resume(
    dir: &RunDir,
    plan: &Plan,
    tables: &Tables,
    examples: &Examples,
    options: &RunOptions,
    progress: &mut dyn Progress,
) -> Result<Report, RunError> {
    let dir = dir.hold()?;
    if let Some(report) = finished(&dir, plan)? {
        state::finish(&dir)?;
        return Ok(report);
    }
    same_data(&dir, &info(&dir)?, examples)?;
    let (state, tensors) = state::load(&dir, plan)?;
    let mut trainer = Trainer::new(plan, tables, examples, dir, state, Some(tensors), options, progress)?;
    let known = trainer.state.metrics_bytes;
    trainer.state.metrics_bytes = files::cut(&trainer.dir.file(METRICS), known)?;
    trainer.train()
}

fn same_data(dir: &RunDir, info: &RunInfo, examples: &Examples) -> Result<(), Diagnostic> {
    if info.data == fingerprint(examples) {
        return Ok(());
    }
    let shown = dir.path.display();
    Err(Diagnostic::new("E0807", format!("the data are no longer those with which `{shown}` began"))
        .help("bring back the old data files, or start a new run by `mtlc run`"))
}

/// Goes on with a run in the folder of a greater one, or begins it: with a seed of several, or as a twin. What is there must
/// be this very run.
pub fn run_part(
    plan: &Plan,
    tables: &Tables,
    examples: &Examples,
    options: &RunOptions,
    progress: &mut dyn Progress,
) -> Result<Report, RunError> {
    if !options.out.join(PLAN).exists() {
        return run(plan, tables, examples, options, progress);
    }
    let dir = RunDir::open(&options.out)?.hold()?;
    let ((own, own_tables), info) = (dir.read_start()?, info(&dir)?);
    if info.seed != options.seed || !own.is_same_program(plan) {
        let shown = dir.path.display();
        return Err(Diagnostic::new("E0806", format!("`{shown}` holds a run of another program or seed"))
            .help("move it away, or name another folder after `--out`")
            .into());
    }
    same_data(&dir, &info, examples)?;
    resume(&dir, &own, &own_tables, examples, options, progress)
}

/// Runs a plan once for each seed, in `OUT/seed-N`, and gathers mean ± sd in `OUT/report.json`. In a folder that holds the
/// same already ([`RunOptions::dir`]), it goes on where it stopped.
pub fn run_seeds(
    plan: &Plan,
    tables: &Tables,
    examples: &Examples,
    options: &RunOptions,
    seeds: &[u64],
    progress: &mut dyn Progress,
) -> Result<SeedsReport, RunError> {
    let faults = check(plan, examples);
    if !faults.is_empty() {
        return Err(RunError::Failed(faults));
    }
    let top = match &options.dir {
        Some(dir) => dir.clone(),
        None => RunDir::create(&options.out)?,
    };
    if !top.file(SEEDS).exists() {
        top.write_listed(SEEDS, &seeds)?;
    }
    let (mut reports, mut folders) = (vec![], vec![]);
    for (i, &seed) in seeds.iter().enumerate() {
        let name = format!("seed-{seed}");
        let began = if i == 0 { options.began } else { Instant::now() };
        let own = RunOptions { out: top.file(&name), dir: None, seed, began, ..options.clone() };
        progress.seed(seed, i, seeds.len());
        match run_part(plan, tables, examples, &own, progress) {
            Ok(r) => reports.push(r),
            Err(RunError::Interrupted(_)) => return Err(RunError::Interrupted(top.path)),
            Err(e) => return Err(e),
        }
        folders.push(name);
    }
    let report = SeedsReport::new(plan, folders, &reports);
    top.write_listed(REPORT, &report)?;
    Ok(report)
}

/// The seeds of a folder that [`run_seeds`] made.
pub fn seeds_of(folder: &Path) -> Option<Vec<u64>> {
    RunDir::at(folder).read_json(SEEDS).ok()
}

/// A fingerprint of all encoded examples.
pub fn fingerprint(examples: &Examples) -> String {
    let mut hash = Sha256::new();
    for e in examples.corpora.iter().flatten() {
        hash.update((e.len as u64).to_le_bytes());
        for rows in e.texts.values() {
            rows.offsets.iter().for_each(|o| hash.update(o.to_le_bytes()));
            rows.values.iter().for_each(|v| hash.update(v.to_le_bytes()));
        }
        for (at, gold) in &e.golds {
            hash.update(format!("{at:?}"));
            hash.update((gold.width as u64).to_le_bytes());
            gold.present.iter().for_each(|p| hash.update([u8::from(*p)]));
            gold.offsets.iter().for_each(|o| hash.update(o.to_le_bytes()));
            gold.ids.iter().for_each(|id| hash.update(id.to_le_bytes()));
            gold.reals.iter().for_each(|x| hash.update(x.to_le_bytes()));
        }
    }
    hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

struct Trainer<'a> {
    plan: &'a Plan,
    tables: &'a Tables,
    examples: &'a Examples,
    dir: RunDir,
    state: State,
    options: &'a RunOptions,
    progress: &'a mut dyn Progress,
    network: Network,
    /// those that are trained now
    params: Params,
    /// other sets of weights, by name
    aside: BTreeMap<String, Params>,
    frozen: Frozen,
    /// the optimiser's tensors of a resumed run, until its stage begins
    resumed: Option<Vec<Stored>>,
    objective: Option<Score>,
    /// whether more is better
    upwards: bool,
    evaluates: bool,
    /// waits until the files are there with which a new run can go on
    begun: Option<Box<dyn FnOnce() -> Result<(), Diagnostic> + 'a>>,
    /// seconds from the command to the end of the first step, until they are told
    first_step: Option<f64>,
    clock: Instant,
    saved: Instant,
    #[cfg(test)]
    steps_here: u64,
}

/// What is fixed while a stage goes on.
struct Course<'a> {
    stage: &'a Stage,
    /// the same as it goes: with the tasks that remain, and the rates of this trial
    now: Stage,
    schedule: Schedule,
    optimizer: Optimizer,
    /// learning rates by parameter, before warm-up and decay
    rates: Vec<f64>,
    steps: Option<u64>,
    /// parameters that move
    moves: Vec<usize>,
    /// by corpus: the nodes of its training graph through which a gradient is of use; absent: not looked at
    gradients: HashMap<usize, Vec<bool>>,
    /// how the gradients of several losses become one; `None`: by their sum
    method: Option<Method<'a>>,
    /// every loss is computed by itself
    apart: bool,
}

impl<'a> Trainer<'a> {
    #[expect(clippy::too_many_arguments, reason = "two call sites, both above")]
    fn new(
        plan: &'a Plan,
        tables: &'a Tables,
        examples: &'a Examples,
        dir: RunDir,
        state: State,
        tensors: Option<Vec<Stored>>,
        options: &'a RunOptions,
        progress: &'a mut dyn Progress,
    ) -> Result<Self, Diagnostic> {
        let mut network = Network::new(plan, tables).map_err(|e| dir.corrupt(PLAN, e))?;
        network.weigh_classes(plan, examples);
        let mut params = evaluate::new_params(plan, tables, state.seed, &options.device);
        let mut aside = BTreeMap::new();
        let resumed = match tensors {
            None => {
                if let Some(source) = &options.from {
                    source.put(&source.fit(plan, tables)?, &mut params);
                }
                None
            }
            Some(all) => {
                let corrupt = |e| dir.corrupt(state::STATE, e);
                let (all, others) = weights::part(all, state.sets.iter().cloned()).map_err(corrupt)?;
                let (mut own, mut rest) = (vec![], vec![]);
                for (name, values, shape) in all {
                    match name.strip_prefix(WEIGHT) {
                        Some(name) => own.push((name.to_string(), values, shape)),
                        None => rest.push((name, values, shape)),
                    }
                }
                evaluate::set_params(&mut params, own).map_err(corrupt)?;
                for (name, tensors) in others {
                    let mut set = params.clone();
                    evaluate::set_some(&mut set, tensors, false).map_err(corrupt)?;
                    aside.insert(name, set);
                }
                Some(rest)
            }
        };
        let objective = objective(plan, examples);
        let upwards = objective.as_ref().is_none_or(|o| evaluate::upwards(plan, o));
        let evaluates = (0..plan.tasks.len()).any(|t| evaluate::has_gold(plan, examples, t, SplitName::Dev));
        let now = Instant::now();
        let frozen = Frozen::new(options.cache_memory, &dir.path);
        Ok(Self {
            plan,
            tables,
            examples,
            dir,
            state,
            options,
            progress,
            network,
            params,
            aside,
            frozen,
            resumed,
            objective,
            upwards,
            evaluates,
            begun: None,
            first_step: None,
            clock: now,
            saved: now,
            #[cfg(test)]
            steps_here: 0,
        })
    }

    fn train(mut self) -> Result<Report, RunError> {
        let resumed_at = (self.state.step > 0).then_some(self.state.step);
        self.progress.started(self.plan, &self.dir.path, resumed_at);
        while self.state.stage < self.plan.train.stages.len() {
            self.enter();
            let stage = self.stage()?;
            self.progress.stage_ended(&stage);
            self.state.stages.push(stage);
            let s = &mut self.state;
            s.stage += 1;
            s.cursor = Default::default();
            (s.stage_seconds, s.evaluations, s.next_evaluation, s.waited) = (0.0, 0, 0.0, 0);
            s.stopped_early = false;
            s.weighing.clear();
            s.combining.clear();
            s.conflicts_by_epoch.clear();
            self.forget_epoch();
        }
        self.finish()
    }

    fn course(&mut self) -> Result<Course<'a>, RunError> {
        let plan = self.plan;
        let stage = &plan.train.stages[self.state.stage];
        let now = self.adjusted(stage);
        let schedule = Schedule::of(plan, self.state.stage, &now, self.examples, self.state.seed);
        if self.state.cursor.drawn.is_empty() {
            self.state.cursor = schedule.cursor();
        }
        let steps = match stage.length {
            Length::Epochs(e) => Some((e * schedule.steps_per_epoch as f64).ceil() as u64),
            Length::Steps(n) => Some(n),
            Length::Seconds(_) => None,
        };
        let still = flow::frozen(plan, self.state.stage);
        let still: Vec<usize> = (0..still.len()).filter(|i| still[*i]).collect();
        let cut = plan.pass(passes::GRADIENTS);
        self.params.freeze_with(&still, !cut);
        self.frozen.begin(plan, self.state.stage);
        let gradients = |g: &Graph| flow::with_gradient(plan, g, self.state.stage);
        let training = plan.graphs.iter().filter(|g| cut && g.phase == Phase::Train);
        let gradients = training.map(|g| (g.corpus, gradients(g))).collect();
        let lr = stage.optimizer.settings.get("lr").and_then(|l| l.as_f64()).unwrap_or(1e-3);
        let rate = |p: &Param| {
            let groups = stage.optimizer.groups.iter().filter(|(g, _)| flow::meant(p, g));
            // of several that match, the longest name says it most exactly
            groups.max_by_key(|(g, _)| g.len()).map_or(lr, |(_, r)| *r)
        };
        let rates = plan.params.iter().map(rate).collect();
        let mut optimizer = Optimizer::new(&stage.optimizer, &self.params).map_err(|e| self.dir.corrupt(PLAN, e))?;
        if let Some(tensors) = self.resumed.take() {
            optimizer.load_state(tensors).map_err(|e| self.dir.corrupt(state::STATE, e.join("; ")))?;
        }
        let moves = flow::learning(plan, self.state.stage);
        let moves = (0..moves.len()).filter(|i| moves[*i]).collect();
        let method = Method::of(plan, self.state.stage);
        Ok(Course {
            stage,
            now,
            schedule,
            optimizer,
            rates,
            steps,
            moves,
            gradients,
            method,
            apart: flow::apart(stage),
        })
    }

    fn stage(&mut self) -> Result<StageReport, RunError> {
        let mut course = self.course()?;
        let stage = course.stage;
        let description = course.schedule.describe(self.plan, &course.now);
        let learning = (0..self.params.len()).filter(|i| !self.params.is_frozen(*i));
        let values = learning.map(|i| self.plan.params[i].shape.iter().product::<usize>()).sum();
        self.progress.stage(&description, values);
        self.tick();
        while !self.over(&course) {
            if self.options.stop.load(Ordering::Relaxed) {
                self.save(&course)?;
                return Err(RunError::Interrupted(self.dir.path.clone()));
            }
            self.step(&mut course)?;
            let epoch_ended = self.state.cursor.step == 0;
            if epoch_ended {
                self.state.epochs_seconds.push(self.state.epoch_seconds);
                if let (against, pairs @ 1..) = self.state.conflicts {
                    self.state.conflicts_by_epoch.push(against as f64 / pairs as f64);
                }
                self.log_epoch(stage)?;
            }
            self.tick();
            let mut evaluated = false;
            if self.evaluates && (self.due(&course, epoch_ended) || self.over(&course)) {
                let dev = self.evaluate(stage)?;
                self.hear(&course, &dev);
                evaluated = true;
            }
            if epoch_ended {
                self.forget_epoch();
            }
            self.tick();
            // the last state of all stays: with it the run can go on after its end
            if evaluated || epoch_ended || self.over(&course) || self.saved.elapsed() >= self.options.save_every {
                self.save(&course)?;
            }
            #[cfg(test)]
            {
                self.steps_here += 1;
                if self.options.kill_after.is_some_and(|k| self.steps_here >= k) {
                    return Err(RunError::Interrupted(PathBuf::from("killed")));
                }
            }
        }
        let found = self.conclude(&course);
        Ok(StageReport {
            name: stage.name.clone(),
            epochs: self.state.cursor.epoch,
            steps: self.state.cursor.total,
            seconds: self.state.stage_seconds,
            stopped_early: self.state.stopped_early,
            schedule: Some(description),
            conflicts: self.state.conflicts_by_epoch.clone(),
            ..found
        })
    }

    /// Adds the time since the last call to the training time.
    fn tick(&mut self) {
        let s = self.clock.elapsed().as_secs_f64();
        self.clock = Instant::now();
        self.state.seconds += s;
        self.state.stage_seconds += s;
    }

    fn over(&self, course: &Course<'_>) -> bool {
        let s = &self.state;
        s.stopped_early
            || course.schedule.steps_per_epoch == 0
            || match (course.steps, course.stage.length) {
                (Some(n), _) => s.cursor.total >= n,
                (None, Length::Seconds(limit)) => s.stage_seconds >= limit,
                (None, _) => true,
            }
    }

    /// How much of the stage is over.
    fn share(&self, course: &Course<'_>) -> f64 {
        let s = &self.state;
        match (course.steps, course.stage.length) {
            (Some(n), _) => s.cursor.total as f64 / n.max(1) as f64,
            (None, Length::Seconds(limit)) => s.stage_seconds / limit.max(f64::MIN_POSITIVE),
            (None, _) => 1.0,
        }
        .clamp(0.0, 1.0)
    }

    fn due(&self, course: &Course<'_>, epoch_ended: bool) -> bool {
        let n = self.state.cursor.total as f64;
        match course.stage.eval_every {
            None => epoch_ended,
            Some(Length::Steps(every)) => self.state.cursor.total.is_multiple_of(every.max(1)),
            Some(Length::Epochs(e)) => {
                let every = (e * course.schedule.steps_per_epoch as f64).max(1.0);
                (n / every).floor() > ((n - 1.0) / every).floor()
            }
            Some(Length::Seconds(every)) => self.state.stage_seconds >= self.state.next_evaluation.max(every),
        }
    }
}
