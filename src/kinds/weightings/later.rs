//! Weightings that the trainer does not run yet.

use super::{WEIGHTING, Weighting};
use crate::words::Takes::Number;
use crate::words::numbers::NOT_NEGATIVE;
use crate::words::{Choice, c, may};

const fn later(row: Choice) -> Weighting {
    Weighting { row, ..WEIGHTING }
}

pub(super) const GRADNORM: Weighting =
    later(c("gradnorm", &[may("alpha", Number(NOT_NEGATIVE))], false, "gradnorm(1.5)"));
pub(super) const RELATEDNESS: Weighting = later(c("relatedness", &[], false, "relatedness"));
