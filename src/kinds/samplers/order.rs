//! Orders in which units may be drawn.

use crate::random::generator;
use rand::RngExt;

/// Where a stage stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// of everything random
    pub seed: u64,
    /// index of the stage
    pub stage: u64,
    /// steps within the epoch
    pub step: u64,
    /// steps of the stage
    pub total: u64,
    /// steps of an epoch
    pub steps: u64,
    /// the rounds that are over, a round going from one evaluation to the next: what was drawn, and its reward
    pub rounds: &'a [(usize, f64)],
}

/// In which order units are drawn. `batches` says how many batches a pass over each unit has.
pub trait Order: Send + Sync {
    /// Steps of an epoch.
    fn steps(&self, batches: &[u64]) -> u64;

    /// The units of a step.
    fn now(&self, at: &Place<'_>, batches: &[u64]) -> Vec<usize>;

    /// Batches of a unit in an epoch of so many steps, drawn or expected.
    fn expected(&self, unit: usize, steps: u64, batches: &[u64]) -> f64;

    /// Whether units are drawn at random.
    fn random(&self) -> bool {
        false
    }

    /// Of what use each unit is, 0 to 1, after so many rounds; empty: it does not ask.
    fn utility(&self, _units: usize, _rounds: &[(usize, f64)]) -> Vec<f64> {
        vec![]
    }

    /// Whether each epoch begins with full passes, so that it too shows every example.
    fn anew(&self) -> bool {
        false
    }
}

/// Several units a step, spread evenly over the epoch.
pub struct Joint;

impl Order for Joint {
    fn steps(&self, batches: &[u64]) -> u64 {
        batches.iter().copied().max().unwrap_or(0)
    }

    fn now(&self, at: &Place<'_>, batches: &[u64]) -> Vec<usize> {
        let due = |n: u64| (at.step + 1) * n / at.steps > at.step * n / at.steps;
        (0..batches.len()).filter(|&u| due(batches[u])).collect()
    }

    fn expected(&self, unit: usize, _: u64, batches: &[u64]) -> f64 {
        batches[unit] as f64
    }
}

/// Units in turn.
pub struct Turns(pub Vec<usize>);

impl Order for Turns {
    /// Until every unit that has turns has seen all its batches.
    fn steps(&self, batches: &[u64]) -> u64 {
        let Self(turns) = self;
        let mut left = batches.to_vec();
        let mut open = turns.iter().filter(|u| left[**u] > 0).collect::<std::collections::BTreeSet<_>>().len();
        let mut steps = 0;
        while open > 0 {
            let u = turns[(steps % turns.len() as u64) as usize];
            steps += 1;
            if left[u] > 0 {
                left[u] -= 1;
                open -= usize::from(left[u] == 0);
            }
        }
        steps
    }

    fn now(&self, at: &Place<'_>, _: &[u64]) -> Vec<usize> {
        match self.0.len() as u64 {
            0 => vec![],
            n => vec![self.0[(at.step % n) as usize]],
        }
    }

    fn expected(&self, unit: usize, steps: u64, _: &[u64]) -> f64 {
        (0..steps).filter(|s| self.0[(s % self.0.len() as u64) as usize] == unit).count() as f64
    }

    fn anew(&self) -> bool {
        true
    }
}

/// A unit drawn with these weights.
pub struct Drawn(pub Vec<f64>);

impl Order for Drawn {
    fn steps(&self, batches: &[u64]) -> u64 {
        batches.iter().sum()
    }

    fn now(&self, at: &Place<'_>, _: &[u64]) -> Vec<usize> {
        let sum: f64 = self.0.iter().sum();
        let mut point = generator(at.seed, "sampler", &[at.stage, at.total]).random::<f64>() * sum;
        let chosen = self.0.iter().position(|w| {
            point -= w;
            point < 0.0
        });
        // rounding may leave the point at the very end
        chosen.or_else(|| self.0.iter().rposition(|w| *w > 0.0)).into_iter().collect()
    }

    fn expected(&self, unit: usize, steps: u64, _: &[u64]) -> f64 {
        steps as f64 * self.0[unit] / self.0.iter().sum::<f64>().max(f64::MIN_POSITIVE)
    }

    fn random(&self) -> bool {
        true
    }
}
