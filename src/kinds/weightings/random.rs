//! `random`: random loss weighting (Lin et al. 2022). At every step w·T·softmax(z), z drawn from a standard normal for each of the
//! T tasks in the step.

use super::{WEIGHTING, Weighting};
use crate::words::c;

pub(super) const RANDOM: Weighting = Weighting {
    row: c("random", &[], true, "random"),
    moves: true,
    within_step: true,
    #[cfg(feature = "train")]
    weigh: Some(&model::Random),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{Memory, Step, Weigh, softmax};
    use crate::random::generator;
    use rand::RngExt;

    #[derive(Debug)]
    pub struct Random;

    impl Weigh for Random {
        fn factors(&self, step: &Step<'_>, _: &mut Memory) -> Vec<f64> {
            let mut rng = generator(step.seed, "random weights", &[step.step]);
            // Box and Muller 1958; drawn for every task, so that one without gold in the step moves no other's draw
            let mut normal = || {
                let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
                (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
            };
            let drawn: Vec<f64> = (0..step.tasks).map(|_| normal()).collect();
            let own: Vec<f64> = step.losses.iter().map(|l| drawn[l.task]).collect();
            let mut shares = softmax(&own).into_iter();
            step.times(|_| shares.next().unwrap_or_default() * own.len() as f64)
        }
    }
}
