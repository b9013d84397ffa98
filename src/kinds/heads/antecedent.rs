//! Coreference.

use super::prelude::*;

pub(super) const ANTECEDENT: HeadKind = HeadKind {
    row: Row {
        later: &["conll_f1"],
        name: "antecedent",
        reads: Reads::Seq,
        golds: &["clusters"],
        metrics: &["conll_f1"],
        loss: "marginal likelihood",
        doc: "coreference",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Tokens,
        answers: |_| Answers::Tokens,
        width: |t| open(Letter::Tokens, t),
        space: "an antecedent for each mention",
        ..RULE
    },
    ..HEAD
};
