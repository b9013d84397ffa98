//! `mix(a = 2, b = 1)`: tasks drawn by given rates (Luong et al. 2016).

use super::order::{Drawn, Order};
use super::{SAMPLER, Sampler, Tasks, Unit, Units};
use crate::diagnostics::Diagnostic;
use crate::plan::{self, Settings};
use crate::words::{Naming, Values, c};

pub(super) const MIX: Sampler = Sampler {
    row: c("mix", &[], true, "mix(a = 2, b = 1)"),
    names: Naming::Numbers("a rate"),
    unit: Unit::Tasks,
    plan: Some(plan),
    order: Some(order),
    ..SAMPLER
};

fn plan(values: &Values, _: &Tasks<'_>) -> Result<Option<plan::Sampler>, Diagnostic> {
    let help = format!("write `{}`", MIX.row.example);
    if values.tasks.iter().any(|(_, rate)| *rate > 0.0) {
        return Ok(Some(of(values.tasks.clone())));
    }
    if values.none_given {
        return Err(Diagnostic::new("E0236", "`mix` needs the rate of each task").help(help));
    }
    if !values.tasks.is_empty() {
        return Err(Diagnostic::new("E0207", "`mix` draws no task: every rate is 0").help(help));
    }
    Ok(None)
}

/// With these rates.
pub(super) fn of(tasks: Vec<(usize, f64)>) -> plan::Sampler {
    plan::Sampler { tasks, ..plan::Sampler::new(MIX.row.name) }
}

fn order(_: &Settings, units: &Units<'_>) -> Box<dyn Order> {
    let rate = |unit: usize| {
        let named = units.named.unwrap_or_default().iter().find(|(u, _)| *u == unit);
        named.map_or(0.0, |(_, rate)| *rate)
    };
    Box::new(Drawn((0..units.examples.len()).map(rate).collect()))
}
