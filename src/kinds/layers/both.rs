//! Two views of one example.

use super::common::vectors;
use super::{Kind, Layer};
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Outer, Rule, VIEWS, VKind, Val};

/// Two views of one example.
pub(super) const KIND: Kind = Kind { functions: &[BOTH], layers: &[LAYER] };

const BOTH: Function = Function {
    name: "both",
    args: &[],
    deep: false,
    runs: false,
    example: "both(u, v)",
    doc: "two views",
    rule: Rule::Value(both),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "both", ..Layer::NONE };

/// `both(u, v)`: two views of one example.
fn both(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (pair, rest) = vectors(c, call)?;
    c.options(call.row, &rest, call.whole)?;
    let Some((a, b)) = pair else { return Ok(c.opaque(call.cx)) };
    c.same_width(&a, &b)?;
    let mut out = Val::merged(&[&a.0, &b.0], VKind::Vec, a.0.width.clone());
    out.outer.push(Outer::of(VIEWS));
    Ok(c.plain(call.cx, "both", Settings::new(), &[&a.0, &b.0], out))
}
