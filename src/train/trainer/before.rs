//! What would fail later, found before the first step.

use crate::diagnostics::Diagnostic;
use crate::encode::{Examples, ahead};
use crate::plan::{Plan, Score};

/// What chooses the kept weights: the declared objective; a single task's own metric where it has dev figures.
pub fn objective(plan: &Plan, examples: &Examples) -> Option<Score> {
    ahead::objective(plan, &(plan, examples))
}

/// What would fail later, found before the first step.
pub fn check(plan: &Plan, examples: &Examples) -> Vec<Diagnostic> {
    ahead::refused(plan, &(plan, examples))
}
