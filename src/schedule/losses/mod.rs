//! `loss NAME = EXPR on DATA`: a scalar over ports, features and golds. Names are resolved, values typed, and it is
//! noted which tasks a loss trains.

mod functions;
mod types;
mod values;

use super::*;
use crate::ast::{self, BinOp, ExprKind, SettingKind};
use crate::elaborate::{Are, Form, LossForm, Owner, What};
use crate::hir::{self, Item, Meaning};
use crate::kinds::layers;
use crate::kinds::terms;
use crate::plan::{Factor, SOURCE_FIELD};
use crate::resolve::{Given, word_of};
use crate::resolve::{Part, Path, path, path_words, type_word};
use crate::types::{Gives, Space};
use functions::LossCall;
use types::{Term, Ty};

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

type Typed = Result<Term, Reported>;

/// Features as they will be computed.
fn features(e: &Expr, env: &Env, are: Are) -> What {
    What::Features(Box::new(e.clone()), env.clone(), are)
}

impl<'p> Scheduler<'_, 'p> {
    /// Every `loss` of the program.
    pub(crate) fn check_losses(&mut self) -> (Reached, Vec<LossForm>) {
        let mut out = Reached::default();
        let mut forms = vec![];
        for l in &self.p.losses {
            let weight = self.loss_options(l);
            let on = l.on.as_ref().and_then(|on| self.r.corpora_of(on, &l.env).ok());
            out.here = Some((l.value.span, l.on.is_some()));
            let Ok(t) = self.term(&l.value, &l.env, &mut out) else {
                // what it would have trained is not known: perhaps each task that it names
                for name in hir::names_of(&l.value) {
                    let (kind, all) = match self.p.lookup(name, &l.env) {
                        Some(Meaning::One(kind, i)) => (kind, vec![i]),
                        Some(Meaning::Family(kind, all)) => (kind, all),
                        _ => continue,
                    };
                    if kind == Kind::Task {
                        out.tasks.extend((0..self.r.tasks.len()).filter(|t| all.contains(&self.r.tasks[*t].def)));
                    }
                }
                let value = Form::new(l.value.span, What::Elsewhere);
                forms.push(LossForm { name: l.name.clone(), span: l.span, on: None, weight, value });
                continue;
            };
            match &t.ty {
                Ty::Scalar if !t.trains => {
                    let d = Diagnostic::new("E0509", format!("the loss `{}` trains nothing", l.name));
                    let names = hir::names_of(&l.value);
                    let help = match names.iter().any(|n| self.p.lookup(n, &l.env).is_some()) {
                        _ if names.contains(&"stop") => "take `stop` from one side",
                        true => "compare a port that has a gradient, such as `.probs`",
                        false => "name what it is to train: ports of tasks or features, as in `kl(a.probs, b.probs)`",
                    };
                    self.report(d.at(l.value.span, "no gradient flows into any of this").help(help));
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
            let value = t.form(l.value.span);
            let mut form = LossForm { name: l.name.clone(), span: l.span, on: None, weight, value };
            if let Some(on) = on {
                self.computed_on(&t, &on, l.on.as_ref().map_or(l.span, |e| e.span));
                form.on = Some((on, l.on.as_ref().map_or(l.span, |e| e.span)));
            }
            form.value.tasks(true, &mut out.tasks);
            forms.push(form);
        }
        (out, forms)
    }

    fn loss_options(&mut self, l: &'p crate::hir::LossDef) -> Factor {
        let mut weight = Factor::Fixed(1.0);
        for s in &l.options {
            if !matches!(s.value, SettingKind::Attr { .. }) {
                let d = Diagnostic::new("E0227", "a loss has no stages and no views").at(s.span, "");
                self.report(d.help("remove this"));
            }
        }
        for o in self.r.options_in_braces(&l.options, words::LOSS_OPTIONS, "E0227", "a loss") {
            let given = match self.r.anneal(o.first, &l.env) {
                Some(factor) => factor,
                None => self.r.weight(o.first, &l.env, o.row.takes.ranges(), o.row.example).map(Factor::Fixed),
            };
            weight = given.unwrap_or(weight);
        }
        weight
    }

    /// E0412: the tasks of a loss can be computed on the data after its `on`.
    fn computed_on(&mut self, t: &Term, on: &[usize], span: Span) {
        for task in t.tasks.iter().copied().collect::<BTreeSet<_>>() {
            if self.r.tasks[task].poisoned {
                continue;
            }
            let golds: Vec<String> = self.r.tasks[task]
                .golds
                .iter()
                .filter(|g| g.1 != SOURCE_FIELD)
                .map(|g| self.p.data[g.0].fields[g.1].name.clone())
                .collect();
            let reads: Vec<String> = self.e.read_by(self.r, task).into_iter().filter(|f| !golds.contains(f)).collect();
            for c in on {
                let decl = &self.p.data[*c];
                let Some(f) = reads.iter().find(|f| !decl.fields.iter().any(|x| x.name == **f)) else { continue };
                let d = Diagnostic::new(
                    "E0412",
                    format!("`{}` has no `{f}`, which `{}` reads", decl.name, self.r.tasks[task].name),
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
        if let Some(done) = self.r.anneal(e, env) {
            return done.map(|f| Term::new(Ty::Scalar, false).as_(What::Factor(f)));
        }
        match &*e.value {
            ExprKind::Error => Err(Reported),
            ExprKind::Number(_) => {
                let x = self.r.number(e, env, "a term of a loss")?;
                Ok(Term::new(Ty::Scalar, false).as_(What::Number(x)))
            }
            ExprKind::Paren(e) => self.term(e, env, out),
            ExprKind::Neg(a) => {
                let t = self.term(a, env, out)?;
                self.want(&t, a.span, "`-`", "a number", |t| matches!(t, Ty::Scalar))?;
                let what = What::Neg(Box::new(t.form(a.span)));
                Ok(t.as_(what))
            }
            ExprKind::Binary(op, _, b)
                if op.value == BinOp::Div && self.p.constant(b, env) == Some(Item::Number(0.0)) =>
            {
                let d = Diagnostic::new("E0207", "a loss is divided by zero").at(b.span, "zero");
                Err(self.report(d.help("divide by another number")))
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
                let what = match (&x.what, &y.what, op.value) {
                    // of numbers that are written the result is one
                    (What::Number(x), What::Number(y), BinOp::Add) => What::Number(x + y),
                    (What::Number(x), What::Number(y), BinOp::Sub) => What::Number(x - y),
                    (What::Number(x), What::Number(y), BinOp::Mul) => What::Number(x * y),
                    (What::Number(x), What::Number(y), _) => What::Number(x / y),
                    _ => What::Binary(op.value, Box::new(x.form(a.span)), Box::new(y.form(b.span))),
                };
                let tasks = x.tasks.into_iter().chain(y.tasks).collect();
                let (trains, several) = (x.trains || y.trains, x.several || y.several);
                Ok(Term { ty: Ty::Scalar, trains, tasks, several, what })
            }
            ExprKind::Call(f, args) => match &*f.value {
                ExprKind::Name(n) => match terms::find(n) {
                    Some(kind) => self.loss_function(kind, e, args, env, out),
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
                Ok(Term::new(Ty::Features, true).as_(features(e, env, Are::Features)))
            }
            ExprKind::Name(_) | ExprKind::Index(..) | ExprKind::Tap(..) | ExprKind::Dot(..) => self.value(e, env),
        }
    }

    /// Resolves names of features; the finding is there already when one fails.
    fn walked(&mut self, e: &'p Expr, env: &Env) -> Result<(), Reported> {
        let before = self.r.reports.found().len();
        self.r.walk(e, env);
        if self.r.reports.found().len() > before { Err(Reported) } else { Ok(()) }
    }

    /// A layer or an encoder applied inside a loss.
    fn features_in_loss(&mut self, e: &'p Expr, word: &str, span: Span, env: &Env) -> Typed {
        let known = layers::function(word).is_some() || self.p.lookup(word, env).is_some();
        if !known {
            let mut more: Vec<&str> = terms::TERMS.iter().map(|t| t.row.name).collect();
            if suggest::near(word, more.iter().copied()).is_empty() {
                more.extend(layers::functions().map(|f| f.name));
            }
            return Err(self.r.unknown(word, span, &[Kind::Encoder], &more, "a function of losses, or features"));
        }
        if let Some(Meaning::One(Kind::Task | Kind::Data | Kind::Param | Kind::Loss, _)) = self.p.lookup(word, env) {
            return Err(self.r.unknown(word, span, &[Kind::Encoder], &[], "a function or an encoder"));
        }
        self.walked(e, env)?;
        let (ty, what) = match layers::function(word).map_or(Gives::Features, |f| f.marks.gives) {
            Gives::Weights => (Ty::Dist(Space::Tokens), features(e, env, Are::Weights)),
            Gives::Distribution => (Ty::Dist(Space::Unknown), features(e, env, Are::Distribution)),
            Gives::Scores => (Ty::Dist(Space::Unknown), What::Later),
            Gives::Features => (Ty::Features, features(e, env, Are::Features)),
        };
        Ok(Term::new(ty, true).as_(what))
    }

    fn want(&mut self, t: &Term, span: Span, who: &str, what: &str, ok: impl Fn(&Ty) -> bool) -> Result<(), Reported> {
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
        kind: &'static terms::TermKind,
        e: &'p Expr,
        args: &'p [ast::Arg],
        env: &Env,
        out: &mut Reached,
    ) -> Typed {
        let given = self.r.arguments(&kind.row, e.span, args, env).ok_or(Reported)?;
        functions::typed(self, &LossCall { kind, given, env }, out)
    }

    /// The data sets whose examples have a value, where its task or the fields in it tell.
    fn data_with(&self, t: &Term, e: &Expr) -> Option<BTreeSet<usize>> {
        if let [task] = t.tasks.as_slice() {
            let task = &self.r.tasks[*task];
            return (!task.poisoned).then(|| task.corpora.iter().copied().collect());
        }
        let other = [Kind::Encoder, Kind::Let, Kind::Task];
        let is_field = |n: &&str| self.p.names.get(*n).is_none_or(|s| !other.contains(&s.kind));
        let read = hir::names_of(e).into_iter().filter(is_field).filter(|n| layers::function(n).is_none());
        let with = |f: &str| (0..self.p.data.len()).filter(|c| self.p.field(*c, f).is_some()).collect::<BTreeSet<_>>();
        let sets = read.map(with).filter(|s| !s.is_empty());
        sets.reduce(|a, b| a.intersection(&b).copied().collect())
    }

    /// E0423: two values are compared only where one example has both.
    fn one_example(
        &mut self,
        here: Option<(Span, bool)>,
        (a, a_at): (&Term, &Expr),
        (b, b_at): (&Term, &Expr),
    ) -> Result<(), Reported> {
        if here.is_some_and(|(_, on)| on) || a.several || b.several {
            return Ok(());
        }
        let (Some(x), Some(y)) = (self.data_with(a, a_at), self.data_with(b, b_at)) else { return Ok(()) };
        if x.is_empty() || y.is_empty() || !x.is_disjoint(&y) {
            return Ok(());
        }
        let on = |all: &BTreeSet<usize>| {
            let names: Vec<String> = all.iter().map(|c| format!("`{}`", self.p.data[*c].name)).collect();
            format!("computed on {}", names.join(", "))
        };
        let d =
            Diagnostic::new("E0423", format!("no example has both `{}` and `{}`", path_words(a_at), path_words(b_at)))
                .at(b_at.span, on(&y))
                .with(a_at.span, on(&x));
        if a.tasks.is_empty() || b.tasks.is_empty() {
            return Err(self.report(d.help("read texts of one data set on both sides")));
        }
        let corpus = x.first().map_or(String::new(), |c| self.p.data[*c].name.clone());
        let d = d.help(format!("say on which data the loss is computed: `on {corpus}`"));
        Err(self.report(match here {
            Some((s, _)) => d.fix(Span { start: s.end, ..s }, format!(" on {corpus}"), false),
            None => d,
        }))
    }
}
