//! Tasks and arrows: what they name, before any shape is known.

use super::*;
use crate::builtins::{self, Reads};
use crate::hir::{Item, Meaning};
use crate::plan::{SOURCE_FIELD, Setting};
use crate::syntax::ast::{self, ExprKind, SettingKind};

/// Where an arrow ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// the features of a task's head
    Task(usize),
    /// a slot or replaced input field of a task
    Slot(usize, String),
    /// the input of an encoder's layer (the first one when not named)
    Encoder(usize, Option<u32>),
}

/// What the destination sees while training (or at test).
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    /// the source's prediction
    Predicted,
    /// the gold
    Gold,
    /// share of examples that see gold, from start to end
    Scheduled(f64, f64),
    /// one that the trainer does not run
    Other(String),
}

/// What flows back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grad {
    /// everything
    Through,
    /// nothing
    Stop,
    /// the gradient of the probabilities past a hard pick
    Straight,
    /// reversed
    Reverse(f64),
}

/// An arrow between two declarations, after families are expanded.
#[derive(Clone, Debug)]
pub struct Edge {
    /// index of the statement in the program
    pub def: usize,
    /// source task
    pub source: usize,
    /// `probs`
    pub port: String,
    /// its end
    pub target: Target,
    /// while training
    pub train: Mode,
    /// in one phase only
    pub when: Option<Phase>,
    /// backwards
    pub grad: Grad,
    /// dropout on what flows
    pub dropout: f64,
    /// `~>` with so many rounds
    pub rounds: Option<u32>,
    /// `pos.probs -> chunk`
    pub name: String,
    /// place of the statement
    pub span: Span,
    /// place of the target
    pub target_span: Span,
    /// false when a finding has cut it
    pub alive: bool,
}

/// A path with its segments: `sent[*].probs`.
pub(crate) struct Path<'e> {
    pub name: &'e str,
    pub span: Span,
    pub index: Option<Option<&'e Expr>>,
    pub tap: Option<&'e ast::Node<ast::Tap>>,
    pub dots: Vec<&'e ast::Name>,
    /// arguments of the last segment's call
    pub args: Option<&'e [ast::Arg]>,
}

/// Takes a path apart.
pub(crate) fn path(e: &Expr) -> Option<Path<'_>> {
    match &*e.value {
        ExprKind::Name(n) => Some(Path { name: n, span: e.span, index: None, tap: None, dots: vec![], args: None }),
        ExprKind::Index(b, i) => {
            let mut p = path(b)?;
            if p.index.is_some() {
                return None;
            }
            p.index = Some(i.as_ref());
            Some(p)
        }
        ExprKind::Tap(b, t) => {
            let mut p = path(b)?;
            p.tap = Some(t);
            Some(p)
        }
        ExprKind::Dot(b, n) => {
            let mut p = path(b)?;
            p.dots.push(n);
            Some(p)
        }
        ExprKind::Call(b, args) => {
            let mut p = path(b)?;
            p.args = Some(args);
            Some(p)
        }
        ExprKind::Paren(b) => path(b),
        _ => None,
    }
}

impl<'p> Checker<'p> {
    /// Every name in every expression means something, used or not.
    pub(crate) fn resolve_names(&mut self) {
        let p = self.p;
        for n in p.encoders.iter() {
            self.walk(&n.value, &n.env);
        }
        for n in p.lets.iter() {
            if p.list(&n.value, &n.env).is_none() && p.constant(&n.value, &n.env).is_none() {
                self.walk(&n.value, &n.env);
            }
        }
        for t in &p.tasks {
            if let Some(e) = &t.ast.from {
                self.walk(e, &t.env);
            }
        }
        for e in &p.edges {
            if let Some(v) = &e.ast.via {
                self.walk(v, &e.env);
            }
        }
    }

    fn walk(&mut self, e: &Expr, env: &Env) {
        match &*e.value {
            ExprKind::Name(n) => {
                let known = p_is_known(self.p, n, env);
                if !known && builtins::head(n).is_some() {
                    let d = Diagnostic::new("E0216", format!("`{n}` is a head, not a layer"));
                    self.report(
                        d.at(e.span, "heads stand after the `:` of a task")
                            .help(format!("`task name : {n} of corpus.field from features`")),
                    );
                } else if !known {
                    let fields = self.all_fields();
                    let mut more: Vec<&str> = fields.iter().map(String::as_str).collect();
                    more.extend(builtins::FUNCTIONS.iter().map(|f| f.name));
                    let kinds = [Kind::Encoder, Kind::Let];
                    self.unknown(n, e.span, &kinds, &more, "an encoder, a `let`, a field or a layer");
                }
            }
            ExprKind::Call(callee, args) => {
                let row = match &*callee.value {
                    ExprKind::Name(n) => {
                        let row = builtins::function(n);
                        if row.is_none() && self.p.lookup(n, env).is_none() {
                            if builtins::head(n).is_some() {
                                let d = Diagnostic::new("E0216", format!("`{n}` is a head, not a layer"));
                                self.report(
                                    d.at(callee.span, "heads stand after the `:` of a task")
                                        .help(format!("`task name : {n} of corpus.field from features`")),
                                );
                                return;
                            }
                            let more: Vec<&str> = builtins::FUNCTIONS.iter().map(|f| f.name).collect();
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
                for (at, a) in args.iter().enumerate() {
                    let word = |(f, k, n): &(&str, usize, &str)| {
                        row.is_some_and(|r| r.name == *f) && a.name.as_ref().map_or(at == *k, |a| a.value == *n)
                    };
                    if matches!(&*a.value.value, ExprKind::Name(_)) && builtins::WORD_ARGUMENTS.iter().any(word) {
                        continue;
                    }
                    if let (Some(row), Some(n)) = (row, &a.name) {
                        if !row.args.contains(&n.value.as_str()) {
                            let what = format!("an option of `{}`", row.name);
                            if row.args.is_empty() {
                                let d = Diagnostic::new("E0215", format!("`{}` takes no options", row.name));
                                self.report(d.at(n.span, "unknown").help(format!("write `{}`", row.example)));
                            } else {
                                self.unknown_word("E0215", &what, &n.value, n.span, row.args);
                            }
                            continue;
                        }
                        continue;
                    }
                    if !matches!(&*a.value.value, ExprKind::Name(w) if builtins::ARGUMENT_WORDS.contains(&w.as_str())) {
                        self.walk(&a.value, env);
                    }
                }
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
                let of_data = matches!(self.p.lookup_data(path.name, env), Some(Meaning::One(Kind::Data, c)) if self.p.data[c].fields.iter().any(|f| f.name == n.value));
                match self.p.lookup(path.name, env) {
                    _ if of_data => {}
                    None => self.walk(a, env),
                    Some(Meaning::One(Kind::Data, i)) => {
                        let _ = self.field_of(i, n);
                    }
                    Some(Meaning::One(Kind::Task, i)) => {
                        self.port_in_features(i, e, n);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// E0302: a port of a task inside features.
    pub(crate) fn port_in_features(&mut self, task: usize, e: &Expr, port: &ast::Name) -> Poison {
        let name = &self.p.tasks[task].name;
        let d = Diagnostic::new("E0302", format!("`{name}.{}` is read without an arrow", port.value))
            .at(e.span, "only an arrow carries a task's output")
            .help(format!("remove it here and add a line: `{name}.{} -> this_task`", port.value));
        self.report(d)
    }

    pub(crate) fn all_fields(&self) -> Vec<String> {
        let mut out: Vec<String> = self.p.data.iter().flat_map(|d| d.fields.iter().map(|f| f.name.clone())).collect();
        out.sort();
        out.dedup();
        out
    }

    /// The index of a field by name.
    pub(crate) fn field_of(&mut self, corpus: usize, name: &ast::Name) -> Result<usize, Poison> {
        let decl = &self.p.data[corpus];
        if let Some(i) = decl.fields.iter().position(|f| f.name == name.value) {
            return Ok(i);
        }
        if decl.fields.is_empty() {
            return Err(Poison); // reported where it is declared
        }
        let (cname, cspan) = (decl.name.clone(), decl.span);
        let fields: Vec<&str> = decl.fields.iter().map(|f| f.name.as_str()).collect();
        let near = suggest::near(&name.value, fields.iter().copied());
        let d = Diagnostic::new("E0217", format!("`{cname}` has no field `{}`", name.value))
            .at(name.span, "unknown field")
            .with(cspan, format!("its fields are {}", fields.join(", ")));
        let d = match near.as_slice() {
            [one] => d.help(format!("did you mean `{one}`?")).fix(name.span, *one, true),
            _ => d.help(format!("use one of them, or declare it: `{}: tags on x`", name.value)),
        };
        Err(self.report(d))
    }

    fn check_key(
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
            self.report(d.help(format!("write `{name}`")));
            return None;
        }
        let Some(key_expr) = key else { return self.p.members(name, None, data) };
        let word = match self.p.constant(key_expr, env) {
            Some(item) => item.key(),
            None => match &*key_expr.value {
                ExprKind::Name(n) => n.clone(),
                _ => String::new(),
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

    /// The declarations of one kind that a path names (several for a whole family).
    pub(crate) fn named(
        &mut self,
        path: &Path<'_>,
        env: &Env,
        kinds: &[Kind],
        what: &str,
    ) -> Result<Vec<(Kind, usize)>, Poison> {
        if let Some(key) = path.index {
            let (kind, members) =
                self.check_key(path.name, path.span, key, env, kinds == [Kind::Data]).ok_or(Poison)?;
            if !kinds.contains(&kind) {
                return Err(self.unknown(path.name, path.span, kinds, &[], what));
            }
            return Ok(members.into_iter().map(|i| (kind, i)).collect());
        }
        let meaning = match kinds {
            [Kind::Data] => self.p.lookup_data(path.name, env).or_else(|| self.p.lookup(path.name, env)),
            _ => self.p.lookup(path.name, env),
        };
        match meaning {
            Some(Meaning::One(kind, i)) if kinds.contains(&kind) => Ok(vec![(kind, i)]),
            Some(Meaning::Family(kind, _)) if kinds.contains(&kind) => {
                let d = Diagnostic::new("E0220", format!("`{}` is a family", path.name))
                    .at(path.span, "which member?")
                    .help(format!("write `{0}[*]` for all of them, or name one: `{0}[\"...\"]`", path.name));
                Err(self.report(d))
            }
            Some(Meaning::Var(Item::Expr(e))) => {
                let inner = super::tasks::path(&e).ok_or(Poison)?;
                self.named(&inner, &Env::default(), kinds, what)
            }
            _ => Err(self.unknown(path.name, path.span, kinds, &[], what)),
        }
    }

    pub(crate) fn collect_tasks(&mut self) {
        for (i, def) in self.p.tasks.iter().enumerate() {
            let info = self.task(i, def);
            self.tasks.push(info);
        }
    }

    fn task(&mut self, index: usize, def: &'p crate::hir::TaskDef) -> TaskInfo {
        let env = &def.env;
        let (word, args) = match &*def.ast.head.value {
            ExprKind::Name(n) => (n.as_str(), &[][..]),
            ExprKind::Call(f, args) => match &*f.value {
                ExprKind::Name(n) => (n.as_str(), args.as_slice()),
                _ => ("", &[][..]),
            },
            _ => ("", &[][..]),
        };
        let mut poisoned = false;
        let head = builtins::head(word).unwrap_or_else(|| {
            if !matches!(&*def.ast.head.value, ExprKind::Error) {
                let known: Vec<&str> = builtins::HEADS.iter().map(|h| h.name).collect();
                let span = match &*def.ast.head.value {
                    ExprKind::Call(f, _) => f.span,
                    _ => def.ast.head.span,
                };
                self.unknown_word("E0221", "a head", word, span, &known);
            }
            poisoned = true;
            &builtins::HEADS[0]
        });
        let mut settings = crate::plan::Settings::new();
        if !poisoned {
            self.head_args(def, head, args, &mut settings);
        }
        let mut info = TaskInfo {
            name: def.name.clone(),
            def: index,
            span: def.ast.name.span,
            head,
            head_text: head_text(head.name, &settings),
            settings,
            golds: vec![],
            gold: None,
            gold_text: String::new(),
            gold_span: def.ast.of.as_ref().map_or(def.ast.name.span, |e| e.span),
            corpora: vec![],
            labels: None,
            layer_names: None,
            metrics: vec![],
            weight: 1.0,
            when: None,
            dropout: 0.0,
            params: vec![],
            width: None,
            tops: BTreeSet::new(),
            star: false,
            reversed: false,
            poisoned,
            left_out: false,
        };
        self.gold(def, &mut info);
        self.task_options(def, &mut info);
        if head.runs.is_none() && !info.poisoned {
            self.later(def.ast.head.span, format!("the head `{}`", head.name));
        }
        if def.ast.from.is_none() && !poisoned {
            let d = Diagnostic::new("E0222", format!("`{}` reads nothing", def.name)).at(def.ast.name.span, "");
            self.report(d.help("say what it reads: `from enc`"));
            info.poisoned = true;
        }
        if !info.poisoned {
            self.labels_of(&mut info);
        }
        let _ = env;
        info
    }

    fn head_args(
        &mut self,
        def: &crate::hir::TaskDef,
        head: &'static builtins::Head,
        args: &[ast::Arg],
        settings: &mut crate::plan::Settings,
    ) {
        let env = &def.env;
        let mut seen: Vec<&str> = vec![];
        for a in args {
            // bare words, calls like `gru(256)`, numbers like `15%`, or `name = value`
            let word = match (&a.name, &*a.value.value) {
                (Some(n), _) => Some((n.value.as_str(), n.span)),
                (None, ExprKind::Name(n)) => Some((n.as_str(), a.value.span)),
                (None, ExprKind::Call(f, _)) => match &*f.value {
                    ExprKind::Name(n) => Some((n.as_str(), f.span)),
                    _ => None,
                },
                _ => None,
            };
            let Some((word, span)) = word else {
                if head.runs.is_some() {
                    let d = Diagnostic::new("E0215", format!("`{}` cannot use this argument", head.name));
                    self.report(d.at(a.value.span, "").help(format!("its options are: {}", head.args.join(", "))));
                }
                continue;
            };
            if !head.args.contains(&word) {
                if head.args.is_empty() {
                    let d = Diagnostic::new("E0215", format!("`{}` takes no options", head.name));
                    self.report(d.at(span, "unknown").help(format!("write `{}`", head.name)));
                } else {
                    self.unknown_word("E0215", &format!("an option of `{}`", head.name), word, span, head.args);
                }
                continue;
            }
            if seen.contains(&word) {
                let d = Diagnostic::new("E0228", format!("`{word}` is given twice")).at(span, "again");
                self.report(d.help("keep one of the two"));
                continue;
            }
            seen.push(word);
            match word {
                "crf" | "multi" => {
                    settings.insert(word.into(), Setting::Bool(true));
                }
                "threshold" => {
                    if let Ok(t) = self.rate(&a.value, env, "`threshold`") {
                        settings.insert(word.into(), Setting::Real(t));
                    }
                }
                "bins" => {
                    if a.name.is_none() {
                        let d = Diagnostic::new("E0229", "`bins` has no number").at(a.value.span, "");
                        self.report(d.help("write `regress(bins = 5)`"));
                    } else if let Ok(n) = self.size(&a.value, env, "`bins`") {
                        if n < 2 {
                            let d = Diagnostic::new("E0207", "a regression needs at least two bins");
                            self.report(d.at(a.value.span, "").help("`regress(bins = 5)`"));
                        }
                        settings.insert(word.into(), Setting::Int(n as i64));
                    }
                }
                "per" => {
                    settings.insert("per_layer".into(), Setting::Bool(true));
                }
                _ => {}
            }
            if head.runs.is_some_and(|r| !r.contains(&word)) {
                self.later(span, format!("the option `{word}` of `{}`", head.name));
            }
        }
    }

    /// `of corpus.field`, `of union(a, b).source`, `of family[*].field`, `of field` with `on corpus`.
    fn gold(&mut self, def: &'p crate::hir::TaskDef, info: &mut TaskInfo) {
        let env = &def.env;
        let Some(of) = &def.ast.of else {
            let d = Diagnostic::new("E0224", format!("`{}` has no target", def.name)).at(def.ast.name.span, "");
            self.report(d.help("say what it learns: `of corpus.field`"));
            info.poisoned = true;
            return;
        };
        info.gold_text = path_words(of);
        let on: Vec<usize> = match def.ast.on.as_ref().map(|e| self.corpora_of(e, env)) {
            None => vec![],
            Some(Ok(c)) => c,
            Some(Err(Poison)) => {
                info.poisoned = true;
                return;
            }
        };
        let found = match &*of.value {
            ExprKind::Dot(base, field) => self.corpora_of(base, env).and_then(|corpora| {
                let several = corpora.len() > 1
                    || matches!(&*base.value, ExprKind::Index(_, None))
                    || matches!(&*base.value, ExprKind::Call(..));
                if field.value == "source"
                    && !corpora.iter().any(|c| self.p.data[*c].fields.iter().any(|f| f.name == "source"))
                {
                    if !several {
                        let d = Diagnostic::new("E0225", "`source` is a field of several corpora");
                        return Err(self.report(
                            d.at(field.span, "which member an example comes from")
                                .help("write `family[*].source` or `union(a, b).source`"),
                        ));
                    }
                    info.gold = Some(FieldType::Label);
                    return Ok(corpora.into_iter().map(|c| (c, SOURCE_FIELD)).collect::<Vec<_>>());
                }
                corpora.into_iter().map(|c| self.field_of(c, field).map(|f| (c, f))).collect()
            }),
            ExprKind::Name(n) if !on.is_empty() && !self.p.names.get(n).is_some_and(|s| s.kind == Kind::Let) => {
                let name = ast::Node::new(n.clone(), of.span);
                on.iter().map(|c| self.field_of(*c, &name).map(|f| (*c, f))).collect()
            }
            ExprKind::Name(n) if self.p.names.get(n).is_some_and(|s| s.kind == Kind::Let) => {
                self.later(of.span, "a target that is computed");
                Ok(vec![])
            }
            ExprKind::Call(..) => {
                self.walk(of, env);
                self.later(of.span, "a target that is computed");
                Ok(vec![])
            }
            ExprKind::Name(n) => {
                let owner = self.p.data.iter().find(|d| d.fields.iter().any(|f| f.name == *n)).map(|d| d.name.clone());
                match owner {
                    Some(owner) => {
                        let d = Diagnostic::new("E0226", format!("`{n}` does not say of which data set"));
                        let d = d.at(of.span, "a field without its data set");
                        let owner = owner.split('[').next().unwrap_or(&owner).to_string();
                        let to = format!("{owner}.{n}");
                        Err(self.report(d.help(format!("write `of {to}`")).fix(of.span, to, true)))
                    }
                    None => {
                        let p = self.p;
                        let data = p.data_names.contains_key(n);
                        if data {
                            let d = Diagnostic::new("E0226", format!("`{n}` is a data set; its target is a field"));
                            let fields = p
                                .data
                                .iter()
                                .find(|d| d.name == *n)
                                .map(|d| d.fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>().join(", "));
                            let d = d.at(of.span, "which field?");
                            Err(self.report(
                                d.help(format!("write `of {n}.field`; its fields are {}", fields.unwrap_or_default())),
                            ))
                        } else {
                            Err(self.unknown(
                                n,
                                of.span,
                                &[Kind::Data],
                                &[],
                                "a field of a data set, such as `corpus.field`",
                            ))
                        }
                    }
                }
            }
            ExprKind::Error => Err(Poison),
            _ => {
                let d = Diagnostic::new("E0226", "a target is a field of a data set").at(of.span, "");
                Err(self.report(d.help("write `of corpus.field`")))
            }
        };
        let Ok(golds) = found else {
            info.poisoned = true;
            return;
        };
        info.golds = golds;
        info.corpora = if info.golds.is_empty() { on } else { info.golds.iter().map(|g| g.0).collect() };
        info.corpora.sort_unstable();
        info.corpora.dedup();
        if info.gold.is_none()
            && let Some((c, f)) = info.golds.first().copied()
        {
            let ty = self.p.data[c].fields[f].ty.clone();
            let kind = type_word(&ty);
            // an unknown type or head has its finding already
            if kind == "?" {
                info.poisoned = true;
            }
            if !info.poisoned && !info.head.golds.contains(&kind) {
                let fspan = self.p.data[c].fields[f].span;
                let fits: Vec<&str> = builtins::HEADS
                    .iter()
                    .filter(|h| h.golds.contains(&kind) && !h.self_supervised)
                    .map(|h| h.name)
                    .collect();
                let wants: Vec<String> = info.head.golds.iter().map(|g| format!("`{g}`")).collect();
                let d = Diagnostic::new("E0401", format!("the head `{}` cannot learn `{kind}`", info.head.name))
                    .at(def.ast.head.span, format!("learns {}", wants.join(" or ")))
                    .with(fspan, format!("this field is `{kind}`"));
                let d = match fits.as_slice() {
                    [] => d.help(format!(
                        "no head learns `{kind}`: declare the field as another type, or name another field"
                    )),
                    [one] => d.help(format!("write `{one}`")),
                    many => d.help(format!("heads for `{kind}`: {}", many.join(", "))),
                };
                self.report(d);
                info.poisoned = true;
            }
            let multi = info.settings.contains_key("multi");
            let per = info.settings.contains_key("per_layer");
            if !info.poisoned && info.head.name == "classify" {
                let sets = matches!(ty, FieldType::Labels { .. });
                if info.settings.contains_key("threshold") && !multi {
                    let d = Diagnostic::new("E0223", "`threshold` belongs to `classify(multi)`");
                    self.report(d.at(def.ast.head.span, "chooses the most probable class").help(match sets {
                        true => "write `classify(multi, threshold = 0.5)`",
                        false => "remove `threshold`",
                    }));
                } else if sets && !multi {
                    let d = Diagnostic::new("E0402", "several classes need a multi-label head")
                        .at(def.ast.head.span, "chooses exactly one class");
                    let d = d.with(self.p.data[c].fields[f].span, "a set of classes");
                    self.report(d.help("write `classify(multi)`").fix(def.ast.head.span, "classify(multi)", true));
                } else if multi && !sets {
                    let d = Diagnostic::new("E0402", "one class per example needs no multi-label head")
                        .at(def.ast.head.span, "chooses a set of classes");
                    let d = d.with(self.p.data[c].fields[f].span, "one class");
                    self.report(d.help("write `classify`, or declare the field as `labels`"));
                }
            }
            if !info.poisoned && info.head.name == "tag" && matches!(ty, FieldType::Layers { .. }) != per {
                let d = Diagnostic::new(
                    "E0402",
                    "several layers of tags need `tag(per = relation)`, one layer needs `tag`",
                );
                let help = if per { "write `tag`" } else { "write `tag(per = relation)`" };
                self.report(d.at(def.ast.head.span, "").with(self.p.data[c].fields[f].span, "the target").help(help));
            }
            info.gold = Some(ty);
        }
    }

    /// The corpora that `atis`, `reviews["books"]`, `reviews[*]` or `union(a, b)` names.
    pub(crate) fn corpora_of(&mut self, e: &Expr, env: &Env) -> Result<Vec<usize>, Poison> {
        if let ExprKind::Call(f, args) = &*e.value
            && crate::hir::is_name(f, "union")
        {
            let mut out = vec![];
            for a in args {
                out.extend(self.corpora_of(&a.value, env)?);
            }
            return Ok(out);
        }
        let Some(path) = path(e) else {
            let d = Diagnostic::new("E0226", "this names no data set").at(e.span, "");
            return Err(self.report(d.help("name a data set, or one member of a family: `reviews[\"books\"]`")));
        };
        if self.p.names.get(path.name).is_some_and(|s| s.kind == Kind::Let)
            && !self.p.data_names.contains_key(path.name)
        {
            self.later(e.span, "data that is computed");
            return Ok(vec![]);
        }
        Ok(self.named(&path, env, &[Kind::Data], "a data set")?.into_iter().map(|(_, i)| i).collect())
    }

    fn labels_of(&mut self, info: &mut TaskInfo) {
        if !matches!(info.head.name, "tag" | "classify") || info.golds.is_empty() {
            return;
        }
        let base = info.name.clone();
        info.labels = Some(self.label_set(base.clone(), &info.golds, false));
        if info.settings.contains_key("per_layer") {
            info.layer_names = Some(self.label_set(format!("{base}.layers"), &info.golds, true));
        }
    }

    fn label_set(&mut self, name: String, fields: &[(usize, usize)], layer_names: bool) -> usize {
        let mut fields = fields.to_vec();
        fields.sort_unstable();
        fields.dedup();
        if let Some(i) = self.labels.iter().position(|l| l.fields == fields && l.layer_names == layer_names) {
            return i;
        }
        self.labels.push(LabelSpec { name, fields, layer_names, classes: vec![] });
        self.labels.len() - 1
    }

    fn task_options(&mut self, def: &'p crate::hir::TaskDef, info: &mut TaskInfo) {
        let env = &def.env;
        let mut seen: Vec<&str> = vec![];
        for s in &def.ast.options {
            let (name, values) = match &s.value {
                SettingKind::Attr { name, values } => (name, values),
                SettingKind::View { .. } => {
                    self.later(s.span, "a view");
                    continue;
                }
                _ => {
                    let d = Diagnostic::new("E0227", "a task has no stages").at(s.span, "");
                    self.report(d.help("move it into `train { ... }`"));
                    continue;
                }
            };
            if !builtins::TASK_OPTIONS.contains(&name.value.as_str()) {
                self.unknown_word("E0227", "an option of a task", &name.value, name.span, builtins::TASK_OPTIONS);
                continue;
            }
            if seen.contains(&name.value.as_str()) {
                let d = Diagnostic::new("E0228", format!("`{}` is given twice", name.value)).at(s.span, "again");
                self.report(d.help("keep one of the two"));
                continue;
            }
            seen.push(&name.value);
            let Some(first) = values.first() else {
                let d = Diagnostic::new("E0229", format!("`{}` needs a value", name.value)).at(s.span, "");
                let example = match name.value.as_str() {
                    "metric" => "metric accuracy",
                    "weight" => "weight 0.5",
                    "loss" => "loss none",
                    "when" => "when train",
                    "also" => "also other_corpus",
                    _ => "dropout 30%",
                };
                self.report(d.help(format!("for example `{example}`")));
                continue;
            };
            match name.value.as_str() {
                "metric" => {
                    for v in values {
                        if let Ok(m) = self.metric(v, env, info.head, &info.settings) {
                            info.metrics.push(m);
                        }
                    }
                }
                "weight" => match self.p.constant(first, env) {
                    Some(Item::Number(w)) if w >= 0.0 => info.weight = w,
                    Some(Item::Number(w)) => {
                        let d = Diagnostic::new("E0207", "a weight cannot be negative");
                        self.report(
                            d.at(first.span, format!("this is {w}")).help("use `|> reverse` to train against a task"),
                        );
                    }
                    _ if matches!(&*first.value, ExprKind::Call(f, _) if crate::hir::is_name(f, "anneal")) => {
                        self.later(first.span, "an annealed weight");
                    }
                    _ => {
                        let _ = self.number(first, env, "`weight`");
                    }
                },
                "loss" => {
                    let default = matches!(&*first.value, ExprKind::Name(n) if n == "ce" && matches!(info.head.name, "tag" | "classify"));
                    if !default {
                        self.later(s.span, "a loss of one's own choice");
                    }
                }
                "when" => match &*first.value {
                    ExprKind::Name(n) if n == "train" => info.when = Some(Phase::Train),
                    ExprKind::Name(n) if n == "test" => info.when = Some(Phase::Test),
                    ExprKind::Name(n) if n == "positive" => self.later(s.span, "`when positive`"),
                    _ => {
                        let d = Diagnostic::new("E0230", "`when` is `train` or `test`").at(first.span, "");
                        self.report(d.help("write `when train`"));
                    }
                },
                "also" => {
                    for v in values {
                        let Ok(corpora) = self.corpora_of(v, env) else { continue };
                        for c in corpora {
                            let Some((c0, f0)) = info.golds.first().copied() else { continue };
                            if f0 == SOURCE_FIELD {
                                continue;
                            }
                            let field = ast::Node::new(self.p.data[c0].fields[f0].name.clone(), v.span);
                            if let Ok(f) = self.field_of(c, &field) {
                                let (a, b) = (
                                    type_word(&self.p.data[c0].fields[f0].ty),
                                    type_word(&self.p.data[c].fields[f].ty),
                                );
                                if a != b {
                                    let d = Diagnostic::new(
                                        "E0403",
                                        format!("`{}` is `{b}` there and `{a}` here", field.value),
                                    );
                                    self.report(d.at(v.span, "another type").help("one task needs golds of one type"));
                                    continue;
                                }
                                info.golds.push((c, f));
                                info.corpora.push(c);
                            }
                        }
                    }
                    info.corpora.sort_unstable();
                    info.corpora.dedup();
                    info.golds.sort_unstable();
                    info.golds.dedup();
                }
                _ => {
                    if let Ok(p) = self.rate(first, env, "`dropout`") {
                        info.dropout = p;
                    }
                }
            }
        }
        if info.metrics.is_empty() {
            let name = match (info.head.name, info.settings.contains_key("multi")) {
                ("classify", true) => "f1",
                _ => info.head.metrics[0],
            };
            info.metrics.push(Metric { name: name.into(), args: vec![], classes: vec![], label: name.into() });
        }
    }

    /// `span_f1`, `f(0.5)`, `f1("yes")`.
    pub(crate) fn metric(
        &mut self,
        e: &Expr,
        env: &Env,
        head: &'static builtins::Head,
        settings: &crate::plan::Settings,
    ) -> Result<Metric, Poison> {
        let (word, span, args) = match &*e.value {
            ExprKind::Name(n) => (n.as_str(), e.span, &[][..]),
            ExprKind::Call(f, args) => match &*f.value {
                ExprKind::Name(n) => (n.as_str(), f.span, args.as_slice()),
                _ => return Err(Poison),
            },
            ExprKind::Error => return Err(Poison),
            _ => {
                let d = Diagnostic::new("E0231", "a metric is a name").at(e.span, "");
                return Err(self.report(d.help(format!("for example `metric {}`", head.metrics[0]))));
            }
        };
        // `recall(8)` of a head that ranks is not the `recall` that is computed
        let elsewhere = head.runs.is_none() && builtins::METRICS_LATER.contains(&word);
        let row = crate::metrics::find(word).filter(|_| !elsewhere);
        let canonical = row.map_or(word, |r| r.name);
        if row.is_none() && !builtins::METRICS_LATER.contains(&word) {
            let mut known: Vec<&str> = crate::metrics::METRICS.iter().map(|m| m.name).collect();
            known.extend(builtins::METRICS_LATER);
            return Err(self.unknown_word("E0231", "a metric", word, span, &known));
        }
        // what a running head's predictions are says which metrics measure it; for the others the head's row does
        let kind = match (head.name, settings.contains_key("multi")) {
            ("tag", _) => Some(crate::metrics::Kind::Tags),
            ("classify", true) => Some(crate::metrics::Kind::Sets),
            ("classify", false) => Some(crate::metrics::Kind::Classes),
            ("regress", _) => Some(crate::metrics::Kind::Reals),
            _ => None,
        };
        let fits = match (row, kind) {
            (Some(row), Some(kind)) => row.accepts(kind),
            _ => head.metrics.contains(&canonical),
        };
        if !fits {
            let all: Vec<&str> = match kind {
                Some(k) => crate::metrics::METRICS.iter().filter(|m| m.accepts(k)).map(|m| m.name).collect(),
                None => head.metrics.to_vec(),
            };
            let d = Diagnostic::new("E0232", format!("`{word}` does not measure the head `{}`", head.name));
            let d = d.at(span, "another kind of prediction");
            return Err(self.report(d.help(format!("its metrics are: {}", all.join(", ")))));
        }
        if row.is_none() {
            self.later(span, format!("the metric `{word}`"));
        }
        let mut m = Metric { name: canonical.into(), args: vec![], classes: vec![], label: word.into() };
        for a in args {
            match self.p.constant(&a.value, env) {
                Some(Item::Number(n)) => m.args.push(n),
                Some(Item::Text(t)) => m.classes.push(t),
                _ => {
                    let _ = self.number(&a.value, env, "an argument of a metric");
                    return Err(Poison);
                }
            }
        }
        if let Some(Err(why)) = row.map(|r| r.check_args(&m.args, &m.classes, None)) {
            let d = Diagnostic::new("E0232", why).at(e.span, "");
            return Err(self.report(d.help(format!("write `{}`", row.map_or(word.into(), |r| r.signature())))));
        }
        if !args.is_empty() {
            let parts: Vec<String> =
                m.args.iter().map(f64::to_string).chain(m.classes.iter().map(|c| format!("\"{c}\""))).collect();
            m.label = format!("{word}({})", parts.join(", "));
        }
        Ok(m)
    }

    pub(crate) fn collect_edges(&mut self) {
        for (i, def) in self.p.edges.iter().enumerate() {
            self.edge(i, def);
        }
        for b in 1..self.edges.len() {
            let e = &self.edges[b];
            let twice = self.edges[..b].iter().find(|o| {
                (o.source, &o.port, &o.target) == (e.source, &e.port, &e.target)
                    && o.span != e.span
                    && (o.when.is_none() || e.when.is_none() || o.when == e.when)
            });
            let within = |s: Span| {
                self.d.iter().any(|d| {
                    d.primary
                        .as_ref()
                        .is_some_and(|l| l.span.file == s.file && s.start <= l.span.start && l.span.end <= s.end)
                })
            };
            if let Some(first) = twice
                && !within(e.span)
                && !within(first.span)
            {
                let d = Diagnostic::new("E0202", format!("the arrow `{}` is drawn twice", e.name))
                    .at(e.span, "again")
                    .with(first.span, "first here");
                self.report(d.help("remove one of the two"));
            }
        }
    }

    fn edge(&mut self, index: usize, def: &'p crate::hir::EdgeDef) {
        let env = &def.env;
        let ast = &def.ast;
        let mut proto = Edge {
            def: index,
            source: 0,
            port: String::new(),
            target: Target::Task(0),
            train: Mode::Predicted,
            when: None,
            grad: Grad::Through,
            dropout: 0.0,
            rounds: ast.feedback.then_some(1),
            name: String::new(),
            span: def.span,
            target_span: def.span,
            alive: true,
        };
        let mut ok = true;
        let mut sources: Vec<usize> = vec![];
        let mut port: Option<&ast::Name> = None;
        match path(&ast.source) {
            Some(p)
                if self.p.names.get(p.name).is_some_and(|s| s.kind == Kind::Let)
                    || !self.p.names.contains_key(p.name) && self.p.data_names.contains_key(p.name) =>
            {
                // an untrained value that enters a slot: a data edge
                self.later(ast.source.span, "an arrow from data");
                ok = false;
            }
            Some(p) => {
                match self.named(&p, env, &[Kind::Task], "a task") {
                    Ok(found) => sources = found.into_iter().map(|(_, i)| i).collect(),
                    Err(Poison) => ok = false,
                }
                port = p.dots.first().copied();
                if ok && port.is_none() {
                    let name = p.name;
                    let d = Diagnostic::new("E0303", format!("the arrow does not say what `{name}` sends"));
                    let d = d.at(ast.source.span, "a task, not one of its ports");
                    self.report(d.help(format!("write `{name}.probs`, `{name}.hidden` or `{name}.labels`")));
                    ok = false;
                }
            }
            None => {
                if !matches!(&*ast.source.value, ExprKind::Error) {
                    let d = Diagnostic::new("E0303", "an arrow begins at a port of a task").at(ast.source.span, "");
                    self.report(d.help("for example `pos.probs -> chunk`"));
                }
                ok = false;
            }
        }
        if let Some(port) = port {
            for s in &sources {
                let head = self.tasks[*s].head;
                let known: Vec<&str> = builtins::PORTS.iter().chain(head.ports).copied().collect();
                if !known.contains(&port.value.as_str()) && !self.tasks[*s].poisoned {
                    let what = format!("a port of `{}`", self.tasks[*s].name);
                    self.unknown_word("E0304", &what, &port.value, port.span, &known);
                    ok = false;
                } else if matches!(port.value.as_str(), "loss" | "logp") {
                    let d = Diagnostic::new("E0304", format!("`.{}` does not travel along an arrow", port.value));
                    self.report(d.at(port.span, "a scalar for `loss` lines").help("send `.probs` or `.hidden`"));
                    ok = false;
                } else if !matches!(port.value.as_str(), "hidden" | "logits" | "probs" | "labels") {
                    self.later(port.span, format!("the port `.{}`", port.value));
                }
            }
            proto.port = port.value.clone();
        }
        ok &= self.edge_options(def, &mut proto, &sources);
        for t in &ast.targets {
            let Some(p) = path(t) else { continue };
            let kinds = [Kind::Task, Kind::Encoder];
            let Ok(found) = self.named(&p, env, &kinds, "a task or an encoder") else { continue };
            for (kind, i) in found {
                let target = match kind {
                    Kind::Task => match p.dots.first() {
                        None => Target::Task(i),
                        Some(slot) => {
                            if !self.slot(i, slot) {
                                continue;
                            }
                            Target::Slot(i, slot.value.clone())
                        }
                    },
                    _ => match p.tap.map(|t| (&t.value, t.span)) {
                        None => Target::Encoder(i, None),
                        Some((ast::Tap::Layer(k), _)) if *k >= 1 => Target::Encoder(i, Some(*k as u32)),
                        Some((_, span)) => {
                            let d = Diagnostic::new("E0305", "an arrow enters one layer of an encoder");
                            self.report(d.at(span, "").help(format!("write `{}@2`", p.name)));
                            continue;
                        }
                    },
                };
                if matches!(target, Target::Slot(..)) {
                    self.later(t.span, "an arrow into a slot");
                }
                if ok {
                    for s in &sources {
                        let mut e = proto.clone();
                        e.source = *s;
                        e.target = target.clone();
                        e.target_span = t.span;
                        let arrow = if ast.feedback { "~>" } else { "->" };
                        // resolved names: members of a family have arrows, and parameters, of their own
                        let to = match &e.target {
                            Target::Task(t) => self.tasks[*t].name.clone(),
                            Target::Slot(t, slot) => format!("{}.{slot}", self.tasks[*t].name),
                            Target::Encoder(t, None) => self.p.encoders[*t].name.clone(),
                            Target::Encoder(t, Some(k)) => format!("{}@{k}", self.p.encoders[*t].name),
                        };
                        e.name = format!("{}.{} {arrow} {to}", self.tasks[*s].name, e.port);
                        self.edges.push(e);
                    }
                }
            }
        }
    }

    /// Whether `slot` is a slot of the task or a field that its features read.
    fn slot(&mut self, task: usize, slot: &ast::Name) -> bool {
        let info = &self.tasks[task];
        if info.poisoned {
            return false;
        }
        let fields: Vec<String> =
            info.corpora.iter().flat_map(|c| self.p.data[*c].fields.iter().map(|f| f.name.clone())).collect();
        if info.head.slots.contains(&slot.value.as_str()) || fields.contains(&slot.value) {
            return true;
        }
        let mut known: Vec<&str> = info.head.slots.to_vec();
        known.extend(fields.iter().map(String::as_str));
        known.sort_unstable();
        known.dedup();
        let what = format!("a slot or an input field of `{}`", info.name);
        self.unknown_word("E0305", &what, &slot.value, slot.span, &known);
        false
    }

    fn edge_options(&mut self, def: &'p crate::hir::EdgeDef, e: &mut Edge, sources: &[usize]) -> bool {
        let env = &def.env;
        let hard = builtins::HARD_PORTS.contains(&e.port.as_str());
        if hard {
            e.grad = Grad::Stop;
        }
        let mut train_given = false;
        let mut seen: Vec<&str> = vec![];
        for s in &def.ast.options {
            let SettingKind::Attr { name, values } = &s.value else {
                let d = Diagnostic::new("E0233", "an arrow has no stages and no views").at(s.span, "");
                self.report(d.help("remove this"));
                continue;
            };
            if !builtins::EDGE_OPTIONS.contains(&name.value.as_str()) {
                self.unknown_word("E0233", "an option of an arrow", &name.value, name.span, builtins::EDGE_OPTIONS);
                continue;
            }
            if seen.contains(&name.value.as_str()) {
                let d = Diagnostic::new("E0228", format!("`{}` is given twice", name.value)).at(s.span, "again");
                self.report(d.help("keep one of the two"));
                continue;
            }
            seen.push(&name.value);
            let Some(v) = values.first() else {
                let example = match name.value.as_str() {
                    "train" => "train predicted",
                    "test" => "test predicted",
                    "when" => "when train",
                    "grad" => "grad stop",
                    "rounds" => "rounds 1",
                    _ => "dropout 30%",
                };
                let d = Diagnostic::new("E0229", format!("`{}` needs a value", name.value)).at(s.span, "");
                self.report(d.help(format!("for example `{example}`")));
                continue;
            };
            let word = match &*v.value {
                ExprKind::Name(n) => n.as_str(),
                ExprKind::Call(f, _) => match &*f.value {
                    ExprKind::Name(n) => n.as_str(),
                    _ => "",
                },
                _ => "",
            };
            match name.value.as_str() {
                "train" => {
                    train_given = true;
                    e.train = match word {
                        "predicted" => Mode::Predicted,
                        "gold" => Mode::Gold,
                        "scheduled" => match self.scheduled(v, env) {
                            Ok(m) => m,
                            Err(Poison) => continue,
                        },
                        _ if matches!(&*v.value, ExprKind::Binary(..)) || matches!(word, "sample" | "top") => {
                            self.later(v.span, "this way of training an arrow");
                            Mode::Other(path_words(v))
                        }
                        _ => {
                            let known = ["predicted", "gold", "scheduled", "sample"];
                            self.unknown_word("E0234", "a way to train an arrow", word, v.span, &known);
                            continue;
                        }
                    };
                    let located = def.ast.via.as_ref().is_some_and(|v| path_words(v).starts_with("at("));
                    if e.train != Mode::Predicted && matches!(e.port.as_str(), "hidden" | "logits") && !located {
                        let what = if e.port == "hidden" { "hidden states" } else { "raw scores" };
                        let d = Diagnostic::new("E0506", format!("{what} have no gold"))
                            .at(v.span, "")
                            .with(def.ast.source.span, format!("sends {what}"));
                        self.report(d.help("send `.labels` or `.probs`, or write `train predicted`"));
                    }
                }
                "test" => match word {
                    "predicted" => {}
                    "gold" => {
                        let d = Diagnostic::new("E0502", "gold labels do not exist at test time");
                        self.report(d.at(v.span, "would leak the answer").help("write `test predicted`"));
                    }
                    "sample" | "top" => self.later(v.span, "this way of testing an arrow"),
                    _ => {
                        let known = ["predicted", "sample"];
                        self.unknown_word("E0234", "a way to test an arrow", word, v.span, &known);
                    }
                },
                "when" => match word {
                    "train" => e.when = Some(Phase::Train),
                    "test" => e.when = Some(Phase::Test),
                    _ => {
                        self.unknown_word("E0230", "a phase", word, v.span, &["train", "test"]);
                    }
                },
                "grad" => {
                    let span = s.span;
                    match word {
                        // spans and passages carry their states with them
                        "through" if hard && e.port == "top" && def.ast.via.is_some() => e.grad = Grad::Through,
                        "through" if hard => {
                            let help = match e.port.as_str() {
                                "labels" => "write `grad straight`, or send `.probs`",
                                _ => "write `grad straight`, use `.gumbel(τ)`, or add a `loss ... = reinforce(...)`",
                            };
                            let d = Diagnostic::new("E0505", format!("no gradient passes through `.{}`", e.port))
                                .at(span, "asks for a gradient")
                                .with(def.ast.source.span, "a hard decision");
                            self.report(d.help(help));
                        }
                        "through" => e.grad = Grad::Through,
                        "stop" => e.grad = Grad::Stop,
                        "straight" if e.port == "labels" || !hard && e.port != "probs" && e.port != "hidden" => {
                            e.grad = Grad::Straight;
                        }
                        "straight" if hard => {
                            e.grad = Grad::Straight;
                            self.later(span, "a straight-through gradient of this port");
                        }
                        "straight" => {
                            let d = Diagnostic::new("E0505", "`grad straight` belongs to a hard port");
                            let d = d.at(span, "").with(def.ast.source.span, "soft already");
                            self.report(d.help("send `.labels`, or write `grad through`"));
                        }
                        "reverse" => {
                            let l = match &*v.value {
                                ExprKind::Call(_, a) if a.len() == 1 => self.number(&a[0].value, env, "`reverse`"),
                                _ => Ok(1.0),
                            };
                            let l = l.unwrap_or(1.0);
                            if l < 0.0 {
                                let d = Diagnostic::new("E0207", "the strength of a reversal cannot be negative");
                                self.report(d.at(v.span, "").help("write `grad reverse(0.05)`"));
                            }
                            e.grad = Grad::Reverse(l);
                        }
                        _ => {
                            let known = ["through", "stop", "straight", "reverse"];
                            self.unknown_word("E0234", "a kind of gradient", word, v.span, &known);
                        }
                    }
                }
                "rounds" => {
                    if !def.ast.feedback {
                        let d = Diagnostic::new("E0235", "only a `~>` has rounds").at(s.span, "");
                        self.report(d.help("write `~>` instead of `->`, or remove `rounds`"));
                    } else if word == "turns" {
                        self.later(v.span, "rounds over turns");
                    } else if let Ok(n) = self.size(v, env, "`rounds`") {
                        if n > 16 {
                            let d = Diagnostic::new("E0207", "feedback is unrolled at most 16 rounds");
                            self.report(d.at(v.span, format!("this is {n}")).help("`rounds 1` or `rounds 2` suffice"));
                        }
                        e.rounds = Some(n.min(16) as u32);
                    }
                }
                _ => {
                    if let Ok(p) = self.rate(v, env, "`dropout`") {
                        e.dropout = p;
                    }
                }
            }
        }
        if def.ast.feedback && !seen.contains(&"rounds") {
            let d = Diagnostic::new("E0235", "`~>` does not say how often it goes round").at(def.ast.arrow, "");
            self.report(d.help("add `{ rounds 1 }`"));
            return false;
        }
        let gold_exists =
            sources.iter().any(|s| !self.tasks[*s].golds.is_empty() && self.tasks[*s].head.runs.is_some());
        if e.port == "labels" && !train_given && gold_exists && !def.ast.feedback && e.when != Some(Phase::Test) {
            let d = Diagnostic::new("E0507", "the arrow does not say which labels it carries while training")
                .at(def.ast.source.span, "hard labels: gold or predicted?");
            self.report(d.help(
                "add `{ train predicted }` or `{ train gold }` (gold trains faster, but the destination never sees errors)",
            ));
            return false;
        }
        true
    }

    fn scheduled(&mut self, v: &Expr, env: &Env) -> Result<Mode, Poison> {
        let arg = match &*v.value {
            ExprKind::Call(_, args) if args.len() == 1 => match &*args[0].value.value {
                ExprKind::Arrow(a, b) => Some((a.clone(), b.clone())),
                _ => None,
            },
            _ => None,
        };
        let Some((a, b)) = arg else {
            let d = Diagnostic::new("E0234", "`scheduled` needs the shares of gold at start and end").at(v.span, "");
            return Err(self.report(d.help("write `train scheduled(1 -> 0)`")));
        };
        let (x, y) = (self.number(&a, env, "a share")?, self.number(&b, env, "a share")?);
        if !(0.0..=1.0).contains(&x) || !(0.0..=1.0).contains(&y) {
            let d = Diagnostic::new("E0207", "shares of gold lie between 0 and 1").at(v.span, "");
            return Err(self.report(d.help("write `train scheduled(1 -> 0)`")));
        }
        Ok(Mode::Scheduled(x, y))
    }

    pub(crate) fn reads_kind(&self, task: usize) -> Reads {
        self.tasks[task].head.reads
    }
}

fn p_is_known(p: &Program, n: &str, env: &Env) -> bool {
    p.lookup(n, env).is_some()
        || builtins::function(n).is_some()
        || p.data.iter().any(|d| d.fields.iter().any(|f| f.name == n))
}

/// The word of a field's type.
pub(crate) fn type_word(t: &FieldType) -> &str {
    match t {
        FieldType::Text => "text",
        FieldType::Tokens => "tokens",
        FieldType::Label => "label",
        FieldType::Labels { .. } => "labels",
        FieldType::Real => "real",
        FieldType::Id => "id",
        FieldType::Vec(_) => "vec",
        FieldType::Tags { .. } => "tags",
        FieldType::Layers { .. } => "layers",
        FieldType::Heads { .. } => "heads",
        FieldType::Other { kind, .. } => kind,
    }
}

fn head_text(name: &str, settings: &crate::plan::Settings) -> String {
    let args: Vec<String> = settings
        .iter()
        .map(|(k, v)| match (k.as_str(), v) {
            ("per_layer", _) => "per = relation".into(),
            (_, Setting::Bool(true)) => k.clone(),
            (_, Setting::Int(n)) => format!("{k} = {n}"),
            (_, Setting::Real(x)) => format!("{k} = {x}"),
            _ => k.clone(),
        })
        .collect();
    if args.is_empty() { name.into() } else { format!("{name}({})", args.join(", ")) }
}

/// A path as text, for messages and names of arrows.
pub(crate) fn path_words(e: &Expr) -> String {
    match &*e.value {
        ExprKind::Name(n) => n.clone(),
        ExprKind::Dot(a, b) => format!("{}.{}", path_words(a), b.value),
        ExprKind::Index(a, None) => format!("{}[*]", path_words(a)),
        ExprKind::Index(a, Some(k)) => format!("{}[{}]", path_words(a), path_words(k)),
        ExprKind::Tap(a, t) => match &t.value {
            ast::Tap::Layer(k) => format!("{}@{k}", path_words(a)),
            ast::Tap::Range(i, j) => format!("{}@{i}..{}", path_words(a), j.map(|j| j.to_string()).unwrap_or_default()),
            ast::Tap::All => format!("{}@*", path_words(a)),
            ast::Tap::Name(n) => format!("{}@{n}", path_words(a)),
        },
        ExprKind::Call(f, args) => {
            let arg = |a: &ast::Arg| match &a.name {
                Some(n) => format!("{} = {}", n.value, path_words(&a.value)),
                None => path_words(&a.value),
            };
            format!("{}({})", path_words(f), args.iter().map(arg).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Text(t) => {
            let s: String = t
                .parts
                .iter()
                .map(|p| match p {
                    ast::TextPart::Plain(s) => s.clone(),
                    ast::TextPart::Var(v) => format!("{{{}}}", v.value),
                })
                .collect();
            format!("\"{s}\"")
        }
        ExprKind::Number(n) => n.raw.clone(),
        ExprKind::Paren(e) => format!("({})", path_words(e)),
        ExprKind::Binary(op, a, b) => {
            use ast::BinOp::*;
            let o = match op.value {
                Add => "+",
                Sub => "-",
                Mul => "*",
                Div => "/",
                Ge => ">=",
                Le => "<=",
                Eq => "==",
                Gt => ">",
                Lt => "<",
            };
            format!("{} {o} {}", path_words(a), path_words(b))
        }
        ExprKind::Arrow(a, b) => format!("{} -> {}", path_words(a), path_words(b)),
        ExprKind::Neg(a) => format!("-{}", path_words(a)),
        ExprKind::Pipe(a, b) => format!("{} |> {}", path_words(a), path_words(b)),
        ExprKind::Cat(a, b) => format!("{} & {}", path_words(a), path_words(b)),
        _ => "...".into(),
    }
}
