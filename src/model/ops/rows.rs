//! Operations on rows: lookup, linear maps, pooling within texts, normalisation, dropout.

use super::host::{Back, Grads, fused, hosts, tensor};
use super::kernels::{Mask, Mat, add_rows, add_to, dot, erf, exp, mask_to, mm, sigmoid, simd, softmax_rows, sum, tanh};
use super::rnn::index;
use crate::model::value::Layout;
use burn::tensor::{Tensor, activation};
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

simd! {
    fn activate(y: &mut [f32], f: Activation) {
        match f {
            Activation::None => {}
            Activation::Relu => y.iter_mut().for_each(|v| *v = if *v < 0.0 { 0.0 } else { *v }),
            Activation::Tanh => y.iter_mut().for_each(|v| *v = tanh(*v)),
            Activation::Sigmoid => y.iter_mut().for_each(|v| *v = sigmoid(*v)),
            Activation::Gelu => y.iter_mut().for_each(|v| *v = 0.5 * *v * (1.0 + erf(*v * SQRT_HALF))),
        }
    }
}

simd! {
    /// `d` becomes the gradient before the activation; `u` is the output, for gelu the input.
    fn activate_back(d: &mut [f32], u: &[f32], f: Activation) {
        let pairs = d.iter_mut().zip(u);
        match f {
            Activation::None => {}
            Activation::Relu => pairs.for_each(|(d, u)| *d = if *u > 0.0 { *d } else { 0.0 }),
            Activation::Tanh => pairs.for_each(|(d, u)| *d *= 1.0 - u * u),
            Activation::Sigmoid => pairs.for_each(|(d, u)| *d *= u * (1.0 - u)),
            Activation::Gelu => pairs.for_each(|(d, u)| {
                *d *= 0.5 * (1.0 + erf(*u * SQRT_HALF)) + u * DENSITY * exp(-0.5 * u * u);
            }),
        }
    }
}

/// f(x·w + b)
pub(crate) fn dense(x: &Tensor<2>, w: &Tensor<2>, b: Option<&Tensor<1>>, f: Activation) -> Tensor<2> {
    let ([n, d], [_, m]) = (x.dims(), w.dims());
    let inputs = match b {
        Some(b) => hosts!(x, w, b),
        None => hosts!(x, w),
    };
    let Some(inputs) = inputs else { return dense_reference(x, w, b, f) };
    fused(inputs, move |inputs| {
        let mut y = vec![];
        if let Some(b) = inputs.get(2) {
            y.reserve_exact(n * m);
            (0..n).for_each(|_| y.extend_from_slice(b));
        } else {
            y.resize(n * m, 0.0);
        }
        mm(&mut y, m, Mat::new(inputs[0], n, d), Mat::new(inputs[1], d, m), inputs.len() > 2, true);
        let before = if f == Activation::Gelu { y.clone() } else { vec![] };
        activate(&mut y, f);
        let back = move |b: Back| -> Grads {
            let mut own = vec![];
            let g: &[f32] = if f == Activation::None {
                b.grad
            } else {
                own.extend_from_slice(b.grad);
                activate_back(&mut own, if f == Activation::Gelu { &before } else { b.output }, f);
                &own
            };
            let dx = b.needs[0].then(|| {
                let mut dx = vec![0f32; n * d];
                mm(&mut dx, d, Mat::new(g, n, m), Mat::new(b.inputs[1], d, m).t(), false, true);
                dx
            });
            let dw = b.needs[1].then(|| {
                let mut dw = vec![0f32; d * m];
                mm(&mut dw, m, Mat::new(b.inputs[0], n, d).t(), Mat::new(g, n, m), false, true);
                dw
            });
            let mut grads = vec![dx, dw];
            if let Some(&need) = b.needs.get(2) {
                grads.push(need.then(|| {
                    let mut db = vec![0f32; m];
                    add_rows(&mut db, g);
                    db
                }));
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

/// The greatest value of each column within each text; zeros for an empty text.
pub(crate) fn max(x: &Tensor<2>, layout: &Arc<Layout>) -> Tensor<2> {
    let d = x.dims()[1];
    let Some(inputs) = hosts!(x) else { return max_reference(x, layout) };
    let layout = layout.clone();
    fused(inputs, move |inputs| {
        let b = layout.examples();
        let mut out = vec![0f32; b * d];
        let mut best = vec![0u32; b * d];
        for (i, r) in layout.rows().enumerate().filter(|(_, r)| !r.is_empty()) {
            let (out, best) = (&mut out[i * d..][..d], &mut best[i * d..][..d]);
            out.copy_from_slice(&inputs[0][r.start * d..][..d]);
            best.fill(r.start as u32);
            for t in r.start + 1..r.end {
                let row = &inputs[0][t * d..][..d];
                for j in 0..d {
                    // the first of equals, and a NaN is kept
                    let better = row[j] > out[j] || row[j].is_nan();
                    best[j] = if better { t as u32 } else { best[j] };
                    out[j] = if better { row[j] } else { out[j] };
                }
            }
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
    fn normalise(x: &[f32], g: &[f32], b: &[f32], y: &mut [f32], hat: &mut [f32], scale: &mut [f32], eps: f32) {
        let d = g.len();
        for (i, scale) in scale.iter_mut().enumerate() {
            let (x, y, hat) = (&x[i * d..][..d], &mut y[i * d..][..d], &mut hat[i * d..][..d]);
            let mean = sum(x) / d as f32;
            hat.iter_mut().zip(x).for_each(|(h, x)| *h = x - mean);
            *scale = 1.0 / (dot(hat, hat) / d as f32 + eps).sqrt();
            for j in 0..d {
                hat[j] *= *scale;
                y[j] = hat[j] * g[j] + b[j];
            }
        }
    }
}

simd! {
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

const EPSILON: f32 = 1e-5;

/// Layer normalisation (Ba et al. 2016), ε = 1e-5.
pub(crate) fn layer_norm(x: &Tensor<2>, gain: &Tensor<1>, bias: &Tensor<1>) -> Tensor<2> {
    let [n, d] = x.dims();
    let Some(inputs) = hosts!(x, gain, bias) else { return layer_norm_reference(x, gain, bias) };
    fused(inputs, move |inputs| {
        let (mut y, mut hat, mut scale) = (vec![0f32; n * d], vec![0f32; n * d], vec![0f32; n]);
        normalise(inputs[0], inputs[1], inputs[2], &mut y, &mut hat, &mut scale, EPSILON);
        let back = move |b: Back| -> Grads {
            let (mut dx, mut dg, mut db) = (vec![0f32; n * d], vec![0f32; d], vec![0f32; d]);
            normalise_back(b.grad, &hat, &scale, b.inputs[1], &mut dx, &mut dg, &mut db);
            vec![Some(dx), Some(dg), Some(db)]
        };
        (y, [n, d], back)
    })
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
    let apply = move |x: &[f32]| {
        let (mut y, mut start) = (vec![0f32; x.len()], 0);
        for (mask, n) in &masks {
            mask_to(&mut y[start..start + n], &x[start..start + n], *mask, 0);
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
