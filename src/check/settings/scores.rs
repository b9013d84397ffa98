//! Figures over the development split: objectives and what claims compare.

use super::*;

/// A figure of an objective.
struct Counted {
    span: Span,
    label: String,
    /// whether more of it makes the objective grow
    up: bool,
    /// whether more of it is better, where that is known
    more: Option<bool>,
}

impl<'p> Checker<'p> {
    /// An expression over metrics.
    pub(crate) fn score(&mut self, e: &Expr, env: &Env) -> Result<Score, Poison> {
        match &*e.value {
            ExprKind::Error => Err(Poison),
            ExprKind::Paren(e) => self.score(e, env),
            ExprKind::Number(n) => Ok(Score::Number(n.value)),
            ExprKind::Binary(op, _, b)
                if op.value == BinOp::Div && self.p.constant(b, env) == Some(Item::Number(0.0)) =>
            {
                let d = Diagnostic::new("E0207", "a figure is divided by zero").at(b.span, "zero");
                Err(self.report(d.help("divide by another number")))
            }
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.score(a, env), self.score(b, env));
                let (a, b) = (Box::new(a?), Box::new(b?));
                match op.value {
                    BinOp::Add => Ok(Score::Add(a, b)),
                    BinOp::Sub => Ok(Score::Sub(a, b)),
                    BinOp::Mul => Ok(Score::Mul(a, b)),
                    BinOp::Div => Ok(Score::Div(a, b)),
                    _ => {
                        let d = Diagnostic::new("E0242", "a comparison is not a figure").at(op.span, "");
                        Err(self.report(d.help("write it behind `expect`")))
                    }
                }
            }
            ExprKind::Neg(a) => Ok(Score::Sub(Box::new(Score::Number(0.0)), Box::new(self.score(a, env)?))),
            ExprKind::Call(f, args) if is_name(f, "mean") => {
                let mut all = vec![];
                let members: Vec<_> = args.iter().map(|a| self.scores(&a.value, env)).collect();
                for m in members {
                    all.extend(m?);
                }
                if all.is_empty() && self.tasks.iter().any(|t| t.left_out) {
                    return Err(Poison);
                }
                if all.is_empty() {
                    let d = Diagnostic::new("E0242", "`mean` of nothing").at(e.span, "");
                    return Err(self.report(d.help("write `mean(a.accuracy, b.accuracy)`")));
                }
                Ok(Score::Mean(all))
            }
            _ => {
                let mut all = self.scores(e, env)?;
                match all.len() {
                    1 => Ok(all.remove(0)),
                    0 => Err(Poison),
                    _ => {
                        let d = Diagnostic::new("E0242", "these are several figures")
                            .at(e.span, format!("{} figures", all.len()));
                        Err(self.report(d.help(format!("write `mean({})`", path_words(e)))))
                    }
                }
            }
        }
    }

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
                let task = &self.tasks[*task];
                let Some(m) = task.metrics.get(*metric) else { return };
                let more = crate::kinds::metrics::find(&m.name).map(|m| m.higher_is_better);
                out.push(Counted { span: e.span, label: format!("{}.{}", task.name, m.label), up, more });
            }
            (_, Score::Frame { corpus }) => {
                let label = format!("{}.frame_accuracy", self.p.data[*corpus].name);
                out.push(Counted { span: e.span, label, up, more: Some(true) });
            }
            _ => {}
        }
    }

    /// `slot.span_f1`, `sent[*].accuracy`, `slot`, `atis.frame_accuracy`.
    pub(super) fn scores(&mut self, e: &Expr, env: &Env) -> Result<Vec<Score>, Poison> {
        let (base, metric) = match &*e.value {
            ExprKind::Dot(b, m) => (b, Some(ast::Node::new(Box::new(ExprKind::Name(m.value.clone())), m.span))),
            // slot.f(0.5)
            ExprKind::Call(f, args) => match &*f.value {
                ExprKind::Dot(b, m) => {
                    let name = ast::Node::new(Box::new(ExprKind::Name(m.value.clone())), m.span);
                    (b, Some(ast::Node::new(Box::new(ExprKind::Call(name, args.clone())), e.span)))
                }
                _ => return Err(self.not_a_figure(e)),
            },
            ExprKind::Name(_) | ExprKind::Index(..) => (e, None),
            _ => return Err(self.not_a_figure(e)),
        };
        let Some(p) = path(base) else { return Err(self.not_a_figure(e)) };
        if let (Some(part), false) = (&metric, p.dots.is_empty()) {
            self.member_by_dot(&p)?;
            let figure = path_words(base);
            let d = Diagnostic::new("E0242", format!("`{figure}` is a figure, and a figure has no parts"));
            let d = d.at(part.span, "one part too many").help(format!("write `{figure}`"));
            return Err(self.report(d.fix(e.span, figure, false)));
        }
        let data_only = metric.as_ref().is_some_and(|m| is_name(m, "frame_accuracy"));
        let meaning = match data_only {
            true => self.p.lookup_data(p.name, env).or_else(|| self.p.lookup(p.name, env)),
            false => self.p.lookup(p.name, env),
        };
        let named = match (p.index, meaning) {
            (None, Some(Meaning::One(kind @ (Kind::Task | Kind::Data), i))) => {
                self.ends(&p, kind, &[])?;
                vec![(kind, i)]
            }
            (None, Some(Meaning::Family(kind, m))) => {
                self.ends(&p, kind, &[])?;
                m.into_iter().map(|i| (kind, i)).collect()
            }
            _ => self.named(&p, env, &[Kind::Task, Kind::Data], "a task", &[])?,
        };
        let mut out = vec![];
        for (kind, i) in named {
            if kind == Kind::Data {
                match &metric {
                    Some(m) if is_name(m, "frame_accuracy") || is_name(m, "sentence_accuracy") => {
                        out.push(Score::Frame { corpus: i })
                    }
                    _ => {
                        let d = Diagnostic::new("E0242", "the figure of a data set is `frame_accuracy`").at(e.span, "");
                        return Err(self.report(d.help(format!("write `{}.frame_accuracy`, or name a task", p.name))));
                    }
                }
                continue;
            }
            if self.tasks[i].left_out {
                continue;
            }
            if metric.as_ref().is_some_and(|m| is_name(m, "frame_accuracy")) {
                let d = Diagnostic::new("E0242", "`frame_accuracy` is a figure of a data set").at(e.span, "of a task");
                let data = self.tasks[i].corpora.first().map(|c| self.p.data[*c].name.clone());
                return Err(self.report(match data {
                    Some(data) => d.help(format!("write `{data}.frame_accuracy`")),
                    None => d.help("name the data set before it"),
                }));
            }
            if self.tasks[i].poisoned {
                if let Some(m) = &metric {
                    let _ = self.metric_word(m);
                }
                return Err(Poison);
            }
            if self.tasks[i].when == Some(Phase::Train) {
                let name = self.tasks[i].name.clone();
                let d = Diagnostic::new("E0242", format!("`{name}` exists while training only, so it has no figures"));
                let d = d.at(e.span, "a figure of dev or test").with(self.tasks[i].span, "declared `when train`");
                return Err(self.report(d.help("name another task, or leave out `when train`")));
            }
            let at = match &metric {
                None => 0,
                Some(m) => {
                    let head = self.tasks[i].head;
                    // the metric is found in its canonical name among the task's, or added to them
                    let m = match &*m.value {
                        ExprKind::Name(w) if w == "f" && self.tasks[i].metrics.iter().any(|x| x.name == "f") => {
                            self.tasks[i].metrics.iter().find(|x| x.name == "f").cloned().ok_or(Poison)?
                        }
                        _ => {
                            let settings = self.tasks[i].settings.clone();
                            self.metric(m, env, head, &settings)?
                        }
                    };
                    match self.tasks[i]
                        .metrics
                        .iter()
                        .position(|x| x.name == m.name && x.args == m.args && x.classes == m.classes)
                    {
                        Some(k) => k,
                        None => {
                            self.tasks[i].metrics.push(m);
                            self.tasks[i].metrics.len() - 1
                        }
                    }
                }
            };
            out.push(Score::Metric { task: i, metric: at });
        }
        Ok(out)
    }

    pub(super) fn not_a_figure(&mut self, e: &Expr) -> Poison {
        let d = Diagnostic::new("E0242", "this is not a figure").at(e.span, "");
        // `man(a.f1, b.f1)`
        if let ExprKind::Call(f, _) = &*e.value
            && let ExprKind::Name(n) = &*f.value
            && !suggest::near(n, ["mean"]).is_empty()
        {
            return self.report(d.help("did you mean `mean`?").fix(f.span, "mean", true));
        }
        if let ExprKind::Call(f, args) = &*e.value
            && let ExprKind::Name(n) = &*f.value
        {
            let task = |a: &ast::Arg| matches!(&*a.value.value, ExprKind::Name(t) if self.p.names.get(t).is_some_and(|s| s.kind == Kind::Task));
            // `span_f1(chunk)`
            if let [one] = args.as_slice()
                && (crate::kinds::metrics::find(n).is_some() || crate::builtins::METRICS_LATER.contains(&n.as_str()))
                && task(one)
            {
                let right = format!("{}.{n}", path_words(&one.value));
                return self.report(d.help(format!("write `{right}`")).fix(e.span, right, true));
            }
            if ["avg", "average", "max", "min", "sum"].contains(&n.as_str()) {
                return self.report(d.help("several figures are joined by `mean(...)` or by `+ - * /`"));
            }
        }
        self.report(d.help(format!("write `task.metric`, for example `{}`", self.some_figure())))
    }

    pub(super) fn objective_default(&mut self, train: &mut Train) {
        if train.objective.is_some() || self.tasks.is_empty() {
            return;
        }
        let live: Vec<usize> = (0..self.tasks.len())
            .filter(|i| !self.tasks[*i].poisoned && !self.tasks[*i].left_out && self.tasks[*i].when.is_none())
            .collect();
        if let [one] = live.as_slice() {
            // a program of one task is judged by it wherever there are dev figures, which the data decide
            if self.tasks.iter().filter(|t| !t.left_out).count() > 1 {
                train.objective = Some(Score::Metric { task: *one, metric: 0 });
            }
            return;
        }
        if live.len() != self.tasks.len() && live.is_empty() {
            return;
        }
        // in an expression more is better: errors are subtracted
        let (mut more, mut less): (Vec<String>, Vec<String>) = (vec![], vec![]);
        let mut seen = HashSet::default();
        for i in &live {
            let t = &self.tasks[*i];
            let Some(metric) = t.metrics.first() else { continue };
            let base = t.name.split('[').next().unwrap_or(&t.name);
            let members = if t.name.contains('[') { "[*]" } else { "" };
            let word = format!("{base}{members}.{}", metric.label);
            let upwards = crate::kinds::metrics::find(&metric.name).is_none_or(|m| m.higher_is_better);
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
        } else if !self.reports.any_error() {
            let d = Diagnostic::new("W0101", "no objective is declared: the last weights are kept, not the best");
            let d = match place {
                Some(s) => d.at(s, format!("trains {} tasks", live.len())),
                None => d,
            };
            self.report(first(d.help(format!("add to `train`: `{line}`"))));
        }
    }
}
