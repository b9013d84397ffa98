//! Attention within a text.

use super::{Function, Kind, Layer, Sees};
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::SIZE;

/// Attention within a text.
pub(super) const KIND: Kind = Kind { functions: &[SELF_ATTEND], layers: &[LAYER] };

const SELF_ATTEND: Function = Function {
    name: "self_attend",
    args: &[may("d", Number(SIZE)), may("heads", Number(SIZE))],
    deep: true,
    runs: true,
    example: "self_attend(128)",
    doc: "one self-attention layer",
};

const LAYER: Layer = Layer {
    name: "self_attend",
    sees: |_| Sees::All,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::common::model::{heads, linear};
    use crate::ops::attention::{Attention, attention};
    use crate::ops::layer::{Built, Spec, function, layout, like, matrix};
    use crate::ops::rows::Activation;

    /// Scaled dot-product attention without anything around it.
    pub fn build(s: &Spec) -> Built {
        let heads = heads(s)?;
        let [wq, bq, wk, bk, wv, bv] = s.params()?;
        function(move |inputs, cx| {
            let part = |w, b| linear(matrix(inputs[0]), w, b, Activation::None, None, cx);
            let how = Attention { heads, causal: false, dropout: None };
            let y = attention(&part(wq, bq), &part(wk, bk), &part(wv, bv), layout(inputs[0]), how);
            like(inputs[0], y)
        })
    }
}
