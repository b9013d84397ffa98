//! Attention over a graph.

use super::{Kind, Layer};
use crate::diagnostics::{Diagnostic, Reported};
use crate::plan::Setting;
use crate::source::Span;
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, VKind, Val, settings};
use crate::util::SmallList;
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::SIZE;

/// Attention over a graph.
pub(super) const KIND: Kind = Kind { functions: &[GRAPH_ATTEND], layers: &[LAYER] };

const GRAPH_ATTEND: Function = Function {
    name: "graph_attend",
    args: &[may("heads", Number(SIZE))],
    deep: true,
    runs: false,
    example: "graph_attend(g)",
    doc: "attention over a graph",
    rule: Rule::Value(graph_attend),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "graph_attend", weights_to_come: true, ..Layer::NONE };

/// `graph_attend(heads = 4)`, `graph_attend(graph)`: each member of a list, or each vector, attends its neighbours.
fn graph_attend(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (mut vals, rest) = c.features(call, &[])?;
    let o = c.options(call.row, &rest, call.whole)?;
    let graph = vals.iter().position(|(v, _)| v.kind == VKind::Graph).map(|i| vals.remove(i));
    let (Some((v, span)), true) = (vals.pop(), vals.is_empty()) else {
        return Err(c.number_of_values(call, "reads one value and, where there is one, its graph"));
    };
    if v.is_opaque() {
        return Ok(v);
    }
    c.vectors(&v, span)?;
    if let Some(graph) = &graph {
        on_graph(c, call, graph, &v, span)?;
    }
    let heads = c.opt_size(call, &o, "heads", 1)?;
    if let Some(w) = v.width.known() {
        c.divides(w, heads, o.get("heads").map_or(call.whole, |e| e.span))?;
    }
    let mut out = Val { flow: Flow::Full, halves: None, latent: None, classes: false, ..v.clone() };
    out.depth += 1;
    let set = settings([("heads", Setting::Int(heads as i64))]);
    let inputs: Vec<&Val> = std::iter::once(&v).chain(graph.as_ref().map(|g| &g.0)).collect();
    for g in &inputs[1..] {
        out.reads.join(&g.reads);
    }
    Ok(c.plain(call.cx, "graph_attend", set, &inputs, out))
}

/// E0410: the graph stands on the tokens or members of the value that reads it.
pub(super) fn on_graph(
    c: &mut dyn Elaborate,
    call: &Call<'_>,
    graph: &(Val, Span),
    v: &Val,
    span: Span,
) -> Result<(), Reported> {
    let [on] = graph.0.axis.as_slice() else { return Ok(()) };
    let on = c.axis_name(call.cx.corpus, &SmallList::one(*on));
    let tokens = c.axis_name(call.cx.corpus, &v.axis);
    if v.outer.iter().any(|o| *o.name == *on) || v.kind == VKind::Seq && tokens == on {
        return Ok(());
    }
    let d = Diagnostic::new("E0410", format!("the nodes of the graph are `{on}`, the features stand elsewhere"))
        .at(graph.1, format!("a graph on `{on}`"))
        .with(span, v.words());
    Err(c.report(d.help(format!("encode `{on}`: `enc({on})`"))))
}
