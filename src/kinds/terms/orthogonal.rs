//! `orthogonal(u, v)`: what two features have in common.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, must};

pub(super) const ORTHOGONAL: TermKind = TermKind {
    row: c("orthogonal", &[must("u", Own), must("v", Own)], true, "orthogonal(shared, private)"),
    rule: Rule::Similarity { one_width: false },
    lowers: Lowers::Node,
    #[cfg(feature = "train")]
    build: Some(model::build),
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::model::{Over, one, within};
    use crate::ops::layer::{Built, above, function, matrix};
    use crate::plan::Term;

    /// ‖UᵀV / n‖²_F over the n rows of a batch (Bousmalis et al. 2016, and Liu et al. 2017 without the n, which here keeps
    /// the weight from depending on the size of the batch): one number. Of distributions over tokens (u·v)² for each text.
    pub fn build(t: &Term) -> Built {
        let over = Over::of(t);
        function(move |inputs, _| {
            let (u, v) = (matrix(inputs[0]).clone(), matrix(inputs[1]).clone());
            if over.tokens {
                let common = within(inputs[0], over, (u * v).sum_dim(1));
                return above(inputs[0], common.clone() * common);
            }
            let n = u.dims()[0].max(1) as f64;
            let common = u.transpose().matmul(v).div_scalar(n);
            one((common.clone() * common).sum())
        })
    }
}
