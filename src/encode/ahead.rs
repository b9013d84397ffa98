//! What a run would refuse for want of examples or gold, found before the first step.

use super::Examples;
use crate::columns::{Corpus, SplitName};
use crate::diagnostics::Diagnostic;
use crate::kinds::samplers;
use crate::plan::{Plan, SOURCE_FIELD, Score};

/// What data there are.
pub trait There {
    /// Whether any example of a split has gold of a task.
    fn gold(&self, task: usize, split: SplitName) -> bool;
    /// Whether a corpus has examples in a split.
    fn examples(&self, corpus: usize, split: SplitName) -> bool;
}

impl There for (&Plan, &Examples) {
    fn gold(&self, task: usize, split: SplitName) -> bool {
        let (plan, examples) = self;
        let splits = plan.tasks[task].golds.iter().filter_map(|(c, _)| examples.split(*c, split));
        splits.into_iter().any(|e| (0..e.len).any(|i| e.has_gold(task, i)))
    }

    fn examples(&self, corpus: usize, split: SplitName) -> bool {
        self.1.split(corpus, split).is_some_and(|e| e.len > 0)
    }
}

/// The same of corpora that are not indexed yet.
impl There for (&Plan, &[Corpus]) {
    fn gold(&self, task: usize, split: SplitName) -> bool {
        let (plan, corpora) = self;
        plan.tasks[task].golds.iter().any(|(c, f)| {
            let Some(split) = corpora.get(*c).map(|c| c.split(split)) else { return false };
            if *f == SOURCE_FIELD { split.len > 0 } else { split.columns.get(*f).is_some_and(|c| c.known() > 0) }
        })
    }

    fn examples(&self, corpus: usize, split: SplitName) -> bool {
        self.1.get(corpus).is_some_and(|c| c.split(split).len > 0)
    }
}

/// What chooses the kept weights: the declared objective; a single task's own metric where it has dev figures.
pub fn objective(plan: &Plan, there: &dyn There) -> Option<Score> {
    let only = || match plan.tasks.as_slice() {
        [t] if !t.metrics.is_empty() && there.gold(0, SplitName::Dev) => Some(Score::Metric { task: 0, metric: 0 }),
        _ => None,
    };
    plan.train.objective.clone().or_else(only)
}

/// What would fail later, found before the first step.
pub fn refused(plan: &Plan, there: &dyn There) -> Vec<Diagnostic> {
    let mut faults = vec![];
    let corpora_of = |t: usize| -> String {
        let names: Vec<String> = plan.tasks[t].golds.iter().map(|(c, _)| plan.corpora[*c].name.clone()).collect();
        names.join("`, `")
    };
    let split = "as in `columns(\"data\", dev = split(10%))`";
    let mut scores: Vec<(&str, Score)> = plan.train.objective.iter().map(|s| ("the objective", s.clone())).collect();
    for s in &plan.train.stages {
        let main = s.sampler.tasks.first().filter(|_| samplers::find(&s.sampler.kind).is_some_and(|k| k.measures));
        let reward = main.map(|(t, _)| ("a reward", Score::Metric { task: *t, metric: 0 }));
        for one in reward.into_iter().chain(s.search.iter().map(|s| ("a search", s.objective.clone()))) {
            if !scores.contains(&one) {
                scores.push(one);
            }
        }
    }
    for (what, score) in &scores {
        let (mut metrics, frames) = score.reads();
        metrics.sort_unstable();
        metrics.dedup_by_key(|(t, _)| *t);
        for (t, _) in metrics {
            if !there.gold(t, SplitName::Dev) {
                let (name, corpora) = (&plan.tasks[t].name, corpora_of(t));
                let e = format!("{what} needs dev figures of `{name}`, but `{corpora}` has no dev examples");
                faults.push(Diagnostic::new("E0802", e).help(format!("give `{corpora}` a dev split, {split}")));
            }
        }
        for c in frames {
            if !there.examples(c, SplitName::Dev) {
                let name = &plan.corpora[c].name;
                let e = format!("{what} needs dev figures of `{name}`, which has no dev examples");
                faults.push(Diagnostic::new("E0802", e).help(format!("give `{name}` a dev split, {split}")));
            }
        }
    }
    let objective = objective(plan, there);
    for stage in &plan.train.stages {
        if stage.early_stop.is_some() && objective.is_none() {
            let e = format!("stage `{}` stops early, but no objective says what is better", stage.name);
            let metric =
                |t: usize| Some(format!("{}.{}", plan.tasks.get(t)?.name, plan.tasks[t].metrics.first()?.label));
            let metrics: Vec<String> = stage.tasks.iter().filter_map(|t| metric(*t)).collect();
            let help = match metrics.as_slice() {
                [one] => format!("give its corpus a dev split, {split}, and write `objective {one}` in `train`"),
                many => format!("write `objective mean({})` in `train`", many.join(", ")),
            };
            faults.push(Diagnostic::new("E0802", e).help(help));
        }
        if stage.tasks.is_empty() {
            let e = format!("stage `{}` trains no task", stage.name);
            faults.push(Diagnostic::new("E0808", e).help("name its tasks, as in `stage first { tasks pos }`"));
        }
        for &t in &stage.tasks {
            let others = plan.tasks[t].loss.as_ref().is_some_and(Vec::is_empty);
            if !others && !there.gold(t, SplitName::Train) {
                let (name, corpora) = (&plan.tasks[t].name, corpora_of(t));
                let e = format!("no training example of `{corpora}` holds gold for `{name}`");
                faults.push(Diagnostic::new("E0808", e).help(format!(
                    "check the column of the field that `{name}` is `of`, or leave `{name}` out of stage `{}`",
                    stage.name
                )));
            }
        }
    }
    faults
}
