//! Graphs and dialogues: what runs over nodes or turns.

use super::*;
use crate::kinds::layers::function;

/// `graph_attend(heads = 4)`, `graph_attend(graph)`: each member of a list, or each vector, attends its neighbours.
pub(super) fn graph_attend(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
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
fn on_graph(c: &mut Checker<'_>, call: &Call<'_>, graph: &(Val, Span), v: &Val, span: Span) -> Result<(), Poison> {
    let [on] = graph.0.axis.as_slice() else { return Ok(()) };
    let on = c.axis_name(call.cx.corpus, &SmallList::one(*on));
    let tokens = c.axis_name(call.cx.corpus, &v.axis);
    if v.outer.iter().any(|o| *o.name == *on) || v.kind == VKind::Seq && tokens == on {
        return Ok(());
    }
    let d = Diagnostic::new("E0410", format!("the nodes of the graph are `{on}`, the features stand elsewhere"))
        .at(graph.1, format!("a graph on `{on}`"))
        .with(span, Checker::shape_words(v));
    Err(c.report(d.help(format!("encode `{on}`: `enc({on})`"))))
}

/// `rgcn(graph, layers = 2, d = 128)`: a vector for each node of a graph. `enc |> rgcn(graph, 2)` begins with the
/// states of the tokens that are its nodes.
pub(super) fn rgcn(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let (mut vals, rest) = c.features(call, &[])?;
    let o = c.options(call.row, &rest, call.whole)?;
    let graph = vals.iter().position(|(v, _)| v.kind == VKind::Graph).map(|i| vals.remove(i));
    if let Some((v, _)) = vals.iter().find(|(v, _)| v.is_opaque()) {
        return Ok(v.clone());
    }
    let (Some(graph), true) = (graph, vals.len() < 2) else {
        let span = vals.first().map_or(call.whole, |v| v.1);
        let d = Diagnostic::new("E0416", "`rgcn` reads one graph").at(span, "");
        return Err(c.report(d.help("declare one in the data set, `kg: graph`, and write `rgcn(kg, layers = 2)`")));
    };
    let layers = c.opt_size(call, &o, "layers", 1)?;
    let mut out = match vals.first() {
        None => Val { axis: graph.0.reads.iter().copied().collect(), width: Dim::of(128), ..graph.0.clone() },
        Some((v, span)) => {
            c.vectors(v, *span)?;
            on_graph(c, call, &graph, v, *span)?;
            let mut out = v.clone();
            out.reads.join(&graph.0.reads);
            out
        }
    };
    if o.contains_key("d") {
        out.width = Dim::of(c.opt_size(call, &o, "d", 128)?);
    }
    (out.flow, out.halves, out.classes) = (Flow::Full, None, false);
    if vals.is_empty() {
        out.kind = VKind::Seq;
    }
    out.depth += 1;
    let inputs: Vec<&Val> = vals.iter().map(|v| &v.0).chain([&graph.0]).collect();
    Ok(c.plain(call.cx, "rgcn", settings([("layers", Setting::Int(layers as i64))]), &inputs, out))
}

/// `over_turns(gru(128))`: recurrence over the turns of a dialogue.
pub(super) fn over_turns(c: &mut Checker<'_>, call: &Call<'_>) -> Out {
    let v = c.input(call.row, call.span, call.cx)?;
    let o = c.options(call.row, call.args, call.whole)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let cell = o.get("cell");
    let layer = cell.and_then(|e| match &*e.value {
        ExprKind::Call(f, args) => match &*f.value {
            ExprKind::Name(n) => Some((function(n)?, f.span, args.as_slice(), e.span)),
            _ => None,
        },
        _ => None,
    });
    let Some((row, span, args, whole)) = layer.filter(|l| matches!(rules::rule(l.0.name), Some(Rule::Layer(_)))) else {
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
        return Err(c.report(d.at(call.span, Checker::shape_words(&v)).help(help)));
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
