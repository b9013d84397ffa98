//! A class for each token.

use super::{Head, Output, classes, constant, flag, ids};
use crate::ops::crf::{self, Chain, Legal, viterbi};
use crate::ops::host::read;
use crate::ops::layer::{Cx, layout, like, matrix};
use crate::ops::loss::{argmax, cross_entropy, one_hot, softmax};
use crate::ops::value::{Decision, Gold, Value};
use crate::plan::{LabelSpec, Task};
use burn::tensor::Tensor;

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
    fn classes(&self, scores: &Value) -> Vec<u32> {
        read(matrix(scores), |s| argmax(s, self.k))
    }
}

impl Head for Softmax {
    fn scores(&self, features: &Value, cx: &Cx) -> Value {
        self.out.apply(features, cx)
    }
    fn loss(&self, scores: &Value, gold: &Gold, _: &Cx) -> Option<(Tensor<1>, usize)> {
        match gold {
            Gold::Tags(y) | Gold::Layers(y) => cross_entropy(&self.rows(scores), y),
            _ => None,
        }
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, softmax(&self.rows(scores)).reshape(matrix(scores).dims()))
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        constant(scores, one_hot(&ids(&self.classes(scores)), self.k))
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Decision {
        let y = self.classes(scores);
        if self.per_layer { Decision::Layers(y) } else { Decision::Tags(y) }
    }
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
        read(matrix(scores), |x| viterbi([x, &t, &s, &e], layout(scores), &self.legal))
    }
}

impl Head for Crf {
    fn scores(&self, features: &Value, cx: &Cx) -> Value {
        self.out.apply(features, cx)
    }
    fn loss(&self, scores: &Value, gold: &Gold, cx: &Cx) -> Option<(Tensor<1>, usize)> {
        match gold {
            Gold::Tags(y) => crf::nll(matrix(scores), &self.chain(cx), y, layout(scores)),
            _ => None,
        }
    }
    fn probs(&self, scores: &Value, cx: &Cx) -> Value {
        like(scores, crf::marginals(matrix(scores), &self.chain(cx), layout(scores)))
    }
    fn labels(&self, scores: &Value, cx: &Cx) -> Value {
        constant(scores, one_hot(&ids(&self.best(scores, cx)), self.k))
    }
    fn decide(&self, scores: &Value, cx: &Cx) -> Decision {
        Decision::Tags(self.best(scores, cx))
    }
}
