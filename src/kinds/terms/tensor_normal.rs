//! `tensor_normal(weights, more)`: a tensor-normal prior of members' weights.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, may, must};

pub(super) const TENSOR_NORMAL: TermKind = TermKind {
    row: c("tensor_normal", &[must("weights", Own), may("more", Own)], true, "tensor_normal(a[*].weights)"),
    rule: Rule::Weights,
    lowers: Lowers::Weights,
    #[cfg(feature = "train")]
    build: Some(model::build),
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::weights::model::{Modes, members, weighed};
    use crate::ops::layer::{Built, function};
    use crate::plan::Term;

    /// −log p(W) / D up to a constant, of the D weights of a layer of all members under a tensor normal: 1/2D (vec(W)ᵀ
    /// (Σ₁⊗Σ₂⊗Σ₃)⁻¹ vec(W) + Σ_k D/D_k ln|Σ_k|) with covariances of members, outputs and inputs, each set by one round of
    /// the flip-flop of Long and Wang (2015, eq. 7) from the weights as they are; a tenth of each is its mean variance.
    pub fn build(t: &Term) -> Built {
        let all = members(t)?;
        function(move |_, cx| {
            // [in, out] of each member
            let [inputs, outputs] = cx.params.get2(all[0]).dims();
            weighed(&all, cx, |w| {
                let shape = [w.len(), inputs, outputs];
                let size = shape.iter().product::<usize>() as f64;
                let mut modes = Modes::new(w.concat(), shape);
                // the small covariances first: the large ones have the most to gain from them
                let logs: f64 = [0, 2, 1].map(|k| modes.whiten(k) * size / shape[k] as f64).iter().sum();
                let (quadratic, slope) = modes.finish();
                let slope: Vec<f64> = slope.into_iter().map(|g| g / size).collect();
                (0.5 * (quadratic + logs) / size, slope.chunks(inputs * outputs).map(<[f64]>::to_vec).collect())
            })
        })
    }
}
