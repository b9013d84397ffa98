//! One step: draws, losses, gradients, the move; and what is told of it.

use super::combine::Cut;
use super::weigh::Weighed;
use super::{Course, Trainer};
use crate::batches::Draw;
use crate::columns::SplitName;
use crate::diagnostics::Diagnostic;
use crate::kinds::optimisers::Decay;
use crate::kinds::weightings::Told;
use crate::network::together::Share;
use crate::network::{Batch, BatchLoss, Job, Known, Moment, Values};
use crate::ops::params::Params;
use crate::passes;
use crate::passes::flow::Wanted;
use crate::plan::{Drawn, Penalty, Phase, Stage};
use crate::train::{NamedLoss, RunError, StepNews};
use burn::tensor::Tensor;
use std::collections::BTreeMap;
use std::time::Instant;

/// Learning-rate factor after `warmup` and `decay`.
///
/// `step` counts from 0; `share` is how much of the stage is over when its steps are not known beforehand.
pub fn rate(stage: &Stage, step: u64, steps: Option<u64>, share: f64, epoch: u64) -> f64 {
    let o = &stage.optimizer;
    // place and warm-up in one unit: steps, or shares of a stage that ends by the clock
    let (now, warmup, all) = match steps {
        Some(n) => (step as f64, if o.warmup < 1.0 { (o.warmup * n as f64).ceil() } else { o.warmup }, n as f64),
        None if o.warmup < 1.0 => (share, o.warmup, 1.0),
        None => {
            if (step as f64) < o.warmup {
                return (step as f64 + 1.0) / o.warmup;
            }
            (share, 0.0, 1.0)
        }
    };
    if now < warmup {
        let next = if steps.is_some() { now + 1.0 } else { now };
        return (next / warmup).clamp(1e-3, 1.0);
    }
    let rest = ((now - warmup) / (all - warmup).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
    Decay::find(&o.decay.kind).map_or(1.0, |d| d.factor(&o.decay.settings, rest, epoch))
}

impl Trainer<'_> {
    pub(super) fn step(&mut self, course: &mut Course<'_>) -> Result<(), RunError> {
        let began = Instant::now();
        let stages = self.plan.train.stages.len().max(1) as f64;
        let share = self.share(course);
        let moment = Moment {
            seed: self.state.seed,
            step: self.state.step,
            progress: (self.state.stage as f64 + share) / stages,
        };
        let epoch = self.state.cursor.epoch;
        let draws = course.schedule.next(&mut self.state.cursor);
        self.measure(course, &draws, moment)?;
        let Computed { losses, cuts, told } = self.losses(course, &draws, moment)?;
        self.state.epoch_examples += draws.iter().map(|d| d.examples.len() as u64).sum::<u64>();
        let losses = self.pooled(losses);
        let mut sick = vec![];
        for (of, loss, count) in &losses {
            let value = f64::from(loss.clone().into_scalar::<f32>());
            let (last, sums, i) = match *of {
                Drawn::Task(t) => (&mut self.state.last_losses, &mut self.state.losses, t),
                Drawn::Loss(l) => (&mut self.state.last_terms, &mut self.state.terms, l),
            };
            last.insert(i, value);
            let sum = sums.entry(i).or_default();
            sum.0 += value * *count as f64;
            sum.1 += *count as f64;
            if !value.is_finite() {
                sick.push(*of);
            }
        }
        if !sick.is_empty() {
            return Err(self.not_finite(course, "loss", &sick));
        }
        // a step in which everything is frozen has nothing to move
        let weighed = self.weighed(course.stage, &losses, told, epoch);
        let factor = rate(course.stage, self.state.cursor.total - 1, course.steps, share, epoch);
        let (rates, clip) = (&course.rates, course.stage.clip);
        let lr = |i: usize| rates[i] * factor;
        let info = match &weighed {
            None => None,
            Some(w) if course.apart || course.method.is_some() => {
                let grads = self.combined(course, w, &losses, cuts)?;
                let grads = grads.map(|g| self.pulled(course, g));
                grads.map(|g| course.optimizer.step_by(&mut self.params, g, &lr, clip))
            }
            Some(w) => {
                let terms = self.terms(w, &losses).into_iter().map(|(_, t)| t);
                let total = terms.chain(self.anchored(course)).reduce(|a, b| a + b);
                let total = total.filter(Tensor::is_tracked);
                total.map(|t| course.optimizer.step(&mut self.params, t.backward(), &lr, clip))
            }
        };
        if info.is_some_and(|i| !i.grad_norm.is_finite()) {
            let all: Vec<Drawn> = losses.iter().map(|(of, ..)| *of).collect();
            return Err(self.not_finite(course, "gradient", &all));
        }
        if let Some(w) = weighed.filter(Weighed::looks_again) {
            // at the same moment, so with the same dropout
            let again = self.losses(course, &draws, moment)?;
            let again = self.pooled(again.losses);
            self.learn(&w, &again);
        }
        self.state.step += 1;
        if self.state.step == 1 {
            self.first_step = Some(self.options.began.elapsed().as_secs_f64());
        }
        self.state.epoch_seconds += began.elapsed().as_secs_f64();
        self.tell_step(course);
        Ok(())
    }

    /// Of each task and `loss` its value over all corpora of the step.
    fn pooled(&self, losses: Vec<BatchLoss>) -> Vec<Pooled> {
        let mut parts: BTreeMap<Drawn, Vec<(Tensor<1>, usize)>> = BTreeMap::new();
        for l in losses {
            parts.entry(l.of).or_default().push((l.mean, l.count));
        }
        parts.into_iter().map(|(of, p)| pool(of, p, &self.params)).collect()
    }

    /// The losses of a step, on each of its corpora.
    pub(super) fn losses(
        &mut self,
        course: &Course<'_>,
        draws: &[Draw],
        moment: Moment,
    ) -> Result<Computed, Diagnostic> {
        let plan = self.plan;
        let found = |d: &&Draw| {
            plan.graph(d.corpus, Phase::Train).is_some() && self.examples.split(d.corpus, SplitName::Train).is_some()
        };
        let draws: Vec<&Draw> = draws.iter().filter(found).collect();
        // it shares its values with the parameters: gone before they move, so that those move in place
        let still = |d: &&Draw| {
            course.gradients.get(&d.corpus).is_some_and(|g| g.contains(&false))
                || self.frozen.any(d.corpus, Phase::Train)
        };
        let plain = draws.iter().any(still).then(|| self.params.valid());
        let counts = |p: &&Penalty| course.stage.losses.contains(&p.loss);
        let penalties = plan
            .penalties
            .iter()
            .filter(counts)
            .filter_map(|p| self.network.penalty(p, &self.params, &self.examples.forms, moment));
        let penalties: Vec<BatchLoss> = penalties.collect();
        let apart = course.apart;
        let mut shares = vec![];
        for draw in draws {
            let (Some(graph), Some(split)) =
                (plan.graph(draw.corpus, Phase::Train), self.examples.split(draw.corpus, SplitName::Train))
            else {
                continue;
            };
            let batch = Batch { forms: &self.examples.forms, split, examples: &draw.examples };
            let job = Job { plan, graph, batch, params: &self.params, moment };
            let wanted = match plan.pass(passes::SHARE) && !apart {
                true => vec![draw.wanted.clone()],
                false => {
                    let task = |t: &usize| Wanted::tasks(&[*t]);
                    let loss = |l: &usize| Wanted { tasks: vec![], losses: vec![*l] };
                    draw.wanted.tasks.iter().map(task).chain(draw.wanted.losses.iter().map(loss)).collect()
                }
            };
            for wanted in wanted {
                let mut known = Known::default();
                if let Some(plain) = &plain {
                    let job = Job { params: plain, ..job };
                    known.values = self.frozen.values(&self.network, &job, SplitName::Train, &wanted)?;
                    known.gradients = course.gradients.get(&draw.corpus).map(|g| (g.as_slice(), plain));
                }
                let mut share = Share { job, wanted, known };
                let weight = |l: usize| plan.losses.get(l).map_or(1.0, |l| l.weight.at(moment.step));
                share.known.shifts = self.network.worst(&share, &weight);
                shares.push(share);
            }
        }
        let mut cuts = vec![];
        if course.method.is_some() && !apart {
            shares.iter_mut().for_each(|s| cuts.extend(self.cut(course, s)));
        }
        let length = |b: Batch<'_>| b.examples.iter().map(|e| b.split.lengths[*e] as usize).sum::<usize>();
        let tokens: usize = shares.iter().map(|s| length(s.job.batch)).sum();
        if !apart && plan.pass(passes::MERGE) && plan.pass(passes::SHARE) && tokens <= passes::merge::MOST_TOKENS {
            let values = self.network.forward_together(&shares);
            let told = shares.iter().zip(&values).filter_map(|(s, v)| self.told(course.stage, &s.job, v)).collect();
            let losses = |(s, v): (&Share<'_>, &Values)| self.network.losses(&s.job, &s.wanted, v);
            return Ok(Computed {
                losses: shares.iter().zip(&values).flat_map(losses).chain(penalties).collect(),
                cuts,
                told,
            });
        }
        let (mut losses, mut told) = (vec![], vec![]);
        for s in shares {
            let (job, wanted) = (s.job, s.wanted.clone());
            let values = self.network.forward_with(s);
            told.extend(self.told(course.stage, &job, &values));
            losses.extend(self.network.losses(&job, &wanted, &values));
        }
        losses.extend(penalties);
        Ok(Computed { losses, cuts, told })
    }

    pub(super) fn tell_step(&mut self, course: &Course<'_>) {
        let s = &self.state;
        let share = self.share(course);
        let spent = s.stage_seconds;
        let news = StepNews {
            stage: &course.stage.name,
            epoch: s.cursor.epoch,
            step: s.cursor.total,
            steps: course.steps,
            progress: share,
            losses: self.mean_losses(),
            examples_per_second: s.epoch_examples as f64 / s.epoch_seconds.max(1e-9),
            seconds_left: (share > 0.0).then(|| spent / share * (1.0 - share)),
        };
        self.progress.step(&news);
    }

    /// A loss or gradient that is not finite. The weights before this step are kept: nothing moved yet.
    pub(super) fn not_finite(&mut self, course: &Course<'_>, what: &str, whose: &[Drawn]) -> RunError {
        let names: Vec<String> = whose.iter().map(|of| format!("`{}`", self.plan.name_of(*of))).collect();
        let own = self.state.last_losses.iter().map(|(t, l)| (Drawn::Task(*t), l));
        let all = own.chain(self.state.last_terms.iter().map(|(t, l)| (Drawn::Loss(*t), l)));
        let last: Vec<String> = all.map(|(of, l)| format!("{} {l:.4}", self.plan.name_of(of))).collect();
        let message = format!(
            "the {what} of {} is not finite at step {} of stage `{}` (last losses: {})",
            names.join(", "),
            self.state.cursor.total,
            course.stage.name,
            last.join(", ")
        );
        let lr = course.stage.optimizer.settings.get("lr").and_then(|l| l.as_f64()).unwrap_or(1e-3);
        let kind = &course.stage.optimizer.kind;
        let help = match course.stage.clip {
            Some(_) => format!("lower the learning rate: `optimizer {kind}(lr = {:.0e})`", lr / 10.0),
            None => format!(
                "clip the gradients: `clip 1`, or lower the learning rate: `optimizer {kind}(lr = {:.0e})`",
                lr / 10.0
            ),
        };
        let mut faults = vec![Diagnostic::new("E0801", message).help(help)];
        faults.extend(self.publish().err());
        RunError::Failed(faults)
    }

    pub(super) fn mean_losses(&self) -> Vec<NamedLoss> {
        let own = self.state.losses.iter().map(|(t, s)| (Drawn::Task(*t), s));
        let all = own.chain(self.state.terms.iter().map(|(l, s)| (Drawn::Loss(*l), s)));
        all.map(|(of, (sum, n))| (self.plan.name_of(of).to_string(), sum / n.max(1.0))).collect()
    }

    pub(super) fn forget_epoch(&mut self) {
        self.state.losses.clear();
        self.state.terms.clear();
        self.state.factors.clear();
        self.state.conflicts = (0, 0);
        self.state.epoch_examples = 0;
        self.state.epoch_seconds = 0.0;
    }
}

/// What was computed in a step.
pub(super) struct Computed {
    /// on each corpus
    pub losses: Vec<BatchLoss>,
    /// where the graph is cut, if gradients are compared at features
    cuts: Vec<Cut>,
    /// what the weighting asked
    told: Vec<Told>,
}

/// A loss in a step: whose, its mean, over how many.
pub(super) type Pooled = (Drawn, Tensor<1>, usize);

/// One loss of what stood in several corpora of a step: the mean over all of them.
fn pool(of: Drawn, mut parts: Vec<(Tensor<1>, usize)>, params: &Params) -> Pooled {
    let count = parts.iter().map(|(_, n)| n).sum::<usize>();
    let loss = match (parts.len(), parts.pop()) {
        (1, Some((loss, _))) => Some(loss),
        (_, last) => parts
            .into_iter()
            .chain(last)
            .map(|(l, n)| l.mul_scalar(n as f64 / count.max(1) as f64))
            .reduce(|a, b| a + b),
    };
    (of, loss.unwrap_or_else(|| Tensor::zeros([1], params.device())), count)
}
