//! The weights of `attend` by themselves.

use super::attend::scorer;
use super::{Kind, Layer, Sees};
use crate::types::dim::Dim;
use crate::types::{Call, Elaborate, Flow, Function, Gives, Marks, Out, Rule, Val};

/// The weights of `attend` by themselves.
pub(super) const KIND: Kind = Kind { functions: &[ATTENTION], layers: &[LAYER] };

const ATTENTION: Function = Function {
    name: "attention",
    args: &[],
    deep: false,
    runs: true,
    example: "attention(h)",
    doc: "attention weights over tokens",
    rule: Rule::Value(attention),
    marks: Marks { gives: Gives::Weights, ..Marks::NONE },
};

const LAYER: Layer = Layer {
    name: "attention",
    sees: |_| Sees::All,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

/// Attention weights: they sum to one over the tokens, so each has seen all of them.
fn attention(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    c.need_seq(&v, call, call.span)?;
    let out = Val { width: Dim::of(1), flow: Flow::Full, halves: None, ..v.clone() };
    scorer(c, call, &v, out)
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, axis, function, like, matrix};
    use crate::ops::rows::{Activation, dense, text_softmax};

    /// A softmax over the text of h·w + b.
    pub fn build(s: &Spec) -> Built {
        let [w, b] = s.params()?;
        function(move |inputs, cx| {
            let scores = dense(matrix(inputs[0]), &cx.params.get2(w), Some(&cx.params.get1(b)), Activation::None);
            like(inputs[0], text_softmax(&scores, axis(inputs[0])))
        })
    }
}
