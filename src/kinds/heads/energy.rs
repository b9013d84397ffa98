//! Plausible triples.

use super::prelude::*;

pub(super) const ENERGY: HeadKind = HeadKind {
    row: Row {
        args: &[
            Argument::later(may("transe", Flag), "transe"),
            Argument::later(may("negatives", Number(SIZE)), "negatives = 16"),
        ],
        later: &["mrr"],
        losses: &["margin"],
        name: "energy",
        golds: &["tokens", "id"],
        metrics: &["mrr"],
        self_supervised: true,
        loss: "margin",
        doc: "plausible triples",
        ..ROW
    },
    rule: Rule { takes: |_| Takes::Joined(TRIPLE), space: "how plausible a triple is", ..RULE },
    ..HEAD
};
