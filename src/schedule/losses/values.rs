//! What a name in a loss stands for: a port, a view, gold, features, weights.

use super::*;
use crate::kinds::heads;
use crate::kinds::layers;
use crate::kinds::metrics::REALS;
use crate::kinds::terms;

impl<'p> Scheduler<'_, 'p> {
    /// A name with its segments: `pos.probs`, `ner.view[*].probs`, `t[*].weights`, `z.prior`, `qa.answer`, `enc@1`.
    pub(super) fn value(&mut self, e: &'p Expr, env: &Env) -> Typed {
        // a view of a task has the ports of the task
        if let ExprKind::Dot(base, port) = &*e.value {
            let (view, key) = match &*base.value {
                ExprKind::Index(v, key) => (v, Some(key.as_ref())),
                _ => (base, None),
            };
            if let ExprKind::Dot(task, word) = &*view.value
                && word.value == "view"
            {
                return self.view_port(task, word, key, port, env);
            }
        }
        let Some(p) = path(e) else {
            let d = Diagnostic::new("E0421", "this cannot stand in a loss").at(e.span, "");
            return Err(self.report(d.help("name ports and features: `kl(a.probs, b.probs)`")));
        };
        let port = p.dots.first().copied();
        if let Some(extra) = p.dots.get(1) {
            // `t.views[*].probs`
            if let Some(word) = port.filter(|p| p.value != "view")
                && suggest::near(&word.value, ["view"]).len() == 1
            {
                return Err(self.unknown_word("E0304", "a port", &word.value, word.span, &["view"]));
            }
            let d = Diagnostic::new("E0421", "a port has no parts").at(extra.span, "");
            if port.is_some_and(|p| p.value == "view") {
                let rest: String = p.dots[2..].iter().map(|n| format!(".{}", n.value)).collect();
                let rest = if rest.is_empty() { ".probs" } else { &rest };
                return Err(self.report(d.help(format!("write `{}.view[\"{}\"]{rest}`", p.name, extra.value))));
            }
            return Err(self.report(d.help(format!(
                "end at the port: `{}.{}`",
                p.name,
                port.map_or("", |p| p.value.as_str())
            ))));
        }
        let data = port.is_some_and(|f| {
            matches!(self.p.lookup_data(p.name, env), Some(Meaning::One(Kind::Data, c)) if self.p.data[c].fields.iter().any(|x| x.name == f.value))
        });
        let meaning = if data { self.p.lookup_data(p.name, env) } else { self.p.lookup(p.name, env) };
        let found: Vec<(Kind, usize)> = match (p.index, meaning) {
            (None, Some(Meaning::One(kind, i))) => vec![(kind, i)],
            (None, Some(Meaning::Var(Item::Number(x)))) => {
                return Ok(Term::new(Ty::Scalar, false).as_(What::Number(x)));
            }
            (None, None) => {
                let fields = self.r.all_fields();
                if let Some(f) = fields.iter().copied().find(|f| *f == p.name) {
                    let owner = self.p.data.iter().find(|d| d.fields.iter().any(|x| x.name == f));
                    let owner = owner.map_or(String::new(), |d| d.name.split('[').next().unwrap_or("").to_string());
                    let d = Diagnostic::new("E0226", format!("`{f}` does not say of which data set"));
                    let to = format!("{owner}.{f}");
                    return Err(self.report(
                        d.at(e.span, "a field without its data set")
                            .help(format!("write `{to}`"))
                            .fix(p.span, to, true),
                    ));
                }
                let kinds = [Kind::Task, Kind::Encoder, Kind::Let];
                return Err(self.r.unknown(p.name, p.span, &kinds, &[], "a port, features or gold"));
            }
            _ => {
                let kinds = [Kind::Task, Kind::Encoder, Kind::Let, Kind::Data];
                self.r.named(&p, env, &kinds, "a port, features or gold", &[Part::Rest])?
            }
        };
        let several = found.len() > 1;
        let mut terms = vec![];
        for (kind, i) in found {
            terms.push(self.meant(kind, i, e, &p, env)?);
        }
        let tasks = terms.iter().flat_map(|t| t.tasks.iter().copied()).collect();
        let what = match terms.as_slice() {
            [one] => one.what.clone(),
            all if all.iter().any(|t| matches!(t.what, What::Later)) => What::Later,
            all => {
                let owners = |t: &Term| if let What::Weights(o) = &t.what { o.clone() } else { vec![] };
                let weights: Vec<Owner> = all.iter().flat_map(owners).collect();
                match weights.is_empty() {
                    true => What::Members(all.iter().map(|t| t.form(e.span)).collect()),
                    false => What::Weights(weights),
                }
            }
        };
        let mut first = terms.into_iter().next().ok_or(Reported)?;
        if let Ty::Weights(n) = &mut first.ty {
            // how many members the name has
            *n = self.members_named(&p, env);
            // of a family whose list could not be read the number is not known
            if self.p.keys(p.name).iter().any(|k| k == hir::UNKNOWN_MEMBER) {
                return Err(Reported);
            }
        }
        Ok(Term { tasks, several, what, ..first })
    }

    /// What one declaration gives to a loss that names it.
    fn meant(&mut self, kind: Kind, i: usize, e: &'p Expr, p: &Path<'p>, env: &Env) -> Typed {
        let port = p.dots.first().copied();
        match kind {
            Kind::Task => match port {
                Some(port) => self.task_port(i, port),
                None => {
                    let n = path_words(e);
                    let d = Diagnostic::new("E0303", format!("the loss does not say what of `{n}` it compares"));
                    Err(self.report(
                        d.at(e.span, "a task, not one of its ports")
                            .help(format!("write `{n}.probs`, `{n}.logp` or `{n}.hidden`")),
                    ))
                }
            },
            Kind::Encoder if port.is_some_and(|p| p.value == "weights") => {
                Ok(Term::new(Ty::Weights(1), true).as_(What::Weights(vec![Owner::Encoder(i)])))
            }
            Kind::Encoder => {
                self.walked(e, env)?;
                // of several members each would need a text of its own
                let what = if p.index == Some(None) { What::Later } else { features(e, env, Are::Features) };
                Ok(Term::new(Ty::Features, true).as_(what))
            }
            Kind::Let => self.let_term(i, e, port, env),
            Kind::Data => match port {
                Some(f) => {
                    let f = self.r.field_of(i, f)?;
                    let ty = &self.p.data[i].fields[f].ty;
                    let word = match ty {
                        FieldType::Labels { on: Some(_) } => "labels on".to_string(),
                        _ => type_word(ty).to_string(),
                    };
                    Ok(Term::new(Ty::Gold(word), false).as_(What::Gold(i, f)))
                }
                None => {
                    let d = Diagnostic::new("E0226", format!("`{}` is a data set; a loss reads its fields", p.name));
                    Err(self.report(d.at(e.span, "which field?").help(format!("write `{}.field`", p.name))))
                }
            },
            Kind::Param => {
                let x = self.r.number(e, env, "a term of a loss")?;
                Ok(Term::new(Ty::Scalar, false).as_(What::Number(x)))
            }
            Kind::Loss => {
                let d = Diagnostic::new("E0244", format!("`{}` is a loss, and losses add up by themselves", p.name));
                Err(self.report(d.at(e.span, "").help("remove it here")))
            }
        }
    }

    fn members_named(&self, p: &Path<'_>, env: &Env) -> usize {
        match (p.index, self.p.lookup(p.name, env)) {
            (Some(None), _) => self.p.members(p.name, None, false).map_or(1, |(_, m)| m.len()),
            _ => 1,
        }
    }

    fn task_port(&mut self, task: usize, port: &ast::Name) -> Typed {
        if self.r.tasks[task].poisoned {
            return Err(Reported);
        }
        let tasks = vec![task];
        let t = &self.r.tasks[task];
        let head = t.head;
        let number = (t.rule.measures)(&t.settings) == Some(REALS) && !t.settings.contains_key("bins");
        // what a head alone has is said not to run with the head
        let own = heads::PORTS.contains(&port.value.as_str()) || head.runs;
        let what = if own { What::Port(task, port.value.clone()) } else { What::Elsewhere };
        let term =
            |ty: Ty, trains: bool| Ok(Term { ty, trains, tasks: tasks.clone(), several: false, what: what.clone() });
        if !terms::LOSS_PORTS.contains(&port.value.as_str()) {
            let known: Vec<&str> = heads::PORTS.iter().chain(head.ports).chain(terms::LOSS_PORTS).copied().collect();
            if !known.contains(&port.value.as_str()) {
                let what = format!("a port of `{}`", t.name);
                return Err(self.unknown_word("E0304", &what, &port.value, port.span, &known));
            }
        }
        let (space, writes) = ((t.rule.chooses)(&t.headed()), t.rule.writes);
        match port.value.as_str() {
            "loss" if let Some(none) = self.r.loss_none(task) => {
                let name = &self.r.tasks[task].name;
                let d = Diagnostic::new("E0509", format!("`{name}.loss` is empty")).at(port.span, "no such loss");
                let help = format!("name another port, such as `{name}.logp`, or remove `loss none`");
                Err(self.report(d.with(none, "takes it away").help(help)))
            }
            "loss" | "logp" => term(Ty::Scalar, true),
            "weights" => Ok(Term::new(Ty::Weights(1), true).as_(What::Weights(vec![Owner::Task(task)]))),
            "hidden" | "logits" | "states" => term(Ty::Features, true),
            "value" => term(Ty::Scalar, true),
            "probs" if number => {
                let name = self.r.tasks[task].name.clone();
                let d = Diagnostic::new("E0304", format!("`{name}` predicts a number, not probabilities"));
                Err(self.report(
                    d.at(port.span, "")
                        .help(format!("declare it with `regress(bins = 5)`; its number is `{name}.value`")),
                ))
            }
            "probs" => term(Ty::Dist(space), true),
            "attribution" => term(Ty::Dist(Space::Tokens), true),
            "labels" | "top" | "sample" => term(Ty::Dist(space), false),
            "gumbel" => term(Ty::Dist(space), true),
            "text" => term(Ty::Text, false),
            "soft" => term(if writes { Ty::Text } else { Ty::Features }, true),
            "filled" => term(Ty::Text, false),
            "view" => {
                let name = self.r.tasks[task].name.clone();
                let d = Diagnostic::new("E0303", "the loss does not say which view, and what of it");
                Err(self.report(d.at(port.span, "").help(format!("write `{name}.view[*].probs`"))))
            }
            _ => term(Ty::Features, true),
        }
    }

    /// `ner.view[*].probs`, `ner.view["fwd"].probs`, `ner.view.fwd`... the port of views.
    fn view_port(
        &mut self,
        task: &'p Expr,
        word: &ast::Name,
        key: Option<Option<&'p Expr>>,
        port: &'p ast::Name,
        env: &Env,
    ) -> Typed {
        let t = self.r.one_task(task, env, "what has views")?;
        let def = &self.p.tasks[self.r.tasks[t].def];
        // by option: its name, and whether it reads other features
        let options = def.ast.options.iter().enumerate();
        let declared: Vec<(usize, &str, bool)> = options
            .filter_map(|(i, s)| match &s.value {
                SettingKind::View { name, from, .. } => Some((i, name.value.as_str(), *from)),
                _ => None,
            })
            .collect();
        let views: Vec<&str> = declared.iter().map(|(_, name, _)| *name).collect();
        let name = self.r.tasks[t].name.clone();
        if views.is_empty() {
            let d = Diagnostic::new("E0219", format!("`{name}` has no views")).at(word.span, "");
            let d = d.with(self.r.tasks[t].span, "declared without");
            return Err(self.report(d.help("declare one in its braces: `view cut with cutoff(token, 5%)`")));
        }
        let (several, named) = match key {
            None => {
                let d = Diagnostic::new("E0220", format!("the loss does not say which view of `{name}` it compares"));
                let (a, b) =
                    (format!("{name}.view[*].{}", port.value), format!("{name}.view[\"{}\"].{}", views[0], port.value));
                return Err(self.report(d.at(word.span, "which of them?").help(format!("write `{a}` or `{b}`"))));
            }
            Some(None) => (views.len() > 1, declared.clone()),
            Some(Some(k)) => {
                let key = match (&*k.value, self.p.constant(k, env)) {
                    (_, Some(item)) => item.key(),
                    (ExprKind::Name(n), None) => n.clone(),
                    _ => String::new(),
                };
                if !views.contains(&key.as_str()) {
                    return Err(self.unknown_word("E0219", &format!("a view of `{name}`"), &key, k.span, &views));
                }
                (false, declared.iter().filter(|v| v.1 == key).copied().collect())
            }
        };
        let term = self.task_port(t, port)?;
        let one = |(i, ..): &(usize, &str, bool)| match &term.what {
            What::Port(..) => Form::new(port.span, What::View(t, *i, port.value.clone())),
            What::Later => Form::new(port.span, What::Later),
            _ => Form::new(port.span, What::Elsewhere),
        };
        let what = What::Members(named.iter().map(one).collect());
        Ok(Term { several, what, ..term })
    }

    /// A `let` in a loss: features, attention weights, or the prior and posterior of a latent variable.
    fn let_term(&mut self, i: usize, e: &'p Expr, port: Option<&ast::Name>, env: &Env) -> Typed {
        let (value, name) = (&self.p.lets[i].value, &self.p.lets[i].name);
        if matches!(&*value.value, ExprKind::Error) {
            return Err(Reported);
        }
        // `c |> latent(...)`
        let last = rightmost(value);
        let word = word_of(last).map(|(w, ..)| w);
        let row = word.and_then(layers::function);
        // a misspelt `latent` has its finding
        if row.is_none() && word.is_some_and(|w| !self.p.names.contains_key(w)) {
            self.walked(e, env)?;
        }
        if let Some(port) = port
            && row.is_some_and(|f| f.marks.latent)
        {
            let ExprKind::Call(_, args) = &*last.value else { return Err(Reported) };
            let has = |k: &str| args.iter().any(|a| a.name.as_ref().is_some_and(|n| n.value == k));
            return match port.value.as_str() {
                "posterior" if !has("posterior") && self.r.reports.any_error_within(value.span) => Err(Reported),
                "posterior" if !has("posterior") => {
                    let d = Diagnostic::new("E0415", format!("`{name}` has no posterior")).at(port.span, "");
                    let d = d.with(self.p.lets[i].span, "declared without one");
                    Err(self.report(d.help("declare it: `latent(gaussian(32), posterior = features)`")))
                }
                // without one of its own the prior is the standard one
                "prior" | "posterior" => {
                    let trains = port.value == "posterior" || has("prior");
                    Ok(Term::new(Ty::Dist(Space::Latent(i)), trains).as_(What::Elsewhere))
                }
                other => Err(self.unknown_word(
                    "E0415",
                    &format!("a port of `{name}`"),
                    other,
                    port.span,
                    &["prior", "posterior"],
                )),
            };
        }
        if let Some(item) = self.p.constant(value, &self.p.lets[i].env) {
            return match item {
                Item::Number(x) => Ok(Term::new(Ty::Scalar, false).as_(What::Number(x))),
                _ => {
                    let d = Diagnostic::new("E0421", format!("`{name}` is no value of a loss")).at(e.span, "");
                    Err(self.report(d.help("name ports and features: `kl(a.probs, b.probs)`")))
                }
            };
        }
        self.walked(e, env)?;
        let (ty, are) = match row.map_or(Gives::Features, |f| f.marks.gives) {
            Gives::Weights => (Ty::Dist(Space::Tokens), Are::Weights),
            Gives::Distribution => (Ty::Dist(Space::Unknown), Are::Distribution),
            Gives::Features | Gives::Scores => (Ty::Features, Are::Features),
        };
        Ok(Term::new(ty, true).as_(features(e, env, are)))
    }
}

/// What stands last in a pipe.
fn rightmost(e: &Expr) -> &Expr {
    match &*e.value {
        ExprKind::Pipe(_, last) | ExprKind::Paren(last) => rightmost(last),
        _ => e,
    }
}
