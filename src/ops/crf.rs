//! Linear-chain conditional random fields (Lafferty et al. 2001): score(y) = start[y₁] + Σ scores[t, y_t] +
//! Σ transitions[y_t, y_t+1] + end[y_T].
//!
//! Forward and backward sums are kept as probabilities, rescaled at every step, in double precision: no logarithm and no
//! exponential inside the K² loops, and nothing to overflow for weights up to some hundreds.

use super::host::{Back, Grads, fused, hosts, tensor};
use super::kernels::simd;
use super::loss::one_hot;
use crate::ops::value::Axis;
use burn::tensor::Tensor;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// The tensors of a field besides the scores `[N, K]`.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    /// from, to: `[K, K]`
    pub transitions: Tensor<2>,
    /// `[K]`
    pub start: Tensor<1>,
    /// `[K]`
    pub end: Tensor<1>,
}

/// Values of a field on the host, ready for the sums.
struct Field<'a> {
    k: usize,
    scores: &'a [f32],
    start: &'a [f32],
    end: &'a [f32],
    transitions: &'a [f32],
    /// exp(transition − their maximum), from-major and to-major
    exp: Vec<f64>,
    exp_t: Vec<f64>,
    max: f64,
}

/// Gradient of something in all four tensors, the scores' of one sentence.
struct Sums {
    /// of the value itself
    value: f64,
    scores: Vec<f64>,
    transitions: Vec<f64>,
    start: Vec<f64>,
    end: Vec<f64>,
}

simd! {
    /// y += row-vector × matrix
    fn times(y: &mut [f64], x: &[f64], matrix: &[f64]) {
        for (x, row) in x.iter().zip(matrix.chunks_exact(y.len())) {
            for (y, m) in y.iter_mut().zip(row) {
                *y += x * m;
            }
        }
    }
}

simd! {
    /// matrix += column-vector × row-vector
    fn outer(matrix: &mut [f64], x: &[f64], y: &[f64]) {
        for (x, row) in x.iter().zip(matrix.chunks_exact_mut(y.len())) {
            for (m, y) in row.iter_mut().zip(y) {
                *m += x * y;
            }
        }
    }
}

impl<'a> Field<'a> {
    fn new(inputs: &[&'a [f32]]) -> Self {
        let (scores, transitions, start, end) = (inputs[0], inputs[1], inputs[2], inputs[3]);
        let k = start.len();
        let max = transitions.iter().fold(f64::NEG_INFINITY, |m, &v| m.max(f64::from(v)));
        let exp: Vec<f64> = transitions.iter().map(|&v| (f64::from(v) - max).exp()).collect();
        let exp_t = (0..k * k).map(|i| exp[i % k * k + i / k]).collect();
        Self { k, scores, start, end, transitions, exp, exp_t, max }
    }

    /// exp(score − its step's maximum) with start and end taken in, and the sum of the maxima. `gold`: only these
    /// classes, where they are not −1.
    fn weights(&self, rows: &Range<usize>, gold: Option<&[i32]>) -> (Vec<f64>, f64) {
        let (k, n) = (self.k, rows.len());
        let mut w: Vec<f64> = self.scores[rows.start * k..rows.end * k].iter().map(|&v| f64::from(v)).collect();
        let mut total = 0.0;
        for (t, row) in w.chunks_exact_mut(k).enumerate() {
            for (j, v) in row.iter_mut().enumerate() {
                *v += if t == 0 { f64::from(self.start[j]) } else { 0.0 };
                *v += if t + 1 == n { f64::from(self.end[j]) } else { 0.0 };
                if gold.is_some_and(|g| g[t] >= 0 && g[t] as usize != j) {
                    *v = f64::NEG_INFINITY;
                }
            }
            let max = row.iter().fold(f64::NEG_INFINITY, |m, &v| m.max(v));
            row.iter_mut().for_each(|v| *v = (*v - max).exp());
            total += max;
        }
        (w, total)
    }

    /// Forward sums (each step's add up to one), backward sums, the scales c_t, and log Z.
    fn sums(&self, w: &[f64], shift: f64) -> (Vec<f64>, Vec<f64>, Vec<f64>, f64) {
        let k = self.k;
        let n = w.len() / k;
        let (mut a, mut b, mut c) = (vec![0f64; n * k], vec![1f64; n * k], vec![0f64; n]);
        for t in 0..n {
            let (done, now) = a.split_at_mut(t * k);
            let now = &mut now[..k];
            if t == 0 {
                now.copy_from_slice(&w[..k]);
            } else {
                times(now, &done[(t - 1) * k..], &self.exp);
                now.iter_mut().zip(&w[t * k..]).for_each(|(a, w)| *a *= w);
            }
            c[t] = now.iter().sum();
            now.iter_mut().for_each(|a| *a /= c[t]);
        }
        let mut next = vec![0f64; k];
        for t in (1..n).rev() {
            for j in 0..k {
                next[j] = w[t * k + j] * b[t * k + j] / c[t];
            }
            let row = &mut b[(t - 1) * k..t * k];
            row.fill(0.0);
            times(row, &next, &self.exp_t);
        }
        let log_z = shift + c.iter().map(|c| c.ln()).sum::<f64>() + self.max * n.saturating_sub(1) as f64;
        (a, b, c, log_z)
    }

    /// log Z with its gradient, i.e. the expected counts.
    fn expectations(&self, rows: &Range<usize>, gold: Option<&[i32]>) -> Sums {
        let (k, n) = (self.k, rows.len());
        let (w, shift) = self.weights(rows, gold);
        let (a, b, c, value) = self.sums(&w, shift);
        let scores: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a * b).collect();
        let mut transitions = vec![0f64; k * k];
        let mut next = vec![0f64; k];
        for t in 1..n {
            for j in 0..k {
                next[j] = w[t * k + j] * b[t * k + j] / c[t];
            }
            outer(&mut transitions, &a[(t - 1) * k..t * k], &next);
        }
        transitions.iter_mut().zip(&self.exp).for_each(|(t, e)| *t *= e);
        let (start, end) = (scores[..k].to_vec(), scores[(n - 1) * k..].to_vec());
        Sums { value, scores, transitions, start, end }
    }

    /// Score of a path and its counts.
    fn path(&self, rows: &Range<usize>, gold: &[i32]) -> Sums {
        let (k, n) = (self.k, rows.len());
        let mut s = Sums {
            value: 0.0,
            scores: one_hot(gold, k).into_iter().map(f64::from).collect(),
            transitions: vec![0.0; k * k],
            start: vec![0.0; k],
            end: vec![0.0; k],
        };
        let y: Vec<usize> = gold.iter().map(|&g| g as usize).collect();
        for (t, &j) in y.iter().enumerate() {
            s.value += f64::from(self.scores[(rows.start + t) * k + j]);
        }
        for pair in y.windows(2) {
            s.value += f64::from(self.transitions[pair[0] * k + pair[1]]);
            s.transitions[pair[0] * k + pair[1]] += 1.0;
        }
        s.value += f64::from(self.start[y[0]]) + f64::from(self.end[y[n - 1]]);
        s.start[y[0]] = 1.0;
        s.end[y[n - 1]] = 1.0;
        s
    }

    /// log Z − log of the part of Z that agrees with gold, with its gradient.
    fn nll(&self, rows: &Range<usize>, gold: &[i32]) -> Sums {
        let mut all = self.expectations(rows, None);
        let agreed = if gold.contains(&-1) { self.expectations(rows, Some(gold)) } else { self.path(rows, gold) };
        all.value -= agreed.value;
        let pairs = [
            (&mut all.scores, &agreed.scores),
            (&mut all.transitions, &agreed.transitions),
            (&mut all.start, &agreed.start),
            (&mut all.end, &agreed.end),
        ];
        for (x, y) in pairs {
            x.iter_mut().zip(y).for_each(|(x, y)| *x -= y);
        }
        all
    }

    /// The derivative of the expected counts in the direction `v` of the scores: the product of log Z's Hessian and
    /// `v`, hence the gradient of Σ v·marginal. The scales c_t are held fixed, and Z's own derivative taken out.
    fn slope(&self, rows: &Range<usize>, v: &[f32]) -> Sums {
        let (k, n) = (self.k, rows.len());
        let (w, shift) = self.weights(rows, None);
        let (a, b, c, _) = self.sums(&w, shift);
        let (mut da, mut db) = (vec![0f64; n * k], vec![0f64; n * k]);
        for t in 0..n {
            let (done, now) = da.split_at_mut(t * k);
            let now = &mut now[..k];
            if t > 0 {
                times(now, &done[(t - 1) * k..], &self.exp);
                now.iter_mut().zip(&w[t * k..]).for_each(|(d, w)| *d *= w / c[t]);
            }
            for j in 0..k {
                now[j] += a[t * k + j] * f64::from(v[t * k + j]);
            }
        }
        // w_t·β_t/c_t and its derivative, for each step
        let (mut next, mut d_next) = (vec![0f64; n * k], vec![0f64; n * k]);
        for t in (1..n).rev() {
            for i in t * k..(t + 1) * k {
                next[i] = w[i] * b[i] / c[t];
                d_next[i] = w[i] * (f64::from(v[i]) * b[i] + db[i]) / c[t];
            }
            times(&mut db[(t - 1) * k..t * k], &d_next[t * k..(t + 1) * k], &self.exp_t);
        }
        let dz: f64 = da[(n - 1) * k..].iter().sum();
        let scores: Vec<f64> = (0..n * k).map(|i| da[i] * b[i] + a[i] * (db[i] - b[i] * dz)).collect();
        let mut transitions = vec![0f64; k * k];
        for t in 1..n {
            let (before, now) = ((t - 1) * k..t * k, t * k..(t + 1) * k);
            d_next[now.clone()].iter_mut().zip(&next[now.clone()]).for_each(|(dy, y)| *dy -= y * dz);
            outer(&mut transitions, &da[before.clone()], &next[now.clone()]);
            outer(&mut transitions, &a[before], &d_next[now]);
        }
        transitions.iter_mut().zip(&self.exp).for_each(|(t, e)| *t *= e);
        let (start, end) = (scores[..k].to_vec(), scores[(n - 1) * k..].to_vec());
        Sums { value: 0.0, scores, transitions, start, end }
    }

    /// Sums over sentences, in parallel, added in the order of the batch.
    fn over(&self, rows: &[Range<usize>], f: impl Fn(&Range<usize>) -> Sums + Sync + Send) -> (f64, [Vec<f32>; 4]) {
        let k = self.k;
        let results: Vec<Sums> = rows.par_iter().map(f).collect();
        let mut scores = vec![0f32; self.scores.len()];
        let mut parts = [vec![0f64; k * k], vec![0f64; k], vec![0f64; k]];
        let mut value = 0.0;
        for (s, r) in results.into_iter().zip(rows) {
            value += s.value;
            scores[r.start * k..r.end * k].iter_mut().zip(s.scores).for_each(|(x, y)| *x = y as f32);
            for (sum, part) in parts.iter_mut().zip([s.transitions, s.start, s.end]) {
                sum.iter_mut().zip(part).for_each(|(x, y)| *x += y);
            }
        }
        let [t, s, e] = parts.map(|p| p.into_iter().map(|v| v as f32).collect());
        (value, [scores, t, s, e])
    }
}

/// Negative log-likelihood: the sum over sentences divided by the number of tokens with gold, and that number; `None`
/// without any. Where a token has no gold (−1), every class is summed over.
pub(crate) fn nll(scores: &Tensor<2>, chain: &Chain, gold: &[i32], layout: &Axis) -> Option<(Tensor<1>, usize)> {
    let count = gold.iter().filter(|&&g| g >= 0).count();
    if count == 0 {
        return None;
    }
    let rows: Vec<_> = layout.rows().filter(|r| gold[r.clone()].iter().any(|&g| g >= 0)).collect();
    let Some(inputs) = hosts!(scores, &chain.transitions, &chain.start, &chain.end) else {
        return nll_reference(scores, chain, gold, layout);
    };
    let loss = fused(inputs, |inputs| {
        let field = Field::new(inputs);
        let (value, mut slopes) = field.over(&rows, |r| field.nll(r, &gold[r.clone()]));
        let back = move |b: Back| -> Grads {
            let scale = b.grad[0] / count as f32;
            slopes.iter_mut().flatten().for_each(|v| *v *= scale);
            slopes.into_iter().map(Some).collect()
        };
        (vec![(value / count as f64) as f32], [1], back)
    });
    Some((loss, count))
}

/// Marginal probabilities `[N, K]`, with their exact gradient.
pub(crate) fn marginals(scores: &Tensor<2>, chain: &Chain, layout: &Arc<Axis>) -> Tensor<2> {
    let [n, k] = scores.dims();
    let Some(inputs) = hosts!(scores, &chain.transitions, &chain.start, &chain.end) else {
        return marginals_reference(scores, chain, layout);
    };
    let rows: Vec<_> = layout.rows().filter(|r| !r.is_empty()).collect();
    fused(inputs, move |inputs| {
        let field = Field::new(inputs);
        let (_, [p, ..]) = field.over(&rows, |r| field.expectations(r, None));
        let back = move |b: Back| -> Grads {
            let field = Field::new(b.inputs);
            let (_, slopes) = field.over(&rows, |r| field.slope(r, &b.grad[r.start * k..r.end * k]));
            slopes.into_iter().map(Some).collect()
        };
        (p, [n, k], back)
    })
}

/// What may follow what.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Legal {
    /// from, to: `[K·K]`; empty: everything
    pub transitions: Vec<bool>,
    /// at the start: `[K]`; empty: everything
    pub start: Vec<bool>,
}

impl Legal {
    /// BIO: `I-X` only after `B-X` or `I-X`, and not at the start.
    pub fn bio(classes: &[String]) -> Self {
        let inside = |c: &str| c.strip_prefix("I-").map(str::to_string);
        let part = |c: &str| c.strip_prefix("B-").or(c.strip_prefix("I-")).map(str::to_string);
        let follows = |a: &str, b: &str| inside(b).is_none_or(|x| part(a) == Some(x));
        Self {
            transitions: classes.iter().flat_map(|a| classes.iter().map(|b| follows(a, b))).collect(),
            start: classes.iter().map(|c| inside(c).is_none()).collect(),
        }
    }
    fn step(&self, from: usize, to: usize, k: usize) -> bool {
        self.transitions.get(from * k + to).copied().unwrap_or(true)
    }
}

simd! {
    /// For each class the best class before it, the first of equals, and the sum up to there.
    fn best_steps(now: &mut [f64], from: &mut [u64], best: &[f64], steps: &[f64]) {
        let k = now.len();
        let from = &mut from[..k];
        for (i, row) in steps.chunks_exact(k).enumerate() {
            let row = &row[..k];
            for j in 0..k {
                let s = best[i] + row[j];
                let better = s > now[j];
                now[j] = if better { s } else { now[j] };
                // as wide as the sums, so that both are chosen by one mask
                from[j] = if better { i as u64 } else { from[j] };
            }
        }
    }
}

/// The best legal path of each text (Viterbi 1967); the scores, the chain's values, all on the host.
pub(crate) fn viterbi(inputs: [&[f32]; 4], layout: &Axis, legal: &Legal) -> Vec<u32> {
    let [scores, transitions, start, end] = inputs;
    let k = start.len();
    // an illegal step costs so much that it is taken only where there is no other
    let cost = |ok: bool| if ok { 0.0 } else { -1e8f64 };
    let steps: Vec<f64> = (0..k * k).map(|i| f64::from(transitions[i]) + cost(legal.step(i / k, i % k, k))).collect();
    let path = |r: Range<usize>| -> Vec<u32> {
        let n = r.len();
        if n == 0 {
            return vec![];
        }
        let score = |t: usize, j: usize| f64::from(scores[(r.start + t) * k + j]);
        let first = |j: usize| f64::from(start[j]) + cost(legal.start.get(j).copied().unwrap_or(true)) + score(0, j);
        let mut best: Vec<f64> = (0..k).map(first).collect();
        let mut from = vec![0u64; n * k];
        let mut now = vec![0f64; k];
        for t in 1..n {
            now.fill(f64::NEG_INFINITY);
            best_steps(&mut now, &mut from[t * k..(t + 1) * k], &best, &steps);
            best.iter_mut().enumerate().for_each(|(j, b)| *b = now[j] + score(t, j));
        }
        best.iter_mut().zip(end).for_each(|(b, e)| *b += f64::from(*e));
        let mut j = (0..k).fold(0, |b, j| if best[j] > best[b] { j } else { b });
        let mut tags = vec![0u32; n];
        for t in (0..n).rev() {
            tags[t] = j as u32;
            j = from[t * k + j] as usize;
        }
        tags
    };
    let rows: Vec<_> = layout.rows().collect();
    rows.into_par_iter().map(path).collect::<Vec<_>>().concat()
}

/// log Σ exp over a dimension.
fn log_sum_exp(x: Tensor<2>, dim: usize) -> Tensor<2> {
    let max = x.clone().detach().max_dim(dim);
    (x - max.clone()).exp().sum_dim(dim).log() + max
}

/// Forward and backward log sums of one text in tensor operations.
fn log_sums(s: &Tensor<2>, chain: &Chain) -> (Vec<Tensor<2>>, Vec<Tensor<2>>) {
    let [n, k] = s.dims();
    let row = |t: usize| s.clone().narrow(0, t, 1);
    let mut a = vec![row(0) + chain.start.clone().unsqueeze()];
    for t in 1..n {
        let sums = a[t - 1].clone().transpose() + chain.transitions.clone();
        a.push(log_sum_exp(sums, 0) + row(t));
    }
    let mut b = vec![chain.end.clone().reshape([1, k])];
    for t in (1..n).rev() {
        let sums = chain.transitions.clone() + row(t) + b[b.len() - 1].clone();
        b.push(log_sum_exp(sums, 1).transpose());
    }
    b.reverse();
    (a, b)
}

/// [`nll`] in tensor operations.
pub(crate) fn nll_reference(
    scores: &Tensor<2>,
    chain: &Chain,
    gold: &[i32],
    layout: &Axis,
) -> Option<(Tensor<1>, usize)> {
    let k = scores.dims()[1];
    let device = scores.device();
    let count = gold.iter().filter(|&&g| g >= 0).count();
    let mut loss: Option<Tensor<1>> = None;
    for r in layout.rows().filter(|r| gold[r.clone()].iter().any(|&g| g >= 0)) {
        let n = r.len();
        let s = scores.clone().narrow(0, r.start, n);
        let log_z = |s: &Tensor<2>| {
            let (a, _) = log_sums(s, chain);
            log_sum_exp(a[n - 1].clone() + chain.end.clone().unsqueeze(), 1).sum()
        };
        let gold = &gold[r];
        let off = |i: usize| if gold[i / k] >= 0 && gold[i / k] as usize != i % k { -1e6 } else { 0.0 };
        let agreed = s.clone() + tensor((0..n * k).map(off).collect(), [n, k], &device);
        let part = log_z(&s) - log_z(&agreed);
        loss = Some(loss.map_or(part.clone(), |l| l + part));
    }
    loss.map(|l| (l.div_scalar(count as f32), count))
}

/// [`marginals`] in tensor operations.
pub(crate) fn marginals_reference(scores: &Tensor<2>, chain: &Chain, layout: &Axis) -> Tensor<2> {
    let mut parts = vec![];
    for r in layout.rows().filter(|r| !r.is_empty()) {
        let (a, b) = log_sums(&scores.clone().narrow(0, r.start, r.len()), chain);
        for (a, b) in a.into_iter().zip(b) {
            parts.push(burn::tensor::activation::softmax(a + b, 1));
        }
    }
    if parts.is_empty() { scores.clone() } else { Tensor::cat(parts, 0) }
}
