//! What a run found out: figures as data, and as tables for a terminal.

use super::evaluate::Figures;
use super::twins::TwinReport;
use crate::batches::Description;
use crate::diagnostics::visible::visible_line;
use crate::kinds::heads;
use crate::kinds::metrics::aggregate;
use crate::plan::{Claim, Expect, Plan, Score};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything in `report.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// the spec's name
    pub name: String,
    /// seed of the run
    pub seed: u64,
    /// trainable values
    pub parameters: usize,
    /// which weights were kept, one sentence
    pub kept: String,
    /// the objective's best dev value, when there is an objective
    pub objective: Option<Best>,
    /// each task's figures
    pub tasks: Vec<TaskReport>,
    /// share of examples with every task right, by corpus with several tasks
    pub frames: Vec<FrameReport>,
    /// verified claims
    pub expects: Vec<ExpectReport>,
    /// stages as they went
    pub stages: Vec<StageReport>,
    /// optimiser steps
    pub steps: u64,
    /// training time, evaluations included
    pub seconds: f64,
    /// median training time of an epoch
    pub seconds_per_epoch: Option<f64>,
    /// highest resident memory of the process in bytes, where the system tells
    pub peak_memory: Option<u64>,
    /// what ran it: mtlc, burn, system
    pub versions: BTreeMap<String, String>,
}

/// One named figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// the metric as written
    pub metric: String,
    /// its value; none where it is not defined (no gold, no variance, ...)
    pub value: Option<f64>,
}

/// The best evaluation by one figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// of what
    pub metric: String,
    /// its dev value
    pub value: f64,
    /// name of the stage
    pub stage: String,
    /// finished epochs of that stage
    pub epoch: u64,
    /// optimiser steps of the run
    pub step: u64,
}

/// A task's part of the report.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskReport {
    /// its name
    pub name: String,
    /// training, dev and test examples with gold
    pub examples: [usize; 3],
    /// of the kept weights
    pub dev: Vec<Figure>,
    /// of the kept weights
    pub test: Vec<Figure>,
    /// the evaluation kept in `best/TASK.safetensors`
    pub best: Option<Best>,
}

/// A corpus with several tasks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameReport {
    /// its name
    pub corpus: String,
    /// share of dev examples with every task right
    pub dev: Option<f64>,
    /// the same on test examples
    pub test: Option<f64>,
}

/// A stage as it went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageReport {
    /// its name
    pub name: String,
    /// finished epochs
    pub epochs: u64,
    /// steps
    pub steps: u64,
    /// training time
    pub seconds: f64,
    /// whether it ended because nothing became better
    pub stopped_early: bool,
    /// what its sampler did
    pub schedule: Option<Description>,
    /// of each epoch, the share of the compared pairs of gradients that pointed against each other; empty where none were compared
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<f64>,
    /// of what use each task was, where the sampler measured it
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub utility: BTreeMap<String, f64>,
    /// tasks that remain for later stages
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Vec<String>>,
    /// by task: 1 − (loss of each after a step for it) / (before), the mean over measurements (Fifty et al. 2021, eq. 1)
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub affinity: BTreeMap<String, BTreeMap<String, f64>>,
    /// tasks as sources for another, the best first
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// of a trial: the rate of each task
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rates: BTreeMap<String, f64>,
    /// and its best dev figure
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figure: Option<f64>,
}

/// A task as a source for another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// its name
    pub task: String,
    /// features of its data
    pub features: BTreeMap<String, f64>,
    /// the mean of its ranks by them
    pub rank: f64,
}

/// A claim and what was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExpectReport {
    /// as written
    pub claim: String,
    /// what was measured; none when it could not be
    pub figure: Option<f64>,
    /// on which split: `test`, or `dev` for want of one
    pub split: String,
    /// none: not verified
    pub held: Option<bool>,
    /// why it was not verified, or how the figure came about
    pub note: String,
    /// of `gain` and `drop`: what was compared
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub twin: Option<TwinReport>,
}

/// Value of a score over figures; none if one of them is missing.
pub fn score(score: &Score, figures: &Figures) -> Option<f64> {
    let v = match score {
        Score::Metric { task, metric } => (*figures.tasks.get(task)?.get(*metric)?)?,
        Score::Frame { corpus } => *figures.frames.get(corpus)?,
        Score::Number(x) => *x,
        Score::Mean(xs) => {
            let values: Option<Vec<f64>> = xs.iter().map(|x| self::score(x, figures)).collect();
            let values = values?;
            values.iter().sum::<f64>() / values.len() as f64
        }
        Score::Add(a, b) => self::score(a, figures)? + self::score(b, figures)?,
        Score::Sub(a, b) => self::score(a, figures)? - self::score(b, figures)?,
        Score::Mul(a, b) => self::score(a, figures)? * self::score(b, figures)?,
        Score::Div(a, b) => self::score(a, figures)? / self::score(b, figures)?,
    };
    v.is_finite().then_some(v)
}

/// A score as people write it.
pub fn show_score(score: &Score, plan: &Plan) -> String {
    match score {
        Score::Metric { task, metric } => {
            let t = plan.tasks.get(*task);
            let m = t.and_then(|t| t.metrics.get(*metric)).map_or("?", |m| &m.label);
            format!("{}.{m}", t.map_or("?", |t| &t.name))
        }
        Score::Frame { corpus } => {
            format!("frame_accuracy({})", plan.corpora.get(*corpus).map_or("?", |c| &c.name))
        }
        Score::Number(x) => x.to_string(),
        Score::Mean(xs) => {
            let mut shown: Vec<String> = vec![];
            for x in xs {
                let one = whole_family(x, xs, plan).unwrap_or_else(|| show_score(x, plan));
                if !shown.contains(&one) {
                    shown.push(one);
                }
            }
            format!("mean({})", shown.join(", "))
        }
        Score::Add(a, b) => format!("{} + {}", show_score(a, plan), show_score(b, plan)),
        Score::Sub(a, b) => format!("{} - {}", show_score(a, plan), bracketed(b, plan)),
        Score::Mul(a, b) => format!("{} * {}", bracketed(a, plan), bracketed(b, plan)),
        Score::Div(a, b) => format!("{} / {}", bracketed(a, plan), bracketed(b, plan)),
    }
}

/// `sent[*].accuracy`, if scores hold this figure of each member of the family.
fn whole_family(x: &Score, all: &[Score], plan: &Plan) -> Option<String> {
    let figure = |x: &Score| {
        let Score::Metric { task, metric } = x else { return None };
        let t = plan.tasks.get(*task)?;
        Some((t.name.as_str(), t.metrics.get(*metric)?.label.as_str()))
    };
    let (name, label) = figure(x)?;
    let (base, _) = name.split_once('[')?;
    let of_family = |name: &str| name.split_once('[').is_some_and(|(b, _)| b == base);
    let members = plan.tasks.iter().filter(|t| of_family(&t.name)).count();
    let named: std::collections::BTreeSet<&str> =
        all.iter().filter_map(figure).filter(|(n, l)| of_family(n) && *l == label).map(|(n, _)| n).collect();
    (members > 1 && named.len() == members).then(|| format!("{base}[*].{label}"))
}

fn bracketed(score: &Score, plan: &Plan) -> String {
    let shown = show_score(score, plan);
    match score {
        Score::Metric { .. } | Score::Frame { .. } | Score::Number(_) | Score::Mean(_) => shown,
        Score::Add(..) | Score::Sub(..) | Score::Mul(..) | Score::Div(..) => format!("({shown})"),
    }
}

/// `a op b`; none for an unknown operator.
pub fn holds(a: f64, op: &str, b: f64) -> Option<bool> {
    Some(match op {
        ">=" => a >= b,
        "<=" => a <= b,
        ">" => a > b,
        "<" => a < b,
        "==" => a == b,
        _ => return None,
    })
}

/// Verifies every claim on test figures, or on dev figures where a figure has no test split. Claims that need other runs
/// wait for them.
pub fn verify(plan: &Plan, dev: &Figures, test: &Figures) -> Vec<ExpectReport> {
    let verify = |e: &Expect| {
        let mut r = ExpectReport {
            claim: e.text.clone(),
            figure: None,
            split: "test".into(),
            held: None,
            note: String::new(),
            twin: None,
        };
        match &e.claim {
            Claim::Verdict => {
                r.held = Some(true);
                r.split = String::new();
                r.note = "held when the program was checked".into();
            }
            Claim::Figure { score: s, op, value } => {
                r.figure = score(s, test);
                if r.figure.is_none() {
                    r.figure = score(s, dev);
                    r.split = "dev".into();
                }
                r.held = r.figure.and_then(|f| holds(f, op, *value));
                if r.figure.is_none() {
                    r.note = "neither test nor dev examples give this figure".into();
                }
            }
            Claim::Gain { .. } | Claim::Drop { .. } | Claim::Probe { .. } => r.note = "needs a second run".into(),
        }
        r
    };
    plan.expects.iter().map(verify).collect()
}

/// A figure as shown: shares and correlations in per cent, others as they are.
pub fn show_value(metric: &str, value: Option<f64>) -> String {
    match value {
        None => "–".into(),
        Some(v) if heads::metric(base_name(metric)).is_some_and(|m| m.range.1 > 1.0) => format!("{v:.4}"),
        Some(v) => format!("{:.2}", v * 100.0),
    }
}

fn base_name(label: &str) -> &str {
    label.split('(').next().unwrap_or(label)
}

/// Columns under headings, aligned; the first column to the left.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|r| r.iter().map(|c| visible_line(c).into()).collect()).collect();
    let width = |i: usize| {
        let cells = rows.iter().filter_map(|r| r.get(i)).map(|c| c.chars().count());
        cells.chain([head[i].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| {
        let mut s = String::new();
        for (i, (c, w)) in cells.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(w - c.chars().count().min(*w));
            s += if i > 0 { "  " } else { "" };
            s += &if i < 2 { format!("{c}{pad}") } else { format!("{pad}{c}") };
        }
        s.trim_end().to_string() + "\n"
    };
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    line(&head) + &rows.iter().map(|r| line(r)).collect::<String>()
}

/// Mean figures of the members of each family, as `sent[*]`: name, metric, dev, test.
fn families(report: &Report) -> Vec<(String, String, Option<f64>, Option<f64>)> {
    let mut members: Vec<(String, Vec<&TaskReport>)> = vec![];
    for t in &report.tasks {
        let Some((base, _)) = t.name.split_once('[') else { continue };
        match members.iter_mut().find(|(b, _)| b == base) {
            Some((_, all)) => all.push(t),
            None => members.push((base.to_string(), vec![t])),
        }
    }
    let mut out = vec![];
    for (base, all) in members.iter().filter(|(_, all)| all.len() > 1) {
        for (m, f) in all[0].dev.iter().enumerate() {
            let mean = |pick: fn(&TaskReport) -> &Vec<Figure>| {
                let values: Option<Vec<f64>> = all.iter().map(|t| pick(t).get(m)?.value).collect();
                mean_sd(&values?).map(|(m, _)| m)
            };
            out.push((format!("{base}[*]"), f.metric.clone(), mean(|t| &t.dev), mean(|t| &t.test)));
        }
    }
    out
}

/// Dev and test figures of every task.
pub fn figures_table(report: &Report) -> String {
    let mut rows = vec![];
    for t in &report.tasks {
        for (i, dev) in t.dev.iter().enumerate() {
            let test = t.test.get(i).and_then(|f| f.value);
            let name = if i == 0 { t.name.clone() } else { String::new() };
            rows.push(vec![
                name,
                dev.metric.clone(),
                show_value(&dev.metric, dev.value),
                show_value(&dev.metric, test),
            ]);
        }
    }
    for (name, metric, dev, test) in families(report) {
        rows.push(vec![name, metric.clone(), show_value(&metric, dev), show_value(&metric, test)]);
    }
    for f in &report.frames {
        let shown = |v| show_value("frame_accuracy", v);
        rows.push(vec![format!("({})", f.corpus), "frame_accuracy".into(), shown(f.dev), shown(f.test)]);
    }
    table(&["task", "metric", "dev", "test"], &rows)
}

/// What stages found out beside their figures: of what use tasks are, which of them remain, trials; empty without any.
pub fn findings_table(report: &Report) -> String {
    let mut rows: Vec<Vec<String>> = vec![];
    for s in &report.stages {
        for (task, x) in &s.utility {
            let kept = s.kept.as_ref().map_or("", |k| if k.contains(task) { "kept" } else { "left" });
            rows.push(vec![s.name.clone(), task.clone(), format!("{x:.3}"), kept.into()]);
        }
        for (task, on) in &s.affinity {
            let each = on
                .iter()
                .map(|(t, z)| vec![s.name.clone(), format!("a step for {task}"), format!("{z:+.2e}"), t.clone()]);
            rows.extend(each);
        }
        for source in &s.sources {
            let features: Vec<String> = source.features.iter().map(|(f, x)| format!("{f} {x:.3}")).collect();
            rows.push(vec![s.name.clone(), source.task.clone(), format!("{:.2}", source.rank), features.join(", ")]);
        }
        if !s.rates.is_empty() {
            let rates: Vec<String> = s.rates.iter().map(|(t, r)| format!("{t} {r}")).collect();
            let figure = s.figure.map_or("–".into(), |f| format!("{f:.4}"));
            rows.push(vec![s.name.clone(), rates.join(", "), figure, String::new()]);
        }
    }
    match rows.is_empty() {
        true => String::new(),
        false => table(&["stage", "of", "figure", ""], &rows),
    }
}

/// Claims and what was found; empty without any.
pub fn expects_table(expects: &[ExpectReport]) -> String {
    if expects.is_empty() {
        return String::new();
    }
    let row = |e: &ExpectReport| {
        let held = match e.held {
            Some(true) => "held",
            Some(false) => "not held",
            None if e.twin.is_some() => "undecided",
            None => "not verified",
        };
        let share = e.claim.contains('%');
        let shown = |f: f64| {
            if e.twin.is_some() && share {
                format!("{:.2} points", 100.0 * f)
            } else if share {
                format!("{:.2}%", 100.0 * f)
            } else {
                format!("{f:.4}")
            }
        };
        let figure = e.figure.map_or_else(|| "–".into(), shown);
        let note = if e.note.is_empty() { e.split.clone() } else { e.note.clone() };
        vec![e.claim.clone(), held.into(), figure, note]
    };
    table(&["expect", "", "figure", ""], &expects.iter().map(row).collect::<Vec<_>>())
}

/// Mean and sample standard deviation; the latter is none for fewer than two values.
pub fn mean_sd(values: &[f64]) -> Option<(f64, Option<f64>)> {
    aggregate(values).map(|a| (a.mean, a.sd))
}

/// One figure over several seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedFigure {
    /// the task, or `(corpus)`
    pub task: String,
    /// the metric
    pub metric: String,
    /// `dev` or `test`
    pub split: String,
    /// by seed; none where undefined
    pub values: Vec<Option<f64>>,
    /// over the defined values
    pub mean: Option<f64>,
    /// sample standard deviation
    pub sd: Option<f64>,
}

/// Several runs that differ in the seed alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SeedsReport {
    /// in order
    pub seeds: Vec<u64>,
    /// mean ± sd of every figure
    pub figures: Vec<SeedFigure>,
    /// claims: by mean figure
    pub expects: Vec<ExpectReport>,
    /// each run's folder
    pub runs: Vec<String>,
}

impl SeedsReport {
    /// Gathers the reports of runs of one plan.
    pub fn new(plan: &Plan, runs: Vec<String>, reports: &[Report]) -> Self {
        let mut figures = vec![];
        let mut push = |task: &str, metric: &str, split: &str, values: Vec<Option<f64>>| {
            let defined: Vec<f64> = values.iter().copied().flatten().collect();
            let (mean, sd) = mean_sd(&defined).map_or((None, None), |(m, sd)| (Some(m), sd));
            let (task, metric, split) = (task.to_string(), metric.to_string(), split.to_string());
            figures.push(SeedFigure { task, metric, split, values, mean, sd });
        };
        if let Some(first) = reports.first() {
            for (t, task) in first.tasks.iter().enumerate() {
                for (m, f) in task.dev.iter().enumerate() {
                    let values = |pick: fn(&TaskReport) -> &Vec<Figure>| -> Vec<Option<f64>> {
                        reports.iter().map(|r| r.tasks.get(t).and_then(|t| pick(t).get(m)?.value)).collect()
                    };
                    push(&task.name, &f.metric, "dev", values(|t| &t.dev));
                    push(&task.name, &f.metric, "test", values(|t| &t.test));
                }
            }
            for (i, (name, metric, ..)) in families(first).iter().enumerate() {
                let each: Vec<_> =
                    reports.iter().map(|r| families(r).get(i).map_or((None, None), |f| (f.2, f.3))).collect();
                push(name, metric, "dev", each.iter().map(|f| f.0).collect());
                push(name, metric, "test", each.iter().map(|f| f.1).collect());
            }
            for (i, frame) in first.frames.iter().enumerate() {
                let name = format!("({})", frame.corpus);
                push(&name, "frame_accuracy", "dev", reports.iter().map(|r| r.frames.get(i)?.dev).collect());
                push(&name, "frame_accuracy", "test", reports.iter().map(|r| r.frames.get(i)?.test).collect());
            }
        }
        let expects = plan.expects.iter().enumerate().map(|(i, e)| {
            let each: Vec<&ExpectReport> = reports.iter().filter_map(|r| r.expects.get(i)).collect();
            let defined: Vec<f64> = each.iter().filter_map(|e| e.figure).collect();
            let mean = mean_sd(&defined).map(|(m, _)| m);
            let held = match &e.claim {
                Claim::Verdict => Some(true),
                Claim::Figure { op, value, .. }
                | Claim::Gain { op, value, .. }
                | Claim::Drop { op, value, .. }
                | Claim::Probe { op, value, .. } => mean.and_then(|m| holds(m, op, *value)),
            };
            let split = each.first().map_or_else(String::new, |e| e.split.clone());
            let note = match (mean, each.first()) {
                (Some(_), _) => format!("mean of {} seeds", defined.len()),
                (None, Some(e)) => e.note.clone(),
                (None, None) => String::new(),
            };
            ExpectReport { claim: e.text.clone(), figure: mean, split, held, note, twin: None }
        });
        Self { seeds: reports.iter().map(|r| r.seed).collect(), expects: expects.collect(), figures, runs }
    }

    /// Mean ± sd of every figure, and the claims.
    pub fn table(&self) -> String {
        let shown = |f: &SeedFigure| match (f.mean, f.sd) {
            (Some(m), Some(sd)) => {
                format!("{} ± {}", show_value(&f.metric, Some(m)), show_value(&f.metric, Some(sd)))
            }
            (m, _) => show_value(&f.metric, m),
        };
        let mut rows: Vec<Vec<String>> = vec![];
        for pair in self.figures.chunks(2) {
            let [dev, test] = pair else { continue };
            let again = rows.iter().any(|r| r[0] == dev.task);
            let name = if again { String::new() } else { dev.task.clone() };
            rows.push(vec![name, dev.metric.clone(), shown(dev), shown(test)]);
        }
        let expects = expects_table(&self.expects);
        let gap = if expects.is_empty() { "" } else { "\n" };
        let n = self.seeds.len();
        format!("{n} seeds, mean ± sd\n{}{gap}{expects}", table(&["task", "metric", "dev", "test"], &rows))
    }
}

/// Highest resident memory of this process in bytes, where the system tells (Linux).
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}

/// What runs: versions and system.
pub fn versions() -> BTreeMap<String, String> {
    let pairs = [
        ("mtlc", env!("CARGO_PKG_VERSION")),
        ("burn", "0.22.1"),
        ("os", std::env::consts::OS),
        ("arch", std::env::consts::ARCH),
    ];
    pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
}

/// The median; none without values.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut v = values.to_vec();
    v.sort_by(f64::total_cmp);
    let n = v.len();
    match n {
        0 => None,
        n if n % 2 == 1 => Some(v[n / 2]),
        n => Some((v[n / 2 - 1] + v[n / 2]) / 2.0),
    }
}
