//! Priors of weights: they are computed on the host from the weights as they are, in a step once.

use crate::kinds::terms::{MEMBERS, one};
use crate::ops::host::{tensor, to_vec};
use crate::ops::layer::Cx;
use crate::ops::value::Value;
use crate::plan::{Setting, Term};
use burn::tensor::Tensor;
use rayon::prelude::*;

/// The matrices of a term, one of each member.
pub(in crate::kinds::terms) fn members(t: &Term) -> Result<Vec<usize>, String> {
    let n = t.settings.get(MEMBERS).and_then(Setting::as_usize);
    match n {
        Some(n) if n == t.params.len() && n > 1 => Ok(t.params.clone()),
        _ => Err(format!("`{}` needs a matrix of each of several members", t.kind)),
    }
}

/// A number of matrices, and its gradient in each, which `f` computes.
pub(in crate::kinds::terms) fn weighed(
    all: &[usize],
    cx: &Cx,
    f: impl FnOnce(&[Vec<f64>]) -> (f64, Vec<Vec<f64>>),
) -> Value {
    let own: Vec<Tensor<2>> = all.iter().map(|p| cx.params.get2(*p)).collect();
    let values: Vec<Vec<f64>> = own.iter().map(|t| to_vec(t).into_iter().map(f64::from).collect()).collect();
    let (value, slopes) = f(&values);
    // linear in the weights, with the gradient as slope and the value where they stand
    let dot = |(w, g): (&Vec<f64>, &Vec<f64>)| w.iter().zip(g).map(|(w, g)| w * g).sum::<f64>();
    let there: f64 = values.iter().zip(&slopes).map(dot).sum();
    let part = |(w, g): (Tensor<2>, Vec<f64>)| {
        let g = tensor::<2>(g.into_iter().map(|g| g as f32).collect(), w.dims(), &w.device());
        (w * g).sum()
    };
    let sum = own.into_iter().zip(slopes).map(part).reduce(|a: Tensor<1>, b| a + b);
    let sum = sum.unwrap_or_else(|| Tensor::zeros([1], cx.params.device()));
    one(sum.add_scalar(value - there))
}

/// What is added to variances, so that they have an inverse.
const LEAST: f64 = 1e-6;

/// The root of a symmetric matrix [n, n] without negative eigenvalues, and the inverse of the root: rotations of Jacobi.
pub(in crate::kinds::terms) fn root(a: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut a, mut v) = (a.to_vec(), vec![0.0; n * n]);
    (0..n).for_each(|i| v[i * n + i] = 1.0);
    for _ in 0..50 {
        let off: f64 = (0..n * n).filter(|i| i / n != i % n).map(|i| a[i] * a[i]).sum();
        let on: f64 = (0..n).map(|i| a[i * n + i] * a[i * n + i]).sum();
        if off <= 1e-24 * on {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                let apq = a[p * n + q];
                if apq == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let t = if theta == 0.0 { 1.0 } else { t };
                let (c, s) = (1.0 / (t * t + 1.0).sqrt(), t / (t * t + 1.0).sqrt());
                for k in 0..n {
                    let (x, y) = (a[k * n + p], a[k * n + q]);
                    (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (a[p * n + k], a[q * n + k]);
                    (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y);
                    let (x, y) = (v[k * n + p], v[k * n + q]);
                    (v[k * n + p], v[k * n + q]) = (c * x - s * y, s * x + c * y);
                }
            }
        }
    }
    let roots: Vec<f64> = (0..n).map(|i| (a[i * n + i].max(0.0) + LEAST).sqrt()).collect();
    let of = |f: &dyn Fn(f64) -> f64| {
        let at = |i: usize| (0..n).map(|k| v[i / n * n + k] * f(roots[k]) * v[i % n * n + k]).sum();
        (0..n * n).map(at).collect::<Vec<f64>>()
    };
    (of(&|x| x), of(&|x| 1.0 / x))
}

/// A covariance is this share of its mean variance: from few members the rest is not of full rank (Ledoit and Wolf 2004).
const SHRUNK: f64 = 0.1;

/// Σ a_i b_i, in lanes that the processor adds at once.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (x, y) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f64 = x.remainder().iter().zip(y.remainder()).map(|(a, b)| a * b).sum();
    for (x, y) in x.zip(y) {
        (0..LANES).for_each(|l| sums[l] += x[l] * y[l]);
    }
    sums.iter().sum::<f64>() + rest
}

/// A tensor with a covariance for each of its three modes.
pub(in crate::kinds::terms) struct Modes {
    /// as it was
    original: Vec<f64>,
    /// times the inverses of the covariances so far
    scaled: Vec<f64>,
    shape: [usize; 3],
}

impl Modes {
    pub fn new(values: Vec<f64>, shape: [usize; 3]) -> Self {
        Self { scaled: values.clone(), original: values, shape }
    }

    /// Sets the covariance of a mode, d/D · W (…)⁻¹ Wᵀ of the tensor unfolded along it, [`SHRUNK`], and multiplies by its
    /// inverse; gives the logarithm of its determinant.
    pub fn whiten(&mut self, mode: usize) -> f64 {
        let d = self.shape[mode];
        let n = self.original.len() / d.max(1);
        let (rows, mut scaled) = (self.unfolded(&self.original, mode), self.unfolded(&self.scaled, mode));
        let mut s = vec![0.0; d * d];
        s.par_chunks_mut(d.max(1)).enumerate().for_each(|(i, row)| {
            for (j, v) in row[..=i].iter_mut().enumerate() {
                *v = (1.0 - SHRUNK) / n as f64 * dot(&rows[i * n..(i + 1) * n], &scaled[j * n..(j + 1) * n]);
            }
        });
        let mean = (0..d).map(|i| s[i * d + i]).sum::<f64>() / (1.0 - SHRUNK) / d as f64;
        (0..d).for_each(|i| s[i * d + i] += SHRUNK * mean + LEAST * LEAST);
        let log = cholesky(&mut s, d);
        solve(&s, d, &mut scaled, n);
        self.fold(&scaled, mode);
        log
    }

    /// Places of the tensor, in the order of the rows of it unfolded along a mode.
    fn places(&self, mode: usize) -> impl Iterator<Item = usize> + use<> {
        let d = self.shape[mode];
        let behind = self.shape[mode + 1..].iter().product::<usize>();
        let before = self.shape[..mode].iter().product::<usize>();
        (0..d).flat_map(move |i| (0..before).flat_map(move |x| (0..behind).map(move |y| (x * d + i) * behind + y)))
    }

    fn unfolded(&self, x: &[f64], mode: usize) -> Vec<f64> {
        self.places(mode).map(|at| x[at]).collect()
    }

    fn fold(&mut self, rows: &[f64], mode: usize) {
        for (at, x) in self.places(mode).zip(rows) {
            self.scaled[at] = *x;
        }
    }

    /// vec(W)ᵀ Σ⁻¹ vec(W), and Σ⁻¹ vec(W).
    pub fn finish(self) -> (f64, Vec<f64>) {
        (self.original.iter().zip(&self.scaled).map(|(a, b)| a * b).sum(), self.scaled)
    }
}

/// L of A = L Lᵀ in place of the lower half of A [n, n]; gives ln|A|.
fn cholesky(a: &mut [f64], n: usize) -> f64 {
    let mut log = 0.0;
    for i in 0..n {
        for j in 0..=i {
            let (x, y) = (&a[i * n..i * n + j], &a[j * n..j * n + j]);
            let rest = a[i * n + j] - dot(x, y);
            a[i * n + j] = if i == j { rest.max(LEAST * LEAST).sqrt() } else { rest / a[j * n + j] };
        }
        log += 2.0 * a[i * n + i].ln();
    }
    log
}

/// (L Lᵀ)⁻¹ X in place of X [n, k].
fn solve(l: &[f64], n: usize, x: &mut [f64], k: usize) {
    let take = |x: &mut [f64], to: usize, from: usize, share: f64| {
        let (low, high) = (to.min(from), to.max(from));
        let (a, b) = x.split_at_mut(high * k);
        let (a, b) = (&mut a[low * k..(low + 1) * k], &mut b[..k]);
        let (to, from) = if to < from { (a, b) } else { (b, a) };
        to.iter_mut().zip(from.iter()).for_each(|(t, f)| *t -= share * f);
    };
    for i in 0..n {
        (0..i).for_each(|j| take(x, i, j, l[i * n + j]));
        x[i * k..(i + 1) * k].iter_mut().for_each(|v| *v /= l[i * n + i]);
    }
    for i in (0..n).rev() {
        (i + 1..n).for_each(|j| take(x, i, j, l[j * n + i]));
        x[i * k..(i + 1) * k].iter_mut().for_each(|v| *v /= l[i * n + i]);
    }
}
