//! Layer normalisation.

use super::{Function, Kind, Layer};

/// Layer normalisation.
pub(super) const KIND: Kind = Kind { functions: &[NORM], layers: &[LAYER] };

const NORM: Function =
    Function { name: "norm", args: &[], deep: false, runs: true, example: "norm", doc: "layer normalisation" };

const LAYER: Layer = Layer {
    name: "norm",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::layer_norm;

    /// Layer normalisation.
    pub fn build(s: &Spec) -> Built {
        let [g, b] = s.params()?;
        function(move |inputs, cx| {
            like(inputs[0], layer_norm(matrix(inputs[0]), &cx.params.get1(g), &cx.params.get1(b)))
        })
    }
}
