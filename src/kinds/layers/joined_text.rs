//! Texts beside the input that an arrow replaces.

use super::common::picked;
use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, VKind};

/// Texts beside the input that an arrow replaces.
pub(super) const KIND: Kind = Kind { functions: &[APPEND, PREFIX], layers: &[APPEND_LAYER, PREFIX_LAYER] };

const APPEND: Function = Function {
    name: "append",
    args: &[],
    deep: false,
    runs: false,
    example: "append",
    doc: "puts texts behind the input",
    rule: Rule::Value(joined_text),
    marks: Marks::NONE,
};

const PREFIX: Function = Function {
    name: "prefix",
    args: &[],
    deep: false,
    runs: false,
    example: "prefix",
    doc: "puts texts before the input",
    rule: Rule::Value(joined_text),
    marks: Marks::NONE,
};

const APPEND_LAYER: Layer = Layer { name: "append", ..Layer::NONE };

const PREFIX_LAYER: Layer = Layer { name: "prefix", ..Layer::NONE };

/// `append`, `prefix`: texts beside the input that an arrow replaces.
fn joined_text(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = picked(c, call, "a text", "send one: `find.top(5) -> speak.q via prefix`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Text {
        let d = Diagnostic::new("E0416", format!("`{}` joins texts", call.row.name));
        let d = d.at(call.span, v.words());
        return Err(c.report(d.help("send a text: `.text`, `.filled`, or `.top(k)` of a list of texts")));
    }
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&v], v.clone()))
}
