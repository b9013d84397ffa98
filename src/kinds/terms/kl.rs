//! `kl(p, q)`: how much is lost by q in place of p.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, must};

pub(super) const KL: TermKind = TermKind {
    row: c("kl", &[must("p", Own), must("q", Own)], true, "kl(a.probs, b.probs)"),
    rule: Rule::Divergence,
    lowers: Lowers::Node,
    #[cfg(feature = "train")]
    build: Some(model::build),
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::model::{Over, divergence, rows};
    use crate::ops::layer::{Built, function};
    use crate::plan::Term;

    /// KL(p ‖ q) = Σ_k p_k (ln p_k − ln q_k): for each token or example; of distributions over tokens the sum over those
    /// of each text; of classes that are each by itself also the part of the complements (1 − p_k, 1 − q_k).
    pub fn build(t: &Term) -> Built {
        let over = Over::of(t);
        function(move |inputs, _| rows(inputs[0], over, divergence(inputs[0], inputs[1], over)))
    }
}
