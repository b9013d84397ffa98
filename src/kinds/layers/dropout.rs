//! Dropout.

use super::{Draws, Function, Kind, Layer};
use crate::words::Takes::Number;
use crate::words::must;
use crate::words::numbers::RATE;

/// Dropout.
pub(super) const KIND: Kind = Kind { functions: &[DROPOUT], layers: &[LAYER] };

const DROPOUT: Function = Function {
    name: "dropout",
    args: &[must("p", Number(RATE))],
    deep: false,
    runs: true,
    example: "dropout(30%)",
    doc: "dropout, at training only",
};

const LAYER: Layer = Layer {
    name: "dropout",
    draws: Draws::Rate("p"),
    in_parts: true,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::dropout_parts;

    /// Inverted dropout, while training.
    pub fn build(s: &Spec) -> Built {
        let p = s.real("p")?;
        function(move |inputs, cx| {
            let x = matrix(inputs[0]);
            like(inputs[0], if cx.training { dropout_parts(x, p, cx.keys(0, x.dims()[0])) } else { x.clone() })
        })
    }
}
