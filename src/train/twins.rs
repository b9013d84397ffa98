//! A program against its twin: which budget is fair, and what a difference is worth.

use super::report::{ExpectReport, Report};
use crate::kinds::heads;
use crate::plan::{Claim, Length, Plan, Score};
use serde::{Deserialize, Serialize};

/// Figures of a program and of its twin, over all seeds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TwinReport {
    /// of the program, by seed
    pub with: Vec<f64>,
    /// of the twin, by seed
    pub without: Vec<f64>,
    /// where the difference lies with a probability of 95 %; none where one run says nothing of it
    pub interval: Option<(f64, f64)>,
}

/// One comparison: a seed's figures, and the variance of their difference that the choice of test examples brings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// the program's figure
    pub with: f64,
    /// the twin's
    pub without: f64,
    /// none where the figure is not a share of the examples
    pub variance: Option<f64>,
}

impl Pair {
    /// Of a score: a metric that is a share counts as one of so many examples that are right or wrong as a whole. The two
    /// figures are taken for independent, which makes the variance larger than it is.
    pub fn new(score: &Score, plan: &Plan, report: &Report, with: f64, without: f64) -> Self {
        let share = |(task, metric): (usize, usize)| {
            let task = plan.tasks.get(task)?;
            let (low, high) = heads::metric(&task.metrics.get(metric)?.name)?.range;
            let [_, dev, test] = report.tasks.iter().find(|t| t.name == task.name)?.examples;
            let n = if test > 0 { test } else { dev };
            let of = |p: f64| p.clamp(0.0, 1.0) * (1.0 - p.clamp(0.0, 1.0)) / n as f64;
            (low == 0.0 && high == 1.0 && n > 0).then(|| of(with) + of(without))
        };
        let variance = if let Score::Metric { task, metric } = score { share((*task, *metric)) } else { None };
        Self { with, without, variance }
    }
}

/// 97.5 % points of Student's t, by degrees of freedom from 1; beyond, those of the normal distribution are near.
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// Where the mean difference lies with a probability of 95 %: over seeds by Student's t, over examples by their variance.
/// One seed whose figure is no share of examples says nothing.
fn interval(pairs: &[Pair]) -> Option<(f64, f64)> {
    let n = pairs.len() as f64;
    let differences: Vec<f64> = pairs.iter().map(|p| p.with - p.without).collect();
    let mean = differences.iter().sum::<f64>() / n;
    let examples: Option<f64> = pairs.iter().map(|p| p.variance).sum::<Option<f64>>().map(|sum| sum / n);
    let half = match pairs.len() {
        0 => return None,
        1 => 1.96 * examples?.sqrt(),
        k => {
            let seeds = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0) / n;
            STUDENT.get(k - 2).unwrap_or(&1.96) * (seeds + examples.unwrap_or(0.0)).sqrt()
        }
    };
    Some((mean - half, mean + half))
}

/// Whether every difference within an interval fulfils a claim, none does, or it is undecided.
fn decided((low, high): (f64, f64), op: &str, value: f64) -> Option<bool> {
    let (all, any) = match op {
        ">=" => (low >= value, high >= value),
        ">" => (low > value, high > value),
        "<=" => (high <= value, low <= value),
        "<" => (high < value, low < value),
        "==" => (low == value && high == value, low <= value && value <= high),
        _ => return None,
    };
    if all { Some(true) } else { (!any).then_some(false) }
}

/// Enters what was found into a claim about a twin.
pub fn settle(r: &mut ExpectReport, claim: &Claim, pairs: &[Pair]) {
    let (Claim::Gain { op, value, .. } | Claim::Drop { op, value, .. }) = claim else { return };
    if pairs.is_empty() {
        return;
    }
    let mean = |f: fn(&Pair) -> f64| pairs.iter().map(f).sum::<f64>() / pairs.len() as f64;
    let (with, without, figure) = (mean(|p| p.with), mean(|p| p.without), mean(|p| p.with - p.without));
    let interval = interval(pairs);
    r.figure = Some(figure);
    r.held = match interval {
        Some(i) => decided(i, op, *value),
        None => super::report::holds(figure, op, *value),
    };
    let points = |x: f64| format!("{:.2}", 100.0 * x);
    let other = if matches!(claim, Claim::Gain { .. }) { "alone" } else { "without" };
    r.note = format!("{} with, {} {other}", points(with), points(without));
    match (interval, pairs.len()) {
        (Some((low, high)), 1) => r.note += &format!("; 95% over examples: {} to {}", points(low), points(high)),
        (Some((low, high)), n) => r.note += &format!("; 95% over {n} seeds: {} to {}", points(low), points(high)),
        (None, _) => r.note += "; one seed, so no interval",
    }
    let each = |f: fn(&Pair) -> f64| pairs.iter().map(f).collect();
    r.twin = Some(TwinReport { with: each(|p| p.with), without: each(|p| p.without), interval });
}

/// Gives the twin of one task as many updates on the task's own data as the program made, stage by stage.
pub fn same_updates(twin: &mut Plan, plan: &Plan, report: &Report, task: usize) {
    let Some(name) = plan.tasks.get(task).map(|t| &t.name) else { return };
    let mut seen: Vec<&str> = vec![];
    for stage in &mut twin.train.stages {
        // stages of one name follow each other in the same order
        let before = seen.iter().filter(|s| **s == stage.name).count();
        let Some(own) = report.stages.iter().filter(|s| s.name == stage.name).nth(before) else { continue };
        seen.push(&own.name);
        let Some(schedule) = own.schedule.as_ref().filter(|s| s.steps_per_epoch > 0) else { continue };
        let rows = schedule.rows.iter().filter(|r| r.tasks.contains(name));
        let an_epoch: f64 = rows.map(|r| r.batches_per_epoch).sum();
        let updates = (an_epoch * own.steps as f64 / schedule.steps_per_epoch as f64).round();
        stage.length = Length::Steps((updates as u64).max(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(with: f64, without: f64, variance: Option<f64>) -> Pair {
        Pair { with, without, variance }
    }

    #[test]
    fn within_noise_nothing_is_decided() {
        // 0.80 and 0.78 of 100 examples: 1.96 · √(0.0016 + 0.001716) = 0.1129
        let one = [pair(0.80, 0.78, Some(0.0016 + 0.001_716))];
        let (low, high) = interval(&one).unwrap();
        assert!((low + 0.0929).abs() < 1e-3 && (high - 0.1329).abs() < 1e-3, "{low} {high}");
        assert_eq!(decided((low, high), ">=", 0.01), None);
        assert_eq!(decided((low, high), ">=", 0.2), Some(false));
        assert_eq!(decided((low, high), "<=", 0.2), Some(true));
        assert_eq!(interval(&[pair(3.0, 2.0, None)]), None);
        // differences 0.02, 0.04: sd 0.01414, t(1) = 12.706, so ± 0.12706 about 0.03
        let two = [pair(0.80, 0.78, None), pair(0.80, 0.76, None)];
        let (low, high) = interval(&two).unwrap();
        assert!((low + 0.097_06).abs() < 1e-4 && (high - 0.157_06).abs() < 1e-4, "{low} {high}");
        assert_eq!(decided((0.0, 0.0), "<=", 0.0), Some(true));
        assert_eq!(decided((0.0, 0.0), "==", 0.0), Some(true));
        assert_eq!(decided((0.0, 0.1), "==", 0.2), Some(false));
    }
}
