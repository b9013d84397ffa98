//! A dependency tree: a governor and a relation for each token, by deep biaffine attention (Dozat and Manning 2017).
//!
//! `s(i, j) = h_iᵀ·U·d_j + u·h_i` scores token i, or the root, as the governor of token j; relations are scored in the
//! same way for the pair that was chosen. Both are trained by cross-entropy. Decoding finds the maximum spanning tree with
//! one token under the root (Chu and Liu 1965, Edmonds 1967).

#[cfg(feature = "train")]
mod model;
#[cfg(feature = "train")]
mod mst;
#[cfg(test)]
#[cfg(feature = "train")]
mod tests;

use super::prelude::*;
use super::{AnswerCx, Fit, GoldCx, Said};
use crate::columns::Column;
use crate::kinds::metrics::{Kind, Scored, row};
use crate::records::Records;
use serde_json::json;

/// A governor (0: the root) and a relation for each token.
const TREES: Kind = Kind("trees");

/// Widths of the states that are compared for arcs and for relations, where none is given: those of the paper.
const ARC: usize = 500;
const LABEL: usize = 100;
/// Dropout of those states, where none is given: that of the paper.
const DROPOUT: f64 = 0.33;

pub(super) const PARSE: HeadKind = HeadKind {
    row: Row {
        name: "parse",
        args: &[
            Argument::runs(may("arc", Number(SIZE)), "arc = 500"),
            Argument::runs(may("label", Number(SIZE)), "label = 100"),
            Argument::runs(may("dropout", Number(RATE)), "dropout = 33%"),
        ],
        losses: &["ce"],
        reads: Reads::Seq,
        golds: &["heads"],
        metrics: &["las", "uas"],
        runs: true,
        loss: "cross-entropy of heads and relations",
        doc: "a dependency tree",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        classes: |_| Classes::Gold,
        width: |t| open(Letter::Tokens, t),
        space: "a governor for each token",
        params,
        measures: |_| Some(TREES),
        option: |c, a, settings| {
            if let Some(Item::Number(n)) = c.constant(&a.arg.value, a.env) {
                let value = if a.word == "dropout" { Setting::Real(n) } else { Setting::Int(n as i64) };
                settings.insert(a.word.to_string(), value);
            }
        },
        sends: |_| false,
        ..RULE
    },
    metrics: &[
        row("las", "share of tokens with the right governor and relation, without its subtype", &[TREES], |s, _| {
            share(s, |s, gold, said| gold[0] == said[0] && same_relation(s, gold[1], said[1]))
        }),
        row("uas", "share of tokens with the right governor", &[TREES], |s, _| {
            share(s, |_, gold, said| gold[0] == said[0])
        }),
    ],
    gold,
    say,
    // the states, their parts and queries; twice the states of each relation, once for the pair; scores of arcs
    held: |settings, width, classes| {
        let (arc, label) = sizes(settings);
        (3 * width + arc + 3 * classes * label, 1)
    },
    draws: |settings| dropout(settings) > 0.0,
    columns: |_| &["head", "deprel"],
    formula: |_| "−1/n Σ_j log softmax_i(h_iᵀ U d_j + u·h_i)[i_j] + log softmax(biaffine(h_i_j, d_j))[r_j]",
    fit: |f: &mut Fit<'_>| {
        // what leaves the features are the states that are compared
        let (arc, label) = sizes(&f.task.settings);
        f.width = Some(2 * (arc + label));
    },
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..HEAD
};

/// Widths of the states for arcs and for relations.
fn sizes(settings: &Settings) -> (usize, usize) {
    let of = |name: &str, default| settings.get(name).and_then(Setting::as_usize).unwrap_or(default);
    (of("arc", ARC), of("label", LABEL))
}

/// The rate at which the states that are compared are dropped while training.
fn dropout(settings: &Settings) -> f64 {
    settings.get("dropout").and_then(Setting::as_f64).unwrap_or(DROPOUT)
}

/// In order: of each of the four layers weight and bias, the root's features, U and u of arcs, U, the two linear maps and
/// the bias of relations.
fn params(t: &Headed<'_>, h: &Val, _: Dim) -> Vec<SymParam> {
    let (arc, label) = sizes(t.settings);
    let (w, a, l, r) = (h.width.clone(), Dim::of(arc), Dim::of(label), classes(t));
    let zero = || InitRule::Fixed(Init::Zeros);
    let fan = |d: &Dim| InitRule::FanIn(d.clone());
    let mut all = vec![];
    for (name, d) in [("arc.dep", &a), ("arc.head", &a), ("label.dep", &l), ("label.head", &l)] {
        all.push(param(t, &format!("{name}.weight"), vec![w.clone(), d.clone()], fan(&w)));
        all.push(param(t, &format!("{name}.bias"), vec![d.clone()], fan(&w)));
    }
    all.push(param(t, "root", vec![Dim::of(1), w.clone()], fan(&w)));
    all.push(param(t, "arc.u", vec![a.clone(), a.clone()], fan(&a)));
    all.push(param(t, "arc.bias", vec![a], zero()));
    all.push(param(t, "label.u", vec![l.clone(), r.times(label)], fan(&l)));
    all.push(param(t, "label.of_head", vec![l.clone(), r.clone()], fan(&l)));
    all.push(param(t, "label.of_dep", vec![l.clone(), r.clone()], fan(&l)));
    all.push(param(t, "label.bias", vec![r], zero()));
    all
}

/// (governor, relation) of each token; −1: none.
fn gold(cx: &GoldCx<'_>, column: &Column) -> Option<Records> {
    let Column::Heads(trees) = column else { return None };
    let rows = trees.iter().enumerate().map(|(i, tree)| {
        let n = (cx.lengths)(i).or(tree.as_ref().map(|t| t.0.len())).unwrap_or(0);
        let pair = |t: usize| match tree {
            Some((heads, relations)) => {
                [heads.get(t).map_or(-1, |h| *h as i32), relations.get(t).map_or(-1, |r| cx.labels.id(r))]
            }
            None => [-1, -1],
        };
        (0..n).flat_map(pair).collect::<Vec<_>>()
    });
    Some(Records::rows(2, rows))
}

fn say(cx: &AnswerCx<'_>, said: &Records, example: usize, _: &[f32]) -> Said {
    let pairs = || said.row(example).chunks_exact(2);
    let heads: Vec<i32> = pairs().map(|p| p[0]).collect();
    let relations: Vec<String> = pairs().map(|p| cx.name(p[1])).collect();
    let cells = vec![heads.iter().map(i32::to_string).collect(), relations.clone()];
    Said { json: json!({ "head": heads, "deprel": relations }), cells, ..Said::default() }
}

/// The share of tokens with a gold governor whose pair is right. As the script of the CoNLL 2018 shared task counts
/// (Zeman et al. 2018): every token, punctuation too. A token without a prediction is wrong.
fn share(s: &Scored, right: fn(&Scored, &[i32], &[i32]) -> bool) -> Option<f64> {
    let (mut n, mut hits) = (0usize, 0usize);
    for e in (0..s.gold.len()).filter(|e| s.gold.present(*e)) {
        let said = s.pred.row(e);
        for (t, gold) in s.gold.row(e).chunks_exact(2).enumerate().filter(|(_, g)| g[0] >= 0) {
            n += 1;
            hits += usize::from(said.get(2 * t..2 * t + 2).is_some_and(|said| right(s, gold, said)));
        }
    }
    (n > 0).then(|| hits as f64 / n as f64)
}

/// Whether two relations are the same up to their subtypes: `nmod:poss` is an `nmod`.
fn same_relation(s: &Scored, a: i32, b: i32) -> bool {
    let name = |id: i32| usize::try_from(id).ok().and_then(|id| s.labels.get(id)).map(|n| n.split(':').next());
    name(a).is_some() && name(a) == name(b)
}
