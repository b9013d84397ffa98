//! What a text and a selection of it agree on.

use super::common::picked;
use super::{Kind, Layer};
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, Val};

/// What a text and a selection of it agree on.
pub(super) const KIND: Kind = Kind { functions: &[CO_SELECT], layers: &[LAYER] };

const CO_SELECT: Function = Function {
    name: "co_select",
    args: &[],
    deep: false,
    runs: false,
    example: "co_select",
    doc: "co-selective encoding",
    rule: Rule::Value(co_select),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "co_select", weights_to_come: true, ..Layer::NONE };

/// `co_select`: the tokens that one text and a selection of them agree on.
fn co_select(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = picked(c, call, "what a task has selected", "send it: `key.labels -> write via select |> co_select`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    c.vectors(&v, call.span)?;
    c.need_seq(&v, call, call.span)?;
    let out = Val { classes: false, flow: Flow::Full, halves: None, ..v.clone() };
    Ok(c.plain(call.cx, "co_select", Settings::new(), &[&v], out))
}
