//! Triples of a knowledge graph.

use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::source::Span;
use crate::types::{self, Call, Elaborate, Function, Marks, Out, Outer, Rule, VKind, Val};

/// Triples of a knowledge graph.
pub(super) const KIND: Kind = Kind { functions: &[TRIPLE], layers: &[LAYER] };

const TRIPLE: Function = Function {
    name: "triple",
    args: &[],
    deep: false,
    runs: false,
    example: "triple(h, r, t)",
    doc: "a knowledge-graph triple",
    rule: Rule::Value(triple),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "triple", ..Layer::NONE };

/// `triple(h, r, t)`: head, relation and tail of a knowledge graph; a relation that the data name gets a vector.
fn triple(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (vals, rest) = c.features(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    let Ok([h, r, t]) = <[(Val, Span); 3]>::try_from(vals) else {
        return Err(c.number_of_values(call, "joins head, relation and tail"));
    };
    if let Some(v) = Val::opaque_of(&[&h.0, &r.0, &t.0]) {
        return Ok(v);
    }
    let r = match r.0.kind {
        VKind::Label => {
            let out = Val { kind: VKind::Vec, width: h.0.width.clone(), ..r.0.clone() };
            (c.plain(call.cx, "embed_class", Settings::new(), &[&r.0], out), r.1)
        }
        _ => r,
    };
    for (v, s) in [&h, &r, &t] {
        c.vectors(v, *s)?;
        if v.kind == VKind::Seq {
            let d = Diagnostic::new("E0405", "`triple` joins single vectors");
            return Err(c.report(d.at(*s, v.words()).help("pool it: `enc(h) |> first`")));
        }
    }
    for other in [&r, &t] {
        c.same_width(&h, other)?;
    }
    let all = [&h.0, &r.0, &t.0];
    let mut out = Val::merged(&all, VKind::Vec, h.0.width.clone());
    out.outer.push(Outer::of(types::TRIPLE));
    Ok(c.plain(call.cx, "triple", Settings::new(), &all, out))
}
