//! How much the losses of a step count.

use super::Trainer;
use super::step::Pooled;
use crate::kinds::heads;
use crate::kinds::weightings::{self, Loss, Step, Told, Weigh, Weighting};
use crate::network::{Job, Values};
use crate::ops::floats;
use crate::ops::value::Value;
use crate::plan::{Drawn, Setting, Stage};
use burn::tensor::Tensor;
use std::collections::BTreeSet;

/// The losses of the tasks of a step, as the weighting of the stage sees them.
pub(super) struct Weighed<'a> {
    row: &'static Weighting,
    weigh: &'static dyn Weigh,
    step: Step<'a>,
    /// what each counts
    factors: Vec<f64>,
}

impl Weighed<'_> {
    /// Whether the weighting wants to know what the losses are after the step.
    pub fn looks_again(&self) -> bool {
        self.row.again
    }

    /// Whether it wants to know how long the gradients of the losses are.
    pub fn reads_gradients(&self) -> bool {
        self.row.gradients
    }
}

impl Trainer<'_> {
    /// Asks the weighting of a stage what the losses of a step count. Only tasks with gold in the step take part.
    pub(super) fn weighed<'s>(
        &mut self,
        stage: &'s Stage,
        losses: &[Pooled],
        told: Vec<Told>,
        epoch: u64,
    ) -> Option<Weighed<'s>> {
        let row = weightings::find(&stage.weights.kind)?;
        let weigh = row.weigh?;
        let of = |(of, value, _): &Pooled| match of {
            Drawn::Task(t) => self.loss_of(*t, value, stage),
            Drawn::Loss(_) => None,
        };
        let step = Step {
            losses: losses.iter().filter_map(of).collect(),
            told,
            of_stage: &stage.tasks,
            tasks: self.plan.tasks.len(),
            settings: &stage.weights.settings,
            seed: self.state.seed,
            step: self.state.step,
            epoch,
        };
        let factors = weigh.factors(&step, &mut self.state.weighing);
        for (l, factor) in step.losses.iter().zip(&factors).filter(|_| row.moves) {
            let sum = self.state.factors.entry(l.task).or_default();
            *sum = (sum.0 + factor, sum.1 + 1.0);
        }
        Some(Weighed { row, weigh, step, factors })
    }

    fn loss_of(&self, task: usize, value: &Tensor<1>, stage: &Stage) -> Option<Loss> {
        let (plan, weights) = (self.plan, &stage.weights);
        let t = plan.tasks.get(task)?;
        Some(Loss {
            task,
            value: f64::from(value.clone().into_scalar::<f32>()),
            weight: t.weight.at(self.state.step),
            given: weights.tasks.iter().find(|(of, _)| *of == task).map(|(_, w)| *w),
            learned: weights.params.iter().find(|(of, _)| *of == task).map(|(_, p)| self.params.get1(*p)),
            squared: (heads::find(&t.head).squared)(&t.settings),
            corpora: t.golds.iter().map(|(c, _)| *c).collect::<BTreeSet<_>>().into_iter().collect(),
            classes: t.labels.and_then(|l| plan.labels.get(l)).map(|l| l.classes.len()),
        })
    }

    /// What the task that the weighting of a stage asks says of a batch, all of whose examples have one gold.
    pub(super) fn told(&self, stage: &Stage, job: &Job<'_>, values: &Values) -> Option<Told> {
        let arg = weightings::find(&stage.weights.kind)?.asks?;
        let task = stage.weights.settings.get(arg).and_then(Setting::as_usize)?;
        let own = job.graph.tasks.iter().find(|t| t.task == task)?;
        let gold = job.batch.split.golds.get(&(task, own.gold?))?;
        let class =
            job.batch.examples.iter().find_map(|e| gold.row(*e).first().and_then(|c| usize::try_from(*c).ok()))?;
        let head = self.network.head(task)?;
        let Value::Rows(probs, _) = head.probs(values.get(own.head)?.as_ref()?, &self.network.cx(job, own.head)) else {
            return None;
        };
        let said = floats(&probs.mean_dim(0)).into_iter().map(f64::from).collect();
        Some(Told { corpus: job.graph.corpus, class, said })
    }

    /// The weighting learns from how long the gradients of the losses are.
    pub(super) fn slopes(&mut self, weighed: &Weighed<'_>, lengths: &[f64]) {
        // a loss that nothing learns from has no gradient
        if lengths.len() == weighed.step.losses.len() {
            weighed.weigh.slopes(&weighed.step, lengths, &mut self.state.weighing);
        }
    }

    /// The losses of a step as they count.
    pub(super) fn terms(&self, weighed: &Weighed<'_>, losses: &[Pooled]) -> Vec<(Drawn, Tensor<1>)> {
        let mut own = weighed.step.losses.iter().zip(&weighed.factors);
        let term = |(of, value, _): &Pooled| match of {
            Drawn::Task(_) => own.next().map(|(l, factor)| (*of, weighed.weigh.apply(value, l, *factor))),
            Drawn::Loss(l) => {
                let weight = self.plan.losses.get(*l)?.weight.at(self.state.step);
                Some((*of, if weight == 1.0 { value.clone() } else { value.clone().mul_scalar(weight) }))
            }
        };
        losses.iter().filter_map(term).collect()
    }

    /// The weighting learns from the losses of the same examples after the parameters have moved. Losses that are no numbers any
    /// more teach nothing: the next step will name them.
    pub(super) fn learn(&mut self, weighed: &Weighed<'_>, again: &[Pooled]) {
        self.params.forget_lookups();
        let tasks = again.iter().filter(|(of, ..)| matches!(of, Drawn::Task(_)));
        let values: Vec<f64> = tasks.map(|(_, value, _)| f64::from(value.clone().into_scalar::<f32>())).collect();
        if values.iter().all(|v| v.is_finite()) {
            weighed.weigh.after(&weighed.step, &values, &mut self.state.weighing);
        }
    }
}
