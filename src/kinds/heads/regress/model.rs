//! A number for each example.

use super::super::model::{GoldRows, Head, LogP, Output, constant, ids, real, weighted};
use super::bins;
use crate::kinds::terms::{Gold, Judged};
use crate::ops::host::{read, tensor};
use crate::ops::kernels::softmax_rows;
use crate::ops::layer::{Cx, like, matrix};
use crate::ops::loss::{argmax, one_hot, softmax};
use crate::ops::value::Value;
use crate::plan::{LabelSpec, Task};
use crate::records::Records;
use burn::tensor::{Tensor, activation};

pub(super) fn build(task: &Task, _: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let out = Output::of(task)?;
    let real = |name: &str| real(task, name).ok_or_else(|| format!("`regress` with bins needs `{name}`"));
    match bins(&task.settings) {
        0 => Ok(Box::new(Plain { out })),
        1 => Err("`bins` must be at least 2".to_string()),
        n => Ok(Box::new(Bins { out, n, low: real("low")?, high: real("high")? })),
    }
}

/// Golds by example, not-a-number where there is none, and how many there are.
fn golds(gold: &Records) -> (Vec<f32>, usize) {
    let y: Vec<f32> = (0..gold.len()).map(|e| gold.real(e) as f32).collect();
    let count = y.iter().filter(|g| !g.is_nan()).count();
    (y, count)
}

/// The number itself, by squared error.
struct Plain {
    out: Output,
}

impl Head for Plain {
    fn scores(&self, inputs: &[&Value], cx: &Cx) -> Value {
        self.out.apply(inputs[0], cx)
    }
    fn loss(&self, scores: &Value, gold: &Records, _: &Cx) -> Option<(Tensor<1>, usize)> {
        let (y, count) = golds(gold);
        let off = off(scores, &y);
        (count > 0).then(|| ((off.clone() * off).sum().div_scalar(count as f32), count))
    }

    /// −(x − y)²: the log-likelihood of a Gaussian of variance ½ but for a constant.
    fn logp(&self, scores: &Value, gold: &Records, _: &Cx) -> LogP {
        let (y, _) = golds(gold);
        let off = off(scores, &y);
        LogP { values: (off.clone() * off).neg(), has: y.iter().map(|g| !g.is_nan()).collect(), weight: 1 }
    }
    fn judged(&self, scores: &Value, gold: &Records) -> Option<Judged> {
        Some(numbers(matrix(scores).clone(), gold))
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        scores.clone()
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, matrix(scores).clone().detach())
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Records {
        Records::numbers(read(matrix(scores), |s| s.iter().map(|&x| f64::from(x)).collect::<Vec<_>>()))
    }

    fn gold_rows(&self, gold: &Records, example: usize, rows: &mut GoldRows) {
        // a plain regression's label is the number itself
        rows.push(gold.present(example), [0], gold.real(example) as f32);
    }
}

/// Numbers with their gold.
fn numbers(scores: Tensor<2>, gold: &Records) -> Judged {
    let (y, _) = golds(gold);
    let target = y.iter().map(|g| if g.is_nan() { 0.0 } else { *g }).collect();
    let has = y.iter().map(|g| !g.is_nan()).collect();
    Judged { scores, target, has, gold: Gold::Number, weights: vec![] }
}

/// x − y `[B, 1]`, zero where there is no gold.
fn off(scores: &Value, y: &[f32]) -> Tensor<2> {
    let x = matrix(scores).clone();
    let column = |of: fn(&f32) -> f32| tensor(y.iter().map(of).collect(), [y.len(), 1], &x.device());
    let gold = column(|g| if g.is_nan() { 0.0 } else { *g });
    (x.clone() - gold) * column(|g| if g.is_nan() { 0.0 } else { 1.0 })
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

    /// The golds' shares `[B·n]`, zeros where there is none.
    fn targets(&self, y: &[f32]) -> Vec<f32> {
        y.iter().flat_map(|g| if g.is_nan() { vec![0.0; self.n] } else { self.spread(*g) }).collect()
    }
}

impl Head for Bins {
    fn scores(&self, inputs: &[&Value], cx: &Cx) -> Value {
        self.out.apply(inputs[0], cx)
    }
    fn loss(&self, scores: &Value, gold: &Records, _: &Cx) -> Option<(Tensor<1>, usize)> {
        let (y, count) = golds(gold);
        if count == 0 {
            return None;
        }
        let target = self.targets(&y);
        // KL(gold ‖ p) = Σ g·log g − Σ g·log p
        let own: f32 = target.iter().filter(|&&g| g > 0.0).map(|g| g * g.ln()).sum();
        let x = matrix(scores);
        let target = tensor(target, x.dims(), &x.device());
        let cross = (activation::log_softmax(x.clone(), 1) * target).sum();
        Some(((cross.neg() + own).div_scalar(count as f32), count))
    }
    /// Minus the divergence from the gold's bins.
    fn logp(&self, scores: &Value, gold: &Records, _: &Cx) -> LogP {
        let (y, _) = golds(gold);
        let target = self.targets(&y);
        let own = target.chunks(self.n).map(|r| r.iter().filter(|g| **g > 0.0).map(|g| g * g.ln()).sum::<f32>());
        let x = matrix(scores);
        let own = tensor(own.collect(), [y.len(), 1], &x.device());
        let values = weighted(&activation::log_softmax(x.clone(), 1), target) - own; // [B, 1]
        LogP { values, has: y.iter().map(|g| !g.is_nan()).collect(), weight: 1 }
    }
    /// The expectation over the bins.
    fn judged(&self, scores: &Value, gold: &Records) -> Option<Judged> {
        let x = softmax(matrix(scores));
        let step = (self.high - self.low) / (self.n - 1) as f64;
        let values = (0..self.n).map(|i| (self.low + i as f64 * step) as f32).collect();
        let values = tensor::<2>(values, [1, self.n], &x.device());
        Some(numbers((x * values).sum_dim(1), gold))
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, softmax(matrix(scores)))
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        let best = read(matrix(scores), |s| argmax(s, self.n));
        constant(scores, one_hot(&ids(&best), self.n))
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Records {
        let step = (self.high - self.low) / (self.n - 1) as f64;
        let value = |p: &[f32]| p.iter().enumerate().map(|(i, p)| f64::from(*p) * (self.low + i as f64 * step)).sum();
        let mut p = read(matrix(scores), <[f32]>::to_vec);
        softmax_rows(&mut p, self.n, 1.0);
        Records::numbers(p.chunks_exact(self.n).map(value))
    }

    fn gold_rows(&self, gold: &Records, example: usize, rows: &mut GoldRows) {
        let last = rows.width.saturating_sub(1).max(1) as f64;
        let place = (gold.real(example) - self.low) / (self.high - self.low).max(f64::MIN_POSITIVE) * last;
        rows.push(gold.present(example), [place.round().clamp(0.0, last) as usize], 1.0);
    }
}
