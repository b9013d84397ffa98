//! Normalised scores.

use super::{Kind, Layer};
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Gives, Marks, Out, Rule, Val};

/// Normalised scores.
pub(super) const KIND: Kind = Kind { functions: &[SOFTMAX], layers: &[LAYER] };

const SOFTMAX: Function = Function {
    name: "softmax",
    args: &[],
    deep: false,
    runs: false,
    example: "softmax(h)",
    doc: "normalises",
    rule: Rule::Value(softmax),
    marks: Marks { gives: Gives::Distribution, ..Marks::NONE },
};

const LAYER: Layer = Layer { name: "softmax", ..Layer::NONE };

fn softmax(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = Val { halves: None, latent: None, ..v.clone() };
    Ok(c.plain(call.cx, "softmax", Settings::new(), &[&v], out))
}
