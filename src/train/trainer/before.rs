//! What would fail later, found before the first step.

use crate::columns::SplitName;
use crate::diagnostics::Diagnostic;
use crate::encode::Examples;
use crate::plan::{Plan, Score};
use crate::train::{evaluate, report};

/// What chooses the kept weights: the declared objective; a single task's own metric where it has dev figures.
pub fn objective(plan: &Plan, examples: &Examples) -> Option<Score> {
    let only = || match plan.tasks.as_slice() {
        [t] if !t.metrics.is_empty() && evaluate::has_gold(plan, examples, 0, SplitName::Dev) => {
            Some(Score::Metric { task: 0, metric: 0 })
        }
        _ => None,
    };
    plan.train.objective.clone().or_else(only)
}

/// What would fail later, found before the first step.
pub fn check(plan: &Plan, examples: &Examples) -> Vec<Diagnostic> {
    let mut faults = vec![];
    let corpora_of = |t: usize| -> String {
        let names: Vec<String> = plan.tasks[t].golds.iter().map(|(c, _)| plan.corpora[*c].name.clone()).collect();
        names.join("`, `")
    };
    let split = "as in `columns(\"data\", dev = split(10%))`";
    if let Some(score) = &plan.train.objective {
        let (mut metrics, mut frames) = (vec![], vec![]);
        report::reads(score, &mut metrics, &mut frames);
        metrics.sort_unstable();
        metrics.dedup_by_key(|(t, _)| *t);
        for (t, _) in metrics {
            if !evaluate::has_gold(plan, examples, t, SplitName::Dev) {
                let (name, corpora) = (&plan.tasks[t].name, corpora_of(t));
                let e = format!("the objective needs dev figures of `{name}`, but `{corpora}` has no dev examples");
                faults.push(Diagnostic::new("E0802", e).help(format!("give `{corpora}` a dev split, {split}")));
            }
        }
        for c in frames {
            if examples.split(c, SplitName::Dev).is_none_or(|e| e.len == 0) {
                let name = &plan.corpora[c].name;
                let e = format!("the objective needs dev figures of `{name}`, which has no dev examples");
                faults.push(Diagnostic::new("E0802", e).help(format!("give `{name}` a dev split, {split}")));
            }
        }
    }
    let objective = objective(plan, examples);
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
            if !evaluate::has_gold(plan, examples, t, SplitName::Train) {
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
