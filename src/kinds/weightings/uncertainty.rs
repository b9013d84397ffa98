//! `uncertainty`: homoscedastic uncertainty (Kendall et al. 2018, equations 7 and 10), s = log σ² learned:
//! Σ w·(exp(−s)·L + s/2), with L/2 in place of L for a squared error; w is each task's own `weight`.

use super::{WEIGHTING, Weighting};
use crate::words::c;

pub(super) const UNCERTAINTY: Weighting = Weighting {
    row: c("uncertainty", &[], true, "uncertainty"),
    learns: true,
    #[cfg(feature = "train")]
    weigh: Some(model::weigh),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{Loss, times};
    use burn::tensor::Tensor;

    pub fn weigh(l: &Loss<'_>) -> Tensor<1> {
        let loss = match l.learned.clone() {
            None => l.value.clone(),
            Some(s) => {
                let half = if l.squared { 0.5 } else { 1.0 };
                s.clone().neg().exp() * l.value.clone().mul_scalar(half) + s.mul_scalar(0.5)
            }
        };
        times(loss, l.weight)
    }
}
