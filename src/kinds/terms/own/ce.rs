//! `loss ce(smoothing)`: cross-entropy.

use super::OwnKind;
use crate::words::Takes::Number;
use crate::words::numbers::{PART, SHARE};
use crate::words::{c, may};

pub(super) const CE: OwnKind = OwnKind {
    row: c("ce", &[may("smoothing", Number(PART)), may("negatives", Number(SHARE))], true, "ce(smoothing = 10%)"),
    later: &["negatives"],
    #[cfg(feature = "train")]
    each: Some(model::each),
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::own::model::{Gold, Judged, real};
    use crate::plan::Settings;
    use burn::tensor::{Tensor, activation};

    /// −Σ_k y_k log softmax(z)_k with the smoothed gold y = (1 − ε) gold + ε/K (Szegedy et al. 2016); of classes each by
    /// itself −1/K Σ_k w_k (y_k log σ(z_k) + (1 − y_k) log(1 − σ(z_k))), y = (1 − ε) gold + ε/2.
    pub fn each(s: &Settings, j: &Judged) -> Tensor<2> {
        let smooth = real(s, "smoothing").unwrap_or(0.0);
        let k = j.classes() as f64;
        let share = if j.gold == Gold::Each { 2.0 } else { k };
        let y = j.gold().mul_scalar(1.0 - smooth).add_scalar(smooth / share);
        match j.gold {
            Gold::Each => {
                let no = y.clone().neg().add_scalar(1.0) * activation::log_sigmoid(j.scores.clone().neg());
                let both = y * activation::log_sigmoid(j.scores.clone()) + no;
                (both * j.by_class()).sum_dim(1).div_scalar(-k)
            }
            _ => (y * activation::log_softmax(j.scores.clone(), 1)).sum_dim(1).neg(),
        }
    }
}
