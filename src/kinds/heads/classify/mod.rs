//! A class, or a set of classes, for each example.

#[cfg(feature = "train")]
mod model;

use super::{AnswerCx, GoldCx, HEAD, HeadKind, Said, flag, same};
use crate::columns::Column;
use crate::kinds::metrics::{CLASSES, SETS};
use crate::records::Records;
use serde_json::json;

pub(super) const CLASSIFY: HeadKind = HeadKind {
    name: "classify",
    gold,
    measures: |s| if flag(s, "multi") { SETS } else { CLASSES },
    right: |s, gold, said| Some(if flag(s, "multi") { gold == said } else { same(gold, said) }),
    say,
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
    if flag(cx.settings, "multi") {
        return Said::of(json!({ "labels": names, "probs": cx.table(probs) }), names.join(" "));
    }
    let label = names.into_iter().next().unwrap_or_default();
    Said::of(json!({ "label": label, "probs": cx.table(probs) }), label)
}
