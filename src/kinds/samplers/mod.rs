//! Samplers: which examples the next step sees. A sampler is a file with its row, and a line of [`SAMPLERS`].

mod alternate;
mod bandit;
mod joint;
mod later;
mod mix;
mod order;
mod proportional;
mod random;
mod smoothed;

use crate::diagnostics::Diagnostic;
use crate::plan::{self, Settings};
use crate::words::{Choice, Naming, Row, Values};
pub use order::{Order, Place};

/// A sampler.
#[derive(Debug)]
pub struct Sampler {
    /// the word and its arguments
    pub row: Choice,
    /// how it names tasks
    pub names: Naming,
    /// what it draws
    pub unit: Unit,
    /// a step may hold batches of several units
    pub together: bool,
    /// it measures of what use each task is
    pub measures: bool,
    /// its part of the plan, from its arguments; `None` where they change nothing
    pub plan: Option<Planner>,
    /// in which order units are drawn
    pub order: Option<Ordering>,
}

/// Makes the part of the plan.
pub type Planner = fn(&Values, &Tasks) -> Result<Option<plan::Sampler>, Diagnostic>;
/// Makes the order in which units are drawn.
pub type Ordering = fn(&Settings, &Units) -> Box<dyn Order>;

/// What a sampler draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// data sets: every task with gold in the batch learns
    Corpora,
    /// tasks: only that task learns, and those over several data sets that are never drawn for themselves
    Tasks,
}

/// The tasks of a program and of a stage.
#[derive(Debug)]
pub struct Tasks<'a> {
    /// those of the stage
    pub of_stage: &'a [usize],
    /// of each task, whether `--only` leaves it out
    pub left_out: &'a [bool],
    /// of each task, whether its name is only guessed, since it could not be read
    pub guessed: &'a [bool],
}

/// What there is to draw.
#[derive(Debug)]
pub struct Units<'a> {
    /// examples of each unit
    pub examples: &'a [usize],
    /// units that the sampler names, in its order, with their numbers; `None` where it names none
    pub named: Option<&'a [(usize, f64)]>,
}

/// What most rows share.
const SAMPLER: Sampler = Sampler {
    row: Choice { name: "", args: &[], runs: false, example: "" },
    names: Naming::None,
    unit: Unit::Corpora,
    together: false,
    measures: false,
    plan: None,
    order: None,
};

/// Samplers.
pub static SAMPLERS: &[Sampler] = &[
    joint::JOINT,
    alternate::ALTERNATE,
    random::RANDOM,
    proportional::PROPORTIONAL,
    smoothed::SMOOTHED,
    mix::MIX,
    bandit::BANDIT,
    later::EPISODES,
    later::POLICY,
];

/// The row of a sampler.
pub fn find(name: &str) -> Option<&'static Sampler> {
    SAMPLERS.iter().find(|s| s.row.name == name)
}

/// Tasks drawn by rates that something else gives.
pub fn by_rates(rates: Vec<(usize, f64)>) -> plan::Sampler {
    mix::of(rates)
}

/// The sampler of a program that names none, over one data set or several.
pub fn usual(several: bool) -> plan::Sampler {
    if several { proportional::usual() } else { joint::usual() }
}

impl Row for Sampler {
    fn choice(&self) -> &Choice {
        &self.row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_whole() {
        for s in SAMPLERS {
            assert_eq!((s.row.runs, s.row.runs), (s.plan.is_some(), s.order.is_some()), "{}", s.row.name);
        }
    }
}
