//! Losses that read gold on the host.

use super::host::{Back, Grads, fused, hosts, tensor};
use super::kernels::{simd, softmax_rows, sum};
use burn::tensor::{Tensor, activation};
use rayon::prelude::*;

simd! {
    /// Probabilities instead of scores; the sum of −log p of the targets that are not −1.
    pub(crate) fn cross_entropy_rows(x: &mut [f32], targets: &[i32], k: usize, loss: &mut f64) {
        for (row, &target) in x.chunks_exact_mut(k.max(1)).zip(targets) {
            let Ok(target) = usize::try_from(target) else {
                row.fill(0.0);
                continue;
            };
            let score = row[target];
            let mut max = f32::NEG_INFINITY;
            for v in row.iter() {
                max = if *v > max { *v } else { max };
            }
            for v in row.iter_mut() {
                *v = super::kernels::exp(*v - max);
            }
            let norm = sum(row);
            *loss += f64::from(norm.ln() + max - score);
            let scale = 1.0 / norm;
            row.iter_mut().for_each(|v| *v *= scale);
            row[target] -= 1.0;
        }
    }
}

/// Softmax cross-entropy, the mean over the rows whose target is not −1, and their number; `None` without any.
pub(crate) fn cross_entropy(scores: &Tensor<2>, targets: &[i32]) -> Option<(Tensor<1>, usize)> {
    let count = targets.iter().filter(|&&t| t >= 0).count();
    let k = scores.dims()[1];
    if count == 0 {
        return None;
    }
    let Some(inputs) = hosts!(scores) else { return cross_entropy_reference(scores, targets) };
    let loss = fused(inputs, |inputs| {
        let mut slope = inputs[0].to_vec();
        // in parts of fixed size: their sum does not depend on the number of threads
        const ROWS: usize = 64;
        let part = |(x, targets): (&mut [f32], &[i32])| {
            let mut loss = 0f64;
            cross_entropy_rows(x, targets, k, &mut loss);
            loss
        };
        let losses: Vec<f64> = if slope.len() >= 1 << 14 {
            slope.par_chunks_mut(ROWS * k).zip(targets.par_chunks(ROWS)).map(part).collect()
        } else {
            slope.chunks_mut(ROWS * k.max(1)).zip(targets.chunks(ROWS)).map(part).collect()
        };
        let loss: f64 = losses.iter().sum();
        let back = move |b: Back| -> Grads {
            let scale = b.grad[0] / count as f32;
            slope.iter_mut().for_each(|v| *v *= scale);
            vec![Some(slope)]
        };
        (vec![(loss / count as f64) as f32], [1], back)
    });
    Some((loss, count))
}

/// [`cross_entropy`] in tensor operations.
pub(crate) fn cross_entropy_reference(scores: &Tensor<2>, targets: &[i32]) -> Option<(Tensor<1>, usize)> {
    let [n, k] = scores.dims();
    let count = targets.iter().filter(|&&t| t >= 0).count();
    if count == 0 {
        return None;
    }
    let gold = tensor(one_hot(targets, k), [n, k], &scores.device());
    let loss = (activation::log_softmax(scores.clone(), 1) * gold).sum();
    Some((loss.mul_scalar(-1.0 / count as f32), count))
}

/// Rows of zeros with a one at the class; −1 gives zeros only.
pub(crate) fn one_hot(classes: &[i32], k: usize) -> Vec<f32> {
    let mut out = vec![0f32; classes.len() * k];
    for (i, &c) in classes.iter().enumerate() {
        if let Ok(c) = usize::try_from(c) {
            out[i * k + c] = 1.0;
        }
    }
    out
}

/// The index of the greatest value of each row, the first of equals.
pub(crate) fn argmax(scores: &[f32], k: usize) -> Vec<u32> {
    let best = |row: &[f32]| (0..row.len()).fold(0, |b, j| if row[j] > row[b] { j } else { b }) as u32;
    scores.chunks_exact(k.max(1)).map(best).collect()
}

/// Softmax of each row.
pub(crate) fn softmax(scores: &Tensor<2>) -> Tensor<2> {
    let [n, k] = scores.dims();
    let Some(inputs) = hosts!(scores) else { return activation::softmax(scores.clone(), 1) };
    fused(inputs, move |inputs| {
        let mut p = inputs[0].to_vec();
        softmax_rows(&mut p, k, 1.0);
        let back = move |b: Back| -> Grads {
            let mut dx = b.grad.to_vec();
            for (dx, p) in dx.chunks_exact_mut(k.max(1)).zip(b.output.chunks_exact(k.max(1))) {
                let mean = super::kernels::dot(dx, p);
                dx.iter_mut().zip(p).for_each(|(d, p)| *d = p * (*d - mean));
            }
            vec![Some(dx)]
        };
        (p, [n, k], back)
    })
}

/// Cross-entropy of a sigmoid for each class, the mean over the values of the rows that have gold, and the number of
/// these rows; `None` without any. `gold` is `[N·K]`.
pub(crate) fn binary_cross_entropy(scores: &Tensor<2>, gold: &[f32], has: &[bool]) -> Option<(Tensor<1>, usize)> {
    let k = scores.dims()[1];
    let count = has.iter().filter(|&&h| h).count();
    if count == 0 || k == 0 {
        return None;
    }
    let Some(inputs) = hosts!(scores) else { return binary_cross_entropy_reference(scores, gold, has) };
    let scale = 1.0 / (count * k) as f32;
    let loss = fused(inputs, |inputs| {
        let mut slope = vec![0f32; inputs[0].len()];
        let mut loss = 0f64;
        for i in (0..slope.len()).filter(|i| has[i / k]) {
            let (x, y) = (f64::from(inputs[0][i]), f64::from(gold[i]));
            // −y·log σ(x) − (1−y)·log σ(−x)
            loss += x.max(0.0) - x * y + (-x.abs()).exp().ln_1p();
            slope[i] = (1.0 / (1.0 + (-x).exp()) - y) as f32 * scale;
        }
        let back = move |b: Back| -> Grads {
            slope.iter_mut().for_each(|v| *v *= b.grad[0]);
            vec![Some(slope)]
        };
        (vec![(loss / (count * k) as f64) as f32], [1], back)
    });
    Some((loss, count))
}

/// [`binary_cross_entropy`] in tensor operations.
pub(crate) fn binary_cross_entropy_reference(
    scores: &Tensor<2>,
    gold: &[f32],
    has: &[bool],
) -> Option<(Tensor<1>, usize)> {
    let [n, k] = scores.dims();
    let count = has.iter().filter(|&&h| h).count();
    if count == 0 || k == 0 {
        return None;
    }
    let part = |sign: f32, share: &dyn Fn(usize) -> f32| {
        let share = (0..n * k).map(|i| if has[i / k] { share(i) } else { 0.0 }).collect();
        (activation::log_sigmoid(scores.clone().mul_scalar(sign)) * tensor(share, [n, k], &scores.device())).sum()
    };
    let sum = part(1.0, &|i| gold[i]) + part(-1.0, &|i| 1.0 - gold[i]);
    Some((sum.mul_scalar(-1.0 / (count * k) as f32), count))
}
