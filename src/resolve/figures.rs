//! Figures over the development split: what objectives, claims and rewards name.

use super::*;
use crate::ast::BinOp;
use crate::kinds::metrics;
use crate::plan::Score;

impl Resolver<'_> {
    /// An expression over metrics.
    pub(crate) fn score(&mut self, e: &Expr, env: &Env) -> Result<Score, Reported> {
        match &*e.value {
            ExprKind::Error => Err(Reported),
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
                    return Err(Reported);
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
                    0 => Err(Reported),
                    _ => {
                        let d = Diagnostic::new("E0242", "these are several figures")
                            .at(e.span, format!("{} figures", all.len()));
                        Err(self.report(d.help(format!("write `mean({})`", path_words(e)))))
                    }
                }
            }
        }
    }

    /// `slot.span_f1`, `sent[*].accuracy`, `slot`, `atis.frame_accuracy`.
    pub(super) fn scores(&mut self, e: &Expr, env: &Env) -> Result<Vec<Score>, Reported> {
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
            out.push(self.figure_of(i, e, metric.as_ref(), env)?);
        }
        Ok(out)
    }

    /// A metric of a task, the first of its own where none is named; it is added to them where it is new.
    fn figure_of(&mut self, i: usize, e: &Expr, metric: Option<&Expr>, env: &Env) -> Result<Score, Reported> {
        if metric.is_some_and(|m| is_name(m, "frame_accuracy")) {
            let d = Diagnostic::new("E0242", "`frame_accuracy` is a figure of a data set").at(e.span, "of a task");
            let data = self.tasks[i].corpora.first().map(|c| self.p.data[*c].name.clone());
            return Err(self.report(match data {
                Some(data) => d.help(format!("write `{data}.frame_accuracy`")),
                None => d.help("name the data set before it"),
            }));
        }
        if self.tasks[i].poisoned {
            if let Some(m) = metric {
                let _ = self.metric_word(m);
            }
            return Err(Reported);
        }
        if self.tasks[i].when == Some(Phase::Train) {
            let name = self.tasks[i].name.clone();
            let d = Diagnostic::new("E0242", format!("`{name}` exists while training only, so it has no figures"));
            let d = d.at(e.span, "a figure of dev or test").with(self.tasks[i].span, "declared `when train`");
            return Err(self.report(d.help("name another task, or leave out `when train`")));
        }
        let at = match metric {
            None => 0,
            Some(m) => {
                let head = self.tasks[i].head;
                // the metric is found in its canonical name among the task's, or added to them
                let m = match &*m.value {
                    ExprKind::Name(w) if with_numbers(w) && self.tasks[i].metrics.iter().any(|x| x.name == *w) => {
                        self.tasks[i].metrics.iter().find(|x| x.name == *w).cloned().ok_or(Reported)?
                    }
                    // one of a mistaken option, perhaps
                    ExprKind::Name(w) if with_numbers(w) && self.mistaken_options(i) => return Err(Reported),
                    _ => {
                        let settings = self.tasks[i].settings.clone();
                        self.metric(m, env, head, &settings)?
                    }
                };
                // one by default may become another
                let skipped = usize::from(self.tasks[i].metric_by_data);
                match self.tasks[i]
                    .metrics
                    .iter()
                    .skip(skipped)
                    .position(|x| x.name == m.name && x.args == m.args && x.classes == m.classes && x.by == m.by)
                {
                    Some(k) => k + skipped,
                    None => {
                        self.tasks[i].metrics.push(m);
                        self.tasks[i].metrics.len() - 1
                    }
                }
            }
        };
        Ok(Score::Metric { task: i, metric: at })
    }

    /// Whether an option of a task has a finding.
    fn mistaken_options(&self, task: usize) -> bool {
        let options = &self.p.tasks[self.tasks[task].def].ast.options;
        options.iter().any(|o| self.reports.any_error_within(o.span))
    }

    pub(super) fn not_a_figure(&mut self, e: &Expr) -> Reported {
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
                && heads::is_metric(n)
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
}

/// Whether a metric takes numbers or a field, so that several of one name may stand beside each other.
fn with_numbers(metric: &str) -> bool {
    metrics::find(metric).is_some_and(|m| !m.numbers.is_empty() || m.ranks)
}
