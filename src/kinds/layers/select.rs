//! What was picked, and what was not.

use super::common::picked;
use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::dim::Dim;
use crate::types::{Call, Elaborate, Function, Join, Marks, Out, Rule, VKind, Val};

/// What was picked, and what was not.
pub(super) const KIND: Kind = Kind { functions: &[MASK, SELECT], layers: &[MASK_LAYER, SELECT_LAYER] };

const MASK: Function = Function {
    name: "mask",
    args: &[],
    deep: false,
    runs: false,
    example: "mask",
    doc: "hides what was not picked",
    rule: Rule::Value(select),
    marks: Marks { joins: Some(Join::Mask), ..Marks::NONE },
};

const SELECT: Function = Function {
    name: "select",
    args: &[],
    deep: false,
    runs: false,
    example: "select",
    doc: "keeps what was picked",
    rule: Rule::Value(select),
    marks: Marks::NONE,
};

pub(super) const MASK_LAYER: Layer = Layer { name: "mask", ..Layer::NONE };

const SELECT_LAYER: Layer = Layer { name: "select", ..Layer::NONE };

/// `select`, `mask`: for each token, or each member of a list, whether it was picked.
fn select(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = picked(c, call, "decisions of a task", "send them: `key.labels -> write via select`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    let several = v.kind == VKind::Seq || v.kind == VKind::Vec && !v.outer.is_empty();
    if !several || !v.classes {
        let d = Diagnostic::new("E0405", format!("`{}` needs a decision for each token", call.row.name));
        return Err(c.report(d.at(call.span, v.words()).help("send the labels of a `tag`, a `rank` or a `choose`")));
    }
    let out = Val { width: Dim::of(1), classes: false, halves: None, ..v.clone() };
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&v], out))
}
