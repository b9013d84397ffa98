//! `fairgrad(alpha)`: α-fair allocation of progress (Ban and Ji 2024): c > 0 with G·c = c^(−1/α), entry by entry, G divided by the mean
//! square of the gradients. α near 0 is near the sum, 1 is `nash`, and the greater α, the more the slowest task counts; 2 unless said.

use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::Takes::Number;
use crate::words::numbers::POSITIVE;
use crate::words::{c, may};

pub(super) const FAIRGRAD: Method =
    Method { row: c("fairgrad", &[may("alpha", Number(POSITIVE)), AT], true, "fairgrad(2)"), combine: Some(&Fairgrad) };

#[derive(Debug)]
struct Fairgrad;

impl Combine for Fairgrad {
    fn factors(&self, gram: &Gram, at: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        fair(gram, at.setting("alpha", 2.0))
    }
}

/// This much is added to the square of each gradient: where gradients point against each other there is no solution without it. The
/// direction stays as short as ever.
const RIDGE: f64 = 1e-6;

/// The c > 0 with G·c = c^(−1/α): where ½ cᵀGc − Σ ∫c^(−1/α) is least, which is convex, by Newton's method with steps that stay
/// positive.
pub(super) fn fair(gram: &Gram, alpha: f64) -> Vec<f64> {
    let (n, p) = (gram.len(), 1.0 / alpha);
    let times = |c: &[f64]| gram.times(c).iter().zip(c).map(|(g, c)| g + RIDGE * c).collect::<Vec<f64>>();
    let square = |c: &[f64]| times(c).iter().zip(c).map(|(g, c)| g * c).sum::<f64>();
    let value = |c: &[f64]| {
        let gain = |c: &f64| if (p - 1.0).abs() < 1e-9 { c.ln() } else { c.powf(1.0 - p) / (1.0 - p) };
        0.5 * square(c) - c.iter().map(gain).sum::<f64>()
    };
    // what each would be alone
    let mut c: Vec<f64> = (0..n).map(|i| gram.at(i, i).powf(-1.0 / (1.0 + p))).collect();
    for _ in 0..200 {
        let slope: Vec<f64> = times(&c).iter().zip(&c).map(|(g, c)| g - c.powf(-p)).collect();
        if slope.iter().zip(&c).all(|(s, c)| s.abs() < 1e-10 * c.powf(-p)) {
            break;
        }
        let curved = |i: usize, j: usize| gram.at(i, j) + if i == j { RIDGE + p * c[i].powf(-p - 1.0) } else { 0.0 };
        let step = eliminate(n, curved, &slope);
        let mut size = 1.0;
        c.iter().zip(&step).filter(|(c, s)| **s > 0.99 * **c).for_each(|(c, s)| size = f64::min(size, 0.99 * c / s));
        let now = value(&c);
        let fall: f64 = step.iter().zip(&slope).map(|(a, b)| a * b).sum();
        for _ in 0..60 {
            let next: Vec<f64> = c.iter().zip(&step).map(|(c, s)| c - size * s).collect();
            if value(&next) <= now - 1e-4 * size * fall {
                c = next;
                break;
            }
            size *= 0.5;
        }
    }
    c
}

/// x with A·x = b, A positive definite.
fn eliminate(n: usize, a: impl Fn(usize, usize) -> f64, b: &[f64]) -> Vec<f64> {
    let mut rows: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| a(i, j)).chain([b[i]]).collect()).collect();
    for k in 0..n {
        let (above, below) = rows.split_at_mut(k + 1);
        let pivot = &above[k];
        for row in below {
            let factor = row[k] / pivot[k];
            row.iter_mut().zip(pivot).skip(k).for_each(|(r, p)| *r -= factor * p);
        }
    }
    let mut x = vec![0.0; n];
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| rows[k][j] * x[j]).sum();
        x[k] = (rows[k][n] - known) / rows[k][k];
    }
    x
}
