//! What is shown while a run goes on: bars on a terminal, one line per evaluation elsewhere.

use super::output::columns_of_stderr;
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
            format!("loss {mean:.3} (mean of {n} losses)")
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

/// A line of a log, which no terminal limits, is not longer than this.
const LONGEST: usize = 140;
/// A table of more tasks, families as one, would fill the terminal.
const ROWS: usize = 12;

fn evaluation(n: &EvaluationNews<'_>, several: Several) -> String {
    let stage = if several.stages { format!("{} ", n.stage) } else { String::new() };
    let step = if several.evaluations { format!("  step {:>5}", n.step) } else { String::new() };
    let best = if n.best { "  *" } else { "" };
    // the figure of a task stands there already
    let single = |v: f64| n.dev.iter().flat_map(|(_, f)| f).any(|f| f.value == Some(v));
    let objective = n.objective.filter(|v| !single(*v)).map(|v| format!("  objective {}", show_value("", Some(v))));
    let objective = objective.unwrap_or_default();
    let head = format!("{stage}epoch {:>3}{step}", n.epoch);
    let costs = format!("{objective}  {} at {:.0} examples/s{best}", duration(n.seconds), n.examples_per_second);
    let line = |losses: String, dev: String| {
        let gap = if dev.is_empty() { "" } else { "  " };
        format!("{head}  {losses}{gap}{dev}{costs}")
    };
    let limit = columns_of_stderr().unwrap_or(LONGEST);
    if n.losses.len() <= SHOWN && n.dev.len() <= SHOWN {
        let one = line(losses(&n.losses), figures("dev", &n.dev));
        if one.chars().count() <= limit {
            return one;
        }
    }
    let rows = by_task(n);
    match rows.len() > ROWS {
        true => line(losses(&n.losses), figures("dev", &n.dev)),
        false => format!("{head}{costs}\n{}", view::indent(&view::table(&["task", "loss", "dev", "metric"], &rows))),
    }
}

/// Name, loss, first figure and its metric of each task; the members of a family as one, with their means.
fn by_task(n: &EvaluationNews<'_>) -> Vec<Vec<String>> {
    let mut names: Vec<&str> = vec![];
    for name in n.losses.iter().map(|(n, _)| n).chain(n.dev.iter().map(|(n, _)| n)) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mean = |all: &[f64]| (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64);
    let mut groups: Vec<(&str, Vec<&str>)> = vec![];
    for name in names {
        let base = name.split_once('[').map_or(name, |(base, _)| base);
        match groups.iter_mut().find(|(b, _)| *b == base) {
            Some((_, all)) => all.push(name),
            None => groups.push((base, vec![name])),
        }
    }
    let row = |(base, all): (&str, Vec<&str>)| {
        let name = if let [one] = all.as_slice() { (*one).to_string() } else { format!("{base}[*] ({})", all.len()) };
        let losses: Vec<f64> = n.losses.iter().filter(|(n, _)| all.contains(&n.as_str())).map(|(_, l)| *l).collect();
        let first = n.dev.iter().filter(|(n, _)| all.contains(&n.as_str())).filter_map(|(_, f)| f.first());
        let (metric, values) = first.fold(("", vec![]), |(_, mut values), f| {
            values.extend(f.value);
            (f.metric.as_str(), values)
        });
        let loss = mean(&losses).map_or(String::new(), |l| format!("{l:.3}"));
        vec![name, loss, mean(&values).map_or(String::new(), |v| show_value(metric, Some(v))), metric.to_string()]
    };
    groups.into_iter().map(row).collect()
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
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {wide_msg}") {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_becomes_a_table() {
        let task = |n: usize| if n < 16 { format!("sentiment[\"domain{n}\"]") } else { format!("other{n}") };
        let news = |n: usize, objective: f64| {
            let figure = |i: usize| vec![Figure { metric: "accuracy".into(), value: Some(i as f64 / 100.0) }];
            EvaluationNews {
                stage: "train",
                epoch: 3,
                step: 10,
                losses: (0..n).map(|i| (task(i), i as f64)).collect(),
                dev: (0..n).map(|i| (task(i), figure(i))).collect(),
                objective: Some(objective),
                best: true,
                seconds: 5.0,
                examples_per_second: 100.0,
            }
        };
        let one = evaluation(&news(1, 0.0), Several::default());
        assert!(!one.contains('\n') && !one.contains("objective"), "the figure stands there: {one}");
        let table = evaluation(&news(17, 0.3333), Several::default());
        assert!(table.lines().all(|l| l.chars().count() <= LONGEST), "{table}");
        assert!(table.starts_with("epoch   3  objective 33.33  5 s at 100 examples/s  *\n"), "{table}");
        assert!(table.contains("sentiment[*] (16)   7.500   7.50  accuracy") && table.contains("other16"), "{table}");
        // of many single tasks the means
        assert!(evaluation(&news(40, 0.3333), Several::default()).contains("(mean of 40 tasks)"));
    }
}
