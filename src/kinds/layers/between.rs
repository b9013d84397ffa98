//! Attention between two texts.

use super::{Kind, Layer};
use crate::diagnostics::{Diagnostic, Reported};
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, VKind, Val};

/// Attention between two texts.
pub(super) const KIND: Kind =
    Kind { functions: &[COATTEND, BIDAF, MATCH_LSTM], layers: &[COATTEND_LAYER, BIDAF_LAYER, MATCH_LSTM_LAYER] };

const COATTEND: Function = Function {
    name: "coattend",
    args: &[],
    deep: true,
    runs: false,
    example: "coattend(q, d)",
    doc: "co-attention",
    rule: Rule::Value(coattend),
    marks: Marks::NONE,
};

const BIDAF: Function = Function {
    name: "bidaf",
    args: &[],
    deep: true,
    runs: false,
    example: "bidaf(q, d)",
    doc: "bidirectional attention flow",
    rule: Rule::Value(bidaf),
    marks: Marks::NONE,
};

const MATCH_LSTM: Function = Function {
    name: "match_lstm",
    args: &[],
    deep: true,
    runs: false,
    example: "match_lstm(q, d)",
    doc: "match-LSTM",
    rule: Rule::Value(match_lstm),
    marks: Marks::NONE,
};

const COATTEND_LAYER: Layer = Layer { name: "coattend", weights_to_come: true, ..Layer::NONE };

const BIDAF_LAYER: Layer = Layer { name: "bidaf", weights_to_come: true, ..Layer::NONE };

const MATCH_LSTM_LAYER: Layer = Layer { name: "match_lstm", weights_to_come: true, ..Layer::NONE };

/// `coattend(q, d)` (Xiong et al. 2017): for each token of d the question and the co-attended context.
fn coattend(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    attention_between(c, call, 2)
}

/// `bidaf(q, d)` (Seo et al. 2017): [h; u; h ∘ u; h ∘ q] for each token of d.
fn bidaf(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    attention_between(c, call, 4)
}

/// `match_lstm(q, d)` (Wang and Jiang 2017): states over d that have read q.
fn match_lstm(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    attention_between(c, call, 1)
}

/// The second text read in the light of the first: a state for each of its tokens, `factor` times as wide.
fn attention_between(c: &mut dyn Elaborate, call: &Call<'_>, factor: usize) -> Out {
    let ((q, q_span), (d, d_span), rest) = c.two(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    if let Some(v) = Val::opaque_of(&[&q, &d]) {
        return Ok(v);
    }
    for (v, s) in [(&q, q_span), (&d, d_span)] {
        c.vectors(v, s)?;
        if v.kind == VKind::Vec {
            let e = Diagnostic::new("E0405", format!("`{}` joins two sequences", call.row.name));
            return Err(c.report(e.at(s, v.words()).help("remove the pooling: `enc(q)`, `enc(d)`")));
        }
    }
    let mut both = c.beside(&[(q, q_span), (d, d_span)], call.cx)?.into_iter();
    let (Some(q), Some(d)) = (both.next(), both.next()) else { return Err(Reported) };
    c.same_width(&q, &d)?;
    let (q, d) = (q.0, d.0);
    let mut out = Val::merged(&[&q, &d], VKind::Seq, d.width.times(factor));
    out.axis.clone_from(&d.axis);
    out.flow = Flow::Full;
    out.depth += 1;
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&q, &d], out))
}
