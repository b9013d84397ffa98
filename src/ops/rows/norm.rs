//! Layer normalisation and dropout.

use super::{add_up, in_parts};
use crate::ops::buffer::Buffer;
use crate::ops::host::{Back, Grads, Host, fused, hosts, tensor};
use crate::ops::kernels::{Mask, dot, mask_to, simd, sum};
use burn::tensor::Tensor;

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
