//! A value let in through a gate.

use super::{Function, Kind, Layer};
use crate::words::Takes::Own;
use crate::words::may;

/// A value let in through a gate.
pub(super) const KIND: Kind = Kind { functions: &[GATE], layers: &[LAYER] };

const GATE: Function = Function {
    name: "gate",
    args: &[may("by", Own)],
    deep: false,
    runs: true,
    example: "gate(h, by = c)",
    doc: "h with c let in through a gate",
};

const LAYER: Layer = Layer {
    name: "gate",
    joins: true,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense};
    use burn::tensor::Tensor;

    /// h + σ([h; c]·w + b) ∘ (c·u)
    pub fn build(s: &Spec) -> Built {
        let [w, b, u] = s.params()?;
        function(move |inputs, cx| {
            let (h, c) = (matrix(inputs[0]), matrix(inputs[1]));
            let both = Tensor::cat(vec![h.clone(), c.clone()], 1);
            let open = dense(&both, &cx.params.get2(w), Some(&cx.params.get1(b)), Activation::Sigmoid);
            like(inputs[0], h.clone() + open * dense(c, &cx.params.get2(u), None, Activation::None))
        })
    }
}
