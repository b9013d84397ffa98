//! `loss NAME = EXPR on DATA`: a scalar over ports, features and golds. Names are resolved, values typed, and it is
//! noted which tasks a loss trains.

use super::tasks::{path, path_words, type_word};
use super::words::word_of;
use super::*;
use crate::builtins;
use crate::hir::{Item, Meaning};
use crate::plan::SOURCE_FIELD;
use crate::syntax::ast::{self, BinOp, ExprKind, SettingKind};

/// What a distribution ranges over.
#[derive(Clone, Debug, PartialEq)]
enum Space {
    /// the classes of an example, of one label set where it is known
    Classes(Option<usize>),
    /// the classes of each token
    Tags(Option<usize>),
    /// the members of a list
    Members,
    /// stretches of tokens
    Spans,
    /// the tokens of a text
    Tokens,
    /// a vocabulary
    Words,
    /// the values of a latent variable
    Latent(usize),
    /// the bins of a number
    Bins,
    /// cannot be told
    Unknown,
}

impl Space {
    fn words(&self) -> &'static str {
        match self {
            Space::Classes(_) => "the classes of an example",
            Space::Tags(_) => "the classes of each token",
            Space::Members => "the members of a list",
            Space::Spans => "stretches of tokens",
            Space::Tokens => "the tokens of a text",
            Space::Words => "the words of a vocabulary",
            Space::Latent(_) => "the values of a latent variable",
            Space::Bins => "the bins of a number",
            Space::Unknown => "something",
        }
    }

    fn agrees(&self, other: &Space) -> bool {
        match (self, other) {
            (Space::Unknown, _) | (_, Space::Unknown) => true,
            (Space::Classes(a), Space::Classes(b)) | (Space::Tags(a), Space::Tags(b)) => {
                a.is_none() || b.is_none() || a == b
            }
            (a, b) => a == b,
        }
    }
}

/// The type of a value in a loss.
#[derive(Clone, Debug, PartialEq)]
enum Ty {
    Scalar,
    /// a figure: known, but without a gradient
    Figure,
    Dist(Space),
    Features,
    /// the weights of so many heads or encoders
    Weights(usize),
    Text,
    Gold(String),
}

impl Ty {
    fn a(&self) -> String {
        match self {
            Ty::Scalar => "a number".into(),
            Ty::Figure => "a figure, which has no gradient".into(),
            Ty::Dist(s) => format!("a distribution over {}", s.words()),
            Ty::Features => "features".into(),
            Ty::Weights(1) => "the weights of one alone".into(),
            Ty::Weights(n) => format!("the weights of {n} members"),
            Ty::Text => "a text".into(),
            Ty::Gold(w) => format!("gold of type `{w}`"),
        }
    }
}

/// A typed value.
#[derive(Clone, Debug)]
struct Term {
    ty: Ty,
    /// a gradient flows into it
    trains: bool,
    /// tasks that are computed for it
    tasks: Vec<usize>,
    /// the value of several members at once
    several: bool,
}

impl Term {
    fn new(ty: Ty, trains: bool) -> Self {
        Term { ty, trains, tasks: vec![], several: false }
    }
}

/// What the losses of a program train.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reached {
    /// tasks whose output a loss reaches with a gradient
    pub tasks: BTreeSet<usize>,
    /// `let`s with `latent` whose posterior and prior one `kl` compares
    pub latents: BTreeSet<usize>,
    /// place of the loss that is being read, and whether it says `on DATA`
    here: Option<(Span, bool)>,
}

type Typed = Result<Term, Poison>;

impl<'p> Checker<'p> {
    /// Every `loss` of the program.
    pub(crate) fn check_losses(&mut self) -> Reached {
        let mut out = Reached::default();
        for l in &self.p.losses {
            self.loss_options(l);
            let on = l.on.as_ref().and_then(|on| self.corpora_of(on, &l.env).ok());
            out.here = Some((l.value.span, l.on.is_some()));
            let Ok(t) = self.term(&l.value, &l.env, &mut out) else { continue };
            match &t.ty {
                Ty::Scalar if !t.trains => {
                    let d = Diagnostic::new("E0509", format!("the loss `{}` trains nothing", l.name));
                    self.report(
                        d.at(l.value.span, "no gradient flows into any of this")
                            .help("take `stop` from one side, or compare a port that has a gradient, such as `.probs`"),
                    );
                }
                Ty::Scalar => {}
                Ty::Figure => {
                    let d = Diagnostic::new("E0421", "a figure has no gradient, so it is no loss");
                    self.report(d.at(l.value.span, "a figure").help(format!(
                        "train by it as a reward: `reinforce(task, reward = {})`",
                        path_words(&l.value)
                    )));
                }
                other => {
                    let d = Diagnostic::new("E0421", format!("a loss is a number, and this is {}", other.a()));
                    self.report(
                        d.at(l.value.span, "not a number").help("compare it with something: `kl(a.probs, b.probs)`"),
                    );
                }
            }
            if let Some(on) = on {
                self.computed_on(&t, &on, l.on.as_ref().map_or(l.span, |e| e.span));
            }
        }
        out
    }

    fn loss_options(&mut self, l: &'p crate::hir::LossDef) {
        for s in &l.options {
            if !matches!(s.value, SettingKind::Attr { .. }) {
                let d = Diagnostic::new("E0227", "a loss has no stages and no views").at(s.span, "");
                self.report(d.help("remove this"));
            }
        }
        for o in self.options_in_braces(&l.options, builtins::LOSS_OPTIONS, "E0227", "a loss") {
            if self.anneal(o.first, &l.env).is_none() {
                let _ = self.weight(o.first, &l.env, o.row.takes.ranges(), o.row.example);
            }
        }
    }

    /// The weight of a loss.
    pub(crate) fn weight(
        &mut self,
        e: &Expr,
        env: &Env,
        ranges: &[builtins::numbers::Range],
        example: &str,
    ) -> Result<f64, Poison> {
        let negative = matches!(self.p.constant(e, env), Some(Item::Number(w)) if w < 0.0);
        let help = match negative {
            true => "use `|> reverse` to train against a task".to_string(),
            false => format!("for example `{example}`"),
        };
        self.in_range(e, env, ranges, "`weight`", &help)
    }

    /// E0412: the tasks of a loss can be computed on the data after its `on`.
    fn computed_on(&mut self, t: &Term, on: &[usize], span: Span) {
        for task in t.tasks.iter().copied().collect::<BTreeSet<_>>() {
            if self.tasks[task].poisoned {
                continue;
            }
            let golds: Vec<String> = self.tasks[task]
                .golds
                .iter()
                .filter(|g| g.1 != SOURCE_FIELD)
                .map(|g| self.p.data[g.0].fields[g.1].name.clone())
                .collect();
            let reads: Vec<String> = self.read_by(task).into_iter().filter(|f| !golds.contains(f)).collect();
            for c in on {
                let decl = &self.p.data[*c];
                let Some(f) = reads.iter().find(|f| !decl.fields.iter().any(|x| x.name == **f)) else { continue };
                let d = Diagnostic::new(
                    "E0412",
                    format!("`{}` has no `{f}`, which `{}` reads", decl.name, self.tasks[task].name),
                )
                .at(span, "lacks this field")
                .with(decl.span, "declared here");
                self.report(d.help(format!("declare it: `{f}: tokens`, or compute the loss on other data")));
                return;
            }
        }
    }

    /// The type of an expression in a loss.
    fn term(&mut self, e: &'p Expr, env: &Env, out: &mut Reached) -> Typed {
        if let Some(done) = self.anneal(e, env) {
            return done.map(|()| Term::new(Ty::Scalar, false));
        }
        match &*e.value {
            ExprKind::Error => Err(Poison),
            ExprKind::Number(_) => {
                self.number(e, env, "a term of a loss")?;
                Ok(Term::new(Ty::Scalar, false))
            }
            ExprKind::Paren(e) => self.term(e, env, out),
            ExprKind::Neg(a) => {
                let t = self.term(a, env, out)?;
                self.want(&t, a.span, "`-`", "a number", |t| matches!(t, Ty::Scalar))?;
                Ok(t)
            }
            ExprKind::Binary(op, a, b) => {
                let (x, y) = (self.term(a, env, out), self.term(b, env, out));
                let (x, y) = (x?, y?);
                if !matches!(op.value, BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div) {
                    let d = Diagnostic::new("E0421", "a comparison is no loss").at(op.span, "compares");
                    return Err(self.report(
                        d.help("subtract instead: `square(a.logp - b.logp)`; a bound is a `constrain` of `train`"),
                    ));
                }
                for (t, at) in [(&x, a), (&y, b)] {
                    self.want(t, at.span, "arithmetic", "numbers", |t| matches!(t, Ty::Scalar))?;
                }
                let tasks = x.tasks.into_iter().chain(y.tasks).collect();
                Ok(Term { ty: Ty::Scalar, trains: x.trains || y.trains, tasks, several: x.several || y.several })
            }
            ExprKind::Call(f, args) => match &*f.value {
                ExprKind::Name(n) => match builtins::choice(builtins::LOSS_FUNCTIONS, n) {
                    Some(row) => self.loss_function(row, e, args, env, out),
                    None => self.features_in_loss(e, n, f.span, env),
                },
                _ => self.value(e, env),
            },
            ExprKind::Text(_) | ExprKind::List(_) | ExprKind::Range(..) | ExprKind::Arrow(..) => {
                let d = Diagnostic::new("E0421", "this cannot stand in a loss").at(e.span, "");
                Err(self.report(d.help("name ports and features: `kl(a.probs, b.probs)`")))
            }
            ExprKind::Pipe(..) | ExprKind::Cat(..) => {
                self.walked(e, env)?;
                Ok(Term::new(Ty::Features, true))
            }
            ExprKind::Name(_) | ExprKind::Index(..) | ExprKind::Tap(..) | ExprKind::Dot(..) => self.value(e, env),
        }
    }

    /// Resolves names of features; the finding is there already when one fails.
    fn walked(&mut self, e: &'p Expr, env: &Env) -> Result<(), Poison> {
        let before = self.d.len();
        self.walk(e, env);
        if self.d.len() > before { Err(Poison) } else { Ok(()) }
    }

    /// A layer or an encoder applied inside a loss.
    fn features_in_loss(&mut self, e: &'p Expr, word: &str, span: Span, env: &Env) -> Typed {
        let known = builtins::function(word).is_some() || self.p.lookup(word, env).is_some();
        if !known {
            let mut more: Vec<&str> = builtins::LOSS_FUNCTIONS.iter().map(|c| c.name).collect();
            if suggest::near(word, more.iter().copied()).is_empty() {
                more.extend(builtins::FUNCTIONS.iter().map(|f| f.name));
            }
            return Err(self.unknown(word, span, &[Kind::Encoder], &more, "a function of losses, or features"));
        }
        if let Some(Meaning::One(Kind::Task | Kind::Data | Kind::Param | Kind::Loss, _)) = self.p.lookup(word, env) {
            return Err(self.unknown(word, span, &[Kind::Encoder], &[], "a function or an encoder"));
        }
        self.walked(e, env)?;
        let ty = match word {
            "attention" => Ty::Dist(Space::Tokens),
            "softmax" => Ty::Dist(Space::Unknown),
            "dot" | "bilinear" => Ty::Dist(Space::Unknown),
            _ => Ty::Features,
        };
        Ok(Term::new(ty, true))
    }

    fn want(&mut self, t: &Term, span: Span, who: &str, what: &str, ok: impl Fn(&Ty) -> bool) -> Result<(), Poison> {
        if ok(&t.ty) {
            return Ok(());
        }
        let d = Diagnostic::new("E0421", format!("{who} takes {what}, and this is {}", t.ty.a())).at(span, t.ty.a());
        let help = match (&t.ty, what) {
            (Ty::Features, w) if w.starts_with("distribution") => {
                "send `.probs` of a task, or the `attention(...)` of features"
            }
            (Ty::Dist(_), "numbers" | "a number") => "make a number of it: `kl(a.probs, b.probs)`, or take `.logp`",
            (Ty::Weights(_), _) => "weights are compared by `covariance` or `tensor_normal`",
            (_, w) if w.starts_with("the weights") => "name them: `covariance(t[*].weights)`",
            (_, w) if w.starts_with("features") => "name an encoder, a `let`, or `.hidden` of a task",
            (_, "a figure") => "write, for example, `reward = f1(read.text, qa.answer)`",
            (_, w) if w.starts_with("text") => {
                "name `.text` of a task first, then its gold: `f1(read.text, qa.answer)`"
            }
            _ => "for example `kl(a.probs, b.probs) * 0.1`",
        };
        Err(self.report(d.help(help)))
    }

    fn loss_function(
        &mut self,
        row: &'static builtins::Choice,
        e: &'p Expr,
        args: &'p [ast::Arg],
        env: &Env,
        out: &mut Reached,
    ) -> Typed {
        let given = self.arguments(row, e.span, args, env).ok_or(Poison)?;
        let arg = |k: &str| given.get(k).copied().ok_or(Poison);
        let who = format!("`{}`", row.name);
        let scalar = |trains: bool, tasks: Vec<usize>| Ok(Term { ty: Ty::Scalar, trains, tasks, several: false });
        match row.name {
            "kl" | "js" => {
                let (p, q) = (arg("p")?, arg("q")?);
                let (a, b) = (self.term(p, env, out), self.term(q, env, out));
                let (a, b) = (a?, b?);
                let dist = |t: &Ty| matches!(t, Ty::Dist(_) | Ty::Gold(_));
                let wants = "distributions";
                let fine = [self.want(&a, p.span, &who, wants, dist), self.want(&b, q.span, &who, wants, dist)];
                if fine.contains(&Err(Poison)) {
                    return Err(Poison);
                }
                if let (Ty::Dist(x), Ty::Dist(y)) = (&a.ty, &b.ty)
                    && !x.agrees(y)
                {
                    let d = match std::mem::discriminant(x) == std::mem::discriminant(y) {
                        true => Diagnostic::new("E0422", "the two choose among different classes"),
                        false => Diagnostic::new("E0422", "the two distributions range over different things"),
                    };
                    let own = |t: &Term, s: &Space| match t.tasks.as_slice() {
                        [one, ..] if self.tasks[*one].labels.is_some() => {
                            format!("over the classes of `{}`", self.tasks[*one].gold_text)
                        }
                        _ => format!("over {}", s.words()),
                    };
                    let (at, with) = (own(&b, y), own(&a, x));
                    return Err(self.report(
                        d.at(q.span, at)
                            .with(p.span, with)
                            .help(format!("`{}` compares two answers to one question", row.name)),
                    ));
                }
                if let (Ty::Dist(Space::Latent(i)), Ty::Dist(Space::Latent(j))) = (&a.ty, &b.ty)
                    && i == j
                {
                    out.latents.insert(*i);
                }
                self.one_example(out.here, (&a, p), (&b, q))?;
                // what stands behind `stop` is compared with, not trained
                for t in [&a, &b].into_iter().filter(|t| t.trains) {
                    out.tasks.extend(&t.tasks);
                }
                scalar(a.trains || b.trains, a.tasks.into_iter().chain(b.tasks).collect())
            }
            "cosine" | "orthogonal" => {
                let (u, v) = (arg("u")?, arg("v")?);
                let (a, b) = (self.term(u, env, out), self.term(v, env, out));
                let (a, b) = (a?, b?);
                for (t, at) in [(&a, u), (&b, v)] {
                    self.want(t, at.span, &who, "features", |t| matches!(t, Ty::Features | Ty::Dist(_)))?;
                }
                self.one_example(out.here, (&a, u), (&b, v))?;
                scalar(a.trains || b.trains, a.tasks.into_iter().chain(b.tasks).collect())
            }
            "square" => {
                let x = arg("x")?;
                let t = self.term(x, env, out)?;
                self.want(&t, x.span, &who, "a number", |t| matches!(t, Ty::Scalar))?;
                scalar(t.trains, t.tasks)
            }
            "covariance" | "tensor_normal" => {
                for w in [Ok(arg("weights")?), arg("more")].into_iter().flatten() {
                    let t = self.term(w, env, out)?;
                    let several = |t: &Ty| matches!(t, Ty::Weights(n) if *n > 1);
                    self.want(&t, w.span, &who, "the weights of several heads or encoders", several)?;
                }
                scalar(true, vec![])
            }
            "marginal" => {
                let (t, z) = (arg("task")?, arg("over")?);
                let (t, z) = (
                    self.one_task(t, env, "what is marginalised"),
                    self.one_task(z, env, "`over` of `marginal`").map(|i| (i, z)),
                );
                let (t, (z, at)) = (t?, z?);
                if !self.tasks[z].poisoned
                    && !matches!(self.tasks[z].head.name, "choose" | "rank" | "span" | "classify")
                {
                    let head = self.tasks[z].head.name;
                    let d = Diagnostic::new("E0421", format!("`marginal` sums over choices, and `{head}` makes none"));
                    return Err(self.report(
                        d.at(at.span, format!("the head `{head}`")).help("name a task with `choose` or `rank`"),
                    ));
                }
                out.tasks.extend([t, z]);
                scalar(true, vec![t, z])
            }
            "reinforce" => {
                let (t, r) = (arg("task")?, arg("reward")?);
                let (t, reward) = (self.one_task(t, env, "what is reinforced"), self.term(r, env, out));
                let (t, reward) = (t?, reward?);
                self.want(&reward, r.span, "a reward", "a figure", |t| matches!(t, Ty::Figure | Ty::Scalar))?;
                out.tasks.insert(t);
                scalar(true, vec![t])
            }
            "stop" => {
                // what stands behind `stop` is not trained by it
                let mut apart = Reached { here: out.here, ..Reached::default() };
                let t = self.term(arg("x")?, env, &mut apart)?;
                Ok(Term { trains: false, ..t })
            }
            "uniform" => {
                let g = arg("gold")?;
                let t = self.term(g, env, out)?;
                self.want(&t, g.span, &who, "gold", |t| matches!(t, Ty::Gold(_)))?;
                let space = match &t.ty {
                    Ty::Gold(w) if w == "labels on" || w == "index" => Space::Members,
                    Ty::Gold(w) if w == "label" || w == "labels" => Space::Classes(None),
                    Ty::Gold(w) if w == "tags" => Space::Tags(None),
                    Ty::Gold(w) if w == "span" || w == "spans" => Space::Spans,
                    _ => Space::Unknown,
                };
                Ok(Term::new(Ty::Dist(space), false))
            }
            // f1, em, rouge, bleu
            _ => {
                let (said, gold) = (arg("said")?, arg("gold")?);
                let (a, b) = (self.term(said, env, out), self.term(gold, env, out));
                let (a, b) = (a?, b?);
                let texty = |t: &Ty| matches!(t, Ty::Text | Ty::Gold(_));
                self.want(&a, said.span, &who, "texts", texty)?;
                self.want(&b, gold.span, &who, "texts", texty)?;
                Ok(Term {
                    ty: Ty::Figure,
                    trains: false,
                    tasks: a.tasks.into_iter().chain(b.tasks).collect(),
                    several: false,
                })
            }
        }
    }

    /// E0423: two values are compared only where one example has both.
    fn one_example(
        &mut self,
        here: Option<(Span, bool)>,
        (a, a_at): (&Term, &Expr),
        (b, b_at): (&Term, &Expr),
    ) -> Result<(), Poison> {
        let ([x], [y]) = (a.tasks.as_slice(), b.tasks.as_slice()) else { return Ok(()) };
        let on = here.is_some_and(|(_, on)| on);
        let (t, u) = (&self.tasks[*x], &self.tasks[*y]);
        if on || a.several || b.several || t.poisoned || u.poisoned || t.corpora.is_empty() || u.corpora.is_empty() {
            return Ok(());
        }
        if t.corpora.iter().any(|c| u.corpora.contains(c)) {
            return Ok(());
        }
        let on = |t: &TaskInfo| {
            let names: Vec<String> = t.corpora.iter().map(|c| format!("`{}`", self.p.data[*c].name)).collect();
            format!("computed on {}", names.join(", "))
        };
        let d =
            Diagnostic::new("E0423", format!("no example has both `{}` and `{}`", path_words(a_at), path_words(b_at)))
                .at(b_at.span, on(u))
                .with(a_at.span, on(t));
        let corpus = t.corpora.first().map_or(String::new(), |c| self.p.data[*c].name.clone());
        let d = d.help(format!("say on which data the loss is computed: `on {corpus}`"));
        Err(self.report(match here {
            Some((s, _)) => d.fix(Span { start: s.end, ..s }, format!(" on {corpus}"), false),
            None => d,
        }))
    }

    /// A name with its segments: `pos.probs`, `ner.view[*].probs`, `t[*].weights`, `z.prior`, `qa.answer`, `enc@1`.
    fn value(&mut self, e: &'p Expr, env: &Env) -> Typed {
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
            let d = Diagnostic::new("E0421", "a port has no parts").at(extra.span, "");
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
            (None, Some(Meaning::Var(Item::Number(_)))) => return Ok(Term::new(Ty::Scalar, false)),
            (None, None) => {
                let fields = self.all_fields();
                if let Some(f) = fields.iter().find(|f| *f == p.name) {
                    let owner = self.p.data.iter().find(|d| d.fields.iter().any(|x| x.name == *f));
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
                return Err(self.unknown(p.name, p.span, &kinds, &[], "a port, features or gold"));
            }
            _ => {
                let kinds = [Kind::Task, Kind::Encoder, Kind::Let, Kind::Data];
                self.named(&p, env, &kinds, "a port, features or gold")?
            }
        };
        let several = found.len() > 1;
        let mut terms = vec![];
        for (kind, i) in found {
            terms.push(match kind {
                Kind::Task => match port {
                    Some(port) => self.task_port(i, port)?,
                    None => {
                        let n = path_words(e);
                        let d = Diagnostic::new("E0303", format!("the loss does not say what of `{n}` it compares"));
                        return Err(self.report(
                            d.at(e.span, "a task, not one of its ports")
                                .help(format!("write `{n}.probs`, `{n}.logp` or `{n}.hidden`")),
                        ));
                    }
                },
                Kind::Encoder if port.is_some_and(|p| p.value == "weights") => Term::new(Ty::Weights(1), true),
                Kind::Encoder => {
                    self.walked(e, env)?;
                    Term::new(Ty::Features, true)
                }
                Kind::Let => self.let_term(i, e, port, env)?,
                Kind::Data => match port {
                    Some(f) => {
                        let f = self.field_of(i, f)?;
                        let ty = &self.p.data[i].fields[f].ty;
                        let word = match ty {
                            FieldType::Labels { on: Some(_) } => "labels on".to_string(),
                            _ => type_word(ty).to_string(),
                        };
                        Term::new(Ty::Gold(word), false)
                    }
                    None => {
                        let d =
                            Diagnostic::new("E0226", format!("`{}` is a data set; a loss reads its fields", p.name));
                        return Err(self.report(d.at(e.span, "which field?").help(format!("write `{}.field`", p.name))));
                    }
                },
                Kind::Param => {
                    self.number(e, env, "a term of a loss")?;
                    Term::new(Ty::Scalar, false)
                }
                Kind::Loss => {
                    let d =
                        Diagnostic::new("E0244", format!("`{}` is a loss, and losses add up by themselves", p.name));
                    return Err(self.report(d.at(e.span, "").help("remove it here")));
                }
            });
        }
        let tasks = terms.iter().flat_map(|t| t.tasks.iter().copied()).collect();
        let mut first = terms.into_iter().next().ok_or(Poison)?;
        if let Ty::Weights(n) = &mut first.ty {
            // how many members the name has
            *n = self.members_named(&p, env);
        }
        Ok(Term { tasks, several, ..first })
    }

    fn members_named(&self, p: &super::tasks::Path<'_>, env: &Env) -> usize {
        match (p.index, self.p.lookup(p.name, env)) {
            (Some(None), _) => self.p.members(p.name, None, false).map_or(1, |(_, m)| m.len()),
            _ => 1,
        }
    }

    fn task_port(&mut self, task: usize, port: &ast::Name) -> Typed {
        if self.tasks[task].poisoned {
            return Err(Poison);
        }
        let tasks = vec![task];
        let t = &self.tasks[task];
        let (head, labels) = (t.head, t.labels);
        let bins = t.settings.contains_key("bins");
        let term = |ty: Ty, trains: bool| Ok(Term { ty, trains, tasks: tasks.clone(), several: false });
        if !builtins::LOSS_PORTS.contains(&port.value.as_str()) {
            let known: Vec<&str> =
                builtins::PORTS.iter().chain(head.ports).chain(builtins::LOSS_PORTS).copied().collect();
            if !known.contains(&port.value.as_str()) {
                let what = format!("a port of `{}`", t.name);
                return Err(self.unknown_word("E0304", &what, &port.value, port.span, &known));
            }
        }
        let space = match head.name {
            "tag" => Space::Tags(labels),
            "classify" => Space::Classes(labels),
            "regress" => Space::Bins,
            "rank" | "choose" => Space::Members,
            "span" => Space::Spans,
            "generate" | "lm" | "mlm" | "denoise" | "bag" => Space::Words,
            "point" => Space::Tokens,
            _ => Space::Unknown,
        };
        match port.value.as_str() {
            "loss" | "logp" => term(Ty::Scalar, true),
            "weights" => Ok(Term::new(Ty::Weights(1), true)),
            "hidden" | "logits" | "states" => term(Ty::Features, true),
            "value" => term(Ty::Scalar, true),
            "probs" if head.name == "regress" && !bins => {
                let name = self.tasks[task].name.clone();
                let d = Diagnostic::new("E0304", format!("`{name}` predicts a number, not probabilities"));
                Err(self.report(d.at(port.span, "").help(format!("write `{name}.value`, or `regress(bins = 5)`"))))
            }
            "probs" => term(Ty::Dist(space), true),
            "attribution" => term(Ty::Dist(Space::Tokens), true),
            "labels" | "top" | "sample" => term(Ty::Dist(space), false),
            "gumbel" => term(Ty::Dist(space), true),
            "text" => term(Ty::Text, false),
            "soft" => term(if head.name == "generate" { Ty::Text } else { Ty::Features }, true),
            "filled" => term(Ty::Text, false),
            "view" => {
                let name = self.tasks[task].name.clone();
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
        let t = self.one_task(task, env, "what has views")?;
        let def = &self.p.tasks[self.tasks[t].def];
        let views: Vec<&str> = def
            .ast
            .options
            .iter()
            .filter_map(|s| match &s.value {
                SettingKind::View { name, .. } => Some(name.value.as_str()),
                _ => None,
            })
            .collect();
        let name = self.tasks[t].name.clone();
        if views.is_empty() {
            let d = Diagnostic::new("E0219", format!("`{name}` has no views")).at(word.span, "");
            let d = d.with(self.tasks[t].span, "declared without");
            return Err(self.report(d.help("declare one in its braces: `view cut with cutoff(token, 5%)`")));
        }
        let several = match key {
            None => {
                let d = Diagnostic::new("E0220", format!("the loss does not say which view of `{name}` it compares"));
                let (a, b) =
                    (format!("{name}.view[*].{}", port.value), format!("{name}.view[\"{}\"].{}", views[0], port.value));
                return Err(self.report(d.at(word.span, "which of them?").help(format!("write `{a}` or `{b}`"))));
            }
            Some(None) => views.len() > 1,
            Some(Some(k)) => {
                let key = match (&*k.value, self.p.constant(k, env)) {
                    (_, Some(item)) => item.key(),
                    (ExprKind::Name(n), None) => n.clone(),
                    _ => String::new(),
                };
                if !views.contains(&key.as_str()) {
                    return Err(self.unknown_word("E0219", &format!("a view of `{name}`"), &key, k.span, &views));
                }
                false
            }
        };
        Ok(Term { several, ..self.task_port(t, port)? })
    }

    /// A `let` in a loss: features, attention weights, or the prior and posterior of a latent variable.
    fn let_term(&mut self, i: usize, e: &'p Expr, port: Option<&ast::Name>, env: &Env) -> Typed {
        let (value, name) = (&self.p.lets[i].value, &self.p.lets[i].name);
        let word = word_of(value).map(|(w, ..)| w);
        if let Some(port) = port
            && word == Some("latent")
        {
            let ExprKind::Call(_, args) = &*value.value else { return Err(Poison) };
            let has = |k: &str| args.iter().any(|a| a.name.as_ref().is_some_and(|n| n.value == k));
            return match port.value.as_str() {
                "posterior" if !has("posterior") => {
                    let d = Diagnostic::new("E0415", format!("`{name}` has no posterior")).at(port.span, "");
                    let d = d.with(self.p.lets[i].span, "declared without one");
                    Err(self.report(d.help("declare it: `latent(gaussian(32), posterior = features)`")))
                }
                // without one of its own the prior is the standard one
                "prior" | "posterior" => {
                    Ok(Term::new(Ty::Dist(Space::Latent(i)), port.value == "posterior" || has("prior")))
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
                Item::Number(_) => Ok(Term::new(Ty::Scalar, false)),
                _ => {
                    let d = Diagnostic::new("E0421", format!("`{name}` is no value of a loss")).at(e.span, "");
                    Err(self.report(d.help("name ports and features: `kl(a.probs, b.probs)`")))
                }
            };
        }
        self.walked(e, env)?;
        let ty = match word {
            Some("attention") => Ty::Dist(Space::Tokens),
            Some("softmax") => Ty::Dist(Space::Unknown),
            _ => Ty::Features,
        };
        Ok(Term::new(ty, true))
    }
}
