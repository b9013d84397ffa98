//! Schemes of `share`.

use crate::words::Takes::*;
use crate::words::numbers::*;
use crate::words::{Choice, Row, c, may, must};

/// A scheme.
#[derive(Debug)]
pub struct Scheme {
    /// the word and its arguments
    pub row: Choice,
    /// how alike its members must be
    pub alike: Alike,
}

/// How alike the members of a scheme must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// not at all
    No,
    /// states are added, mixed or compared one by one: the same layers and widths
    Widths,
    /// so are weights: the same shapes
    Shapes,
}

const fn scheme(row: Choice, alike: Alike) -> Scheme {
    Scheme { row, alike }
}

/// Schemes of `share`.
pub static SHARES: &[Scheme] = &[
    scheme(c("tie", &[], false, "tie"), Alike::Shapes),
    scheme(c("l2", &[must("weight", Number(POSITIVE))], false, "l2(1e-3)"), Alike::Shapes),
    scheme(c("cross_stitch", &[may("init", Number(SHARE))], false, "cross_stitch(init = 0.9)"), Alike::Widths),
    scheme(
        c(
            "sluice",
            &[may("subspaces", Number(SIZE)), may("orthogonal", Number(NOT_NEGATIVE))],
            false,
            "sluice(subspaces = 2)",
        ),
        Alike::Widths,
    ),
    scheme(c("gate", &[], false, "gate"), Alike::No),
    scheme(
        c(
            "layer_choice",
            &[may("tau", Number(POSITIVE)), may("sparsity", Number(NOT_NEGATIVE)), may("curriculum", Flag)],
            false,
            "layer_choice(tau = 5, sparsity = 1e-3)",
        ),
        Alike::No,
    ),
    scheme(c("adapter", &[must("d", Number(SIZE))], false, "adapter(64)"), Alike::No),
];

/// The row of a scheme.
pub fn find(name: &str) -> Option<&'static Scheme> {
    SHARES.iter().find(|s| s.row.name == name)
}

impl Row for Scheme {
    fn choice(&self) -> &Choice {
        &self.row
    }
}
