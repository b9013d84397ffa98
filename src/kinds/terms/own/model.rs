//! What the losses of tasks are computed from, and their means.

use super::own;
use crate::ops::host::tensor;
use crate::plan::{OwnLoss, Setting, Settings};
use burn::tensor::{Tensor, activation};

/// The loss of each row `[M, 1]`.
pub(super) type Each = fn(&Settings, &Judged) -> Tensor<2>;

/// Rows that a head answers, each judged by itself, with their gold.
#[derive(Debug)]
pub struct Judged {
    /// `[M, K]`: scores of classes; `[M, 1]`: numbers
    pub scores: Tensor<2>,
    /// the same as a flat list: the share of each class, zeros without gold; numbers
    pub target: Vec<f32>,
    /// by row, whether it has gold
    pub has: Vec<bool>,
    /// what the gold is
    pub gold: Gold,
    /// by class how much it counts; empty: all the same
    pub weights: Vec<f64>,
}

/// What the gold of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gold {
    /// one class
    One,
    /// a set of classes: each is right by itself
    Each,
    /// a number
    Number,
}

impl Judged {
    /// K
    pub(super) fn classes(&self) -> usize {
        self.scores.dims()[1]
    }

    /// The gold `[M, K]`.
    pub(super) fn gold(&self) -> Tensor<2> {
        tensor(self.target.clone(), self.scores.dims(), &self.scores.device())
    }

    /// Probabilities.
    pub(super) fn probs(&self) -> Tensor<2> {
        match self.gold {
            Gold::Each => activation::sigmoid(self.scores.clone()),
            _ => activation::softmax(self.scores.clone(), 1),
        }
    }

    /// The weights of classes that are each by itself `[1, K]`; ones where a row has one class and its weight.
    pub(super) fn by_class(&self) -> Tensor<2> {
        let one = |k: usize| self.weights.get(k).filter(|_| self.gold == Gold::Each).map_or(1.0, |w| *w as f32);
        tensor((0..self.classes()).map(one).collect(), [1, self.classes()], &self.scores.device())
    }

    /// How much each row counts: the weight of its class; nothing without gold.
    fn shares(&self) -> Vec<f32> {
        let k = self.classes().max(1);
        let share = |(row, has): (&[f32], &bool)| match (has, self.gold == Gold::One && !self.weights.is_empty()) {
            (false, _) => 0.0,
            (true, false) => 1.0,
            (true, true) => row.iter().zip(&self.weights).map(|(y, w)| y * *w as f32).sum(),
        };
        self.target.chunks(k).zip(&self.has).map(share).collect()
    }
}

/// A number among the settings.
pub(super) fn real(s: &Settings, name: &str) -> Option<f64> {
    s.get(name).and_then(Setting::as_f64)
}

/// One part of a task's loss: Σ_i w_i ℓ_i / Σ_i w_i over the rows that have gold, w the weights of their classes; and how
/// many have.
pub fn of(loss: &OwnLoss, judged: &Judged) -> Option<(Tensor<1>, usize)> {
    let each = own(&loss.kind).and_then(|kind| kind.each)?;
    let count = judged.has.iter().filter(|h| **h).count();
    if count == 0 {
        return None;
    }
    let shares = judged.shares();
    let total: f32 = shares.iter().sum();
    let shares = tensor::<2>(shares, [judged.has.len(), 1], &judged.scores.device());
    // where all that have gold count nothing, nothing is learnt from them
    let sum = (each(&loss.settings, judged) * shares).sum();
    Some((sum.div_scalar(total.max(f32::MIN_POSITIVE)), count))
}
