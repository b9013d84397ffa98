//! Figures over the development split: objectives and what claims compare.

use super::*;
use crate::kinds::heads;

/// A figure of an objective.
struct Counted {
    span: Span,
    label: String,
    /// whether more of it makes the objective grow
    up: bool,
    /// whether more of it is better, where that is known
    more: Option<bool>,
}

impl<'p> Scheduler<'_, 'p> {
    /// Reports every figure that an objective rewards for being worse. An expression is maximised; only a metric alone
    /// knows its own direction.
    pub(super) fn rewards(&mut self, e: &Expr, score: &Score) {
        if matches!(score, Score::Metric { .. }) {
            return;
        }
        let mut all = vec![];
        self.counted(e, score, true, &mut all);
        for c in all.iter().filter(|c| c.up && c.more == Some(false)) {
            let label = &c.label;
            let d = Diagnostic::new(
                "E0247",
                format!("this objective grows with `{label}`, which is better when it is less"),
            );
            self.report(d.at(c.span, "an error counts in favour").help(format!("subtract it: `... - {label}`")));
        }
        // a difference of two is somebody's choice; nothing but what is subtracted is none
        if all.iter().all(|c| !c.up && c.more == Some(true)) {
            for c in &all {
                let d = Diagnostic::new("E0247", format!("this objective grows as `{}` gets worse", c.label));
                self.report(d.at(c.span, "better when it is more, and subtracted").help("leave out the minus"));
            }
        }
    }

    /// The figures of an expression, if more of `score` is better (`up`) or less of it is.
    fn counted(&self, e: &Expr, score: &Score, up: bool, out: &mut Vec<Counted>) {
        match (&*e.value, score) {
            (ExprKind::Paren(inner), _) => self.counted(inner, score, up, out),
            (ExprKind::Neg(a), Score::Sub(_, x)) => self.counted(a, x, !up, out),
            (ExprKind::Binary(_, a, b), Score::Add(x, y)) => {
                self.counted(a, x, up, out);
                self.counted(b, y, up, out);
            }
            (ExprKind::Binary(_, a, b), Score::Sub(x, y) | Score::Div(x, y)) => {
                self.counted(a, x, up, out);
                self.counted(b, y, !up, out);
            }
            (ExprKind::Binary(_, a, b), Score::Mul(x, y)) => {
                let negative = |s: &Score| match s {
                    Score::Number(n) => *n < 0.0,
                    Score::Sub(zero, n) => {
                        matches!((&**zero, &**n), (Score::Number(0.0), Score::Number(n)) if *n > 0.0)
                    }
                    _ => false,
                };
                self.counted(a, x, up != negative(y), out);
                self.counted(b, y, up != negative(x), out);
            }
            (ExprKind::Call(_, args), Score::Mean(all)) => {
                for (i, member) in all.iter().enumerate() {
                    // a family is one argument and several figures
                    let at = if args.len() == all.len() { &args[i].value } else { e };
                    self.counted(at, member, up, out);
                }
            }
            (_, Score::Metric { task, metric }) => {
                let task = &self.r.tasks[*task];
                let Some(m) = task.metrics.get(*metric) else { return };
                let more = heads::metric(&m.name).map(|m| m.higher_is_better);
                out.push(Counted { span: e.span, label: format!("{}.{}", task.name, m.label), up, more });
            }
            (_, Score::Frame { corpus }) => {
                let label = format!("{}.frame_accuracy", self.p.data[*corpus].name);
                out.push(Counted { span: e.span, label, up, more: Some(true) });
            }
            _ => {}
        }
    }

    pub(super) fn objective_default(&mut self, train: &mut Train) {
        if train.objective.is_some() || self.r.tasks.is_empty() {
            return;
        }
        let live: Vec<usize> = (0..self.r.tasks.len())
            .filter(|i| !self.r.tasks[*i].poisoned && !self.r.tasks[*i].left_out && self.r.tasks[*i].when.is_none())
            .collect();
        if let [one] = live.as_slice() {
            // a program of one task is judged by it wherever there are dev figures, which the data decide
            if self.r.tasks.iter().filter(|t| !t.left_out).count() > 1 {
                train.objective = Some(Score::Metric { task: *one, metric: 0 });
            }
            return;
        }
        if live.len() != self.r.tasks.len() && live.is_empty() {
            return;
        }
        // in an expression more is better: errors are subtracted
        let (mut more, mut less): (Vec<String>, Vec<String>) = (vec![], vec![]);
        let mut seen = HashSet::default();
        for i in &live {
            let t = &self.r.tasks[*i];
            let Some(metric) = t.metrics.first() else { continue };
            let base = t.name.split('[').next().unwrap_or(&t.name);
            let members = if t.name.contains('[') { "[*]" } else { "" };
            let word = format!("{base}{members}.{}", metric.label);
            let upwards = heads::metric(&metric.name).is_none_or(|m| m.higher_is_better);
            let list = if upwards { &mut more } else { &mut less };
            if seen.insert(word.clone()) {
                list.push(word);
            }
        }
        let mean = |words: &[String]| match words {
            [one] if !one.contains('*') => one.clone(),
            many => format!("mean({})", many.join(", ")),
        };
        let line = match (more.is_empty(), less.is_empty()) {
            (_, true) => format!("objective {}", mean(&more)),
            (true, _) => format!("objective -{}", mean(&less)),
            _ => format!("objective {} - {}", mean(&more), mean(&less)),
        };
        let stop = train.stages.iter().any(|s| s.early_stop.is_some());
        let place = self.p.train_span.map(|s| Span { end: s.start + 5, ..s });
        // before the first setting, in its line or in a line of its own like it
        let start = self.p.train.first().map(|s| Span { end: s.span.start, ..s.span });
        let first = |d: Diagnostic| match start {
            Some(at) => d.fix(at, format!("{line}; "), false),
            None => d,
        };
        if stop {
            let d = Diagnostic::new("E0243", "`early_stop` watches a figure, and none is declared");
            let span = self
                .p
                .train
                .iter()
                .find(|s| matches!(&s.value, SettingKind::Attr { name, .. } if name.value == "early_stop"));
            let d = match span.map(|s| s.span).or(place) {
                Some(s) => d.at(s, "stops by which figure?"),
                None => d,
            };
            self.report(first(d.help(format!("add to `train`: `{line}`"))));
        } else if !self.r.reports.any_error() {
            let d = Diagnostic::new("W0101", "no objective is declared: the last weights are kept, not the best");
            let d = match place {
                Some(s) => d.at(s, format!("trains {} tasks", live.len())),
                None => d,
            };
            self.report(first(d.help(format!("add to `train`: `{line}`"))));
        }
    }
}
