//! The optimisers' formulas.

use super::simd;

/// The row of an optimiser.
pub(super) struct Kind {
    pub name: &'static str,
    /// names of its state tensors
    pub state: &'static [&'static str],
    pub rule: fn(&Settings, u64, f64) -> Rule,
}

/// Every optimiser.
pub(super) const KINDS: &[Kind] = &[
    Kind { name: "sgd", state: &["momentum"], rule: sgd },
    Kind { name: "adam", state: &["mean", "square"], rule: adam },
    Kind { name: "adamw", state: &["mean", "square"], rule: adamw },
    Kind { name: "adamax", state: &["mean", "max"], rule: adamax },
    Kind { name: "adadelta", state: &["square", "delta"], rule: adadelta },
];

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
    pub weight_decay: f64,
    pub momentum: f64,
    pub rho: f64,
    pub nesterov: bool,
}

/// A running mean's rate and its complement, both rounded from doubles as PyTorch does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decayed(f32, f32);

impl Decayed {
    fn new(rate: f64) -> Self {
        Self(rate as f32, (1.0 - rate) as f32)
    }
    #[inline(always)]
    fn mean(self, old: f32, new: f32) -> f32 {
        self.0 * old + self.1 * new
    }
}

/// The update of one parameter at one step, all constants worked out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rule {
    Sgd { lr: f32, decay: f32, momentum: f32, keep: f32, nesterov: bool },
    Adam { step: f32, scale: f32, shrink: f32, decay: f32, b1: Decayed, b2: Decayed, eps: f32 },
    Adamax { step: f32, decay: f32, b1: Decayed, b2: f32, eps: f32 },
    Adadelta { lr: f32, decay: f32, rho: Decayed, eps: f32 },
}

fn sgd(s: &Settings, t: u64, lr: f64) -> Rule {
    // the first momentum is the gradient itself
    let keep = if t == 1 { 0.0 } else { s.momentum };
    Rule::Sgd {
        lr: lr as f32,
        decay: s.weight_decay as f32,
        momentum: s.momentum as f32,
        keep: keep as f32,
        nesterov: s.nesterov,
    }
}

fn adam_with(s: &Settings, t: u64, lr: f64, decay: f64, shrink: f64) -> Rule {
    let t = i32::try_from(t).unwrap_or(i32::MAX);
    Rule::Adam {
        step: (lr / (1.0 - s.beta1.powi(t))) as f32,
        scale: (1.0 / (1.0 - s.beta2.powi(t)).sqrt()) as f32,
        shrink: shrink as f32,
        decay: decay as f32,
        b1: Decayed::new(s.beta1),
        b2: Decayed::new(s.beta2),
        eps: s.epsilon as f32,
    }
}

fn adam(s: &Settings, t: u64, lr: f64) -> Rule {
    adam_with(s, t, lr, s.weight_decay, 1.0)
}

fn adamw(s: &Settings, t: u64, lr: f64) -> Rule {
    adam_with(s, t, lr, 0.0, 1.0 - lr * s.weight_decay)
}

fn adamax(s: &Settings, t: u64, lr: f64) -> Rule {
    Rule::Adamax {
        step: (lr / (1.0 - s.beta1.powi(i32::try_from(t).unwrap_or(i32::MAX)))) as f32,
        decay: s.weight_decay as f32,
        b1: Decayed::new(s.beta1),
        b2: s.beta2 as f32,
        eps: s.epsilon as f32,
    }
}

fn adadelta(s: &Settings, _: u64, lr: f64) -> Rule {
    Rule::Adadelta { lr: lr as f32, decay: s.weight_decay as f32, rho: Decayed::new(s.rho), eps: s.epsilon as f32 }
}

/// Below this a running mean moves nothing that a float could show (ε is at least 10⁻⁸, of a root), but it would decay
/// into the subnormal numbers, with which processors reckon many times slower.
const SILENT: f32 = 1e-30;

#[inline(always)]
fn audible(x: f32) -> f32 {
    if x.abs() < SILENT { 0.0 } else { x }
}

simd! {
    /// Parameter, gradient (times `clip`), first and second state (empty where the rule has none).
    pub(super) fn apply(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], clip: f32, rule: Rule) {
        let n = p.len();
        let g = &g[..n];
        match rule {
            Rule::Sgd { lr, decay, momentum, keep, nesterov } => {
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
            Rule::Adam { step, scale, shrink, decay, b1, b2, eps } => {
                let (m, v) = (&mut m[..n], &mut v[..n]);
                for i in 0..n {
                    let g = g[i] * clip + decay * p[i];
                    m[i] = audible(b1.mean(m[i], g));
                    v[i] = audible(b2.mean(v[i], g * g));
                    p[i] = p[i] * shrink - step * m[i] / (v[i].sqrt() * scale + eps);
                }
            }
            Rule::Adamax { step, decay, b1, b2, eps } => {
                let (m, v) = (&mut m[..n], &mut v[..n]);
                for i in 0..n {
                    let g = g[i] * clip + decay * p[i];
                    m[i] = audible(b1.mean(m[i], g));
                    let (old, new) = (b2 * v[i], g.abs() + eps);
                    v[i] = if old > new { old } else { new };
                    p[i] -= step * m[i] / v[i];
                }
            }
            Rule::Adadelta { lr, decay, rho, eps } => {
                let (square, delta) = (&mut m[..n], &mut v[..n]);
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
}
