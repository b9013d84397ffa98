//! Draws from a distribution.

use super::common::picked;
use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, VKind};

/// Draws from a distribution.
pub(super) const KIND: Kind = Kind { functions: &[SAMPLE], layers: &[LAYER] };

const SAMPLE: Function = Function {
    name: "sample",
    args: &[],
    deep: false,
    runs: false,
    example: "sample",
    doc: "draws from the distribution",
    rule: Rule::Value(sample),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "sample", ..Layer::NONE };

/// `sample`: draws from the distribution instead of taking the best.
fn sample(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = picked(c, call, "a distribution", "send one: `gen.filled -> disc.x via sample`")?;
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Text && !v.classes {
        let d = Diagnostic::new("E0416", "`sample` draws from a distribution");
        let d = d.at(call.span, v.words());
        return Err(c.report(d.help("send `.probs`, `.filled` or `.text`")));
    }
    Ok(c.plain(call.cx, "sample", Settings::new(), &[&v], v.clone()))
}
