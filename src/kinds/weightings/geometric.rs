//! `geometric`: the geometric loss strategy (Chennupati et al. 2019): (Π L)^(1/T) over the T tasks in the step is what falls. Its
//! gradient is that of Σ g·L / (T·L̄), L̄ the loss as a number and g the geometric mean, which is what is computed; a task's own
//! `weight` multiplies its term.

use super::{WEIGHTING, Weighting};
use crate::words::c;

pub(super) const GEOMETRIC: Weighting = Weighting {
    row: c("geometric", &[], true, "geometric"),
    moves: true,
    within_step: true,
    #[cfg(feature = "train")]
    weigh: Some(&model::Geometric),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{LEAST, Memory, Step, Weigh};

    #[derive(Debug)]
    pub struct Geometric;

    impl Weigh for Geometric {
        fn factors(&self, step: &Step<'_>, _: &mut Memory) -> Vec<f64> {
            let n = step.losses.len().max(1) as f64;
            let mean = (step.losses.iter().map(|l| l.value.max(LEAST).ln()).sum::<f64>() / n).exp();
            step.times(|l| mean / (n * l.value.max(LEAST)))
        }
    }
}
