//! A learned mixture of layers.

use super::{Function, Kind, Layer};

/// A learned mixture of layers.
pub(super) const KIND: Kind = Kind { functions: &[MIX_LAYERS], layers: &[LAYER] };

const MIX_LAYERS: Function = Function {
    name: "mix_layers",
    args: &[],
    deep: false,
    runs: true,
    example: "enc@* |> mix_layers",
    doc: "a learned mixture of layers",
};

const LAYER: Layer = Layer {
    name: "mix_layers",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use burn::tensor::{Tensor, activation};

    /// γ·Σ softmax(w)_k·h_k (Peters et al. 2018).
    pub fn build(s: &Spec) -> Built {
        let [w, gamma] = s.params()?;
        function(move |inputs, cx| {
            let weights = activation::softmax(cx.params.get1(w), 0);
            let mut sum: Option<Tensor<2>> = None;
            for (k, v) in inputs.iter().enumerate() {
                let part = matrix(v).clone() * weights.clone().narrow(0, k, 1).unsqueeze::<2>();
                sum = Some(sum.map_or(part.clone(), |s| s + part));
            }
            match sum {
                Some(sum) => like(inputs[0], sum * cx.params.get1(gamma).unsqueeze::<2>()),
                None => unreachable!("at least one layer"),
            }
        })
    }
}
