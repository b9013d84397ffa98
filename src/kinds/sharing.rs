//! Schemes of `share`.

use crate::words::Takes::*;
use crate::words::numbers::*;
use crate::words::{Choice, c, may, must};

/// Schemes of `share`.
pub const SHARES: &[Choice] = &[
    c("tie", &[], false, "tie"),
    c("l2", &[must("weight", Number(POSITIVE))], false, "l2(1e-3)"),
    c("cross_stitch", &[may("init", Number(SHARE))], false, "cross_stitch(init = 0.9)"),
    c(
        "sluice",
        &[may("subspaces", Number(SIZE)), may("orthogonal", Number(NOT_NEGATIVE))],
        false,
        "sluice(subspaces = 2)",
    ),
    c("gate", &[], false, "gate"),
    c(
        "layer_choice",
        &[may("tau", Number(POSITIVE)), may("sparsity", Number(NOT_NEGATIVE)), may("curriculum", Flag)],
        false,
        "layer_choice(tau = 5, sparsity = 1e-3)",
    ),
    c("adapter", &[must("d", Number(SIZE))], false, "adapter(64)"),
];
