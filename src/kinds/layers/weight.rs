//! Weights of the members of a list.

use super::common::picked;
use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Join, Marks, Out, Rule, VKind};

/// Weights of the members of a list.
pub(super) const KIND: Kind = Kind { functions: &[WEIGHT], layers: &[LAYER] };

const WEIGHT: Function = Function {
    name: "weight",
    args: &[],
    deep: false,
    runs: false,
    example: "weight",
    doc: "weights the members of a list",
    rule: Rule::Value(weight),
    marks: Marks { joins: Some(Join::Weight), ..Marks::NONE },
};

const LAYER: Layer = Layer { name: "weight", ..Layer::NONE };

/// `weight`: one weight for each member of a list.
fn weight(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = picked(c, call, "scores of a list", "send them: `pick.probs -> read via weight`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Vec || v.outer.is_empty() || !v.classes {
        let d = Diagnostic::new("E0424", "`weight` needs a score for each member of a list");
        let d = d.at(call.span, v.words());
        return Err(c.report(d.help("send `.probs` of a `rank` or `choose`")));
    }
    Ok(c.plain(call.cx, "weight", Settings::new(), &[&v], v.clone()))
}
