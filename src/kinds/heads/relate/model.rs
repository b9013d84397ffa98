//! Scores of the relations of every pair of tokens, their likelihood, the pairs that hold.

use super::super::model::{Head, LogP, classes, flag, real};
use super::width;
use crate::ops::floats;
use crate::ops::host::tensor;
use crate::ops::kernels::uniform;
use crate::ops::layer::{Cx, axis, like, matrix};
use crate::ops::rows::{Activation, dense};
use crate::ops::value::Value;
use crate::plan::{LabelSpec, Task};
use crate::records::Records;
use burn::tensor::{Tensor, activation};
use std::ops::Range;

pub(super) fn build(task: &Task, labels: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let biaffine = flag(task, "biaffine");
    let wanted = if biaffine { 8 } else { 6 };
    if task.params.len() != wanted {
        return Err(format!("it has {wanted} parameters, not {}", task.params.len()));
    }
    Ok(Box::new(Relate {
        params: task.params.clone(),
        width: width(&task.settings),
        k: classes(task, task.labels, labels)?.len(),
        biaffine,
        multi: flag(task, "multi"),
        each: flag(task, "multi") || flag(task, "sigmoid"),
        negatives: real(task, "negatives"),
    }))
}

/// Its scores are the states that are compared: `[N, 2·width]`, first tokens before second ones.
struct Relate {
    params: Vec<usize>,
    width: usize,
    /// number of relations
    k: usize,
    biaffine: bool,
    /// several relations may hold for a pair
    multi: bool,
    /// each relation is decided by itself
    each: bool,
    /// so many pairs without a relation count for each that has one; none: all
    negatives: Option<f64>,
}

impl Relate {
    /// Scores `[n², K]` of all pairs of the tokens of a text, those of a first token one after the other.
    fn pairs(&self, scores: &Tensor<2>, text: &Range<usize>, cx: &Cx) -> Tensor<2> {
        let (n, l, k) = (text.len(), self.width, self.k);
        let own = scores.clone().narrow(0, text.start, n);
        let (from, to) = (own.clone().narrow(1, 0, l), own.narrow(1, l, l));
        let get = |at: usize| cx.params.get2(self.params[at]);
        if !self.biaffine {
            let sum = from.reshape([n, 1, l]) + to.reshape([1, n, l]);
            let bias = cx.params.get1(self.params[5]);
            return dense(&sum.tanh().reshape([n * n, l]), &get(4), Some(&bias), Activation::None);
        }
        let bias = cx.params.get1(self.params[7]);
        let left = dense(&from, &get(4), None, Activation::None).reshape([n * k, l]);
        let both = left.matmul(to.clone().transpose()).reshape([n, k, n]).swap_dims(1, 2);
        let of_from = dense(&from, &get(5), None, Activation::None).reshape([n, 1, k]);
        let of_to = dense(&to, &get(6), Some(&bias), Activation::None).reshape([1, n, k]);
        (both + of_from + of_to).reshape([n * n, k])
    }

    /// By pair of a text, the relations that hold in the gold; those that training never showed are none.
    fn held(&self, gold: &[i32], n: usize) -> Vec<Vec<usize>> {
        let mut held = vec![vec![]; n * n];
        for pair in gold.chunks_exact(3) {
            let [i, j, r] = [pair[0], pair[1], pair[2]].map(|x| usize::try_from(x).unwrap_or(usize::MAX));
            if i < n && j < n && r < self.k {
                held[i * n + j].push(r);
            }
        }
        held
    }

    /// The log-likelihood `[n², 1]` of what holds for each pair.
    fn likelihood(&self, s: Tensor<2>, held: &[Vec<usize>]) -> Tensor<2> {
        let (device, k) = (s.device(), self.k);
        let mut hot = vec![0f32; held.len() * (k + 1)];
        let (first, count) = if self.each { (0, k) } else { (1, k + 1) };
        for (row, relations) in hot.chunks_exact_mut(count).zip(held) {
            match (self.each, relations.first()) {
                (true, _) => relations.iter().for_each(|r| row[*r] = 1.0),
                // of several the first: a softmax has one
                (false, Some(r)) => row[first + r] = 1.0,
                (false, None) => row[0] = 1.0,
            }
        }
        hot.truncate(held.len() * count);
        let hot = tensor(hot, [held.len(), count], &device);
        if self.each {
            // t·log σ(s) + (1 − t)·log σ(−s), and log σ(−s) = log σ(s) − s
            let away = hot.mul_scalar(-1.0).add_scalar(1.0);
            return (activation::log_sigmoid(s.clone()) - away * s).sum_dim(1);
        }
        let all = Tensor::cat(vec![Tensor::zeros([held.len(), 1], &device), s], 1);
        (activation::log_softmax(all, 1) * hot).sum_dim(1)
    }

    /// How much each pair of a text counts: none for a token with itself, and of the pairs without a relation those that are drawn.
    fn counted(&self, held: &[Vec<usize>], n: usize, text: usize, cx: &Cx) -> Vec<f32> {
        let with = held.iter().filter(|h| !h.is_empty()).count();
        let without = (n * n.saturating_sub(1)).saturating_sub(with).max(1);
        let share = self.negatives.filter(|_| cx.training).map_or(1.0, |m| m * with.max(1) as f64 / without as f64);
        let key = cx.key(text as u64);
        let weight = |p: usize| !held[p].is_empty() || (p / n != p % n && uniform(key, p) < share);
        (0..n * n).map(|p| f32::from(u8::from(weight(p)))).collect()
    }
}

impl Head for Relate {
    fn scores(&self, inputs: &[&Value], cx: &Cx) -> Value {
        let act = if self.biaffine { Activation::Relu } else { Activation::None };
        let x = matrix(inputs[0]);
        let layer = |at: usize| {
            let bias = cx.params.get1(self.params[at + 1]);
            dense(x, &cx.params.get2(self.params[at]), Some(&bias), act)
        };
        like(inputs[0], Tensor::cat(vec![layer(0), layer(2)], 1))
    }

    fn loss(&self, scores: &Value, gold: &Records, cx: &Cx) -> Option<(Tensor<1>, usize)> {
        self.logp(scores, gold, cx).mean()
    }

    /// A row for each token: the log-likelihood of what holds between it and every token after the arrow.
    fn logp(&self, scores: &Value, gold: &Records, cx: &Cx) -> LogP {
        let x = matrix(scores);
        let (mut values, mut has) = (vec![], vec![]);
        for (e, text) in axis(scores).rows().enumerate() {
            let n = text.len();
            has.extend(std::iter::repeat_n(gold.present(e), n));
            if !gold.present(e) || self.k == 0 {
                values.push(Tensor::zeros([n, 1], &x.device()));
                continue;
            }
            let held = self.held(gold.row(e), n);
            let weights = tensor(self.counted(&held, n, e, cx), [n * n, 1], &x.device());
            let pairs = self.likelihood(self.pairs(x, &text, cx), &held) * weights;
            values.push(pairs.reshape([n, n]).sum_dim(1));
        }
        let values = if values.is_empty() { Tensor::zeros([0, 1], &x.device()) } else { Tensor::cat(values, 0) };
        LogP { values, has, weight: 1 }
    }

    fn decide(&self, scores: &Value, cx: &Cx) -> Records {
        let x = matrix(scores);
        let mut said = Records::new(3);
        for text in axis(scores).rows() {
            let n = text.len();
            let s = if self.k == 0 || n == 0 { vec![] } else { floats(&self.pairs(x, &text, cx)) };
            let mut held = vec![];
            for (p, row) in s.chunks_exact(self.k.max(1)).enumerate().filter(|(p, _)| p / n != p % n) {
                // a score above 0 is more probable than not, and than none
                let mut above: Vec<usize> = (0..self.k).filter(|r| row[*r] > 0.0).collect();
                if !self.multi {
                    above = above
                        .into_iter()
                        .max_by(|a, b| row[*a].total_cmp(&row[*b]).then(b.cmp(a)))
                        .into_iter()
                        .collect();
                }
                held.extend(above.into_iter().flat_map(|r| [p / n, p % n, r].map(|x| x as i32)));
            }
            said.push(true, held);
        }
        said
    }
}
