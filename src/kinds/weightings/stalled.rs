//! `stalled(main, decay, least)`: an auxiliary task that no longer learns counts less. At the end of every epoch in which the mean
//! loss of a task other than `main` did not fall by the share `least` below the lowest of an epoch so far, its factor is
//! multiplied by `decay`. The main task counts by its own weight throughout.

use super::{WEIGHTING, Weighting};
use crate::words::Takes::{Number, Task};
use crate::words::numbers::{RATE, SHARE};
use crate::words::{c, may, must};

pub(super) const STALLED: Weighting = Weighting {
    row: c(
        "stalled",
        &[must("main", Task), may("decay", Number(SHARE)), may("least", Number(RATE))],
        true,
        "stalled(main = slot, decay = 0.5, least = 1%)",
    ),
    moves: true,
    #[cfg(feature = "train")]
    weigh: Some(&model::Stalled),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{Epochs, Memory, Step, Weigh};
    use crate::plan::Setting;

    #[derive(Debug)]
    pub struct Stalled;

    impl Weigh for Stalled {
        fn factors(&self, step: &Step<'_>, memory: &mut Memory) -> Vec<f64> {
            let main = step.settings.get("main").and_then(Setting::as_usize);
            let (decay, least) = (step.setting("decay", 0.5), step.setting("least", 0.01));
            Epochs::take(step, memory, |means, memory| {
                for (t, mean) in means.iter().enumerate().filter(|(t, _)| Some(*t) != main) {
                    let Some(mean) = *mean else { continue };
                    // none of an epoch yet: above every loss
                    let lowest = &mut step.remembered(memory, "lowest", f64::MAX)[t];
                    let fell = *lowest == f64::MAX || mean < *lowest * (1.0 - least);
                    *lowest = lowest.min(mean);
                    if !fell {
                        step.remembered(memory, "factor", 1.0)[t] *= decay;
                    }
                }
            });
            let factors = step.remembered(memory, "factor", 1.0);
            step.times(|l| factors[l.task])
        }
    }
}
