//! `gradnorm(alpha, lr)`: gradient normalisation (Chen et al. 2018, algorithm 1). Gₖ is the length of the gradient of wₖ·Lₖ at the
//! parameters that tasks share, rₖ the task's share of its first loss, Lₖ/Lₖ(0), over the mean of those of all tasks in the step. The
//! weights go down the gradient of Σ |Gₖ − Ḡ·rₖ^α|, the mean Ḡ and r held fixed, by Adam, and are brought back to their sum: a task
//! that learns slowly gets longer gradients. Lₖ(0) is the mean loss of the first epoch of the stage, in which all weights are 1: that
//! of a single batch would be noise.

use super::{WEIGHTING, Weighting};
use crate::words::Takes::Number;
use crate::words::numbers::{LEARNING_RATE, NOT_NEGATIVE};
use crate::words::{c, may};

pub(super) const GRADNORM: Weighting = Weighting {
    row: c("gradnorm", &[may("alpha", Number(NOT_NEGATIVE)), may("lr", Number(LEARNING_RATE))], true, "gradnorm(1.5)"),
    moves: true,
    gradients: true,
    within_step: true,
    #[cfg(feature = "train")]
    weigh: Some(&model::Gradnorm),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{Epochs, LEAST, Loss, Memory, Step, Weigh, adam};

    #[derive(Debug)]
    pub struct Gradnorm;

    /// What is learned.
    const WEIGHTS: &str = "weights";
    /// No weight falls below this.
    const SMALLEST: f64 = 1e-3;

    impl Weigh for Gradnorm {
        fn factors(&self, step: &Step<'_>, memory: &mut Memory) -> Vec<f64> {
            Epochs::take(step, memory, |means, memory| {
                let first = step.remembered(memory, "first", 0.0);
                for (first, mean) in first.iter_mut().zip(means).filter(|(f, _)| **f == 0.0) {
                    *first = mean.map_or(0.0, |m| m.max(LEAST));
                }
            });
            let weights = step.remembered(memory, WEIGHTS, 1.0);
            step.times(|l| weights[l.task])
        }

        fn slopes(&self, step: &Step<'_>, lengths: &[f64], memory: &mut Memory) {
            let first = step.remembered(memory, "first", 0.0).clone();
            let n = step.losses.len() as f64;
            // a loss alone is its own mean
            if step.losses.len() < 2 || step.losses.iter().any(|l| first[l.task] == 0.0) {
                return;
            }
            let left: Vec<f64> = step.losses.iter().map(|l| l.value.max(LEAST) / first[l.task]).collect();
            let (mean_left, mean) = (left.iter().sum::<f64>() / n, lengths.iter().sum::<f64>() / n);
            let alpha = step.setting("alpha", 1.5);
            let weights = step.remembered(memory, WEIGHTS, 1.0);
            let slope = |(k, l): (usize, &Loss)| {
                let aim = mean * (left[k] / mean_left).powf(alpha);
                let apart = lengths[k] - aim;
                if apart == 0.0 { 0.0 } else { apart.signum() * lengths[k] / weights[l.task] }
            };
            // tasks that are not in this step keep their part of the sum
            let before: f64 = step.losses.iter().map(|l| weights[l.task]).sum();
            let slopes: Vec<f64> = step.losses.iter().enumerate().map(slope).collect();
            adam(step, memory, (WEIGHTS, 1.0), &slopes, step.setting("lr", 0.025));
            let weights = step.remembered(memory, WEIGHTS, 1.0);
            step.losses.iter().for_each(|l| weights[l.task] = weights[l.task].max(SMALLEST));
            let sum: f64 = step.losses.iter().map(|l| weights[l.task]).sum();
            step.losses.iter().for_each(|l| weights[l.task] *= before / sum);
        }
    }
}
