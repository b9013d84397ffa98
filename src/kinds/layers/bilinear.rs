//! A bilinear form of two vectors.

use super::{Function, Kind, Layer};
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::SIZE;

/// A bilinear form of two vectors.
pub(super) const KIND: Kind = Kind { functions: &[BILINEAR], layers: &[LAYER] };

const BILINEAR: Function = Function {
    name: "bilinear",
    args: &[may("d", Number(SIZE))],
    deep: false,
    runs: true,
    example: "bilinear(u, v)",
    doc: "u W v",
};

const LAYER: Layer = Layer {
    name: "bilinear",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense};

    /// aᵀ·W_k·b for each of `width` matrices.
    pub fn build(s: &Spec) -> Built {
        let [w] = s.params()?;
        let width = s.size("width")?;
        function(move |inputs, cx| {
            let (a, b) = (matrix(inputs[0]), matrix(inputs[1]));
            let [n, db] = b.dims();
            let left = dense(a, &cx.params.get2(w), None, Activation::None).reshape([n, width, db]);
            let y = (left * b.clone().reshape([n, 1, db])).sum_dim(2);
            like(inputs[0], y.reshape([n, width]))
        })
    }
}
