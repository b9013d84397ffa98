//! `cagrad(c)`: conflict-averse gradient descent (Liu et al. 2021, algorithm 1). Around the mean gradient g₀, within c·‖g₀‖ of it, the
//! direction that helps the worst-off task most: w on the simplex makes g_w·g₀ + c·‖g₀‖·‖g_w‖ least, g_w = Σ wᵢ gᵢ, and the direction
//! is T·(g₀ + c·‖g₀‖/‖g_w‖·g_w) / (1 + c²), scaled as in the authors' program. `c` is 0.4, from 0 (the sum) to below 1.

use super::gram::on_simplex;
use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::Takes::Number;
use crate::words::numbers::SHARE;
use crate::words::{c, may};

pub(super) const CAGRAD: Method =
    Method { row: c("cagrad", &[may("c", Number(SHARE)), AT], true, "cagrad(0.4)"), combine: Some(&Cagrad) };

#[derive(Debug)]
struct Cagrad;

/// Keeps a length from zero.
const EPSILON: f64 = 1e-12;

impl Combine for Cagrad {
    fn factors(&self, gram: &Gram, at: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        let (n, c) = (gram.len(), at.setting("c", 0.4));
        let mean = vec![1.0 / n as f64; n];
        let (with_mean, radius) = (gram.times(&mean), c * gram.square(&mean).sqrt());
        let w = on_simplex(n, |w| {
            let length = gram.square(w).sqrt().max(EPSILON);
            gram.times(w).iter().zip(&with_mean).map(|(g, m)| m + radius * g / length).collect()
        });
        let length = gram.square(&w).sqrt().max(EPSILON);
        let size = n as f64 / (1.0 + c * c);
        w.iter().map(|w| size * (1.0 / n as f64 + radius / length * w)).collect()
    }
}
