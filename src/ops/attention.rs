//! Scaled dot-product attention within each text (Vaswani et al. 2017).

use super::buffer::Buffer;
use super::host::{Back, Grads, fused, hosts, tensor};
use super::kernels::{Mask, dot, simd, softmax_rows};
use super::matmul::{Mat, mm};
use crate::ops::value::Axis;
use burn::tensor::{Tensor, activation};
use rayon::prelude::*;
use std::sync::Arc;

/// What attention does besides weighting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attention {
    /// number of heads; divides the width
    pub heads: usize,
    /// a token sees itself and what stands before it
    pub causal: bool,
    /// dropout on the weights: probability and key
    pub dropout: Option<(f64, u64)>,
}

impl Attention {
    fn mask(&self) -> Option<Mask> {
        self.dropout.and_then(|(p, key)| Mask::new(p, key))
    }
}

/// Splits rows of `width` into one slice per text.
fn split<'a>(mut x: &'a mut [f32], layout: &Axis, size: impl Fn(usize) -> usize) -> Vec<&'a mut [f32]> {
    let mut parts = vec![];
    for r in layout.rows() {
        let (part, rest) = std::mem::take(&mut x).split_at_mut(size(r.len()));
        parts.push(part);
        x = rest;
    }
    parts
}

fn causal_softmax(p: &mut [f32], n: usize, scale: f32, causal: bool) {
    if causal {
        for (i, row) in p.chunks_exact_mut(n).enumerate() {
            let (seen, unseen) = row.split_at_mut(i + 1);
            softmax_rows(seen, i + 1, scale);
            unseen.fill(0.0);
        }
    } else {
        softmax_rows(p, n, scale);
    }
}

simd! {
    /// Gradient through the softmax: `dp` becomes that of the scaled scores.
    fn softmax_back(p: &[f32], dp: &mut [f32], n: usize, scale: f32) {
        for (p, dp) in p.chunks_exact(n).zip(dp.chunks_exact_mut(n)) {
            let mean = dot(p, dp);
            for (d, p) in dp.iter_mut().zip(p) {
                *d = p * (*d - mean) * scale;
            }
        }
    }
}

/// `p` after dropout, which is written to `out`; without dropout itself.
fn dropped<'a>(p: &'a [f32], mask: Option<Mask>, base: usize, out: &'a mut [f32]) -> &'a [f32] {
    let Some(mask) = mask else { return p };
    super::kernels::mask_to(out, p, mask, base);
    out
}

/// softmax(q·kᵀ/√e)·v per text and head; all `[N, heads·e]`.
pub(crate) fn attention(q: &Tensor<2>, k: &Tensor<2>, v: &Tensor<2>, layout: &Arc<Axis>, how: Attention) -> Tensor<2> {
    let [n, d] = q.dims();
    let Some(inputs) = hosts!(q, k, v) else { return reference(q, k, v, layout, how) };
    let (heads, mask, layout) = (how.heads, how.mask(), layout.clone());
    let e = d / heads;
    let scale = 1.0 / (e as f32).sqrt();
    // where each text's weights begin
    let mut starts = vec![0];
    layout.rows().for_each(|r| starts.push(starts[starts.len() - 1] + heads * r.len() * r.len()));
    fused(inputs, move |inputs| {
        let mut out = vec![0f32; n * d];
        let mut weights = Buffer::stale(starts[starts.len() - 1]);
        let outs = split(&mut out, &layout, |len| len * d);
        let parts = split(&mut weights, &layout, |len| heads * len * len);
        let rows: Vec<_> = layout.rows().collect();
        outs.into_par_iter().zip(parts).zip(&rows).zip(&starts).for_each(|(((out, p), r), &start)| {
            let len = r.len();
            if len == 0 {
                return;
            }
            let head = |i: usize, x: usize| Mat::strided(&inputs[x][r.start * d..r.end * d], len, e, d).at(i * e);
            let mut used = Buffer::stale(if mask.is_some() { len * len } else { 0 });
            for (i, p) in p.chunks_exact_mut(len * len).enumerate() {
                mm(p, len, head(i, 0), head(i, 1).t(), false, false);
                causal_softmax(p, len, scale, how.causal);
                let used = dropped(p, mask, start + i * len * len, &mut used);
                mm(&mut out[i * e..], d, Mat::new(used, len, len), head(i, 2), false, false);
            }
        });
        let back = move |b: Back| -> Grads {
            let mut grads = [vec![0f32; n * d], vec![0f32; n * d], vec![0f32; n * d]];
            let [dq, dk, dv] = &mut grads;
            let parts = split(dq, &layout, |len| len * d)
                .into_par_iter()
                .zip(split(dk, &layout, |len| len * d))
                .zip(split(dv, &layout, |len| len * d));
            parts.zip(&rows).zip(&starts).for_each(|((((dq, dk), dv), r), &start)| {
                let len = r.len();
                if len == 0 {
                    return;
                }
                let part = |x, i: usize| Mat::strided(x, len, e, d).at(i * e);
                let text = r.start * d..r.end * d;
                let input = |i, x: usize| part(&b.inputs[x][text.clone()], i);
                let dout = |i| part(&b.grad[text.clone()], i);
                let (mut dp, mut own) = (Buffer::stale(len * len), Buffer::stale(len * len));
                for (i, p) in weights[start..][..heads * len * len].chunks_exact(len * len).enumerate() {
                    let base = start + i * len * len;
                    let used = dropped(p, mask, base, &mut own);
                    mm(&mut dv[i * e..], d, Mat::new(used, len, len).t(), dout(i), false, false);
                    mm(&mut dp, len, dout(i), input(i, 2).t(), false, false);
                    let ds = if mask.is_some() {
                        dropped(&dp, mask, base, &mut own);
                        &mut own
                    } else {
                        &mut dp
                    };
                    softmax_back(p, ds, len, scale);
                    mm(&mut dq[i * e..], d, Mat::new(ds, len, len), input(i, 1), false, false);
                    mm(&mut dk[i * e..], d, Mat::new(ds, len, len).t(), input(i, 0), false, false);
                }
            });
            grads.into_iter().zip(b.needs).map(|(g, need)| need.then_some(g)).collect()
        };
        (out, [n, d], back)
    })
}

/// The same in tensor operations.
pub(crate) fn reference(q: &Tensor<2>, k: &Tensor<2>, v: &Tensor<2>, layout: &Axis, how: Attention) -> Tensor<2> {
    let [_, d] = q.dims();
    let device = q.device();
    let e = d / how.heads;
    let (mut base, mut texts) = (0, vec![]);
    for r in layout.rows().filter(|r| !r.is_empty()) {
        let len = r.len();
        let mut heads = vec![];
        for i in 0..how.heads {
            let part = |x: &Tensor<2>| x.clone().narrow(0, r.start, len).narrow(1, i * e, e);
            let mut s = part(q).matmul(part(k).transpose()).div_scalar((e as f32).sqrt());
            if how.causal {
                let hidden = |j: usize| if j % len > j / len { -1e9 } else { 0.0 };
                s = s + tensor((0..len * len).map(hidden).collect(), [len, len], &device);
            }
            let mut p = activation::softmax(s, 1);
            if let Some(mask) = how.mask() {
                p = p * tensor((0..len * len).map(|j| mask.at(base + j)).collect(), [len, len], &device);
            }
            base += len * len;
            heads.push(p.matmul(part(v)));
        }
        texts.push(Tensor::cat(heads, 1));
    }
    if texts.is_empty() { Tensor::zeros([0, d], &device) } else { Tensor::cat(texts, 0) }
}
