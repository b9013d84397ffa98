//! `uniform(gold)`: the same probability for each class that the gold holds.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, must};

pub(super) const UNIFORM: TermKind = TermKind {
    row: c("uniform", &[must("gold", Own)], true, "uniform(qa.relevant)"),
    rule: Rule::Uniform,
    lowers: Lowers::Node,
    #[cfg(feature = "train")]
    build: Some(model::build),
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, function, like, matrix};
    use crate::plan::Term;

    /// g_k / Σ_j g_j of gold as zeros and ones; zeros where there is none.
    pub fn build(_: &Term) -> Built {
        function(|inputs, _| {
            let gold = matrix(inputs[0]).clone();
            like(inputs[0], gold.clone() / gold.sum_dim(1).clamp_min(1.0))
        })
    }
}
