//! Relational graph convolution.

use super::graph_attend::on_graph;
use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Setting;
use crate::types::dim::Dim;
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, VKind, Val, settings};
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::{LAYERS, SIZE};

/// Relational graph convolution.
pub(super) const KIND: Kind = Kind { functions: &[RGCN], layers: &[LAYER] };

const RGCN: Function = Function {
    name: "rgcn",
    args: &[may("layers", Number(LAYERS)), may("d", Number(SIZE))],
    deep: true,
    runs: false,
    example: "rgcn(g, 2)",
    doc: "relational graph convolution",
    rule: Rule::Value(rgcn),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "rgcn", weights_to_come: true, ..Layer::NONE };

/// `rgcn(graph, layers = 2, d = 128)`: a vector for each node of a graph. `enc |> rgcn(graph, 2)` begins with the
/// states of the tokens that are its nodes.
fn rgcn(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
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
