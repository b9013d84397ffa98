//! Candidates in the light of each other.

use super::common::picked;
use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, VKind, Val};

/// Candidates in the light of each other.
pub(super) const KIND: Kind = Kind { functions: &[CORRELATE], layers: &[LAYER] };

const CORRELATE: Function = Function {
    name: "correlate",
    args: &[],
    deep: false,
    runs: false,
    example: "correlate",
    doc: "correlation of candidates",
    rule: Rule::Value(correlate),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "correlate", weights_to_come: true, ..Layer::NONE };

/// `correlate`: each candidate in the light of the others.
fn correlate(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = picked(c, call, "candidates", "send them: `read.top(5) -> select via span_attend & correlate`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if !matches!(v.kind, VKind::Spans | VKind::Vec) || v.outer.is_empty() {
        let d = Diagnostic::new("E0424", "`correlate` compares the members of a list");
        return Err(c.report(d.at(call.span, v.words()).help("send several: `.top(5)`")));
    }
    let out = Val { kind: VKind::Vec, classes: false, ..v.clone() };
    Ok(c.plain(call.cx, "correlate", Settings::new(), &[&v], out))
}
