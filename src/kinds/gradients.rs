//! How the gradients of several tasks become one.

use crate::words::Takes::*;
use crate::words::numbers::*;
use crate::words::{Choice, c, may};

/// How the gradients of several tasks become one.
pub const GRADIENTS: &[Choice] = &[
    c("sum", &[], false, "sum"),
    c("pcgrad", &[], false, "pcgrad"),
    c("mgda", &[], false, "mgda"),
    c("cagrad", &[may("c", Number(SHARE))], false, "cagrad(0.4)"),
    c("nash", &[], false, "nash"),
];
