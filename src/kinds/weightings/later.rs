//! Weightings that the trainer does not run yet.

use super::{WEIGHTING, Weighting};
use crate::words::Takes::Number;
use crate::words::numbers::{NOT_NEGATIVE, POSITIVE};
use crate::words::{Choice, c, may};

const fn later(row: Choice) -> Weighting {
    Weighting { row, ..WEIGHTING }
}

pub(super) const DWA: Weighting = later(c("dwa", &[may("temperature", Number(POSITIVE))], false, "dwa(2)"));
pub(super) const GRADNORM: Weighting =
    later(c("gradnorm", &[may("alpha", Number(NOT_NEGATIVE))], false, "gradnorm(1.5)"));
pub(super) const RANDOM: Weighting = later(c("random", &[], false, "random"));
pub(super) const LOG_CLASSES: Weighting = later(c("log_classes", &[], false, "log_classes"));
pub(super) const RELATEDNESS: Weighting = later(c("relatedness", &[], false, "relatedness"));
