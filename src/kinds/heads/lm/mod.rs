//! The next word of a text.

use super::prelude::*;

pub(super) const LM: HeadKind = HeadKind {
    row: Row {
        args: &[Argument::later(may("vocab", Number(SIZE)), "vocab = 10k")],
        later: &["ppl"],
        name: "lm",
        reads: Reads::Seq,
        golds: &["tokens", "text"],
        metrics: &["ppl"],
        self_supervised: true,
        loss: "cross-entropy per token",
        doc: "the next word",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::PastWords,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Words, t),
        space: "the next word for each token",
        chooses: |_| Space::Words,
        ..RULE
    },
    ..HEAD
};
