//! `stop(x)`: the same without gradient. It lowers to the layer that does so to features.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, must};

pub(super) const STOP: TermKind = TermKind {
    row: c("stop", &[must("x", Own)], true, "stop(a.probs)"),
    rule: Rule::Stop,
    lowers: Lowers::Stop,
    #[cfg(feature = "train")]
    build: None,
};
