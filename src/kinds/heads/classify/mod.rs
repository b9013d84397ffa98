//! A class, or a set of classes, for each example.

#[cfg(feature = "train")]
mod model;

use super::prelude::*;
use super::{AnswerCx, GoldCx, Said, flag, same};
use crate::columns::Column;
use crate::records::Records;
use serde_json::json;

pub(super) const CLASSIFY: HeadKind = HeadKind {
    row: Row {
        args: &[
            Argument::runs(may("multi", Flag), "multi"),
            Argument::later(may("san", Flag), "san"),
            Argument::later(may("capsule", Flag), "capsule"),
            Argument::runs(may("threshold", Number(PART)), "threshold = 0.5"),
            Argument::later(may("steps", Number(SIZE)), "steps = 5"),
            Argument::later(may("routing", Number(SIZE)), "routing = 2"),
        ],
        losses: &["ce", "margin", "focal"],
        name: "classify",
        reads: Reads::Vec,
        golds: &["label", "labels"],
        metrics: &[
            "accuracy",
            "f1",
            "macro_f1",
            "micro_f1",
            "matthews",
            "f",
            "jaccard",
            "exact_match",
            "hamming",
            "map",
            "mrr",
            "precision_at",
        ],
        runs: true,
        doc: "one class, or a set of classes, per example",
        ..ROW
    },
    rule: Rule {
        // a stochastic answer network attends to the tokens itself
        takes: |s| if on(s, "san") { Takes::Any } else { Takes::Example },
        classes: |_| Classes::Gold,
        width: classes,
        space: "a class",
        chooses: |t| Space::Classes(t.labels),
        each: |s| on(s, "multi"),
        judged: |_| true,
        params: linear,
        metric: |s| on(s, "multi").then_some("f1"),
        loss: |s| on(s, "multi").then_some("binary cross-entropy"),
        own_loss: Some("ce"),
        option: classify_option,
        gold: classify_gold,
        measures: |s| Some(if on(s, "multi") { metrics::SETS } else { metrics::CLASSES }),
        ..RULE
    },
    gold,
    right: |s, gold, said| Some(if flag(s, "multi") { gold == said } else { same(gold, said) }),
    say,
    odds: true,
    formula: |s| match flag(s, "multi") {
        true => "−Σ_k y_k log σ(z_k) + (1 − y_k) log(1 − σ(z_k)), z = W h + b",
        false => "−log softmax(W h + b)[y]",
    },
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..HEAD
};

fn gold(cx: &GoldCx<'_>, column: &Column) -> Option<Records> {
    match column {
        Column::Label(v) => Some(Records::classes(v.iter().map(|c| c.as_ref().map_or(-1, |c| cx.labels.id(c))))),
        Column::Labels(v) => {
            let ids = |c: &Vec<String>| -> Vec<i32> {
                let mut ids: Vec<i32> = c.iter().map(|c| cx.labels.id(c)).filter(|id| *id >= 0).collect();
                ids.sort_unstable();
                ids.dedup();
                ids
            };
            Some(Records::sets(v.iter().map(|c| c.as_ref().map(ids))))
        }
        _ => None,
    }
}

fn say(cx: &AnswerCx<'_>, said: &Records, example: usize, probs: &[f32]) -> Said {
    let names: Vec<String> = said.row(example).iter().map(|c| cx.name(*c)).collect();
    let odds = if cx.shown.any() { vec![cx.odds(probs, said.row(example))] } else { vec![] };
    if flag(cx.settings, "multi") {
        let text = if names.is_empty() { cx.sets.1.to_string() } else { names.join(cx.sets.0) };
        return Said { odds, ..Said::of(json!({ "labels": names, "probs": cx.table(probs) }), text) };
    }
    let label = names.into_iter().next().unwrap_or_default();
    Said { odds, ..Said::of(json!({ "label": label, "probs": cx.table(probs) }), label) }
}

fn classify_option(c: &mut dyn Resolve, a: &HeadArg<'_>, settings: &mut Settings) {
    match a.word {
        "multi" | "san" | "capsule" => switch(c, a, settings),
        "threshold" => {
            if let Some(Item::Number(t)) = c.constant(&a.arg.value, a.env) {
                settings.insert(a.word.to_string(), Setting::Real(t));
            }
        }
        _ => {}
    }
}

fn classify_gold(head: &Expr, settings: &Settings, ty: &FieldType, field: Span) -> Option<Diagnostic> {
    let (sets, multi) = (matches!(ty, FieldType::Labels { .. }), settings.contains_key("multi"));
    if settings.contains_key("threshold") && !multi {
        let d = Diagnostic::new("E0223", "`threshold` belongs to `classify(multi)`");
        return Some(d.at(head.span, "chooses the most probable class").help(match sets {
            true => "write `classify(multi, threshold = 0.5)`",
            false => "remove `threshold`",
        }));
    }
    match (sets, multi) {
        (true, false) => {
            let what = "several classes need a multi-label head";
            let help = "write `classify(multi)`";
            let d = differ(head.span, what, "chooses exactly one class", field, "a set of classes", help);
            // options that stand there already are kept
            let bare = matches!(&*head.value, ast::ExprKind::Name(_));
            Some(if bare { d.fix(head.span, "classify(multi)", true) } else { d })
        }
        (false, true) => {
            let what = "one class per example needs no multi-label head";
            let help = "write `classify`, or declare the field as `labels`";
            let d = differ(head.span, what, "chooses a set of classes", field, "one class", help);
            Some(if settings.len() == 1 { d.fix(head.span, "classify", false) } else { d })
        }
        _ => None,
    }
}
