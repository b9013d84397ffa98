//! `fixed`: each task's own `weight`, unless the stage names another. Σ w·L.

use super::{WEIGHTING, Weighting};
use crate::words::{Naming, c};

pub(super) const FIXED: Weighting = Weighting {
    row: c("fixed", &[], true, "fixed(slot = 1, intent = 0.5)"),
    names: Naming::Numbers("a weight"),
    #[cfg(feature = "train")]
    weigh: Some(&model::Fixed),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{Memory, Step, Weigh};

    #[derive(Debug)]
    pub struct Fixed;

    impl Weigh for Fixed {
        fn factors(&self, step: &Step<'_>, _: &mut Memory) -> Vec<f64> {
            step.losses.iter().map(|l| l.given.unwrap_or(l.weight)).collect()
        }
    }
}
