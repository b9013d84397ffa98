//! The gradients of the losses of a step, each taken by itself, become one.

use super::step::Pooled;
use super::weigh::Weighed;
use super::{Course, Trainer};
use crate::kinds::gradients::{self, Combine, Gram, Place};
use crate::network::together::Share;
use crate::ops::floats;
use crate::ops::params::Grad;
use crate::ops::value::Value;
use crate::passes::flow;
use crate::plan::{Combining, Drawn, NodeId, Phase, Plan, Settings};
use crate::train::RunError;
use burn::tensor::{Tensor, TensorData};
use std::collections::HashMap;

/// The gradient method of a stage.
pub(super) struct Method<'a> {
    combine: &'static dyn Combine,
    settings: &'a Settings,
    /// by corpus: the nodes of its training graph at which gradients are compared; `None`: at the parameters
    frontier: Option<HashMap<usize, Vec<NodeId>>>,
}

impl<'a> Method<'a> {
    /// That of a stage; `None`: the sum.
    pub fn of(plan: &'a Plan, stage: usize) -> Option<Self> {
        let Combining { kind, settings } = plan.train.stages.get(stage)?.gradients.as_ref()?;
        let combine = gradients::find(kind)?.combine?;
        let graphs = || plan.graphs.iter().filter(|g| g.phase == Phase::Train);
        let frontier = gradients::of_features(settings)
            .then(|| graphs().map(|g| (g.corpus, flow::frontier(plan, g, stage))).collect());
        Some(Self { combine, settings, frontier })
    }
}

/// A value at which the graph of a step is cut in two: what was computed up to here, and what the losses are computed from.
pub(super) struct Cut {
    value: Tensor<2>,
    leaf: Tensor<2>,
}

/// The gradients of one loss.
struct Own {
    of: Drawn,
    /// of parameters, in their order
    params: Vec<(usize, Grad)>,
    /// at each cut
    cuts: Vec<Option<Vec<f32>>>,
}

impl Own {
    fn is_finite(&self) -> bool {
        let fine = |v: &[f32]| v.iter().all(|x| x.is_finite());
        self.params.iter().all(|(_, g)| fine(g.values())) && self.cuts.iter().flatten().all(|v| fine(v))
    }
}

impl Trainer<'_> {
    /// Cuts the graph of a batch at the features that several losses share.
    pub(super) fn cut(&self, course: &Course<'_>, share: &mut Share<'_>) -> Vec<Cut> {
        let frontier = course.method.as_ref().and_then(|m| m.frontier.as_ref()?.get(&share.job.graph.corpus));
        let graph = share.job.graph;
        let needed = flow::needed(graph, share.wanted.nodes(graph), &[]);
        let own: Vec<NodeId> = frontier.into_iter().flatten().copied().filter(|n| needed[*n]).collect();
        let values = self.network.nodes_of(share, &own);
        let mut cuts = vec![];
        for (node, value) in own.into_iter().zip(values) {
            let Some(Value::Rows(value, axis)) = value.filter(|v| matches!(v, Value::Rows(t, _) if t.is_tracked()))
            else {
                continue;
            };
            let leaf = value.clone().detach().require_grad();
            share.known.values.insert(node, Value::Rows(leaf.clone(), axis));
            cuts.push(Cut { value, leaf });
        }
        cuts
    }

    /// The gradient by which a step moves, from those of each of its losses; none where everything is frozen.
    pub(super) fn combined(
        &mut self,
        course: &Course<'_>,
        weighed: &Weighed<'_>,
        losses: &[Pooled],
        cuts: Vec<Cut>,
    ) -> Result<Option<Vec<(usize, Grad)>>, RunError> {
        let mut all: Vec<Own> = vec![];
        for (of, term) in self.terms(weighed, losses).into_iter().filter(|(_, t)| t.is_tracked()) {
            let mut grads = term.backward();
            let at = |c: &Cut| c.leaf.grad_remove(&mut grads).map(|g| floats(&g));
            let cuts = cuts.iter().map(at).collect();
            let own = Own { of, params: self.params.take_grads(&mut grads), cuts };
            if !own.is_finite() {
                return Err(self.not_finite(course, "gradient", &[of]));
            }
            all.push(own);
        }
        if all.is_empty() {
            return Ok(None);
        }
        let mut held = vec![0; self.params.len()];
        all.iter().flat_map(|o| &o.params).for_each(|(p, _)| held[*p] += 1);
        let shared = |p: usize| course.apart && held[p] > 1;
        let product = |a: &Own, b: &Own| match course.apart {
            true => {
                let both = a.params.iter().filter(|(p, _)| shared(*p));
                let other = |p: usize| b.params.binary_search_by_key(&p, |(p, _)| *p).ok().map(|k| &b.params[k].1);
                both.filter_map(|(p, g)| Some(g.dot(other(*p)?))).sum::<f64>()
            }
            false => {
                let pairs = a.cuts.iter().zip(&b.cuts).filter_map(|(a, b)| Some((a.as_ref()?, b.as_ref()?)));
                pairs.flat_map(|(a, b)| a.iter().zip(b)).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            }
        };
        // a loss that has no say in what is shared is no part of the bargain
        let compared: Vec<usize> = (0..all.len()).filter(|i| product(&all[*i], &all[*i]) > 0.0).collect();
        if weighed.reads_gradients() {
            let own = all.iter().filter(|o| matches!(o.of, Drawn::Task(_)));
            let lengths: Vec<f64> = own.map(|o| product(o, o).sqrt()).collect();
            self.slopes(weighed, &lengths);
        }
        let factors = match &course.method {
            Some(method) => self.factors_of(method, &compared, &all, product),
            None => vec![1.0; all.len()],
        };
        let mut parts: Vec<Vec<(f64, Grad)>> = self.params.specs().iter().map(|_| vec![]).collect();
        let mut at_cuts: Vec<Option<Vec<f32>>> = cuts.iter().map(|_| None).collect();
        for (own, factor) in all.into_iter().zip(&factors) {
            for (p, g) in own.params {
                parts[p].push((if shared(p) { *factor } else { 1.0 }, g));
            }
            for (sum, g) in at_cuts.iter_mut().zip(own.cuts) {
                let Some(g) = g else { continue };
                let sum = sum.get_or_insert_with(|| vec![0.0; g.len()]);
                sum.iter_mut().zip(g).for_each(|(s, g)| *s += (factor * f64::from(g)) as f32);
            }
        }
        // one backward pass from the cuts on, for all
        let from = cuts.into_iter().zip(at_cuts).filter_map(|(c, g)| {
            let dims = c.value.dims();
            let g = Tensor::<2>::from_data(TensorData::new(g?, dims), &c.value.device());
            Some((c.value * g).sum())
        });
        if let Some(total) = from.reduce(|a, b| a + b) {
            let mut grads = total.backward();
            self.params.take_grads(&mut grads).into_iter().for_each(|(p, g)| parts[p].push((1.0, g)));
        }
        self.params.forget_lookups();
        let sum = |(p, parts): (usize, Vec<(f64, Grad)>)| {
            let n = self.params.specs()[p].shape.iter().product();
            (p, Grad::sum(&parts, n))
        };
        Ok(Some(parts.into_iter().enumerate().filter(|(_, g)| !g.is_empty()).map(sum).collect()))
    }

    /// The factor of each loss; 1 of those that are not compared.
    fn factors_of(
        &mut self,
        method: &Method<'_>,
        compared: &[usize],
        all: &[Own],
        product: impl Fn(&Own, &Own) -> f64,
    ) -> Vec<f64> {
        let mut factors = vec![1.0; all.len()];
        if compared.len() < 2 {
            return factors;
        }
        let row = |i: &usize| compared.iter().map(|j| product(&all[*i], &all[*j])).collect::<Vec<_>>();
        let products: Vec<f64> = compared.iter().flat_map(row).collect();
        let gram = Gram::new(compared.len(), &products);
        let (against, pairs) = gram.conflicts();
        let sum = &mut self.state.conflicts;
        *sum = (sum.0 + against as u64, sum.1 + pairs as u64);
        let number = |i: &usize| match all[*i].of {
            Drawn::Task(t) => t,
            Drawn::Loss(l) => self.plan.tasks.len() + l,
        };
        let whose: Vec<usize> = compared.iter().map(number).collect();
        let place = Place { settings: method.settings, whose: &whose, seed: self.state.seed, step: self.state.step };
        let found = method.combine.factors(&gram, &place, &mut self.state.combining);
        compared.iter().zip(found).for_each(|(i, f)| factors[*i] = f);
        factors
    }
}
