//! Weightings: how the losses of tasks are weighed against each other.

use crate::words::Takes::*;
use crate::words::numbers::*;
use crate::words::{Choice, c, may};

/// Weightings of losses.
pub const WEIGHTINGS: &[Choice] = &[
    c("fixed", &[], true, "fixed(slot = 1, intent = 0.5)"),
    c("uncertainty", &[], true, "uncertainty"),
    c("dwa", &[may("temperature", Number(POSITIVE))], false, "dwa(2)"),
    c("gradnorm", &[may("alpha", Number(NOT_NEGATIVE))], false, "gradnorm(1.5)"),
    c("random", &[], false, "random"),
    c("log_classes", &[], false, "log_classes"),
    c("relatedness", &[], false, "relatedness"),
];
