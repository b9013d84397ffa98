//! A class, or a set of classes, for each example.

use super::{Head, Output, constant, flag, ids};
use crate::ops::host::read;
use crate::ops::layer::{Cx, like, matrix};
use crate::ops::loss::{argmax, binary_cross_entropy, cross_entropy, one_hot, softmax};
use crate::ops::value::{Decision, Gold, Value};
use crate::plan::{LabelSpec, Setting, Task};
use burn::tensor::{Tensor, activation};

pub(super) fn build(task: &Task, _: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let out = Output::of(task)?;
    if !flag(task, "multi") {
        return Ok(Box::new(Single { out }));
    }
    let threshold = task.settings.get("threshold").and_then(Setting::as_f64).unwrap_or(0.5);
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
    fn scores(&self, features: &Value, cx: &Cx) -> Value {
        self.out.apply(features, cx)
    }
    fn loss(&self, scores: &Value, gold: &Gold, _: &Cx) -> Option<(Tensor<1>, usize)> {
        if let Gold::Classes(y) = gold { cross_entropy(matrix(scores), y) } else { None }
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, softmax(matrix(scores)))
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        constant(scores, one_hot(&ids(&self.classes(scores)), matrix(scores).dims()[1]))
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Decision {
        Decision::Classes(self.classes(scores))
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
    fn scores(&self, features: &Value, cx: &Cx) -> Value {
        self.out.apply(features, cx)
    }
    fn loss(&self, scores: &Value, gold: &Gold, _: &Cx) -> Option<(Tensor<1>, usize)> {
        if let Gold::Sets(y, has) = gold { binary_cross_entropy(matrix(scores), y, has) } else { None }
    }
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, activation::sigmoid(matrix(scores).clone()))
    }
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        constant(scores, self.hits(scores).into_iter().map(|h| f32::from(u8::from(h))).collect())
    }
    fn decide(&self, scores: &Value, _: &Cx) -> Decision {
        let k = matrix(scores).dims()[1];
        let set = |row: &[bool]| (0..k as u32).filter(|&j| row[j as usize]).collect();
        Decision::Sets(self.hits(scores).chunks_exact(k.max(1)).map(set).collect())
    }
}
