//! A class for each token; with `per = relation`, one for each layer.

#[cfg(feature = "train")]
mod model;

use super::prelude::*;
use super::{AnswerCx, Fit, GoldCx, Said, flag};
use crate::columns::Column;
use crate::records::Records;
use serde_json::json;
use std::collections::BTreeMap;

pub(super) const TAG: HeadKind = HeadKind {
    row: Row {
        args: &[
            Argument::runs(may("crf", Flag), "crf"),
            Argument::word("lstm"),
            Argument::later(may("capsule", Flag), "capsule"),
            Argument::later(may("mixture", Number(SIZE)), "mixture = 3"),
            Argument::later(may("em", Word(&["hard", "soft"])), "em = hard"),
            Argument::runs(may("per", Word(&["relation"])), "per = relation"),
            Argument::later(may("routing", Number(SIZE)), "routing = 2"),
        ],
        later: &["triple_f1"],
        losses: &["ce", "focal"],
        name: "tag",
        reads: Reads::Seq,
        golds: &["tags", "layers"],
        metrics: &[
            "accuracy",
            "span_f1",
            "span_precision",
            "span_recall",
            "sentence_accuracy",
            "macro_f1",
            "f1",
            "f",
            "triple_f1",
        ],
        runs: true,
        loss: "cross-entropy per token",
        doc: "one class per token",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        classes: |s| if s.contains_key("per_layer") { Classes::Layers } else { Classes::Gold },
        width: classes,
        space: "a class for each token",
        chooses: |t| Space::Tags(t.labels),
        params: tag_params,
        loss: |s| on(s, "crf").then_some("CRF likelihood per token"),
        own_loss: Some("ce"),
        option: tag_option,
        gold: tag_gold,
        measures: |_| Some(metrics::TAGS),
        sends: |s| !s.contains_key("per_layer"),
        judged: |s| !on(s, "crf") && !s.contains_key("per_layer"),
        ..RULE
    },
    gold,
    aligned,
    scored: |_, gold, said| (gold.width > 1).then(|| (sentences(gold), sentences(said))),
    say,
    columns: |s| if flag(s, "per_layer") { &[] } else { &[""] },
    odds: true,
    formula: |s| match flag(s, "crf") {
        true => "(log Σ_y' exp s(h, y') − s(h, y)) / n, s(h, y) = Σ_t (W h_t + b)[y_t] + A[y_t−1, y_t]",
        false => "−1/n Σ_t log softmax(W h_t + b)[y_t]",
    },
    fit,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..HEAD
};

/// An id for each token, or for each token and layer (those that training never showed come last).
fn gold(cx: &GoldCx<'_>, column: &Column) -> Option<Records> {
    let labels = cx.labels;
    match column {
        Column::Tags(v) => Some(Records::rows(
            1,
            v.iter().enumerate().map(|(i, tags)| {
                let n = (cx.lengths)(i).or(tags.as_ref().map(Vec::len)).unwrap_or(0);
                let tag = |t: usize| tags.as_ref().and_then(|tags| tags.get(t)).map_or(-1, |c| labels.id(c));
                (0..n).map(tag).collect::<Vec<_>>()
            }),
        )),
        Column::Layers(v) => {
            let names: Vec<&str> = cx.layers.all().collect();
            let nothing = labels.nothing();
            let rows = v.iter().enumerate().map(|(i, layers)| {
                let tag = |t: usize, name: &str| match layers {
                    None => -1,
                    // a layer that an annotated example does not name holds nothing on any token
                    Some(layers) => match layers.get(name) {
                        None => nothing,
                        Some(tags) => tags.get(t).map_or(-1, |c| labels.id(c)),
                    },
                };
                let n = (cx.lengths)(i).unwrap_or(0);
                (0..n).flat_map(|t| names.iter().map(move |name| tag(t, name))).collect::<Vec<_>>()
            });
            Some(Records::rows(names.len(), rows))
        }
        _ => None,
    }
}

/// Answers of a head that knows fewer layers than the gold has: nothing is found on the others.
fn aligned(cx: &AnswerCx<'_>, gold: &Records, said: Records) -> Records {
    if said.width == gold.width {
        return said;
    }
    let nothing = cx.labels.nothing().max(0);
    let mut wide = Records::new(gold.width);
    for e in 0..said.len() {
        let tokens = said.row(e).chunks_exact(said.width.max(1));
        let cells = tokens.flat_map(|t| (0..gold.width).map(|l| t.get(l).copied().unwrap_or(nothing)));
        wide.push(said.present(e), cells);
    }
    wide
}

/// Each layer of an example as a sentence of its own.
fn sentences(r: &Records) -> Records {
    let layer = |e: usize, l: usize| r.row(e).iter().skip(l).step_by(r.width).copied().collect::<Vec<_>>();
    let mut all = Records::new(1);
    for e in 0..r.len() {
        (0..r.width).for_each(|l| all.push(r.present(e), layer(e, l)));
    }
    all
}

fn say(cx: &AnswerCx<'_>, said: &Records, example: usize, probs: &[f32]) -> Said {
    let (row, k) = (said.row(example), cx.labels.len().max(1));
    let (width, wanted) = (said.width.max(1), cx.shown.any());
    // of a token and layer
    let of = |t: usize, l: usize| probs.get((t * width + l) * k..(t * width + l + 1) * k).unwrap_or_default();
    if !flag(cx.settings, "per_layer") {
        let tags: Vec<String> = row.iter().map(|c| cx.name(*c)).collect();
        let tokens = 0..if wanted { row.len() } else { 0 };
        let json = match wanted {
            true => json!({ "tags": tags, "probs": tokens.clone().map(|t| cx.table(of(t, 0))).collect::<Vec<_>>() }),
            false => json!(tags),
        };
        let odds = tokens.map(|t| cx.odds(of(t, 0), &row[t..=t])).collect();
        return Said { json, text: tags.join(" "), cells: vec![tags], odds, ..Said::default() };
    }
    let layer = |l: usize| row.iter().skip(l).step_by(width).map(|c| cx.name(*c)).collect::<Vec<_>>();
    // layers in which nothing is found are left out
    let nothing = cx.labels.nothing();
    let found = |l: &usize| row.iter().skip(*l).step_by(width).any(|c| *c != nothing);
    let found: Vec<(usize, &String)> = cx.layers.classes.iter().enumerate().filter(|(l, _)| found(l)).collect();
    let layers: BTreeMap<String, Vec<String>> = found.iter().map(|(l, name)| ((*name).clone(), layer(*l))).collect();
    let text = json!(layers).to_string();
    let table = |l: usize| (0..row.len() / width).map(|t| cx.table(of(t, l))).collect::<Vec<_>>();
    let json = match wanted {
        true => {
            let probs: BTreeMap<&str, Vec<_>> = found.iter().map(|(l, name)| (name.as_str(), table(*l))).collect();
            json!({ "layers": layers, "probs": probs })
        }
        false => json!(layers),
    };
    Said { json, text, layers: layers.into_iter().collect(), ..Said::default() }
}

fn fit(f: &mut Fit<'_>) {
    if f.task.labels.is_some() {
        f.task.settings.insert("bio", Setting::Bool(f.labels.is_bio()));
    }
    if f.task.layers.is_some() && f.task.labels.is_some() {
        // one softmax for each layer: R·K columns
        let (r, k) = (f.layers.len(), f.labels.len());
        f.task.settings.insert("layers", Setting::Int(r as i64));
        for p in f.task.params.iter().take(2) {
            if let Some(last) = f.params[*p].shape.last_mut() {
                *last = r * k;
            }
        }
        f.width = Some(r * k);
    }
}

fn tag_params(t: &Headed<'_>, h: &Val, k: Dim) -> Vec<SymParam> {
    // of several layers of tags there are R·K columns: that product is made with the plan
    let mut all = linear(t, h, k.clone());
    if on(t.settings, "crf") {
        let zero = InitRule::Fixed(Init::Zeros);
        all.push(param(t, "transitions", vec![k.clone(), k.clone()], zero.clone()));
        all.push(param(t, "start", vec![k.clone()], zero.clone()));
        all.push(param(t, "end", vec![k], zero));
    }
    all
}

fn tag_option(c: &mut dyn Resolve, a: &HeadArg<'_>, settings: &mut Settings) {
    match a.word {
        "crf" => switch(c, a, settings),
        "per" => {
            settings.insert("per_layer", Setting::Bool(true));
        }
        _ => {}
    }
}

fn tag_gold(head: &Expr, settings: &Settings, ty: &FieldType, field: Span) -> Option<Diagnostic> {
    let per = settings.contains_key("per_layer");
    if matches!(ty, FieldType::Layers { .. }) == per {
        return None;
    }
    let what = "several layers of tags need `tag(per = relation)`, one layer needs `tag`";
    let help = if per { "write `tag`" } else { "write `tag(per = relation)`" };
    let d = differ(head.span, what, "", field, "the target", help);
    let bare = matches!(&*head.value, ast::ExprKind::Name(_));
    Some(match (per, bare, settings.len()) {
        (false, true, _) => d.fix(head.span, "tag(per = relation)", true),
        (true, _, 1) => d.fix(head.span, "tag", true),
        _ => d,
    })
}
