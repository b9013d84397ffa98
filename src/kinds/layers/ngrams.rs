//! Hashed letter n-grams.

use super::common::words_of;
use super::{Kind, Layer};
use crate::plan::Setting;
use crate::types::dim::Dim;
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, VKind, Val, settings};
use crate::words::Takes::Number;
use crate::words::numbers::SIZE;
use crate::words::{may, must};

/// Hashed letter n-grams.
pub(super) const KIND: Kind = Kind { functions: &[NGRAMS], layers: &[LAYER] };

const NGRAMS: Function = Function {
    name: "ngrams",
    args: &[must("n", Number(SIZE)), may("hash", Number(SIZE))],
    deep: false,
    runs: false,
    example: "ngrams(3, hash = 50k)",
    doc: "hashed letter n-grams",
    rule: Rule::Value(ngrams),
    marks: Marks { reads_words: true, ..Marks::NONE },
};

const LAYER: Layer = Layer { name: "ngrams", ..Layer::NONE };

/// `ngrams(3, hash = 50k)`: hashed letter n-grams, counted over the text.
fn ngrams(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let v = words_of(c, call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let n = c.opt_size(call, &o, "n", 3)?;
    let hash = c.opt_size(call, &o, "hash", 50_000)?;
    let out = Val { kind: VKind::Vec, width: Dim::of(hash), flow: Flow::Full, ..v.clone() };
    let set = settings([("n", Setting::Int(n as i64)), ("width", Setting::Int(hash as i64))]);
    Ok(c.plain(call.cx, "ngrams", set, &[&v], out))
}
