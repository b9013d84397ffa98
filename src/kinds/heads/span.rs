//! A stretch of tokens.

use super::prelude::*;

pub(super) const SPAN: HeadKind = HeadKind {
    row: Row {
        args: &[Argument::later(may("iterations", Number(SIZE)), "iterations = 4")],
        later: &["em"],
        losses: &["ce", "distant"],
        name: "span",
        golds: &["span", "spans"],
        metrics: &["em", "f1"],
        ports: &["top", "sample", "gumbel", "text"],
        loss: "cross-entropy of start and end",
        doc: "a stretch of tokens",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Passages,
        answers: |_| Answers::Tokens,
        width: |_| Dim::of(2),
        space: "a start and an end",
        chooses: |_| Space::Spans,
        ports: ports::OF_SPANS,
        ..RULE
    },
    ..HEAD
};
