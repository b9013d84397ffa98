//! A transition system.

use super::prelude::*;

pub(super) const TRANSITION: HeadKind = HeadKind {
    row: Row {
        later: &["las"],
        losses: &["ce"],
        name: "transition",
        reads: Reads::Seq,
        golds: &["graph", "heads", "pairs"],
        metrics: &["las", "f1"],
        loss: "cross-entropy over actions",
        doc: "a transition system",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Actions, t),
        space: "an action for each step",
        ..RULE
    },
    ..HEAD
};
