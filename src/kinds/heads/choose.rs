//! One member of a list.

use super::prelude::*;

pub(super) const CHOOSE: HeadKind = HeadKind {
    row: Row {
        args: &[Argument::later(may("memory", Number(SIZE)), "memory = 5k")],
        later: &["em", "ndcg", "mrr"],
        losses: &["ce", "margin", "distant", "mse"],
        name: "choose",
        golds: &["index", "spans", "list", "pairs", "tokens"],
        metrics: &["accuracy", "em", "f1", "ndcg", "mrr"],
        ports: &["top", "sample", "gumbel", "soft", "text"],
        doc: "one member of a list",
        ..ROW
    },
    rule: Rule {
        // with a memory of its own the candidates are entities, asked for at each token
        takes: |s| if on(s, "memory") { Takes::Tokens } else { Takes::Members },
        answers: |s| if on(s, "memory") { Answers::Tokens } else { Answers::Examples },
        space: "a member of the list",
        chooses: |_| Space::Members,
        option: |c, a, settings| {
            if a.word == "memory" {
                switch(c, a, settings);
            }
        },
        ports: ports::OF_CHOSEN,
        ..RULE
    },
    ..HEAD
};
