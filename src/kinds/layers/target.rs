//! What a task may learn or a loss compare, and no features.

use super::Kind;
use crate::diagnostics::Diagnostic;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule};

/// What a task may learn or a loss compare, and no features.
pub(super) const KIND: Kind = Kind { functions: &[NEXT_SENTENCE, ROUGE, UNIFORM], layers: &[] };

const NEXT_SENTENCE: Function = Function {
    name: "next_sentence",
    args: &[],
    deep: false,
    runs: false,
    example: "next_sentence(a, b)",
    doc: "true and random successors",
    rule: Rule::Value(target),
    marks: Marks { gold: Some(("is_next", "label")), ..Marks::NONE },
};

const ROUGE: Function = Function {
    name: "rouge",
    args: &[],
    deep: false,
    runs: false,
    example: "rouge(a, b)",
    doc: "ROUGE between texts",
    rule: Rule::Value(target),
    marks: Marks { gold: Some(("", "real")), ..Marks::NONE },
};

const UNIFORM: Function = Function {
    name: "uniform",
    args: &[],
    deep: false,
    runs: false,
    example: "uniform(y)",
    doc: "a uniform distribution over gold",
    rule: Rule::Value(target),
    marks: Marks { gold: Some(("", "real")), ..Marks::NONE },
};

/// What a task may learn (`of rouge(a, b)`) or a loss compare, and no features.
fn target(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    c.features(call, &[])?;
    let d = Diagnostic::new("E0408", format!("`{}` makes gold, not features", call.row.name)).at(call.span, "");
    Err(c.report(d.help(format!("let a task learn it, `of {}`, or name it in a `loss`", call.row.example))))
}
