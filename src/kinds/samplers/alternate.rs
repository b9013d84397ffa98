//! `alternate(a, b)`, `alternate(ratio = [3, 1])`, `alternate(every = 5)`: tasks in turn; an epoch ends when every task
//! has seen all its examples, and shorter ones start again.

use super::order::{Order, Turns};
use super::{SAMPLER, Sampler, Tasks, Unit, Units};
use crate::diagnostics::Diagnostic;
use crate::plan::{self, Settings};
use crate::words::Takes::{Number, Numbers};
use crate::words::numbers::SIZE;
use crate::words::{Naming, Values, c, may};

pub(super) const ALTERNATE: Sampler = Sampler {
    row: c("alternate", &[may("ratio", Numbers(SIZE)), may("every", Number(SIZE))], true, "alternate(ratio = [3, 1])"),
    names: Naming::InOrder,
    unit: Unit::Tasks,
    plan: Some(plan),
    order: Some(order),
    ..SAMPLER
};

fn plan(values: &Values, tasks: &Tasks<'_>) -> Result<Option<plan::Sampler>, Diagnostic> {
    let sampler = |tasks| Ok(Some(plan::Sampler { tasks, ..plan::Sampler::new("alternate") }));
    let ratio = values.list("ratio");
    let every = values.number("every").map_or(1, |n| n as u64);
    if ratio.is_empty() && every == 1 {
        return sampler(values.tasks.clone());
    }
    let named: Vec<usize> = match values.tasks.is_empty() {
        true => tasks.of_stage.to_vec(),
        false => values.tasks.iter().map(|(t, _)| *t).collect(),
    };
    // the numbers also count the tasks that `--only` leaves out
    let all = 0..tasks.left_out.len();
    let turns = match named.iter().copied().eq(all.clone().filter(|t| !tasks.left_out[*t])) {
        true => all.collect(),
        false => named,
    };
    if turns.iter().any(|t| tasks.guessed.get(*t) == Some(&true)) {
        return Ok(None);
    }
    if !ratio.is_empty() && ratio.len() != turns.len() {
        let message = format!("`ratio` has {} numbers for {} tasks", ratio.len(), turns.len());
        return Err(Diagnostic::new("E0207", message).help("give one number for each task, in their order"));
    }
    let batches = |i: usize| ratio.get(i).map_or(every, |r| *r as u64 * every) as f64;
    sampler(turns.iter().enumerate().map(|(i, t)| (*t, batches(i))).collect())
}

fn order(_: &Settings, units: &Units<'_>) -> Box<dyn Order> {
    Box::new(Turns(match units.named {
        None => (0..units.examples.len()).collect(),
        Some(turns) => turns.iter().flat_map(|(u, n)| std::iter::repeat_n(*u, *n as usize)).collect(),
    }))
}
