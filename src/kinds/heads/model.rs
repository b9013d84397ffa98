//! The models of heads: scores from features, losses from scores and gold, decisions from scores.

use crate::kinds::terms::Judged;
use crate::ops::host::tensor;
use crate::ops::layer::{Cx, like, matrix};
use crate::ops::rows::{Activation, dense};
use crate::ops::value::Value;
use crate::plan::{LabelSpec, Setting, Task};
use crate::records::Records;
use burn::tensor::Tensor;

/// The head of a task. The records that it reads and gives have one entry for each example of the batch.
pub trait Head: Send + Sync {
    /// Inputs → scores. The features come first, then what its slots hold, in the order of its row.
    fn scores(&self, inputs: &[&Value], cx: &Cx) -> Value;
    /// The mean over what has gold (tokens or examples), and their number; `None` where nothing has. Classes that
    /// training never showed are no gold.
    fn loss(&self, scores: &Value, gold: &Records, cx: &Cx) -> Option<(Tensor<1>, usize)>;
    /// The log-probability of the gold, row by row: what means, marginals over rows and policy gradients are made of.
    fn logp(&self, scores: &Value, gold: &Records, cx: &Cx) -> LogP;
    /// The rows that it answers with their gold, where each is right or wrong by itself: what another loss than its own is
    /// made of.
    fn judged(&self, _: &Value, _: &Records) -> Option<Judged> {
        None
    }
    /// Probabilities, with their gradient. Of a head that sends none (`Rule::sends`) its scores.
    fn probs(&self, scores: &Value, _: &Cx) -> Value {
        scores.clone()
    }
    /// The decision as one-hot (multi-hot) rows, without gradient. Of a head that sends none its scores.
    fn labels(&self, scores: &Value, _: &Cx) -> Value {
        like(scores, matrix(scores).clone().detach())
    }
    /// The decision.
    fn decide(&self, scores: &Value, cx: &Cx) -> Records;
    /// Adds the gold of an example as rows of the label port.
    fn gold_rows(&self, gold: &Records, example: usize, rows: &mut GoldRows) {
        for &id in gold.row(example) {
            rows.push(id >= 0, usize::try_from(id), 1.0);
        }
    }
    /// The decision forwards, the gradient of the probabilities backwards (Bengio et al. 2013).
    fn straight(&self, scores: &Value, cx: &Cx) -> Value {
        let (p, y) = (self.probs(scores, cx), self.labels(scores, cx));
        let p = matrix(&p).clone();
        // p − stop p is exactly zero, so the value is exactly the decision
        like(&y, matrix(&y).clone() + (p.clone() - p.detach()))
    }
}

/// Log-probabilities of gold.
#[derive(Debug)]
pub struct LogP {
    /// `[M, 1]`, zero in rows without gold
    pub values: Tensor<2>,
    /// by row, whether it has gold
    pub has: Vec<bool>,
    /// by row, how many single decisions it is of: a loss is a mean over these
    pub weight: usize,
}

impl LogP {
    /// Minus the mean over single decisions that have gold, and the number of rows that have: the loss.
    pub fn mean(&self) -> Option<(Tensor<1>, usize)> {
        let count = self.has.iter().filter(|h| **h).count();
        let each = -1.0 / (count * self.weight).max(1) as f64;
        (count > 0).then(|| (self.values.clone().sum().mul_scalar(each), count))
    }
}

/// Gold as rows of a label port: values, and for each row whether it holds.
#[derive(Debug, Default)]
pub struct GoldRows {
    /// numbers in a row
    pub width: usize,
    /// rows · width
    pub values: Vec<f32>,
    /// 1: the row holds; 0: it is zero
    pub holds: Vec<f32>,
}

impl GoldRows {
    /// Adds a row that is `hot` at some places; one that does not hold, or has a place beyond its width, is zero.
    pub fn push(&mut self, holds: bool, places: impl IntoIterator<Item = usize>, hot: f32) {
        let start = self.values.len();
        self.values.resize(start + self.width, 0.0);
        let mut known = holds;
        for at in places {
            match self.values.get_mut(start + at) {
                Some(v) if at < self.width => *v = hot,
                _ => known = false,
            }
        }
        if !known {
            self.values[start..].fill(0.0);
        }
        self.holds.push(f32::from(u8::from(known)));
    }

    /// Takes the rows from a place on back: they hold no more.
    pub fn hide(&mut self, from: usize) {
        self.values[from * self.width..].fill(0.0);
        self.holds[from..].fill(0.0);
    }
}

/// Makes a head of a task, given the plan's label sets.
pub type Builder = fn(&Task, &[LabelSpec]) -> Result<Box<dyn Head>, String>;

/// Builds a task's head; `labels`: the plan's label sets.
///
/// # Errors
/// A head that has no model, or a setting, parameter or label set that is missing.
pub fn build(task: &Task, labels: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let builder = super::find(&task.head).build.ok_or_else(|| format!("there is no head `{}`", task.head))?;
    builder(task, labels).map_err(|e| format!("`{}`: {e}", task.name))
}

/// Whether a setting of a task is switched on.
pub(super) fn flag(task: &Task, name: &str) -> bool {
    super::flag(&task.settings, name)
}

/// A number among the settings of a task.
pub(super) fn real(task: &Task, name: &str) -> Option<f64> {
    task.settings.get(name).and_then(Setting::as_f64)
}

/// The classes of a label set that a task needs.
pub(super) fn classes(task: &Task, set: Option<usize>, labels: &[LabelSpec]) -> Result<Vec<String>, String> {
    let set = set.and_then(|i| labels.get(i)).ok_or_else(|| format!("`{}` needs a label set", task.head))?;
    Ok(set.classes.clone())
}

/// The output layer: weight and bias.
#[derive(Clone, Copy, Debug)]
pub(super) struct Output(usize, usize);

impl Output {
    pub fn of(task: &Task) -> Result<Self, String> {
        match *task.params.as_slice() {
            [w, b, ..] => Ok(Self(w, b)),
            _ => Err(format!("`{}` needs a weight and a bias", task.head)),
        }
    }

    /// With these parameters.
    pub fn new(weight: usize, bias: usize) -> Self {
        Self(weight, bias)
    }

    /// Weight `[d, C]` and bias `[C]`.
    pub fn tensors(self, cx: &Cx) -> (Tensor<2>, Tensor<1>) {
        (cx.params.get2(self.0), cx.params.get1(self.1))
    }

    pub fn apply(self, features: &Value, cx: &Cx) -> Value {
        // [N, d] → [N, C]
        let y = dense(matrix(features), &cx.params.get2(self.0), Some(&cx.params.get1(self.1)), Activation::None);
        like(features, y)
    }
}

/// Constant rows of the same kind, on the device of the scores.
pub(super) fn constant(scores: &Value, values: Vec<f32>) -> Value {
    let x = matrix(scores);
    like(scores, tensor(values, x.dims(), &x.device()))
}

/// Σ_k x·weights of each row `[M, 1]`, the weights being constants `[M·K]`.
pub(super) fn weighted(x: &Tensor<2>, weights: Vec<f32>) -> Tensor<2> {
    (x.clone() * tensor(weights, x.dims(), &x.device())).sum_dim(1)
}

/// As class ids for [`one_hot`](crate::ops::loss::one_hot).
pub(super) fn ids(classes: &[u32]) -> Vec<i32> {
    classes.iter().map(|&c| c as i32).collect()
}
