//! Replaced words.

use super::prelude::*;

pub(super) const DETECT: HeadKind = HeadKind {
    row: Row {
        name: "detect",
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["f1", "accuracy"],
        self_supervised: true,
        loss: "binary cross-entropy",
        doc: "replaced words",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Words,
        answers: |_| Answers::Tokens,
        space: "whether each token was replaced",
        ..RULE
    },
    ..HEAD
};
