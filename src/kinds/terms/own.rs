//! Losses that a task may name for itself.

use crate::words::Takes::Number;
use crate::words::numbers::SHARE;
use crate::words::{Choice, c, may};

/// Losses that a task may name: `loss distant + mse`. Which heads have one, their rows say; `none` is for all.
pub const TASK_LOSSES: &[Choice] = &[
    c("none", &[], false, "none"),
    c("ce", &[may("negatives", Number(SHARE))], false, "ce"),
    c("margin", &[may("positive", Number(SHARE)), may("negative", Number(SHARE))], false, "margin(0.9, 0.1)"),
    c("distant", &[], false, "distant"),
    c("mse", &[], false, "mse"),
];
