//! Views: what `view ... with` does to the input.

use crate::words::Takes::*;
use crate::words::numbers::*;
use crate::words::{Choice, c, may, must};

/// What a `view ... with` does to the input.
pub const VIEWS: &[Choice] = &[
    c(
        "cutoff",
        &[must("kind", Word(&["token", "feature", "span"])), must("p", Number(PART))],
        false,
        "cutoff(token, 5%)",
    ),
    c("mask", &[may("p", Number(PART))], false, "mask(15%)"),
    c("perturb", &[must("embedding", Encoder), must("eps", Number(POSITIVE))], false, "perturb(words, eps = 0.01)"),
];
