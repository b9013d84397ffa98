//! Weightings: how the losses of tasks are weighed against each other. A weighting is a file with its row, and a line of
//! [`WEIGHTINGS`].

mod fixed;
mod later;
#[cfg(feature = "train")]
mod model;
mod uncertainty;

#[cfg(feature = "train")]
pub use model::{Loss, Weigh};

use crate::words::{Choice, Naming, Row};

/// A weighting.
#[derive(Debug)]
pub struct Weighting {
    /// the word and its arguments
    pub row: Choice,
    /// how it names tasks
    pub names: Naming,
    /// a number is learned for each task, from zero
    pub learns: bool,
    /// the loss of a task as it counts
    #[cfg(feature = "train")]
    pub weigh: Option<Weigh>,
}

/// What most rows share.
const WEIGHTING: Weighting = Weighting {
    row: Choice { name: "", args: &[], runs: false, example: "" },
    names: Naming::None,
    learns: false,
    #[cfg(feature = "train")]
    weigh: None,
};

/// Weightings.
pub static WEIGHTINGS: &[Weighting] = &[
    fixed::FIXED,
    uncertainty::UNCERTAINTY,
    later::DWA,
    later::GRADNORM,
    later::RANDOM,
    later::LOG_CLASSES,
    later::RELATEDNESS,
];

/// The row of a weighting.
pub fn find(name: &str) -> Option<&'static Weighting> {
    WEIGHTINGS.iter().find(|w| w.row.name == name)
}

/// The weighting of a program that names none.
pub fn usual() -> crate::plan::Weighting {
    crate::plan::Weighting::new(fixed::FIXED.row.name)
}

impl Row for Weighting {
    fn choice(&self) -> &Choice {
        &self.row
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "train")]
    #[test]
    fn what_runs_is_whole() {
        for w in super::WEIGHTINGS {
            assert_eq!(w.row.runs, w.weigh.is_some(), "{}", w.row.name);
        }
    }
}
