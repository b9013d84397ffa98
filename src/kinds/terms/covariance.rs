//! `covariance(weights, more)`: a learned covariance of members as a prior of their weights.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, may, must};

pub(super) const COVARIANCE: TermKind = TermKind {
    row: c("covariance", &[must("weights", Own), may("more", Own)], true, "covariance(a[*].weights)"),
    rule: Rule::Weights,
    lowers: Lowers::Weights,
    #[cfg(feature = "train")]
    build: Some(model::build),
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::weights::model::{members, root, weighed};
    use crate::ops::layer::{Built, function};
    use crate::plan::Term;

    /// tr(W Ω⁻¹ Wᵀ), a member's weights being a column of W, at the covariance Ω ⪰ 0, tr Ω = 1, that makes it least: Ω =
    /// (WᵀW)^½ / tr (WᵀW)^½ (Zhang and Yeung 2010, eq. 9), where it is (tr (WᵀW)^½)². Its gradient is 2 W Ω⁻¹.
    pub fn build(t: &Term) -> Built {
        let all = members(t)?;
        function(move |_, cx| {
            weighed(&all, cx, |w| {
                let t = w.len();
                let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                let gram: Vec<f64> = (0..t * t).map(|i| dot(&w[i / t], &w[i % t])).collect();
                let (root, inverse) = root(&gram, t);
                let trace: f64 = (0..t).map(|i| root[i * t + i]).sum();
                let slope = |j: usize| {
                    let mut out = vec![0.0; w[j].len()];
                    for (k, other) in w.iter().enumerate() {
                        let share = 2.0 * trace * inverse[k * t + j];
                        out.iter_mut().zip(other).for_each(|(o, x)| *o += share * x);
                    }
                    out
                };
                (trace * trace, (0..t).map(slope).collect())
            })
        })
    }
}
