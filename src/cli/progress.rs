//! What is shown while a run goes on: bars on a terminal, one line per evaluation elsewhere.

use super::{say, view};
use crate::batches::Description;
use crate::diagnostics::visible::visible;
use crate::plan::{Length, Plan, Stage};
use crate::train::report::{Figure, Report, StageReport, show_value};
use crate::train::{EvaluationNews, Progress, StepNews};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::Path;
use std::time::{Duration, Instant};

/// Longest list of tasks that is shown in full on one line.
const SHOWN: usize = 6;

fn losses(all: &[(String, f64)]) -> String {
    let shown: Vec<String> = all.iter().take(SHOWN).map(|(n, l)| format!("{n} {l:.3}")).collect();
    match all.len() {
        n if n > SHOWN => {
            let mean = all.iter().map(|(_, l)| l).sum::<f64>() / n as f64;
            format!("loss {mean:.3} (mean of {n} tasks)")
        }
        _ => format!("loss {}", shown.join(", ")),
    }
}

fn figures(split: &str, all: &[(String, Vec<Figure>)]) -> String {
    let first = |f: &[Figure]| f.first().map(|f| format!("{} {}", f.metric, show_value(&f.metric, f.value)));
    if all.len() > SHOWN {
        let values: Vec<f64> = all.iter().filter_map(|(_, f)| f.first()?.value).collect();
        let Some(m) = crate::kinds::metrics::aggregate(&values).map(|m| m.mean) else { return String::new() };
        let metric = all.iter().find_map(|(_, f)| f.first()).map_or("", |f| f.metric.as_str());
        return format!("{split} {metric} {} (mean of {} tasks)", show_value(metric, Some(m)), values.len());
    }
    let parts: Vec<String> = all.iter().filter_map(|(n, f)| Some(format!("{n} {}", first(f)?))).collect();
    if parts.is_empty() { String::new() } else { format!("{split} {}", parts.join(", ")) }
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.0} s"),
        s if s < 3600.0 => format!("{:.0} min {:02.0} s", (s / 60.0).floor(), s % 60.0),
        s => format!("{:.0} h {:02.0} min", (s / 3600.0).floor(), (s % 3600.0) / 60.0),
    }
}

/// What a line must say to be told from others.
#[derive(Clone, Copy, Default)]
struct Several {
    stages: bool,
    /// an epoch may hold several evaluations, or a part of one may
    evaluations: bool,
}

impl Several {
    fn of(plan: &Plan) -> Self {
        let s = &plan.train.stages;
        let parts = |s: &Stage| s.eval_every.is_some() || !matches!(s.length, Length::Epochs(n) if n.fract() == 0.0);
        Self { stages: s.len() > 1, evaluations: s.iter().any(parts) }
    }
}

fn evaluation(n: &EvaluationNews<'_>, several: Several) -> String {
    let stage = if several.stages { format!("{} ", n.stage) } else { String::new() };
    let step = if several.evaluations { format!("  step {:>5}", n.step) } else { String::new() };
    let best = if n.best { "  *" } else { "" };
    let dev = figures("dev", &n.dev);
    let gap = if dev.is_empty() { "" } else { "  " };
    format!(
        "{stage}epoch {:>3}{step}  {}{gap}{dev}  {} at {:.0} examples/s{best}",
        n.epoch,
        losses(&n.losses),
        duration(n.seconds),
        n.examples_per_second
    )
}

fn schedule(d: &Description, parameters: usize, several: bool) -> String {
    let text = d.to_string();
    let head = if several { format!("stage {}: ", d.stage) } else { String::new() };
    format!("{head}{} parameters learn\n{}", view::thousands(parameters), view::indent(&text))
}

/// One line per evaluation, for logs.
#[derive(Default)]
pub(super) struct Lines {
    several: Several,
    /// whether the run is one of several seeds
    seeds: bool,
    last: Option<Instant>,
}

fn seed(seed: u64, index: usize, of: usize) {
    say(format!("\nseed {seed} ({} of {of})", index + 1));
}

/// The first figure of each task on test data, or on dev for want of them.
fn ended(report: &Report) {
    let (split, tasks): (_, Vec<_>) = match report.tasks.iter().any(|t| t.test.iter().any(|f| f.value.is_some())) {
        true => ("test", report.tasks.iter().map(|t| (t.name.clone(), t.test.clone())).collect()),
        false => ("dev", report.tasks.iter().map(|t| (t.name.clone(), t.dev.clone())).collect()),
    };
    let shown = figures(split, &tasks);
    if !shown.is_empty() {
        say(format!("seed {}: {shown}", report.seed));
    }
}

impl Progress for Lines {
    fn seed(&mut self, seed: u64, index: usize, of: usize) {
        self.seeds = true;
        self::seed(seed, index, of);
    }
    fn finished(&mut self, report: &Report) {
        if self.seeds {
            ended(report);
        }
    }
    fn started(&mut self, plan: &Plan, dir: &Path, resumed_at: Option<u64>) {
        self.several = Several::of(plan);
        if let Some(step) = resumed_at {
            say(format!("going on with {} at step {step}", dir.display()));
        }
    }
    fn stage(&mut self, d: &Description, parameters: usize) {
        say(schedule(d, parameters, self.several.stages));
    }
    fn step(&mut self, n: &StepNews<'_>) {
        // a sign of life in long epochs
        let due = self.last.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(60);
        if due {
            self.last = Some(Instant::now());
            let left = n.seconds_left.map(|s| format!("  {} left", duration(s))).unwrap_or_default();
            say(format!("step {}  {}  {:.0} examples/s{left}", n.step, losses(&n.losses), n.examples_per_second));
        }
    }
    fn evaluated(&mut self, n: &EvaluationNews<'_>) {
        self.last = Some(Instant::now());
        say(evaluation(n, self.several));
    }
}

/// A bar per stage, with the evaluations above it.
#[derive(Default)]
pub(super) struct Bars {
    several: Several,
    /// whether the run is one of several seeds
    seeds: bool,
    bar: Option<ProgressBar>,
}

impl Bars {
    fn line(&self, text: String) {
        match &self.bar {
            Some(b) => b.println(visible(&text)),
            None => say(text),
        }
    }
}

impl Progress for Bars {
    fn seed(&mut self, seed: u64, index: usize, of: usize) {
        self.seeds = true;
        self::seed(seed, index, of);
    }
    fn finished(&mut self, report: &Report) {
        if self.seeds {
            ended(report);
        }
    }
    fn started(&mut self, plan: &Plan, dir: &Path, resumed_at: Option<u64>) {
        self.several = Several::of(plan);
        if let Some(step) = resumed_at {
            say(format!("going on with {} at step {step}", dir.display()));
        }
    }
    fn stage(&mut self, d: &Description, parameters: usize) {
        say(schedule(d, parameters, self.several.stages));
        let bar = ProgressBar::new(1000);
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {msg}") {
            bar.set_style(style.progress_chars("━╸ "));
        }
        self.bar = Some(bar);
    }
    fn step(&mut self, n: &StepNews<'_>) {
        let Some(b) = &self.bar else { return };
        b.set_position((n.progress * 1000.0) as u64);
        let of = n.steps.map(|s| format!("/{s}")).unwrap_or_default();
        let left = n.seconds_left.map(|s| format!(", {} left", duration(s))).unwrap_or_default();
        b.set_message(
            visible(&format!(
                "epoch {} step {}{of}  {}  {:.0} examples/s{left}",
                n.epoch + u64::from(n.progress < 1.0),
                n.step,
                losses(&n.losses),
                n.examples_per_second
            ))
            .into_owned(),
        );
    }
    fn evaluated(&mut self, n: &EvaluationNews<'_>) {
        self.line(evaluation(n, self.several));
    }
    fn stage_ended(&mut self, s: &StageReport) {
        if let Some(b) = self.bar.take() {
            b.finish_and_clear();
        }
        if s.stopped_early {
            say(format!("stopped early after {} epochs: nothing became better", s.epochs));
        }
    }
}
