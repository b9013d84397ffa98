//! What stands behind the figures of a split: classes one by one, and the worst errors.

use super::evaluate::{LoadedRun, answers, golds};
use crate::columns::SplitName;
use crate::encode::Examples;
use crate::kinds::heads::{self, LogP, Said};
use crate::kinds::metrics::{CLASSES, Details, Scored, details as of_classes};
use crate::ops::floats;
use crate::ops::layer::axis;
use crate::ops::value::Value;
use crate::plan::Phase;
use crate::records::Records;
use std::collections::BTreeMap;

/// A task on a split.
#[derive(Clone, Debug)]
pub struct TaskDetails {
    /// index of the task
    pub task: usize,
    /// examples with gold
    pub examples: usize,
    /// those with something wrong; none of numbers, which are never simply right
    pub wrong: Option<usize>,
    /// its classes, if it has some
    pub classes: Option<Details>,
    /// the errors whose gold was least likely, the worst first; of numbers every example is one
    pub worst: Vec<Wrong>,
}

/// An example that is not answered right.
#[derive(Clone, Debug)]
pub struct Wrong {
    /// index of its data set
    pub corpus: usize,
    /// its place in the split
    pub example: usize,
    /// the log-probability of its gold, by decision
    pub logp: f64,
    /// what is so
    pub gold: Said,
    /// what was said
    pub said: Said,
}

/// The details of every task with gold, and at most so many of its worst errors.
pub fn details(run: &LoadedRun, examples: &Examples, split: SplitName, most: usize) -> Vec<TaskDetails> {
    let LoadedRun { plan, tables, network, weights, .. } = run;
    let mut out: BTreeMap<usize, (TaskDetails, Records, Records)> = BTreeMap::new();
    for graph in plan.graphs.iter().filter(|g| g.phase == Phase::Test) {
        let Some(part) = examples.split(graph.corpus, split).filter(|e| e.len > 0) else { continue };
        let golds = golds(graph, part);
        let wanted: Vec<usize> = golds.iter().map(|(t, _)| *t).collect();
        let mut likely: BTreeMap<usize, Vec<f64>> = wanted.iter().map(|t| (*t, vec![f64::NAN; part.len])).collect();
        let answers = answers(plan, network, weights, graph, &examples.forms, part, &wanted, None, &mut |seen| {
            let gold =
                golds.iter().find(|(t, _)| *t == seen.task).map(|(_, g)| g.select(seen.examples.iter().copied()));
            if let (Some(gold), Some(likely)) = (gold, likely.get_mut(&seen.task)) {
                let logp = by_example(&seen.head.logp(seen.scores, &gold, seen.cx), seen.scores, seen.examples.len());
                seen.examples.iter().zip(logp).for_each(|(e, p)| likely[*e] = p);
            }
        });
        // only what is kept can fail
        let mut answers = answers.unwrap_or_default();
        for (t, gold) in golds {
            let task = &plan.tasks[t];
            let (kind, names) = (heads::find(&task.head), tables.cx(task));
            let Some(said) = answers.remove(&t) else { continue };
            let said = (kind.aligned)(&names, gold, said);
            let new = || TaskDetails { task: t, examples: 0, wrong: None, classes: None, worst: vec![] };
            let (own, all_gold, all_said) =
                out.entry(t).or_insert_with(|| (new(), Records::new(gold.width), Records::new(said.width)));
            for e in (0..part.len).filter(|e| gold.present(*e)) {
                own.examples += 1;
                all_gold.push_from(gold, e);
                all_said.push_from(&said, e);
                let right = (kind.right)(&task.settings, gold.row(e), said.row(e));
                if let Some(right) = right {
                    *own.wrong.get_or_insert(0) += usize::from(!right);
                }
                if right != Some(true) {
                    let say = |records: &Records| (kind.say)(&names, records, e, &[]);
                    own.worst.push(Wrong {
                        corpus: graph.corpus,
                        example: e,
                        logp: likely.get(&t).map_or(f64::NAN, |l| l[e]),
                        gold: say(gold),
                        said: say(&said),
                    });
                }
            }
        }
    }
    let finish = |(mut own, gold, said): (TaskDetails, Records, Records)| {
        let task = &plan.tasks[own.task];
        let head = heads::find(&task.head);
        let labels: Vec<String> = tables.of(task).0.all().map(str::to_string).collect();
        let scored = (head.scored)(&task.settings, &gold, &said);
        let (gold, pred) = scored.as_ref().map_or((&gold, &said), |(g, s)| (g, s));
        let kind = (head.rule.measures)(&task.settings).unwrap_or(CLASSES);
        own.classes = of_classes(&Scored { kind, gold, pred, labels: &labels, ranking: None, likelihood: None });
        own.worst.sort_by(|a, b| a.logp.total_cmp(&b.logp));
        own.worst.truncate(most);
        own
    };
    out.into_values().map(finish).collect()
}

/// Log-probabilities of the gold of each example: the mean over its decisions.
fn by_example(logp: &LogP, scores: &Value, examples: usize) -> Vec<f64> {
    let values: Vec<f64> = floats(&logp.values).into_iter().map(f64::from).collect();
    let rows = |e: usize| axis(scores).cut(e..e + 1).0;
    let weight = logp.weight.max(1);
    if values.len() == examples {
        // of a text as a whole
        return (0..examples).map(|e| values[e] / (rows(e).len().max(1) * weight) as f64).collect();
    }
    let each = values.len() / axis(scores).total().max(1);
    let mean = |e: usize| {
        let rows = rows(e).start * each..rows(e).end * each;
        let known = logp.has[rows.clone()].iter().filter(|h| **h).count();
        values[rows].iter().sum::<f64>() / (known.max(1) * weight) as f64
    };
    (0..examples).map(mean).collect()
}
