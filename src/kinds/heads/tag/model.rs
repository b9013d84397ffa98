//! A class for each token.

use super::super::model::{GoldRows, Head, LogP, Output, classes, constant, flag, ids, weighted};
use crate::kinds::terms::{Gold, Judged};
use crate::ops::crf::{self, Chain, Legal, viterbi};
use crate::ops::host::read;
use crate::ops::layer::{Cx, axis, like, matrix};
use crate::ops::loss::{argmax, cross_entropy, one_hot, softmax};
use crate::ops::value::{Axis, Value};
use crate::plan::{LabelSpec, Task};
use crate::records::Records;
use burn::tensor::{Tensor, activation};

pub(super) fn build(task: &Task, labels: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let out = Output::of(task)?;
    let classes = classes(task, task.labels, labels)?;
    if !flag(task, "crf") {
        return Ok(Box::new(Softmax { out, k: classes.len(), per_layer: flag(task, "per_layer") }));
    }
    if flag(task, "per_layer") {
        return Err("`crf` and `per_layer` do not go together".to_string());
    }
    let [_, _, transitions, start, end] = *task.params.as_slice() else {
        return Err("a `crf` has five parameters".to_string());
    };
    let legal = if flag(task, "bio") { Legal::bio(&classes) } else { Legal::default() };
    Ok(Box::new(Crf { out, k: classes.len(), transitions, start, end, legal }))
}

/// Each token by itself; with `per_layer`, several taggers side by side.
struct Softmax {
    out: Output,
    /// classes of one tagger
    k: usize,
    per_layer: bool,
}

impl Softmax {
    /// `[N·R, K]`
    fn rows(&self, scores: &Value) -> Tensor<2> {
        let x = matrix(scores);
        let [n, width] = x.dims();
        if self.per_layer { x.clone().reshape([n * (width / self.k.max(1)), self.k]) } else { x.clone() }
    }
    /// Number of taggers side by side.
    fn taggers(&self, width: usize) -> usize {
        if self.per_layer { width / self.k.max(1) } else { 1 }
    }

    /// A class for each row of [`Softmax::rows`], −1: none. Layers that training never showed come last and are left out.
    fn golds(&self, scores: &Value, gold: &Records) -> Vec<i32> {
        let r = self.taggers(matrix(scores).dims()[1]);
        let y = gold.below(self.k);
        if gold.width <= r { y } else { y.chunks_exact(gold.width).flat_map(|t| t[..r].to_vec()).collect() }
    }

    fn classes(&self, scores: &Value) -> Vec<u32> {
        read(matrix(scores), |s| argmax(s, self.k))
    }
}

impl Head for Softmax {
    fn scores(&self, inputs: &[&Value], cx: &Cx) -> Value {
        self.out.apply(inputs[0], cx)
    }
    fn loss(&self, scores: &Value, gold: &Records, _: &Cx) -> Option<(Tensor<1>, usize)> {
        cross_entropy(&self.rows(scores), &self.golds(scores, gold))
    }

    fn logp(&self, scores: &Value, gold: &Records, _: &Cx) -> LogP {
        let y = self.golds(scores, gold);
        let values = weighted(&activation::log_softmax(self.rows(scores), 1), one_hot(&y, self.k)); // [N·R, 1]
        LogP { values, has: y.iter().map(|c| *c >= 0).collect(), weight: 1 }
    }
    fn judged(&self, scores: &Value, gold: &Records) -> Option<Judged> {
        let y = self.golds(scores, gold);
        let (target, has) = (one_hot(&y, self.k), y.iter().map(|c| *c >= 0).collect());
        Some(Judged { scores: self.rows(scores), target, has, gold: Gold::One, weights: vec![] })
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, softmax(&self.rows(scores)).reshape(matrix(scores).dims()))
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        constant(scores, one_hot(&ids(&self.classes(scores)), self.k))
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Records {
        said(&self.classes(scores), self.taggers(matrix(scores).dims()[1]), axis(scores))
    }

    fn gold_rows(&self, gold: &Records, example: usize, rows: &mut GoldRows) {
        let r = self.taggers(rows.width);
        for token in gold.row(example).chunks_exact(gold.width.max(1)) {
            let token = &token[..r.min(token.len())];
            let full = token.iter().all(|c| *c >= 0 && (*c as usize) < self.k);
            rows.push(full, token.iter().enumerate().map(|(l, c)| l * self.k + (*c).max(0) as usize), 1.0);
        }
    }
}

/// Decisions token by token as records of each text.
fn said(y: &[u32], width: usize, layout: &Axis) -> Records {
    let mut r = Records::new(width);
    layout.rows().for_each(|t| r.push(true, ids(&y[t.start * width..t.end * width])));
    r
}

/// A linear-chain conditional random field. It is trained over all sequences; decisions follow BIO where asked.
struct Crf {
    out: Output,
    k: usize,
    transitions: usize,
    start: usize,
    end: usize,
    legal: Legal,
}

impl Crf {
    fn chain(&self, cx: &Cx) -> Chain {
        Chain {
            transitions: cx.params.get2(self.transitions),
            start: cx.params.get1(self.start),
            end: cx.params.get1(self.end),
        }
    }
    fn best(&self, scores: &Value, cx: &Cx) -> Vec<u32> {
        let [t, s, e] = [self.transitions, self.start, self.end].map(|i| cx.params.values(i));
        read(matrix(scores), |x| viterbi([x, &t, &s, &e], axis(scores), &self.legal))
    }
}

impl Head for Crf {
    fn scores(&self, inputs: &[&Value], cx: &Cx) -> Value {
        self.out.apply(inputs[0], cx)
    }
    fn loss(&self, scores: &Value, gold: &Records, cx: &Cx) -> Option<(Tensor<1>, usize)> {
        crf::nll(matrix(scores), &self.chain(cx), &gold.below(self.k), axis(scores))
    }

    /// A row for each text: log p(y | text), summed over what has no gold.
    fn logp(&self, scores: &Value, gold: &Records, cx: &Cx) -> LogP {
        let (x, y, chain) = (matrix(scores), gold.below(self.k), self.chain(cx));
        let one = |r: std::ops::Range<usize>| -> Option<Tensor<2>> {
            let text = Axis::from_lengths([r.len()]);
            let (mean, count) = crf::nll(&x.clone().narrow(0, r.start, r.len()), &chain, &y[r], &text)?;
            Some(mean.mul_scalar(-(count as f64)).reshape([1, 1]))
        };
        let rows: Vec<Option<Tensor<2>>> =
            axis(scores).rows().map(|r| if r.is_empty() { None } else { one(r) }).collect();
        let has = rows.iter().map(Option::is_some).collect();
        let zero = || Tensor::zeros([1, 1], &x.device());
        let rows: Vec<Tensor<2>> = rows.into_iter().map(|r| r.unwrap_or_else(zero)).collect();
        let values = if rows.is_empty() { Tensor::zeros([0, 1], &x.device()) } else { Tensor::cat(rows, 0) };
        LogP { values, has, weight: 1 }
    }
    fn probs(&self, scores: &Value, cx: &Cx) -> Value {
        like(scores, crf::marginals(matrix(scores), &self.chain(cx), axis(scores)))
    }
    fn labels(&self, scores: &Value, cx: &Cx) -> Value {
        constant(scores, one_hot(&ids(&self.best(scores, cx)), self.k))
    }
    fn decide(&self, scores: &Value, cx: &Cx) -> Records {
        said(&self.best(scores, cx), 1, axis(scores))
    }
}
