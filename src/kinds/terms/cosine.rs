//! `cosine(u, v)`: how alike two features are.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, must};

pub(super) const COSINE: TermKind = TermKind {
    row: c("cosine", &[must("u", Own), must("v", Own)], true, "cosine(u, v)"),
    rule: Rule::Similarity { one_width: true },
    lowers: Lowers::Node,
    #[cfg(feature = "train")]
    build: Some(model::build),
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::model::{Over, rows, within};
    use crate::ops::layer::{Built, function, matrix};
    use crate::plan::Term;

    /// u·v / (‖u‖ ‖v‖): for each token or example; of distributions over tokens the vectors run over those of each text.
    pub fn build(t: &Term) -> Built {
        let over = Over::of(t);
        function(move |inputs, _| {
            let (u, v) = (matrix(inputs[0]), matrix(inputs[1]));
            let dot = |a: &burn::tensor::Tensor<2>, b: &burn::tensor::Tensor<2>| {
                within(inputs[0], over, (a.clone() * b.clone()).sum_dim(1))
            };
            // the small number keeps the gradient finite at zero
            let norms = (dot(u, u).add_scalar(1e-12) * dot(v, v).add_scalar(1e-12)).sqrt();
            rows(inputs[0], over, dot(u, v) / norms)
        })
    }
}
