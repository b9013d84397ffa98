//! `adam` (Kingma and Ba 2015) and `adamw`, whose weights decay apart from the gradient (Loshchilov and Hutter 2019).

use super::{BETA1, BETA2, Optimiser, epsilon, rate, weight_decay};

pub(super) const ADAM: Optimiser = Optimiser {
    name: "adam",
    settings: &[rate(1e-3), BETA1, BETA2, epsilon(1e-8), weight_decay(0.0)],
    state: &["mean", "square"],
    #[cfg(feature = "train")]
    build: |s| model::build(s, false),
};

pub(super) const ADAMW: Optimiser = Optimiser {
    name: "adamw",
    settings: &[rate(1e-3), BETA1, BETA2, epsilon(1e-8), weight_decay(0.01)],
    state: &["mean", "square"],
    #[cfg(feature = "train")]
    build: |s| model::build(s, true),
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::optimisers::model::{Decayed, Optimise, Reals, Update, audible};
    use crate::ops::kernels::simd;

    struct Adam {
        beta1: f64,
        beta2: f64,
        epsilon: f64,
        weight_decay: f64,
        apart: bool,
    }

    /// `apart`: weights decay apart from the gradient.
    pub fn build(s: &Reals<'_>, apart: bool) -> Box<dyn Optimise> {
        let [beta1, beta2, epsilon, weight_decay] = ["beta1", "beta2", "epsilon", "weight_decay"].map(|n| s.get(n));
        Box::new(Adam { beta1, beta2, epsilon, weight_decay, apart })
    }

    impl Optimise for Adam {
        fn at(&self, t: u64, lr: f64) -> Box<dyn Update> {
            let t = i32::try_from(t).unwrap_or(i32::MAX);
            let (decay, shrink) = match self.apart {
                true => (0.0, 1.0 - lr * self.weight_decay),
                false => (self.weight_decay, 1.0),
            };
            Box::new(Step {
                step: (lr / (1.0 - self.beta1.powi(t))) as f32,
                scale: (1.0 / (1.0 - self.beta2.powi(t)).sqrt()) as f32,
                shrink: shrink as f32,
                decay: decay as f32,
                b1: Decayed::new(self.beta1),
                b2: Decayed::new(self.beta2),
                eps: self.epsilon as f32,
            })
        }
    }

    #[derive(Clone, Copy)]
    struct Step {
        step: f32,
        scale: f32,
        shrink: f32,
        decay: f32,
        b1: Decayed,
        b2: Decayed,
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
            let Step { step, scale, shrink, decay, b1, b2, eps } = by;
            let (m, v) = (&mut m[..n], &mut v[..n]);
            for i in 0..n {
                let g = g[i] * clip + decay * p[i];
                m[i] = audible(b1.mean(m[i], g));
                v[i] = audible(b2.mean(v[i], g * g));
                p[i] = p[i] * shrink - step * m[i] / (v[i].sqrt() * scale + eps);
            }
        }
    }
}
