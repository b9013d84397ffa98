//! `stop(x)`: the same without gradient. It lowers to the layer that does so to features.

use super::{Lowers, Rule, TERM, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, must};

pub(super) const STOP: TermKind = TermKind {
    row: c("stop", &[must("x", Own)], true, "stop(a.probs)"),
    rule: Rule::Stop,
    lowers: Lowers::Stop,
    ..TERM
};
