//! Masked words.

use super::prelude::*;

pub(super) const MLM: HeadKind = HeadKind {
    row: Row {
        args: &[Argument::later(may("p", Number(PART)), "p = 15%"), Argument::word("at")],
        later: &["ppl"],
        bare: Bare::Of("p"),
        name: "mlm",
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl", "accuracy"],
        ports: &["filled"],
        self_supervised: true,
        doc: "masked words",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Words,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Words, t),
        space: "a word for each masked token",
        chooses: |_| Space::Words,
        ports: ports::OF_FILLERS,
        ..RULE
    },
    ..HEAD
};
