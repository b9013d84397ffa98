//! `adamax`: Adam with the largest gradient in place of the mean square (Kingma and Ba 2015, section 7.1).

use super::{BETA1, BETA2, Optimiser, epsilon, rate, weight_decay};

pub(super) const ADAMAX: Optimiser = Optimiser {
    name: "adamax",
    settings: &[rate(2e-3), BETA1, BETA2, epsilon(1e-8), weight_decay(0.0)],
    state: &["mean", "max"],
    #[cfg(feature = "train")]
    build: model::build,
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::optimisers::model::{Decayed, Optimise, Reals, Update, audible};
    use crate::ops::kernels::simd;

    struct Adamax {
        beta1: f64,
        beta2: f64,
        epsilon: f64,
        weight_decay: f64,
    }

    pub fn build(s: &Reals<'_>) -> Box<dyn Optimise> {
        let [beta1, beta2, epsilon, weight_decay] = ["beta1", "beta2", "epsilon", "weight_decay"].map(|n| s.get(n));
        Box::new(Adamax { beta1, beta2, epsilon, weight_decay })
    }

    impl Optimise for Adamax {
        fn at(&self, t: u64, lr: f64) -> Box<dyn Update> {
            Box::new(Step {
                step: (lr / (1.0 - self.beta1.powi(i32::try_from(t).unwrap_or(i32::MAX)))) as f32,
                decay: self.weight_decay as f32,
                b1: Decayed::new(self.beta1),
                b2: self.beta2 as f32,
                eps: self.epsilon as f32,
            })
        }
    }

    #[derive(Clone, Copy)]
    struct Step {
        step: f32,
        decay: f32,
        b1: Decayed,
        b2: f32,
        eps: f32,
    }

    impl Update for Step {
        fn apply(&self, p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], clip: f32) {
            apply(p, g, m, v, clip, *self);
        }
    }

    simd! {
        fn apply(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], clip: f32, by: Step) {
            let n = p.len();
            let g = &g[..n];
            let Step { step, decay, b1, b2, eps } = by;
            let (m, v) = (&mut m[..n], &mut v[..n]);
            for i in 0..n {
                let g = g[i] * clip + decay * p[i];
                m[i] = audible(b1.mean(m[i], g));
                let (old, new) = (b2 * v[i], g.abs() + eps);
                v[i] = if old > new { old } else { new };
                p[i] -= step * m[i] / v[i];
            }
        }
    }
}
