//! Sets of weights while a run goes on: what a stage begins with, and what waits beside the weights that are trained.

use super::{Course, Trainer, WEIGHT};
use crate::ops::host::Values;
use crate::ops::params::{Grad, Outgoing, Params};
use crate::train::frozen::Frozen;
use crate::train::weights::{Weights, differing};
use burn::tensor::Tensor;
use std::collections::BTreeMap;

/// Those that tasks share, while a copy is trained.
const SHARED: &str = "shared";
/// Those with which the run began, while a stage may go back to them.
const INITIAL: &str = "initial";
/// Those before the stage, to which it is tied.
const ANCHOR: &str = "anchor";

/// Those with which each trial of a search begins.
const SEARCHED: &str = "searched";
/// Those of the best trial so far.
const FOUND: &str = "found";

impl Trainer<'_> {
    /// Keeps the weights of the best trial so far.
    pub(super) fn keep_found(&mut self) {
        self.aside.insert(FOUND.into(), self.params.clone());
    }

    /// A search is over: what it found goes on. Whether it found anything.
    pub(super) fn take_found(&mut self) -> bool {
        let found = self.aside.remove(FOUND);
        let any = found.is_some();
        self.params = found.unwrap_or_else(|| self.params.clone());
        any
    }

    /// Puts the weights in place with which the current stage begins; once a stage.
    pub(super) fn enter(&mut self) {
        let (plan, now) = (self.plan, self.state.stage);
        let Some(stage) = plan.train.stages.get(now).filter(|_| self.state.entered != Some(now)) else { return };
        if self.state.entered.is_none() {
            self.aside.insert(INITIAL.into(), self.params.clone());
        }
        // values that are kept were computed with the weights of the stage before, which a fresh start has nothing of
        let mut other = stage.restart;
        // a copy is done with: the shared weights come back
        if let (Some(copy), Some(shared)) = (self.state.copy.take(), self.aside.remove(SHARED)) {
            let own = std::mem::replace(&mut self.params, shared);
            self.aside.insert(copy.to_string(), own);
            other |= plan.train.stages[copy].restart;
        }
        let trial = stage.search.as_ref().map(|s| s.trial);
        if trial.is_none_or(|t| t == 0) {
            other |= self.take_found();
            self.aside.remove(SEARCHED);
        }
        if trial == Some(0) {
            self.state.tried.clear();
            self.aside.insert(SEARCHED.into(), self.params.clone());
        }
        if let (Some(1..), Some(before)) = (trial, self.aside.get(SEARCHED)) {
            self.params = before.clone();
            other = true;
        }
        if stage.fork {
            self.aside.insert(SHARED.into(), self.params.clone());
            self.state.copy = Some(now);
        }
        if let (true, Some(initial)) = (stage.restart, self.aside.get(INITIAL)) {
            self.params = initial.clone();
        }
        if other {
            self.frozen = Frozen::new(self.options.cache_memory, &self.dir.path);
        }
        let by_losses = stage.losses.iter().filter_map(|l| plan.losses.get(*l)).flat_map(|l| &l.tasks);
        for t in stage.tasks.iter().chain(by_losses) {
            match stage.fork {
                true => self.state.owners.insert(*t, now),
                false => self.state.owners.remove(t),
            };
        }
        match stage.anchor {
            Some(_) => self.aside.insert(ANCHOR.into(), self.params.clone()),
            None => self.aside.remove(ANCHOR),
        };
        if !plan.train.stages[now..].iter().skip(1).any(|s| s.restart) {
            self.aside.remove(INITIAL);
        }
        // copies of tasks that another stage trained since
        let owners = &self.state.owners;
        self.aside.retain(|name, _| name.parse().map_or(true, |stage: usize| owners.values().any(|o| *o == stage)));
        self.state.entered = Some(now);
    }

    /// The weights of all tasks.
    pub(super) fn all_weights(&self) -> Weights {
        let copy = |(name, set): (&String, &Params)| Some((name.parse().ok()?, set.clone()));
        let mut copies: BTreeMap<usize, Params> = self.aside.iter().filter_map(copy).collect();
        let shared = match (self.state.copy, self.aside.get(SHARED)) {
            (Some(copy), Some(shared)) => {
                copies.insert(copy, self.params.clone());
                shared.clone()
            }
            _ => self.params.clone(),
        };
        Weights::new(shared, copies, self.state.owners.clone())
    }

    /// The weights as a state holds them: those that are trained, and of each other set what differs from them.
    pub(super) fn sets(&self) -> Vec<Outgoing<'_>> {
        let trained = self.params.outgoing().into_iter().map(|t| t.prefixed(WEIGHT));
        let others = self.aside.iter().flat_map(|(name, set)| differing(name, set, &self.params));
        trained.chain(others).collect()
    }

    /// δ‖θ − θ′‖² over the weights that the stage moves, where it is tied to those before it.
    pub(super) fn anchored(&self, course: &Course<'_>) -> Option<Tensor<1>> {
        let (weight, before) = (course.stage.anchor?, self.aside.get(ANCHOR)?);
        let far = course.moves.iter().map(|i| self.params.distance(before, *i)).reduce(|a, b| a + b)?;
        Some(far.mul_scalar(weight))
    }

    /// Gradients of parameters, in their order, with the slope of [`Trainer::anchored`] added.
    pub(super) fn pulled(&self, course: &Course<'_>, grads: Vec<(usize, Grad)>) -> Vec<(usize, Grad)> {
        let (Some(weight), Some(before)) = (course.stage.anchor, self.aside.get(ANCHOR)) else { return grads };
        let mut all: BTreeMap<usize, Grad> = grads.into_iter().collect();
        for p in &course.moves {
            let (now, then) = (self.params.values(*p), before.values(*p));
            let slope: Vec<f32> = now.iter().zip(then).map(|(a, b)| 2.0 * weight as f32 * (a - b)).collect();
            let (n, slope) = (slope.len(), Grad::Dense(Values::Copied(slope)));
            let sum = match all.remove(p) {
                Some(own) => Grad::sum(&[(1.0, own), (1.0, slope)], n),
                None => slope,
            };
            all.insert(*p, sum);
        }
        all.into_iter().collect()
    }
}
