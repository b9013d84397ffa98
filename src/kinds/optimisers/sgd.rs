//! `sgd`: stochastic gradient descent, with momentum if wanted.

use super::{MOMENTUM, NESTEROV, Optimiser, rate, weight_decay};

pub(super) const SGD: Optimiser = Optimiser {
    name: "sgd",
    settings: &[rate(0.1), MOMENTUM, weight_decay(0.0), NESTEROV],
    state: &["momentum"],
    #[cfg(feature = "train")]
    build: model::build,
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::optimisers::model::{Optimise, Reals, Update, audible};
    use crate::ops::kernels::simd;

    struct Sgd {
        decay: f32,
        momentum: f64,
        nesterov: bool,
    }

    pub fn build(s: &Reals<'_>) -> Box<dyn Optimise> {
        // a plan holds `nesterov` as a number, like every other setting
        let nesterov = s.get("nesterov") > 0.0;
        Box::new(Sgd { decay: s.get("weight_decay") as f32, momentum: s.get("momentum"), nesterov })
    }

    impl Optimise for Sgd {
        fn at(&self, t: u64, lr: f64) -> Box<dyn Update> {
            // the first momentum is the gradient itself
            let keep = if t == 1 { 0.0 } else { self.momentum };
            Box::new(Step {
                lr: lr as f32,
                decay: self.decay,
                momentum: self.momentum as f32,
                keep: keep as f32,
                nesterov: self.nesterov,
            })
        }

        fn stateless(&self) -> bool {
            self.momentum as f32 == 0.0
        }
    }

    #[derive(Clone, Copy)]
    struct Step {
        lr: f32,
        decay: f32,
        momentum: f32,
        keep: f32,
        nesterov: bool,
    }

    impl Update for Step {
        fn apply(&self, p: &mut [f32], g: &[f32], m: &mut [f32], _: &mut [f32], clip: f32) {
            apply(p, g, m, clip, *self);
        }
    }

    simd! {
        fn apply(p: &mut [f32], g: &[f32], m: &mut [f32], clip: f32, step: Step) {
            let n = p.len();
            let g = &g[..n];
            let Step { lr, decay, momentum, keep, nesterov } = step;
            if momentum == 0.0 {
                for i in 0..n {
                    p[i] -= lr * (g[i] * clip + decay * p[i]);
                }
                return;
            }
            let m = &mut m[..n];
            for i in 0..n {
                let g = g[i] * clip + decay * p[i];
                m[i] = audible(keep * m[i] + g);
                p[i] -= lr * if nesterov { g + momentum * m[i] } else { m[i] };
            }
        }
    }
}
