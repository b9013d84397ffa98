//! A class, or a set of classes, for each example.

use super::super::model::{GoldRows, Head, LogP, Output, constant, flag, ids, real, weighted};
use crate::kinds::terms::{Gold, Judged};
use crate::ops::host::read;
use crate::ops::layer::{Cx, like, matrix};
use crate::ops::loss::{argmax, binary_cross_entropy, cross_entropy, one_hot, softmax};
use crate::ops::value::Value;
use crate::plan::{LabelSpec, Task};
use crate::records::Records;
use burn::tensor::{Tensor, activation};

pub(super) fn build(task: &Task, _: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let out = Output::of(task)?;
    if !flag(task, "multi") {
        return Ok(Box::new(Single { out }));
    }
    let threshold = real(task, "threshold").unwrap_or(0.5);
    Ok(Box::new(Multi { out, threshold }))
}

/// Exactly one class.
struct Single {
    out: Output,
}

impl Single {
    fn classes(&self, scores: &Value) -> Vec<u32> {
        let k = matrix(scores).dims()[1];
        read(matrix(scores), |s| argmax(s, k))
    }
}

impl Head for Single {
    fn scores(&self, inputs: &[&Value], cx: &Cx) -> Value {
        self.out.apply(inputs[0], cx)
    }
    fn loss(&self, scores: &Value, gold: &Records, _: &Cx) -> Option<(Tensor<1>, usize)> {
        cross_entropy(matrix(scores), &gold.below(matrix(scores).dims()[1]))
    }

    fn logp(&self, scores: &Value, gold: &Records, _: &Cx) -> LogP {
        let x = matrix(scores);
        let y = gold.below(x.dims()[1]);
        let values = weighted(&activation::log_softmax(x.clone(), 1), one_hot(&y, x.dims()[1])); // [B, 1]
        LogP { values, has: y.iter().map(|c| *c >= 0).collect(), weight: 1 }
    }
    fn judged(&self, scores: &Value, gold: &Records) -> Option<Judged> {
        let scores = matrix(scores).clone();
        let y = gold.below(scores.dims()[1]);
        let (target, has) = (one_hot(&y, scores.dims()[1]), y.iter().map(|c| *c >= 0).collect());
        Some(Judged { scores, target, has, gold: Gold::One, weights: vec![] })
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, softmax(matrix(scores)))
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        constant(scores, one_hot(&ids(&self.classes(scores)), matrix(scores).dims()[1]))
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Records {
        Records::classes(ids(&self.classes(scores)))
    }
}

/// Each class by itself.
struct Multi {
    out: Output,
    threshold: f64,
}

impl Multi {
    fn hits(&self, scores: &Value) -> Vec<bool> {
        let hit = |x: f32| 1.0 / (1.0 + (-f64::from(x)).exp()) >= self.threshold;
        read(matrix(scores), |s| s.iter().map(|&x| hit(x)).collect())
    }
}

impl Head for Multi {
    fn scores(&self, inputs: &[&Value], cx: &Cx) -> Value {
        self.out.apply(inputs[0], cx)
    }
    fn loss(&self, scores: &Value, gold: &Records, _: &Cx) -> Option<(Tensor<1>, usize)> {
        binary_cross_entropy(matrix(scores), &hot(gold, matrix(scores).dims()[1]), &gold.present)
    }

    fn logp(&self, scores: &Value, gold: &Records, _: &Cx) -> LogP {
        let x = matrix(scores);
        let k = x.dims()[1];
        let y = hot(gold, k);
        let has = |i: usize| f32::from(u8::from(gold.present(i / k)));
        let yes = y.iter().enumerate().map(|(i, y)| y * has(i)).collect();
        let no = y.iter().enumerate().map(|(i, y)| (1.0 - y) * has(i)).collect();
        let values = weighted(&activation::log_sigmoid(x.clone()), yes)
            + weighted(&activation::log_sigmoid(x.clone().neg()), no); // [B, 1]
        LogP { values, has: gold.present.clone(), weight: k }
    }
    fn judged(&self, scores: &Value, gold: &Records) -> Option<Judged> {
        let scores = matrix(scores).clone();
        let target = hot(gold, scores.dims()[1]);
        Some(Judged { scores, target, has: gold.present.clone(), gold: Gold::Each, weights: vec![] })
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, activation::sigmoid(matrix(scores).clone()))
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        constant(scores, self.hits(scores).into_iter().map(|h| f32::from(u8::from(h))).collect())
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Records {
        let k = matrix(scores).dims()[1];
        let set = |row: &[bool]| Some((0..k as i32).filter(|&j| row[j as usize]).collect::<Vec<_>>());
        Records::sets(self.hits(scores).chunks_exact(k.max(1)).map(set))
    }

    fn gold_rows(&self, gold: &Records, example: usize, rows: &mut GoldRows) {
        let (ids, width) = (gold.row(example), rows.width);
        rows.push(gold.present(example), ids.iter().map(|c| *c as usize).filter(|c| *c < width), 1.0);
    }
}

/// Zeros and ones `[B·K]`.
fn hot(gold: &Records, k: usize) -> Vec<f32> {
    let mut y = vec![0.0; gold.len() * k];
    for e in 0..gold.len() {
        for c in gold.row(e).iter().filter(|c| (**c as usize) < k) {
            y[e * k + *c as usize] = 1.0;
        }
    }
    y
}
