//! `adadelta` (Zeiler 2012).

use super::{Optimiser, epsilon, rate, weight_decay};
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::BELOW_ONE;

pub(super) const ADADELTA: Optimiser = Optimiser {
    name: "adadelta",
    settings: &[rate(1.0), (may("rho", Number(BELOW_ONE)), 0.9), epsilon(1e-6), weight_decay(0.0)],
    state: &["square", "delta"],
    #[cfg(feature = "train")]
    build: model::build,
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::optimisers::model::{Decayed, Optimise, Reals, Update, audible};
    use crate::ops::kernels::simd;

    struct Adadelta {
        rho: f64,
        epsilon: f64,
        weight_decay: f64,
    }

    pub fn build(s: &Reals<'_>) -> Box<dyn Optimise> {
        let [rho, epsilon, weight_decay] = ["rho", "epsilon", "weight_decay"].map(|n| s.get(n));
        Box::new(Adadelta { rho, epsilon, weight_decay })
    }

    impl Optimise for Adadelta {
        fn at(&self, _: u64, lr: f64) -> Box<dyn Update> {
            Box::new(Step {
                lr: lr as f32,
                decay: self.weight_decay as f32,
                rho: Decayed::new(self.rho),
                eps: self.epsilon as f32,
            })
        }
    }

    #[derive(Clone, Copy)]
    struct Step {
        lr: f32,
        decay: f32,
        rho: Decayed,
        eps: f32,
    }

    impl Update for Step {
        fn apply(&self, p: &mut [f32], g: &[f32], square: &mut [f32], delta: &mut [f32], clip: f32) {
            apply(p, g, square, delta, clip, *self);
        }
    }

    simd! {
        fn apply(p: &mut [f32], g: &[f32], square: &mut [f32], delta: &mut [f32], clip: f32, by: Step) {
            let n = p.len();
            let g = &g[..n];
            let Step { lr, decay, rho, eps } = by;
            let (square, delta) = (&mut square[..n], &mut delta[..n]);
            for i in 0..n {
                let g = g[i] * clip + decay * p[i];
                square[i] = audible(rho.mean(square[i], g * g));
                let d = (delta[i] + eps).sqrt() / (square[i] + eps).sqrt() * g;
                delta[i] = audible(rho.mean(delta[i], d * d));
                p[i] -= lr * d;
            }
        }
    }
}
