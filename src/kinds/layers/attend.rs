//! Attention over the tokens of a text: a weighted mean.

use super::{Function, Kind, Layer, Sees};
use crate::words::Takes::Own;
use crate::words::may;

/// Attention over the tokens of a text: a weighted mean.
pub(super) const KIND: Kind = Kind { functions: &[ATTEND], layers: &[LAYER] };

const ATTEND: Function = Function {
    name: "attend",
    args: &[may("query", Own)],
    deep: false,
    runs: true,
    example: "attend",
    doc: "an attention-weighted mean over tokens",
};

const LAYER: Layer = Layer {
    name: "attend",
    sees: |_| Sees::All,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, layout, matrix};
    use crate::ops::rows::{Activation, dense, gather, text_softmax, weighted_sum};
    use crate::ops::value::Value;

    /// The mean of the tokens weighted by a softmax over the text: of h·w + b, or, with a query q, of (q·w)·h.
    pub fn build(s: &Spec) -> Built {
        let (w, b) = match *s.0.params.as_slice() {
            [w] => (w, None),
            [w, b] => (w, Some(b)),
            _ => return Err("`attend` has one or two parameters".to_string()),
        };
        function(move |inputs, cx| {
            let (h, texts) = (matrix(inputs[0]), layout(inputs[0]));
            let w = cx.params.get2(w);
            let scores = match inputs.get(1) {
                Some(query) => {
                    let q = dense(matrix(query), &w, None, Activation::None);
                    (gather(&q, texts.owners()) * h.clone()).sum_dim(1)
                }
                None => dense(h, &w, b.map(|b| cx.params.get1(b)).as_ref(), Activation::None),
            };
            Value::Vec(weighted_sum(h, &text_softmax(&scores, texts), texts))
        })
    }
}
