//! Several data sets as one.

use super::Kind;
use crate::diagnostics::Diagnostic;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule};

/// Several data sets as one.
pub(super) const KIND: Kind = Kind { functions: &[UNION], layers: &[] };

pub(super) const UNION: Function = Function {
    name: "union",
    args: &[],
    deep: false,
    runs: true,
    example: "union(a, b)",
    doc: "several corpora as one",
    rule: Rule::Value(union),
    marks: Marks::NONE,
};

fn union(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let d = Diagnostic::new("E0408", "`union` joins data sets, not features").at(call.span, "");
    Err(c.report(d.help("write `of union(a, b).field`")))
}
