//! `covariance(weights, more)`: a learned covariance of members as a prior of their weights.

use super::{Rule, TERM, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, may, must};

pub(super) const COVARIANCE: TermKind = TermKind {
    row: c("covariance", &[must("weights", Own), may("more", Own)], false, "covariance(a[*].weights)"),
    rule: Rule::Weights,
    ..TERM
};
