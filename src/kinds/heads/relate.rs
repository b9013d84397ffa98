//! Relations between the tokens of a text.

use super::prelude::*;

pub(super) const RELATE: HeadKind = HeadKind {
    row: Row {
        args: &[
            Argument::later(may("biaffine", Flag), "biaffine"),
            Argument::later(may("multi", Flag), "multi"),
            Argument::later(may("sigmoid", Flag), "sigmoid"),
        ],
        losses: &["ce", "margin"],
        bare: Bare::Several,
        name: "relate",
        reads: Reads::Seq,
        golds: &["pairs"],
        metrics: &["f1"],
        doc: "a relation for every pair of tokens",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Relations, t),
        space: "a relation for each pair of tokens",
        ..RULE
    },
    ..HEAD
};
