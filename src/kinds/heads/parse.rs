//! A dependency tree.

use super::prelude::*;

pub(super) const PARSE: HeadKind = HeadKind {
    row: Row {
        later: &["las", "uas"],
        losses: &["ce"],
        name: "parse",
        reads: Reads::Seq,
        golds: &["heads"],
        metrics: &["las", "uas"],
        doc: "a dependency tree",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Tokens, t),
        space: "a governor for each token",
        ..RULE
    },
    ..HEAD
};
