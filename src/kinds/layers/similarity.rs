//! One number for two vectors.

use super::{Function, Kind, Layer};

/// One number for two vectors.
pub(super) const KIND: Kind = Kind { functions: &[DOT, COSINE], layers: &[DOT_LAYER, COSINE_LAYER, PROJECT] };

const DOT: Function =
    Function { name: "dot", args: &[], deep: false, runs: true, example: "dot(u, v)", doc: "the inner product" };

const COSINE: Function =
    Function { name: "cosine", args: &[], deep: false, runs: true, example: "cosine(u, v)", doc: "the cosine" };

const DOT_LAYER: Layer = Layer {
    name: "dot",
    #[cfg(feature = "train")]
    build: Some(model::dot),
    ..Layer::NONE
};

const COSINE_LAYER: Layer = Layer {
    name: "cosine",
    #[cfg(feature = "train")]
    build: Some(model::cosine),
    ..Layer::NONE
};

const PROJECT: Layer = Layer { name: "project", ..Layer::NONE };

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::common::model::pair;
    use crate::ops::layer::{Built, Spec};
    use burn::tensor::Tensor;

    /// a·b
    pub fn dot(_: &Spec) -> Built {
        pair(|a, b| (a * b).sum_dim(1))
    }

    /// a·b / |a||b|
    pub fn cosine(_: &Spec) -> Built {
        pair(|a, b| {
            // the small number keeps the gradient finite at zero
            let norm = |x: &Tensor<2>| (x.clone() * x.clone()).sum_dim(1).add_scalar(1e-12).sqrt();
            let norms = norm(&a) * norm(&b);
            (a * b).sum_dim(1) / norms
        })
    }
}
