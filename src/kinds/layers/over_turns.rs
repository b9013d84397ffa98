//! Recurrence over the turns of a dialogue.

use super::{Kind, Layer};
use crate::ast::ExprKind;
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::{Call, Cx, Elaborate, Flow, Function, Marks, Out, Outer, Rule, VKind, Val};
use crate::words::Takes::Own;
use crate::words::must;

/// Recurrence over the turns of a dialogue.
pub(super) const KIND: Kind = Kind { functions: &[OVER_TURNS], layers: &[LAYER] };

const OVER_TURNS: Function = Function {
    name: "over_turns",
    args: &[must("cell", Own)],
    deep: false,
    runs: false,
    example: "over_turns(gru(128))",
    doc: "recurrence over turns",
    rule: Rule::Value(over_turns),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "over_turns", ..Layer::NONE };

/// `over_turns(gru(128))`: recurrence over the turns of a dialogue.
fn over_turns(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = c.input(call.row, call.span, call.cx)?;
    let o = c.options(call.row, call.args, call.whole)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let cell = o.get("cell");
    let layer = cell.and_then(|e| match &*e.value {
        ExprKind::Call(f, args) => match &*f.value {
            ExprKind::Name(n) => Some((super::function(n)?, f.span, args.as_slice(), e.span)),
            _ => None,
        },
        _ => None,
    });
    let Some((row, span, args, whole)) = layer.filter(|l| l.0.is_layer()) else {
        let d = Diagnostic::new("E0237", "`over_turns` needs a recurrent layer");
        return Err(c.report(d.at(cell.map_or(call.whole, |e| e.span), "").help("write `over_turns(gru(128))`")));
    };
    if v.kind != VKind::Vec || v.outer.is_empty() {
        let d = Diagnostic::new("E0424", "`over_turns` runs over a list with one vector for each turn");
        let help = if v.outer.is_empty() {
            "declare the turns, `turns: list<tokens>`, and write `enc(turns) |> mean |> over_turns(gru(128))`"
        } else {
            "pool each turn first: `enc(turns) |> mean |> over_turns(gru(128))`"
        };
        return Err(c.report(d.at(call.span, v.words()).help(help)));
    }
    // the turns take the place of the tokens
    let mut turns = Val { kind: VKind::Seq, flow: Flow::Local, ..v.clone() };
    let list = turns.outer.pop();
    let inner = Cx { input: Some(turns), encoder: None, ..call.cx.clone() };
    let mut out = c.one_layer(&Call { row, span, args, whole, cx: &inner }, 0, 1)?;
    out.kind = VKind::Vec;
    out.halves = None;
    out.outer.extend(list.map(|l| Outer { turns: true, ..l }));
    out.depth = v.depth;
    out.tops.clone_from(&v.tops);
    Ok(c.plain(call.cx, "over_turns", Settings::new(), &[&out], out.clone()))
}
