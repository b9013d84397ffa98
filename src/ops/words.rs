//! A linear layer to very many classes, such as the words of a language, with what is made of its scores. They are computed
//! in blocks of rows: all of them, `[N, V]`, are never there at once.

use super::host::{Back, Grads, Host, fused, hosts, read};
use super::kernels::{add_rows, add_to};
use super::loss::{argmax, cross_entropy, cross_entropy_rows};
use super::matmul::{Mat, mm};
use super::rows::{Activation, dense};
use burn::tensor::Tensor;
use std::ops::Range;

/// Scores that are there at once, but for one row.
const BLOCK: usize = 1 << 19;

/// x·w + b, some rows at a time. x: `[N, d]`, w: `[d, V]`, b: `[V]`
fn in_blocks(x: &[f32], w: &[f32], b: &[f32], mut f: impl FnMut(Range<usize>, &mut [f32])) {
    let v = b.len().max(1);
    let d = w.len() / v;
    let n = x.len().checked_div(d).unwrap_or(0);
    let each = (BLOCK / v).clamp(1, n.max(1));
    let mut scores = vec![0.0; each * v];
    for start in (0..n).step_by(each) {
        let rows = start..(start + each).min(n);
        let scores = &mut scores[..rows.len() * v];
        mm(scores, v, Mat::new(&x[rows.start * d..rows.end * d], rows.len(), d), Mat::new(w, d, v), false, true);
        scores.chunks_exact_mut(v).for_each(|row| add_to(row, b));
        f(rows, scores);
    }
}

/// Softmax cross-entropy of x·w + b, the mean over all rows, each of which has a target: `[1]`.
pub(crate) fn linear_cross_entropy(x: &Tensor<2>, w: &Tensor<2>, b: &Tensor<1>, targets: &[i32]) -> Tensor<1> {
    let Some(inputs) = hosts!(x, w, b) else {
        let scores = dense(x, w, Some(b), Activation::None);
        return cross_entropy(&scores, targets).map_or_else(|| Tensor::zeros([1], &x.device()), |(loss, _)| loss);
    };
    let (tracked, scale) = (inputs.iter().any(|i| matches!(i, Host::Tracked(_))), 1.0 / targets.len().max(1) as f64);
    fused(inputs, |inputs| {
        let [x, w, b] = [inputs[0], inputs[1], inputs[2]];
        let v = b.len().max(1);
        let d = w.len() / v;
        let mut loss = 0f64;
        let [mut dx, mut dw, mut db] = [x, w, b].map(|t| if tracked { vec![0f32; t.len()] } else { vec![] });
        in_blocks(x, w, b, |rows, scores| {
            // probabilities minus targets: the gradient of the scores
            cross_entropy_rows(scores, &targets[rows.clone()], v, &mut loss);
            if tracked {
                let (n, from) = (rows.len(), rows.start * d);
                let slope = Mat::new(scores, n, v);
                mm(&mut dx[from..from + n * d], d, slope, Mat::new(w, d, v).t(), false, true);
                mm(&mut dw, v, Mat::new(&x[from..from + n * d], n, d).t(), slope, true, true);
                add_rows(&mut db, scores);
            }
        });
        let back = move |b: Back| -> Grads {
            let by = b.grad[0] * scale as f32;
            [dx, dw, db]
                .into_iter()
                .map(|mut g| {
                    g.iter_mut().for_each(|g| *g *= by);
                    Some(g)
                })
                .collect()
        };
        (vec![(loss * scale) as f32], [1], back)
    })
}

/// The log-probability of the target of each row, without gradient.
pub(crate) fn linear_logp(x: &Tensor<2>, w: &Tensor<2>, b: &Tensor<1>, targets: &[i32]) -> Vec<f64> {
    let mut out = Vec::with_capacity(targets.len());
    let v = b.dims()[0];
    read(x, |x| {
        read(w, |w| {
            read(b, |b| {
                in_blocks(x, w, b, |rows, scores| {
                    for (row, target) in scores.chunks_exact_mut(v).zip(&targets[rows]) {
                        let mut loss = 0f64;
                        cross_entropy_rows(row, std::slice::from_ref(target), v, &mut loss);
                        out.push(-loss);
                    }
                });
            });
        });
    });
    out
}

/// The most probable class of each row, the first of equals.
pub(crate) fn linear_argmax(x: &Tensor<2>, w: &Tensor<2>, b: &Tensor<1>) -> Vec<u32> {
    let mut out = vec![];
    let v = b.dims()[0];
    read(x, |x| read(w, |w| read(b, |b| in_blocks(x, w, b, |_, scores| out.extend(argmax(scores, v))))));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::host::{tensor, to_vec};
    use burn::tensor::Device;

    /// Numbers that look random.
    fn numbers(n: usize, seed: f64) -> Vec<f32> {
        (0..n).map(|i| ((i as f64 * 12.9898 + seed).sin() * 43758.5453).fract() as f32).collect()
    }

    /// Several blocks, the last of them shorter, against scores that are there at once.
    #[test]
    fn blocks_make_no_difference() {
        let (n, d, v) = (7, 5, BLOCK / 3 + 1);
        let device = Device::flex().autodiff();
        let x = || tensor::<2>(numbers(n * d, 1.0), [n, d], &device).require_grad();
        let w = || tensor::<2>(numbers(d * v, 2.0), [d, v], &device).require_grad();
        let b = || tensor::<1>(numbers(v, 3.0), [v], &device).require_grad();
        let targets: Vec<i32> = (0..n).map(|i| (i * 977 % v) as i32).collect();
        let (a, c) = ((x(), w(), b()), (x(), w(), b()));
        let ours = linear_cross_entropy(&a.0, &a.1, &a.2, &targets);
        let scores = dense(&c.0, &c.1, Some(&c.2), Activation::None);
        let (whole, count) = cross_entropy(&scores, &targets).unwrap();
        assert_eq!(count, n);
        let (one, other) = (to_vec(&ours)[0], to_vec(&whole)[0]);
        assert!((one - other).abs() < 1e-4, "{one} {other}");
        let logp = linear_logp(&a.0, &a.1, &a.2, &targets);
        assert!((logp.iter().sum::<f64>() / n as f64 + f64::from(one)).abs() < 1e-4);
        assert_eq!(linear_argmax(&a.0, &a.1, &a.2), argmax(&to_vec(&scores), v));
        let (mut ga, mut gc) = (ours.mul_scalar(3.0).backward(), whole.mul_scalar(3.0).backward());
        let near = |p: Vec<f32>, q: Vec<f32>| {
            assert!(p.len() == q.len() && p.iter().zip(&q).all(|(p, q)| (p - q).abs() < 1e-5));
            assert!(p.iter().any(|p| p.abs() > 1e-4));
        };
        near(to_vec(&a.0.grad_remove(&mut ga).unwrap()), to_vec(&c.0.grad_remove(&mut gc).unwrap()));
        near(to_vec(&a.1.grad_remove(&mut ga).unwrap()), to_vec(&c.1.grad_remove(&mut gc).unwrap()));
        near(to_vec(&a.2.grad_remove(&mut ga).unwrap()), to_vec(&c.2.grad_remove(&mut gc).unwrap()));
    }
}
