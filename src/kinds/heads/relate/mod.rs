//! Relations between the tokens of a text: for every ordered pair of tokens the relations that hold from the first to the second
//! (Miwa and Sasaki 2014; multi-head selection, Bekoulis et al. 2018).
//!
//! A token i and a token j are scored for each relation by V·tanh(U·h_i + W·h_j + b) (Bekoulis et al. 2018, equation 5), or with
//! `biaffine` by d_iᵀ·U_r·e_j + linear maps of both (Dozat and Manning 2017). Without an option a pair has one relation or none, a
//! softmax over the relations and 0 for none; with `sigmoid` each relation is decided by itself, and the most probable one counts;
//! with `multi` every relation that is more probable than not holds.

#[cfg(feature = "train")]
mod model;
#[cfg(test)]
#[cfg(feature = "train")]
mod tests;

use super::prelude::*;
use super::{AnswerCx, Fit, GoldCx, Said};
use crate::columns::Column;
use crate::kinds::metrics::PAIRS;
use crate::records::Records;
use crate::words::numbers::FACTOR;
use serde_json::json;
use std::collections::BTreeSet;

/// Width of the states that are compared, where none is given.
const WIDTH: usize = 64;

pub(super) const RELATE: HeadKind = HeadKind {
    row: Row {
        args: &[
            Argument::runs(may("biaffine", Flag), "biaffine"),
            Argument::runs(may("multi", Flag), "multi"),
            Argument::runs(may("sigmoid", Flag), "sigmoid"),
            Argument::runs(may("width", Number(SIZE)), "width = 64"),
            Argument::runs(may("negatives", Number(FACTOR)), "negatives = 20"),
        ],
        losses: &["ce"],
        bare: Bare::Several,
        name: "relate",
        reads: Reads::Seq,
        golds: &["pairs"],
        metrics: &["f1"],
        runs: true,
        loss: "cross-entropy of the relations of every pair, a sum for each token",
        doc: "a relation for every pair of tokens",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        classes: |_| Classes::Gold,
        width: |t| open(Letter::Relations, t),
        space: "a relation for each pair of tokens",
        params,
        measures: |_| Some(PAIRS),
        option: |c, a, settings| match c.constant(&a.arg.value, a.env) {
            Some(Item::Number(n)) if a.word == "width" => {
                settings.insert(a.word.to_string(), Setting::Int(n as i64));
            }
            Some(Item::Number(n)) => {
                settings.insert(a.word.to_string(), Setting::Real(n));
            }
            _ => switch(c, a, settings),
        },
        sends: |_| false,
        ..RULE
    },
    gold,
    right: |_, gold, said| {
        let set = |ids: &[i32]| ids.chunks_exact(3).map(<[i32]>::to_vec).collect::<BTreeSet<_>>();
        Some(set(gold) == set(said))
    },
    say,
    // of each pair the hidden state and its slope, scores, their logarithms and targets
    held: |_, width, classes| (3 * width, width + 4 * classes),
    draws: |settings| settings.contains_key("negatives"),
    formula: |settings| match (on(settings, "multi") || on(settings, "sigmoid"), on(settings, "biaffine")) {
        (true, true) => "−1/n Σ_i Σ_j Σ_r log σ(±(d_iᵀ U_r e_j + …))",
        (true, false) => "−1/n Σ_i Σ_j Σ_r log σ(±v_r·tanh(U h_i + W h_j + b))",
        (false, true) => "−1/n Σ_i Σ_j log softmax_r(0, d_iᵀ U_r e_j + …)",
        (false, false) => "−1/n Σ_i Σ_j log softmax_r(0, v_r·tanh(U h_i + W h_j + b))",
    },
    fit: |f: &mut Fit<'_>| f.width = Some(2 * width(&f.task.settings)),
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..HEAD
};

fn width(settings: &Settings) -> usize {
    settings.get("width").and_then(Setting::as_usize).unwrap_or(WIDTH)
}

/// In order: weight and bias of the layer of first tokens and of that of second tokens; then `out.weight` and `out.bias`, or with
/// `biaffine` U, the linear maps of both, and the bias.
fn params(t: &Headed<'_>, h: &Val, _: Dim) -> Vec<SymParam> {
    let l = width(t.settings);
    let (w, d, k) = (h.width.clone(), Dim::of(l), classes(t));
    let fan = |d: &Dim| InitRule::FanIn(d.clone());
    let mut all = vec![];
    for name in ["from", "to"] {
        all.push(param(t, &format!("{name}.weight"), vec![w.clone(), d.clone()], fan(&w)));
        all.push(param(t, &format!("{name}.bias"), vec![d.clone()], InitRule::Fixed(Init::Zeros)));
    }
    if on(t.settings, "biaffine") {
        all.push(param(t, "out.u", vec![d.clone(), k.times(l)], fan(&d)));
        all.push(param(t, "out.of_from", vec![d.clone(), k.clone()], fan(&d)));
        all.push(param(t, "out.of_to", vec![d.clone(), k.clone()], fan(&d)));
    } else {
        all.push(param(t, "out.weight", vec![d.clone(), k.clone()], fan(&d)));
    }
    all.push(param(t, "out.bias", vec![k], InitRule::Fixed(Init::Zeros)));
    all
}

/// (first token, second token, relation) for each pair, tokens from 0.
fn gold(cx: &GoldCx<'_>, column: &Column) -> Option<Records> {
    let Column::Pairs(texts) = column else { return None };
    let mut records = Records::new(3);
    for text in texts {
        let pairs = text.iter().flatten();
        records.push(text.is_some(), pairs.flat_map(|(i, j, r)| [*i as i32, *j as i32, cx.labels.id(r)]));
    }
    Some(records)
}

fn say(cx: &AnswerCx<'_>, said: &Records, example: usize, _: &[f32]) -> Said {
    let pairs: Vec<(i32, i32, String)> =
        said.row(example).chunks_exact(3).map(|p| (p[0], p[1], cx.name(p[2]))).collect();
    let text: Vec<String> = pairs.iter().map(|(i, j, r)| format!("{i}-{r}->{j}")).collect();
    Said::of(json!(pairs), text.join(" "))
}
