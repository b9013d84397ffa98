//! Operations on rows: lookup, linear maps, pooling within texts, normalisation, dropout.

use super::buffer::Buffer;
use super::host::{Back, Grads, Host, fused, hosts, tensor};
use super::kernels::{Mask, add_rows, add_to, dot, erf, exp, mask_to, sigmoid, simd, softmax_rows, sum, tanh};
use super::matmul::{Mat, mm, product};
use super::rnn::index;
use crate::model::value::Layout;
use burn::tensor::{Tensor, activation};
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

/// What follows a linear map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Activation {
    None,
    Relu,
    Tanh,
    Gelu,
    Sigmoid,
}

impl Activation {
    /// By its name in a plan.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Activation::None,
            "relu" => Activation::Relu,
            "tanh" => Activation::Tanh,
            "gelu" => Activation::Gelu,
            "sigmoid" => Activation::Sigmoid,
            _ => return None,
        })
    }
}

const SQRT_HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
const DENSITY: f32 = 0.398_942_3; // 1/√(2π)

#[inline(always)]
fn activate(y: &mut [f32], f: Activation) {
    match f {
        Activation::None => {}
        Activation::Relu => y.iter_mut().for_each(|v| *v = if *v < 0.0 { 0.0 } else { *v }),
        Activation::Tanh => y.iter_mut().for_each(|v| *v = tanh(*v)),
        Activation::Sigmoid => y.iter_mut().for_each(|v| *v = sigmoid(*v)),
        Activation::Gelu => y.iter_mut().for_each(|v| *v = 0.5 * *v * (1.0 + erf(*v * SQRT_HALF))),
    }
}

simd! {
    /// What follows the product in some rows: bias, activation, dropout. `kept`, if there is one, becomes what
    /// [`activate_back`] needs; `base`: index of the first value for the mask.
    fn finish(y: &mut [f32], bias: &[f32], kept: &mut [f32], m: usize, f: Activation, mask: Option<Mask>, base: usize) {
        for (i, row) in y.chunks_exact_mut(m).enumerate() {
            for (y, b) in row.iter_mut().zip(bias) {
                *y += b;
            }
            if f == Activation::Gelu && !kept.is_empty() {
                kept[i * m..(i + 1) * m].copy_from_slice(row);
            }
            activate(row, f);
            if f != Activation::Gelu && !kept.is_empty() {
                kept[i * m..(i + 1) * m].copy_from_slice(row);
            }
            if let Some(mask) = mask {
                for (j, y) in row.iter_mut().enumerate() {
                    *y *= mask.at(base.wrapping_add(i * m + j));
                }
            }
        }
    }
}

simd! {
    /// `d` becomes the gradient before the activation; `u` is the output, for gelu the input.
    fn activate_back(d: &mut [f32], u: &[f32], f: Activation) {
        let n = d.len();
        let u = &u[..n];
        // plain loops: closures of an iterator would not be compiled for the wider instructions
        match f {
            Activation::None => {}
            Activation::Relu => {
                for i in 0..n {
                    d[i] = if u[i] > 0.0 { d[i] } else { 0.0 };
                }
            }
            Activation::Tanh => {
                for i in 0..n {
                    d[i] *= 1.0 - u[i] * u[i];
                }
            }
            Activation::Sigmoid => {
                for i in 0..n {
                    d[i] *= u[i] * (1.0 - u[i]);
                }
            }
            Activation::Gelu => {
                for i in 0..n {
                    let u = u[i];
                    d[i] *= 0.5 * (1.0 + erf(u * SQRT_HALF)) + u * DENSITY * exp(-0.5 * u * u);
                }
            }
        }
    }
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

/// f(x·w + b)
pub(crate) fn dense(x: &Tensor<2>, w: &Tensor<2>, b: Option<&Tensor<1>>, f: Activation) -> Tensor<2> {
    dense_dropout(x, w, b, f, None)
}

/// Dropout of f(x·w + b), by probability and key.
pub(crate) fn dense_dropout(
    x: &Tensor<2>,
    w: &Tensor<2>,
    b: Option<&Tensor<1>>,
    f: Activation,
    drop: Option<(f64, u64)>,
) -> Tensor<2> {
    let ([n, d], [_, m]) = (x.dims(), w.dims());
    let inputs = match b {
        Some(b) => hosts!(x, w, b),
        None => hosts!(x, w),
    };
    let Some(inputs) = inputs else {
        let y = dense_reference(x, w, b, f);
        return drop.map_or(y.clone(), |(p, key)| dropout_reference(&y, p, key));
    };
    let mask = drop.and_then(|(p, key)| Mask::new(p, key));
    // the output tells the slope, unless it is not monotonous or was dropped
    let keeps = f == Activation::Gelu || mask.is_some() && !matches!(f, Activation::None | Activation::Relu);
    let kept_width = if keeps { m } else { 0 };
    fused(inputs, move |inputs| {
        let mut y = product(Mat::new(inputs[0], n, d), Mat::new(inputs[1], d, m), true);
        let bias = inputs.get(2).copied().unwrap_or_default();
        let mut kept = Buffer::stale(n * kept_width);
        if !bias.is_empty() || f != Activation::None || mask.is_some() {
            in_parts(n, [(&mut y, m), (&mut kept, kept_width)], |first, [y, kept]| {
                finish(y, bias, kept, m.max(1), f, mask, first * m);
            });
        }
        let back = move |b: Back| -> Grads {
            let mut own;
            let g: &[f32] = if f == Activation::None && mask.is_none() {
                b.grad
            } else {
                own = Buffer::stale(n * m);
                let kept: &[f32] = if keeps { &kept } else { b.output };
                in_parts(n, [(&mut own, m)], |first, [own]| {
                    let range = first * m..first * m + own.len();
                    match mask {
                        Some(mask) => mask_to(own, &b.grad[range.clone()], mask, range.start),
                        None => own.copy_from_slice(&b.grad[range.clone()]),
                    }
                    activate_back(own, &kept[range], f);
                });
                &own
            };
            let dx = b.needs[0].then(|| product(Mat::new(g, n, m), Mat::new(b.inputs[1], d, m).t(), true));
            let dw = b.needs[1].then(|| product(Mat::new(b.inputs[0], n, d).t(), Mat::new(g, n, m), true));
            let mut grads = vec![dx, dw];
            if let Some(&need) = b.needs.get(2) {
                grads.push(need.then(|| column_sums(g, m)));
            }
            grads
        };
        (y, [n, m], back)
    })
}

/// [`dense`] in tensor operations.
pub(crate) fn dense_reference(x: &Tensor<2>, w: &Tensor<2>, b: Option<&Tensor<1>>, f: Activation) -> Tensor<2> {
    if x.dims()[0] == 0 {
        return Tensor::zeros([0, w.dims()[1]], &x.device());
    }
    let y = x.clone().matmul(w.clone());
    let y = if let Some(b) = b { y + b.clone().unsqueeze() } else { y };
    match f {
        Activation::None => y,
        Activation::Relu => activation::relu(y),
        Activation::Tanh => activation::tanh(y),
        Activation::Gelu => activation::gelu(y),
        Activation::Sigmoid => activation::sigmoid(y),
    }
}

/// The mean of each text's rows; zeros without any.
pub(crate) fn mean(x: &Tensor<2>, layout: &Arc<Layout>) -> Tensor<2> {
    let d = x.dims()[1];
    let Some(inputs) = hosts!(x) else { return mean_reference(x, layout) };
    let layout = layout.clone();
    fused(inputs, move |inputs| {
        let mut out = vec![0f32; layout.examples() * d];
        for (r, out) in layout.rows().zip(out.chunks_exact_mut(d.max(1))) {
            add_rows(out, &inputs[0][r.start * d..r.end * d]);
            out.iter_mut().for_each(|v| *v /= r.len().max(1) as f32);
        }
        let shape = [layout.examples(), d];
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
fn by_text(x: &Tensor<2>, layout: &Layout, f: impl Fn(Tensor<2>, std::ops::Range<usize>) -> Tensor<2>) -> Tensor<2> {
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
pub(crate) fn mean_reference(x: &Tensor<2>, layout: &Layout) -> Tensor<2> {
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
pub(crate) fn max(x: &Tensor<2>, layout: &Arc<Layout>) -> Tensor<2> {
    let d = x.dims()[1];
    let Some(inputs) = hosts!(x) else { return max_reference(x, layout) };
    let layout = layout.clone();
    fused(inputs, move |inputs| {
        let b = layout.examples();
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
pub(crate) fn max_reference(x: &Tensor<2>, layout: &Layout) -> Tensor<2> {
    by_text(x, layout, |x, _| x.max_dim(0))
}

/// Softmax over each text of a column of scores `[N, 1]`.
pub(crate) fn text_softmax(x: &Tensor<2>, layout: &Arc<Layout>) -> Tensor<2> {
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
pub(crate) fn text_softmax_reference(x: &Tensor<2>, layout: &Layout) -> Tensor<2> {
    let parts: Vec<_> = layout
        .rows()
        .filter(|r| !r.is_empty())
        .map(|r| activation::softmax(x.clone().narrow(0, r.start, r.len()), 0))
        .collect();
    if parts.is_empty() { x.clone() } else { Tensor::cat(parts, 0) }
}

/// Σ_t w_t·x_t within each text; `w` is `[N, 1]`.
pub(crate) fn weighted_sum(x: &Tensor<2>, w: &Tensor<2>, layout: &Arc<Layout>) -> Tensor<2> {
    let d = x.dims()[1];
    let Some(inputs) = hosts!(x, w) else { return weighted_sum_reference(x, w, layout) };
    let layout = layout.clone();
    fused(inputs, move |inputs| {
        let mut out = vec![0f32; layout.examples() * d];
        for (r, out) in layout.rows().zip(out.chunks_exact_mut(d.max(1))) {
            let (x, w) = (&inputs[0][r.start * d..r.end * d], &inputs[1][r.clone()]);
            mm(out, d, Mat::new(w, 1, r.len()), Mat::new(x, r.len(), d), false, false);
        }
        let shape = [layout.examples(), d];
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
pub(crate) fn weighted_sum_reference(x: &Tensor<2>, w: &Tensor<2>, layout: &Layout) -> Tensor<2> {
    by_text(x, layout, |x, r| (x * w.clone().narrow(0, r.start, r.len())).sum_dim(0))
}

simd! {
    /// `hat`: the rows, become normalised; `y`: with gain and bias.
    fn normalise(hat: &mut [f32], g: &[f32], b: &[f32], y: &mut [f32], scale: &mut [f32], eps: f32) {
        let d = g.len();
        for (i, scale) in scale.iter_mut().enumerate() {
            let (y, hat) = (&mut y[i * d..][..d], &mut hat[i * d..][..d]);
            let mean = sum(hat) / d as f32;
            for h in hat.iter_mut() {
                *h -= mean;
            }
            *scale = 1.0 / (dot(hat, hat) / d as f32 + eps).sqrt();
            for j in 0..d {
                hat[j] *= *scale;
                y[j] = hat[j] * g[j] + b[j];
            }
        }
    }
}

simd! {
    /// `dg` and `db` grow by what these rows add.
    fn normalise_back(
        dy: &[f32],
        hat: &[f32],
        scale: &[f32],
        g: &[f32],
        dx: &mut [f32],
        dg: &mut [f32],
        db: &mut [f32],
    ) {
        let d = g.len();
        let (dg, db) = (&mut dg[..d], &mut db[..d]);
        for (i, scale) in scale.iter().enumerate() {
            let (dy, hat, dx) = (&dy[i * d..][..d], &hat[i * d..][..d], &mut dx[i * d..][..d]);
            for j in 0..d {
                dx[j] = dy[j] * g[j];
                dg[j] += dy[j] * hat[j];
                db[j] += dy[j];
            }
            let (mean, slope) = (sum(dx) / d as f32, dot(dx, hat) / d as f32);
            for j in 0..d {
                dx[j] = (dx[j] - mean - hat[j] * slope) * scale;
            }
        }
    }
}

simd! {
    /// `s = x + y ∘ mask`
    fn add_masked(s: &mut [f32], x: &[f32], y: &[f32], mask: Option<Mask>, base: usize) {
        let n = s.len();
        let (x, y) = (&x[..n], &y[..n]);
        match mask {
            Some(mask) => {
                for i in 0..n {
                    s[i] = x[i] + y[i] * mask.at(base.wrapping_add(i));
                }
            }
            None => {
                for i in 0..n {
                    s[i] = x[i] + y[i];
                }
            }
        }
    }
}

const EPSILON: f32 = 1e-5;

/// Layer normalisation (Ba et al. 2016), ε = 1e-5.
pub(crate) fn layer_norm(x: &Tensor<2>, gain: &Tensor<1>, bias: &Tensor<1>) -> Tensor<2> {
    let Some(inputs) = hosts!(x, gain, bias) else { return layer_norm_reference(x, gain, bias) };
    norm_of(inputs, x.dims(), false, None)
}

/// Layer normalisation of x + dropout(y).
pub(crate) fn add_norm(
    x: &Tensor<2>,
    y: &Tensor<2>,
    drop: Option<(f64, u64)>,
    gain: &Tensor<1>,
    bias: &Tensor<1>,
) -> Tensor<2> {
    let Some(inputs) = hosts!(x, gain, bias, y) else { return add_norm_reference(x, y, drop, gain, bias) };
    norm_of(inputs, x.dims(), true, drop.and_then(|(p, key)| Mask::new(p, key)))
}

/// Inputs: rows, gain, bias, and with `adds` what is added to the rows.
fn norm_of(inputs: Vec<Host>, [n, d]: [usize; 2], adds: bool, mask: Option<Mask>) -> Tensor<2> {
    fused(inputs, move |inputs| {
        let mut y = vec![0f32; n * d];
        let (mut hat, mut scale) = (Buffer::stale(n * d), Buffer::stale(n));
        in_parts(n, [(&mut y, d), (&mut hat, d), (&mut scale, 1)], |first, [y, hat, scale]| {
            let range = first * d..first * d + y.len();
            if adds {
                add_masked(hat, &inputs[0][range.clone()], &inputs[3][range.clone()], mask, range.start);
            } else {
                hat.copy_from_slice(&inputs[0][range]);
            }
            normalise(hat, inputs[1], inputs[2], y, scale, EPSILON);
        });
        let back = move |b: Back| -> Grads {
            let mut dx = vec![0f32; n * d];
            let mut dy = vec![0f32; if mask.is_some() && b.needs[3] { n * d } else { 0 }];
            let dy_width = if dy.is_empty() { 0 } else { d };
            let sums = in_parts(n, [(&mut dx, d), (&mut dy, dy_width)], |first, [dx, dy]| {
                let range = first * d..first * d + dx.len();
                let mut sums = vec![0f32; 2 * d];
                let (dg, db) = sums.split_at_mut(d);
                let scale = &scale[first..first + dx.len() / d];
                normalise_back(&b.grad[range.clone()], &hat[range.clone()], scale, b.inputs[1], dx, dg, db);
                if let (Some(mask), false) = (mask, dy.is_empty()) {
                    mask_to(dy, dx, mask, range.start);
                }
                sums
            });
            let mut dg = add_up(sums, 2 * d);
            let db = dg.split_off(d);
            let mut grads = vec![Some(dg), Some(db)];
            if adds {
                grads.push(b.needs[3].then(|| if mask.is_some() { dy } else { dx.clone() }));
            }
            grads.insert(0, Some(dx));
            grads
        };
        (y, [n, d], back)
    })
}

/// [`add_norm`] in tensor operations.
pub(crate) fn add_norm_reference(
    x: &Tensor<2>,
    y: &Tensor<2>,
    drop: Option<(f64, u64)>,
    gain: &Tensor<1>,
    bias: &Tensor<1>,
) -> Tensor<2> {
    let y = drop.map_or(y.clone(), |(p, key)| dropout_reference(y, p, key));
    layer_norm_reference(&(x.clone() + y), gain, bias)
}

/// [`layer_norm`] in tensor operations.
pub(crate) fn layer_norm_reference(x: &Tensor<2>, gain: &Tensor<1>, bias: &Tensor<1>) -> Tensor<2> {
    let centred = x.clone() - x.clone().mean_dim(1);
    let var = centred.clone().powi_scalar(2).mean_dim(1);
    centred / (var + EPSILON).sqrt() * gain.clone().unsqueeze() + bias.clone().unsqueeze()
}

/// Inverted dropout (Srivastava et al. 2014); the mask is a function of key and position alone.
pub(crate) fn dropout(x: &Tensor<2>, p: f64, key: u64) -> Tensor<2> {
    dropout_parts(x, p, vec![(key, x.dims()[0])])
}

/// [`dropout`] of parts that follow each other: (key, number of rows) each, as if each were alone.
pub(crate) fn dropout_parts(x: &Tensor<2>, p: f64, parts: Vec<(u64, usize)>) -> Tensor<2> {
    let shape = x.dims();
    let Some(masks) =
        parts.iter().map(|(key, n)| Some((Mask::new(p, *key)?, n * shape[1]))).collect::<Option<Vec<_>>>()
    else {
        return x.clone();
    };
    let Some(inputs) = hosts!(x) else {
        let mut start = 0;
        let part = |(key, n): &(u64, usize)| {
            start += n;
            dropout_reference(&x.clone().narrow(0, start - n, *n), p, *key)
        };
        return Tensor::cat(parts.iter().map(part).collect(), 0);
    };
    let d = shape[1];
    let apply = move |x: &[f32]| {
        let (mut y, mut start) = (vec![0f32; x.len()], 0);
        for (mask, n) in &masks {
            let x = &x[start..start + n];
            in_parts(n / d.max(1), [(&mut y[start..start + n], d)], |first, [y]| {
                mask_to(y, &x[first * d..][..y.len()], *mask, first * d);
            });
            start += n;
        }
        y
    };
    fused(inputs, move |inputs| {
        let y = apply(inputs[0]);
        (y, shape, move |b: Back| -> Grads { vec![Some(apply(b.grad))] })
    })
}

/// [`dropout`] in tensor operations, with the same mask.
pub(crate) fn dropout_reference(x: &Tensor<2>, p: f64, key: u64) -> Tensor<2> {
    let [n, d] = x.dims();
    let Some(mask) = Mask::new(p, key) else { return x.clone() };
    x.clone() * tensor((0..n * d).map(|i| mask.at(i)).collect(), [n, d], &x.device())
}
