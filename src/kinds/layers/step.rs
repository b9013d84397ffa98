//! States of the decoding loop.

use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Setting;
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, VKind, Val, settings};
use crate::util::SmallSet;

/// States of the decoding loop.
pub(super) const KIND: Kind = Kind { functions: &[STEP], layers: &[LAYER] };

const STEP: Function = Function {
    name: "step",
    args: &[],
    deep: false,
    runs: false,
    example: "step(y)",
    doc: "states of the decoding loop",
    rule: Rule::Value(step),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "step", ..Layer::NONE };

/// `step(y)`: the states of the decoder that writes `y`, one for each word, each having seen those before it.
fn step(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (vals, _) = c.features(&Call { cx: &call.cx.fed(None), ..*call }, &[])?;
    let [(v, span)] = vals.as_slice() else { return Err(c.number_of_values(call, "names one text")) };
    if v.is_opaque() {
        return Ok(v.clone());
    }
    let field = v.axis.first().copied();
    let corpus = call.cx.corpus;
    let writer = field.and_then(|f| c.writer(corpus, f));
    let (Some((writer, width)), VKind::Text) = (writer, v.kind) else {
        let (name, data) = (c.axis_name(corpus, &v.axis), c.corpus_name(corpus).to_string());
        let d = Diagnostic::new("E0408", format!("no task writes `{name}`, so it has no steps")).at(*span, "");
        return Err(c.report(d.help(format!(
            "declare the task that writes it: `task write : generate(gru(256)) of {data}.{name} from enc`"
        ))));
    };
    let out = Val { kind: VKind::Seq, width, flow: Flow::Fwd, reads: SmallSet::none(), ..v.clone() };
    Ok(c.plain(call.cx, "step", settings([("task", Setting::Int(writer as i64))]), &[v], out))
}
