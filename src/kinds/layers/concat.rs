//! Values side by side.

use super::{Function, Kind, Layer};

/// Values side by side.
pub(super) const KIND: Kind = Kind { functions: &[CONCAT], layers: &[LAYER] };

const CONCAT: Function =
    Function { name: "concat", args: &[], deep: false, runs: true, example: "concat", doc: "concatenation (as `&`)" };

const LAYER: Layer = Layer {
    name: "concat",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use burn::tensor::Tensor;

    /// Side by side.
    pub fn build(_: &Spec) -> Built {
        function(|inputs, _| match inputs {
            [one] => (*one).clone(),
            all => like(all[0], Tensor::cat(all.iter().map(|v| matrix(v).clone()).collect(), 1)),
        })
    }
}
