//! A number for each example.

use super::{Head, Output, constant, ids};
use crate::ops::host::{read, tensor};
use crate::ops::kernels::softmax_rows;
use crate::ops::layer::{Cx, like, matrix};
use crate::ops::loss::{argmax, one_hot, softmax};
use crate::ops::value::{Decision, Gold, Value};
use crate::plan::{LabelSpec, Setting, Task};
use burn::tensor::{Tensor, activation};

pub(super) fn build(task: &Task, _: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let out = Output::of(task)?;
    let real = |name: &str| {
        let value = task.settings.get(name).and_then(Setting::as_f64);
        value.ok_or_else(|| format!("`regress` with bins needs `{name}`"))
    };
    match task.settings.get("bins").and_then(Setting::as_usize).unwrap_or(0) {
        0 => Ok(Box::new(Plain { out })),
        1 => Err("`bins` must be at least 2".to_string()),
        n => Ok(Box::new(Bins { out, n, low: real("low")?, high: real("high")? })),
    }
}

/// Which examples have gold.
fn mask(gold: &[f32]) -> (Vec<f32>, usize) {
    let mask: Vec<f32> = gold.iter().map(|g| if g.is_nan() { 0.0 } else { 1.0 }).collect();
    let count = mask.iter().filter(|&&m| m > 0.0).count();
    (mask, count)
}

/// The number itself, by squared error.
struct Plain {
    out: Output,
}

impl Head for Plain {
    fn scores(&self, features: &Value, cx: &Cx) -> Value {
        self.out.apply(features, cx)
    }
    fn loss(&self, scores: &Value, gold: &Gold, _: &Cx) -> Option<(Tensor<1>, usize)> {
        let Gold::Reals(y) = gold else { return None };
        let (mask, count) = mask(y);
        if count == 0 {
            return None;
        }
        let x = matrix(scores).clone();
        let column = |v: Vec<f32>| tensor(v, [y.len(), 1], &x.device());
        let gold = column(y.iter().map(|g| if g.is_nan() { 0.0 } else { *g }).collect());
        let off = (x.clone() - gold) * column(mask);
        Some(((off.clone() * off).sum().div_scalar(count as f32), count))
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        scores.clone()
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, matrix(scores).clone().detach())
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Decision {
        Decision::Reals(read(matrix(scores), |s| s.iter().map(|&x| f64::from(x)).collect()))
    }
}

/// A distribution over evenly spaced values, trained towards the two that surround the gold; the number is its
/// expectation (Tai et al. 2015).
struct Bins {
    out: Output,
    n: usize,
    low: f64,
    high: f64,
}

impl Bins {
    /// The gold's share of each bin.
    fn spread(&self, gold: f32) -> Vec<f32> {
        let last = (self.n - 1) as f64;
        let width = self.high - self.low;
        let at = if width > 0.0 { ((f64::from(gold) - self.low) / width * last).clamp(0.0, last) } else { 0.0 };
        let mut row = vec![0f32; self.n];
        let floor = (at.floor() as usize).min(self.n - 2);
        row[floor + 1] = (at - floor as f64) as f32;
        row[floor] = 1.0 - row[floor + 1];
        row
    }
}

impl Head for Bins {
    fn scores(&self, features: &Value, cx: &Cx) -> Value {
        self.out.apply(features, cx)
    }
    fn loss(&self, scores: &Value, gold: &Gold, _: &Cx) -> Option<(Tensor<1>, usize)> {
        let Gold::Reals(y) = gold else { return None };
        let (_, count) = mask(y);
        if count == 0 {
            return None;
        }
        let row = |g: &f32| if g.is_nan() { vec![0.0; self.n] } else { self.spread(*g) };
        let target: Vec<f32> = y.iter().flat_map(row).collect();
        // KL(gold ‖ p) = Σ g·log g − Σ g·log p
        let own: f32 = target.iter().filter(|&&g| g > 0.0).map(|g| g * g.ln()).sum();
        let x = matrix(scores);
        let target = tensor(target, x.dims(), &x.device());
        let cross = (activation::log_softmax(x.clone(), 1) * target).sum();
        Some(((cross.neg() + own).div_scalar(count as f32), count))
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, softmax(matrix(scores)))
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        let best = read(matrix(scores), |s| argmax(s, self.n));
        constant(scores, one_hot(&ids(&best), self.n))
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Decision {
        let step = (self.high - self.low) / (self.n - 1) as f64;
        let value = |p: &[f32]| p.iter().enumerate().map(|(i, p)| f64::from(*p) * (self.low + i as f64 * step)).sum();
        let mut p = read(matrix(scores), <[f32]>::to_vec);
        softmax_rows(&mut p, self.n, 1.0);
        Decision::Reals(p.chunks_exact(self.n).map(value).collect())
    }
}
