//! Linear layers.

use super::{Function, Kind, Layer};
use crate::words::Takes::{Number, Word};
use crate::words::numbers::SIZE;
use crate::words::{may, must};

/// Linear layers.
pub(super) const KIND: Kind = Kind { functions: &[DENSE], layers: &[LAYER] };

const DENSE: Function = Function {
    name: "dense",
    args: &[must("d", Number(SIZE)), may("activation", Word(&["relu", "tanh", "gelu", "sigmoid", "none"]))],
    deep: true,
    runs: true,
    example: "dense(64, tanh)",
    doc: "a linear layer with an activation",
};

const LAYER: Layer = Layer {
    name: "dense",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{self, Activation};

    /// f(x·w + b)
    pub fn build(s: &Spec) -> Built {
        let name = s.word("activation").unwrap_or("none");
        let f = Activation::parse(name).ok_or_else(|| format!("there is no activation `{name}`"))?;
        let (w, b) = match *s.0.params.as_slice() {
            [w] => (w, None),
            [w, b] => (w, Some(b)),
            _ => return Err("`dense` has one or two parameters".to_string()),
        };
        function(move |inputs, cx| {
            let b = b.map(|b| cx.params.get1(b));
            like(inputs[0], rows::dense(matrix(inputs[0]), &cx.params.get2(w), b.as_ref(), f))
        })
    }
}
