//! Elaboration: feature expressions become nodes of a graph.

use super::dim::{InitRule, Size};
use super::tasks::{Path, path, path_words, type_word};
use super::*;
use crate::builtins::{self, Reads};
use crate::hir::{Item, Meaning};
use crate::plan::{GraphTask, Init, Node, Op, Port, Setting, Settings, Unit};
use crate::syntax::ast::{self, ExprKind, Tap};

/// Where an expression is elaborated.
#[derive(Clone)]
pub(crate) struct Cx {
    pub graph: usize,
    pub corpus: usize,
    pub phase: Phase,
    /// round of feedback
    pub round: u32,
    /// the text that is meant when none is named
    pub text: Vec<usize>,
    /// what flows in from the left of `|>`
    pub input: Option<Val>,
    /// to whom parameters belong: `enc`, `slot`, `pos.probs -> chunk`
    pub owner: String,
    pub env: Env,
    /// the encoder whose body this is
    pub encoder: Option<usize>,
    /// the task for which this is elaborated
    pub task: usize,
}

type Out = Result<Val, Poison>;

/// Longest chain of encoders, `let`s and arrows.
const MOST_NESTED: usize = 2000;
/// Most layers of one `layers = n`.
const MOST_LAYERS: usize = 1000;

impl<'p> Checker<'p> {
    /// Elaborates every task on every corpus that holds its gold, in both phases.
    pub(crate) fn elaborate(&mut self) {
        let corpora: BTreeSet<usize> = self.tasks.iter().flat_map(|t| t.corpora.clone()).collect();
        for corpus in corpora {
            for phase in [Phase::Train, Phase::Test] {
                let graph = self.graphs.len();
                self.graphs.push(Graph { corpus, phase, nodes: vec![], tasks: vec![] });
                self.widths.push(vec![]);
                self.node_keys.push(HashMap::new());
                let rounds = self.edges.iter().filter_map(|e| e.rounds).max().unwrap_or(0);
                for task in 0..self.tasks.len() {
                    let t = &self.tasks[task];
                    if t.poisoned || t.left_out || !t.corpora.contains(&corpus) || t.when.is_some_and(|w| w != phase) {
                        continue;
                    }
                    let Ok(text) = self.default_text(task, corpus) else { continue };
                    let Ok((features, head)) = self.task_on(task, graph, rounds, text) else { continue };
                    if features.kind == VKind::Opaque {
                        continue;
                    }
                    let gold = self.tasks[task].golds.iter().find(|g| g.0 == corpus).map(|g| g.1);
                    let tasks = &mut self.graphs[graph].tasks;
                    match tasks.iter_mut().find(|g| g.task == task) {
                        Some(g) => *g = GraphTask { task, head, gold },
                        None => tasks.push(GraphTask { task, head, gold }),
                    }
                }
            }
        }
        self.prune();
    }

    /// Drops nodes that no head needs: those from which only a width was wanted.
    fn prune(&mut self) {
        for (graph, widths) in self.graphs.iter_mut().zip(&mut self.widths) {
            let mut needed = vec![false; graph.nodes.len()];
            graph.tasks.iter().for_each(|t| {
                if let Some(n) = needed.get_mut(t.head) {
                    *n = true;
                }
            });
            for i in (0..needed.len()).rev() {
                if needed[i] {
                    graph.nodes[i].inputs.iter().for_each(|n| needed[*n] = true);
                }
            }
            let place: Vec<usize> =
                needed.iter().scan(0, |n, k| Some(std::mem::replace(n, *n + usize::from(*k)))).collect();
            let mut keep = needed.iter();
            graph.nodes.retain(|_| keep.next() == Some(&true));
            let mut keep = needed.iter();
            widths.retain(|_| keep.next() == Some(&true));
            graph.nodes.iter_mut().flat_map(|n| &mut n.inputs).for_each(|n| *n = place[*n]);
            graph.tasks.iter_mut().filter(|t| t.head < place.len()).for_each(|t| t.head = place[t.head]);
        }
    }

    /// Whatever could not be elaborated has a finding: a task is never left out in silence.
    pub(crate) fn check_gaps(&mut self) {
        if self.p.faulty || self.d.iter().any(Diagnostic::is_error) {
            return;
        }
        for (i, t) in self.tasks.iter().enumerate() {
            let failed = t.poisoned || self.task_memo.iter().any(|(k, v)| k.0 == i && v.is_err());
            if failed && !t.left_out {
                let ast = &self.p.tasks[t.def].ast;
                let span = ast.from.as_ref().map_or(t.span, |e| e.span);
                let d = Diagnostic::new("E0408", format!("the features of `{}` cannot be built", t.name));
                self.d.push(d.at(span, "").help("write them in another way, step by step with `let`s"));
            }
        }
    }

    /// The text on which a task runs in a corpus, when its features name none. Empty: none can be told.
    pub(crate) fn default_text(&mut self, task: usize, corpus: usize) -> Result<Vec<usize>, Poison> {
        let fields = &self.p.data[corpus].fields;
        let texts: Vec<usize> = (0..fields.len()).filter(|i| is_texty(&fields[*i].ty)).collect();
        let t = &self.tasks[task];
        if let Some((_, f)) = t.golds.iter().find(|g| g.0 == corpus)
            && let Some(field) = fields.get(*f)
        {
            if field.ty.is_text() {
                // a generator reads the other text, an autoencoder or language model its own
                let others: Vec<usize> = texts.iter().copied().filter(|t| t != f).collect();
                return Ok(match others.as_slice() {
                    [one] if !t.head.self_supervised => vec![*one],
                    _ => vec![*f],
                });
            }
            if let Some(axis) = field.ty.axis()
                && let Some(i) = fields.iter().position(|x| x.name == axis)
            {
                return Ok(vec![i]);
            }
        } else if let Some((c, f)) = t.golds.first()
            && let Some(field) = self.p.data[*c].fields.get(*f)
            && let Some(axis) = field.ty.axis()
            && let Some(i) = fields.iter().position(|x| x.name == axis && x.ty.is_text())
        {
            return Ok(vec![i]);
        }
        Ok(match texts.as_slice() {
            [one] => vec![*one],
            _ => vec![],
        })
    }

    /// A task's features and head on one corpus and text.
    pub(crate) fn task_on(
        &mut self,
        task: usize,
        graph: usize,
        round: u32,
        text: Vec<usize>,
    ) -> Result<(Val, usize), Poison> {
        let key = (task, graph, round, text.clone());
        if let Some(done) = self.task_memo.get(&key) {
            return done.clone();
        }
        let out = self.nested(self.tasks[task].span, |c| c.task_anew(task, graph, round, text));
        self.task_memo.insert(key, out.clone());
        out
    }

    fn task_anew(&mut self, task: usize, graph: usize, round: u32, text: Vec<usize>) -> Result<(Val, usize), Poison> {
        if self.tasks[task].poisoned {
            return Err(Poison);
        }
        let def = &self.p.tasks[self.tasks[task].def];
        let from = def.ast.from.as_ref().ok_or(Poison)?;
        let (corpus, phase) = (self.graphs[graph].corpus, self.graphs[graph].phase);
        let cx = Cx {
            graph,
            corpus,
            phase,
            round,
            text,
            input: None,
            owner: self.tasks[task].name.clone(),
            env: def.env.clone(),
            encoder: None,
            task,
        };
        let mut h = self.eval(from, &cx)?;
        if let Some(several) = self.parts_error(&h, from.span) {
            return Err(several);
        }
        let own = graph_has_gold(&self.tasks[task], corpus);
        if own || self.tasks[task].tops.is_empty() {
            self.tasks[task].tops.extend(h.tops.iter().copied());
            self.tasks[task].star |= h.star;
            self.tasks[task].reversed |= h.reversed;
        }
        // a head that does not run, or features that do not: types beyond this point are not computed
        let head = self.tasks[task].head;
        if head.runs.is_none() || h.kind == VKind::Opaque {
            self.language_model_leak(task, &h, from.span);
            // arrows are still looked at, so that their faults are found
            for e in self.edges_into(task, phase) {
                let _ = self.payload(e, &cx);
            }
            let mut o = self.opaque(&cx);
            o.reads = h.reads;
            return Ok((o, 0));
        }
        match (self.reads_kind(task), h.kind) {
            (_, VKind::Text) => {
                let d = Diagnostic::new("E0404", format!("`{}` reads words, not vectors", self.tasks[task].name));
                return Err(self
                    .report(d.at(from.span, "a text").help("put an encoder before it: `embed(100) |> bilstm(128)`")));
            }
            (Reads::Vec, VKind::Seq) => {
                let w = path_words(from);
                let d = Diagnostic::new("E0405", format!("`{}` needs one vector for each example", head.name))
                    .at(from.span, Self::shape_words(&h))
                    .with(def.ast.head.span, "one answer for each example");
                let better = format!("{w} |> attend");
                let d = d.help(format!("pool over the tokens: `from {better}` (or `mean`, `max`, `last`)"));
                let end = crate::source::Span { start: from.span.end, ..from.span };
                return Err(self.report(d.fix(end, " |> attend", false)));
            }
            (Reads::Seq, VKind::Vec) => {
                let d = Diagnostic::new("E0405", format!("`{}` needs a vector for each token", head.name))
                    .at(from.span, Self::shape_words(&h))
                    .with(def.ast.head.span, "one answer for each token");
                return Err(self
                    .report(d.help("read the encoder without pooling: remove `|> attend`, `mean`, `max` or `last`")));
            }
            _ => {}
        }
        if self.reads_kind(task) == Reads::Seq && own {
            let gold = self.tasks[task].golds.iter().find(|g| g.0 == corpus).map(|g| g.1);
            if let Some(axis) =
                gold.and_then(|f| self.p.data[corpus].fields.get(f)).and_then(|f| f.ty.axis().map(String::from))
            {
                let here = self.axis_name(corpus, &h.axis);
                let known = self.p.data[corpus].fields.iter().any(|f| f.name == axis);
                if here != axis && known {
                    let d =
                        Diagnostic::new("E0406", format!("the labels stand on `{axis}` and the features on `{here}`"))
                            .at(from.span, format!("runs over `{here}`"))
                            .with(self.tasks[task].gold_span, format!("labels of the tokens of `{axis}`"));
                    return Err(self.report(d.help(format!("encode the other text: `enc({axis})`"))));
                }
            }
        }
        let dropout = self.tasks[task].dropout;
        if dropout > 0.0 {
            h = self.dropout(h, dropout, &cx);
        }
        // the text of the features themselves, where they name one, is that on which sources run
        let text = match h.kind {
            VKind::Seq => h.axis.clone(),
            _ if h.axis.len() == h.reads.len() => h.axis.clone(),
            _ => cx.text.clone(),
        };
        let cx = Cx { text, ..cx };
        for e in self.edges_into(task, phase) {
            h = self.enter(h, e, &cx)?;
        }
        self.head_params(task, &h, phase)?;
        let width = self.head_width(task);
        let shape = |w: usize| if h.kind == VKind::Seq { Shape::Seq(w) } else { Shape::Vec(w) };
        let name = format!("{}({})", self.tasks[task].name, self.axis_name(corpus, &h.axis));
        let node = self.node(&cx, Op::Head { task }, vec![h.node], shape(width.n), width, name);
        if !self.graphs[graph].tasks.iter().any(|g| g.task == task) {
            self.graphs[graph].tasks.push(GraphTask { task, head: node, gold: None });
        }
        Ok((h, node))
    }

    fn edges_into(&self, task: usize, phase: Phase) -> Vec<usize> {
        (0..self.edges.len())
            .filter(|i| {
                let e = &self.edges[*i];
                let hit = match &e.target {
                    Target::Task(t) | Target::Slot(t, _) => *t == task,
                    Target::Encoder(..) => false,
                };
                e.alive && hit && e.when.is_none_or(|w| w == phase)
            })
            .collect()
    }

    fn language_model_leak(&mut self, task: usize, h: &Val, span: Span) {
        if self.tasks[task].head.name != "lm" || h.kind == VKind::Opaque {
            return;
        }
        if h.flow == Flow::Full {
            let d = Diagnostic::new("E0504", "a language model may not see the words that it predicts")
                .at(span, "these states have seen both sides")
                .with(self.tasks[task].span, "predicts the next word");
            self.report(d.help(
                "read one direction of the first layer: `enc@1.fwd`, `enc@1.sides` (above layer 1 both directions are mixed)",
            ));
        }
    }

    /// Width of a head's scores.
    pub(crate) fn head_width(&self, task: usize) -> Dim {
        let t = &self.tasks[task];
        match (t.labels, t.settings.get("bins").and_then(Setting::as_usize)) {
            (_, Some(n)) => Dim::of(n),
            (Some(l), _) => Dim::size(Size::Labels(l)),
            _ => Dim::of(1),
        }
    }

    fn head_params(&mut self, task: usize, h: &Val, phase: Phase) -> Result<(), Poison> {
        if let Some((w, seen, _)) = &self.tasks[task].width {
            if *w != h.width {
                let t = &self.tasks[task];
                let (a, b, seen) = (w.clone(), h.width.clone(), *seen);
                let one_phase = self.edges.iter().find(|e| {
                    e.when.is_some() && matches!(&e.target, Target::Task(x) | Target::Slot(x, _) if *x == task)
                });
                let d = match one_phase {
                    Some(e) if seen != phase => {
                        Diagnostic::new("E0503", format!("`{}` is not the same in training and at test", t.name))
                            .at(e.span, "feeds only one of the two phases")
                            .with(t.span, format!("reads {a} numbers in one phase and {b} in the other"))
                            .help("add an arrow of the same width for the other phase, or remove `when`")
                    }
                    _ => Diagnostic::new("E0407", format!("`{}` has features of two widths", t.name))
                        .at(t.span, format!("{a} on one data set and {b} on another"))
                        .help("make the encoders equally wide, or declare two tasks"),
                };
                return Err(self.report(d));
            }
            return Ok(());
        }
        self.tasks[task].width = Some((h.width.clone(), phase, 0));
        let name = self.tasks[task].name.clone();
        let k = self.head_width(task);
        // of several layers of tags there are R·K columns: that product is made with the plan
        let out = k.clone();
        let fan = InitRule::FanIn(h.width.clone());
        let mut ids = vec![
            self.param(format!("{name}.out.weight"), vec![h.width.clone(), out.clone()], fan.clone(), &name),
            self.param(format!("{name}.out.bias"), vec![out], fan, &name),
        ];
        if self.tasks[task].settings.get("crf").and_then(Setting::as_bool) == Some(true) {
            let zero = InitRule::Fixed(Init::Zeros);
            ids.push(self.param(format!("{name}.transitions"), vec![k.clone(), k.clone()], zero.clone(), &name));
            ids.push(self.param(format!("{name}.start"), vec![k.clone()], zero.clone(), &name));
            ids.push(self.param(format!("{name}.end"), vec![k], zero, &name));
        }
        self.tasks[task].params = ids;
        Ok(())
    }

    pub(crate) fn param(&mut self, name: String, shape: Vec<Dim>, init: InitRule, owner: &str) -> usize {
        self.params.push(SymParam { name, shape, init, owner: owner.to_string() });
        self.params.len() - 1
    }

    fn opaque(&self, cx: &Cx) -> Val {
        Val {
            kind: VKind::Opaque,
            node: 0,
            width: Dim::of(0),
            axis: cx.text.clone(),
            flow: Flow::Local,
            halves: None,
            depth: cx.input.as_ref().map_or(0, |v| v.depth),
            tops: cx.input.as_ref().map(|v| v.tops.clone()).unwrap_or_default(),
            star: false,
            reversed: cx.input.as_ref().is_some_and(|v| v.reversed),
            reads: cx.input.as_ref().map(|v| v.reads.clone()).unwrap_or_default(),
            parts: vec![],
        }
    }

    fn axis_name(&self, corpus: usize, axis: &[usize]) -> String {
        let names: Vec<&str> =
            axis.iter().filter_map(|f| self.p.data[corpus].fields.get(*f)).map(|f| f.name.as_str()).collect();
        names.join("·")
    }

    /// Adds a node unless an equal one stands already.
    fn node(&mut self, cx: &Cx, op: Op, inputs: Vec<usize>, shape: Shape, width: Dim, name: String) -> usize {
        let key = format!("{op:?}{inputs:?}");
        if let Some(n) = self.node_keys[cx.graph].get(&key) {
            return *n;
        }
        let id = self.graphs[cx.graph].nodes.len();
        self.graphs[cx.graph].nodes.push(Node { op, inputs, shape, name });
        self.widths[cx.graph].push(width);
        self.node_keys[cx.graph].insert(key, id);
        id
    }

    /// Applies a layer that stands at `site`. The same site on another text, corpus or phase is the same layer.
    #[expect(clippy::too_many_arguments, reason = "a layer has this many independent facets")]
    fn layer(
        &mut self,
        cx: &Cx,
        site: Site<'_>,
        kind: &str,
        settings: Settings,
        inputs: &[&Val],
        out: Val,
        params: &dyn Fn(&mut Self, &str) -> Vec<usize>,
    ) -> Out {
        let in_widths: Vec<Dim> = inputs.iter().map(|v| v.width.clone()).collect();
        let key = format!("{}|{kind}|{}", cx.owner, site.key());
        let index = match self.layer_keys.get(&key) {
            Some((i, widths)) => {
                if *widths != in_widths {
                    let show = |w: &[Dim]| w.iter().map(Dim::to_string).collect::<Vec<_>>().join(", ");
                    let d = Diagnostic::new("E0407", format!("`{}` is applied to inputs of two widths", site.word));
                    let d = d.at(site.span, format!("{} here, {} elsewhere", show(&in_widths), show(widths)));
                    return Err(self.report(
                        d.help("a layer is shared by all who name it: declare a second encoder for the other input"),
                    ));
                }
                *i
            }
            None => {
                let base = format!("{}.{}", cx.owner, site.word);
                let n = self.layer_names.entry(base.clone()).or_insert(0);
                *n += 1;
                let name = if *n == 1 && !site.numbered { base } else { format!("{base}{n}") };
                let ids = params(self, &name);
                let layer = Layer { kind: kind.into(), name, settings, params: ids };
                self.layers.push(layer);
                let i = self.layers.len() - 1;
                self.layer_keys.insert(key, (i, in_widths));
                i
            }
        };
        let name = format!("{}({})", self.layers[index].name, self.axis_name(cx.corpus, &out.axis));
        let shape = Self::shape(&out);
        let ids = inputs.iter().map(|v| v.node).collect();
        let node = self.node(cx, Op::Layer { layer: index }, ids, shape, out.width.clone(), name);
        Ok(Val { node, ..out })
    }

    /// A layer without parameters: equal settings are the same layer wherever they stand.
    fn plain(&mut self, cx: &Cx, kind: &str, settings: Settings, inputs: &[&Val], out: Val) -> Val {
        let key = format!("plain|{kind}|{settings:?}");
        let index = match self.layer_keys.get(&key) {
            Some((i, _)) => *i,
            None => {
                self.layers.push(Layer { kind: kind.into(), name: kind.into(), settings, params: vec![] });
                let i = self.layers.len() - 1;
                self.layer_keys.insert(key, (i, vec![]));
                i
            }
        };
        let name = format!("{kind}({})", self.axis_name(cx.corpus, &out.axis));
        let ids = inputs.iter().map(|v| v.node).collect();
        let node = self.node(cx, Op::Layer { layer: index }, ids, Self::shape(&out), out.width.clone(), name);
        Val { node, ..out }
    }

    /// Merges what is known of several inputs.
    fn merged(inputs: &[&Val], kind: VKind, width: Dim) -> Val {
        let first = inputs[0];
        let mut out = Val { kind, width, halves: None, parts: vec![], ..first.clone() };
        for v in inputs {
            out.flow = out.flow.max(v.flow);
            out.depth = out.depth.max(v.depth);
            out.tops.extend(v.tops.iter().copied());
            out.star |= v.star;
            out.reversed |= v.reversed;
            out.reads.extend(v.reads.iter().copied());
            if v.kind == VKind::Seq {
                out.axis.clone_from(&v.axis);
            }
        }
        out
    }

    fn dropout(&mut self, v: Val, p: f64, cx: &Cx) -> Val {
        if p <= 0.0 || v.kind == VKind::Opaque || cx.phase == Phase::Test {
            return v;
        }
        let out = v.clone();
        self.plain(cx, "dropout", settings([("p", Setting::Real(p))]), &[&v], out)
    }

    // ---------------------------------------------------------------- expressions

    pub(crate) fn eval(&mut self, e: &Expr, cx: &Cx) -> Out {
        match &*e.value {
            ExprKind::Error => Err(Poison),
            ExprKind::Paren(e) => self.eval(e, cx),
            ExprKind::Pipe(a, b) => {
                let v = self.eval(a, cx)?;
                self.eval(b, &Cx { input: Some(v), ..cx.clone() })
            }
            ExprKind::Cat(..) => {
                let mut members = vec![];
                flatten(e, &mut members);
                let mut vals = vec![];
                let mut failed = false;
                for m in &members {
                    // a named encoder beside others reads its text, not what flows in
                    let inner = if self.is_named(m, cx) { Cx { input: None, ..cx.clone() } } else { cx.clone() };
                    match self.eval(m, &inner) {
                        Ok(v) => vals.push((v, m.span)),
                        Err(Poison) => failed = true,
                    }
                }
                if failed {
                    return Err(Poison);
                }
                self.concat(vals, cx)
            }
            ExprKind::Name(n) => self.name(n, e.span, cx),
            ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::List(_) | ExprKind::Range(..) => {
                let d = Diagnostic::new("E0408", "features are expected here").at(e.span, "a constant");
                Err(self.report(d.help("name an encoder or a layer, for example `embed(100) |> bilstm(128)`")))
            }
            ExprKind::Neg(a) => {
                let v = self.eval(a, cx)?;
                Ok(self.plain(cx, "scale", settings([("factor", Setting::Real(-1.0))]), &[&v], v.clone()))
            }
            ExprKind::Binary(op, a, b) => self.arithmetic(op, a, b, cx),
            ExprKind::Tap(..) | ExprKind::Index(..) => self.reference(e, cx),
            ExprKind::Dot(base, name) => self.dot(e, base, name, cx),
            ExprKind::Call(callee, args) => self.call(e, callee, args, cx),
            ExprKind::Arrow(..) => {
                let d = Diagnostic::new("E0408", "features are expected here").at(e.span, "an arrow");
                Err(self.report(d.help("arrows stand on lines of their own")))
            }
        }
    }

    /// `enc`, `enc@1`, `private["a"]`, `enc@1.fwd`
    fn is_named(&self, e: &Expr, cx: &Cx) -> bool {
        match &*e.value {
            ExprKind::Name(n) => matches!(
                self.p.lookup(n, &cx.env),
                Some(Meaning::One(Kind::Encoder | Kind::Let, _) | Meaning::Family(Kind::Encoder | Kind::Let, _))
            ),
            ExprKind::Tap(base, _) | ExprKind::Index(base, _) | ExprKind::Dot(base, _) => self.is_named(base, cx),
            _ => false,
        }
    }

    fn concat(&mut self, vals: Vec<(Val, Span)>, cx: &Cx) -> Out {
        if vals.iter().any(|(v, _)| v.kind == VKind::Opaque) {
            let all: Vec<&Val> = vals.iter().map(|(v, _)| v).collect();
            return Ok(Val { kind: VKind::Opaque, ..Self::merged(&all, VKind::Opaque, Dim::of(0)) });
        }
        let (first, first_span) = &vals[0];
        for (v, span) in &vals[1..] {
            self.same_kind(first, *first_span, v, *span, cx)?;
        }
        let all: Vec<&Val> = vals.iter().map(|(v, _)| v).collect();
        if all.len() == 1 {
            return Ok(all[0].clone());
        }
        let width = all.iter().fold(Dim::of(0), |w, v| w.plus(&v.width));
        let out = Self::merged(&all, first.kind, width);
        Ok(self.plain(cx, "concat", Settings::new(), &all, out))
    }

    /// Both per token of one text, or both per example; else an axis error that shows both.
    fn same_kind(&mut self, a: &Val, a_span: Span, b: &Val, b_span: Span, cx: &Cx) -> Result<(), Poison> {
        for (v, span) in [(a, a_span), (b, b_span)] {
            if v.kind == VKind::Text {
                let d = Diagnostic::new("E0404", "words are no vectors yet").at(span, "a text");
                return Err(self.report(d.help("embed them first: `embed(100)`")));
            }
        }
        if a.kind != b.kind {
            let d = Diagnostic::new("E0409", "a sequence and a single vector cannot stand side by side")
                .at(b_span, Self::shape_words(b))
                .with(a_span, Self::shape_words(a));
            return Err(self.report(d.help("pool the sequence first: `|> attend`, `mean`, `max` or `last`")));
        }
        if a.kind == VKind::Seq && a.axis != b.axis {
            let (x, y) = (self.axis_name(cx.corpus, &a.axis), self.axis_name(cx.corpus, &b.axis));
            let d = Diagnostic::new("E0410", format!("`{x}` and `{y}` are different texts, token by token"))
                .at(b_span, format!("runs over `{y}`"))
                .with(a_span, format!("runs over `{x}`"));
            return Err(self.report(d.help("pool one of them first: `|> attend`, `mean`, `max` or `last`")));
        }
        Ok(())
    }

    fn arithmetic(&mut self, op: &ast::Node<ast::BinOp>, a: &Expr, b: &Expr, cx: &Cx) -> Out {
        use ast::BinOp::*;
        let factor = |e: &Expr| match self.p.constant(e, &cx.env) {
            Some(Item::Number(n)) => Some(n),
            _ => None,
        };
        match (op.value, factor(a), factor(b)) {
            (Mul, Some(k), None) | (Mul, None, Some(k)) | (Div, None, Some(k)) => {
                let v = self.eval(if factor(a).is_some() { b } else { a }, cx)?;
                let k = if op.value == Div { 1.0 / k } else { k };
                Ok(self.plain(cx, "scale", settings([("factor", Setting::Real(k))]), &[&v], v.clone()))
            }
            (Add | Sub | Mul, None, None) => {
                let (x, y) = (self.eval(a, cx)?, self.eval(b, cx)?);
                let kind = match op.value {
                    Add => "add",
                    Sub => "sub",
                    _ => "mul",
                };
                self.pointwise(kind, (x, a.span), (y, b.span), cx)
            }
            _ => {
                let d = Diagnostic::new("E0408", "features cannot be combined like this").at(op.span, "");
                Err(self.report(d.help("use `&`, `+`, `-` or `*`")))
            }
        }
    }

    fn pointwise(&mut self, kind: &str, a: (Val, Span), b: (Val, Span), cx: &Cx) -> Out {
        if a.0.kind == VKind::Opaque || b.0.kind == VKind::Opaque {
            return Ok(Val { kind: VKind::Opaque, ..Self::merged(&[&a.0, &b.0], VKind::Opaque, Dim::of(0)) });
        }
        self.same_kind(&a.0, a.1, &b.0, b.1, cx)?;
        self.same_width(&a, &b)?;
        let out = Self::merged(&[&a.0, &b.0], a.0.kind, a.0.width.clone());
        Ok(self.plain(cx, kind, Settings::new(), &[&a.0, &b.0], out))
    }

    fn same_width(&mut self, a: &(Val, Span), b: &(Val, Span)) -> Result<(), Poison> {
        if a.0.width == b.0.width {
            return Ok(());
        }
        let d = Diagnostic::new("E0411", format!("widths {} and {} do not agree", a.0.width, b.0.width))
            .at(b.1, format!("{} numbers", b.0.width))
            .with(a.1, format!("{} numbers", a.0.width));
        Err(self.report(d.help(format!("bring them together: `|> dense({})`", a.0.width))))
    }

    fn name(&mut self, n: &str, span: Span, cx: &Cx) -> Out {
        match self.p.lookup(n, &cx.env) {
            Some(Meaning::Var(Item::Expr(e))) => return self.eval(&e, &Cx { env: Env::default(), ..cx.clone() }),
            Some(Meaning::Var(_)) => {
                let d = Diagnostic::new("E0408", format!("`{n}` is a family variable, not features")).at(span, "");
                return Err(self.report(d.help("name an encoder")));
            }
            Some(Meaning::One(Kind::Encoder, i)) => return self.encoder(i, span, None, cx),
            Some(Meaning::One(Kind::Let, i)) => return self.let_value(i, cx),
            Some(Meaning::One(Kind::Task, _)) if builtins::function(n).is_some() && cx.input.is_some() => {}
            Some(Meaning::One(Kind::Task, i)) => {
                let name = self.p.tasks[i].name.clone();
                let d =
                    Diagnostic::new("E0302", format!("the task `{name}` is read without an arrow")).at(span, "a task");
                return Err(self.report(d.help(format!("remove it here and add a line: `{name}.hidden -> this_task`"))));
            }
            Some(Meaning::One(Kind::Data, i)) => {
                let d = Diagnostic::new("E0408", format!("`{n}` is a data set, not features")).at(span, "");
                let f = self.p.data[i].fields.first().map(|f| f.name.clone()).unwrap_or_default();
                return Err(self.report(d.help(format!("name an encoder, or a field such as `{f}`"))));
            }
            Some(Meaning::One(..)) => {
                let d = Diagnostic::new("E0408", format!("`{n}` is not features")).at(span, "");
                return Err(self.report(d.help("name an encoder or a layer")));
            }
            Some(Meaning::Family(kind, _)) => {
                let keys = self.p.keys(n);
                let d = Diagnostic::new("E0220", format!("`{n}` is a family")).at(span, "which member?");
                let key = keys.first().cloned().unwrap_or_default();
                let what = kind.a();
                return Err(self.report(d.help(format!("name {what} of it: `{n}[\"{key}\"]`"))));
            }
            None => {}
        }
        if let Some(f) = self.p.data[cx.corpus].fields.iter().position(|f| f.name == n) {
            return self.field(f, span, cx);
        }
        if builtins::function(n).is_some() {
            return self.function(n, span, &[], span, cx);
        }
        if self.all_fields().iter().any(|f| f == n) {
            let c = &self.p.data[cx.corpus];
            let fields: Vec<&str> = c.fields.iter().map(|f| f.name.as_str()).collect();
            let task = self.tasks[cx.task].name.clone();
            let d = Diagnostic::new("E0412", format!("`{}` has no field `{n}`", c.name))
                .at(span, format!("read for `{task}` on `{}`", c.name))
                .with(c.span, format!("its fields are {}", fields.join(", ")));
            return Err(self.report(d.help("use one of its fields, or declare the field there too")));
        }
        Err(Poison)
    }

    fn let_value(&mut self, i: usize, cx: &Cx) -> Out {
        let key = (i, cx.graph, cx.round, cx.text.clone(), cx.input.as_ref().map(|v| v.node));
        if let Some(done) = self.let_memo.get(&key) {
            return done.clone();
        }
        let named = &self.p.lets[i];
        let inner = Cx { owner: named.name.clone(), env: named.env.clone(), encoder: None, ..cx.clone() };
        let out = self.nested(named.span, |c| c.eval(&named.value, &inner)).map(|v| Val { depth: 0, ..v });
        self.let_memo.insert(key, out.clone());
        out
    }

    /// Elaborates one declaration within another.
    fn nested<T>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> Result<T, Poison>) -> Result<T, Poison> {
        if self.nesting >= MOST_NESTED {
            let d = Diagnostic::new("E0114", format!("more than {MOST_NESTED} declarations are built on each other"));
            return Err(self.report(d.at(span, "the chain passes here").help("write the chain in one declaration")));
        }
        self.nesting += 1;
        let out = f(self);
        self.nesting -= 1;
        out
    }

    /// A field of the corpus as a value.
    fn field(&mut self, f: usize, span: Span, cx: &Cx) -> Out {
        let decl = &self.p.data[cx.corpus].fields[f];
        let mut v = self.opaque(cx);
        v.reads = BTreeSet::from([f]);
        v.axis = vec![f];
        v.tops = BTreeSet::new();
        match &decl.ty {
            FieldType::Text | FieldType::Tokens => Ok(self.text_value(vec![f], cx)),
            FieldType::Other { kind, .. } if kind == "list" || kind == "?" => {
                self.later(span, "a list of texts");
                Ok(v)
            }
            _ => {
                self.later(span, format!("a field of type `{}` as an input", type_word(&decl.ty)));
                Ok(v)
            }
        }
    }

    fn text_value(&mut self, fields: Vec<usize>, cx: &Cx) -> Val {
        let name = self.axis_name(cx.corpus, &fields);
        let node = self.node(cx, Op::Text { fields: fields.clone() }, vec![], Shape::Text, Dim::of(0), name);
        Val {
            kind: VKind::Text,
            node,
            reads: fields.iter().copied().collect(),
            axis: fields,
            tops: BTreeSet::new(),
            reversed: false,
            depth: 0,
            ..self.opaque(cx)
        }
    }

    /// The text that is meant when none is named.
    fn implicit_text(&mut self, span: Span, cx: &Cx) -> Out {
        if cx.text.is_empty() {
            let c = &self.p.data[cx.corpus];
            let texts: Vec<String> = c.fields.iter().filter(|f| is_texty(&f.ty)).map(|f| f.name.clone()).collect();
            let task = self.tasks[cx.task].name.clone();
            let d = Diagnostic::new("E0413", format!("which text of `{}` does `{task}` read?", c.name));
            let d = d.at(span, "no text is named").with(
                c.span,
                match texts.as_slice() {
                    [] => "it has no text".to_string(),
                    _ => format!("its texts are {}", texts.join(", ")),
                },
            );
            return Err(self.report(match texts.first() {
                Some(word) => d.help(format!("apply the encoder to one: `enc({word})`")),
                None => d.help("declare its text: `x: tokens`"),
            }));
        }
        if let [f] = cx.text.as_slice()
            && !self.p.data[cx.corpus].fields[*f].ty.is_text()
        {
            return self.field(*f, span, cx);
        }
        if cx.text.iter().any(|f| !self.p.data[cx.corpus].fields[*f].ty.is_text()) {
            self.later(span, "a list of texts");
            let mut v = self.opaque(cx);
            v.reads = cx.text.iter().copied().collect();
            v.tops = BTreeSet::new();
            return Ok(v);
        }
        Ok(self.text_value(cx.text.clone(), cx))
    }

    /// `enc@2`, `private["a"]`, `private["a"]@1`.
    fn reference(&mut self, e: &Expr, cx: &Cx) -> Out {
        if let ExprKind::Tap(base, tap) = &*e.value
            && path(base).is_none()
        {
            let d = Diagnostic::new("E0414", "only an encoder has layers to tap").at(tap.span, "");
            return Err(self.report(d.help("declare it: `encoder enc = ...`, then `enc@1`")));
        }
        let Some(p) = path(e) else { return Err(Poison) };
        let (kind, i) = self.one_of(&p, cx)?;
        match kind {
            Kind::Encoder => self.encoder(i, e.span, p.tap, cx),
            Kind::Let if p.tap.is_none() => self.let_value(i, cx),
            Kind::Task => {
                let name = self.p.tasks[i].name.clone();
                let d = Diagnostic::new("E0302", format!("the task `{name}` is read without an arrow"));
                Err(self.report(d.at(e.span, "a task").help(format!("add a line: `{name}.hidden -> this_task`"))))
            }
            _ => {
                let d = Diagnostic::new("E0414", format!("`{}` has no layers to tap", p.name)).at(e.span, "");
                Err(self.report(d.help("only an encoder has: `enc@1`")))
            }
        }
    }

    fn one_of(&mut self, p: &Path<'_>, cx: &Cx) -> Result<(Kind, usize), Poison> {
        let kinds = [Kind::Encoder, Kind::Let, Kind::Task, Kind::Data];
        let found = self.named(p, &cx.env, &kinds, "an encoder or a `let`")?;
        match found.as_slice() {
            [one] => Ok(*one),
            _ => {
                let d = Diagnostic::new("E0220", format!("`{}[*]` is several values", p.name)).at(p.span, "");
                Err(self.report(d.help("name one member")))
            }
        }
    }

    fn dot(&mut self, e: &Expr, base: &Expr, port: &ast::Name, cx: &Cx) -> Out {
        if let Some(p) = path(base)
            && p.dots.is_empty()
        {
            let kind = match p.index {
                None => match self.p.lookup(p.name, &cx.env) {
                    Some(Meaning::One(k, i)) => Some((k, i)),
                    _ => None,
                },
                Some(Some(_)) => self.one_of(&p, cx).ok(),
                Some(None) => None,
            };
            match kind {
                Some((Kind::Task, i)) => return Err(self.port_in_features(i, e, port)),
                Some((Kind::Data, c)) if p.args.is_none() => {
                    let f = self.field_of(c, port)?;
                    if c != cx.corpus {
                        self.later(e.span, "a text of another data set");
                        let mut v = self.opaque(cx);
                        v.reads = BTreeSet::new();
                        return Ok(v);
                    }
                    return self.field(f, e.span, cx);
                }
                _ => {}
            }
        }
        let v = self.eval(base, cx)?;
        if v.kind == VKind::Opaque {
            return Ok(v);
        }
        let ports = ["fwd", "bwd", "sides", "last"];
        match (port.value.as_str(), v.halves) {
            ("last", _) if v.kind == VKind::Seq => {
                self.function("last", port.span, &[], e.span, &Cx { input: Some(v), ..cx.clone() })
            }
            ("sides", Some((f, b))) => {
                let flow = if f == Flow::Full || b == Flow::Full { Flow::Full } else { Flow::Sides };
                Ok(Val { flow, halves: None, ..v })
            }
            (side @ ("fwd" | "bwd"), Some((f, b))) => {
                let half = v.width.n / 2;
                let (start, flow) = if side == "fwd" { (0, f) } else { (half, b) };
                let out = Val { width: Dim::of(half), flow, halves: None, ..v.clone() };
                let set = settings([("start", Setting::Int(start as i64)), ("len", Setting::Int(half as i64))]);
                Ok(self.plain(cx, "slice", set, &[&v], out))
            }
            ("fwd" | "bwd" | "sides", None) => {
                let d = Diagnostic::new("E0415", format!("only a bidirectional layer has `.{}`", port.value));
                Err(self.report(d.at(port.span, "one direction only").help("use `bilstm` or `bigru`")))
            }
            _ => Err(self.unknown_word("E0415", "a port of an encoder", &port.value, port.span, &ports)),
        }
    }

    fn call(&mut self, e: &Expr, callee: &Expr, args: &[ast::Arg], cx: &Cx) -> Out {
        match &*callee.value {
            ExprKind::Name(n)
                if builtins::function(n).is_some()
                    && !matches!(self.p.lookup(n, &cx.env), Some(Meaning::One(Kind::Encoder | Kind::Let, _))) =>
            {
                self.function(n, callee.span, args, e.span, cx)
            }
            ExprKind::Name(n) if self.p.lookup(n, &cx.env).is_none() => Err(Poison),
            // `embed(64)(question)`, `enc(a)`, `bert@3(q, docs)`
            _ => {
                let inner = self.applied(args, cx)?;
                self.eval(callee, &inner)
            }
        }
    }

    /// The context in which an encoder runs on the named texts.
    fn applied(&mut self, args: &[ast::Arg], cx: &Cx) -> Result<Cx, Poison> {
        let mut fields = vec![];
        let mut input = None;
        for a in args {
            if let Some(n) = &a.name {
                let d = Diagnostic::new("E0215", "an encoder takes texts, no options").at(n.span, "");
                return Err(self.report(d.help("options stand where the encoder is declared")));
            }
            let field = match &*a.value.value {
                ExprKind::Name(n)
                    if !matches!(
                        self.p.lookup(n, &cx.env),
                        Some(Meaning::One(Kind::Encoder | Kind::Let, _) | Meaning::Var(_))
                    ) =>
                {
                    let here = self.p.data[cx.corpus].fields.iter().position(|f| f.name == *n);
                    match here {
                        Some(f) => Some(f),
                        None => {
                            // reports that the field is not here, or unknown
                            self.name(n, a.value.span, cx)?;
                            None
                        }
                    }
                }
                ExprKind::Dot(b, f) => match path(b).map(|p| self.p.lookup(p.name, &cx.env)) {
                    Some(Some(Meaning::One(Kind::Data, c))) => {
                        let f = self.field_of(c, f)?;
                        if c != cx.corpus {
                            self.later(a.value.span, "a text of another data set");
                            return Ok(Cx { input: Some(self.opaque(cx)), ..cx.clone() });
                        }
                        Some(f)
                    }
                    _ => None,
                },
                _ => None,
            };
            match field {
                Some(f) => {
                    let ty = &self.p.data[cx.corpus].fields[f].ty;
                    if !is_texty(ty)
                        && !matches!(ty, FieldType::Vec(_) | FieldType::Label | FieldType::Id)
                        && !matches!(ty, FieldType::Other { .. })
                    {
                        let (name, word) = (self.p.data[cx.corpus].fields[f].name.clone(), type_word(ty).to_string());
                        let d =
                            Diagnostic::new("E0416", format!("`{name}` is `{word}`, not a text")).at(a.value.span, "");
                        return Err(self.report(d.help("an encoder is applied to `text` or `tokens`")));
                    }
                    fields.push(f);
                }
                None => input = Some(self.eval(&a.value, &Cx { input: None, ..cx.clone() })?),
            }
        }
        Ok(match input {
            Some(v) => Cx { input: Some(v), ..cx.clone() },
            None => Cx { input: None, text: fields, ..cx.clone() },
        })
    }

    // ---------------------------------------------------------------- encoders

    fn encoder(&mut self, i: usize, span: Span, tap: Option<&ast::Node<Tap>>, cx: &Cx) -> Out {
        self.used_encoders.insert(i);
        let key = (i, cx.graph, cx.round, cx.text.clone(), cx.input.as_ref().map(|v| v.node));
        if let Some(Tap::Layer(k)) = tap.map(|t| &t.value)
            && let Some(Some(v)) = self.partial.get(&key).and_then(|taps| taps.get(*k as usize))
        {
            let mut v = Val { depth: 0, ..v.clone() };
            if v.tops.is_empty() {
                v.tops = BTreeSet::from([(i, 0)]);
            }
            return Ok(v);
        }
        let done = match self.encoder_memo.get(&key) {
            Some(done) => done.clone(),
            None => {
                // a cycle through encoders that no arrow closes: `encoder a = b`, `encoder b = a`
                self.encoder_memo.insert(key.clone(), Err(Poison));
                let out = self.nested(self.p.encoders[i].span, |c| c.encoder_body(i, cx));
                self.partial.remove(&key);
                self.encoder_memo.insert(key, out.clone());
                out
            }
        };
        let (value, taps) = done?;
        if value.kind == VKind::Opaque {
            return Ok(Val { depth: 0, ..value });
        }
        let top = taps.len() - 1;
        let name = &self.p.encoders[i].name;
        let Some(tap) = tap else { return Ok(Val { depth: 0, ..value }) };
        let pick = |k: usize| taps.get(k).cloned().flatten();
        let out_of_range = |k: u64| {
            Diagnostic::new("E0414", format!("`{name}` has {top} layer{}", if top == 1 { "" } else { "s" }))
                .at(tap.span, format!("there is no layer {k}"))
                .with(self.p.encoders[i].span, "declared here")
                .help(format!("tap 1 to {top} (0 is the input of the first layer)"))
        };
        match &tap.value {
            Tap::Layer(k) => match pick(*k as usize) {
                Some(v) => Ok(Val { depth: 0, ..v }),
                None => {
                    let d = out_of_range(*k);
                    Err(self.report(d))
                }
            },
            Tap::All | Tap::Range(..) => {
                let (a, b) = match tap.value {
                    Tap::Range(a, b) => (a as usize, b.map_or(top, |b| b as usize)),
                    _ => (1, top),
                };
                if a > b || b > top {
                    let d = out_of_range(b as u64);
                    return Err(self.report(d));
                }
                let parts: Vec<Val> = (a..=b).filter_map(pick).map(|v| Val { depth: 0, ..v }).collect();
                let Some(last) = parts.last().cloned() else { return Err(Poison) };
                let mut out = Val { star: matches!(tap.value, Tap::All), ..last };
                for v in &parts {
                    out.tops.extend(v.tops.iter().copied());
                }
                Ok(Val { parts, ..out })
            }
            Tap::Name(n) => {
                let d = Diagnostic::new("E0414", format!("`{n}` is not a layer of `{name}`")).at(tap.span, "");
                let d = d.help(format!("layers are numbered: `@1` to `@{top}`"));
                let _ = span;
                Err(self.report(d))
            }
        }
    }

    fn parts_error(&mut self, v: &Val, span: Span) -> Option<Poison> {
        if v.parts.is_empty() || v.kind == VKind::Opaque {
            return None;
        }
        let d =
            Diagnostic::new("E0417", "several layers are not one value").at(span, format!("{} layers", v.parts.len()));
        Some(self.report(d.help("combine them: `enc@* |> mix_layers`, or concatenate them: `enc@1 & enc@2`")))
    }

    fn encoder_body(&mut self, i: usize, cx: &Cx) -> Result<Encoded, Poison> {
        let named = &self.p.encoders[i];
        let inner = Cx { owner: named.name.clone(), env: named.env.clone(), encoder: Some(i), ..cx.clone() };
        // taps are collected by depth while the body is elaborated
        let mut taps: Vec<Option<Val>> = vec![None];
        let v = self.stack(&named.value, &inner, &mut taps)?;
        if let Some(p) = self.parts_error(&v, named.value.span) {
            return Err(p);
        }
        if v.kind == VKind::Text {
            let d = Diagnostic::new("E0404", format!("the encoder `{}` gives words, not vectors", named.name));
            return Err(self.report(d.at(named.span, "").help("begin with `embed(100)`")));
        }
        let mut v = v;
        if v.depth == 0 && v.kind != VKind::Opaque {
            // an encoder without layers of its own is its own floor, unless it only names others
            if v.tops.is_empty() {
                v.tops = BTreeSet::from([(i, 0)]);
            }
        }
        for (k, t) in taps.iter_mut().enumerate() {
            if let Some(t) = t
                && k > 0
            {
                t.tops = BTreeSet::from([(i, k as u32)]);
            } else if let Some(t) = t
                && t.tops.is_empty()
            {
                t.tops = BTreeSet::from([(i, 0)]);
            }
        }
        Ok((v, taps))
    }

    /// An encoder's body: as `eval`, with the value after each stage of the pipe kept as a tap.
    fn stack(&mut self, e: &Expr, cx: &Cx, taps: &mut Vec<Option<Val>>) -> Out {
        let v = match &*e.value {
            ExprKind::Pipe(a, b) => {
                let v = self.stack(a, cx, taps)?;
                let inner = Cx { input: Some(v.clone()), ..cx.clone() };
                if let (ExprKind::Call(f, args), VKind::Seq) = (&*b.value, v.kind)
                    && let ExprKind::Name(n) = &*f.value
                    && let Some(count) = self.repeated(n, args, cx)
                {
                    let mut v = v;
                    for k in 0..count {
                        let inner = Cx { input: Some(v), ..cx.clone() };
                        v = self.one_layer(n, f.span, args, b.span, k, count, &inner)?;
                        keep(taps, &v);
                        self.partial.insert(Self::encoder_key(cx), taps.clone());
                    }
                    return Ok(v);
                }
                self.eval(b, &inner)?
            }
            ExprKind::Paren(inner) => return self.stack(inner, cx, taps),
            _ => self.eval(e, cx)?,
        };
        keep(taps, &v);
        self.partial.insert(Self::encoder_key(cx), taps.clone());
        Ok(v)
    }

    fn encoder_key(cx: &Cx) -> EncoderKey {
        let input = cx.input.as_ref().map(|v| v.node);
        (cx.encoder.unwrap_or(usize::MAX), cx.graph, cx.round, cx.text.clone(), input)
    }

    /// The number of layers of a repeated layer function (`bilstm(100, layers = 3)`), if it is one.
    fn repeated(&mut self, name: &str, args: &[ast::Arg], cx: &Cx) -> Option<usize> {
        let row = builtins::function(name)?;
        if !row.args.contains(&"layers") || !row.runs {
            return None;
        }
        let at = args.iter().position(|a| a.name.as_ref().is_some_and(|n| n.value == "layers"));
        let at = at.or_else(|| (args.len() > 1 && args[1].name.is_none()).then_some(1));
        match at {
            Some(i) => {
                let (e, n) = (&args[i].value, self.size(&args[i].value, &cx.env, "`layers`").ok()?);
                if n > MOST_LAYERS {
                    let d = Diagnostic::new("E0207", format!("`layers` is at most {MOST_LAYERS}"));
                    self.report(d.at(e.span, format!("this is {n}")).help("write, for example, `layers = 2`"));
                }
                Some(n.min(MOST_LAYERS))
            }
            None => Some(1),
        }
    }

    /// What enters a layer of an encoder: arrows that end there are joined in.
    fn layer_input(&mut self, v: Val, cx: &Cx) -> Out {
        let Some(i) = cx.encoder else { return Ok(v) };
        let depth = v.depth + 1;
        let mut v = v;
        for k in 0..self.edges.len() {
            let e = &self.edges[k];
            if e.alive
                && e.when.is_none_or(|w| w == cx.phase)
                && matches!(e.target, Target::Encoder(t, layer) if t == i && layer.unwrap_or(1) == depth)
            {
                let text = if v.kind == VKind::Seq { v.axis.clone() } else { cx.text.clone() };
                v = self.enter(v, k, &Cx { text, ..cx.clone() })?;
            }
        }
        Ok(v)
    }

    // ---------------------------------------------------------------- functions

    fn options<'a>(
        &mut self,
        row: &'static builtins::Function,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Result<HashMap<&'static str, &'a Expr>, Poison> {
        let mut out = HashMap::new();
        let mut next = 0;
        for a in args {
            let name = match &a.name {
                Some(n) => match row.args.iter().find(|r| **r == n.value) {
                    Some(r) => *r,
                    None => return Err(Poison), // reported with all names
                },
                // `transformer(causal)`: a flag
                None if matches!(&*a.value.value, ExprKind::Name(n) if row.args.contains(&n.as_str()) && n != "d") => {
                    match &*a.value.value {
                        ExprKind::Name(n) => row.args.iter().find(|r| *r == n).copied().unwrap_or("d"),
                        _ => "d",
                    }
                }
                None => {
                    let Some(name) = row.args.get(next) else {
                        let d = Diagnostic::new("E0215", format!("`{}` has too many arguments", row.name));
                        return Err(
                            self.report(d.at(a.value.span, "one too many").help(format!("write `{}`", row.example)))
                        );
                    };
                    next += 1;
                    name
                }
            };
            if out.insert(name, &a.value).is_some() {
                let d = Diagnostic::new("E0228", format!("`{name}` is given twice")).at(a.value.span, "again");
                return Err(self.report(d.help("keep one of the two")));
            }
        }
        for need in row.args.iter().take(row.needed) {
            if !out.contains_key(need) {
                let what = if *need == "d" { "its width" } else { need };
                let d = Diagnostic::new("E0236", format!("`{}` needs {what}", row.name)).at(span, "");
                return Err(self.report(d.help(format!("for example `{}`", row.example))));
            }
        }
        Ok(out)
    }

    fn opt_size(
        &mut self,
        o: &HashMap<&'static str, &Expr>,
        key: &'static str,
        default: usize,
        cx: &Cx,
    ) -> Result<usize, Poison> {
        match o.get(key) {
            Some(e) => self.size(e, &cx.env, &format!("`{key}`")),
            None => Ok(default),
        }
    }

    fn opt_flag(&mut self, o: &HashMap<&'static str, &Expr>, key: &'static str) -> Result<bool, Poison> {
        match o.get(key).map(|e| (&*e.value, e.span)) {
            None => Ok(false),
            Some((ExprKind::Name(n), _)) if n == key || n == "true" || n == "yes" => Ok(true),
            Some((ExprKind::Name(n), _)) if n == "false" || n == "no" => Ok(false),
            Some((_, span)) => {
                let d = Diagnostic::new("E0207", format!("`{key}` is `true` or `false`")).at(span, "");
                Err(self.report(d.help(format!("write `{key} = true`"))))
            }
        }
    }

    fn function(&mut self, name: &str, span: Span, args: &[ast::Arg], whole: Span, cx: &Cx) -> Out {
        let Some(row) = builtins::function(name) else { return Err(Poison) };
        if !row.runs {
            self.later(whole, format!("`{name}`"));
            let mut reads = cx.input.as_ref().map(|v| v.reads.clone()).unwrap_or_default();
            let mut tops = cx.input.as_ref().map(|v| v.tops.clone()).unwrap_or_default();
            let mut failed = false;
            for a in args {
                if matches!(&*a.value.value, ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::List(_)) {
                    continue;
                }
                if let ExprKind::Name(n) = &*a.value.value
                    && builtins::ARGUMENT_WORDS.contains(&n.as_str())
                {
                    continue;
                }
                let unread = cx.phase == Phase::Test && a.name.as_ref().is_some_and(|n| n.value == "posterior");
                match self.eval(&a.value, &Cx { input: None, ..cx.clone() }) {
                    Ok(_) if unread => {}
                    Ok(v) => {
                        reads.extend(v.reads);
                        tops.extend(v.tops);
                    }
                    Err(Poison) => failed = true,
                }
            }
            if failed {
                return Err(Poison);
            }
            let text_source = matches!(name, "pretrained" | "ngrams");
            if text_source {
                reads.extend(cx.text.iter().copied());
            }
            let depth = cx.input.as_ref().map_or(0, |v| v.depth) + u32::from(row.deep);
            return Ok(Val { reads, tops, depth, ..self.opaque(cx) });
        }
        if row.deep {
            if let Some(count) = self.repeated(name, args, cx) {
                let mut v = self.input(row, span, cx)?;
                for k in 0..count {
                    let inner = Cx { input: Some(v), ..cx.clone() };
                    v = self.one_layer(name, span, args, whole, k, count, &inner)?;
                }
                return Ok(v);
            }
            return self.one_layer(name, span, args, whole, 0, 1, cx);
        }
        self.shallow(row, span, args, whole, cx)
    }

    /// What a function reads from the left of `|>`: else the text that is meant.
    fn input(&mut self, row: &'static builtins::Function, span: Span, cx: &Cx) -> Out {
        let v = match &cx.input {
            Some(v) => v.clone(),
            None => self.implicit_text(span, cx)?,
        };
        if let Some(p) = self.parts_error(&v, span) {
            return Err(p);
        }
        if v.kind == VKind::Text {
            let d =
                Diagnostic::new("E0404", format!("`{}` reads vectors, not words", row.name)).at(span, "reads a text");
            return Err(self.report(d.help(format!("embed the words first: `embed(100) |> {}`", row.example))));
        }
        Ok(v)
    }

    fn need_seq(&mut self, v: &Val, row: &'static builtins::Function, span: Span) -> Result<(), Poison> {
        if v.kind == VKind::Vec {
            let d = Diagnostic::new("E0405", format!("`{}` needs a vector for each token", row.name));
            return Err(self.report(d.at(span, Self::shape_words(v)).help("remove the pooling before it")));
        }
        Ok(())
    }

    /// One layer of the encoder's stack.
    #[expect(clippy::too_many_arguments, reason = "the call, its place and its position in a repeated layer")]
    fn one_layer(
        &mut self,
        name: &str,
        span: Span,
        args: &[ast::Arg],
        whole: Span,
        k: usize,
        count: usize,
        cx: &Cx,
    ) -> Out {
        let Some(row) = builtins::function(name) else { return Err(Poison) };
        let o = self.options(row, args, whole)?;
        let input = self.input(row, span, cx)?;
        if input.kind == VKind::Opaque {
            return Ok(Val { depth: input.depth + 1, ..input });
        }
        let below = input.tops.clone();
        let v = self.layer_input(input, cx)?;
        if v.kind == VKind::Opaque {
            return Ok(Val { depth: v.depth + 1, ..v });
        }
        if name != "dense" {
            self.need_seq(&v, row, span)?;
        }
        let site = Site { span: whole, sub: k, word: name, numbered: count > 1 };
        let d = self.opt_size(&o, "d", 0, cx)?;
        let mut out = Val { depth: v.depth + 1, halves: None, parts: vec![], ..v.clone() };
        let w = v.width.clone();
        let mut rate = self.dropout;
        if let Some(e) = o.get("dropout") {
            rate = self.rate(e, &cx.env, "`dropout`")?;
        }
        let mut out = match name {
            "lstm" | "gru" | "bilstm" | "bigru" => {
                let bi = name.starts_with("bi");
                let cell = if name.ends_with("lstm") { "lstm" } else { "gru" };
                let gates = if cell == "lstm" { 4 } else { 3 };
                let causal = |f: Flow, dir: Flow| match f {
                    Flow::Local => dir,
                    f if f == dir => dir,
                    _ => Flow::Full,
                };
                out.width = Dim::of(if bi { 2 * d } else { d });
                out.flow = if bi { Flow::Full } else { causal(v.flow, Flow::Fwd) };
                out.halves = bi.then(|| (causal(v.flow, Flow::Fwd), causal(v.flow, Flow::Bwd)));
                let set = settings([
                    ("cell", Setting::Text(cell.into())),
                    ("hidden", Setting::Int(d as i64)),
                    ("bidirectional", Setting::Bool(bi)),
                ]);
                let owner = cx.owner.clone();
                self.layer(cx, site, "rnn", set, &[&v], out, &|s, name| {
                    let init = InitRule::Fixed(Init::Uniform(1.0 / (d as f64).sqrt()));
                    let mut ids = vec![];
                    for dir in if bi { &["fwd", "bwd"][..] } else { &["fwd"][..] } {
                        let mut p = |part: &str, shape: Vec<Dim>| {
                            ids.push(s.param(format!("{name}.{dir}.{part}"), shape, init.clone(), &owner));
                        };
                        p("w_ih", vec![w.clone(), Dim::of(gates * d)]);
                        p("w_hh", vec![Dim::of(d), Dim::of(gates * d)]);
                        if cell == "lstm" {
                            p("b", vec![Dim::of(gates * d)]);
                        } else {
                            p("b_ih", vec![Dim::of(gates * d)]);
                            p("b_hh", vec![Dim::of(gates * d)]);
                        }
                    }
                    ids
                })?
            }
            "cnn" => {
                let widths = match o.get("widths") {
                    None => vec![3],
                    Some(e) => match self.p.list(e, &cx.env) {
                        Some(items)
                            if !items.is_empty()
                                && items
                                    .iter()
                                    .all(|(i, _)| matches!(i, Item::Number(n) if *n >= 1.0 && *n <= 1000.0 && n.fract() == 0.0)) =>
                        {
                            items
                                .iter()
                                .filter_map(|(i, _)| if let Item::Number(n) = i { Some(*n as i64) } else { None })
                                .collect()
                        }
                        _ => {
                            let d = Diagnostic::new("E0207", "`widths` is a list of sizes").at(e.span, "");
                            return Err(self.report(d.help("write `widths = [3, 4, 5]`")));
                        }
                    },
                };
                out.width = Dim::of(d * widths.len());
                out.flow = Flow::Full;
                let set = settings([("width", Setting::Int(d as i64)), ("windows", Setting::Ints(widths.clone()))]);
                let owner = cx.owner.clone();
                self.layer(cx, site, "cnn", set, &[&v], out, &|s, name| {
                    let mut ids = vec![];
                    for win in &widths {
                        let fan = w.times(*win as usize);
                        let rule = InitRule::FanIn(fan.clone());
                        ids.push(s.param(format!("{name}.w{win}.filter"), vec![fan, Dim::of(d)], rule.clone(), &owner));
                        ids.push(s.param(format!("{name}.w{win}.bias"), vec![Dim::of(d)], rule, &owner));
                    }
                    ids
                })?
            }
            "dense" => {
                let act = match o.get("activation").map(|e| (&*e.value, e.span)) {
                    None => "relu".to_string(),
                    Some((ExprKind::Name(n), _))
                        if ["none", "relu", "tanh", "gelu", "sigmoid"].contains(&n.as_str()) =>
                    {
                        n.clone()
                    }
                    Some((_, s)) => {
                        let word = self.word_at(&o, "activation");
                        return Err(self.unknown_word(
                            "E0237",
                            "an activation",
                            &word,
                            s,
                            &["relu", "tanh", "gelu", "sigmoid", "none"],
                        ));
                    }
                };
                out.width = Dim::of(d);
                out.depth = if v.kind == VKind::Seq { out.depth } else { v.depth + 1 };
                self.dense(cx, site, &v, out, d, &act, true)?
            }
            "transformer" => self.transformer(cx, site, row, &o, &v, out, d, k)?,
            _ => {
                // self_attend
                let width = if d == 0 {
                    match w.known() {
                        Some(n) => n,
                        None => {
                            let e = Diagnostic::new("E0236", "`self_attend` needs its width here").at(span, "");
                            return Err(self.report(e.help("write `self_attend(128)`")));
                        }
                    }
                } else {
                    d
                };
                let heads = self.opt_size(&o, "heads", 1, cx)?;
                self.divides(width, heads, whole)?;
                out.width = Dim::of(width);
                out.flow = Flow::Full;
                let set = settings([("width", Setting::Int(width as i64)), ("heads", Setting::Int(heads as i64))]);
                let owner = cx.owner.clone();
                self.layer(cx, site, "self_attend", set, &[&v], out, &|s, name| {
                    let mut ids = vec![];
                    for part in ["q", "k", "v"] {
                        let rule = InitRule::FanIn(w.clone());
                        ids.push(s.param(
                            format!("{name}.w{part}"),
                            vec![w.clone(), Dim::of(width)],
                            rule.clone(),
                            &owner,
                        ));
                        ids.push(s.param(format!("{name}.b{part}"), vec![Dim::of(width)], rule, &owner));
                    }
                    ids
                })?
            }
        };
        if let Some(i) = cx.encoder {
            let here = (i, out.depth);
            self.below.entry(here).or_default().extend(below);
            if out.depth > 1 {
                self.below.entry(here).or_default().insert((i, out.depth - 1));
            }
            out.tops = BTreeSet::from([here]);
        }
        if name != "transformer" {
            out = self.dropout(out, rate, cx);
        }
        Ok(out)
    }

    fn word_at(&self, o: &HashMap<&'static str, &Expr>, key: &'static str) -> String {
        o.get(key).map(|e| path_words(e)).unwrap_or_default()
    }

    fn divides(&mut self, d: usize, heads: usize, span: Span) -> Result<(), Poison> {
        if !d.is_multiple_of(heads) {
            let x = Diagnostic::new("E0418", format!("{heads} heads do not divide a width of {d}")).at(span, "");
            let best = (1..=heads).rev().find(|h| d.is_multiple_of(*h)).unwrap_or(1);
            return Err(self.report(x.help(format!("write `heads = {best}`"))));
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "as `layer`")]
    fn dense(&mut self, cx: &Cx, site: Site<'_>, v: &Val, out: Val, d: usize, act: &str, bias: bool) -> Out {
        let set = settings([
            ("width", Setting::Int(d as i64)),
            ("activation", Setting::Text(act.into())),
            ("bias", Setting::Bool(bias)),
        ]);
        let (owner, w) = (cx.owner.clone(), v.width.clone());
        self.layer(cx, site, "dense", set, &[v], out, &|s, name| {
            let rule = InitRule::FanIn(w.clone());
            let mut ids = vec![s.param(format!("{name}.weight"), vec![w.clone(), Dim::of(d)], rule.clone(), &owner)];
            if bias {
                ids.push(s.param(format!("{name}.bias"), vec![Dim::of(d)], rule, &owner));
            }
            ids
        })
    }

    #[expect(clippy::too_many_arguments, reason = "as `layer`")]
    fn transformer(
        &mut self,
        cx: &Cx,
        site: Site<'_>,
        row: &'static builtins::Function,
        o: &HashMap<&'static str, &Expr>,
        v: &Val,
        out: Val,
        d: usize,
        k: usize,
    ) -> Out {
        let heads = self.opt_size(o, "heads", if d.is_multiple_of(64) { (d / 64).max(1) } else { 1 }, cx)?;
        self.divides(d, heads, site.span)?;
        let ffn = self.opt_size(o, "ffn", 4 * d, cx)?;
        let causal = self.opt_flag(o, "causal")?;
        let norm_first = self.opt_flag(o, "norm_first")?;
        let rate = match o.get("dropout") {
            Some(e) => self.rate(e, &cx.env, "`dropout`")?,
            None => self.dropout,
        };
        let mut v = v.clone();
        if k == 0 {
            // into the model's width, and positions
            if v.width != Dim::of(d) {
                let into = Site { span: site.span, sub: 900, word: "into", numbered: false };
                let wide = Val { width: Dim::of(d), ..v.clone() };
                v = self.dense(cx, into, &v, wide, d, "none", true)?;
            }
            v = self.plain(cx, "positions", Settings::new(), &[&v], v.clone());
            v = self.dropout(v, rate, cx);
        }
        let set = settings([
            ("heads", Setting::Int(heads as i64)),
            ("ffn", Setting::Int(ffn as i64)),
            ("causal", Setting::Bool(causal)),
            ("norm_first", Setting::Bool(norm_first)),
            ("dropout", Setting::Real(rate)),
        ]);
        let flow = match (causal, v.flow) {
            (true, Flow::Local | Flow::Fwd) => Flow::Fwd,
            _ => Flow::Full,
        };
        let out = Val { width: Dim::of(d), flow, ..out };
        let owner = cx.owner.clone();
        let _ = row;
        self.layer(cx, site, "transformer", set, &[&v], out, &|s, name| {
            let mut ids = vec![];
            let mut lin = |s: &mut Self, n: &str, i: usize, j: usize| {
                ids.push(s.param(
                    format!("{name}.w{n}"),
                    vec![Dim::of(i), Dim::of(j)],
                    InitRule::Fixed(Init::Xavier),
                    &owner,
                ));
                ids.push(s.param(format!("{name}.b{n}"), vec![Dim::of(j)], InitRule::Fixed(Init::Zeros), &owner));
            };
            for n in ["q", "k", "v", "o"] {
                lin(s, n, d, d);
            }
            let norm = |s: &mut Self, ids: &mut Vec<usize>, n: &str| {
                ids.push(s.param(
                    format!("{name}.{n}.g"),
                    vec![Dim::of(d)],
                    InitRule::Fixed(Init::Constant(1.0)),
                    &owner,
                ));
                ids.push(s.param(format!("{name}.{n}.b"), vec![Dim::of(d)], InitRule::Fixed(Init::Zeros), &owner));
            };
            norm(s, &mut ids, "ln1");
            let mut lin = |s: &mut Self, n: &str, i: usize, j: usize| {
                ids.push(s.param(
                    format!("{name}.w{n}"),
                    vec![Dim::of(i), Dim::of(j)],
                    InitRule::Fixed(Init::Xavier),
                    &owner,
                ));
                ids.push(s.param(format!("{name}.b{n}"), vec![Dim::of(j)], InitRule::Fixed(Init::Zeros), &owner));
            };
            lin(s, "1", d, ffn);
            lin(s, "2", ffn, d);
            norm(s, &mut ids, "ln2");
            ids
        })
    }

    /// Functions that are no layers of a stack.
    fn shallow(
        &mut self,
        row: &'static builtins::Function,
        span: Span,
        args: &[ast::Arg],
        whole: Span,
        cx: &Cx,
    ) -> Out {
        let site = Site { span: whole, sub: 0, word: row.name, numbered: false };
        match row.name {
            "embed" | "chars" => self.embedding(row, span, args, whole, cx),
            "match" | "dot" | "cosine" | "bilinear" | "add" | "gate" | "mix" | "concat" => {
                self.interaction(row, span, args, whole, cx)
            }
            "mix_layers" => {
                let v = cx.input.clone().ok_or(Poison).or_else(|_| self.input(row, span, cx))?;
                if v.kind == VKind::Opaque {
                    return Ok(v);
                }
                let parts = v.parts.clone();
                if parts.len() < 2 {
                    let d = Diagnostic::new("E0417", "`mix_layers` mixes several layers").at(span, "one value only");
                    return Err(self.report(d.help("write `enc@* |> mix_layers`")));
                }
                let pairs: Vec<(Val, Span)> = parts.iter().map(|p| (p.clone(), span)).collect();
                for p in &pairs[1..] {
                    self.same_width(&pairs[0], p)?;
                }
                let refs: Vec<&Val> = parts.iter().collect();
                let mut out = Self::merged(&refs, parts[0].kind, parts[0].width.clone());
                out.star = v.star;
                let (owner, n) = (cx.owner.clone(), parts.len());
                self.layer(cx, site, "mix_layers", Settings::new(), &refs, out, &|s, name| {
                    vec![
                        s.param(format!("{name}.weights"), vec![Dim::of(n)], InitRule::Fixed(Init::Zeros), &owner),
                        s.param(
                            format!("{name}.gamma"),
                            vec![Dim::of(1)],
                            InitRule::Fixed(Init::Constant(1.0)),
                            &owner,
                        ),
                    ]
                })
            }
            "union" => {
                let d = Diagnostic::new("E0408", "`union` joins data sets, not features").at(span, "");
                Err(self.report(d.help("write `of union(a, b).field`")))
            }
            _ => {
                // one input, from the pipe or as the one unnamed argument that is features
                let (v, rest) = self.unary_input(row, span, args, cx)?;
                let o = self.options(row, &rest, whole)?;
                if v.kind == VKind::Opaque {
                    return Ok(v);
                }
                match row.name {
                    "dropout" => {
                        let p = match o.get("p") {
                            Some(e) => self.rate(e, &cx.env, "`dropout`")?,
                            None => 0.0,
                        };
                        Ok(self.dropout(v, p, cx))
                    }
                    "last" | "first" | "mean" | "max" => {
                        self.need_seq(&v, row, span)?;
                        let set = settings([("bidirectional", Setting::Bool(v.halves.is_some()))]);
                        let set = if matches!(row.name, "mean" | "max") { Settings::new() } else { set };
                        let out = Val { kind: VKind::Vec, halves: None, ..v.clone() };
                        Ok(self.plain(cx, row.name, set, &[&v], out))
                    }
                    "attend" => {
                        self.need_seq(&v, row, span)?;
                        let out = Val { kind: VKind::Vec, halves: None, ..v.clone() };
                        let (owner, w) = (cx.owner.clone(), v.width.clone());
                        match o.get("query") {
                            None => self.layer(cx, site, "attend", Settings::new(), &[&v], out, &|s, name| {
                                let rule = InitRule::FanIn(w.clone());
                                vec![
                                    s.param(
                                        format!("{name}.weight"),
                                        vec![w.clone(), Dim::of(1)],
                                        rule.clone(),
                                        &owner,
                                    ),
                                    s.param(format!("{name}.bias"), vec![Dim::of(1)], rule, &owner),
                                ]
                            }),
                            Some(q) => {
                                let query = self.eval(q, &Cx { input: None, ..cx.clone() })?;
                                if query.kind == VKind::Opaque {
                                    return Ok(query);
                                }
                                if query.kind != VKind::Vec {
                                    let d = Diagnostic::new("E0405", "a query is one vector for each example");
                                    return Err(self.report(
                                        d.at(q.span, Self::shape_words(&query)).help("pool it: `.last`, `|> mean`"),
                                    ));
                                }
                                let out = Self::merged(&[&v, &query], VKind::Vec, v.width.clone());
                                let dq = query.width.clone();
                                self.layer(cx, site, "attend", Settings::new(), &[&v, &query], out, &|s, name| {
                                    vec![s.param(
                                        format!("{name}.weight"),
                                        vec![dq.clone(), w.clone()],
                                        InitRule::FanIn(dq.clone()),
                                        &owner,
                                    )]
                                })
                            }
                        }
                    }
                    "attention" => {
                        self.need_seq(&v, row, span)?;
                        let out = Val { width: Dim::of(1), halves: None, ..v.clone() };
                        let (owner, w) = (cx.owner.clone(), v.width.clone());
                        self.layer(cx, site, "attention", Settings::new(), &[&v], out, &|s, name| {
                            let rule = InitRule::FanIn(w.clone());
                            vec![
                                s.param(format!("{name}.weight"), vec![w.clone(), Dim::of(1)], rule.clone(), &owner),
                                s.param(format!("{name}.bias"), vec![Dim::of(1)], rule, &owner),
                            ]
                        })
                    }
                    "norm" => {
                        let (owner, w) = (cx.owner.clone(), v.width.clone());
                        self.layer(cx, site, "norm", Settings::new(), &[&v], v.clone(), &|s, name| {
                            vec![
                                s.param(
                                    format!("{name}.g"),
                                    vec![w.clone()],
                                    InitRule::Fixed(Init::Constant(1.0)),
                                    &owner,
                                ),
                                s.param(format!("{name}.b"), vec![w.clone()], InitRule::Fixed(Init::Zeros), &owner),
                            ]
                        })
                    }
                    "reverse" => {
                        let l = match o.get("lambda") {
                            Some(e) => self.number(e, &cx.env, "`reverse`")?,
                            None => 1.0,
                        };
                        if l < 0.0 {
                            let e = o.get("lambda").map_or(span, |e| e.span);
                            let d = Diagnostic::new("E0207", "the strength of a reversal cannot be negative").at(e, "");
                            return Err(self.report(d.help("write `reverse(0.05)`")));
                        }
                        let out = Val { reversed: true, ..v.clone() };
                        Ok(self.plain(cx, "reverse", settings([("lambda", Setting::Real(l))]), &[&v], out))
                    }
                    "stop" => Ok(self.plain(cx, "stop", Settings::new(), &[&v], v.clone())),
                    "shift" => {
                        self.need_seq(&v, row, span)?;
                        let k = match o.get("k") {
                            Some(e) => self.number(e, &cx.env, "`shift`")?,
                            None => 1.0,
                        };
                        Ok(self.plain(cx, "shift", settings([("by", Setting::Int(k as i64))]), &[&v], v.clone()))
                    }
                    _ => Err(Poison),
                }
            }
        }
    }

    /// The one input of a function: what flows in, or its first argument when that is no option (`last(enc)`).
    fn unary_input(
        &mut self,
        row: &'static builtins::Function,
        span: Span,
        args: &[ast::Arg],
        cx: &Cx,
    ) -> Result<(Val, Vec<ast::Arg>), Poison> {
        if cx.input.is_none()
            && let Some(first) = args.first()
            && first.name.is_none()
            && !matches!(&*first.value.value, ExprKind::Number(_))
        {
            let v = self.eval(&first.value, cx)?;
            let v = self.input(row, span, &Cx { input: Some(v), ..cx.clone() })?;
            return Ok((v, args[1..].to_vec()));
        }
        Ok((self.input(row, span, cx)?, args.to_vec()))
    }

    fn embedding(
        &mut self,
        row: &'static builtins::Function,
        span: Span,
        args: &[ast::Arg],
        whole: Span,
        cx: &Cx,
    ) -> Out {
        let o = self.options(row, args, whole)?;
        let v = match &cx.input {
            Some(v) => v.clone(),
            None => self.implicit_text(span, cx)?,
        };
        if v.kind == VKind::Opaque {
            return Ok(v);
        }
        if v.kind != VKind::Text {
            let d = Diagnostic::new("E0419", format!("`{}` reads words, not vectors", row.name))
                .at(whole, Self::shape_words(&v));
            return Err(self.report(d.help("put it first, and join with `&`: `embed(100) & chars(cnn, 50)`")));
        }
        let d = self.opt_size(&o, "d", 0, cx)?;
        let site = Site { span: whole, sub: 0, word: row.name, numbered: false };
        let key = format!("{}|{}", cx.owner, site.key());
        let out = Val { kind: VKind::Seq, width: Dim::of(d), flow: Flow::Local, ..v.clone() };
        let owner = cx.owner.clone();
        let rate = self.dropout;
        let out = if row.name == "embed" {
            let vectors = match o.get("vectors").map(|e| (self.p.constant(e, &cx.env), e.span)) {
                None => None,
                Some((Some(Item::Text(t)), _)) => Some(t),
                Some((_, s)) => {
                    let d = Diagnostic::new("E0207", "`vectors` names a file").at(s, "");
                    return Err(self.report(d.help("write `vectors = \"glove.6B.100d.txt\"`")));
                }
            };
            let lower = self.opt_flag(&o, "lower")?;
            let min_count = self.opt_size(&o, "min_count", 1, cx)?;
            let max_size = self.opt_size(&o, "max_size", 0, cx)?;
            let unk = match o.get("unk") {
                Some(e) => match self.number(e, &cx.env, "`unk`")? {
                    a if (0.0..=100.0).contains(&a) => a,
                    a => {
                        let d =
                            Diagnostic::new("E0207", "`unk` lies between 0 and 100").at(e.span, format!("this is {a}"));
                        return Err(self.report(d.help(
                            "a word seen n times becomes unknown with probability unk/(unk + n); write `unk = 1`",
                        )));
                    }
                },
                None => 1.0,
            };
            let spec = VocabSpec {
                name: format!("{}.words", cx.owner),
                unit: Unit::Word,
                fields: vec![],
                lower,
                min_count,
                max_size,
                vectors: vectors.clone(),
                size: 0,
            };
            let vocab = self.vocab(&key, spec, cx, &v.axis);
            let set = settings([
                ("vocab", Setting::Int(vocab as i64)),
                ("width", Setting::Int(d as i64)),
                ("unk", Setting::Real(unk)),
            ]);
            self.layer(cx, site, "embed", set, &[&v], out, &|s, name| {
                let init = match &vectors {
                    Some(_) => Init::Vectors(vocab, 0.1),
                    None => Init::Normal(1.0),
                };
                vec![s.param(
                    format!("{name}.weight"),
                    vec![Dim::size(Size::Vocab(vocab)), Dim::of(d)],
                    InitRule::Fixed(init),
                    &owner,
                )]
            })?
        } else {
            let kind = match o.get("kind").map(|e| (path_words(e), e.span)) {
                Some((k, _)) if k == "cnn" || k == "lstm" => k,
                Some((k, s)) if k == "ngram" => {
                    self.later(s, "`chars(ngram, ...)`");
                    return Ok(Val { reads: v.reads, ..self.opaque(cx) });
                }
                Some((k, s)) => {
                    return Err(self.unknown_word(
                        "E0237",
                        "a way to read characters",
                        &k,
                        s,
                        &["cnn", "lstm", "ngram"],
                    ));
                }
                None => return Err(Poison),
            };
            let e = self.opt_size(&o, "embed", 25.min(d.max(1)), cx)?;
            let window = self.opt_size(&o, "width", 3, cx)?;
            if window % 2 == 0 {
                let x = Diagnostic::new("E0418", "a window over characters needs an odd width")
                    .at(whole, format!("this is {window}"));
                return Err(self.report(x.help(format!("write `width = {}`", window + 1))));
            }
            let spec = VocabSpec {
                name: format!("{}.chars", cx.owner),
                unit: Unit::Char,
                fields: vec![],
                lower: false,
                min_count: 1,
                max_size: 0,
                vectors: None,
                size: 0,
            };
            let vocab = self.vocab(&key, spec, cx, &v.axis);
            let mut set = settings([
                ("vocab", Setting::Int(vocab as i64)),
                ("embed", Setting::Int(e as i64)),
                ("width", Setting::Int((if kind == "lstm" { d + d % 2 } else { d }) as i64)),
            ]);
            let table = vec![Dim::size(Size::Vocab(vocab)), Dim::of(e)];
            // both directions are equally wide: an odd width leaves out the last column
            let even = d + d % 2;
            let out = if kind == "lstm" { Val { width: Dim::of(even), ..out } } else { out };
            if kind == "cnn" {
                set.insert("window".into(), Setting::Int(window as i64));
                self.layer(cx, site, "chars_cnn", set, &[&v], out, &|s, name| {
                    let rule = InitRule::FanIn(Dim::of(window * e));
                    vec![
                        s.param(format!("{name}.char"), table.clone(), InitRule::Fixed(Init::Normal(1.0)), &owner),
                        s.param(format!("{name}.filter"), vec![Dim::of(window * e), Dim::of(d)], rule.clone(), &owner),
                        s.param(format!("{name}.bias"), vec![Dim::of(d)], rule, &owner),
                    ]
                })?
            } else {
                self.layer(cx, site, "chars_lstm", set, &[&v], out, &|s, name| {
                    let h = even / 2;
                    let rule = InitRule::Fixed(Init::Uniform(1.0 / (h as f64).sqrt()));
                    let mut ids = vec![s.param(
                        format!("{name}.char"),
                        table.clone(),
                        InitRule::Fixed(Init::Normal(1.0)),
                        &owner,
                    )];
                    for dir in ["fwd", "bwd"] {
                        ids.push(s.param(
                            format!("{name}.{dir}.w_ih"),
                            vec![Dim::of(e), Dim::of(4 * h)],
                            rule.clone(),
                            &owner,
                        ));
                        ids.push(s.param(
                            format!("{name}.{dir}.w_hh"),
                            vec![Dim::of(h), Dim::of(4 * h)],
                            rule.clone(),
                            &owner,
                        ));
                        ids.push(s.param(format!("{name}.{dir}.b"), vec![Dim::of(4 * h)], rule.clone(), &owner));
                    }
                    ids
                })?
            }
        };
        let out = match out.width.known() {
            Some(w) if w > d => {
                let set = settings([("start", Setting::Int(0)), ("len", Setting::Int(d as i64))]);
                let narrow = Val { width: Dim::of(d), ..out.clone() };
                self.plain(cx, "slice", set, &[&out], narrow)
            }
            _ => out,
        };
        Ok(self.dropout(out, rate, cx))
    }

    /// The vocabulary of an embedding; the texts it is applied to are added as they are met.
    fn vocab(&mut self, site: &str, spec: VocabSpec, cx: &Cx, axis: &[usize]) -> usize {
        let key = format!("vocab|{site}");
        let i = match self.layer_keys.get(&key) {
            Some((i, _)) => *i,
            None => {
                self.vocabs.push(spec);
                let i = self.vocabs.len() - 1;
                self.layer_keys.insert(key, (i, vec![]));
                i
            }
        };
        for f in axis {
            let pair = (cx.corpus, *f);
            if !self.vocabs[i].fields.contains(&pair) {
                self.vocabs[i].fields.push(pair);
            }
        }
        i
    }

    /// Functions of several values.
    fn interaction(
        &mut self,
        row: &'static builtins::Function,
        span: Span,
        args: &[ast::Arg],
        whole: Span,
        cx: &Cx,
    ) -> Out {
        let mut vals: Vec<(Val, Span)> = vec![];
        let mut rest: Vec<ast::Arg> = vec![];
        if let Some(v) = &cx.input {
            vals.push((v.clone(), span));
        }
        let free = Cx { input: None, ..cx.clone() };
        let mut failed = false;
        for a in args {
            let feature = match &a.name {
                None => !matches!(&*a.value.value, ExprKind::Number(_)),
                Some(n) => matches!(n.value.as_str(), "by" | "weights"),
            };
            if feature {
                match self.eval(&a.value, &free) {
                    Ok(v) => vals.push((v, a.value.span)),
                    Err(Poison) => failed = true,
                }
            } else {
                rest.push(a.clone());
            }
        }
        if failed {
            return Err(Poison);
        }
        for (v, s) in &vals {
            if let Some(p) = self.parts_error(&v.clone(), *s) {
                return Err(p);
            }
        }
        if row.name == "concat" {
            if vals.is_empty() {
                return Err(Poison);
            }
            return self.concat(vals, cx);
        }
        if row.name == "gate" && vals.len() == 1 && args.len() <= 1 {
            // `gate(shared)`: lets itself in through a gate of its own
            vals.push(vals[0].clone());
        }
        if vals.len() != 2 {
            let d = Diagnostic::new("E0236", format!("`{}` joins two values", row.name))
                .at(whole, format!("{} given", vals.len()));
            return Err(self.report(d.help(format!("write `{}`", row.example))));
        }
        let o = self.options(row, &rest, whole)?;
        if vals.iter().any(|(v, _)| v.kind == VKind::Opaque) {
            let all: Vec<&Val> = vals.iter().map(|(v, _)| v).collect();
            return Ok(Val { kind: VKind::Opaque, ..Self::merged(&all, VKind::Opaque, Dim::of(0)) });
        }
        let site = Site { span: whole, sub: 0, word: row.name, numbered: false };
        let owner = cx.owner.clone();
        let (b, bs) = vals.pop().ok_or(Poison)?;
        let (a, asp) = vals.pop().ok_or(Poison)?;
        match row.name {
            "add" => self.pointwise("add", (a, asp), (b, bs), cx),
            "mix" => {
                for (v, s) in [(&a, asp), (&b, bs)] {
                    if v.kind != VKind::Seq {
                        self.need_seq(v, row, s)?;
                    }
                }
                self.same_kind(&a, asp, &b, bs, cx)?;
                if b.width != Dim::of(1) {
                    let d =
                        Diagnostic::new("E0411", "weights are one number for each token").at(bs, Self::shape_words(&b));
                    return Err(self.report(d.help("write `mix(h, weights = attention(h))`")));
                }
                let out = Self::merged(&[&a, &b], VKind::Vec, a.width.clone());
                Ok(self.plain(cx, "mix", Settings::new(), &[&a, &b], out))
            }
            "gate" => {
                let b = self.fit(b, bs, &a, cx)?;
                let out = Self::merged(&[&a, &b], a.kind, a.width.clone());
                self.gate(cx, site, &a, &b, out)
            }
            _ => {
                // pairs of vectors
                for (v, s) in [(&a, asp), (&b, bs)] {
                    if v.kind == VKind::Text {
                        let d = Diagnostic::new("E0404", "words are no vectors yet").at(s, "a text");
                        return Err(self.report(d.help("encode and pool it: `enc(a) |> max`")));
                    }
                    if v.kind == VKind::Seq {
                        let d = Diagnostic::new("E0405", format!("`{}` joins one vector with another", row.name));
                        return Err(self.report(d.at(s, Self::shape_words(v)).help("pool it: `enc(a) |> max`")));
                    }
                }
                match row.name {
                    "bilinear" => {
                        let d = self.opt_size(&o, "d", 1, cx)?;
                        let out = Self::merged(&[&a, &b], VKind::Vec, Dim::of(d));
                        let Some(wb) = b.width.known() else {
                            let e = Diagnostic::new("E0411", "`bilinear` needs widths that do not depend on labels");
                            return Err(
                                self.report(e.at(bs, Self::shape_words(&b)).help("put `|> dense(64)` before it"))
                            );
                        };
                        let wa = a.width.clone();
                        let set = settings([("width", Setting::Int(d as i64))]);
                        self.layer(cx, site, "bilinear", set, &[&a, &b], out, &|s, name| {
                            vec![s.param(
                                format!("{name}.weight"),
                                vec![wa.clone(), Dim::of(wb * d)],
                                InitRule::FanIn(wa.clone()),
                                &owner,
                            )]
                        })
                    }
                    _ => {
                        self.same_width(&(a.clone(), asp), &(b.clone(), bs))?;
                        let width = if row.name == "match" { a.width.times(4) } else { Dim::of(1) };
                        let out = Self::merged(&[&a, &b], VKind::Vec, width);
                        Ok(self.plain(cx, row.name, Settings::new(), &[&a, &b], out))
                    }
                }
            }
        }
    }

    fn gate(&mut self, cx: &Cx, site: Site<'_>, h: &Val, c: &Val, out: Val) -> Out {
        let (owner, dh, dc) = (cx.owner.clone(), h.width.clone(), c.width.clone());
        self.layer(cx, site, "gate", Settings::new(), &[h, c], out, &|s, name| {
            let both = dh.plus(&dc);
            vec![
                s.param(format!("{name}.w"), vec![both.clone(), dh.clone()], InitRule::FanIn(both.clone()), &owner),
                s.param(format!("{name}.b"), vec![dh.clone()], InitRule::FanIn(both), &owner),
                s.param(format!("{name}.u"), vec![dc.clone(), dh.clone()], InitRule::FanIn(dc.clone()), &owner),
            ]
        })
    }

    /// Brings `v` to the kind and axis of `like`: a vector is spread over tokens, a sequence is averaged.
    fn fit(&mut self, v: Val, span: Span, like: &Val, cx: &Cx) -> Out {
        match (v.kind, like.kind) {
            (VKind::Vec, VKind::Seq) => {
                let out = Val { kind: VKind::Seq, axis: like.axis.clone(), flow: Flow::Full, ..v.clone() };
                Ok(self.plain(cx, "broadcast", Settings::new(), &[&v, like], out))
            }
            (VKind::Seq, VKind::Vec) => {
                let out = Val { kind: VKind::Vec, halves: None, ..v.clone() };
                Ok(self.plain(cx, "mean", Settings::new(), &[&v], out))
            }
            (VKind::Seq, VKind::Seq) if v.axis != like.axis => {
                let (x, y) = (self.axis_name(cx.corpus, &v.axis), self.axis_name(cx.corpus, &like.axis));
                let d = Diagnostic::new("E0410", format!("`{x}` and `{y}` are different texts, token by token"))
                    .at(span, format!("carries a value for each token of `{x}`"));
                Err(self.report(d.help("pool it on the way: `via embed(32) |> attend`")))
            }
            _ => Ok(v),
        }
    }

    // ---------------------------------------------------------------- arrows

    /// What an arrow carries on the destination's example, after its `via` (without a final `gate`, `add`, `concat`).
    fn payload(&mut self, edge: usize, cx: &Cx) -> Result<(Val, Join), Poison> {
        let e = self.edges[edge].clone();
        let source = e.source;
        // A runs on B's own example: on its own text where the corpus is A's too, else on the text that B reads
        let into_encoder = matches!(e.target, Target::Encoder(..));
        let reads = !cx.text.is_empty() && (into_encoder || !graph_has_gold(&self.tasks[source], cx.corpus));
        let text = if reads {
            cx.text.clone()
        } else {
            let own = self.default_text(source, cx.corpus)?;
            if own.is_empty() { cx.text.clone() } else { own }
        };
        let round = match e.rounds {
            None => cx.round,
            Some(n) if cx.round == 0 => {
                let _ = n;
                0
            }
            Some(n) => (cx.round - 1).min(n.saturating_sub(1)),
        };
        let first_round = e.rounds.is_some() && cx.round == 0;
        let graph = cx.graph;
        if self.tasks[source].when.is_some_and(|w| w != cx.phase) && e.rounds.is_some() {
            // feedback from a task that does not exist in this phase never arrives
            return Ok((self.opaque(cx), Join::Concat));
        }
        if self.tasks[source].when.is_some_and(|w| w != cx.phase) {
            let phase = if cx.phase == Phase::Test { "at test" } else { "in training" };
            let name = self.tasks[source].name.clone();
            let only = if self.tasks[source].when == Some(Phase::Train) { "train" } else { "test" };
            let d = Diagnostic::new("E0503", format!("`{name}` does not exist {phase}"))
                .at(e.span, format!("is fed by `{name}` in both phases"))
                .with(self.tasks[source].span, format!("declared `when {only}`"));
            return Err(
                self.report(d.help(format!("add `{{ when {only} }}` to the arrow, and an arrow for the other phase")))
            );
        }
        if matches!(e.train, Mode::Gold | Mode::Scheduled(..)) && cx.phase == Phase::Train {
            self.gold_here(source, &e, cx)?;
        }
        let mut v = if first_round {
            // before the first round nothing has come back: zeros of the payload's width
            self.zeros(&e, &text, cx)?
        } else {
            let (features, head) = self.task_on(source, graph, round, text)?;
            if features.kind == VKind::Opaque {
                let (_, join) = self.join_of(&e, cx);
                return Ok((Val { kind: VKind::Opaque, ..features }, join));
            }
            self.port(&e, &features, head, cx)?
        };
        match e.grad {
            Grad::Stop if e.port != "labels" => v = self.plain(cx, "stop", Settings::new(), &[&v], v.clone()),
            Grad::Reverse(l) => {
                let out = Val { reversed: true, ..v.clone() };
                v = self.plain(cx, "reverse", settings([("lambda", Setting::Real(l))]), &[&v], out);
            }
            _ => {}
        }
        self.via(v, &e, cx)
    }

    /// What arrives after the stages of `via`, and how it joins the destination.
    fn via(&mut self, mut v: Val, e: &Edge, cx: &Cx) -> Result<(Val, Join), Poison> {
        let def = &self.p.edges[e.def];
        let (stages, join) = self.join_of(e, cx);
        let inner_owner = e.name.clone();
        for s in stages {
            let inner = Cx {
                owner: inner_owner.clone(),
                encoder: None,
                env: def.env.clone(),
                input: Some(v.clone()),
                ..cx.clone()
            };
            v = match label_embedding(&s) {
                Some(args) => {
                    let Some(row) = builtins::function("embed") else { return Err(Poison) };
                    let o = self.options(row, args, s.span)?;
                    let d = self.opt_size(&o, "d", 0, cx)?;
                    let site = Site { span: s.span, sub: 0, word: "embed", numbered: false };
                    let out = Val { width: Dim::of(d), halves: None, ..v.clone() };
                    let set = settings([
                        ("width", Setting::Int(d as i64)),
                        ("activation", Setting::Text("none".into())),
                        ("bias", Setting::Bool(false)),
                    ]);
                    let (w, edge_owner) = (v.width.clone(), inner_owner.clone());
                    self.layer(&inner, site, "dense", set, &[&v], out, &|s, name| {
                        vec![s.param(
                            format!("{name}.weight"),
                            vec![w.clone(), Dim::of(d)],
                            InitRule::Fixed(Init::Normal(0.5)),
                            &edge_owner,
                        )]
                    })?
                }
                None => self.eval(&s, &inner)?,
            };
            if v.kind == VKind::Opaque {
                break;
            }
        }
        if e.dropout > 0.0 {
            v = self.dropout(v, e.dropout, cx);
        }
        Ok((v, join))
    }

    /// Zeros in place of what a feedback arrow carries, before anything has come back.
    fn zeros(&mut self, e: &Edge, text: &[usize], cx: &Cx) -> Out {
        let width = match e.port.as_str() {
            "hidden" => self.hidden_width(e, text, cx, &mut vec![])?,
            _ => self.head_width(e.source),
        };
        Ok(self.blank(e, width, text, cx))
    }

    fn blank(&mut self, e: &Edge, width: Dim, text: &[usize], cx: &Cx) -> Val {
        let kind = match self.reads_kind(e.source) {
            Reads::Seq => VKind::Seq,
            _ => VKind::Vec,
        };
        let donor = self.text_value(text.to_vec(), cx);
        let shape = if kind == VKind::Seq { "seq" } else { "vec" };
        // the width itself may wait for the data; until then these say whose it is
        let set = settings([
            ("shape", Setting::Text(shape.into())),
            ("task", Setting::Int(e.source as i64)),
            ("port", Setting::Text(e.port.clone())),
        ]);
        let out = Val { kind, width, tops: BTreeSet::new(), ..donor.clone() };
        self.plain(cx, "zeros", set, &[&donor], out)
    }

    /// Width of the features of an arrow's source, with all that arrows add to them, before any of it is computed.
    fn hidden_width(&mut self, e: &Edge, text: &[usize], cx: &Cx, open: &mut Vec<usize>) -> Result<Dim, Poison> {
        let task = e.source;
        if let Some((w, ..)) = &self.tasks[task].width {
            return Ok(w.clone());
        }
        if open.contains(&task) {
            let name = self.tasks[task].name.clone();
            let d = Diagnostic::new("E0407", format!("the width of `{name}.hidden` depends on itself"));
            let d = d.at(e.span, format!("makes `{}` wider by its own width", name));
            return Err(self.report(d.help("let the states enter by `via gate` or `via add`")));
        }
        open.push(task);
        let def = &self.p.tasks[self.tasks[task].def];
        let from = def.ast.from.as_ref().ok_or(Poison)?;
        let inner = Cx {
            text: text.to_vec(),
            owner: self.tasks[task].name.clone(),
            env: def.env.clone(),
            encoder: None,
            input: None,
            task,
            ..cx.clone()
        };
        let mut width = self.eval(from, &inner)?.width;
        for k in self.edges_into(task, cx.phase) {
            let into = self.edges[k].clone();
            if self.join_of(&into, &inner).1 != Join::Concat {
                continue;
            }
            let carried = match into.port.as_str() {
                "hidden" => self.hidden_width(&into, text, &inner, open)?,
                _ => self.head_width(into.source),
            };
            let blank = self.blank(&into, carried, text, &inner);
            width = width.plus(&self.via(blank, &into, &inner)?.0.width);
        }
        open.pop();
        Ok(width)
    }

    /// E0501: gold is wanted where the destination's data has none.
    fn gold_here(&mut self, source: usize, e: &Edge, cx: &Cx) -> Result<usize, Poison> {
        if let Some((_, f)) = self.tasks[source].golds.iter().find(|g| g.0 == cx.corpus) {
            return Ok(*f);
        }
        let (name, target) = (self.tasks[source].gold_text.clone(), self.p.data[cx.corpus].name.clone());
        let fields: Vec<&str> = self.p.data[cx.corpus].fields.iter().map(|f| f.name.as_str()).collect();
        let d = Diagnostic::new("E0501", format!("`{target}` has no gold for `{}`", self.tasks[source].name))
            .at(e.span, format!("wants gold on the examples of `{target}`"))
            .with(self.p.data[cx.corpus].span, format!("its fields are {}", fields.join(", ")))
            .with(self.tasks[source].gold_span, format!("the gold is `{name}`"));
        Err(self.report(d.help("write `train predicted`: the source runs on these examples too")))
    }

    /// The value of a port.
    fn port(&mut self, e: &Edge, features: &Val, head: usize, cx: &Cx) -> Out {
        let task = e.source;
        let width = self.head_width(task);
        let probs_less = self.tasks[task].head.name == "regress" && !self.tasks[task].settings.contains_key("bins");
        if probs_less && matches!(e.port.as_str(), "probs" | "labels") {
            let d = Diagnostic::new("E0304", format!("`{}` gives a number, no distribution", self.tasks[task].name));
            return Err(self.report(
                d.at(e.span, format!("sends `.{}`", e.port)).help("use `regress(bins = 5)`, or send `.hidden`"),
            ));
        }
        if self.tasks[task].layer_names.is_some() && e.port != "hidden" {
            self.later(e.span, "an arrow from `tag(per = relation)`");
        }
        let which = match (e.port.as_str(), e.grad) {
            ("hidden", _) => return Ok(features.clone()),
            ("logits", _) => Port::Logits,
            ("probs", _) => Port::Probs,
            ("labels", Grad::Straight) => Port::Straight,
            ("labels", _) => Port::Labels,
            _ => return Ok(Val { kind: VKind::Opaque, ..features.clone() }),
        };
        let out = Val { width: width.clone(), halves: None, parts: vec![], ..features.clone() };
        let name = format!("{}.{}", self.tasks[task].name, e.port);
        let node =
            self.node(cx, Op::Port { task, port: which }, vec![head], Self::shape(&out), width.clone(), name.clone());
        let mut out = Val { node, ..out };
        let share = match e.train {
            Mode::Gold => Some((1.0, 1.0)),
            Mode::Scheduled(a, b) => Some((a, b)),
            _ => None,
        };
        if let Some(share) = share
            && cx.phase == Phase::Train
        {
            let field = self.gold_here(task, e, cx)?;
            let name = format!("{name} or gold");
            out.node = self.node(cx, Op::Gold { task, field, share }, vec![out.node], Self::shape(&out), width, name);
        }
        Ok(out)
    }

    /// The stages of `via` and how its value joins the destination.
    fn join_of(&mut self, e: &Edge, _cx: &Cx) -> (Vec<Expr>, Join) {
        let def = &self.p.edges[e.def];
        let mut stages = vec![];
        if let Some(via) = &def.ast.via {
            pipe_stages(via, &mut stages);
        }
        let join = match stages.last().map(|s| &*s.value) {
            Some(ExprKind::Name(n)) if n == "gate" => Join::Gate,
            Some(ExprKind::Name(n)) if n == "add" => Join::Add,
            Some(ExprKind::Name(n)) if n == "concat" => Join::Concat,
            _ => return (stages, Join::Concat),
        };
        stages.pop();
        (stages, join)
    }

    /// Joins what an arrow carries into `h`.
    fn enter(&mut self, h: Val, edge: usize, cx: &Cx) -> Out {
        let (payload, join) = self.payload(edge, cx)?;
        let e = self.edges[edge].clone();
        if matches!(e.target, Target::Slot(..)) {
            return Ok(Val { kind: VKind::Opaque, ..Self::merged(&[&h], VKind::Opaque, Dim::of(0)) });
        }
        if payload.kind == VKind::Opaque {
            return Ok(Val { kind: VKind::Opaque, ..Self::merged(&[&h, &payload], VKind::Opaque, Dim::of(0)) });
        }
        let c = self.fit(payload, e.span, &h, cx)?;
        let site_span = e.target_span;
        let inner = Cx { owner: e.name.clone(), ..cx.clone() };
        // what an arrow brings does not raise the depth of the layer below
        let keep_tops = |mut v: Val, h: &Val| {
            v.depth = h.depth;
            v.tops.clone_from(&h.tops);
            v
        };
        let v = match join {
            Join::Concat => {
                let width = h.width.plus(&c.width);
                let out = Self::merged(&[&h, &c], h.kind, width);
                self.plain(cx, "concat", Settings::new(), &[&h, &c], out)
            }
            Join::Gate => {
                let out = Self::merged(&[&h, &c], h.kind, h.width.clone());
                self.gate(&inner, Site { span: site_span, sub: 1, word: "gate", numbered: false }, &h, &c, out)?
            }
            Join::Add => {
                let out = Self::merged(&[&h, &c], h.kind, h.width.clone());
                let (owner, dh, dc) = (inner.owner.clone(), h.width.clone(), c.width.clone());
                let site = Site { span: site_span, sub: 1, word: "add", numbered: false };
                self.layer(&inner, site, "add_projected", Settings::new(), &[&h, &c], out, &|s, name| {
                    vec![s.param(
                        format!("{name}.u"),
                        vec![dc.clone(), dh.clone()],
                        InitRule::FanIn(dc.clone()),
                        &owner,
                    )]
                })?
            }
        };
        Ok(keep_tops(v, &h))
    }

    /// E0502: at test, a gold label that another task predicts is not known; unless that task judges this one's output.
    fn leaks_from_other(&mut self, task: usize, corpus: usize, f: usize) {
        let field = &self.p.data[corpus].fields[f];
        if is_texty(&field.ty) || matches!(&field.ty, FieldType::Vec(_) | FieldType::Other { .. }) {
            return;
        }
        let mut later = BTreeSet::from([task]);
        loop {
            let more: Vec<usize> = self
                .edges
                .iter()
                .filter(|e| e.alive && later.contains(&e.source))
                .filter_map(|e| match e.target {
                    Target::Task(t) | Target::Slot(t, _) => Some(t),
                    Target::Encoder(..) => None,
                })
                .filter(|t| !later.contains(t))
                .collect();
            if more.is_empty() {
                break;
            }
            later.extend(more);
        }
        let predictor = (0..self.tasks.len()).find(|o| {
            !later.contains(o)
                && self.tasks[*o].golds.contains(&(corpus, f))
                && self.tasks[*o].when != Some(Phase::Train)
        });
        let Some(o) = predictor else { return };
        let (name, other, field) = (self.tasks[task].name.clone(), self.tasks[o].name.clone(), field.name.clone());
        let span = self.p.tasks[self.tasks[task].def].ast.from.as_ref().map_or(self.tasks[task].span, |e| e.span);
        let d =
            Diagnostic::new("E0502", format!("at test `{name}` reads `{field}`, which `{other}` has yet to predict"))
                .at(span, format!("depends on the gold `{field}`"))
                .with(self.tasks[o].gold_span, format!("what `{other}` predicts"))
                .help(format!("send the prediction instead: `{other}.probs -> {name} via embed(32)`"));
        self.report(d);
    }

    /// E0305: an arrow into a layer that its encoder does not have.
    pub(crate) fn check_layers_entered(&mut self) {
        for k in 0..self.edges.len() {
            let Target::Encoder(i, layer) = self.edges[k].target else { continue };
            if !self.edges[k].alive {
                continue;
            }
            let tops: Vec<usize> = self
                .encoder_memo
                .iter()
                .filter(|(key, _)| key.0 == i)
                .filter_map(|(_, done)| done.as_ref().ok())
                .filter(|(v, _)| v.kind != VKind::Opaque)
                .map(|(_, taps)| taps.len() - 1)
                .collect();
            let Some(top) = tops.into_iter().max() else { continue };
            let k0 = layer.unwrap_or(1) as usize;
            if k0 <= top {
                continue;
            }
            let name = self.p.encoders[i].name.clone();
            let d = match top {
                0 => Diagnostic::new("E0305", format!("`{name}` has no layer that an arrow could enter")),
                1 => Diagnostic::new("E0305", format!("`{name}` has 1 layer")),
                n => Diagnostic::new("E0305", format!("`{name}` has {n} layers")),
            };
            let d = d
                .at(self.edges[k].target_span, format!("there is no layer {k0}"))
                .with(self.p.encoders[i].span, "declared here");
            self.report(match top {
                0 => d.help("let the arrow end at an encoder with a layer, or at a task"),
                n => d.help(format!("write `{name}@{n}`")),
            });
        }
    }

    /// E0502: what a task predicts may not be read to predict it, through any path.
    pub(crate) fn check_leaks(&mut self) {
        for task in 0..self.tasks.len() {
            let t = &self.tasks[task];
            if t.head.self_supervised || t.poisoned {
                continue;
            }
            let memo: Vec<(usize, BTreeSet<usize>)> = self
                .task_memo
                .iter()
                .filter(|(k, _)| k.0 == task && self.graphs[k.1].phase == Phase::Test)
                .filter_map(|(k, v)| v.as_ref().ok().map(|(v, _)| (self.graphs[k.1].corpus, v.reads.clone())))
                .collect();
            let mut memo = memo;
            memo.sort();
            for (corpus, reads) in memo {
                let replaced: Vec<String> = self
                    .edges
                    .iter()
                    .filter(|e| e.when != Some(Phase::Train))
                    .filter_map(|e| match &e.target {
                        Target::Slot(t, s) if *t == task => Some(s.clone()),
                        _ => None,
                    })
                    .collect();
                for f in &reads {
                    let field = &self.p.data[corpus].fields[*f];
                    if replaced.contains(&field.name) {
                        continue;
                    }
                    if !self.tasks[task].golds.contains(&(corpus, *f)) {
                        self.leaks_from_other(task, corpus, *f);
                        continue;
                    }
                    // an autoencoder rebuilds its own text; candidates are no answer
                    let texts = self.p.data[corpus].fields.iter().filter(|f| f.ty.is_text()).count();
                    let list = matches!(&field.ty, FieldType::Other { kind, .. } if kind == "list");
                    if list || field.ty.is_text() && texts == 1 {
                        continue;
                    }
                    let from = self.p.tasks[self.tasks[task].def].ast.from.as_ref();
                    let span = from.map_or(self.tasks[task].span, |e| e.span);
                    let name = field.name.clone();
                    let d =
                        Diagnostic::new("E0502", format!("`{}` reads its own answer `{name}`", self.tasks[task].name))
                            .at(span, format!("depends on `{name}`"))
                            .with(self.tasks[task].gold_span, "the answer")
                            .help("remove it from the features: at test it is not known");
                    self.report(d);
                }
            }
        }
    }
}

/// A place in the text where a layer stands.
#[derive(Clone, Copy)]
struct Site<'a> {
    span: Span,
    /// which of several layers that stand at one place
    sub: usize,
    word: &'a str,
    /// named `bilstm1` even when it is the first
    numbered: bool,
}

impl Site<'_> {
    fn key(&self) -> String {
        format!("{}:{}:{}:{}", self.span.file.0, self.span.start, self.span.end, self.sub)
    }
}

/// How what an arrow carries joins its destination.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Join {
    Concat,
    Gate,
    Add,
}

pub(crate) fn settings<const N: usize>(items: [(&str, Setting); N]) -> Settings {
    items.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
}

fn keep(taps: &mut Vec<Option<Val>>, v: &Val) {
    if v.kind == VKind::Seq || v.kind == VKind::Vec && v.depth as usize >= taps.len() {
        let d = v.depth as usize;
        if taps.len() <= d {
            taps.resize(d + 1, None);
        }
        taps[d] = Some(v.clone());
    }
}

fn flatten<'e>(e: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &*e.value {
        ExprKind::Cat(a, b) => {
            flatten(a, out);
            flatten(b, out);
        }
        _ => out.push(e),
    }
}

fn pipe_stages(e: &Expr, out: &mut Vec<Expr>) {
    match &*e.value {
        ExprKind::Pipe(a, b) => {
            pipe_stages(a, out);
            pipe_stages(b, out);
        }
        ExprKind::Paren(e) => pipe_stages(e, out),
        _ => out.push(e.clone()),
    }
}

/// `embed(32)` inside `via`.
fn label_embedding(e: &Expr) -> Option<&[ast::Arg]> {
    match &*e.value {
        ExprKind::Call(f, args) if crate::hir::is_name(f, "embed") => Some(args),
        _ => None,
    }
}

fn is_texty(t: &FieldType) -> bool {
    match t {
        FieldType::Text | FieldType::Tokens => true,
        FieldType::Other { kind, of, .. } => kind == "list" && of.as_deref().is_some_and(is_texty),
        _ => false,
    }
}

fn graph_has_gold(t: &TaskInfo, corpus: usize) -> bool {
    t.golds.iter().any(|g| g.0 == corpus)
}
