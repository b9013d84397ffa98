//! Counts of words.

use super::common::vocab_of;
use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::{Setting, Unit};
use crate::types::dim::{Dim, Size};
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, VKind, Val, settings};

/// Counts of words.
pub(super) const KIND: Kind = Kind { functions: &[BOW], layers: &[LAYER] };

const BOW: Function = Function {
    name: "bow",
    args: &[],
    deep: false,
    runs: false,
    example: "bow(x)",
    doc: "counts of words",
    rule: Rule::Value(bow),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer { name: "bow", ..Layer::NONE };

/// `bow(x)`: counts of the words of a text.
fn bow(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (vals, _) = c.features(call, &[])?;
    let (v, span) = match vals.as_slice() {
        [one] => one.clone(),
        [] => (c.implicit_text(call.span, call.cx)?, call.span),
        _ => return Err(c.number_of_values(call, "counts the words of one text")),
    };
    if v.is_opaque() {
        return Ok(v);
    }
    if v.kind != VKind::Text {
        let d = Diagnostic::new("E0419", "`bow` reads words, not vectors").at(span, v.words());
        return Err(c.report(d.help("name a text: `bow(x)`")));
    }
    let vocab = c.vocab(call, vocab_of(call.cx, "words", Unit::Word), &v.axis);
    let out = Val { kind: VKind::Vec, width: Dim::size(Size::vocab(vocab)), flow: Flow::Full, ..v.clone() };
    Ok(c.plain(call.cx, "bow", settings([("vocab", Setting::Int(vocab as i64))]), &[&v], out))
}
