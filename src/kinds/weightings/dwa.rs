//! `dwa(temperature)`: dynamic weight average (Liu, Johns and Davison 2019, equation 7). With Lₖ(t) the mean loss of task k over
//! epoch t and rₖ = Lₖ(t − 1) / Lₖ(t − 2), task k counts w·K·exp(rₖ / T) / Σᵢ exp(rᵢ / T) in epoch t, over the K tasks of the stage;
//! in the first two epochs all rₖ are 1. A task whose loss falls slowly counts more.

use super::{WEIGHTING, Weighting};
use crate::words::Takes::Number;
use crate::words::numbers::POSITIVE;
use crate::words::{c, may};

pub(super) const DWA: Weighting = Weighting {
    row: c("dwa", &[may("temperature", Number(POSITIVE))], true, "dwa(2)"),
    moves: true,
    #[cfg(feature = "train")]
    weigh: Some(&model::Dwa),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{Epochs, Memory, Step, Weigh, softmax};

    #[derive(Debug)]
    pub struct Dwa;

    impl Weigh for Dwa {
        fn factors(&self, step: &Step<'_>, memory: &mut Memory) -> Vec<f64> {
            Epochs::take(step, memory, |means, memory| {
                for (t, mean) in means.iter().enumerate() {
                    let Some(mean) = mean else { continue };
                    let last = std::mem::replace(&mut step.remembered(memory, "last", 0.0)[t], *mean);
                    step.remembered(memory, "before", 0.0)[t] = last;
                }
            });
            let (last, before) =
                (step.remembered(memory, "last", 0.0).clone(), step.remembered(memory, "before", 0.0).clone());
            let ratio = |t: &usize| if before[*t] > 0.0 && last[*t] > 0.0 { last[*t] / before[*t] } else { 1.0 };
            let temperature = step.setting("temperature", 2.0);
            let scores: Vec<f64> = step.of_stage.iter().map(|t| ratio(t) / temperature).collect();
            let shares = softmax(&scores);
            step.times(|l| {
                let place = step.of_stage.iter().position(|t| *t == l.task);
                place.map_or(1.0, |k| shares[k] * shares.len() as f64)
            })
        }
    }
}
