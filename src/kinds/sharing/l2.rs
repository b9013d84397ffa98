//! Parameters that are drawn to each other: λ·‖θ₁ − θ₂‖² (Duong et al. 2015).

use super::{Alike, How, Scheme};
use crate::kinds::terms::DISTANCE;
use crate::words::Takes::Number;
use crate::words::numbers::POSITIVE;
use crate::words::{c, must};

pub(super) const SCHEME: Scheme = Scheme {
    row: c("l2", &[must("weight", Number(POSITIVE))], false, "l2(1e-3)"),
    alike: Alike::Shapes,
    how: How::Penalty(DISTANCE),
    ..super::SCHEME
};
