//! Moving parameters: one pass over each of them, by the formula of its optimiser (`kinds::optimisers`).

use crate::kinds::optimisers::{self, Optimise, Optimiser, Reals, Update};
use crate::ops::kernels::{self, simd};
use crate::ops::params::{Grad, Outgoing, Params, Stored};
use crate::plan;
use burn::tensor::Gradients;
use rayon::prelude::*;
use std::sync::Arc;

simd! {
    fn square_sum(x: &[f32], total: &mut f64) {
        for part in x.chunks(4096) {
            *total += f64::from(kernels::dot(part, part));
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
    kind: &'static Optimiser,
    rule: Box<dyn Optimise>,
    names: Vec<(String, Vec<usize>)>,
    states: Vec<State>,
}

impl Optimizer {
    /// A fresh state for every parameter.
    ///
    /// # Errors
    /// The kind is not known.
    pub fn new(spec: &plan::Optimizer, params: &Params) -> Result<Self, String> {
        let kind = optimisers::find(&spec.kind).ok_or_else(|| format!("there is no optimiser `{}`", spec.kind))?;
        let rule = (kind.build)(&Reals { of: kind, given: &spec.settings });
        Ok(Self {
            kind,
            rule,
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
        let taken = params.take_grads(&mut grads);
        params.forget_lookups();
        // what the graph still holds would make every update a copy
        drop(grads);
        self.step_by(params, taken, lr, clip)
    }

    /// [`Optimizer::step`] by gradients that were taken out already, in the order of the parameters. No graph may be left that
    /// holds them.
    pub(crate) fn step_by(
        &mut self,
        params: &mut Params,
        taken: Vec<(usize, Grad)>,
        lr: &dyn Fn(usize) -> f64,
        clip: Option<f64>,
    ) -> StepInfo {
        let grad_norm = square_sum_of(&taken).sqrt();
        if !grad_norm.is_finite() {
            return StepInfo { grad_norm };
        }
        let clip = clip.map_or(1.0, |c| (c / (grad_norm + 1e-6)).min(1.0)) as f32;
        let ids: Vec<usize> = taken.iter().map(|(i, _)| *i).collect();
        let mut wanted = ids.iter().peekable();
        let states = self.states.iter_mut().enumerate().filter(|(i, _)| wanted.next_if_eq(&i).is_some());
        let (kind, rule) = (self.kind, &self.rule);
        let stateless = rule.stateless();
        params.update_all(&ids, |values| {
            let mut work = vec![];
            for ((p, (_, state)), (i, g)) in values.into_iter().zip(states).zip(&taken) {
                state.steps += 1;
                for (j, s) in [&mut state.first, &mut state.second].into_iter().enumerate() {
                    if !stateless && j < kind.state.len() {
                        s.resize(p.len(), 0.0);
                    }
                }
                let update = rule.at(state.steps, lr(*i)).into();
                divide(p, g, state, &update, &mut work);
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
    update: Arc<dyn Update>,
}

/// Divides a parameter into parts of about [`PART`] values.
fn divide<'a>(p: &'a mut [f32], g: &'a Grad, state: &'a mut State, update: &Arc<dyn Update>, work: &mut Vec<Work<'a>>) {
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
        work.push(Work { p, first, second, slope, update: update.clone() });
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
        self.update.apply(&mut self.p[range], g, &mut self.first[m], &mut self.second[v], clip);
    }
}

#[cfg(test)]
mod tests;
