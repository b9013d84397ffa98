//! `uncertainty`: homoscedastic uncertainty (Kendall et al. 2018, equations 7 and 10), s = log σ² learned:
//! Σ w·(exp(−s)·L + s/2), with L/2 in place of L for a squared error; w is each task's own `weight`.

use super::{WEIGHTING, Weighting};
use crate::words::c;

pub(super) const UNCERTAINTY: Weighting = Weighting {
    row: c("uncertainty", &[], true, "uncertainty"),
    learns: true,
    #[cfg(feature = "train")]
    weigh: Some(&model::Uncertainty),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{Loss, Memory, Step, Weigh, times};
    use burn::tensor::Tensor;

    #[derive(Debug)]
    pub struct Uncertainty;

    impl Weigh for Uncertainty {
        fn factors(&self, step: &Step<'_>, _: &mut Memory) -> Vec<f64> {
            step.times(|_| 1.0)
        }

        fn apply(&self, loss: &Tensor<1>, of: &Loss, factor: f64) -> Tensor<1> {
            let loss = match of.learned.clone() {
                None => loss.clone(),
                Some(s) => {
                    let half = if of.squared { 0.5 } else { 1.0 };
                    s.clone().neg().exp() * loss.clone().mul_scalar(half) + s.mul_scalar(0.5)
                }
            };
            times(loss, factor)
        }
    }
}
