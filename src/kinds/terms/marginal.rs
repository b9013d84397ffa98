//! `marginal(task, over)`: the gold's probability, whatever is read.

use super::{Rule, TERM, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, must};

pub(super) const MARGINAL: TermKind = TermKind {
    row: c("marginal", &[must("task", Own), must("over", Own)], false, "marginal(speak, over = find)"),
    rule: Rule::Marginal,
    ..TERM
};
