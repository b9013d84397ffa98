//! `js(p, q)`: how far distributions are from their mean.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, must};

pub(super) const JS: TermKind = TermKind {
    row: c("js", &[must("p", Own), must("q", Own)], true, "js(a.probs, b.probs)"),
    rule: Rule::Divergence,
    lowers: Lowers::Together,
    #[cfg(feature = "train")]
    build: Some(model::build),
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::model::{Over, divergence, rows};
    use crate::ops::layer::{Built, function, like, matrix};
    use crate::plan::Term;
    use burn::tensor::Tensor;

    /// JS(p₁ … pₙ) = 1/n Σ_i KL(pᵢ ‖ m), m = 1/n Σ_i pᵢ (Lin 1991): for each token or example, as `kl`.
    pub fn build(t: &Term) -> Built {
        let over = Over::of(t);
        function(move |inputs, _| {
            let share = 1.0 / inputs.len() as f64;
            let sum = inputs.iter().map(|p| matrix(p).clone()).reduce(|a, b| a + b);
            let mean = sum.unwrap_or_else(|| matrix(inputs[0]).clone()).mul_scalar(share);
            let mean = like(inputs[0], mean);
            let apart = inputs.iter().map(|p| divergence(p, &mean, over));
            let apart = apart.reduce(|a: Tensor<2>, b| a + b).map(|x| x.mul_scalar(share));
            rows(inputs[0], over, apart.unwrap_or_else(|| divergence(inputs[0], &mean, over)))
        })
    }
}
