//! The same parameters but for small layers of each member's own.

use super::Scheme;
use crate::words::Takes::Number;
use crate::words::numbers::SIZE;
use crate::words::{c, must};

pub(super) const SCHEME: Scheme =
    Scheme { row: c("adapter", &[must("d", Number(SIZE))], false, "adapter(64)"), ..super::SCHEME };
