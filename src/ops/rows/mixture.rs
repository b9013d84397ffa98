//! Weighted sums of matrices, part by part.

use crate::ops::host::{Back, Grads, Host, fused};
use crate::ops::kernels::{dot, simd};
use burn::tensor::Tensor;

/// How the columns of a matrix are parted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    /// equal parts of each side
    pub subspaces: usize,
    /// directions side by side
    pub sides: usize,
}

impl Parts {
    /// Where a part begins in a row of `d` columns on each side, and how many columns of it stand there.
    fn columns(self, part: usize, d: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
        let side = d / self.sides.max(1);
        let width = side / self.subspaces.max(1);
        (0..self.sides).map(move |s| s * side + part * width..s * side + (part + 1) * width)
    }
}

simd! {
    /// `y += a·x`
    fn add_scaled(y: &mut [f32], x: &[f32], a: f32) {
        for (y, x) in y.iter_mut().zip(x) {
            *y += a * x;
        }
    }
}

/// Matrices that one fused operation takes beside the weights.
const MOST: usize = 8;

/// For each part p: Σ_{j, q} w[p, j·parts + q] · (part q of x_j). All `[n, d]`; w: `[parts, matrices · parts]`.
pub(crate) fn mixture(xs: &[Tensor<2>], w: &Tensor<2>, parts: Parts) -> Tensor<2> {
    let [n, d] = xs[0].dims();
    let hosts = xs.iter().chain([w]).map(Host::of).collect::<Option<Vec<_>>>();
    let Some(inputs) = hosts.filter(|_| xs.len() <= MOST) else { return mixture_reference(xs, w, parts) };
    let s = parts.subspaces;
    // each pair of a part of the result and a part of a matrix: (row of w, its column, matrix, columns there and here)
    let pairs: Vec<_> = (0..s)
        .flat_map(|p| (0..xs.len()).flat_map(move |j| (0..s).map(move |q| (p, j, q))))
        .flat_map(|(p, j, q)| {
            parts.columns(q, d).zip(parts.columns(p, d)).map(move |(from, to)| (p, j * s + q, j, from, to))
        })
        .collect();
    let m = xs.len();
    fused(inputs, move |inputs| {
        let w = inputs[m];
        let mut out = vec![0f32; n * d];
        for row in 0..n {
            for (p, k, j, from, to) in &pairs {
                let x = &inputs[*j][row * d..(row + 1) * d];
                add_scaled(&mut out[row * d..(row + 1) * d][to.clone()], &x[from.clone()], w[p * m * s + k]);
            }
        }
        let back = move |b: Back| -> Grads {
            let w = b.inputs[m];
            let mut dx: Vec<Vec<f32>> = (0..m).map(|_| vec![0f32; n * d]).collect();
            let mut dw = vec![0f32; w.len()];
            for row in 0..n {
                let g = &b.grad[row * d..(row + 1) * d];
                for (p, k, j, from, to) in &pairs {
                    let at = p * m * s + k;
                    let x = &b.inputs[*j][row * d..(row + 1) * d];
                    dw[at] += dot(&x[from.clone()], &g[to.clone()]);
                    add_scaled(&mut dx[*j][row * d..(row + 1) * d][from.clone()], &g[to.clone()], w[at]);
                }
            }
            dx.into_iter().chain([dw]).map(Some).collect()
        };
        (out, [n, d], back)
    })
}

/// [`mixture`] in tensor operations.
pub(crate) fn mixture_reference(xs: &[Tensor<2>], w: &Tensor<2>, parts: Parts) -> Tensor<2> {
    let d = xs[0].dims()[1];
    let s = parts.subspaces;
    let mut sides = vec![];
    for side in 0..parts.sides {
        for p in 0..s {
            let mut sum: Option<Tensor<2>> = None;
            for (j, x) in xs.iter().enumerate() {
                for q in 0..s {
                    let Some(from) = parts.columns(q, d).nth(side) else { continue };
                    let weight = w.clone().narrow(0, p, 1).narrow(1, j * s + q, 1);
                    let part = x.clone().narrow(1, from.start, from.len()) * weight;
                    sum = Some(sum.map_or(part.clone(), |s| s + part));
                }
            }
            sides.extend(sum);
        }
    }
    Tensor::cat(sides, 1)
}
