//! Relevance of each member of a list.

use super::prelude::*;

pub(super) const RANK: HeadKind = HeadKind {
    row: Row {
        later: &["recall", "mrr", "map", "ndcg"],
        losses: &["ce", "margin", "mse"],
        name: "rank",
        golds: &["labels", "list"],
        metrics: &["recall", "mrr", "map", "ndcg"],
        ports: &["top", "sample", "gumbel"],
        loss: "binary cross-entropy",
        doc: "relevance of each member of a list",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Members,
        space: "how relevant each member is",
        chooses: |_| Space::Members,
        ports: ports::OF_RANKED,
        ..RULE
    },
    ..HEAD
};
