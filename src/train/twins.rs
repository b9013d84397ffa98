//! A program against its twin: which budget is fair, and what a difference is worth.

use super::paired::Comparison;
use super::report::{ExpectReport, Report};
use crate::plan::{Claim, Length, Over, Plan};
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
pub fn settle(r: &mut ExpectReport, claim: &Claim, c: &Comparison) {
    let (Claim::Gain { op, value, .. } | Claim::Drop { op, value, .. }) = claim else { return };
    let (figure, interval) = (c.mean(), c.interval());
    r.figure = Some(figure);
    r.held = interval.and_then(|i| decided(i, op, *value));
    let points = |x: f64| format!("{:.2}", 100.0 * x);
    let mean = |all: &[f64]| points(all.iter().sum::<f64>() / all.len().max(1) as f64);
    let other = if matches!(claim, Claim::Gain { over: Over::Single(_), .. }) { "alone" } else { "without" };
    r.note = format!("{} with, {} {other}", mean(&c.with), mean(&c.without));
    match (interval, c.with.len()) {
        (Some((low, high)), 1) => r.note += &format!("; 95% over examples: {} to {}", points(low), points(high)),
        (Some((low, high)), n) => r.note += &format!("; 95% over {n} seeds: {} to {}", points(low), points(high)),
        (None, _) => r.note += "; the test examples are too few, or not the same, for an interval",
    }
    if r.held.is_none() && interval.is_some() {
        r.note += &format!("; {}", to_decide(c, *value));
    }
    r.twin = Some(TwinReport { with: c.with.clone(), without: c.without.clone(), interval });
}

/// Enters what a fresh head read off an encoder, by seed.
pub fn settle_probe(r: &mut ExpectReport, metric: &str, values: &[f64], op: &str, value: f64) {
    let figure = values.iter().sum::<f64>() / values.len().max(1) as f64;
    r.figure = Some(figure);
    r.held = super::report::holds(figure, op, value);
    r.note = format!("{metric} of a fresh head on {}", r.split);
    if values.len() > 1 {
        let each: Vec<String> = values.iter().map(|v| super::report::show_value(metric, Some(*v))).collect();
        r.note += &format!("; by seed {}", each.join(", "));
    }
}

/// What would decide an undecided claim.
fn to_decide(c: &Comparison, value: f64) -> String {
    match (c.seeds_to_tell(value), c.examples_to_tell(value)) {
        (Some(n), _) => format!("about {n} seeds would decide it"),
        (None, Some(times)) if times > 1.0 && times <= 1000.0 => {
            format!("it would take about {:.0} times as many test examples", times.ceil())
        }
        // one seed does not tell how far seeds lie apart
        (None, _) if c.with.len() == 1 => "more seeds may decide it".into(),
        (None, _) => "the difference is too near to what is claimed".into(),
    }
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
    use crate::train::paired::OverExamples;

    #[test]
    fn within_noise_nothing_is_decided() {
        let about = |low, high| (low, high);
        assert_eq!(decided(about(-0.09, 0.13), ">=", 0.01), None);
        assert_eq!(decided(about(-0.09, 0.13), ">=", 0.2), Some(false));
        assert_eq!(decided(about(-0.09, 0.13), "<=", 0.2), Some(true));
        assert_eq!(decided((0.0, 0.0), "<=", 0.0), Some(true));
        assert_eq!(decided((0.0, 0.0), "==", 0.0), Some(true));
        assert_eq!(decided((0.0, 0.1), "==", 0.2), Some(false));
    }

    #[test]
    fn what_would_decide_is_told() {
        let of = |with: &[f64], variance| {
            let examples = Some(OverExamples { variance, units: 1_000_000 });
            Comparison { with: with.into(), without: vec![0.0; with.len()], examples }
        };
        // differences 0.02 and 0.04: standard deviation 0.0141; with 5 seeds 2.776 · 0.0141 / √5 = 0.0176 < 0.02
        assert_eq!(to_decide(&of(&[0.02, 0.04], 0.0), 0.01), "about 5 seeds would decide it");
        // 0.01 from what is claimed, of which the examples leave ± 0.02 open
        let wide = (0.02f64 / 1.96).powi(2);
        let told = "it would take about 4 times as many test examples";
        assert_eq!(to_decide(&of(&[0.019, 0.021], wide), 0.01), told);
        assert_eq!(to_decide(&of(&[0.02], 0.0), 0.01), "more seeds may decide it");
    }
}
