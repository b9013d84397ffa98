//! Vectors of spans that a task has picked.

use super::common::picked;
use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, VKind, Val};

/// Vectors of spans that a task has picked.
pub(super) const KIND: Kind = Kind { functions: &[SPAN_ATTEND], layers: &[LAYER] };

const SPAN_ATTEND: Function = Function {
    name: "span_attend",
    args: &[],
    deep: false,
    runs: false,
    example: "span_attend",
    doc: "representations of spans",
    rule: Rule::Value(span_attend),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "span_attend", weights_to_come: true, ..Layer::NONE };

/// `span_attend`: a vector for each span that a task has picked.
fn span_attend(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = picked(c, call, "spans that a task has picked", "send them: `read.top(5) -> rerank via span_attend`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Spans || !v.classes {
        let d = Diagnostic::new("E0416", "`span_attend` reads spans that a task has picked");
        let help = match v.kind {
            VKind::Spans => "for spans of the data write `h |> at(span)`",
            _ => "send them from a `span` head: `read.top(5) -> rerank via span_attend`",
        };
        return Err(c.report(d.at(call.span, v.words()).help(help)));
    }
    let out = Val { kind: VKind::Vec, classes: false, ..v.clone() };
    Ok(c.plain(call.cx, "span_attend", Settings::new(), &[&v], out))
}
