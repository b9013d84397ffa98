//! A position for each query.

use super::prelude::*;

pub(super) const POINT: HeadKind = HeadKind {
    row: Row {
        losses: &["ce"],
        name: "point",
        golds: &["pointers"],
        metrics: &["accuracy"],
        doc: "a position for each query",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Any,
        answers: |_| Answers::GoldTokens,
        width: |t| open(Letter::Tokens, t),
        space: "a position for each query",
        chooses: |_| Space::Tokens,
        ..RULE
    },
    ..HEAD
};
