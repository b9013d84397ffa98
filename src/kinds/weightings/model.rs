//! The losses of a step, and what says how much each counts.

use crate::plan::{Setting, Settings};
use burn::tensor::Tensor;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// What a weighting remembers from step to step, by name: of each task a number, or a number alone. It is part of the state of
/// a run.
pub type Memory = BTreeMap<String, Vec<f64>>;

/// How much the losses of a step count.
pub trait Weigh: Debug + Sync {
    /// The factor of each loss of the step, the task's own weight included.
    fn factors(&self, step: &Step<'_>, memory: &mut Memory) -> Vec<f64>;

    /// A loss as it counts, with its factor: `[1]`.
    fn apply(&self, loss: &Tensor<1>, _of: &Loss, factor: f64) -> Tensor<1> {
        times(loss.clone(), factor)
    }

    /// Learns from how long the gradient of each loss, as it counts, is at the parameters that several share.
    fn slopes(&self, _step: &Step<'_>, _lengths: &[f64], _memory: &mut Memory) {}

    /// Learns from the losses of the same examples after the parameters have moved, in the order of the step.
    fn after(&self, _step: &Step<'_>, _again: &[f64], _memory: &mut Memory) {}
}

/// The loss of a task at a step.
#[derive(Clone, Debug, Default)]
pub struct Loss {
    /// index of the task
    pub task: usize,
    /// as it is
    pub value: f64,
    /// the weight of the task itself
    pub weight: f64,
    /// the number that the stage gives it
    pub given: Option<f64>,
    /// the number that is learned for it
    pub learned: Option<Tensor<1>>,
    /// it is a squared error, whose likelihood has half of it in the exponent
    pub squared: bool,
    /// data sets that hold its gold
    pub corpora: Vec<usize>,
    /// how many classes its task tells apart
    pub classes: Option<usize>,
}

/// What a task said of the examples of a data set in a step.
#[derive(Clone, Debug)]
pub struct Told {
    /// the data set
    pub corpus: usize,
    /// the gold of its examples
    pub class: usize,
    /// the mean probability of each class
    pub said: Vec<f64>,
}

/// A step of training, before the parameters move.
#[derive(Clone, Debug)]
pub struct Step<'a> {
    /// of the tasks with gold in the step, in their order
    pub losses: Vec<Loss>,
    /// what the task that the weighting asks said of each data set
    pub told: Vec<Told>,
    /// the tasks of the stage
    pub of_stage: &'a [usize],
    /// tasks of the program
    pub tasks: usize,
    /// arguments of the weighting
    pub settings: &'a Settings,
    /// of the run
    pub seed: u64,
    /// steps of the run so far
    pub step: u64,
    /// finished epochs of the stage
    pub epoch: u64,
}

impl Step<'_> {
    /// An argument, or what it is where none was given.
    pub fn setting(&self, name: &str, usual: f64) -> f64 {
        self.settings.get(name).and_then(Setting::as_f64).unwrap_or(usual)
    }

    /// The task's own weight times a factor, for each loss.
    pub fn times(&self, mut factor: impl FnMut(&Loss) -> f64) -> Vec<f64> {
        self.losses.iter().map(|l| l.weight * factor(l)).collect()
    }

    /// What is remembered of each task; at first `start`.
    pub fn remembered<'m>(&self, memory: &'m mut Memory, name: &str, start: f64) -> &'m mut Vec<f64> {
        memory.entry(name.into()).or_insert_with(|| vec![start; self.tasks])
    }
}

/// A loss with a weight.
pub(super) fn times(loss: Tensor<1>, weight: f64) -> Tensor<1> {
    if weight == 1.0 { loss } else { loss.mul_scalar(weight) }
}

/// Losses are divided by or put under a logarithm: this much is the least that one counts as.
pub(super) const LEAST: f64 = 1e-8;

/// exp xᵢ / Σ exp xⱼ.
pub(super) fn softmax(x: &[f64]) -> Vec<f64> {
    let most = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let e: Vec<f64> = x.iter().map(|x| (x - most).exp()).collect();
    let sum: f64 = e.iter().sum();
    e.iter().map(|e| e / sum).collect()
}

/// The mean loss of each task over epochs of a stage.
#[derive(Debug)]
pub(super) struct Epochs;

impl Epochs {
    /// Takes the losses of a step into the mean of its epoch. Where this step begins a new one, `ended` is first given the mean
    /// of each task over the epoch that is over, where the task had a loss in it.
    pub fn take(step: &Step<'_>, memory: &mut Memory, ended: impl FnOnce(&[Option<f64>], &mut Memory)) {
        let epoch = memory.entry("epoch".into()).or_insert_with(|| vec![step.epoch as f64]);
        if epoch[0] != step.epoch as f64 {
            epoch[0] = step.epoch as f64;
            let sums = memory.remove("sum").unwrap_or_default();
            let counts = memory.remove("count").unwrap_or_default();
            let means: Vec<Option<f64>> = sums.iter().zip(&counts).map(|(s, n)| (*n > 0.0).then(|| s / n)).collect();
            ended(&means, memory);
        }
        for l in &step.losses {
            step.remembered(memory, "sum", 0.0)[l.task] += l.value;
            step.remembered(memory, "count", 0.0)[l.task] += 1.0;
        }
    }
}

/// One step of Adam (Kingma and Ba 2015; β 0.9 and 0.999, ε 10⁻⁸) on a number of each task in the step, remembered by
/// name and from the given start. `slopes`: in the order of the step.
pub(super) fn adam(step: &Step<'_>, memory: &mut Memory, (name, start): (&str, f64), slopes: &[f64], lr: f64) {
    const BETA: [f64; 2] = [0.9, 0.999];
    for (l, g) in step.losses.iter().zip(slopes) {
        let mut of = |what: &str, change: &dyn Fn(f64) -> f64| {
            let value = &mut step.remembered(memory, &format!("{name}.{what}"), 0.0)[l.task];
            *value = change(*value);
            *value
        };
        let n = of("steps", &|n| n + 1.0);
        let first = of("first", &|m| BETA[0] * m + (1.0 - BETA[0]) * g);
        let second = of("second", &|v| BETA[1] * v + (1.0 - BETA[1]) * g * g);
        let (m, v) = (first / (1.0 - BETA[0].powf(n)), second / (1.0 - BETA[1].powf(n)));
        step.remembered(memory, name, start)[l.task] -= lr * m / (v.sqrt() + 1e-8);
    }
}
