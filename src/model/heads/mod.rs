//! Heads: scores from features, losses from scores and gold, decisions from scores. Each is a row of [`HEADS`] and a
//! file.

mod classify;
mod regress;
mod tag;
#[cfg(test)]
mod tests;

use crate::ops::host::tensor;
use crate::ops::layer::{Cx, like, matrix};
use crate::ops::rows::{Activation, dense};
use crate::ops::value::{Decision, Gold, Value};
use crate::plan::{LabelSpec, Setting, Task};
use burn::tensor::Tensor;

/// The head of a task.
pub trait Head: Send + Sync {
    /// Features → scores (logits).
    fn scores(&self, features: &Value, cx: &Cx) -> Value;
    /// The mean over what has gold (tokens or examples), and their number; `None` where nothing has.
    fn loss(&self, scores: &Value, gold: &Gold, cx: &Cx) -> Option<(Tensor<1>, usize)>;
    /// Probabilities, with their gradient.
    fn probs(&self, scores: &Value, cx: &Cx) -> Value;
    /// The decision as one-hot (multi-hot) rows, without gradient.
    fn labels(&self, scores: &Value, cx: &Cx) -> Value;
    /// The decision.
    fn decide(&self, scores: &Value, cx: &Cx) -> Decision;
    /// The decision forwards, the gradient of the probabilities backwards (Bengio et al. 2013).
    fn straight(&self, scores: &Value, cx: &Cx) -> Value {
        let (p, y) = (self.probs(scores, cx), self.labels(scores, cx));
        let p = matrix(&p).clone();
        // p − stop p is exactly zero, so the value is exactly the decision
        like(&y, matrix(&y).clone() + (p.clone() - p.detach()))
    }
}

type Builder = fn(&Task, &[LabelSpec]) -> Result<Box<dyn Head>, String>;

/// Every head.
pub const HEADS: &[(&str, Builder)] =
    &[("tag", tag::build), ("classify", classify::build), ("regress", regress::build)];

/// Builds a task's head; `labels`: the plan's label sets.
///
/// # Errors
/// A head that is not in the table, or a setting, parameter or label set that is missing.
pub fn build(task: &Task, labels: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let (_, builder) =
        HEADS.iter().find(|(name, _)| *name == task.head).ok_or_else(|| format!("there is no head `{}`", task.head))?;
    builder(task, labels).map_err(|e| format!("`{}`: {e}", task.name))
}

fn flag(task: &Task, name: &str) -> bool {
    task.settings.get(name).and_then(Setting::as_bool).unwrap_or(false)
}

fn classes(task: &Task, set: Option<usize>, labels: &[LabelSpec]) -> Result<Vec<String>, String> {
    let set = set.and_then(|i| labels.get(i)).ok_or_else(|| format!("`{}` needs a label set", task.head))?;
    Ok(set.classes.clone())
}

/// The output layer: weight and bias.
#[derive(Clone, Copy, Debug)]
struct Output(usize, usize);

impl Output {
    fn of(task: &Task) -> Result<Self, String> {
        match *task.params.as_slice() {
            [w, b, ..] => Ok(Self(w, b)),
            _ => Err(format!("`{}` needs a weight and a bias", task.head)),
        }
    }
    fn apply(self, features: &Value, cx: &Cx) -> Value {
        let y = dense(matrix(features), &cx.params.get2(self.0), Some(&cx.params.get1(self.1)), Activation::None);
        like(features, y)
    }
}

/// Constant rows of the same kind, on the device of the scores.
fn constant(scores: &Value, values: Vec<f32>) -> Value {
    let x = matrix(scores);
    like(scores, tensor(values, x.dims(), &x.device()))
}

/// As class ids for [`one_hot`](crate::ops::loss::one_hot).
fn ids(classes: &[u32]) -> Vec<i32> {
    classes.iter().map(|&c| c as i32).collect()
}
