//! Matching views.

use super::prelude::*;

pub(super) const CONTRAST: HeadKind = HeadKind {
    row: Row {
        args: &[Argument::later(may("infonce", Flag), "infonce")],
        name: "contrast",
        golds: &["tokens", "text"],
        metrics: &["accuracy"],
        self_supervised: true,
        loss: "InfoNCE",
        doc: "matching views",
        ..ROW
    },
    rule: Rule { takes: |_| Takes::Joined(VIEWS), space: "the matching view", ..RULE },
    ..HEAD
};
