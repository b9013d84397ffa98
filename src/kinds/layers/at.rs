//! States at spans that the data give.

use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, VKind, Val};

/// States at spans that the data give.
pub(super) const KIND: Kind = Kind { functions: &[AT], layers: &[LAYER] };

const AT: Function = Function {
    name: "at",
    args: &[],
    deep: false,
    runs: false,
    example: "at(pair)",
    doc: "states at spans",
    rule: Rule::Value(at),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "at", ..Layer::NONE };

/// `h |> at(pair)`: the states at the ends of spans that the data give.
fn at(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (vals, _) = c.features(call, &[])?;
    let [(h, h_span), (s, s_span)] = vals.as_slice() else {
        return Err(c.number_of_values(call, "reads states, and the spans at which to take them"));
    };
    if let Some(v) = Val::opaque_of(&[h, s]) {
        return Ok(v);
    }
    c.vectors(h, *h_span)?;
    c.need_seq(h, call, *h_span)?;
    if s.kind != VKind::Spans {
        let d = Diagnostic::new("E0416", "`at` takes states at spans").at(*s_span, s.words());
        return Err(c.report(d.help("name a field of type `span`, `spans` or `spanpair`")));
    }
    if h.axis != s.axis {
        let (x, y) = (c.axis_name(call.cx.corpus, &h.axis), c.axis_name(call.cx.corpus, &s.axis));
        let d = Diagnostic::new("E0410", format!("`{x}` and `{y}` are different texts, token by token"))
            .at(*s_span, format!("spans of `{y}`"))
            .with(*h_span, format!("runs over `{x}`"));
        return Err(c.report(d.help(format!("encode the other text: `enc({y})`"))));
    }
    let mut out = Val::merged(&[h, s], VKind::Vec, h.width.times(s.width.n.max(1)));
    out.outer = h.outer.iter().chain(&s.outer).cloned().collect();
    Ok(c.plain(call.cx, "at", Settings::new(), &[h, s], out))
}
