//! `imtl`: impartial learning (Liu et al. 2021, IMTL-G, equation 6). The Σ wᵢ gᵢ with Σ w = 1 whose projections on all gradients are
//! equally long, times T: w is G⁻¹·n over its sum, n the lengths of the gradients. Where that sum is not positive, which would lead
//! against all of them, the sum of absolute values takes its place.

use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::c;

pub(super) const IMTL: Method = Method { row: c("imtl", &[AT], true, "imtl(at = features)"), combine: Some(&Imtl) };

#[derive(Debug)]
struct Imtl;

impl Combine for Imtl {
    fn factors(&self, gram: &Gram, _: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        let lengths: Vec<f64> = (0..gram.len()).map(|i| gram.norm(i)).collect();
        let w = gram.solve(&lengths);
        let (sum, size): (f64, f64) = (w.iter().sum(), w.iter().map(|w| w.abs()).sum());
        let over = if sum > 1e-6 * size { sum } else { size.max(f64::MIN_POSITIVE) };
        w.iter().map(|w| w * gram.len() as f64 / over).collect()
    }
}
