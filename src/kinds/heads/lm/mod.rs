//! The next word of a text, or the one before; with both directions side by side, both (Rei 2017).

#[cfg(feature = "train")]
mod model;
#[cfg(all(test, feature = "train"))]
mod tests;

use super::prelude::*;
use super::{AnswerCx, GoldCx, Said};
use crate::columns::Column;
use crate::kinds::metrics::WORDS;
use crate::records::{Records, UNKNOWN};
use crate::types::Flow;
use serde_json::json;

pub(super) const LM: HeadKind = HeadKind {
    row: Row {
        args: &[Argument::runs(may("vocab", Number(SIZE)), "vocab = 10k")],
        name: "lm",
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        self_supervised: true,
        runs: true,
        loss: "cross-entropy per token",
        doc: "the next word",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::PastWords,
        answers: |_| Answers::Tokens,
        classes: |s| Classes::Words(s.get("vocab").and_then(Setting::as_usize).unwrap_or(0)),
        width: classes,
        space: "the next word for each token",
        chooses: |_| Space::Words,
        params,
        option: |c, a, settings| {
            if let Some(Item::Number(n)) = c.constant(&a.arg.value, a.env) {
                settings.insert(a.word.to_string(), Setting::Int(n as i64));
            }
        },
        settle: |h, settings| {
            settings.insert(DIRECTION, Setting::Text(direction(h.flow).into()));
        },
        measures: |_| Some(WORDS),
        sends: |_| false,
        ..RULE
    },
    gold,
    right: |_, _, _| None,
    say,
    columns: |s| if both(s) { &["next", "previous"] } else { &[""] },
    // scores are computed some rows at a time, and none is kept
    held: |_, _, _| (0, 0),
    formula: |s| match both(s) {
        true => "−1/2n Σ_t log softmax(W →h_t + b)[w_t+1] + log softmax(V ←h_t + c)[w_t−1]",
        false => "−1/n Σ_t log softmax(W h_t + b)[w_t+1]",
    },
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..HEAD
};

/// The setting that says where the word stands that is predicted.
const DIRECTION: &str = "direction";

/// Where the word stands that states predict: behind what they have seen.
fn direction(flow: Flow) -> &'static str {
    match flow {
        Flow::Bwd => "bwd",
        Flow::Sides => "sides",
        Flow::Local | Flow::Fwd | Flow::Full => "fwd",
    }
}

/// Whether both the next and the previous word are predicted.
fn both(settings: &Settings) -> bool {
    settings.get(DIRECTION).and_then(Setting::as_str) == Some(direction(Flow::Sides))
}

/// An output layer for each direction.
fn params(t: &Headed<'_>, h: &Val, k: Dim) -> Vec<SymParam> {
    if h.flow != Flow::Sides {
        return linear(t, h, k);
    }
    let half = Val { width: Dim::of(h.width.n / 2), ..h.clone() };
    let fan = InitRule::FanIn(half.width.clone());
    let mut all = linear(t, &half, k.clone());
    all.push(param(t, "back.weight", vec![half.width.clone(), k.clone()], fan.clone()));
    all.push(param(t, "back.bias", vec![k], fan));
    all
}

/// The id of each word of a text; rare words are one class.
fn gold(cx: &GoldCx<'_>, column: &Column) -> Option<Records> {
    let Column::Tokens(texts) = column else { return None };
    let unknown = cx.labels.id(UNKNOWN);
    let id = |w: &String| match cx.labels.id(w) {
        -1 => unknown,
        id => id,
    };
    let mut all = Records::new(1);
    for text in texts {
        // one empty token stands for a text of none
        let any = text.iter().any(|w| !w.is_empty());
        all.push(any, text.iter().map(|w| if any { id(w) } else { -1 }));
    }
    Some(all)
}

fn say(cx: &AnswerCx<'_>, said: &Records, example: usize, _: &[f32]) -> Said {
    let width = said.width.max(1);
    let column = |k: usize| said.row(example).iter().skip(k).step_by(width).map(|c| cx.name(*c)).collect::<Vec<_>>();
    let cells: Vec<Vec<String>> = (0..width).map(column).collect();
    let text = cells.first().map_or(String::new(), |c| c.join(" "));
    let json = match cells.as_slice() {
        [next, previous] => json!({ "next": next, "previous": previous }),
        _ => json!(cells.first()),
    };
    Said { json, text, cells, ..Said::default() }
}
