//! Untrained retrieval.

use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Outer, Rule, VKind, Val};

/// Untrained retrieval.
pub(super) const KIND: Kind = Kind { functions: &[TFIDF, BM25], layers: &[TFIDF_LAYER, BM25_LAYER] };

const TFIDF: Function = Function {
    name: "tfidf",
    args: &[],
    deep: false,
    runs: false,
    example: "tfidf(q, docs)",
    doc: "untrained retrieval",
    rule: Rule::Value(retrieve),
    marks: Marks::NONE,
};

const BM25: Function = Function {
    name: "bm25",
    args: &[],
    deep: false,
    runs: false,
    example: "bm25(q, docs)",
    doc: "untrained retrieval",
    rule: Rule::Value(retrieve),
    marks: Marks::NONE,
};

const TFIDF_LAYER: Layer = Layer { name: "tfidf", ..Layer::NONE };

const BM25_LAYER: Layer = Layer { name: "bm25", ..Layer::NONE };

/// `tfidf(q, docs)`, `bm25(q, docs)`: the texts of `docs` that share words with `q`, the best first. Where `docs` is no
/// list, those of other examples.
fn retrieve(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let ((q, q_span), (d, d_span), rest) = c.two(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    if let Some(v) = Val::opaque_of(&[&q, &d]) {
        return Ok(v);
    }
    for (v, s) in [(&q, q_span), (&d, d_span)] {
        if v.kind != VKind::Text {
            let e = Diagnostic::new("E0416", format!("`{}` compares words", call.row.name));
            return Err(c.report(e.at(s, v.words()).help("name texts: `bm25(q, docs)`")));
        }
    }
    let mut out = Val { reads: q.reads.clone(), ..d.clone() };
    if d.outer.is_empty() {
        // the member's own text is not among them: nothing of this example is read
        out.outer.push(Outer::of(format!("other {}", c.axis_name(call.cx.corpus, &d.axis))));
    } else {
        out.reads.join(&d.reads);
    }
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&q, &d], out))
}
