//! One row for each text.

use super::WORTH;
use crate::ops::host::{Back, Grads, fused, hosts};
use crate::ops::kernels::{add_rows, dot, simd, softmax_rows};
use crate::ops::matmul::{Mat, mm};
use crate::ops::value::Axis;
use burn::tensor::{Tensor, activation};
use rayon::prelude::*;
use std::sync::Arc;

/// The mean of each text's rows; zeros without any.
pub(crate) fn mean(x: &Tensor<2>, layout: &Arc<Axis>) -> Tensor<2> {
    let d = x.dims()[1];
    let Some(inputs) = hosts!(x) else { return mean_reference(x, layout) };
    let layout = layout.clone();
    fused(inputs, move |inputs| {
        let mut out = vec![0f32; layout.groups() * d];
        for (r, out) in layout.rows().zip(out.chunks_exact_mut(d.max(1))) {
            add_rows(out, &inputs[0][r.start * d..r.end * d]);
            out.iter_mut().for_each(|v| *v /= r.len().max(1) as f32);
        }
        let shape = [layout.groups(), d];
        let back = move |b: Back| -> Grads {
            let mut dx = vec![0f32; b.inputs[0].len()];
            for (r, g) in layout.rows().zip(b.grad.chunks_exact(d.max(1))) {
                let scale = 1.0 / r.len().max(1) as f32;
                for row in dx[r.start * d..r.end * d].chunks_exact_mut(d.max(1)) {
                    row.iter_mut().zip(g).for_each(|(x, g)| *x = g * scale);
                }
            }
            vec![Some(dx)]
        };
        (out, shape, back)
    })
}

/// For each text, its part of `x` reduced to one row.
fn by_text(x: &Tensor<2>, layout: &Axis, f: impl Fn(Tensor<2>, std::ops::Range<usize>) -> Tensor<2>) -> Tensor<2> {
    let (device, d) = (x.device(), x.dims()[1]);
    let rows: Vec<_> = layout
        .rows()
        .map(|r| match r.len() {
            0 => Tensor::zeros([1, d], &device),
            n => f(x.clone().narrow(0, r.start, n), r),
        })
        .collect();
    if rows.is_empty() { Tensor::zeros([0, d], &device) } else { Tensor::cat(rows, 0) }
}

/// [`mean`] in tensor operations.
pub(crate) fn mean_reference(x: &Tensor<2>, layout: &Axis) -> Tensor<2> {
    by_text(x, layout, |x, _| x.mean_dim(0))
}

simd! {
    /// The greatest values of some rows and where they stand, counted from `start`: the first of equals, and a NaN is kept.
    fn max_of(out: &mut [f32], best: &mut [u32], x: &[f32], start: u32) {
        let d = out.len();
        let best = &mut best[..d];
        out.copy_from_slice(&x[..d]);
        best.fill(start);
        for (t, row) in x.chunks_exact(d).enumerate().skip(1) {
            let at = start + t as u32;
            for j in 0..d {
                let better = row[j] > out[j] || row[j].is_nan();
                best[j] = if better { at } else { best[j] };
                out[j] = if better { row[j] } else { out[j] };
            }
        }
    }
}

/// The greatest value of each column within each text; zeros for an empty text.
pub(crate) fn max(x: &Tensor<2>, layout: &Arc<Axis>) -> Tensor<2> {
    let d = x.dims()[1];
    let Some(inputs) = hosts!(x) else { return max_reference(x, layout) };
    let layout = layout.clone();
    fused(inputs, move |inputs| {
        let b = layout.groups();
        let mut out = vec![0f32; b * d];
        let mut best = vec![0u32; b * d];
        let x = inputs[0];
        let texts: Vec<_> = layout.rows().collect();
        let of = |((out, best), r): ((&mut [f32], &mut [u32]), &std::ops::Range<usize>)| {
            if !r.is_empty() {
                max_of(out, best, &x[r.start * d..r.end * d], r.start as u32);
            }
        };
        if x.len() >= WORTH {
            out.par_chunks_mut(d).zip(best.par_chunks_mut(d)).zip(&texts).for_each(of);
        } else {
            out.chunks_mut(d.max(1)).zip(best.chunks_mut(d.max(1))).zip(&texts).for_each(of);
        }
        let back = move |b: Back| -> Grads {
            let mut dx = vec![0f32; b.inputs[0].len()];
            for (i, _) in layout.rows().enumerate().filter(|(_, r)| !r.is_empty()) {
                for j in 0..d {
                    dx[best[i * d + j] as usize * d + j] = b.grad[i * d + j];
                }
            }
            vec![Some(dx)]
        };
        (out, [b, d], back)
    })
}

/// [`max`] in tensor operations.
pub(crate) fn max_reference(x: &Tensor<2>, layout: &Axis) -> Tensor<2> {
    by_text(x, layout, |x, _| x.max_dim(0))
}

/// Softmax over each text of a column of scores `[N, 1]`.
pub(crate) fn text_softmax(x: &Tensor<2>, layout: &Arc<Axis>) -> Tensor<2> {
    let Some(inputs) = hosts!(x) else { return text_softmax_reference(x, layout) };
    let layout = layout.clone();
    fused(inputs, move |inputs| {
        let mut out = inputs[0].to_vec();
        for r in layout.rows() {
            let n = r.len();
            softmax_rows(&mut out[r], n, 1.0);
        }
        let n = out.len();
        let back = move |b: Back| -> Grads {
            let mut dx = b.grad.to_vec();
            for r in layout.rows() {
                let (y, dx) = (&b.output[r.clone()], &mut dx[r]);
                let mean = dot(y, dx);
                dx.iter_mut().zip(y).for_each(|(d, y)| *d = y * (*d - mean));
            }
            vec![Some(dx)]
        };
        (out, [n, 1], back)
    })
}

/// [`text_softmax`] in tensor operations.
pub(crate) fn text_softmax_reference(x: &Tensor<2>, layout: &Axis) -> Tensor<2> {
    let parts: Vec<_> = layout
        .rows()
        .filter(|r| !r.is_empty())
        .map(|r| activation::softmax(x.clone().narrow(0, r.start, r.len()), 0))
        .collect();
    if parts.is_empty() { x.clone() } else { Tensor::cat(parts, 0) }
}

/// Σ_t w_t·x_t within each text; `w` is `[N, 1]`.
pub(crate) fn weighted_sum(x: &Tensor<2>, w: &Tensor<2>, layout: &Arc<Axis>) -> Tensor<2> {
    let d = x.dims()[1];
    let Some(inputs) = hosts!(x, w) else { return weighted_sum_reference(x, w, layout) };
    let layout = layout.clone();
    fused(inputs, move |inputs| {
        let mut out = vec![0f32; layout.groups() * d];
        for (r, out) in layout.rows().zip(out.chunks_exact_mut(d.max(1))) {
            let (x, w) = (&inputs[0][r.start * d..r.end * d], &inputs[1][r.clone()]);
            mm(out, d, Mat::new(w, 1, r.len()), Mat::new(x, r.len(), d), false, false);
        }
        let shape = [layout.groups(), d];
        let back = move |b: Back| -> Grads {
            let mut dx = vec![0f32; if b.needs[0] { b.inputs[0].len() } else { 0 }];
            let mut dw = vec![0f32; b.inputs[1].len()];
            for (r, g) in layout.rows().zip(b.grad.chunks_exact(d.max(1))) {
                for t in r {
                    dw[t] = dot(&b.inputs[0][t * d..][..d], g);
                    if b.needs[0] {
                        dx[t * d..][..d].iter_mut().zip(g).for_each(|(x, g)| *x = g * b.inputs[1][t]);
                    }
                }
            }
            vec![b.needs[0].then_some(dx), Some(dw)]
        };
        (out, shape, back)
    })
}

/// [`weighted_sum`] in tensor operations.
pub(crate) fn weighted_sum_reference(x: &Tensor<2>, w: &Tensor<2>, layout: &Axis) -> Tensor<2> {
    by_text(x, layout, |x, r| (x * w.clone().narrow(0, r.start, r.len())).sum_dim(0))
}
