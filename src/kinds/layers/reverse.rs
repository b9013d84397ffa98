//! Gradient reversal.

use super::{Gradient, Kind, Layer};
use crate::plan::Setting;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, Val, settings};
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::FACTOR;

/// Gradient reversal.
pub(super) const KIND: Kind = Kind { functions: &[REVERSE], layers: &[LAYER] };

const REVERSE: Function = Function {
    name: "reverse",
    args: &[may("lambda", Number(FACTOR))],
    deep: false,
    runs: true,
    example: "reverse(0.05)",
    doc: "identity whose gradient is reversed",
    rule: Rule::Value(reverse),
    marks: Marks { keeps_width: true, ..Marks::NONE },
};

pub(super) const LAYER: Layer = Layer {
    name: "reverse",
    gradient: Gradient::Reversed,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn reverse(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, o) = c.one(call)?;
    let l = c.opt_number(call, &o, "lambda", 1.0)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = Val { reversed: true, ..v.clone() };
    Ok(c.plain(call.cx, "reverse", settings([("lambda", Setting::Real(l))]), &[&v], out))
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};

    /// Gradient reversal (Ganin and Lempitsky 2015): x forwards, −λ times the gradient backwards.
    pub fn build(s: &Spec) -> Built {
        let lambda = s.real("lambda")?;
        function(move |inputs, cx| {
            let x = matrix(inputs[0]);
            if !cx.params.device().is_autodiff() {
                return inputs[0].clone();
            }
            // x − (1 + λ)·(x − stop x): the bracket is exactly zero, so the value is exactly x
            let nothing = x.clone() - x.clone().detach();
            like(inputs[0], x.clone() - nothing.mul_scalar(1.0 + lambda))
        })
    }
}
