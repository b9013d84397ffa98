//! Paths: a name, and what may follow it. What may not is never left out in silence.

use super::*;

/// A path with its segments: `sent[*].probs`.
pub(crate) struct Path<'e> {
    pub name: &'e str,
    pub span: Span,
    /// the name with all that follows it
    pub whole: Span,
    pub index: Option<Option<&'e Expr>>,
    pub tap: Option<&'e ast::Node<ast::Tap>>,
    pub dots: Vec<&'e ast::Name>,
    /// arguments of the last segment's call
    pub args: Option<&'e [ast::Arg]>,
}

/// What may follow a name, beside the key of a member.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// `enc@1`, of an encoder
    Layer,
    /// `pos.probs`, of a task
    Dot,
    /// `enc(x)`
    Call,
    /// anything, of which the caller has findings of its own
    Rest,
}

/// Takes a path apart.
pub(crate) fn path(e: &Expr) -> Option<Path<'_>> {
    let p = match &*e.value {
        ExprKind::Name(n) => {
            let whole = e.span;
            Path { name: n, span: e.span, whole, index: None, tap: None, dots: vec![], args: None }
        }
        ExprKind::Index(b, i) => {
            let p = path(b).filter(|p| p.index.is_none())?;
            Path { index: Some(i.as_ref()), ..p }
        }
        ExprKind::Tap(b, t) => Path { tap: Some(t), ..path(b)? },
        ExprKind::Dot(b, n) => {
            let mut p = path(b)?;
            p.dots.push(n);
            p
        }
        ExprKind::Call(b, args) => Path { args: Some(args), ..path(b)? },
        ExprKind::Paren(b) => path(b)?,
        _ => return None,
    };
    Some(Path { whole: e.span, ..p })
}

impl Path<'_> {
    /// `sent["books"]` of `sent["books"].probs`
    fn alone(&self) -> String {
        match self.index {
            None => self.name.into(),
            Some(None) => format!("{}[*]", self.name),
            Some(Some(key)) => format!("{}[{}]", self.name, path_words(key)),
        }
    }
}

impl Resolver<'_> {
    /// Takes a path apart, or says what stands in place of one.
    pub(crate) fn path_of<'e>(&mut self, e: &'e Expr, what: &str) -> Result<Path<'e>, Reported> {
        if let Some(p) = path(e) {
            return Ok(p);
        }
        let d = match &*e.value {
            ExprKind::Error => return Err(Reported),
            ExprKind::List(items) => {
                let names = items.iter().map(path_words).collect::<Vec<_>>().join(", ");
                let d = Diagnostic::new("E0244", "names stand here without brackets").at(e.span, "a list");
                match items.is_empty() {
                    true => d.help(format!("write the name of {what}")),
                    false => d.help(format!("write `{names}`")).fix(e.span, names, true),
                }
            }
            ExprKind::Text(_) => {
                let quoted = path_words(e);
                let name = quoted.trim_matches('"');
                let d = Diagnostic::new("E0244", format!("a string stands where {what} is named"));
                let d = d.at(e.span, "in quotes").help(format!("write it without quotes: `{name}`"));
                if self.p.names.contains_key(name) || self.p.data_names.contains_key(name) {
                    d.fix(e.span, name, true)
                } else {
                    d
                }
            }
            _ => {
                let d = Diagnostic::new("E0244", format!("this does not name {what}")).at(e.span, "");
                d.help(format!("write the name of {what}"))
            }
        };
        Err(self.report(d))
    }

    /// The declarations of one kind that a path names (several for a whole family). Of what follows the name only `may`
    /// may be there.
    pub(crate) fn named(
        &mut self,
        path: &Path<'_>,
        env: &Env,
        kinds: &[Kind],
        what: &str,
        may: &[Part],
    ) -> Result<Vec<(Kind, usize)>, Reported> {
        if let Some(key) = path.index {
            let (kind, members) =
                self.check_key(path.name, path.span, key, env, kinds == [Kind::Data]).ok_or(Reported)?;
            if !kinds.contains(&kind) {
                return Err(self.unknown(path.name, path.span, kinds, &[], what));
            }
            self.ends(path, kind, may)?;
            return Ok(members.into_iter().map(|i| (kind, i)).collect());
        }
        let meaning = match kinds {
            [Kind::Data] => self.p.lookup_data(path.name, env).or_else(|| self.p.lookup(path.name, env)),
            _ => self.p.lookup(path.name, env),
        };
        match meaning {
            Some(Meaning::One(kind, i)) if kinds.contains(&kind) => {
                self.ends(path, kind, may)?;
                Ok(vec![(kind, i)])
            }
            Some(Meaning::Family(kind, _)) if kinds.contains(&kind) => {
                self.member_by_dot(path)?;
                let d = Diagnostic::new("E0220", format!("`{}` is a family", path.name))
                    .at(path.span, "which member?")
                    .help(format!("write `{0}[*]` for all of them, or name one: `{0}[\"...\"]`", path.name));
                Err(self.report(d))
            }
            Some(Meaning::Var(Item::Expr(e))) => {
                let inner = super::path(&e).ok_or(Reported)?;
                self.named(&inner, &Env::default(), kinds, what, may)
            }
            _ => Err(self.unknown(path.name, path.span, kinds, &[], what)),
        }
    }

    /// E0220: `sent.books` for `sent["books"]`.
    pub(crate) fn member_by_dot(&mut self, p: &Path<'_>) -> Result<(), Reported> {
        // ports first: of a large family there are as many keys as arrows
        let port = |d: &ast::Name| heads::PORTS.iter().chain(heads::HARD_PORTS).any(|p| *p == d.value);
        let key = p.dots.first().filter(|d| p.index.is_none() && !port(d) && self.p.keys(p.name).contains(&d.value));
        let Some(key) = key else { return Ok(()) };
        let member = format!("{}[\"{}\"]", p.name, key.value);
        let d = Diagnostic::new("E0220", format!("`{}` is a member of the family `{}`", key.value, p.name));
        let d = d.at(key.span, "a key, which stands in brackets").help(format!("write `{member}`"));
        Err(self.report(d.fix(p.span.to(key.span), member, true)))
    }

    /// E0220, E0244, E0414: nothing follows a name but what may.
    pub(crate) fn ends(&mut self, p: &Path<'_>, kind: Kind, may: &[Part]) -> Result<(), Reported> {
        if may.contains(&Part::Rest) {
            return Ok(());
        }
        self.member_by_dot(p)?;
        let extra = p.dots.get(usize::from(kind == Kind::Task && may.contains(&Part::Dot)));
        let tap = p.tap.filter(|_| kind != Kind::Encoder || !may.contains(&Part::Layer));
        let call = p.args.is_some() && !may.contains(&Part::Call);
        let alone = p.alone();
        let d = if let Some(extra) = extra {
            let before: String =
                p.dots.iter().take_while(|d| d.span != extra.span).map(|d| format!(".{}", d.value)).collect();
            let alone = format!("{alone}{before}");
            let d = Diagnostic::new("E0244", format!("`{alone}` stands here without `.{}`", extra.value));
            let whole = p.span.to(extra.span);
            let d = d.at(extra.span, if kind == Kind::Data { "no field stands here" } else { "one part too many" });
            let rest = p.dots.last().is_some_and(|l| l.span == extra.span) && whole == p.whole;
            let d = d.help(format!("write `{alone}`"));
            if rest { d.fix(whole, alone, false) } else { d }
        } else if let Some(tap) = tap {
            let d = match kind {
                Kind::Encoder => Diagnostic::new("E0244", format!("`{alone}` is named here as a whole")),
                _ => Diagnostic::new("E0414", format!("`{alone}` has no layers to tap")),
            };
            d.at(tap.span, "a layer").help(format!("write `{alone}`"))
        } else if call {
            let d = Diagnostic::new("E0244", format!("`{alone}` is named here, not applied to something"));
            d.at(p.whole, "a call").help(format!("write `{alone}`"))
        } else {
            return Ok(());
        };
        Err(self.report(d))
    }

    /// What a sampler may draw: tasks as in [`Resolver::task_refs`], and losses, numbered on from the tasks.
    pub(crate) fn unit_refs(&mut self, e: &Expr, env: &Env) -> Option<Vec<usize>> {
        let Some(p) = path(e) else { return self.task_refs(e, env) };
        let first = self.tasks.len();
        let name = p.name;
        let is_loss = match self.p.lookup(name, env) {
            Some(Meaning::One(kind, _) | Meaning::Family(kind, _)) => kind == Kind::Loss,
            _ => self.p.losses.iter().any(|l| crate::hir::base_name(&l.name) == name),
        };
        if !is_loss {
            return self.task_refs(e, env);
        }
        let found = self.named(&p, env, &[Kind::Loss], "a task or a loss", &[]).ok()?;
        Some(found.into_iter().map(|(_, i)| first + i).collect())
    }

    /// The name of a task or a loss, numbered so.
    pub(crate) fn unit_name(&self, unit: usize) -> String {
        let loss = || unit.checked_sub(self.tasks.len()).and_then(|l| self.p.losses.get(l));
        self.tasks.get(unit).map(|t| t.name.clone()).or_else(|| Some(loss()?.name.clone())).unwrap_or_default()
    }

    /// Tasks by name, family, family variable or `all`.
    pub(crate) fn task_refs(&mut self, e: &Expr, env: &Env) -> Option<Vec<usize>> {
        if is_name(e, "all") {
            return Some((0..self.tasks.len()).collect());
        }
        if let ExprKind::Name(n) = &*e.value {
            // a member's full name, put there by `for t in ...`
            if let Some(b) = env.iter().rev().find(|b| b.var == *n)
                && let Item::Expr(inner) = &b.value
                && let ExprKind::Name(full) = &*inner.value
                && let Some(i) = self.tasks.iter().position(|t| t.name == *full)
            {
                return Some(vec![i]);
            }
            if n == "kept" && !self.p.names.contains_key(n) {
                self.unsupported(e.span, "`tasks kept`");
                return None;
            }
        }
        let p = self.path_of(e, "a task").ok()?;
        if let Some(Meaning::One(Kind::Loss, _)) = self.p.lookup(p.name, env) {
            self.unsupported(e.span, "a `loss` among tasks");
            return Some(vec![]);
        }
        if p.index.is_none()
            && let Some(Meaning::Family(Kind::Task, members)) = self.p.lookup(p.name, env)
        {
            return self.ends(&p, Kind::Task, &[]).ok().map(|()| members);
        }
        let found = self.named(&p, env, &[Kind::Task], "a task", &[]).ok()?;
        Some(found.into_iter().map(|(_, i)| i).collect())
    }
}
