//! The weights of `attend` by themselves.

use super::{Function, Kind, Layer, Sees};

/// The weights of `attend` by themselves.
pub(super) const KIND: Kind = Kind { functions: &[ATTENTION], layers: &[LAYER] };

const ATTENTION: Function = Function {
    name: "attention",
    args: &[],
    deep: false,
    runs: true,
    example: "attention(h)",
    doc: "attention weights over tokens",
};

const LAYER: Layer = Layer {
    name: "attention",
    sees: |_| Sees::All,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, layout, like, matrix};
    use crate::ops::rows::{Activation, dense, text_softmax};

    /// A softmax over the text of h·w + b.
    pub fn build(s: &Spec) -> Built {
        let [w, b] = s.params()?;
        function(move |inputs, cx| {
            let scores = dense(matrix(inputs[0]), &cx.params.get2(w), Some(&cx.params.get1(b)), Activation::None);
            like(inputs[0], text_softmax(&scores, layout(inputs[0])))
        })
    }
}
