//! `tensor_normal(weights, more)`: a tensor-normal prior of members' weights.

use super::{Rule, TERM, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, may, must};

pub(super) const TENSOR_NORMAL: TermKind = TermKind {
    row: c("tensor_normal", &[must("weights", Own), may("more", Own)], false, "tensor_normal(a[*].weights)"),
    rule: Rule::Weights,
    ..TERM
};
