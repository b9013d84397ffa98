//! `reinforce(task, reward, baseline)`: decisions are learnt by what they earn.

use super::{Rule, TERM, TermKind};
use crate::words::Takes::{Own, Word};
use crate::words::{c, may, must};

pub(super) const REINFORCE: TermKind = TermKind {
    row: c(
        "reinforce",
        &[must("task", Own), must("reward", Own), may("baseline", Word(&["mean", "greedy", "none"]))],
        false,
        "reinforce(read, reward = f1(read.text, qa.answer), baseline = mean)",
    ),
    rule: Rule::Reinforce,
    ..TERM
};
