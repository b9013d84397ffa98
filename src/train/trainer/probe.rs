//! Probes: what a step for one task would do to the others, and how alike the data of tasks are. They change nothing that the
//! run goes on with.

use super::{Course, Trainer};
use crate::batches::Draw;
use crate::columns::SplitName;
use crate::kinds::probes::{self, Corpus, Feature};
use crate::network::Moment;
use crate::ops::params::Grad;
use crate::passes::flow;
use crate::plan::{Drawn, Op, Phase, Probe, Stage};
use crate::train::RunError;
use crate::train::report::Source;
use std::collections::{BTreeMap, BTreeSet};

impl Trainer<'_> {
    /// Every so many steps: for each task with gold in the step, the weights that another task reads, too, go a step
    /// against its gradient, at the stage's learning rate; by how much the loss of each task falls by that (Fifty et al.
    /// 2021, eq. 1). Then everything is as it was.
    pub(super) fn measure(&mut self, course: &Course<'_>, draws: &[Draw], moment: Moment) -> Result<(), RunError> {
        let Some(Probe::Affinity { every }) = course.stage.probe else { return Ok(()) };
        if !(self.state.cursor.total - 1).is_multiple_of(every.max(1)) {
            return Ok(());
        }
        let before = self.task_losses(course, draws, moment)?;
        if before.len() < 2 {
            return Ok(());
        }
        let shared = self.shared(course.stage);
        for task in before.keys() {
            let found = self.losses(course, draws, moment)?.losses;
            let own = found.into_iter().filter(|l| l.of == Drawn::Task(*task)).map(|l| l.mean);
            let Some(loss) = own.reduce(|a, b| a + b).filter(burn::tensor::Tensor::is_tracked) else { continue };
            let mut grads = loss.backward();
            let slopes: Vec<(usize, Grad)> =
                shared.iter().filter_map(|p| Some((*p, self.params.take_grad(*p, &mut grads)?))).collect();
            drop(grads);
            self.params.forget_lookups();
            let mut ahead = self.params.clone();
            for (p, slope) in &slopes {
                let rate = course.rates[*p] as f32;
                ahead.update(*p, |values| {
                    let slope = slope.to_dense(values.len());
                    values.iter_mut().zip(slope).for_each(|(v, g)| *v -= rate * g);
                });
            }
            let kept = std::mem::replace(&mut self.params, ahead);
            let after = self.task_losses(course, draws, moment);
            self.params = kept;
            for (other, after) in after? {
                let Some(before) = before.get(&other).filter(|b| **b != 0.0) else { continue };
                let sum = self.state.affinity.entry(*task).or_default().entry(other).or_default();
                *sum = (sum.0 + 1.0 - after / before, sum.1 + 1);
            }
        }
        Ok(())
    }

    /// The loss of each task with gold in a step, pooled over its corpora.
    fn task_losses(
        &mut self,
        course: &Course<'_>,
        draws: &[Draw],
        moment: Moment,
    ) -> Result<BTreeMap<usize, f64>, RunError> {
        let mut sums: BTreeMap<usize, (f64, usize)> = BTreeMap::new();
        for l in self.losses(course, draws, moment)?.losses {
            if let Drawn::Task(t) = l.of {
                let sum = sums.entry(t).or_default();
                *sum = (sum.0 + f64::from(l.mean.into_scalar::<f32>()) * l.count as f64, sum.1 + l.count);
            }
        }
        self.params.forget_lookups();
        Ok(sums.into_iter().map(|(t, (sum, n))| (t, sum / n.max(1) as f64)).collect())
    }

    /// Parameters with which at least two tasks of a stage compute.
    fn shared(&self, stage: &Stage) -> Vec<usize> {
        let plan = self.plan;
        let mut readers: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); plan.params.len()];
        for graph in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
            for t in graph.tasks.iter().filter(|t| t.gold.is_some() && stage.tasks.contains(&t.task)) {
                let needed = flow::needed(graph, [t.head], &[]);
                let nodes = graph.nodes.iter().zip(needed).filter(|(_, n)| *n).map(|(node, _)| node);
                nodes.flat_map(|n| flow::params(plan, n)).for_each(|p| {
                    readers[*p].insert(t.task);
                });
            }
        }
        (0..readers.len()).filter(|p| readers[*p].len() > 1 && !self.params.is_frozen(*p)).collect()
    }

    /// The other tasks of a stage as sources for the one that a probe asks for.
    pub(super) fn sources(&self, stage: &Stage) -> Vec<Source> {
        let Some(Probe::Transfer { main, features }) = &stage.probe else { return vec![] };
        let asked: Vec<&Feature> =
            probes::FEATURES.iter().filter(|f| features.iter().any(|name| name == f.name)).collect();
        let others: Vec<usize> = stage.tasks.iter().copied().filter(|t| t != main).collect();
        let data: Vec<Corpus> = others.iter().map(|t| self.data_of(*t)).collect();
        let source = |(s, values, rank): (usize, Vec<f64>, f64)| Source {
            task: self.plan.tasks[others[s]].name.clone(),
            features: asked.iter().map(|f| f.name.to_string()).zip(values).collect(),
            rank,
        };
        probes::ranked(&data, &self.data_of(*main), &asked).into_iter().map(source).collect()
    }

    /// The texts that a task reads in training.
    fn data_of(&self, task: usize) -> Corpus {
        let mut data = Corpus::default();
        for graph in self.plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
            let own = graph.tasks.iter().find(|t| t.task == task && t.gold.is_some());
            let (Some(own), Some(split)) = (own, self.examples.split(graph.corpus, SplitName::Train)) else { continue };
            let needed = flow::needed(graph, [own.head], &[]);
            let read = graph.nodes.iter().zip(needed).filter(|(_, n)| *n).filter_map(|(node, _)| match &node.op {
                Op::Text { fields } => Some(fields),
                _ => None,
            });
            let fields: BTreeSet<usize> = read.flatten().copied().collect();
            for example in (0..split.len).filter(|e| split.has_gold(task, *e)) {
                data.examples += 1;
                for text in fields.iter().filter_map(|f| split.texts.get(f)) {
                    data.tokens += text.row(example).len();
                    data.types.extend(text.row(example));
                }
            }
        }
        data
    }
}
