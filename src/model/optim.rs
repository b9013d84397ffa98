//! Optimisers: one pass over each parameter, with PyTorch's formulas and defaults.

use super::ops::kernels::simd;
use super::params::{Grad, Outgoing, Params, Stored};
use crate::plan;
use burn::tensor::Gradients;
use rayon::prelude::*;

/// The row of an optimiser.
struct Kind {
    name: &'static str,
    /// names of its state tensors
    state: &'static [&'static str],
    rule: fn(&Settings, u64, f64) -> Rule,
}

/// Every optimiser.
const KINDS: &[Kind] = &[
    Kind { name: "sgd", state: &["momentum"], rule: sgd },
    Kind { name: "adam", state: &["mean", "square"], rule: adam },
    Kind { name: "adamw", state: &["mean", "square"], rule: adamw },
    Kind { name: "adamax", state: &["mean", "max"], rule: adamax },
    Kind { name: "adadelta", state: &["square", "delta"], rule: adadelta },
];

#[derive(Clone, Copy, Debug)]
struct Settings {
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    weight_decay: f64,
    momentum: f64,
    rho: f64,
    nesterov: bool,
}

/// A running mean's rate and its complement, both rounded from doubles as PyTorch does.
#[derive(Clone, Copy, Debug)]
struct Decayed(f32, f32);

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
enum Rule {
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

simd! {
    /// Parameter, gradient (times `clip`), first and second state (empty where the rule has none).
    fn apply(p: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], clip: f32, rule: Rule) {
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
                    m[i] = keep * m[i] + g;
                    p[i] -= lr * if nesterov { g + momentum * m[i] } else { m[i] };
                }
            }
            Rule::Adam { step, scale, shrink, decay, b1, b2, eps } => {
                let (m, v) = (&mut m[..n], &mut v[..n]);
                for i in 0..n {
                    let g = g[i] * clip + decay * p[i];
                    m[i] = b1.mean(m[i], g);
                    v[i] = b2.mean(v[i], g * g);
                    p[i] = p[i] * shrink - step * m[i] / (v[i].sqrt() * scale + eps);
                }
            }
            Rule::Adamax { step, decay, b1, b2, eps } => {
                let (m, v) = (&mut m[..n], &mut v[..n]);
                for i in 0..n {
                    let g = g[i] * clip + decay * p[i];
                    m[i] = b1.mean(m[i], g);
                    let (old, new) = (b2 * v[i], g.abs() + eps);
                    v[i] = if old > new { old } else { new };
                    p[i] -= step * m[i] / v[i];
                }
            }
            Rule::Adadelta { lr, decay, rho, eps } => {
                let (square, delta) = (&mut m[..n], &mut v[..n]);
                for i in 0..n {
                    let g = g[i] * clip + decay * p[i];
                    square[i] = rho.mean(square[i], g * g);
                    let d = (delta[i] + eps).sqrt() / (square[i] + eps).sqrt() * g;
                    delta[i] = rho.mean(delta[i], d * d);
                    p[i] -= lr * d;
                }
            }
        }
    }
}

simd! {
    fn square_sum(x: &[f32], total: &mut f64) {
        for part in x.chunks(4096) {
            *total += f64::from(super::ops::kernels::dot(part, part));
        }
    }
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepInfo {
    /// global norm of the gradients before clipping; if it is not finite, no parameter was moved
    pub grad_norm: f64,
}

/// The state of one parameter.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    /// steps that moved it
    steps: u64,
    first: Vec<f32>,
    second: Vec<f32>,
}

/// An optimiser with its state.
pub struct Optimizer {
    kind: &'static Kind,
    settings: Settings,
    names: Vec<(String, Vec<usize>)>,
    states: Vec<State>,
}

impl Optimizer {
    /// A fresh state for every parameter.
    ///
    /// # Errors
    /// The kind is not known.
    pub fn new(spec: &plan::Optimizer, params: &Params) -> Result<Self, String> {
        let kind = KINDS
            .iter()
            .find(|k| k.name == spec.kind)
            .ok_or_else(|| format!("there is no optimiser `{}`", spec.kind))?;
        let real = |name: &str, default| spec.settings.get(name).and_then(plan::Setting::as_f64).unwrap_or(default);
        let settings = Settings {
            beta1: real("beta1", 0.9),
            beta2: real("beta2", 0.999),
            epsilon: real("epsilon", if kind.name == "adadelta" { 1e-6 } else { 1e-8 }),
            weight_decay: real("weight_decay", if kind.name == "adamw" { 1e-2 } else { 0.0 }),
            momentum: real("momentum", 0.0),
            rho: real("rho", 0.9),
            // as the spec's plan holds it: a number like every other setting
            nesterov: real("nesterov", 0.0) > 0.0,
        };
        Ok(Self {
            kind,
            settings,
            names: params.specs().iter().map(|p| (p.name.clone(), p.shape.clone())).collect(),
            states: vec![State::default(); params.len()],
        })
    }

    /// Moves every parameter that has a gradient and is not frozen. `lr`: by parameter index. `clip`: the global norm
    /// of all gradients of the step is brought down to this.
    pub fn step(
        &mut self,
        params: &mut Params,
        mut grads: Gradients,
        lr: &dyn Fn(usize) -> f64,
        clip: Option<f64>,
    ) -> StepInfo {
        let taken: Vec<(usize, Grad)> =
            (0..params.len()).filter_map(|i| Some((i, params.take_grad(i, &mut grads)?))).collect();
        params.forget_lookups();
        // what the graph still holds would make every update a copy
        drop(grads);
        let grad_norm = square_sum_of(&taken).sqrt();
        if !grad_norm.is_finite() {
            return StepInfo { grad_norm };
        }
        let clip = clip.map_or(1.0, |c| (c / (grad_norm + 1e-6)).min(1.0)) as f32;
        let ids: Vec<usize> = taken.iter().map(|(i, _)| *i).collect();
        let mut wanted = ids.iter().peekable();
        let states = self.states.iter_mut().enumerate().filter(|(i, _)| wanted.next_if_eq(&i).is_some());
        let (kind, settings) = (self.kind, &self.settings);
        params.update_all(&ids, |values| {
            let mut work = vec![];
            for ((p, (_, state)), (i, g)) in values.into_iter().zip(states).zip(&taken) {
                state.steps += 1;
                let rule = (kind.rule)(settings, state.steps, lr(*i));
                let stateless = matches!(rule, Rule::Sgd { momentum: 0.0, .. });
                for (j, s) in [&mut state.first, &mut state.second].into_iter().enumerate() {
                    if !stateless && j < kind.state.len() {
                        s.resize(p.len(), 0.0);
                    }
                }
                divide(p, g, state, rule, &mut work);
            }
            work.into_par_iter().for_each(|w| w.run(clip));
        });
        StepInfo { grad_norm }
    }

    /// Everything that a resumed run needs, as tensors; read back by [`Optimizer::load_state`] bit for bit.
    pub fn state(&self) -> Vec<Outgoing<'_>> {
        let mut out = vec![];
        for ((name, shape), s) in self.names.iter().zip(&self.states).filter(|(_, s)| s.steps > 0) {
            // in two parts: a float holds whole numbers to 2²⁴ only
            let steps = || vec![(s.steps >> 20) as f32, (s.steps & 0xF_FFFF) as f32].into();
            out.push(Outgoing::new(format!("{name}.steps"), vec![2], steps));
            for (what, values) in self.kind.state.iter().zip([&s.first, &s.second]) {
                if !values.is_empty() {
                    out.push(Outgoing::new(format!("{name}.{what}"), shape.clone(), || values.into()));
                }
            }
        }
        out
    }

    /// Takes over a state.
    ///
    /// # Errors
    /// Every tensor that belongs to no parameter of this optimiser, or has another size.
    pub fn load_state(&mut self, stored: Vec<Stored>) -> Result<(), Vec<String>> {
        let mut states = vec![State::default(); self.states.len()];
        let mut errors = vec![];
        for (name, values, shape) in stored {
            let Some((owner, what)) = name.rsplit_once('.') else {
                errors.push(format!("`{name}` is no part of an optimiser's state"));
                continue;
            };
            let Some(i) = self.names.iter().position(|(n, _)| n == owner) else {
                errors.push(format!("the program has no `{owner}`"));
                continue;
            };
            let part = self.kind.state.iter().position(|s| *s == what);
            match (what, part) {
                ("steps", _) if values.len() == 2 => {
                    states[i].steps = ((values[0] as u64) << 20) + values[1] as u64;
                }
                (_, Some(_)) if shape != self.names[i].1 => {
                    errors.push(format!("`{name}` is {shape:?} in the file and {:?} in the program", self.names[i].1));
                }
                (_, Some(0)) => states[i].first = values,
                (_, Some(_)) => states[i].second = values,
                _ => errors.push(format!("`{name}` is no part of the state of `{}`", self.kind.name)),
            }
        }
        if errors.is_empty() {
            self.states = states;
            Ok(())
        } else {
            Err(errors)
        }
    }
}

/// Values that one thread treats at a time.
const PART: usize = 1 << 15;

/// In parallel; the parts and the order in which they are added do not depend on the number of threads.
fn square_sum_of(grads: &[(usize, Grad)]) -> f64 {
    let parts: Vec<&[f32]> = grads.iter().flat_map(|(_, g)| g.values().chunks(PART)).collect();
    let sums: Vec<f64> = parts
        .into_par_iter()
        .map(|part| {
            let mut sum = 0.0;
            square_sum(part, &mut sum);
            sum
        })
        .collect();
    sums.iter().sum()
}

/// The gradient of some values in a row.
enum Slope<'a> {
    Dense(&'a [f32]),
    /// of rows of this width: those that have one, counted from the first of these values
    Rows {
        width: usize,
        first: usize,
        rows: &'a [u32],
        values: &'a [f32],
    },
}

/// Some values of a parameter with their state.
struct Work<'a> {
    p: &'a mut [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    slope: Slope<'a>,
    rule: Rule,
}

/// Divides a parameter into parts of about [`PART`] values.
fn divide<'a>(p: &'a mut [f32], g: &'a Grad, state: &'a mut State, rule: Rule, work: &mut Vec<Work<'a>>) {
    let (width, n) = match g {
        Grad::Dense(_) => (1, p.len()),
        Grad::Rows { rows, values } => (values.len().checked_div(rows.len()).unwrap_or(1).max(1), p.len()),
    };
    let size = (PART / width).max(1) * width;
    let mut states = [state.first.chunks_mut(size), state.second.chunks_mut(size)];
    for (k, p) in p.chunks_mut(size).enumerate() {
        let range = k * size..((k + 1) * size).min(n);
        let slope = match g {
            Grad::Dense(g) => Slope::Dense(&g.as_slice()[range]),
            Grad::Rows { rows, values } => {
                let first = range.start / width;
                let at = |row: usize| rows.partition_point(|r| (*r as usize) < row);
                let (from, to) = (at(first), at(range.end / width));
                Slope::Rows { width, first, rows: &rows[from..to], values: &values[from * width..to * width] }
            }
        };
        let [first, second] = states.each_mut().map(|s| s.next().unwrap_or_default());
        work.push(Work { p, first, second, slope, rule });
    }
}

/// The gradient of rows that were not read.
static ZEROS: [f32; 4096] = [0.0; 4096];

impl Work<'_> {
    fn run(mut self, clip: f32) {
        match self.slope {
            Slope::Dense(g) => self.part(0, g, clip),
            Slope::Rows { width, first, rows, values } => {
                let mut done = 0;
                for (row, g) in rows.iter().zip(values.chunks_exact(width)) {
                    let at = (*row as usize - first) * width;
                    self.rest(done, at, clip);
                    self.part(at, g, clip);
                    done = at + width;
                }
                self.rest(done, self.p.len(), clip);
            }
        }
    }

    /// A row without a gradient moves too: its mean goes on, and its decay.
    fn rest(&mut self, from: usize, to: usize, clip: f32) {
        for at in (from..to).step_by(ZEROS.len()) {
            self.part(at, &ZEROS[..ZEROS.len().min(to - at)], clip);
        }
    }

    fn part(&mut self, from: usize, g: &[f32], clip: f32) {
        let range = from..from + g.len();
        let of = |s: &[f32]| if s.is_empty() { 0..0 } else { range.clone() };
        let (m, v) = (of(self.first), of(self.second));
        apply(&mut self.p[range], g, &mut self.first[m], &mut self.second[v], clip, self.rule);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Decay, Init, Setting};
    use burn::tensor::{Device, Tensor};

    fn optimizer(kind: &str, settings: &[(&str, f64)], params: &Params) -> Optimizer {
        let map: plan::Settings = settings.iter().map(|(k, v)| (k.to_string(), Setting::Real(*v))).collect();
        let spec =
            plan::Optimizer { kind: kind.into(), settings: map, groups: vec![], warmup: 0.0, decay: Decay::None };
        Optimizer::new(&spec, params).unwrap()
    }

    fn params() -> Params {
        let spec = |name: &str, n: usize| plan::Param {
            name: name.into(),
            shape: vec![n],
            init: Init::Constant(0.5),
            owner: "x".into(),
        };
        Params::new(&[spec("a", 3), spec("b", 2)], 1, &Device::flex(), &|_, _| None)
    }

    const GRADS: [[f32; 3]; 3] = [[0.1, -0.2, 3.0], [0.4, 0.0, -1.0], [-0.3, 0.5, 0.25]];

    fn grads(p: &Params, step: usize) -> Gradients {
        (p.get1(0) * Tensor::from_data(GRADS[step], p.device())).sum().backward()
    }

    /// Three steps of the optimiser against the formula `f(t, p, g, state) → p` in doubles.
    fn check(kind: &str, settings: &[(&str, f64)], lr: f64, f: impl Fn(i32, f64, f64, &mut [f64; 2]) -> f64) {
        let mut p = params();
        let mut opt = optimizer(kind, settings, &p);
        let mut expected = [0.5f64; 3];
        let mut state = [[0f64; 2]; 3];
        for (t, grad) in GRADS.iter().enumerate() {
            let g = grads(&p, t);
            opt.step(&mut p, g, &|_| lr, None);
            for j in 0..3 {
                expected[j] = f(t as i32 + 1, expected[j], f64::from(grad[j]), &mut state[j]);
            }
            for (a, b) in p.values(0).iter().zip(expected) {
                assert!((f64::from(*a) - b).abs() < 2e-6, "{kind} step {t}: {a} and {b}");
            }
        }
        assert_eq!(p.values(1), [0.5, 0.5], "no gradient, no move");
    }

    #[test]
    fn formulas() {
        check("sgd", &[], 0.1, |_, p, g, _| p - 0.1 * g);
        check("sgd", &[("momentum", 0.9), ("weight_decay", 0.01)], 0.1, |t, p, g, s| {
            let g = g + 0.01 * p;
            s[0] = if t == 1 { g } else { 0.9 * s[0] + g };
            p - 0.1 * s[0]
        });
        check("sgd", &[("momentum", 0.9), ("nesterov", 1.0)], 0.1, |t, p, g, s| {
            s[0] = if t == 1 { g } else { 0.9 * s[0] + g };
            p - 0.1 * (g + 0.9 * s[0])
        });
        let adam = |t: i32, p: f64, g: f64, s: &mut [f64; 2]| {
            s[0] = 0.9 * s[0] + 0.1 * g;
            s[1] = 0.999 * s[1] + 0.001 * g * g;
            let m = s[0] / (1.0 - 0.9f64.powi(t));
            let v = s[1] / (1.0 - 0.999f64.powi(t));
            p - 0.01 * m / (v.sqrt() + 1e-8)
        };
        check("adam", &[], 0.01, adam);
        check("adam", &[("weight_decay", 0.1)], 0.01, |t, p, g, s| adam(t, p, g + 0.1 * p, s));
        check("adamw", &[("weight_decay", 0.1)], 0.01, |t, p, g, s| adam(t, p * (1.0 - 0.01 * 0.1), g, s));
        check("adamax", &[], 0.01, |t, p, g, s| {
            s[0] = 0.9 * s[0] + 0.1 * g;
            s[1] = (0.999 * s[1]).max(g.abs() + 1e-8);
            p - 0.01 / (1.0 - 0.9f64.powi(t)) * s[0] / s[1]
        });
        check("adadelta", &[], 1.0, |_, p, g, s| {
            s[0] = 0.9 * s[0] + 0.1 * g * g;
            let d = (s[1] + 1e-6).sqrt() / (s[0] + 1e-6).sqrt() * g;
            s[1] = 0.9 * s[1] + 0.1 * d * d;
            p - d
        });
    }

    #[test]
    fn adam_as_pytorch_prints_it() {
        // the first step of Adam moves by lr·sign(g) up to ε, whatever the gradient's size
        let mut p = params();
        let mut opt = optimizer("adam", &[], &p);
        let g = grads(&p, 0);
        let info = opt.step(&mut p, g, &|_| 0.001, None);
        assert_eq!(p.values(0), [0.499, 0.501, 0.499]);
        assert!((info.grad_norm - (0.01f64 + 0.04 + 9.0).sqrt()).abs() < 1e-6);
    }

    /// Rows that a step does not read move exactly as if their gradient had been computed.
    #[test]
    fn a_gradient_of_rows_is_one_with_zeros() {
        let (v, d) = (3000, 25);
        let spec = plan::Param { name: "t".into(), shape: vec![v, d], init: Init::Normal(1.0), owner: "x".into() };
        for (kind, settings) in [
            ("sgd", vec![]),
            ("sgd", vec![("momentum", 0.9), ("weight_decay", 0.1)]),
            ("adam", vec![("weight_decay", 0.1)]),
            ("adamw", vec![]),
            ("adamax", vec![]),
            ("adadelta", vec![]),
        ] {
            let run = |sparse: bool, threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| {
                    let mut p = Params::new(std::slice::from_ref(&spec), 1, &Device::flex(), &|_, _| None);
                    let mut opt = optimizer(kind, &settings, &p);
                    for step in 0..4usize {
                        let ids = std::sync::Arc::new((0..40).map(|i| ((i * 977 + step * 31) % v) as i32).collect());
                        let x = match sparse {
                            true => p.rows(0, &ids),
                            false => crate::model::ops::rows::gather(&p.get2(0), ids),
                        };
                        let loss = (x.clone() * x).sum();
                        opt.step(&mut p, loss.backward(), &|_| 0.01, None);
                    }
                    p.values(0)
                })
            };
            let dense = run(false, 1);
            assert!(dense == run(true, 1), "{kind}");
            assert!(dense == run(true, 3), "{kind} by three threads");
        }
    }

    #[test]
    fn clipping_is_over_all_gradients() {
        let mut p = params();
        let mut opt = optimizer("sgd", &[], &p);
        let loss = (p.get1(0).mul_scalar(3.0)).sum() + (p.get1(1).mul_scalar(4.0)).sum();
        let info = opt.step(&mut p, loss.backward(), &|i| if i == 0 { 1.0 } else { 0.5 }, Some(1.0));
        let norm = (27f64 + 32.0).sqrt();
        assert!((info.grad_norm - norm).abs() < 1e-6);
        assert!((f64::from(p.values(0)[0]) - (0.5 - 3.0 / norm)).abs() < 1e-6);
        assert!((f64::from(p.values(1)[0]) - (0.5 - 0.5 * 4.0 / norm)).abs() < 1e-6);
    }

    #[test]
    fn frozen_parameters_and_bad_gradients_move_nothing() {
        let mut p = params();
        let mut opt = optimizer("adamw", &[], &p);
        p.freeze(&[0]);
        let loss = (p.get1(0) * p.get1(0)).sum() + p.get1(1).sum();
        opt.step(&mut p, loss.backward(), &|_| 0.1, None);
        assert_eq!(p.values(0), [0.5; 3]);
        assert_ne!(p.values(1), [0.5; 2]);
        let before = p.values(1);
        let loss = p.get1(1).mul_scalar(f32::NAN).sum();
        let info = opt.step(&mut p, loss.backward(), &|_| 0.1, Some(1.0));
        assert!(info.grad_norm.is_nan());
        assert_eq!(p.values(1), before);
    }

    #[test]
    fn a_resumed_run_is_the_same_run() {
        for kind in KINDS.iter().map(|k| k.name) {
            let settings: &[(&str, f64)] = if kind == "sgd" { &[("momentum", 0.9)] } else { &[] };
            let run = |stop: bool| {
                let mut p = params();
                let mut opt = optimizer(kind, settings, &p);
                for t in 0..3 {
                    if t == 2 && stop {
                        let state = opt.state().iter().map(Outgoing::stored).collect();
                        opt = optimizer(kind, settings, &p);
                        opt.load_state(state).unwrap();
                    }
                    let g = grads(&p, t);
                    opt.step(&mut p, g, &|_| 0.01, None);
                }
                p.values(0)
            };
            assert_eq!(run(false), run(true), "{kind}");
        }
        let mut opt = optimizer("adam", &[], &params());
        let errors = opt.load_state(vec![("z.mean".into(), vec![], vec![0]), ("a.max".into(), vec![], vec![0])]);
        assert_eq!(errors.unwrap_err().len(), 2);
    }
}
