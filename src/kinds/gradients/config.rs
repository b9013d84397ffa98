//! `config`: the conflict-free direction (Liu et al. 2024, ConFIG, equations 2 and 3). The direction that has the same cosine with every
//! gradient, u ∝ M⁺·1 with the gradients at length 1 as rows of M, as long as the sum of the projections of all gradients on it.

use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::c;

pub(super) const CONFIG: Method =
    Method { row: c("config", &[AT], true, "config(at = features)"), combine: Some(&Config) };

#[derive(Debug)]
struct Config;

impl Combine for Config {
    fn factors(&self, gram: &Gram, _: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        let cosines = gram.cosines();
        let x = cosines.solve(&vec![1.0; gram.len()]);
        // M⁺·1 = Σ xᵢ gᵢ/‖gᵢ‖
        let length = cosines.square(&x).sqrt().max(f64::MIN_POSITIVE);
        let projections = cosines.times(&x).iter().enumerate().map(|(i, p)| gram.norm(i) * p / length).sum::<f64>();
        x.iter().enumerate().map(|(i, x)| x / gram.norm(i) / length * projections).collect()
    }
}
