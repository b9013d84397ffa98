//! `loss mse`: the squared error of a number.

use super::{OWN, OwnKind};
use crate::words::c;

pub(super) const MSE: OwnKind = OwnKind {
    row: c("mse", &[], true, "mse"),
    #[cfg(feature = "train")]
    each: Some(model::each),
    ..OWN
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::own::model::Judged;
    use crate::plan::Settings;
    use burn::tensor::Tensor;

    /// (x − y)²
    pub fn each(_: &Settings, j: &Judged) -> Tensor<2> {
        let off = j.scores.clone() - j.gold();
        off.clone() * off
    }
}
