//! Operations on rows: lookup, linear maps, pooling within texts, normalisation, dropout.

mod dense;
mod mixture;
mod norm;
mod pool;
mod window;

pub(crate) use dense::{Activation, dense, dense_dropout, dense_reference};
pub(crate) use mixture::{Parts, mixture};
pub(crate) use norm::{add_norm, add_norm_reference, dropout, dropout_parts, dropout_reference, layer_norm};
pub(crate) use pool::{max, mean, text_softmax, weighted_sum};
pub(crate) use window::{ends, windows};
#[cfg(test)]
pub(crate) use {
    mixture::mixture_reference,
    norm::layer_norm_reference,
    pool::{max_reference, mean_reference, text_softmax_reference, weighted_sum_reference},
};

use super::host::{Back, Grads, fused, hosts, tensor};
use super::kernels::{add_rows, add_to};
use super::rnn::index;
use burn::tensor::Tensor;
use rayon::prelude::*;
use std::sync::Arc;

/// Rows of `x` by index; −1 gives a row of zeros. The gradient adds rows up.
pub(crate) fn gather(x: &Tensor<2>, rows: Arc<Vec<i32>>) -> Tensor<2> {
    let [_, d] = x.dims();
    let Some(inputs) = hosts!(x) else { return gather_reference(x, &rows) };
    fused(inputs, move |inputs| {
        let mut out = Vec::with_capacity(rows.len() * d);
        for &r in rows.iter() {
            match usize::try_from(r) {
                Ok(r) => out.extend_from_slice(&inputs[0][r * d..][..d]),
                Err(_) => out.resize(out.len() + d, 0.0),
            }
        }
        let n = rows.len();
        let back = move |b: Back| -> Grads {
            let mut dx = vec![0f32; b.inputs[0].len()];
            if d > 0 {
                for (&r, g) in rows.iter().zip(b.grad.chunks_exact(d)) {
                    if let Ok(r) = usize::try_from(r) {
                        add_to(&mut dx[r * d..][..d], g);
                    }
                }
            }
            vec![Some(dx)]
        };
        (out, [n, d], back)
    })
}

/// [`gather`] in tensor operations.
pub(crate) fn gather_reference(x: &Tensor<2>, rows: &[i32]) -> Tensor<2> {
    let (n, [m, d], device) = (rows.len(), x.dims(), x.device());
    if m == 0 || n == 0 {
        return Tensor::zeros([n, d], &device);
    }
    let picked = x.clone().select(0, index(rows.iter().map(|&r| usize::try_from(r).unwrap_or(0)), &device));
    if rows.iter().all(|&r| r >= 0) {
        return picked;
    }
    picked * tensor(rows.iter().map(|&r| if r < 0 { 0.0 } else { 1.0 }).collect(), [n, 1], &device)
}

/// Rows that one thread treats at a time.
const ROWS: usize = 64;
/// Values from which threads are worth waking.
const WORTH: usize = 1 << 16;

/// Parts of [`ROWS`] rows of some matrices of the same height, each given by its values and its width, together with the
/// number of the first row; at the same time if they are large. A width of 0: no matrix.
fn in_parts<const K: usize, T: Send>(
    n: usize,
    matrices: [(&mut [f32], usize); K],
    f: impl Fn(usize, [&mut [f32]; K]) -> T + Sync,
) -> Vec<T> {
    let large = matrices.iter().map(|(x, _)| x.len()).max().unwrap_or(0) >= WORTH;
    let mut parts: Vec<(usize, [&mut [f32]; K])> = vec![];
    let mut rest = matrices;
    for first in (0..n).step_by(ROWS) {
        let rows = ROWS.min(n - first);
        parts.push((
            first,
            rest.each_mut().map(|(x, width)| {
                let (part, others) = std::mem::take(x).split_at_mut(rows * *width);
                *x = others;
                part
            }),
        ));
    }
    if large {
        parts.into_par_iter().map(|(first, part)| f(first, part)).collect()
    } else {
        parts.into_iter().map(|(first, part)| f(first, part)).collect()
    }
}

/// Sums of columns; added up part by part, whatever the number of threads.
fn column_sums(x: &[f32], m: usize) -> Vec<f32> {
    let sums_of = |part: &[f32]| {
        let mut sums = vec![0f32; m];
        add_rows(&mut sums, part);
        sums
    };
    let size = ROWS * m.max(1);
    let parts: Vec<Vec<f32>> = if x.len() >= WORTH {
        x.par_chunks(size).map(sums_of).collect()
    } else {
        x.chunks(size).map(sums_of).collect()
    };
    add_up(parts, m)
}

/// Several vectors of one length as one.
fn add_up(parts: Vec<Vec<f32>>, m: usize) -> Vec<f32> {
    parts
        .into_iter()
        .reduce(|mut sum, part| {
            add_to(&mut sum, &part);
            sum
        })
        .unwrap_or_else(|| vec![0.0; m])
}
