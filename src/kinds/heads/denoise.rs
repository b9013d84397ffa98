//! Deleted spans.

use super::prelude::*;

pub(super) const DENOISE: HeadKind = HeadKind {
    row: Row {
        args: &[
            Argument::later(may("p", Number(PART)), "p = 15%"),
            Argument::later(may("spans", Number(SIZE)), "spans = 3"),
        ],
        later: &["ppl"],
        bare: Bare::Several,
        name: "denoise",
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        ports: &["text"],
        self_supervised: true,
        loss: "cross-entropy per token",
        doc: "deleted spans",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Words,
        answers: |_| Answers::Words,
        width: |t| open(Letter::Words, t),
        space: "a word for each step",
        chooses: |_| Space::Words,
        ports: ports::OF_TEXTS,
        ..RULE
    },
    ..HEAD
};
