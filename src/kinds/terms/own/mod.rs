//! Losses that a task may name for itself: `loss focal(gamma = 2)`, `loss ce + margin * 0.5`. Each is a file with its row
//! and what computes it, and a line of [`TASK_LOSSES`]; which heads have one, their rows say.

mod ce;
mod distant;
mod focal;
mod margin;
#[cfg(feature = "train")]
mod model;
mod mse;
mod none;
#[cfg(test)]
#[cfg(feature = "train")]
mod tests;

#[cfg(feature = "train")]
pub use model::{Gold, Judged, of};

use crate::words::{Choice, Row};

/// A loss that a task may name.
#[derive(Debug)]
pub struct OwnKind {
    /// the word and its arguments
    pub row: Choice,
    /// those of its arguments that the trainer does not run
    pub later: &'static [&'static str],
    /// the loss of each row `[M, 1]`
    #[cfg(feature = "train")]
    each: Option<model::Each>,
}

/// What most rows share.
const OWN: OwnKind = OwnKind {
    row: Choice { name: "", args: &[], runs: false, example: "" },
    later: &[],
    #[cfg(feature = "train")]
    each: None,
};

/// Losses that a task may name.
pub static TASK_LOSSES: &[OwnKind] = &[none::NONE, ce::CE, focal::FOCAL, margin::MARGIN, distant::DISTANT, mse::MSE];

/// The loss of a name.
pub fn own(name: &str) -> Option<&'static OwnKind> {
    TASK_LOSSES.iter().find(|l| l.row.name == name)
}

/// No loss at all: others train the task.
pub const NO_LOSS: &str = none::NONE.row.name;

impl Row for OwnKind {
    fn choice(&self) -> &Choice {
        &self.row
    }
}
