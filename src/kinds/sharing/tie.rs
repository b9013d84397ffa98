//! The same parameters, as if all tasks named one encoder.

use super::{Alike, How, Scheme};
use crate::words::c;

pub(super) const SCHEME: Scheme =
    Scheme { row: c("tie", &[], false, "tie"), alike: Alike::Shapes, how: How::Tie, ..super::SCHEME };
