//! ‖G₁ᵀG₂‖²: how far the parts of a layer do the same.

use super::{TERM, TermKind};
use crate::words::c;

pub(super) const OVERLAP: TermKind = TermKind {
    row: c("overlap", &[], true, ""),
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..TERM
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::one;
    use crate::ops::layer::{Built, Cx, function};
    use crate::plan::{Setting, Term};
    use burn::tensor::Tensor;

    /// The columns `[r, k]` of a matrix that belong to a part: its columns are gates after gates, each of all parts.
    fn part(w: &Tensor<2>, width: usize, parts: usize, p: usize) -> Tensor<2> {
        let [rows, columns] = w.dims();
        let (gates, each) = (columns / width, width / parts);
        let all = w.clone().reshape([rows, gates, parts, each]);
        all.narrow(2, p, 1).reshape([rows, gates * each])
    }

    /// Σ_W Σ_{p < q} ‖W_pᵀ W_q‖² over the parts of each matrix (Ruder et al. 2017, eq. 3).
    pub fn build(t: &Term) -> Built {
        let get = |name: &str| t.settings.get(name).and_then(Setting::as_usize).filter(|n| *n > 0);
        let (parts, width) = (get("subspaces"), get("width"));
        let (Some(parts), Some(width)) = (parts, width) else {
            return Err("it needs the number of parts and the width of a layer".to_string());
        };
        let matrices = t.params.clone();
        let overlap = move |id: usize, cx: &Cx| {
            let w = cx.params.get2(id);
            let all: Vec<Tensor<2>> = (0..parts).map(|p| part(&w, width, parts, p)).collect();
            let pairs = all.iter().enumerate().flat_map(|(i, a)| all[i + 1..].iter().map(move |b| (a, b)));
            pairs.map(|(a, b)| a.clone().transpose().matmul(b.clone()).powi_scalar(2).sum()).reduce(|x, y| x + y)
        };
        function(move |_, cx| {
            let sum = matrices.iter().filter_map(|id| overlap(*id, cx)).reduce(|x, y| x + y);
            one(sum.unwrap_or_else(|| Tensor::zeros([1], cx.params.device())))
        })
    }
}
