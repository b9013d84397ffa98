//! Every name in every expression means something, used or not.

use super::*;
use crate::kinds::layers;
use crate::words;

/// What a name behind `|>` may be.
const PIPED: &str = "an encoder, a `let` or a layer";

fn needs_size(a: &words::Arg) -> bool {
    a.needed && matches!(a.takes, words::Takes::Number(_))
}

impl<'p> Resolver<'p> {
    /// Every name in every expression means something, used or not.
    pub(crate) fn resolve_names(&mut self) {
        let p = self.p;
        for n in p.encoders.iter() {
            self.walked = Some(&n.name);
            self.walk(&n.value, &n.env);
        }
        self.walked = None;
        for n in p.lets.iter() {
            if p.list(&n.value, &n.env).is_none() && p.constant(&n.value, &n.env).is_none() {
                self.walk(&n.value, &n.env);
            }
        }
        for t in &p.tasks {
            if let Some(e) = &t.ast.from {
                self.walked = Some(&t.name);
                self.walk(e, &t.env);
            }
        }
        for e in &p.edges {
            if let Some(v) = &e.ast.via {
                self.walk(v, &e.env);
            }
        }
    }

    /// A name in features.
    fn walk_name(&mut self, n: &str, span: Span, env: &Env, what: &str) {
        if p_is_known(self.p, n, env) {
            return;
        }
        if heads::row(n).is_some() {
            self.head_as_layer(n, span);
            return;
        }
        // `enc |> crf`
        if what == PIPED
            && let Some(head) = heads::rows().find(|h| h.arg(n).is_some())
        {
            let d = Diagnostic::new("E0216", format!("`{n}` is an option of the head `{}`, not a layer", head.name));
            self.report(
                d.at(span, "").help(format!("remove it here and write `task name : {}({n}) of ...`", head.name)),
            );
            return;
        }
        let mut more = vec![];
        if self.compares(n, what) {
            if what != PIPED {
                more.extend(self.all_fields().iter());
            }
            more.extend(layers::functions().map(|f| f.name));
        }
        self.unknown(n, span, &[Kind::Encoder, Kind::Let], &more, what);
    }

    fn head_as_layer(&mut self, n: &str, span: Span) {
        let d = Diagnostic::new("E0216", format!("`{n}` is a head, not a layer"));
        self.report(
            d.at(span, "heads stand after the `:` of a task")
                .help(format!("`task name : {n} of corpus.field from features`")),
        );
    }

    pub(crate) fn walk(&mut self, e: &Expr, env: &Env) {
        match &*e.value {
            ExprKind::Name(n) => self.walk_name(n, e.span, env, FEATURE),
            ExprKind::Call(callee, args) => self.walk_call(e, callee, args, env),
            ExprKind::Pipe(a, b) if let ExprKind::Name(n) = &*b.value => {
                self.walk(a, env);
                self.walk_name(n, b.span, env, PIPED);
            }
            ExprKind::Pipe(a, b) | ExprKind::Cat(a, b) | ExprKind::Binary(_, a, b) => {
                self.walk(a, env);
                self.walk(b, env);
            }
            ExprKind::Paren(a) | ExprKind::Neg(a) | ExprKind::Tap(a, _) => self.walk(a, env),
            ExprKind::List(items) => items.iter().for_each(|i| self.walk(i, env)),
            ExprKind::Index(a, key) => {
                if let ExprKind::Name(n) = &*a.value {
                    self.check_key(n, a.span, key.as_ref(), env, false);
                }
            }
            ExprKind::Dot(a, n) => {
                let Some(path) = path(e) else {
                    self.walk(a, env);
                    return;
                };
                let of_data = matches!(self.p.lookup_data(path.name, env), Some(Meaning::One(Kind::Data, c)) if self.p.field(c, &n.value).is_some());
                match self.p.lookup(path.name, env) {
                    _ if of_data => {}
                    None => self.walk(a, env),
                    Some(Meaning::One(Kind::Data, i)) => {
                        let _ = self.field_of(i, n);
                    }
                    Some(Meaning::One(Kind::Task, i)) => {
                        self.port_in_features(i, e, n, self.walked);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// A call: its function, and each of its arguments.
    fn walk_call(&mut self, e: &Expr, callee: &Expr, args: &[ast::Arg], env: &Env) {
        let row = match &*callee.value {
            ExprKind::Name(n) => {
                let row = layers::function(n);
                if row.is_none() && self.p.lookup(n, env).is_none() {
                    if heads::row(n).is_some() {
                        self.head_as_layer(n, callee.span);
                        return;
                    }
                    let more: Vec<&str> = layers::functions().map(|f| f.name).collect();
                    self.unknown(n, callee.span, &[Kind::Encoder], &more, "a layer or an encoder");
                    return;
                }
                row
            }
            _ => {
                self.walk(callee, env);
                None
            }
        };
        // so is a size that is missing
        if let Some(row) = row.filter(|r| args.is_empty() && r.args.first().is_some_and(needs_size)) {
            let _ = self.options(row, args, e.span);
        }
        for (at, a) in args.iter().enumerate() {
            self.walk_argument(row, at, a, env);
        }
    }

    fn walk_argument(&mut self, row: Option<&'static crate::types::Function>, at: usize, a: &ast::Arg, env: &Env) {
        let arg = row.and_then(|r| a.name.as_ref().map_or(r.args.get(at), |n| r.arg(&n.value)));
        let word = arg.is_some_and(|a| matches!(a.takes, words::Takes::Word(_)));
        let alone = a.name.is_none() && row.is_some_and(|r| flag(r, &a.value).is_some());
        // sizes, here too: a layer that is never built because of another fault is checked all the same
        if let (Some(row), Some(arg)) = (row, arg)
            && let words::Takes::Number(_) = arg.takes
            && !alone
        {
            let sized = a.name.is_some() || row.args.first().is_some_and(needs_size);
            let number = matches!(self.p.constant(&a.value, env), Some(Item::Number(_)));
            if sized || number {
                let _ = self.argument_in_range(row, arg, &a.value, env);
                return;
            }
        }
        if let (Some(row), Some(arg)) = (row, arg)
            && (row.marks.reads)(self, arg.name, &a.value, env)
        {
            return;
        }
        if alone || word && matches!(&*a.value.value, ExprKind::Name(_)) {
            return;
        }
        if let (Some(row), Some(n)) = (row, &a.name) {
            if row.arg(&n.value).is_none() {
                let what = format!("an option of `{}`", row.name);
                if row.args.is_empty() {
                    let d = Diagnostic::new("E0215", format!("`{}` takes no options", row.name));
                    self.report(d.at(n.span, "unknown").help(format!("write `{}`", row.example)));
                } else {
                    self.unknown_word("E0215", &what, &n.value, n.span, &row.names());
                }
                return;
            }
            // a bare word may be a word of the option's own
            let own = row.arg(&n.value).is_some_and(|a| matches!(a.takes, words::Takes::Own));
            let word =
                matches!(&*a.value.value, ExprKind::Name(w) if !own || layers::ARGUMENT_WORDS.contains(&w.as_str()));
            if !word {
                self.walk(&a.value, env);
            }
            return;
        }
        match &*a.value.value {
            ExprKind::Name(w) if layers::ARGUMENT_WORDS.contains(&w.as_str()) => {}
            ExprKind::Name(w) if row.is_none() => {
                self.walk_name(w, a.value.span, env, READ_BY_ENCODER);
            }
            _ => self.walk(&a.value, env),
        }
    }

    /// E0302: a port of a task inside features.
    pub(crate) fn port_in_features(&mut self, task: usize, e: &Expr, port: &ast::Name, to: Option<&str>) -> Reported {
        let name = &self.p.tasks[task].name;
        let d = Diagnostic::new("E0302", format!("`{name}.{}` is read without an arrow", port.value))
            .at(e.span, "only an arrow carries a task's output")
            .help(self.arrow_instead(name, &port.value, to, self.is_all_that_is_read(e.span)));
        self.report(d)
    }

    /// How a field could be declared that a task wants to learn.
    fn declaration(&self, corpus: usize, name: &ast::Name) -> Option<String> {
        let task = &self.p.tasks[*self.read_at().0.get(&(name.span.file, name.span.end))?];
        let head = heads::row(path(&task.ast.head)?.name)?;
        let ty = words::FIELD_TYPES.iter().find(|t| Some(&t.name) == head.golds.first())?;
        let text = || self.texts[corpus].first().map(|f| self.p.data[corpus].fields[*f].name.as_str());
        Some(match ty.axis {
            words::Axis::Needed => format!("{}: {} {} {}", name.value, ty.name, ty.word, text()?),
            _ => format!("{}: {}", name.value, ty.name),
        })
    }

    /// Whether a place is all that some task reads.
    pub(crate) fn is_all_that_is_read(&self, span: Span) -> bool {
        self.read_at().1.contains(&span)
    }

    /// The tasks by where their targets end, and what they read.
    fn read_at(&self) -> &ReadAt {
        self.read_at.get_or_init(|| {
            let (mut targets, mut read) = ReadAt::default();
            for (i, t) in self.p.tasks.iter().enumerate() {
                if let Some(of) = &t.ast.of {
                    targets.entry((of.span.file, of.span.end)).or_insert(i);
                }
                read.extend(t.ast.from.as_ref().map(|from| from.span));
            }
            (targets, read)
        })
    }

    /// The names of all fields, in order.
    pub(crate) fn all_fields(&self) -> Rc<[&'p str]> {
        let sorted = || {
            let mut all: Vec<&str> = self.p.field_names().collect();
            all.sort_unstable();
            all.into()
        };
        self.fields.get_or_init(sorted).clone()
    }

    /// The index of a field by name.
    pub(crate) fn field_of(&mut self, corpus: usize, name: &ast::Name) -> Result<usize, Reported> {
        let decl = &self.p.data[corpus];
        if let Some(i) = self.p.field(corpus, &name.value) {
            return Ok(i);
        }
        if decl.fields.is_empty() || self.p.lost.contains(&name.value) {
            return Err(Reported); // reported where it is declared
        }
        let (cname, cspan) = (decl.name.clone(), decl.span);
        let fields: Vec<&str> = decl.fields.iter().map(|f| f.name.as_str()).collect();
        let near = suggest::near(&name.value, fields.iter().copied());
        // one of two fields of a name is probably the one that is missing
        let mut names = BTreeSet::new();
        let twice = fields.iter().any(|f| !names.insert(*f));
        if near.is_empty() && (twice || self.p.unreadable_field(corpus)) {
            return Err(Reported);
        }
        let d = Diagnostic::new("E0217", format!("`{cname}` has no field `{}`", name.value))
            .at(name.span, "unknown field")
            .with(cspan, format!("its fields are {}", fields.join(", ")));
        let d = match near.as_slice() {
            [one] => d.help(format!("did you mean `{one}`?")).fix(name.span, *one, true),
            _ => d.help(match self.declaration(corpus, name) {
                Some(line) => format!("use one of them, or declare it: `{line}`"),
                None => "use one of them, or declare it".to_string(),
            }),
        };
        Err(self.report(d))
    }

    pub(super) fn check_key(
        &mut self,
        name: &str,
        span: Span,
        key: Option<&Expr>,
        env: &Env,
        data: bool,
    ) -> Option<(Kind, Vec<usize>)> {
        let symbol = match data {
            true => self.p.data_names.get(name).or_else(|| self.p.names.get(name)),
            false => self.p.names.get(name).or_else(|| self.p.data_names.get(name)),
        };
        let Some(symbol) = symbol else {
            self.unknown(name, span, &[Kind::Encoder, Kind::Let, Kind::Task, Kind::Data], &[], "a family");
            return None;
        };
        if !symbol.is_family() {
            let d = Diagnostic::new("E0218", format!("`{name}` is not a family")).at(span, "has no members");
            let layer = key.and_then(|k| match self.p.constant(k, env) {
                Some(Item::Number(n)) if symbol.kind == Kind::Encoder && n >= 0.0 && n.fract() == 0.0 => Some(n),
                _ => None,
            });
            self.report(match layer {
                Some(k) => d.help(format!("for its layer {k} write `{name}@{k}`")),
                None => d.help(format!("write `{name}`")),
            });
            return None;
        }
        let Some(key_expr) = key else { return self.p.members(name, None, data) };
        let word = match self.p.constant(key_expr, env) {
            Some(item) => item.key(),
            None => match &*key_expr.value {
                ExprKind::Name(n) => n.clone(),
                ExprKind::Error => return None,
                _ => {
                    let d = Diagnostic::new("E0219", format!("this names no member of `{name}`"));
                    let d = d.at(key_expr.span, "expected one name");
                    let known: Vec<String> =
                        self.p.keys(name).iter().take(5).map(|k| format!("`{name}[\"{k}\"]`")).collect();
                    self.report(d.help(format!("write one of {}", known.join(", "))));
                    return None;
                }
            },
        };
        let found = self.p.members(name, Some(&word), data).filter(|(_, m)| !m.is_empty());
        if found.is_none() {
            let keys = self.p.keys(name);
            if keys.iter().any(|k| k == crate::hir::UNKNOWN_MEMBER) {
                return None;
            }
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            self.unknown_word("E0219", &format!("a member of `{name}`"), &word, key_expr.span, &keys);
        }
        found
    }
}

fn p_is_known(p: &Program, n: &str, env: &Env) -> bool {
    p.lookup(n, env).is_some() || layers::function(n).is_some() || p.has_field(n).is_some()
}
