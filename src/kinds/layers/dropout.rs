//! Dropout.

use super::{Draws, Kind, Layer};
use crate::plan::{Phase, Setting};
use crate::types::{Call, Cx, Elaborate, Function, Marks, Out, Rule, Val, settings};
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
    rule: Rule::Value(dropout),
    marks: Marks { keeps_width: true, ..Marks::NONE },
};

const LAYER: Layer = Layer {
    name: "dropout",
    draws: Draws::Rate("p"),
    in_parts: true,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn dropout(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, o) = c.one(call)?;
    let p = c.opt_number(call, &o, "p", 0.0)?;
    Ok(apply(c, v, p, call.cx))
}

/// Dropout while training; nothing of what is not known, and at test.
pub(crate) fn apply(c: &mut dyn Elaborate, v: Val, p: f64, cx: &Cx) -> Val {
    if p <= 0.0 || v.is_opaque() || cx.phase == Phase::Test {
        return v;
    }
    let out = v.clone();
    c.plain(cx, "dropout", settings([("p", Setting::Real(p))]), &[&v], out)
}

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
