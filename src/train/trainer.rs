//! The loop: stages, steps, evaluations, what is kept, and how a run goes on after it was stopped.

use super::evaluate::{self, Figures};
use super::files;
use super::frozen::Frozen;
use super::report::{
    self, Best, Figure, FrameReport, Report, SeedsReport, StageReport, TaskReport, median, peak_memory, show_score,
    versions,
};
use super::run_dir::{self, METRICS, MODEL, REPORT, RunDir};
use super::state::{self, BestSoFar, State};
use super::{EvaluationNews, NamedLoss, Progress, RunError, StepNews};
use crate::data::SplitName;
use crate::data::batches::{Draw, Schedule};
use crate::data::index::{Examples, GoldColumn, Tables};
use crate::diagnostics::Diagnostic;
use crate::model::network::{Batch, Job, Known, Moment, Network, TaskLoss, Values};
use crate::model::optim::Optimizer;
use crate::model::params::{Outgoing, Params, Stored};
use crate::model::together::Share;
use crate::plan::passes::{self, flow};
use crate::plan::{Decay, Graph, Length, Phase, Plan, Score, Stage, Weights};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a run needs besides plan and data.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// folder of the run; see [`run_dir::choose`]
    pub out: PathBuf,
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
    /// bytes of outputs of frozen encoders that are kept in memory; the rest goes to a file in the run folder
    pub cache_memory: usize,
    /// stop as if killed after so many steps of this process (tests)
    #[cfg(test)]
    pub kill_after: Option<u64>,
}

impl RunOptions {
    /// With the usual settings.
    pub fn new(out: impl Into<PathBuf>, seed: u64) -> Self {
        Self {
            out: out.into(),
            seed,
            sources: vec![],
            base: PathBuf::from("."),
            origin: Origin::default(),
            save_every: Duration::from_secs(60),
            stop: Arc::new(AtomicBool::new(false)),
            device: Device::flex(),
            cache_memory: 1 << 30,
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
}

/// File of the [`RunInfo`].
const INFO: &str = "run.json";
/// Begins the names of weights in the state's file; the rest is the optimiser's.
const WEIGHT: &str = "weight/";
/// Marks a folder of several runs that differ in the seed; holds the seeds.
const SEEDS: &str = "seeds.json";

/// Trains a plan in a new run folder.
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
    let dir = RunDir::create(&options.out)?;
    // an empty path is the current folder
    let base = if options.base.as_os_str().is_empty() { Path::new(".") } else { &options.base };
    let base = base.canonicalize().unwrap_or_else(|_| base.to_path_buf());
    let info = RunInfo { seed: options.seed, base, data: fingerprint(examples), origin: options.origin.clone() };
    dir.write_json(INFO, &info)?;
    dir.write_start(&options.sources, tables)?;
    let state = State { seed: options.seed, ..State::default() };
    let trainer = Trainer::new(plan, tables, examples, dir, state, None, options, progress)?;
    // the initial weights too: vectors from a file are not read again
    trainer.save_with(vec![])?;
    trainer.dir.write_json(run_dir::PLAN, plan)?;
    trainer.train()
}

/// Where the data of a run begin, so that they can be loaded again before [`resume`].
pub fn info(dir: &RunDir) -> Result<RunInfo, Diagnostic> {
    dir.read_json(INFO)
}

/// Goes on with a stopped run; the result is that of a run that never stopped. A finished run gives its report.
/// `examples` are those of the run, made anew by [`Examples::encode`] from the folder's plan and tables
/// ([`RunDir::read_start`]).
pub fn resume(
    dir: &RunDir,
    plan: &Plan,
    tables: &Tables,
    examples: &Examples,
    options: &RunOptions,
    progress: &mut dyn Progress,
) -> Result<Report, RunError> {
    if dir.file(REPORT).exists() {
        state::finish(dir)?;
        return Ok(dir.read_json(REPORT)?);
    }
    let info = info(dir)?;
    if info.data != fingerprint(examples) {
        let shown = dir.path.display();
        return Err(Diagnostic::new("E0807", format!("the data are no longer those with which `{shown}` began"))
            .help("bring back the old data files, or start a new run by `mtlc run`")
            .into());
    }
    let (state, tensors) = state::load(dir)?;
    files::truncate(&dir.file(METRICS), state.metrics_bytes)?;
    Trainer::new(plan, tables, examples, dir.clone(), state, Some(tensors), options, progress)?.train()
}

/// Runs a plan once for each seed, in `OUT/seed-N`, and gathers mean ± sd in `OUT/report.json`. Called again on the same
/// folder, it goes on where it stopped.
pub fn run_seeds(
    plan: &Plan,
    tables: &Tables,
    examples: &Examples,
    options: &RunOptions,
    seeds: &[u64],
    progress: &mut dyn Progress,
) -> Result<SeedsReport, RunError> {
    let top = RunDir { path: options.out.clone() };
    top.write_json(SEEDS, &seeds)?;
    let (mut reports, mut folders) = (vec![], vec![]);
    for &seed in seeds {
        let name = format!("seed-{seed}");
        let own = RunOptions { out: top.file(&name), seed, ..options.clone() };
        let report = match RunDir::open(&own.out) {
            Ok(dir) => resume(&dir, plan, tables, examples, &own, progress),
            Err(_) => run(plan, tables, examples, &own, progress),
        };
        match report {
            Ok(r) => reports.push(r),
            Err(RunError::Interrupted(_)) => return Err(RunError::Interrupted(top.path)),
            Err(e) => return Err(e),
        }
        folders.push(name);
    }
    let report = SeedsReport::new(plan, folders, &reports);
    top.write_json(REPORT, &report)?;
    Ok(report)
}

/// The seeds of a folder that [`run_seeds`] made.
pub fn seeds_of(folder: &Path) -> Option<Vec<u64>> {
    RunDir { path: folder.to_path_buf() }.read_json(SEEDS).ok()
}

/// What chooses the kept weights: the declared objective; a single task's own metric where it has dev figures.
pub fn objective(plan: &Plan, examples: &Examples) -> Option<Score> {
    let only = || match plan.tasks.as_slice() {
        [t] if !t.metrics.is_empty() && evaluate::has_gold(plan, examples, 0, SplitName::Dev) => {
            Some(Score::Metric { task: 0, metric: 0 })
        }
        _ => None,
    };
    plan.train.objective.clone().or_else(only)
}

/// What would fail later, found before the first step.
pub fn check(plan: &Plan, examples: &Examples) -> Vec<Diagnostic> {
    let mut faults = vec![];
    let corpora_of = |t: usize| -> String {
        let names: Vec<String> = plan.tasks[t].golds.iter().map(|(c, _)| plan.corpora[*c].name.clone()).collect();
        names.join("`, `")
    };
    let split = "as in `columns(\"data\", dev = split(10%))`";
    if let Some(score) = &plan.train.objective {
        let (mut metrics, mut frames) = (vec![], vec![]);
        report::reads(score, &mut metrics, &mut frames);
        metrics.sort_unstable();
        metrics.dedup_by_key(|(t, _)| *t);
        for (t, _) in metrics {
            if !evaluate::has_gold(plan, examples, t, SplitName::Dev) {
                let (name, corpora) = (&plan.tasks[t].name, corpora_of(t));
                let e = format!("the objective needs dev figures of `{name}`, but `{corpora}` has no dev examples");
                faults.push(Diagnostic::new("E0802", e).help(format!("give `{corpora}` a dev split, {split}")));
            }
        }
        for c in frames {
            if examples.split(c, SplitName::Dev).is_none_or(|e| e.len == 0) {
                let name = &plan.corpora[c].name;
                let e = format!("the objective needs dev figures of `{name}`, which has no dev examples");
                faults.push(Diagnostic::new("E0802", e).help(format!("give `{name}` a dev split, {split}")));
            }
        }
    }
    let objective = objective(plan, examples);
    for stage in &plan.train.stages {
        if stage.early_stop.is_some() && objective.is_none() {
            let e = format!("stage `{}` stops early, but no objective says what is better", stage.name);
            let metric =
                |t: usize| Some(format!("{}.{}", plan.tasks.get(t)?.name, plan.tasks[t].metrics.first()?.label));
            let metrics: Vec<String> = stage.tasks.iter().filter_map(|t| metric(*t)).collect();
            let help = match metrics.as_slice() {
                [one] => format!("give its corpus a dev split, {split}, and write `objective {one}` in `train`"),
                many => format!("write `objective mean({})` in `train`", many.join(", ")),
            };
            faults.push(Diagnostic::new("E0802", e).help(help));
        }
        if stage.tasks.is_empty() {
            let e = format!("stage `{}` trains no task", stage.name);
            faults.push(Diagnostic::new("E0808", e).help("name its tasks, as in `stage first { tasks pos }`"));
        }
        for &t in &stage.tasks {
            if !evaluate::has_gold(plan, examples, t, SplitName::Train) {
                let (name, corpora) = (&plan.tasks[t].name, corpora_of(t));
                let e = format!("no training example of `{corpora}` holds gold for `{name}`");
                faults.push(Diagnostic::new("E0808", e).help(format!(
                    "check the column of the field that `{name}` is `of`, or leave `{name}` out of stage `{}`",
                    stage.name
                )));
            }
        }
    }
    faults
}

/// A fingerprint of all encoded examples.
fn fingerprint(examples: &Examples) -> String {
    let mut hash = Sha256::new();
    for e in examples.corpora.iter().flatten() {
        hash.update((e.len as u64).to_le_bytes());
        for rows in e.texts.values() {
            rows.offsets.iter().for_each(|o| hash.update(o.to_le_bytes()));
            rows.values.iter().for_each(|v| hash.update(v.to_le_bytes()));
        }
        for (at, gold) in &e.golds {
            hash.update(format!("{at:?}"));
            match gold {
                GoldColumn::Classes(v) => v.iter().for_each(|c| hash.update(c.to_le_bytes())),
                GoldColumn::Tags(r) | GoldColumn::Layers { tags: r, .. } => {
                    r.offsets.iter().for_each(|o| hash.update(o.to_le_bytes()));
                    r.values.iter().for_each(|v| hash.update(v.to_le_bytes()));
                }
                GoldColumn::Sets(v) => hash.update(format!("{v:?}")),
                GoldColumn::Reals(v) => v.iter().for_each(|x| hash.update(x.to_le_bytes())),
            }
        }
    }
    hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// Learning-rate factor after `warmup` and `decay`.
///
/// `step` counts from 0; `share` is how much of the stage is over when its steps are not known beforehand.
pub fn rate(stage: &Stage, step: u64, steps: Option<u64>, share: f64, epoch: u64) -> f64 {
    let o = &stage.optimizer;
    // place and warm-up in one unit: steps, or shares of a stage that ends by the clock
    let (now, warmup, all) = match steps {
        Some(n) => (step as f64, if o.warmup < 1.0 { (o.warmup * n as f64).ceil() } else { o.warmup }, n as f64),
        None if o.warmup < 1.0 => (share, o.warmup, 1.0),
        None => {
            if (step as f64) < o.warmup {
                return (step as f64 + 1.0) / o.warmup;
            }
            (share, 0.0, 1.0)
        }
    };
    if now < warmup {
        let next = if steps.is_some() { now + 1.0 } else { now };
        return (next / warmup).clamp(1e-3, 1.0);
    }
    let rest = ((now - warmup) / (all - warmup).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    match o.decay {
        Decay::None => 1.0,
        Decay::Linear => 1.0 - rest,
        Decay::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * rest).cos()),
        Decay::Exponential(factor) => factor.powf(epoch as f64),
        Decay::InverseTime(rate) => 1.0 / (1.0 + rate * epoch as f64),
    }
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
    params: Params,
    frozen: Frozen,
    /// the optimiser's tensors of a resumed run, until its stage begins
    resumed: Option<Vec<Stored>>,
    objective: Option<Score>,
    /// whether more is better
    upwards: bool,
    evaluates: bool,
    clock: Instant,
    saved: Instant,
    #[cfg(test)]
    steps_here: u64,
}

/// What is fixed while a stage goes on.
struct Course<'a> {
    stage: &'a Stage,
    schedule: Schedule,
    optimizer: Optimizer,
    /// learning rates by parameter, before warm-up and decay
    rates: Vec<f64>,
    steps: Option<u64>,
    /// by corpus: the nodes of its training graph through which a gradient is of use; absent: not looked at
    gradients: HashMap<usize, Vec<bool>>,
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
        let network = Network::new(plan, tables).map_err(|e| dir.corrupt(run_dir::PLAN, e))?;
        let mut params = evaluate::new_params(plan, tables, state.seed, &options.device);
        let resumed = match tensors {
            None => None,
            Some(all) => {
                let (mut own, mut rest) = (vec![], vec![]);
                for (name, values, shape) in all {
                    match name.strip_prefix(WEIGHT) {
                        Some(name) => own.push((name.to_string(), values, shape)),
                        None => rest.push((name, values, shape)),
                    }
                }
                evaluate::set_params(&mut params, own).map_err(|e| dir.corrupt(state::STATE, e))?;
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
            frozen,
            resumed,
            objective,
            upwards,
            evaluates,
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
            let stage = self.stage()?;
            self.progress.stage_ended(&stage);
            self.state.stages.push(stage);
            let s = &mut self.state;
            s.stage += 1;
            s.cursor = Default::default();
            (s.stage_seconds, s.evaluations, s.next_evaluation, s.waited) = (0.0, 0, 0.0, 0);
            s.stopped_early = false;
            self.forget_epoch();
        }
        self.finish()
    }

    fn course(&mut self) -> Result<Course<'a>, RunError> {
        let plan = self.plan;
        let stage = &plan.train.stages[self.state.stage];
        let schedule = Schedule::new(plan, self.state.stage, self.examples, self.state.seed);
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
        let rate = |owner: &str| {
            let groups = stage.optimizer.groups.iter().filter(|(g, _)| flow::owned(owner, g));
            // of several that match, the longest name says it most exactly
            groups.max_by_key(|(g, _)| g.len()).map_or(lr, |(_, r)| *r)
        };
        let rates = plan.params.iter().map(|p| rate(&p.owner)).collect();
        let mut optimizer =
            Optimizer::new(&stage.optimizer, &self.params).map_err(|e| self.dir.corrupt(run_dir::PLAN, e))?;
        if let Some(tensors) = self.resumed.take() {
            optimizer.load_state(tensors).map_err(|e| self.dir.corrupt(state::STATE, e.join("; ")))?;
        }
        Ok(Course { stage, schedule, optimizer, rates, steps, gradients })
    }

    fn stage(&mut self) -> Result<StageReport, RunError> {
        let mut course = self.course()?;
        let stage = course.stage;
        let description = course.schedule.describe(self.plan, stage);
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
                self.log_epoch(stage)?;
            }
            self.tick();
            let mut evaluated = false;
            if self.evaluates && (self.due(&course, epoch_ended) || self.over(&course)) {
                self.evaluate(stage)?;
                evaluated = true;
            }
            if epoch_ended {
                self.forget_epoch();
            }
            self.tick();
            if evaluated || epoch_ended || self.saved.elapsed() >= self.options.save_every {
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
        Ok(StageReport {
            name: stage.name.clone(),
            epochs: self.state.cursor.epoch,
            steps: self.state.cursor.total,
            seconds: self.state.stage_seconds,
            stopped_early: self.state.stopped_early,
            schedule: Some(description),
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

    fn step(&mut self, course: &mut Course<'_>) -> Result<(), RunError> {
        let began = Instant::now();
        let stages = self.plan.train.stages.len().max(1) as f64;
        let share = self.share(course);
        let moment = Moment {
            seed: self.state.seed,
            step: self.state.step,
            progress: (self.state.stage as f64 + share) / stages,
        };
        let epoch = self.state.cursor.epoch;
        let draws = course.schedule.next(&mut self.state.cursor);
        let losses = self.losses(course, &draws, moment)?;
        // of each task: its loss and count on every corpus of the step
        let mut parts: BTreeMap<usize, Vec<(Tensor<1>, usize)>> = BTreeMap::new();
        for l in losses {
            parts.entry(l.task).or_default().push((l.mean, l.count));
        }
        self.state.epoch_examples += draws.iter().map(|d| d.examples.len() as u64).sum::<u64>();
        let losses: Vec<(usize, Tensor<1>, usize)> = parts.into_iter().map(|(t, p)| pool(t, p, &self.params)).collect();
        for (task, loss, count) in &losses {
            let value = f64::from(loss.clone().into_scalar::<f32>());
            self.state.last_losses.insert(*task, value);
            let sum = self.state.losses.entry(*task).or_default();
            sum.0 += value * *count as f64;
            sum.1 += *count as f64;
        }
        let sick: Vec<usize> =
            losses.iter().map(|(t, ..)| *t).filter(|t| !self.state.last_losses[t].is_finite()).collect();
        if !sick.is_empty() {
            return Err(self.not_finite(course, "loss", &sick));
        }
        // a step in which everything is frozen has nothing to move
        let total = total_loss(self.plan, course.stage, &losses, &self.params).filter(Tensor::is_tracked);
        if let Some(total) = total {
            let factor = rate(course.stage, self.state.cursor.total - 1, course.steps, share, epoch);
            let rates = &course.rates;
            let info =
                course.optimizer.step(&mut self.params, total.backward(), &|i| rates[i] * factor, course.stage.clip);
            if !info.grad_norm.is_finite() {
                let tasks: Vec<usize> = losses.iter().map(|(t, ..)| *t).collect();
                return Err(self.not_finite(course, "gradient", &tasks));
            }
        }
        self.state.step += 1;
        self.state.epoch_seconds += began.elapsed().as_secs_f64();
        self.tell_step(course);
        Ok(())
    }

    /// The losses of a step, on each of its corpora.
    fn losses(&mut self, course: &Course<'_>, draws: &[Draw], moment: Moment) -> Result<Vec<TaskLoss>, Diagnostic> {
        let plan = self.plan;
        let found = |d: &&Draw| {
            plan.graph(d.corpus, Phase::Train).is_some() && self.examples.split(d.corpus, SplitName::Train).is_some()
        };
        let draws: Vec<&Draw> = draws.iter().filter(found).collect();
        // it shares its values with the parameters: gone before they move, so that those move in place
        let still = |d: &&Draw| {
            course.gradients.get(&d.corpus).is_some_and(|g| g.contains(&false))
                || self.frozen.any(d.corpus, Phase::Train)
        };
        let plain = draws.iter().any(still).then(|| self.params.valid());
        let mut shares = vec![];
        for draw in draws {
            let (Some(graph), Some(split)) =
                (plan.graph(draw.corpus, Phase::Train), self.examples.split(draw.corpus, SplitName::Train))
            else {
                continue;
            };
            let batch = Batch { forms: &self.examples.forms, split, examples: &draw.examples };
            let job = Job { plan, graph, batch, params: &self.params, moment };
            let wanted = match plan.pass(passes::SHARE) {
                true => vec![draw.tasks.clone()],
                false => draw.tasks.iter().map(|t| vec![*t]).collect(),
            };
            for wanted in wanted {
                let mut known = Known::default();
                if let Some(plain) = &plain {
                    let job = Job { params: plain, ..job };
                    known.values = self.frozen.values(&self.network, &job, SplitName::Train, &wanted)?;
                    known.gradients = course.gradients.get(&draw.corpus).map(|g| (g.as_slice(), plain));
                }
                shares.push(Share { job, wanted, known });
            }
        }
        let length = |b: Batch<'_>| b.examples.iter().map(|e| b.split.lengths[*e] as usize).sum::<usize>();
        let tokens: usize = shares.iter().map(|s| length(s.job.batch)).sum();
        if plan.pass(passes::MERGE) && plan.pass(passes::SHARE) && tokens <= passes::merge::MOST_TOKENS {
            let values = self.network.forward_together(&shares);
            let losses = |(s, v): (&Share<'_>, &Values)| self.network.losses(&s.job, &s.wanted, v);
            return Ok(shares.iter().zip(&values).flat_map(losses).collect());
        }
        let each = |s: Share<'_>| {
            let (job, wanted) = (s.job, s.wanted.clone());
            let values = self.network.forward_with(s);
            self.network.losses(&job, &wanted, &values)
        };
        Ok(shares.into_iter().flat_map(each).collect())
    }

    fn tell_step(&mut self, course: &Course<'_>) {
        let s = &self.state;
        let share = self.share(course);
        let spent = s.stage_seconds;
        let news = StepNews {
            stage: &course.stage.name,
            epoch: s.cursor.epoch,
            step: s.cursor.total,
            steps: course.steps,
            progress: share,
            losses: self.mean_losses(),
            examples_per_second: s.epoch_examples as f64 / s.epoch_seconds.max(1e-9),
            seconds_left: (share > 0.0).then(|| spent / share * (1.0 - share)),
        };
        self.progress.step(&news);
    }

    /// A loss or gradient that is not finite. The weights before this step are kept: nothing moved yet.
    fn not_finite(&mut self, course: &Course<'_>, what: &str, tasks: &[usize]) -> RunError {
        let name = |t: &usize| self.plan.tasks.get(*t).map_or("?", |t| &t.name).to_string();
        let names: Vec<String> = tasks.iter().map(|t| format!("`{}`", name(t))).collect();
        let last: Vec<String> = self.state.last_losses.iter().map(|(t, l)| format!("{} {l:.4}", name(t))).collect();
        let message = format!(
            "the {what} of {} is not finite at step {} of stage `{}` (last losses: {})",
            names.join(", "),
            self.state.cursor.total,
            course.stage.name,
            last.join(", ")
        );
        let lr = course.stage.optimizer.settings.get("lr").and_then(|l| l.as_f64()).unwrap_or(1e-3);
        let kind = &course.stage.optimizer.kind;
        let help = match course.stage.clip {
            Some(_) => format!("lower the learning rate: `optimizer {kind}(lr = {:.0e})`", lr / 10.0),
            None => format!(
                "clip the gradients: `clip 1`, or lower the learning rate: `optimizer {kind}(lr = {:.0e})`",
                lr / 10.0
            ),
        };
        let mut faults = vec![Diagnostic::new("E0801", message).help(help)];
        faults.extend(self.publish().err());
        RunError::Failed(faults)
    }

    fn mean_losses(&self) -> Vec<NamedLoss> {
        let mean =
            |(t, (sum, n)): (&usize, &(f64, f64))| Some((self.plan.tasks.get(*t)?.name.clone(), sum / n.max(1.0)));
        self.state.losses.iter().filter_map(mean).collect()
    }

    fn forget_epoch(&mut self) {
        self.state.losses.clear();
        self.state.epoch_examples = 0;
        self.state.epoch_seconds = 0.0;
    }

    fn log(&mut self, line: &serde_json::Value) -> Result<(), Diagnostic> {
        self.state.metrics_bytes = files::append(&self.dir.file(METRICS), &line.to_string())?;
        Ok(())
    }

    fn log_epoch(&mut self, stage: &Stage) -> Result<(), Diagnostic> {
        let s = &self.state;
        let line = json!({
            "event": "epoch", "stage": stage.name, "epoch": s.cursor.epoch, "step": s.step,
            "losses": self.mean_losses().into_iter().collect::<BTreeMap<_, _>>(),
            "seconds": s.epoch_seconds, "examples": s.epoch_examples,
        });
        self.log(&line)
    }

    fn evaluate(&mut self, stage: &Stage) -> Result<(), Diagnostic> {
        let dev = evaluate::figures_with(
            self.plan,
            self.tables,
            &self.network,
            &self.params,
            self.examples,
            SplitName::Dev,
            Some(&mut self.frozen),
        )?;
        let objective = self.objective.as_ref().and_then(|o| report::score(o, &dev));
        let now =
            |value| BestSoFar { value, stage: self.state.stage, epoch: self.state.cursor.epoch, step: self.state.step };
        let better = |new: f64, old: Option<&BestSoFar>, up: bool| {
            old.is_none_or(|o| if up { new > o.value } else { new < o.value })
        };
        let best = objective.filter(|v| better(*v, self.state.best.as_ref(), self.upwards)).map(now);
        let task_best: Vec<(usize, BestSoFar)> = (0..self.plan.tasks.len())
            .filter_map(|t| {
                let value = (*dev.tasks.get(&t)?.first()?)?;
                let up = evaluate::upwards(self.plan, &Score::Metric { task: t, metric: 0 });
                better(value, self.state.task_best.get(&t), up).then(|| (t, now(value)))
            })
            .collect();
        if best.is_some() || !task_best.is_empty() {
            let name = state::snapshot(self.state.step);
            self.dir.write_tensors(&name, &self.params.outgoing(), &self.weights_metadata())?;
        }
        let is_best = best.is_some();
        let s = &mut self.state;
        s.task_best.extend(task_best);
        s.waited = if is_best { 0 } else { s.waited + 1 };
        s.best = best.or(s.best.take());
        s.evaluations += 1;
        if let Some(Length::Seconds(every)) = stage.eval_every {
            s.next_evaluation = s.stage_seconds + every;
        }
        s.stopped_early = stage.early_stop.is_some_and(|patience| s.waited >= patience);
        let named = evaluate::named(self.plan, &dev);
        let s = &self.state;
        let news = EvaluationNews {
            stage: &stage.name,
            epoch: s.cursor.epoch,
            step: s.step,
            losses: self.mean_losses(),
            dev: named,
            objective,
            best: is_best,
            seconds: s.seconds,
            examples_per_second: s.epoch_examples as f64 / s.epoch_seconds.max(1e-9),
        };
        let figures = |fs: &[Figure]| -> BTreeMap<String, Option<f64>> {
            fs.iter().map(|f| (f.metric.clone(), f.value)).collect()
        };
        let frames: BTreeMap<&str, f64> =
            dev.frames.iter().map(|(c, v)| (self.plan.corpora[*c].name.as_str(), *v)).collect();
        let line = json!({
            "event": "evaluation", "stage": stage.name, "epoch": s.cursor.epoch, "step": s.step,
            "losses": news.losses.iter().cloned().collect::<BTreeMap<_, _>>(),
            "dev": news.dev.iter().map(|(t, f)| (t.clone(), figures(f))).collect::<BTreeMap<_, _>>(),
            "frame_accuracy": frames, "objective": objective, "best": is_best,
            "seconds": s.seconds, "examples_per_second": news.examples_per_second,
        });
        self.progress.evaluated(&news);
        self.log(&line)
    }

    fn figures(&self, split: SplitName) -> Figures {
        evaluate::figures(self.plan, self.tables, &self.network, &self.params, self.examples, split)
    }

    fn save(&mut self, course: &Course<'_>) -> Result<(), Diagnostic> {
        self.save_with(course.optimizer.state())?;
        self.saved = Instant::now();
        Ok(())
    }

    fn save_with<'o>(&'o self, optimizer: Vec<Outgoing<'o>>) -> Result<(), Diagnostic> {
        let weights = self.params.outgoing().into_iter().map(|t| t.prefixed(WEIGHT));
        let tensors: Vec<_> = weights.chain(optimizer).collect();
        state::save(&self.dir, &self.state, &tensors)
    }

    fn weights_metadata(&self) -> String {
        json!({ "version": env!("CARGO_PKG_VERSION"), "step": self.state.step }).to_string()
    }

    /// Puts the kept weights and each task's best in place.
    fn publish(&mut self) -> Result<(), Diagnostic> {
        for (t, best) in &self.state.task_best {
            let bytes = self.dir.read(&state::snapshot(best.step))?;
            self.dir.write(&evaluate::best_file(&self.plan.tasks[*t].name), &bytes)?;
        }
        match &self.state.best {
            Some(best) => {
                let bytes = self.dir.read(&state::snapshot(best.step))?;
                self.dir.write(MODEL, &bytes)
            }
            None => self.dir.write_tensors(MODEL, &self.params.outgoing(), &self.weights_metadata()),
        }
    }

    fn best(&self, b: &BestSoFar, metric: String) -> Best {
        let stage = self.plan.train.stages.get(b.stage).map_or("?", |s| &s.name).to_string();
        Best { metric, value: b.value, stage, epoch: b.epoch, step: b.step }
    }

    fn finish(mut self) -> Result<Report, RunError> {
        self.publish()?;
        evaluate::set_params_of_file(&mut self.params, &self.dir.read(MODEL)?)
            .map_err(|e| self.dir.corrupt(MODEL, e))?;
        let (dev, test) = (self.figures(SplitName::Dev), self.figures(SplitName::Test));
        let (plan, s) = (self.plan, &self.state);
        let (named_dev, named_test) = (evaluate::named(plan, &dev), evaluate::named(plan, &test));
        let count = |t: usize, split| evaluate::count_gold(plan, self.examples, t, split);
        let of = |figures: &[(String, Vec<Figure>)], t: usize| figures.get(t).map_or(vec![], |(_, f)| f.clone());
        let task = |t: usize| TaskReport {
            name: plan.tasks[t].name.clone(),
            examples: [SplitName::Train, SplitName::Dev, SplitName::Test].map(|s| count(t, s)),
            dev: of(&named_dev, t),
            test: of(&named_test, t),
            best: s.task_best.get(&t).map(|b| {
                let label = plan.tasks[t].metrics.first().map_or(String::new(), |m| m.label.clone());
                self.best(b, label)
            }),
        };
        let frame = |c: usize| {
            let (dev, test) = (dev.frames.get(&c).copied(), test.frames.get(&c).copied());
            (dev.is_some() || test.is_some()).then(|| FrameReport { corpus: plan.corpora[c].name.clone(), dev, test })
        };
        let objective = self.objective.as_ref().and_then(|o| Some(self.best(s.best.as_ref()?, show_score(o, plan))));
        let kept = match &objective {
            Some(b) => format!("those of stage {}, epoch {}, step {}: best {}", b.stage, b.epoch, b.step, b.metric),
            None => "the last ones".to_string(),
        };
        let report = Report {
            name: plan.name.clone(),
            seed: s.seed,
            parameters: plan.num_params(),
            kept,
            objective,
            tasks: (0..plan.tasks.len()).map(task).collect(),
            frames: (0..plan.corpora.len()).filter_map(frame).collect(),
            expects: report::verify(plan, &dev, &test, None),
            stages: s.stages.clone(),
            steps: s.step,
            seconds: s.seconds,
            seconds_per_epoch: median(&s.epochs_seconds),
            peak_memory: peak_memory(),
            versions: versions(),
        };
        self.dir.write_json(REPORT, &report)?;
        state::finish(&self.dir)?;
        self.progress.finished(&report);
        Ok(report)
    }
}

/// One loss of a task whose gold stood in several corpora of a step: the mean over all of them.
fn pool(task: usize, mut parts: Vec<(Tensor<1>, usize)>, params: &Params) -> (usize, Tensor<1>, usize) {
    let count = parts.iter().map(|(_, n)| n).sum::<usize>();
    let loss = match (parts.len(), parts.pop()) {
        (1, Some((loss, _))) => Some(loss),
        (_, last) => parts
            .into_iter()
            .chain(last)
            .map(|(l, n)| l.mul_scalar(n as f64 / count.max(1) as f64))
            .reduce(|a, b| a + b),
    };
    (task, loss.unwrap_or_else(|| Tensor::zeros([1], params.device())), count)
}

/// The losses of a step as one number.
///
/// Fixed: Σ w·L. Uncertainty (Kendall et al. 2018, equations 7 and 10, with s = log σ²): w·(exp(−s)·L + s/2), and
/// w·(exp(−s)·L/2 + s/2) for a regression by squared error. Only tasks with gold in the step take part.
fn total_loss(plan: &Plan, stage: &Stage, losses: &[(usize, Tensor<1>, usize)], params: &Params) -> Option<Tensor<1>> {
    let term = |(task, loss, _): &(usize, Tensor<1>, usize)| {
        let t = plan.tasks.get(*task)?;
        let mut weight = t.weight;
        let loss = match &stage.weights {
            Weights::Fixed { weights } => {
                weight = weights.iter().find(|(t, _)| t == task).map_or(weight, |(_, w)| *w);
                loss.clone()
            }
            Weights::Uncertainty { params: own } => match own.iter().find(|(t, _)| t == task) {
                None => loss.clone(),
                Some((_, p)) => {
                    let s = params.get1(*p);
                    let bins = t.settings.get("bins").and_then(|b| b.as_usize()).unwrap_or(0);
                    let half = if t.head == "regress" && bins < 2 { 0.5 } else { 1.0 };
                    s.clone().neg().exp() * loss.clone().mul_scalar(half) + s.mul_scalar(0.5)
                }
            },
        };
        Some(if weight == 1.0 { loss } else { loss.mul_scalar(weight) })
    };
    losses.iter().filter_map(term).reduce(|a, b| a + b)
}
