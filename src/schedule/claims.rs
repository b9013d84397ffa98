//! Claims: `expect ...`.

use super::*;
use crate::hir;
use crate::kinds::heads;

/// With what a figure is compared.
struct Threshold {
    op: &'static str,
    value: f64,
    at: Span,
}

/// What a fresh head reads off an encoder; all as they are written anywhere in the spec.
struct Probed {
    encoder: String,
    field: String,
    head: &'static str,
    /// whether its figure is a share of 1
    share: bool,
}

/// The sign of a comparison.
fn comparison(op: BinOp) -> Option<&'static str> {
    Some(match op {
        BinOp::Ge => ">=",
        BinOp::Le => "<=",
        BinOp::Gt => ">",
        BinOp::Lt => "<",
        BinOp::Eq => "==",
        BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div => return None,
    })
}

impl<'p> Scheduler<'_, 'p> {
    /// Every `expect` of the program.
    pub(super) fn claims(&mut self, g: &TaskGraph) -> Vec<Expect> {
        let mut out = vec![];
        for (e, env) in self.p.expects.iter() {
            if let Ok(claim) = self.claim(e, env, g) {
                out.push(Expect { text: path_words(e), claim });
            }
        }
        out
    }

    fn claim(&mut self, e: &Expr, env: &Env, g: &TaskGraph) -> Result<Claim, Reported> {
        match &*e.value {
            ExprKind::Error => Err(Reported),
            ExprKind::Name(n) if n == "joint" || n == "multi_step" => self.verdict(n, e.span, g),
            ExprKind::Binary(op, a, b) => match comparison(op.value) {
                Some(op) => self.compared(a, op, b, env),
                None => Err(self.no_claim(e.span)),
            },
            ExprKind::Name(n) => {
                let known = ["joint", "multi_step"];
                Err(self.unknown_word("E0242", "a claim", n, e.span, &known))
            }
            _ => Err(self.no_claim(e.span)),
        }
    }

    fn no_claim(&mut self, at: Span) -> Reported {
        let d = Diagnostic::new("E0242", "this is not a claim").at(at, "");
        self.report(d.help("write `expect joint`, `expect multi_step` or `expect slot.span_f1 >= 90%`"))
    }

    /// `expect joint`
    fn verdict(&mut self, n: &str, at: Span, g: &TaskGraph) -> Result<Claim, Reported> {
        let is = if g.multi_step() { "multi_step" } else { "joint" };
        if is != n
            && self.r.tasks.iter().all(|t| !t.left_out)
            && self.r.edges.iter().all(|e| e.alive)
            && !self.r.reports.any_error()
        {
            let d = Diagnostic::new("E0308", format!("the graph is {is}, not {n}")).at(at, "claimed here");
            let d = match g.dependencies.first() {
                Some(dep) => d.help(format!("write `expect {is}`: {}", g.reason(dep))),
                None => d.help("no task needs another's output, and none is supervised below another"),
            };
            return Err(self.report(d.fix(at, is, false)));
        }
        // of a program that was cut by `--only` or `--without` the claim was not made
        if is == n { Ok(Claim::Verdict) } else { Err(Reported) }
    }

    /// `slot.span_f1 >= 90%`, `gain(...) >= 1%`
    fn compared(&mut self, a: &Expr, op: &'static str, b: &Expr, env: &Env) -> Result<Claim, Reported> {
        let value = self.r.number(b, env, "a threshold")?;
        let percent = matches!(&*b.value, ExprKind::Number(n) if n.unit == Some(ast::Unit::Percent));
        if percent && value > 1.0 {
            let d = Diagnostic::new("E0207", "no figure exceeds 100%").at(b.span, "");
            return Err(self.report(d.help("write a share, for example `90%`")));
        }
        let than = &Threshold { op, value, at: b.span };
        match &*a.value {
            ExprKind::Call(f, args) if is_name(f, "gain") => self.gain(a.span, args, than, env),
            ExprKind::Call(f, args) if is_name(f, "drop") => self.drop(a.span, args, than, env),
            ExprKind::Call(f, args) if is_name(f, "probe") => {
                let Probed { encoder, field, head, share } = self.probed(a, args, env)?;
                if share && value > 1.0 {
                    let d = Diagnostic::new("E0207", "shares are fractions of 1: no such figure exceeds it");
                    let d = d.at(than.at, format!("this is {}%", value * 100.0));
                    return Err(self.report(d.help(format!("write `{value}%`"))));
                }
                Ok(Claim::Probe { encoder, field, head: head.into(), op: op.into(), value })
            }
            ExprKind::Call(f, args) if is_name(f, "match") => {
                self.matched(a, args, env)?;
                self.unsupported(a.span, "this claim");
                Err(Reported)
            }
            _ if matches!(self.p.constant(a, env), Some(Item::Number(_))) => {
                let d = Diagnostic::new("E0242", "a claim compares a figure, and this is a number");
                Err(self.report(d.at(a.span, "never changes").help("write `expect slot.span_f1 >= 90%`")))
            }
            _ => {
                let score = self.r.score(a, env)?;
                self.attainable(&score, than)?;
                Ok(Claim::Figure { score, op: op.into(), value })
            }
        }
    }

    /// E0207: a threshold above 1 of a figure that never is.
    fn attainable(&mut self, score: &Score, t: &Threshold) -> Result<(), Reported> {
        if t.value <= 1.0 || !self.is_share(score) {
            return Ok(());
        }
        let d = Diagnostic::new("E0207", "shares are fractions of 1: no such figure exceeds it");
        let d = d.at(t.at, format!("this is {}%", t.value * 100.0));
        let right = if t.value <= 100.0 { format!("{}%", t.value) } else { "90%".into() };
        Err(self.report(d.help(format!("write `{right}`"))))
    }

    /// `gain(slot.span_f1, over = single)`
    fn gain(&mut self, whole: Span, args: &[ast::Arg], t: &Threshold, env: &Env) -> Result<Claim, Reported> {
        self.named_in_claim("gain", args, &["over"])?;
        let over = args.iter().find(|x| x.name.as_ref().is_some_and(|n| n.value == "over"));
        let Some(over) = over else {
            let d = Diagnostic::new("E0242", "`gain` does not say over what").at(whole, "");
            return Err(self.report(d.help("write `gain(slot.span_f1, over = single) >= 1%`")));
        };
        let single = is_name(&over.value, "single");
        let without = match &*over.value.value {
            ExprKind::Call(f, left) if is_name(f, "without") && left.len() == 1 => {
                Some((self.r.unit_refs(&left[0].value, env).ok_or(Reported)?, left[0].value.span))
            }
            _ if single => None,
            _ => {
                let what = "something to compare with";
                let word = path_words(&over.value);
                let known = ["single", "without(task)"];
                return Err(self.unknown_word("E0242", what, &word, over.value.span, &known));
            }
        };
        let score = args.first().ok_or(Reported)?;
        let score = self.r.score(&score.value, env)?;
        let over = match without {
            None => self.alone(whole, &score)?,
            Some((units, at)) => self.left_out(&score, &units, at)?,
        };
        self.attainable(&score, t)?;
        Ok(Claim::Gain { score, over, op: t.op.into(), value: t.value })
    }

    /// The tasks of a score, each trained alone.
    fn alone(&mut self, whole: Span, score: &Score) -> Result<Over, Reported> {
        let (metrics, frames) = score.reads();
        let tasks: BTreeSet<usize> = metrics.into_iter().map(|(t, _)| t).collect();
        if tasks.is_empty() || !frames.is_empty() {
            let d = Diagnostic::new("E0242", "only figures of tasks have a twin that is trained alone").at(whole, "");
            return Err(self.report(d.help("write `gain(slot.span_f1, over = single) >= 1%`")));
        }
        for task in &tasks {
            let name = self.r.tasks[*task].name.clone();
            let names_it_alone = |l: &hir::LossDef| {
                let mut tasks =
                    self.r.tasks.iter().filter(|t| hir::names_of(&l.value).contains(&hir::base_name(&t.name)));
                tasks.all(|t| hir::base_name(&t.name) == hir::base_name(&name))
            };
            if let Some(none) = self.r.loss_none(*task)
                && !self.p.losses.iter().any(names_it_alone)
            {
                let d = Diagnostic::new("E0242", format!("alone nothing trains `{name}`, so there is no gain over it"));
                let d = d.at(whole, "compares with a twin that learns nothing").with(none, "it has no loss of its own");
                return Err(self.report(d.help("claim a figure instead, as in `expect slot.span_f1 >= 90%`")));
            }
        }
        Ok(Over::Single(tasks.into_iter().collect()))
    }

    /// The program without tasks or losses, of which the score must be independent.
    fn left_out(&mut self, score: &Score, units: &[usize], at: Span) -> Result<Over, Reported> {
        let (metrics, frames) = score.reads();
        let tasks = self.r.tasks.len();
        for &task in units.iter().filter(|u| **u < tasks) {
            // of a program that was cut by `--only` the claim was not made
            if self.r.tasks[task].left_out {
                return Err(Reported);
            }
            let judged = |c: &usize| self.r.tasks[task].golds.iter().any(|(own, _)| own == c);
            if metrics.iter().any(|(t, _)| *t == task) || frames.iter().any(judged) {
                let name = &self.r.tasks[task].name;
                let d = Diagnostic::new("E0242", format!("without `{name}` there is no such figure"));
                let help = "compare the figure of another task, or write `over = single`";
                return Err(self.report(d.at(at, "left out").help(help)));
            }
        }
        if units.iter().any(|u| u.checked_sub(tasks).is_some_and(|l| self.r.dropped_losses.contains(&l))) {
            return Err(Reported);
        }
        Ok(Over::Without(units.iter().map(|u| self.r.unit_name(*u)).collect()))
    }

    /// `drop(chunk.span_f1, without = pos -> chunk)`
    fn drop(&mut self, whole: Span, args: &[ast::Arg], than: &Threshold, env: &Env) -> Result<Claim, Reported> {
        self.named_in_claim("drop", args, &["without"])?;
        let score = args.first().ok_or(Reported)?;
        let score = self.r.score(&score.value, env)?;
        let without = args.iter().find(|x| x.name.as_ref().is_some_and(|n| n.value == "without"));
        let Some((w, ExprKind::Arrow(x, y))) = without.map(|w| (w, &*w.value.value)) else {
            let d = Diagnostic::new("E0242", "`drop` names the arrow to be cut").at(whole, "");
            return Err(self.report(d.help("write `drop(chunk.span_f1, without = pos -> chunk) >= 1%`")));
        };
        let (from, to) = (self.r.path_of(x, "a task")?, self.r.path_of(y, "a task or an encoder")?);
        let (s, t) = (self.end_of(&from, env), self.end_of(&to, env));
        // a port and a slot may be named, and are those of the arrow
        let sends = |e: &Edge| from.dots.iter().all(|d| d.value == e.port);
        let enters = |e: &Edge| match &e.target {
            Target::Slot(_, slot) => to.dots.iter().all(|d| d.value == *slot),
            _ => to.dots.is_empty(),
        };
        let known = self.r.edges.iter().any(|e| self.r.edge_is(e, &s, &t) && sends(e) && enters(e));
        if !known {
            let arrow = format!("{} -> {}", path_words(x), path_words(y));
            let d = Diagnostic::new("E0309", format!("there is no arrow `{arrow}`")).at(w.value.span, "");
            let all: Vec<String> = self.r.edges.iter().map(|e| format!("`{}`", e.name)).collect();
            return Err(self.report(d.help(match all.as_slice() {
                [] => "the program has no arrows".to_string(),
                _ => format!("arrows are: {}", all.join(", ")),
            })));
        }
        // cut already by `--without` or `--only`: there is nothing to compare with
        if !self.r.edges.iter().any(|e| e.alive && self.r.edge_is(e, &s, &t)) {
            return Err(Reported);
        }
        self.attainable(&score, than)?;
        Ok(Claim::Drop { score, arrow: format!("{s} -> {t}"), op: than.op.into(), value: than.value })
    }

    /// Whether a figure lies below 1 whatever happens.
    fn is_share(&self, score: &Score) -> bool {
        match score {
            Score::Metric { task, metric } => {
                let name = self.r.tasks[*task].metrics.get(*metric).map_or("", |m| m.name.as_str());
                heads::metric(name).is_some_and(|m| m.range.1 <= 1.0)
            }
            Score::Frame { .. } => true,
            Score::Mean(all) => all.iter().all(|s| self.is_share(s)),
            _ => false,
        }
    }

    /// Names of a claim's arguments.
    fn named_in_claim(&mut self, claim: &str, args: &[ast::Arg], known: &[&str]) -> Result<(), Reported> {
        let mut names = args.iter().filter_map(|a| a.name.as_ref());
        if let Some(n) = names.find(|n| !known.contains(&n.value.as_str())) {
            return Err(self.unknown_word("E0215", &format!("an option of `{claim}`"), &n.value, n.span, known));
        }
        let mut seen: Vec<&ast::Name> = vec![];
        for n in args.iter().filter_map(|a| a.name.as_ref()) {
            if let Some(first) = seen.iter().find(|o| o.value == n.value) {
                return Err(self.r.twice(&n.value, n.span, first.span));
            }
            seen.push(n);
        }
        if let Some(extra) = args.iter().filter(|a| a.name.is_none()).nth(1) {
            let d = Diagnostic::new("E0215", format!("`{claim}` is about one figure"));
            return Err(self.report(d.at(extra.value.span, "one too many").help("write a line for each figure")));
        }
        Ok(())
    }

    /// `probe(shared, reviews[*].source)`: an encoder, and a field that a fresh head reads off it.
    fn probed(&mut self, whole: &Expr, args: &[ast::Arg], env: &Env) -> Result<Probed, Reported> {
        let [encoder, field] = args else {
            let d = Diagnostic::new("E0242", "`probe` names an encoder and a field").at(whole.span, "");
            return Err(self.report(d.help("write `probe(enc, corpus.field) <= 30%`")));
        };
        let wrong = |c: &mut Self, e: &Expr, what: &str| {
            let d = Diagnostic::new("E0242", format!("`probe` needs {what} here")).at(e.span, "");
            c.report(d.help("write `probe(enc, corpus.field) <= 30%`"))
        };
        let Some(p) = path(&encoder.value) else { return Err(wrong(self, &encoder.value, "an encoder")) };
        let named = self.r.named(&p, env, &[Kind::Encoder, Kind::Let], "an encoder", &[Part::Layer])?;
        let [one] = named.as_slice() else { return Err(wrong(self, &encoder.value, "one encoder")) };
        let mut written = match one {
            (Kind::Let, i) => self.p.lets[*i].name.clone(),
            (_, i) => self.p.encoders[*i].name.clone(),
        };
        // the layer, as it is written
        let words = path_words(&encoder.value);
        written += words.find('@').map_or("", |at| &words[at..]);
        let ExprKind::Dot(corpus, name) = &*field.value.value else {
            return Err(wrong(self, &field.value, "a field of a data set"));
        };
        let corpora = self.r.corpora_of(corpus, env)?;
        let (mut head, mut share) = ("classify", true);
        for c in &corpora {
            if name.value == "source" {
                continue;
            }
            let f = self.r.field_of(*c, name)?;
            share = self.p.data[*c].fields[f].ty != FieldType::Real;
            head = match &self.p.data[*c].fields[f].ty {
                FieldType::Label => "classify",
                FieldType::Labels { on: None } => "classify(multi)",
                FieldType::Real => "regress",
                FieldType::Tags { .. } => "tag",
                _ => return Err(wrong(self, &field.value, "a field of labels, tags or numbers")),
            };
        }
        // the whole family has a short name
        let family = path(corpus).filter(|p| matches!(p.index, Some(None))).map(|p| format!("{}[*]", p.name));
        let names: Vec<&str> = corpora.iter().map(|c| self.p.data[*c].name.as_str()).collect();
        let of = family.unwrap_or_else(|| match names.as_slice() {
            [one] => (*one).to_string(),
            _ => format!("union({})", names.join(", ")),
        });
        Ok(Probed { encoder: written, field: format!("{of}.{}", name.value), head, share })
    }

    /// `match(ask.text, kind.labels)`: what one task wrote, judged by another's labels.
    fn matched(&mut self, whole: &Expr, args: &[ast::Arg], env: &Env) -> Result<(), Reported> {
        let [a, b] = args else {
            let d = Diagnostic::new("E0242", "`match` compares two ports").at(whole.span, "");
            return Err(self.report(d.help("write `match(ask.text, kind.labels) >= 90%`")));
        };
        for x in [a, b] {
            let ExprKind::Dot(task, port) = &*x.value.value else {
                let d = Diagnostic::new("E0242", "`match` compares ports of tasks").at(x.value.span, "");
                return Err(self.report(d.help("write `match(ask.text, kind.labels) >= 90%`")));
            };
            let t = self.r.one_task(task, env, "what is compared")?;
            if !self.port_of(t, port) {
                return Err(Reported);
            }
        }
        Ok(())
    }

    /// `sent` of `sent[*].probs`, `sent["books"]` of `sent[books]`.
    fn end_of(&self, p: &Path<'_>, env: &Env) -> String {
        let Some(Some(key)) = p.index else { return p.name.into() };
        match (self.p.constant(key, env), &*key.value) {
            (Some(Item::Number(n)), _) => format!("{}[{n}]", p.name),
            (Some(item), _) => format!("{}[\"{}\"]", p.name, item.key()),
            (None, ExprKind::Name(n)) => format!("{}[\"{n}\"]", p.name),
            _ => p.name.into(),
        }
    }
}
