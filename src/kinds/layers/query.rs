//! Queries of a pointer.

use super::common::picked;
use super::{Kind, Layer};
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Join, Marks, Out, Rule};

/// Queries of a pointer.
pub(super) const KIND: Kind = Kind { functions: &[QUERY], layers: &[LAYER] };

const QUERY: Function = Function {
    name: "query",
    args: &[],
    deep: false,
    runs: false,
    example: "query",
    doc: "queries of a pointer",
    rule: Rule::Value(query),
    marks: Marks { joins: Some(Join::Query), ..Marks::NONE },
};

pub(super) const LAYER: Layer = Layer { name: "query", ..Layer::NONE };

/// `query`: one query of a pointer for each token.
fn query(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = picked(c, call, "states", "send them: `write.states -> mention via query`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    c.vectors(&v, call.span)?;
    c.need_seq(&v, call, call.span)?;
    Ok(c.plain(call.cx, "query", Settings::new(), &[&v], v.clone()))
}
