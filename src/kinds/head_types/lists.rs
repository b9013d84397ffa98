//! Heads that pick among the members of a list.

use super::*;

pub(super) const RULES: &[HeadRule] = &[
    HeadRule {
        name: "rank",
        takes: |_| Takes::Members,
        space: "how relevant each member is",
        chooses: |_| Space::Members,
        ports: ports::OF_RANKED,
        ..BASE
    },
    HeadRule {
        name: "choose",
        // with a memory of its own the candidates are entities, asked for at each token
        takes: |s| if on(s, "memory") { Takes::Tokens } else { Takes::Members },
        answers: |s| if on(s, "memory") { Answers::Tokens } else { Answers::Examples },
        space: "a member of the list",
        chooses: |_| Space::Members,
        option: |c, a, settings| {
            if a.word == "memory" {
                flag(c, a, settings);
            }
        },
        ports: ports::OF_CHOSEN,
        ..BASE
    },
];
