//! `loss focal(gamma)`: cross-entropy that turns away from what is right already.

use super::{OWN, OwnKind};
use crate::words::Takes::Number;
use crate::words::numbers::FACTOR;
use crate::words::{c, may};

pub(super) const FOCAL: OwnKind = OwnKind {
    row: c("focal", &[may("gamma", Number(FACTOR))], true, "focal(gamma = 2)"),
    #[cfg(feature = "train")]
    each: Some(model::each),
    ..OWN
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::own::model::{Gold, Judged, real};
    use crate::plan::Settings;
    use burn::tensor::{Tensor, activation};

    /// −(1 − p)^γ log p, p the probability of the gold (Lin et al. 2017); of classes each by itself the mean over them, p
    /// that of the answer yes or no.
    pub fn each(s: &Settings, j: &Judged) -> Tensor<2> {
        let gamma = real(s, "gamma").unwrap_or(2.0);
        let focal = |log: Tensor<2>| {
            // 1 − p = 0 has no slope of its power below 1
            let rest = log.clone().exp().neg().add_scalar(1.0).clamp_min(1e-7);
            rest.powf_scalar(gamma) * log.neg()
        };
        match j.gold {
            Gold::Each => {
                let sign = j.gold().mul_scalar(2.0).add_scalar(-1.0);
                let each = focal(activation::log_sigmoid(j.scores.clone() * sign)) * j.by_class();
                each.sum_dim(1).div_scalar(j.classes() as f64)
            }
            _ => focal((j.gold() * activation::log_softmax(j.scores.clone(), 1)).sum_dim(1)),
        }
    }
}
