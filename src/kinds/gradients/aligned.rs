//! `aligned`: Aligned-MTL (Senushkin et al. 2023, equation 12). The gradients are turned and stretched as little as makes them orthogonal
//! and equally long, as long as the least singular value σ of their matrix, and summed: c = σ·V·Λ^(−½)·Vᵀ·1 with G = V·Λ·Vᵀ, σ² the least
//! eigenvalue that is not zero.

use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::c;

pub(super) const ALIGNED: Method =
    Method { row: c("aligned", &[AT], true, "aligned(at = features)"), combine: Some(&Aligned) };

#[derive(Debug)]
struct Aligned;

impl Combine for Aligned {
    fn factors(&self, gram: &Gram, _: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        let spectrum = gram.spectrum();
        let least = spectrum.last().map_or(0.0, |(l, _)| l.sqrt());
        let mut out = vec![0.0; gram.len()];
        for (value, vector) in &spectrum {
            let part = least / value.sqrt() * vector.iter().sum::<f64>();
            out.iter_mut().zip(vector).for_each(|(o, v)| *o += part * v);
        }
        out
    }
}
