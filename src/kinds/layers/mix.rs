//! Sums weighted from outside.

use super::{Function, Kind, Layer};
use crate::words::Takes::Own;
use crate::words::may;

/// Sums weighted from outside.
pub(super) const KIND: Kind = Kind { functions: &[MIX], layers: &[LAYER] };

const MIX: Function = Function {
    name: "mix",
    args: &[may("weights", Own)],
    deep: false,
    runs: true,
    example: "mix(h, weights = a)",
    doc: "the weighted sum over tokens",
};

const LAYER: Layer = Layer {
    name: "mix",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, layout, matrix};
    use crate::ops::rows::weighted_sum;
    use crate::ops::value::Value;

    /// Σ_t w_t·h_t with given weights.
    pub fn build(_: &Spec) -> Built {
        function(|inputs, _| Value::Vec(weighted_sum(matrix(inputs[0]), matrix(inputs[1]), layout(inputs[0]))))
    }
}
