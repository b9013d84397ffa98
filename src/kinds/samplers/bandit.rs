//! `bandit(beta_thompson, main, reward, decay)`: in each round, from one evaluation to the next, the task that a Beta
//! distribution of its use puts first (Guo et al. 2019), the past counting less and less (Raj and Kalyani 2017).

use super::order::{Order, Place};
use super::{SAMPLER, Sampler, Tasks, Unit, Units};
use crate::diagnostics::Diagnostic;
use crate::plan::{self, Setting, Settings};
use crate::random::generator;
use crate::words::Takes::{Number, Task, Word};
use crate::words::numbers::SHARE;
use crate::words::{Values, c, may, must};
use rand::{Rng, RngExt};

pub(super) const BANDIT: Sampler = Sampler {
    row: c(
        "bandit",
        &[
            must("kind", Word(&["beta_thompson"])),
            must("main", Task),
            may("reward", Word(&["dev_gain"])),
            may("decay", Number(SHARE)),
        ],
        true,
        "bandit(beta_thompson, main = a, reward = dev_gain)",
    ),
    unit: Unit::Tasks,
    measures: true,
    plan: Some(plan),
    order: Some(order),
    ..SAMPLER
};

/// All rounds count alike.
const DECAY: f64 = 1.0;

/// The main task first: its dev figure is what is to gain.
fn plan(values: &Values, tasks: &Tasks<'_>) -> Result<Option<plan::Sampler>, Diagnostic> {
    let Some(main) = values.task("main") else { return Ok(None) };
    if !tasks.of_stage.contains(&main) {
        let d = Diagnostic::new("E0223", "the main task of this `bandit` is none of the tasks of the stage");
        return Err(d.help("add it to the `tasks` that stand before `sample`"));
    }
    let others = tasks.of_stage.iter().copied().filter(|t| *t != main && !tasks.left_out[*t]);
    let settings = Settings::from([("decay", Setting::Real(values.number("decay").unwrap_or(DECAY)))]);
    let tasks = std::iter::once(main).chain(others).map(|t| (t, 1.0)).collect();
    Ok(Some(plan::Sampler { settings, tasks, ..plan::Sampler::new("bandit") }))
}

fn order(settings: &Settings, units: &Units<'_>) -> Box<dyn Order> {
    let decay = settings.get("decay").and_then(Setting::as_f64).unwrap_or(DECAY);
    Box::new(Bandit { units: units.examples.len(), decay })
}

struct Bandit {
    units: usize,
    decay: f64,
}

impl Bandit {
    /// Rewards and their absence by unit, older ones counting less.
    fn counts(&self, units: usize, rounds: &[(usize, f64)]) -> Vec<(f64, f64)> {
        let mut all = vec![(0.0, 0.0); units];
        for (drawn, reward) in rounds {
            all.iter_mut().for_each(|c| *c = (c.0 * self.decay, c.1 * self.decay));
            if let Some(c) = all.get_mut(*drawn) {
                *c = (c.0 + reward, c.1 + 1.0 - reward);
            }
        }
        all
    }
}

impl Order for Bandit {
    fn steps(&self, batches: &[u64]) -> u64 {
        batches.iter().sum()
    }

    /// The first by a draw from Beta(1 + rewards, 1 + their absence) for each unit.
    fn now(&self, at: &Place<'_>, _: &[u64]) -> Vec<usize> {
        let draw = |(unit, (won, lost)): (usize, (f64, f64))| {
            let mut rng = generator(at.seed, "bandit", &[at.stage, at.rounds.len() as u64, unit as u64]);
            let (a, b) = (gamma(1.0 + won, &mut rng), gamma(1.0 + lost, &mut rng));
            (unit, a / (a + b))
        };
        let all = self.counts(self.units, at.rounds).into_iter().enumerate().map(draw);
        all.reduce(|best, x| if x.1 > best.1 { x } else { best }).map(|(unit, _)| unit).into_iter().collect()
    }

    fn expected(&self, _: usize, steps: u64, _: &[u64]) -> f64 {
        steps as f64 / self.units.max(1) as f64
    }

    fn random(&self) -> bool {
        true
    }

    /// The means of the distributions.
    fn utility(&self, units: usize, rounds: &[(usize, f64)]) -> Vec<f64> {
        self.counts(units, rounds).into_iter().map(|(won, lost)| (1.0 + won) / (2.0 + won + lost)).collect()
    }
}

/// A draw from Gamma(shape, 1), the shape being 1 or more (Marsaglia and Tsang 2000).
fn gamma(shape: f64, rng: &mut impl Rng) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        // Box and Muller 1958
        let (u, v): (f64, f64) = (rng.random(), rng.random());
        let x = (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        let t = (1.0 + c * x).powi(3);
        let accept: f64 = rng.random();
        if t > 0.0 && (1.0 - accept).ln() < 0.5 * x * x + d - d * t + d * t.ln() {
            return d * t;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(rounds: &[(usize, f64)]) -> Place<'_> {
        Place { seed: 3, stage: 0, step: 0, total: 0, steps: 1, rounds }
    }

    #[test]
    fn draws_of_gamma_have_its_moments() {
        let mut rng = generator(1, "test", &[]);
        for shape in [1.0, 2.5, 40.0] {
            let all: Vec<f64> = (0..20_000).map(|_| gamma(shape, &mut rng)).collect();
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            let var = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64;
            assert!((mean / shape - 1.0).abs() < 0.03 && (var / shape - 1.0).abs() < 0.08, "{shape}: {mean} {var}");
        }
    }

    /// Of three arms that win with 0.2, 0.8 and 0.5 the second is drawn most, and its use is found.
    #[test]
    fn the_better_arm_is_found() {
        let bandit = Bandit { units: 3, decay: 1.0 };
        let mut rng = generator(5, "rewards", &[]);
        let mut rounds = vec![];
        for _ in 0..300 {
            let arm = bandit.now(&place(&rounds), &[])[0];
            rounds.push((arm, f64::from(rng.random::<f64>() < [0.2, 0.8, 0.5][arm])));
        }
        let of = |arm: usize| rounds.iter().filter(|r| r.0 == arm).count();
        assert!(of(1) > 200, "{} {} {}", of(0), of(1), of(2));
        let use_of = bandit.utility(3, &rounds);
        assert!((use_of[1] - 0.8).abs() < 0.1 && use_of[0] < 0.5, "{use_of:?}");
        // a function of seed and history
        assert_eq!(bandit.now(&place(&rounds), &[]), bandit.now(&place(&rounds), &[]));
        // what is long ago counts for little
        let forgetful = Bandit { units: 2, decay: 0.5 };
        let mut turned = vec![(0, 1.0); 20];
        turned.extend([(0, 0.0); 6]);
        assert!(forgetful.utility(2, &turned)[0] < 0.3 && bandit.utility(2, &turned)[0] > 0.7);
    }
}
