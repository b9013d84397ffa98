//! A store of vectors.

use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Outer, Rule, VKind};
use crate::util::SmallSet;

/// A store of vectors.
pub(super) const KIND: Kind = Kind { functions: &[DENSE_INDEX], layers: &[LAYER] };

const DENSE_INDEX: Function = Function {
    name: "dense_index",
    args: &[],
    deep: false,
    runs: false,
    example: "dense_index(f(corpus))",
    doc: "a store of vectors",
    rule: Rule::Value(dense_index),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "dense_index", ..Layer::NONE };

/// `dense_index(enc(wiki.p))`: a store of one vector for each text.
fn dense_index(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (vals, rest) = c.features(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    let [(v, span)] = vals.as_slice() else { return Err(c.number_of_values(call, "stores one vector for each text")) };
    if v.is_opaque() {
        return Ok(v.clone());
    }
    c.vectors(v, *span)?;
    if v.kind == VKind::Seq {
        let d = Diagnostic::new("E0405", "a store holds one vector for each text");
        return Err(c.report(d.at(*span, v.words()).help("pool it: `|> first`, `|> mean`")));
    }
    let mut out = v.clone();
    if out.outer.is_empty() {
        out.outer.push(Outer::of(format!("other {}", c.axis_name(call.cx.corpus, &v.axis))));
        out.reads = SmallSet::none();
    }
    Ok(c.plain(call.cx, "dense_index", Settings::new(), &[v], out))
}
