//! Losses become nodes: what the checker has typed of a `loss` is put into the training graph of each data set on which it
//! is computed, where it shares every node that tasks have there.

mod form;
mod ports;

pub(crate) use form::{Are, Form, LossForm, Owner, What};

use super::*;
use crate::ast::{BinOp, SettingKind};
use crate::kinds::heads::Headed;
use crate::kinds::terms::{self, Lowers, TermKind};
use crate::plan::{Factor, GraphLoss, Loss, Penalty, Term};

/// A value that has become a node.
#[derive(Clone)]
struct Lowered {
    v: Val,
    span: Span,
    is: Is,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    /// for each token, or each example
    Number,
    /// one for the batch
    OneNumber,
    Features,
    /// `tokens`: one number for each token; `each`: every class by itself
    Distribution {
        tokens: bool,
        each: bool,
    },
}

impl Is {
    fn number(self) -> bool {
        matches!(self, Is::Number | Is::OneNumber)
    }
}

/// Why something has no node.
enum Gap {
    /// it has a finding
    Reported,
    /// what it reads does not run, which is said elsewhere
    Elsewhere,
    /// the trainer does not run it yet
    Later,
    /// `--only` leaves out what it reads
    LeftOut,
}

impl From<Reported> for Gap {
    fn from(_: Reported) -> Self {
        Gap::Reported
    }
}

type Nodes = Result<Vec<Lowered>, Gap>;

/// Puts losses into the graphs, and drops the nodes that nothing needs. Tells of each loss whether it is computed anywhere.
pub(crate) fn losses<'p>(
    r: Resolver<'p>,
    out: Elaborated,
    forms: &[LossForm],
) -> (Resolver<'p>, Elaborated, Vec<bool>) {
    let mut c = Elaborator::again(r, out);
    let mut computed = vec![false; forms.len()];
    if !c.p.faulty && !c.r.reports.any_error() {
        for (i, l) in forms.iter().enumerate() {
            let mut tasks = BTreeSet::new();
            l.value.tasks(true, &mut tasks);
            let tasks = tasks.into_iter().collect();
            c.out.losses.push(Loss { name: l.name.clone(), weight: l.weight, tasks });
            c.reader = Some(l.name.clone());
            computed[i] = match c.loss(i, l) {
                Ok(()) => true,
                Err(gap) => {
                    if matches!(gap, Gap::Later) || matches!(gap, Gap::Elsewhere) && c.r.reports.all_supported() {
                        c.unsupported(l.span, format!("the loss `{}`", crate::hir::base_name(&l.name)));
                    }
                    false
                }
            };
        }
    }
    c.reader = None;
    c.prune();
    (c.r, c.out, computed)
}

impl<'p> Elaborator<'p> {
    /// A loss, wherever it is computed.
    fn loss(&mut self, loss: usize, l: &LossForm) -> Result<(), Gap> {
        if self.r.dropped_losses.contains(&loss) {
            return Err(Gap::LeftOut);
        }
        if l.value.any(&|w| matches!(w, What::Later)) {
            return Err(Gap::Later);
        }
        let reads = |w: &What| matches!(w, What::Port(..) | What::View(..) | What::Features(..) | What::Gold(..));
        if l.on.is_none() && !l.value.any(&reads) {
            return self.penalty(loss, l);
        }
        let corpora = self.corpora_with(l)?;
        let rounds = self.r.edges.iter().filter_map(|e| e.rounds).max().unwrap_or(0);
        for corpus in corpora {
            let graph = self.graph_of(corpus, Phase::Train);
            let text = self.text_of(graph, &l.value);
            let cx = Cx { corpus, round: rounds, text, ..of_loss(l, graph) };
            let value = self.lowered(&l.value, &cx)?;
            let Some(value) = self.total(value, &cx) else { return Err(Gap::LeftOut) };
            let golds = self.golds_read(&l.value, corpus);
            self.out.graphs[graph].losses.push(GraphLoss { loss, node: value.v.node, golds });
        }
        Ok(())
    }

    /// A loss that reads weights alone: its nodes stand in no graph.
    fn penalty(&mut self, loss: usize, l: &LossForm) -> Result<(), Gap> {
        let graph = self.out.graphs.len();
        self.out.graphs.push(Graph {
            corpus: 0,
            phase: Phase::Train,
            nodes: vec![],
            tasks: vec![],
            losses: vec![],
            twins: vec![],
        });
        self.out.widths.push(vec![]);
        self.out.types.push(vec![]);
        self.places.nodes.push(HashTable::new());
        let cx = of_loss(l, graph);
        let value = self.lowered(&l.value, &cx).map(|v| self.total(v, &cx));
        let mut nodes = self.out.graphs.pop().map_or(vec![], |g| g.nodes);
        self.out.widths.pop();
        self.out.types.pop();
        self.places.nodes.pop();
        match value? {
            Some(value) => {
                // its value is the last node: what was made for members that are left out goes
                nodes.truncate(value.v.node + 1);
                self.out.penalties.push(Penalty { loss, nodes });
            }
            None => return Err(Gap::LeftOut),
        }
        Ok(())
    }

    /// The data sets on which a loss is computed: those after its `on`, else those that have all that it reads.
    fn corpora_with(&mut self, l: &LossForm) -> Result<Vec<usize>, Gap> {
        if let Some((on, _)) = &l.on {
            return Ok(on.clone());
        }
        let mut all: BTreeSet<usize> = (0..self.p.data.len()).collect();
        self.narrow(&l.value, &mut all)?;
        // what it reads is computed for tasks that are left out
        if all.is_empty() && self.r.tasks.iter().any(|t| t.left_out) {
            return Err(Gap::LeftOut);
        }
        if all.is_empty() {
            let d = Diagnostic::new("E0423", format!("no data set has all that the loss `{}` reads", l.name));
            let d = d.at(l.value.span, "read together nowhere");
            let some = self.p.data.first().map_or("DATA", |c| c.name.as_str());
            return Err(self.report(d.help(format!("say on which data it is computed: `on {some}`"))).into());
        }
        Ok(all.into_iter().collect())
    }

    /// Keeps the data sets that have what a form reads.
    fn narrow(&mut self, form: &Form, all: &mut BTreeSet<usize>) -> Result<(), Gap> {
        match &form.what {
            What::Port(task, _) | What::View(task, ..) => {
                let corpora = &self.r.tasks[*task].corpora;
                all.retain(|c| corpora.contains(c));
            }
            What::Gold(corpus, _) => all.retain(|c| c == corpus),
            What::Features(e, env, _) => {
                let mut named = vec![];
                self.declared_in(e, env, &mut named);
                let known = self.places.graphs.clone();
                let on = |c: &usize, (kind, i): &(Kind, usize)| {
                    let graph = known.get(&(*c, false));
                    graph.is_some_and(|g| !self.texts_on(*g, *kind, *i).is_empty())
                };
                all.retain(|c| known.contains_key(&(*c, false)) && named.iter().all(|n| on(c, n)));
                let fields: Vec<&str> = crate::hir::names_of(e)
                    .into_iter()
                    .filter(|n| self.p.lookup(n, env).is_none() && layers::function(n).is_none())
                    .filter(|n| self.p.has_field(n).is_some())
                    .collect();
                all.retain(|c| fields.iter().all(|f| self.p.field(*c, f).is_some()));
            }
            _ => {
                for part in form.parts() {
                    self.narrow(part, all)?;
                }
            }
        }
        Ok(())
    }

    /// Encoders and `let`s that an expression names.
    fn declared_in(&self, e: &Expr, env: &Env, out: &mut Vec<(Kind, usize)>) {
        if let Some(p) = path(e) {
            let key = p.index.flatten().map(|k| match (&*k.value, self.p.constant(k, env)) {
                (_, Some(item)) => item.key(),
                (ExprKind::Name(n), None) => n.clone(),
                _ => String::new(),
            });
            let full = key.map_or_else(|| p.name.to_string(), |k| format!("{}[\"{k}\"]", p.name));
            let encoder = self.p.encoders.iter().position(|x| x.name == full).map(|i| (Kind::Encoder, i));
            let named = self.p.lets.iter().position(|x| x.name == full).map(|i| (Kind::Let, i));
            match self.p.lookup(p.name, env) {
                Some(Meaning::One(kind @ (Kind::Encoder | Kind::Let), i)) => out.push((kind, i)),
                _ => out.extend(encoder.or(named)),
            }
        }
        match &*e.value {
            ExprKind::Call(f, args) => {
                self.declared_in(f, env, out);
                args.iter().for_each(|a| self.declared_in(&a.value, env, out));
            }
            ExprKind::Pipe(a, b) | ExprKind::Cat(a, b) | ExprKind::Binary(_, a, b) => {
                self.declared_in(a, env, out);
                self.declared_in(b, env, out);
            }
            ExprKind::Paren(a) | ExprKind::Neg(a) => self.declared_in(a, env, out),
            _ => {}
        }
    }

    /// The texts on which an encoder or a `let` is computed in a graph.
    fn texts_on(&self, graph: usize, kind: Kind, i: usize) -> BTreeSet<SmallList<usize>> {
        let here = |k: &EncoderKey| k.0 == i && k.1 == graph;
        match kind {
            Kind::Encoder => {
                self.out.encoders.iter().filter(|(k, v)| here(k) && v.is_ok()).map(|(k, _)| k.3.clone()).collect()
            }
            _ => self.out.lets.iter().filter(|(k, v)| here(k) && v.is_ok()).map(|(k, _)| k.3.clone()).collect(),
        }
    }

    /// The text that features of a loss read where they name none: the one on which what they name is computed, or the
    /// only one of the data.
    fn text_of(&self, graph: usize, form: &Form) -> SmallList<usize> {
        let mut named = vec![];
        self.features_of(form, &mut |e, env| self.declared_in(e, env, &mut named));
        let texts: BTreeSet<SmallList<usize>> =
            named.into_iter().flat_map(|(kind, i)| self.texts_on(graph, kind, i)).collect();
        match (texts.len(), texts.into_iter().next()) {
            (1, Some(text)) => text,
            _ => match self.r.texts[self.out.graphs[graph].corpus].as_slice() {
                [one] => SmallList::one(*one),
                _ => SmallList::none(),
            },
        }
    }

    fn features_of(&self, form: &Form, f: &mut dyn FnMut(&Expr, &Env)) {
        if let What::Features(e, env, _) = &form.what {
            f(e, env);
        }
        form.parts().into_iter().for_each(|p| self.features_of(p, f));
    }

    /// (task, field) of the golds that a loss reads in a data set.
    fn golds_read(&self, form: &Form, corpus: usize) -> Vec<(usize, usize)> {
        let own = |t: usize| self.r.tasks[t].golds.iter().find(|g| g.0 == corpus).map(|g| (t, g.1));
        let mut out: Vec<(usize, usize)> = match &form.what {
            What::Port(task, port) if matches!(port.as_str(), "logp" | "loss") => own(*task).into_iter().collect(),
            What::Gold(c, f) => self.learner(*c, *f).and_then(own).into_iter().collect(),
            _ => form.parts().into_iter().flat_map(|p| self.golds_read(p, corpus)).collect(),
        };
        out.sort_unstable();
        out.dedup();
        out
    }

    /// A task that learns a field.
    fn learner(&self, corpus: usize, field: usize) -> Option<usize> {
        self.r.tasks.iter().position(|t| !t.left_out && t.golds.contains(&(corpus, field)))
    }

    /// The sum of several numbers.
    fn total(&mut self, all: Vec<Lowered>, cx: &Cx) -> Option<Lowered> {
        all.into_iter().reduce(|a, b| self.arithmetic_of(terms::ARITHMETIC[0], a, b, cx))
    }

    // long: one arm for each kind of form
    fn lowered(&mut self, form: &Form, cx: &Cx) -> Nodes {
        self.here = form.span;
        let one = |v: Val, is: Is| Ok(vec![Lowered { v, span: form.span, is }]);
        match &form.what {
            What::Elsewhere => Err(Gap::Elsewhere),
            What::Later => Err(Gap::Later),
            What::Number(x) => {
                let v = self.term(cx, terms::NUMBER, settings([("value", Setting::Real(*x))]), vec![], &[]);
                one(v, Is::OneNumber)
            }
            What::Factor(Factor::Fixed(x)) => self.lowered(&Form::new(form.span, What::Number(*x)), cx),
            What::Factor(Factor::Anneal { from, to, over }) => {
                let values = [*from, *to, *over].map(Setting::Real);
                let set = terms::FACTOR_SETTINGS.into_iter().zip(values).collect();
                one(self.term(cx, terms::ANNEAL, set, vec![], &[]), Is::OneNumber)
            }
            What::Port(task, port) => self.port_of(*task, port, form.span, cx).map(|v| vec![v]),
            What::View(task, option, port) => self.view_port(*task, *option, port, form.span, cx).map(|v| vec![v]),
            What::Features(e, env, are) => {
                let inner = Cx { env: env.clone(), ..cx.clone() };
                let v = self.eval(e, &inner)?;
                if v.is_opaque() {
                    return Err(Gap::Elsewhere);
                }
                self.vectors(&v, form.span)?;
                one(
                    v,
                    match are {
                        Are::Features => Is::Features,
                        Are::Weights => Is::Distribution { tokens: true, each: false },
                        Are::Distribution => Is::Distribution { tokens: false, each: false },
                    },
                )
            }
            What::Gold(corpus, _) if *corpus != cx.corpus => {
                let (gold, here) = (self.p.data[*corpus].name.clone(), self.p.data[cx.corpus].name.clone());
                let d = Diagnostic::new("E0423", format!("no example of `{here}` has the gold of `{gold}`"));
                let d = d.at(form.span, format!("read on the examples of `{here}`"));
                Err(self.report(d.help(format!("compute the loss on the data of the gold: `on {gold}`"))).into())
            }
            What::Gold(_, field) => {
                let task = self.learner(cx.corpus, *field).ok_or(Gap::Later)?;
                let (_, scores, _) = self.task_here(task, cx)?;
                let op = Op::Gold { task, field: *field, share: (1.0, 1.0) };
                let node = self.node(cx, op, &[], &scores);
                one(Val { node, ..scores }, Is::Distribution { tokens: false, each: false })
            }
            // only what takes weights reads them
            What::Weights(_) => Err(Gap::Later),
            What::Call(kind, args) if kind.lowers == Lowers::Weights => self.priors(kind, args, cx),
            What::Neg(a) => {
                let all = self.lowered(a, cx)?;
                let minus = |v: Lowered| {
                    let set = settings([("factor", Setting::Real(-1.0))]);
                    let out = self.plain(cx, layers::SCALE, set, &[&v.v], v.v.clone());
                    Lowered { v: out, ..v }
                };
                Ok(all.into_iter().map(minus).collect())
            }
            What::Binary(op, a, b) => {
                let word = match op {
                    BinOp::Add => 0,
                    BinOp::Sub => 1,
                    BinOp::Mul => 2,
                    _ => 3,
                };
                // a number before or behind is a factor
                if let (2, What::Number(x), other) | (2, other, What::Number(x)) = (word, &a.what, &b.what) {
                    let other = Form::new(form.span, other.clone());
                    let set = settings([("factor", Setting::Real(*x))]);
                    let all = self.lowered(&other, cx)?;
                    let times = |v: Lowered| {
                        let out = self.plain(cx, layers::SCALE, set.clone(), &[&v.v], v.v.clone());
                        Lowered { v: out, ..v }
                    };
                    return Ok(all.into_iter().map(times).collect());
                }
                let (a, b) = (self.lowered(a, cx)?, self.lowered(b, cx)?);
                let word = terms::ARITHMETIC[word];
                Ok(pairs(a, b).into_iter().map(|(a, b)| self.arithmetic_of(word, a, b, cx)).collect())
            }
            What::Members(all) => {
                let mut out = vec![];
                for m in all {
                    match self.lowered(m, cx) {
                        Ok(v) => out.extend(v),
                        Err(Gap::LeftOut) => {}
                        Err(gap) => return Err(gap),
                    }
                }
                if out.is_empty() { Err(Gap::LeftOut) } else { Ok(out) }
            }
            What::Call(kind, args) => {
                let all = args.iter().map(|a| self.lowered(a, cx)).collect::<Result<Vec<_>, _>>()?;
                self.here = form.span;
                self.call_of(kind, all, form.span, cx)
            }
        }
    }

    fn call_of(&mut self, kind: &'static TermKind, args: Vec<Vec<Lowered>>, span: Span, cx: &Cx) -> Nodes {
        match kind.lowers {
            Lowers::Later | Lowers::Factor | Lowers::Weights => Err(Gap::Later),
            Lowers::Stop => {
                let stop = |x: Lowered| {
                    let v = self.plain(cx, layers::STOP, Settings::new(), &[&x.v], x.v.clone());
                    Lowered { v, ..x }
                };
                Ok(args.into_iter().flatten().map(stop).collect())
            }
            Lowers::Together => {
                let all: Vec<Lowered> = args.into_iter().flatten().collect();
                Ok(vec![self.compute(kind, all, span, cx)?])
            }
            Lowers::Node => {
                let mut args = args.into_iter();
                let (Some(a), b) = (args.next(), args.next()) else { return Err(Gap::Reported) };
                let calls: Vec<Vec<Lowered>> = match b {
                    None => a.into_iter().map(|a| vec![a]).collect(),
                    Some(b) => pairs(a, b).into_iter().map(|(a, b)| vec![a, b]).collect(),
                };
                calls.into_iter().map(|inputs| self.compute(kind, inputs, span, cx)).collect()
            }
        }
    }

    /// The priors of the weights of members: one for each layer that they have.
    fn priors(&mut self, kind: &'static TermKind, args: &[Form], cx: &Cx) -> Nodes {
        let mut out = vec![];
        for arg in args {
            let What::Weights(owners) = &arg.what else { return Err(Gap::Later) };
            // encoders that only tasks read which are left out have no layers
            let whole = self.r.tasks.iter().all(|t| !t.left_out);
            let left_out = |o: &Owner| match o {
                Owner::Task(t) => self.r.tasks[*t].left_out,
                Owner::Encoder(_) => !whole && self.matrices(*o).is_empty(),
            };
            let owners: Vec<Owner> = owners.iter().copied().filter(|o| !left_out(o)).collect();
            let all: Vec<Vec<usize>> = owners.iter().map(|o| self.matrices(*o)).collect();
            let Some(first) = all.first().filter(|_| all.len() > 1) else { continue };
            let shapes = |own: &[usize]| -> Vec<Vec<Dim>> {
                own.iter().map(|p| self.out.params[*p].shape.iter().map(Dim::lettered).collect()).collect()
            };
            if let Some(i) = all.iter().position(|own| shapes(own) != shapes(first)) {
                let (x, y) = (self.owner_name(owners[0]), self.owner_name(owners[i]));
                let what = format!("`{x}` and `{y}` differ in shape, and `{}` needs equals", kind.row.name);
                let d = Diagnostic::new("E0420", what).at(arg.span, "set side by side");
                return Err(self.report(d.help("give both the same layers and widths")).into());
            }
            if first.is_empty() {
                // a head that does not run has no weights yet
                if !self.r.reports.all_supported() {
                    return Err(Gap::Elsewhere);
                }
                let d = Diagnostic::new("E0421", format!("`{}` has no weights", self.owner_name(owners[0])));
                let d = d.at(arg.span, "no matrix is learned");
                return Err(self.report(d.help("name encoders with layers, or tasks")).into());
            }
            for k in 0..first.len() {
                let params: Vec<usize> = all.iter().map(|own| own[k]).collect();
                let set = settings([(terms::MEMBERS, Setting::Int(params.len() as i64))]);
                let v = self.term(cx, kind.row.name, set, params, &[]);
                out.push(Lowered { v, span: arg.span, is: Is::OneNumber });
            }
        }
        if out.is_empty() {
            return Err(Gap::LeftOut);
        }
        Ok(self.total(out, cx).into_iter().collect())
    }

    /// The matrices that an owner multiplies by: tables from which rows are taken are none.
    fn matrices(&self, owner: Owner) -> Vec<usize> {
        let own: Vec<usize> = match owner {
            Owner::Task(t) => self.out.inputs[t].params.clone(),
            Owner::Encoder(e) => {
                let layers = self.out.layers_with_params(self.p, (e, None));
                layers.into_iter().flat_map(|l| self.out.layers[l].params.iter().copied()).collect()
            }
        };
        let lookup = |p: &usize| {
            let holds = |l: &Layer| l.params.contains(p) && layers::layer(&l.kind).is_some_and(|row| row.lookup);
            self.out.layers.iter().any(holds)
        };
        own.into_iter().filter(|p| self.out.params[*p].shape.len() == 2 && !lookup(p)).collect()
    }

    fn owner_name(&self, owner: Owner) -> String {
        match owner {
            Owner::Task(t) => self.r.tasks[t].name.clone(),
            Owner::Encoder(e) => self.p.encoders[e].name.clone(),
        }
    }

    /// The node of a term on values that fit each other.
    fn compute(&mut self, kind: &'static TermKind, all: Vec<Lowered>, span: Span, cx: &Cx) -> Result<Lowered, Gap> {
        let Some(first) = all.first().cloned() else { return Err(Gap::LeftOut) };
        let (mut tokens, mut each) = (false, false);
        for x in &all {
            if let Is::Distribution { tokens: t, each: e } = x.is {
                (tokens, each) = (tokens || t, each || e);
            }
        }
        if kind.rule == terms::Rule::Uniform {
            let v = self.term(cx, kind.row.name, Settings::new(), vec![], &[&first.v]);
            return Ok(Lowered { v: Val { width: first.v.width.clone(), ..v }, ..first });
        }
        if kind.rule != terms::Rule::Number {
            for other in &all[1..] {
                self.same_kind(&first.v, first.span, &other.v, other.span, cx)?;
                if kind.rule != (terms::Rule::Similarity { one_width: false }) {
                    let c: &mut dyn Elaborate = self;
                    c.same_width(&(first.v.clone(), first.span), &(other.v.clone(), other.span))?;
                }
            }
        }
        let mut set = Settings::new();
        if tokens {
            set.insert(terms::TOKENS, Setting::Bool(true));
        }
        if each {
            set.insert(terms::EACH, Setting::Bool(true));
        }
        let inputs: Vec<&Val> = all.iter().map(|x| &x.v).collect();
        let v = self.term(cx, kind.row.name, set, vec![], &inputs);
        let whole = kind.rule == terms::Rule::Similarity { one_width: false } && !tokens;
        let is = match kind.rule {
            terms::Rule::Number => first.is,
            _ if whole => Is::OneNumber,
            _ => Is::Number,
        };
        let v = if tokens || whole { Val { kind: VKind::Vec, ..v } } else { v };
        self.out.graphs[cx.graph].nodes[v.node].shape = Self::shape(&v);
        Ok(Lowered { v, span, is })
    }

    /// The node of a term; its value is one number for each row of its first input.
    fn term(&mut self, cx: &Cx, kind: &'static str, settings: Settings, params: Vec<usize>, inputs: &[&Val]) -> Val {
        let new = Term { kind: kind.into(), settings, params };
        let term = self.out.terms.iter().position(|t| *t == new).unwrap_or_else(|| {
            self.out.terms.push(new);
            self.out.terms.len() - 1
        });
        let out = match inputs {
            [] => Val { kind: VKind::Vec, width: Dim::of(1), ..self.opaque(cx) },
            all => Val::merged(all, all[0].kind, Dim::of(1)),
        };
        let nodes: Vec<usize> = inputs.iter().map(|v| v.node).collect();
        let node = self.node(cx, Op::Term { term }, &nodes, &out);
        Val { node, ..out }
    }

    fn arithmetic_of(&mut self, word: &'static str, a: Lowered, b: Lowered, cx: &Cx) -> Lowered {
        let span = a.span.to(b.span);
        // a number for each token meets one for each example as the mean over its text
        let by_example = |c: &mut Self, x: Lowered, other: &Lowered| {
            let meets = x.v.kind == VKind::Seq && other.is == Is::Number;
            if !meets || other.v.kind == VKind::Seq && other.v.axis == x.v.axis {
                return x;
            }
            let v = c.term(cx, terms::BY_EXAMPLE, Settings::new(), vec![], &[&x.v]);
            let v = Val { kind: VKind::Vec, ..v };
            c.out.graphs[cx.graph].nodes[v.node].shape = Self::shape(&v);
            Lowered { v, ..x }
        };
        let (x, y) = (by_example(self, a.clone(), &b), by_example(self, b, &a));
        let is = if x.is == Is::OneNumber && y.is == Is::OneNumber { Is::OneNumber } else { Is::Number };
        let wide = if x.is == Is::OneNumber { &y } else { &x };
        let kind = wide.v.kind;
        let v = self.term(cx, word, Settings::new(), vec![], &[&x.v, &y.v]);
        let v = Val { kind, axis: wide.v.axis.clone(), ..v };
        self.out.graphs[cx.graph].nodes[v.node].shape = Self::shape(&v);
        debug_assert!(x.is.number() && y.is.number());
        Lowered { v, span, is }
    }
}

/// Where a loss is computed, outside of all data.
fn of_loss(l: &LossForm, graph: usize) -> Cx {
    Cx {
        graph,
        corpus: 0,
        phase: Phase::Train,
        round: 0,
        text: SmallList::none(),
        input: None,
        owner: l.name.as_str().into(),
        env: Env::default(),
        encoder: None,
        task: 0,
        arrow: false,
        named: None,
    }
}

/// Members side by side; what is one goes with each.
fn pairs(a: Vec<Lowered>, b: Vec<Lowered>) -> Vec<(Lowered, Lowered)> {
    match (a.as_slice(), b.as_slice()) {
        ([one], _) => b.into_iter().map(|y| (one.clone(), y)).collect(),
        (_, [one]) => a.into_iter().map(|x| (x, one.clone())).collect(),
        _ if a.len() == b.len() => a.into_iter().zip(b).collect(),
        _ => a.iter().flat_map(|x| b.iter().map(|y| (x.clone(), y.clone()))).collect(),
    }
}
