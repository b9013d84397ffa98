//! `famo(lr, decay)`: fast adaptive multitask optimization (Liu et al. 2023, algorithm 1). With z = softmax(ξ) over the T tasks in
//! the step, task k counts w·T·c·zₖ / Lₖ, c = 1 / Σ zᵢ/Lᵢ: the step by which all logarithms of losses fall alike. After it the
//! losses of the same examples, with the same dropout, tell how far each fell, δₖ = ln Lₖ − ln L'ₖ, and ξ goes down the gradient
//! zₖ·(δₖ − Σ zᵢδᵢ) by Adam: what fell fast counts less. The factor T, which the paper leaves to the learning rate, makes a step as
//! large as that of the plain sum.

use super::{WEIGHTING, Weighting};
use crate::words::Takes::Number;
use crate::words::numbers::{LEARNING_RATE, NOT_NEGATIVE};
use crate::words::{c, may};

pub(super) const FAMO: Weighting = Weighting {
    row: c(
        "famo",
        &[may("lr", Number(LEARNING_RATE)), may("decay", Number(NOT_NEGATIVE))],
        true,
        "famo(0.025, decay = 0.01)",
    ),
    moves: true,
    within_step: true,
    again: true,
    #[cfg(feature = "train")]
    weigh: Some(&model::Famo),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{LEAST, Loss, Memory, Step, Weigh, adam, softmax};

    #[derive(Debug)]
    pub struct Famo;

    /// What is learned.
    const LOGITS: &str = "logits";

    fn shares(step: &Step<'_>, memory: &mut Memory) -> Vec<f64> {
        let logits = step.remembered(memory, LOGITS, 0.0);
        softmax(&step.losses.iter().map(|l| logits[l.task]).collect::<Vec<_>>())
    }

    impl Weigh for Famo {
        fn factors(&self, step: &Step<'_>, memory: &mut Memory) -> Vec<f64> {
            let z = shares(step, memory);
            let over: Vec<f64> = step.losses.iter().zip(&z).map(|(l, z)| z / l.value.max(LEAST)).collect();
            let scale = over.len() as f64 / over.iter().sum::<f64>();
            let mut over = over.into_iter();
            step.times(|_| over.next().unwrap_or_default() * scale)
        }

        fn after(&self, step: &Step<'_>, again: &[f64], memory: &mut Memory) {
            let (z, decay) = (shares(step, memory), step.setting("decay", 0.01));
            let log = |x: f64| x.max(LEAST).ln();
            let fell: Vec<f64> = step.losses.iter().zip(again).map(|(l, now)| log(l.value) - log(*now)).collect();
            let mean: f64 = fell.iter().zip(&z).map(|(d, z)| d * z).sum();
            let logits = step.remembered(memory, LOGITS, 0.0);
            let slope = |((l, d), z): ((&Loss, &f64), &f64)| z * (d - mean) + decay * logits[l.task];
            let slopes: Vec<f64> = step.losses.iter().zip(&fell).zip(&z).map(slope).collect();
            adam(step, memory, (LOGITS, 0.0), &slopes, step.setting("lr", 0.025));
        }
    }
}
