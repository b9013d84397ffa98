//! The words of a text.

use super::prelude::*;

pub(super) const BAG: HeadKind = HeadKind {
    row: Row {
        later: &["ppl"],
        name: "bag",
        reads: Reads::Vec,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        ports: &["attribution"],
        self_supervised: true,
        loss: "cross-entropy over the bag of words",
        doc: "the words of a text",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Example,
        width: |t| open(Letter::Words, t),
        space: "words of a text",
        chooses: |_| Space::Words,
        ports: ports::OF_BAGS,
        ..RULE
    },
    ..HEAD
};
