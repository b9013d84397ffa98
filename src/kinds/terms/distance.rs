//! ‖θ₁ − θ₂‖²: how far the parameters of members are from each other.

use super::{TERM, TermKind};
use crate::words::c;

pub(super) const DISTANCE: TermKind = TermKind {
    row: c("distance", &[], true, ""),
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..TERM
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::{MEMBERS, one};
    use crate::ops::layer::{Built, Cx, function};
    use crate::plan::{Setting, Term};
    use burn::tensor::Tensor;

    fn flat(id: usize, cx: &Cx) -> Tensor<1> {
        match cx.params.specs()[id].shape.len() {
            1 => cx.params.get1(id),
            2 => cx.params.get2(id).flatten(0, 1),
            _ => cx.params.get3(id).flatten(0, 2),
        }
    }

    /// Σ_{i < j} ‖θ_i − θ_j‖², the parameters of one member after those of another (Duong et al. 2015, eq. 3).
    pub fn build(t: &Term) -> Built {
        let members = t.settings.get(MEMBERS).and_then(Setting::as_usize).unwrap_or(0);
        if members < 2 || t.params.is_empty() || !t.params.len().is_multiple_of(members) {
            return Err("it needs as many parameters of each of several members".to_string());
        }
        let own: Vec<Vec<usize>> = t.params.chunks(t.params.len() / members).map(<[usize]>::to_vec).collect();
        function(move |_, cx| {
            let mut sum = Tensor::<1>::zeros([1], cx.params.device());
            for (i, a) in own.iter().enumerate() {
                for b in &own[i + 1..] {
                    for (a, b) in a.iter().zip(b) {
                        sum = sum + (flat(*a, cx) - flat(*b, cx)).powi_scalar(2).sum();
                    }
                }
            }
            one(sum)
        })
    }
}
