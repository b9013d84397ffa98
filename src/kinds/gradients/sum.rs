//! `sum`: Σ gᵢ, the gradient of the sum of the losses.

use super::Method;
use crate::words::c;

pub(super) const SUM: Method = Method { row: c("sum", &[], true, "sum"), combine: None };
