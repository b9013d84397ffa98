//! Two vectors side by side, with their difference and their product.

use super::{Function, Kind, Layer};

/// Two vectors side by side, with their difference and their product.
pub(super) const KIND: Kind = Kind { functions: &[MATCH], layers: &[LAYER] };

const MATCH: Function = Function {
    name: "match",
    args: &[],
    deep: false,
    runs: true,
    example: "match(u, v)",
    doc: "[u; v; |u - v|; u * v]",
};

const LAYER: Layer = Layer {
    name: "match",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::common::model::pair;
    use crate::ops::layer::{Built, Spec};
    use burn::tensor::Tensor;

    /// [a; b; |a−b|; a∘b] (Mou et al. 2016).
    pub fn build(_: &Spec) -> Built {
        pair(|a, b| Tensor::cat(vec![a.clone(), b.clone(), (a.clone() - b.clone()).abs(), a * b], 1))
    }
}
