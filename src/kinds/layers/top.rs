//! The best members of a list.

use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Setting;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, settings};
use crate::words::Takes::Number;
use crate::words::must;
use crate::words::numbers::SIZE;

/// The best members of a list.
pub(super) const KIND: Kind = Kind { functions: &[TOP], layers: &[LAYER] };

const TOP: Function = Function {
    name: "top",
    args: &[must("k", Number(SIZE))],
    deep: false,
    runs: false,
    example: "top(5)",
    doc: "the best k",
    rule: Rule::Value(top),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "top", ..Layer::NONE };

/// `top(5)`: the best members of a list.
fn top(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (vals, rest) = c.features(call, &[])?;
    let o = c.options(call.row, &rest, call.whole)?;
    let [(v, span)] = vals.as_slice() else { return Err(c.number_of_values(call, "picks from one list")) };
    let k = c.opt_size(call, &o, "k", 1)?;
    if v.is_opaque() {
        return Ok(v.clone());
    }
    if v.outer.is_empty() {
        let d = Diagnostic::new("E0424", "`top` picks members of a list").at(*span, v.words());
        return Err(c.report(d.help("put a retrieval before it: `bm25(q, docs) |> top(5)`")));
    }
    Ok(c.plain(call.cx, "top", settings([("k", Setting::Int(k as i64))]), &[v], v.clone()))
}
