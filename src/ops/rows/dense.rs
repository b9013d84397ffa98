//! Linear maps, with what follows them.

use super::{column_sums, dropout_reference, in_parts};
use crate::ops::buffer::Buffer;
use crate::ops::host::{Back, Grads, fused, hosts};
use crate::ops::kernels::{Mask, erf, exp, mask_to, sigmoid, simd, tanh};
use crate::ops::matmul::{Mat, product};
use burn::tensor::{Tensor, activation};

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
