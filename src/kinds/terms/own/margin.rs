//! `loss margin(positive, negative)`: probabilities are held beyond two margins.

use super::{OWN, OwnKind};
use crate::words::Takes::Number;
use crate::words::numbers::SHARE;
use crate::words::{c, may};

pub(super) const MARGIN: OwnKind = OwnKind {
    row: c("margin", &[may("positive", Number(SHARE)), may("negative", Number(SHARE))], true, "margin(0.9, 0.1)"),
    #[cfg(feature = "train")]
    each: Some(model::each),
    ..OWN
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::own::model::{Judged, real};
    use crate::plan::Settings;
    use burn::tensor::Tensor;

    /// Σ_k y_k max(0, m⁺ − p_k)² + ½ (1 − y_k) max(0, p_k − m⁻)² (Sabour et al. 2017, eq. 4).
    pub fn each(s: &Settings, j: &Judged) -> Tensor<2> {
        let (high, low) = (real(s, "positive").unwrap_or(0.9), real(s, "negative").unwrap_or(0.1));
        let (p, y) = (j.probs(), j.gold());
        let square = |x: Tensor<2>| x.clone() * x;
        let yes = square(p.clone().neg().add_scalar(high).clamp_min(0.0)) * y.clone();
        let no = square(p.add_scalar(-low).clamp_min(0.0)) * y.neg().add_scalar(1.0);
        ((yes + no.mul_scalar(0.5)) * j.by_class()).sum_dim(1)
    }
}
