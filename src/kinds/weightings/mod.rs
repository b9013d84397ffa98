//! Weightings: how the losses of tasks are weighed against each other. A weighting is a file with its row, and a line of
//! [`WEIGHTINGS`].

mod dwa;
mod famo;
mod fixed;
mod geometric;
mod gradnorm;
mod log_classes;
#[cfg(feature = "train")]
mod model;
mod random;
mod relatedness;
mod scale_invariant;
mod stalled;
mod uncertainty;

#[cfg(feature = "train")]
pub use model::{Loss, Memory, Step, Told, Weigh};

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
    /// what losses count changes from step to step: the course of a run tells it
    pub moves: bool,
    /// it reads the losses of the examples of a step once more, after the parameters have moved
    pub again: bool,
    /// it reads how long the gradient of each task is at the shared parameters, which takes a pass for each
    pub gradients: bool,
    /// it weighs the tasks of a step against each other, so a step needs several
    pub within_step: bool,
    /// the argument that names a task whose answers it reads
    pub asks: Option<&'static str>,
    /// how much each loss counts
    #[cfg(feature = "train")]
    pub weigh: Option<&'static dyn Weigh>,
}

/// What most rows share.
const WEIGHTING: Weighting = Weighting {
    row: Choice { name: "", args: &[], runs: false, example: "" },
    names: Naming::None,
    learns: false,
    moves: false,
    again: false,
    gradients: false,
    within_step: false,
    asks: None,
    #[cfg(feature = "train")]
    weigh: None,
};

/// Weightings.
pub static WEIGHTINGS: &[Weighting] = &[
    fixed::FIXED,
    uncertainty::UNCERTAINTY,
    dwa::DWA,
    gradnorm::GRADNORM,
    random::RANDOM,
    geometric::GEOMETRIC,
    scale_invariant::SCALE_INVARIANT,
    famo::FAMO,
    stalled::STALLED,
    log_classes::LOG_CLASSES,
    relatedness::RELATEDNESS,
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

#[cfg(all(test, feature = "train"))]
mod tests;
