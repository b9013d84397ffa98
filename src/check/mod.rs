//! Types, axes, shapes, flow, phases and leaks: from names to a dataflow whose only unknowns are sizes that the data
//! decides.
//!
//! Every task is elaborated once for each corpus that it is computed on and for each phase, into the graph of that
//! corpus and phase; equal expressions become one node. So one forward code serves training and inference, an arrow
//! A → B runs A on B's own example, and nothing is computed twice for tasks that share it.

mod depends;
pub mod dim;
mod features;
mod heads;
mod losses;
mod schedule;
mod settings;
mod sharing;
mod tasks;
pub mod typed;
mod unused;
mod value;
mod views;
mod words;

use crate::data::{CorpusDecl, FieldType};
use crate::diagnostics::{Diagnostic, suggest};
use crate::graph::{self, TaskGraph};
use crate::hir::{Env, Kind, Options, Program, is_name};
use crate::plan::{
    Claim, Expect, Graph, LabelSpec, Layer, Metric, Op, Phase, Sampler, Setting, Shape, Task, Train, VocabSpec, Weights,
};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, SettingKind};
use dim::{Dim, SymParam};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

pub use tasks::{Edge, Grad, Mode, Target};
pub use value::{Carried, Flow, Form, NodeType, Type};
pub(crate) use value::{Latent, Outer, TRIPLE, VIEWS, VKind, Val};

/// A program that has been checked: the only way to a plan.
#[derive(Debug)]
pub struct Checked {
    pub(crate) corpora: Vec<CorpusDecl>,
    pub(crate) vocabs: Vec<VocabSpec>,
    pub(crate) labels: Vec<LabelSpec>,
    pub(crate) params: Vec<SymParam>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) graphs: Vec<Graph>,
    /// widths of the graphs' nodes, in the same order
    pub(crate) widths: Vec<Vec<Dim>>,
    pub(crate) train: Train,
    pub(crate) expects: Vec<Expect>,
    pub(crate) uncertainty: BTreeMap<usize, usize>,
    pub(crate) typed: typed::Typed,
    task_graph: TaskGraph,
    not_yet: Vec<Diagnostic>,
    summaries: Vec<TaskSummary>,
    arrows: Vec<Edge>,
    shapes: BTreeMap<Place, (Shape, Dim)>,
}

/// A value of the program that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// an encoder (index), after a layer; `u32::MAX`: at its end
    Encoder(usize, u32),
    /// a `let` (index)
    Let(usize),
}

/// A line of `check`'s table.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TaskSummary {
    /// task
    pub name: String,
    /// `tag(crf)`
    pub head: String,
    /// `atis.slots`
    pub target: String,
    /// first metric
    pub metric: String,
    /// loss in words, with its weight
    pub loss: String,
    /// class of the component
    pub step: usize,
}

impl Checked {
    /// Joint or multi-step, steps and reasons.
    pub fn task_graph(&self) -> &TaskGraph {
        &self.task_graph
    }
    /// What the language knows and the trainer cannot run: errors of `run`, not of `check`.
    pub fn not_yet(&self) -> &[Diagnostic] {
        &self.not_yet
    }
    /// The table of tasks.
    pub fn summaries(&self) -> &[TaskSummary] {
        &self.summaries
    }
    /// The shape of an encoder's layer or of a `let`, where it is known.
    pub fn shape_at(&self, place: Place) -> Option<&(Shape, Dim)> {
        self.shapes.get(&place)
    }
    /// The arrows between tasks, and into encoders.
    pub fn arrows(&self) -> &[Edge] {
        &self.arrows
    }
    /// The data sets.
    pub fn corpora(&self) -> &[CorpusDecl] {
        &self.corpora
    }
    /// The vocabularies that the data must give.
    pub fn vocabs(&self) -> &[VocabSpec] {
        &self.vocabs
    }
    /// The label sets that the data must give.
    pub fn labels(&self) -> &[LabelSpec] {
        &self.labels
    }
    /// The parameters of a task's head, an encoder or an arrow, by owner, with their (perhaps unknown) sizes.
    pub fn params(&self) -> &[SymParam] {
        &self.params
    }
    /// The tasks.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }
}

/// Marks a value about which a finding exists already: nothing else is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Poison;

/// What is known of a task before its features are.
#[derive(Debug)]
pub(crate) struct TaskInfo {
    pub name: String,
    pub def: usize,
    pub span: Span,
    pub head: &'static crate::builtins::Head,
    pub rule: &'static heads::HeadRule,
    pub head_text: String,
    pub settings: crate::plan::Settings,
    pub golds: Vec<(usize, usize)>,
    /// the texts that a computed gold compares
    pub compares: Vec<usize>,
    /// type of the gold
    pub gold: Option<FieldType>,
    pub gold_text: String,
    pub gold_span: Span,
    pub corpora: Vec<usize>,
    pub labels: Option<usize>,
    pub layer_names: Option<usize>,
    pub metrics: Vec<Metric>,
    pub weight: f64,
    pub when: Option<Phase>,
    pub dropout: f64,
    pub params: Vec<usize>,
    /// width of the head's features, once known, and where they were seen
    pub width: Option<(Dim, Phase, usize)>,
    pub tops: BTreeSet<(usize, u32)>,
    pub star: bool,
    pub reversed: bool,
    pub poisoned: bool,
    /// `--only` names others
    pub left_out: bool,
}

/// A task on a graph, in a round of feedback, over a text.
type TaskKey = (usize, usize, u32, Vec<usize>);
/// An encoder on a graph, in a round of feedback, over a text or on the value of a node.
pub(crate) type EncoderKey = (usize, usize, u32, Vec<usize>, Option<usize>);
/// An encoder's value and its layers by depth.
type Encoded = (Val, Vec<Option<Val>>);

pub(crate) struct Checker<'p> {
    /// whose features are looked through for names
    walked: Option<&'p str>,
    pub p: &'p Program,
    pub d: Vec<Diagnostic>,
    pub not_yet: Vec<Diagnostic>,
    pub tasks: Vec<TaskInfo>,
    pub edges: Vec<Edge>,
    pub vocabs: Vec<VocabSpec>,
    pub labels: Vec<LabelSpec>,
    pub params: Vec<SymParam>,
    pub layers: Vec<Layer>,
    pub layer_keys: HashMap<String, (usize, Vec<Dim>)>,
    pub layer_names: HashMap<String, usize>,
    pub graphs: Vec<Graph>,
    pub widths: Vec<Vec<Dim>>,
    pub types: Vec<Vec<NodeType>>,
    /// what travels along each arrow, by (arrow, graph)
    pub carried: BTreeMap<(usize, usize), Vec<Carried>>,
    /// types of tasks, by (task, graph)
    pub task_types: BTreeMap<(usize, usize), typed::TaskType>,
    /// paths of pretrained models
    pub models: Vec<String>,
    /// the place of the expression that is being elaborated
    pub here: Span,
    pub node_keys: Vec<HashMap<Vec<u64>, usize>>,
    pub task_memo: HashMap<TaskKey, Result<(Val, usize), Poison>>,
    pub encoder_memo: HashMap<EncoderKey, Result<Rc<Encoded>, Poison>>,
    /// layers so far of encoders that are being elaborated: an arrow may lead from a task on a lower layer to a higher
    pub partial: HashMap<EncoderKey, Vec<Option<Val>>>,
    pub let_memo: HashMap<EncoderKey, Result<Val, Poison>>,
    /// how many encoders, `let`s and tasks are being elaborated within each other
    pub nesting: usize,
    /// encoder layer → encoder layers directly below
    pub below: BTreeMap<(usize, u32), BTreeSet<(usize, u32)>>,
    pub dropout: f64,
    pub used_encoders: BTreeSet<usize>,
    /// arrows by where they end: (task) or (encoder, layer)
    pub into_task: HashMap<usize, Vec<usize>>,
    pub into_layer: HashMap<(usize, u32), Vec<usize>>,
    /// places of tasks among those of a graph: (graph, task)
    pub placed: HashMap<(usize, usize), usize>,
    /// label sets by what they are read from
    pub label_keys: HashMap<(Vec<(usize, usize)>, bool), usize>,
    /// texts among the fields of each data set
    pub texts: Vec<Vec<usize>>,
    /// what was reported: code and place
    said: HashSet<(&'static str, Span)>,
}

/// Names in order, at most twelve of them.
fn listed(mut names: Vec<&str>) -> String {
    names.sort_unstable();
    names.dedup();
    let more = if names.len() > 12 { ", ..." } else { "" };
    names.truncate(12);
    format!("{}{more}", names.join(", "))
}

/// Checks a program.
pub fn check(p: &Program, options: &Options) -> (Option<Checked>, Vec<Diagnostic>) {
    let mut c = Checker {
        p,
        d: vec![],
        not_yet: vec![],
        tasks: vec![],
        edges: vec![],
        vocabs: vec![],
        labels: vec![],
        params: vec![],
        layers: vec![],
        layer_keys: HashMap::new(),
        layer_names: HashMap::new(),
        graphs: vec![],
        widths: vec![],
        types: vec![],
        carried: BTreeMap::new(),
        task_types: BTreeMap::new(),
        models: vec![],
        here: Span::default(),
        node_keys: vec![],
        task_memo: HashMap::new(),
        encoder_memo: HashMap::new(),
        partial: HashMap::new(),
        let_memo: HashMap::new(),
        nesting: 0,
        below: BTreeMap::new(),
        dropout: 0.0,
        used_encoders: BTreeSet::new(),
        into_task: HashMap::new(),
        into_layer: HashMap::new(),
        placed: HashMap::new(),
        label_keys: HashMap::new(),
        texts: p.data.iter().map(features::texts).collect(),
        said: HashSet::new(),
        walked: None,
    };
    if p.tasks.is_empty() {
        let d = Diagnostic::new("E0307", "the program has no task");
        c.d.push(d.help("add one: `task slot : tag of corpus.slots from enc`"));
    }
    c.dropout = c.train_dropout();
    c.resolve_names();
    c.collect_tasks();
    c.collect_edges();
    c.check_shares();
    c.apply(options);
    let cyclic = graph::cycles(p, &c.edges, &c.names_of_tasks());
    for (d, edges) in cyclic {
        c.d.push(d);
        for e in edges {
            c.edges[e].alive = false;
        }
    }
    c.elaborate();
    c.check_layers_entered();
    c.check_leaks();
    c.check_shared_shapes();
    let train = c.train_settings();
    c.check_kept();
    let reached = c.check_losses();
    c.check_trained(&reached);
    c.check_latents(&reached);
    c.check_unused(&train);
    let task_graph = c.classify();
    let (expects, uncertainty) = c.finish(&task_graph, &train);
    c.check_gaps();
    c.d.sort_by_key(|d| d.primary.as_ref().map_or((u32::MAX, 0), |l| (l.span.file.0, l.span.start)));
    let ok = !c.d.iter().any(Diagnostic::is_error);
    let mut seen = BTreeSet::new();
    c.not_yet.retain(|d| seen.insert((d.message.clone(), d.primary.as_ref().map(|l| l.span))));
    if !ok {
        return (None, c.d);
    }
    let summaries = c.summaries(&task_graph);
    let shapes = c.shapes();
    let tasks = c
        .tasks
        .iter()
        .enumerate()
        .map(|(i, t)| Task {
            name: t.name.clone(),
            head: t.head.name.into(),
            settings: t.settings.clone(),
            params: t.params.clone(),
            labels: t.labels,
            layers: t.layer_names,
            weight: t.weight,
            golds: t.golds.clone(),
            metrics: t.metrics.clone(),
            step: task_graph.step_of(i),
        })
        .collect();
    let kept: Vec<usize> = (0..c.tasks.len()).filter(|i| !c.tasks[*i].left_out).collect();
    let typed = c.typed();
    let mut checked = Checked {
        corpora: p.data.clone(),
        vocabs: c.vocabs,
        labels: c.labels,
        params: c.params,
        layers: c.layers,
        tasks,
        typed,
        graphs: c.graphs,
        widths: c.widths,
        train,
        expects,
        uncertainty,
        task_graph,
        not_yet: c.not_yet,
        summaries,
        arrows: c.edges.into_iter().filter(|e| e.alive).collect(),
        shapes,
    };
    if kept.len() < checked.tasks.len() {
        keep_only(&mut checked, &kept);
    }
    (Some(checked), c.d)
}

/// Takes the tasks that `--only` leaves out from everything that goes on: no head is built for them.
fn keep_only(c: &mut Checked, kept: &[usize]) {
    let places: HashMap<usize, usize> = kept.iter().enumerate().map(|(n, old)| (*old, n)).collect();
    let new = |old: usize| places.get(&old).copied();
    let move_to = |task: &mut usize| new(*task).map(|n| *task = n).is_some();
    c.typed.keep_only(&new);
    c.tasks = kept.iter().map(|i| c.tasks[*i].clone()).collect();
    c.summaries = kept.iter().map(|i| c.summaries[*i].clone()).collect();
    for e in &mut c.arrows {
        move_to(&mut e.source);
        if let Target::Task(t) | Target::Slot(t, _) = &mut e.target {
            move_to(t);
        }
    }
    for g in &mut c.graphs {
        g.tasks.retain_mut(|t| move_to(&mut t.task));
        for n in &mut g.nodes {
            if let Op::Head { task } | Op::Port { task, .. } | Op::Gold { task, .. } = &mut n.op {
                move_to(task);
            }
        }
    }
    for l in &mut c.layers {
        if let Some(Setting::Int(task)) = l.settings.get_mut("task")
            && let Some(n) = new(*task as usize)
        {
            *task = n as i64;
        }
    }
    for s in &mut c.train.stages {
        s.tasks.retain_mut(|t| move_to(t));
        match &mut s.sampler {
            Sampler::Alternate { turns } => turns.retain_mut(|t| move_to(&mut t.0)),
            Sampler::Mix { rates } => rates.retain_mut(|t| move_to(&mut t.0)),
            Sampler::Joint | Sampler::Random | Sampler::Proportional { .. } | Sampler::Smoothed { .. } => {}
        }
        // uncertainty's parameters are filled in with the plan
        if let Weights::Fixed { weights } = &mut s.weights {
            weights.retain_mut(|t| move_to(&mut t.0));
        }
    }
    if let Some(s) = &mut c.train.objective {
        s.renumber(&new);
    }
    for e in &mut c.expects {
        match &mut e.claim {
            Claim::Verdict => {}
            Claim::Figure { score, .. } | Claim::Drop { score, .. } => score.renumber(&new),
            Claim::Gain { score, task, .. } => {
                score.renumber(&new);
                move_to(task);
            }
        }
    }
    c.uncertainty = std::mem::take(&mut c.uncertainty).into_iter().filter_map(|(t, p)| Some((new(t)?, p))).collect();
    c.task_graph = c.task_graph.keep(kept);
    for (i, (t, s)) in c.tasks.iter_mut().zip(&mut c.summaries).enumerate() {
        t.step = c.task_graph.step_of(i);
        s.step = t.step;
    }
}

impl Checker<'_> {
    /// Reports a finding once, however many members of a family or phases show it.
    pub fn report(&mut self, d: Diagnostic) -> Poison {
        if d.primary.as_ref().is_none_or(|l| self.said.insert((d.code, l.span))) {
            self.d.push(d);
        }
        Poison
    }

    /// `--only` and `--without`: tasks and arrows that are left out.
    fn apply(&mut self, options: &Options) {
        let base = |n: &str| n.split('[').next().unwrap_or(n).to_string();
        let mut findings = vec![];
        for (s, t) in &options.without {
            let s = s.split('.').next().unwrap_or(s);
            let hit: Vec<usize> = (0..self.edges.len()).filter(|i| self.edge_is(&self.edges[*i], s, t)).collect();
            if hit.is_empty() {
                let all: Vec<String> = self.edges.iter().map(|e| format!("`{}`", e.name)).collect();
                let d = Diagnostic::new("E0309", format!("there is no arrow `{s} -> {t}` to be cut"));
                findings.push(d.help(match all.as_slice() {
                    [] => "the program has no arrows".to_string(),
                    _ => format!("arrows are: {}", all.join(", ")),
                }));
            }
            for i in hit {
                self.edges[i].alive = false;
            }
        }
        if !options.only.is_empty() {
            for o in &options.only {
                if !self.tasks.iter().any(|t| t.name == *o || base(&t.name) == *o) {
                    let names = self.names_of_tasks();
                    let d = Diagnostic::new("E0201", format!("`--only {o}`: no task is called so"));
                    findings.push(d.help(format!("tasks are: {}", names.join(", "))));
                }
            }
            for i in 0..self.tasks.len() {
                let name = &self.tasks[i].name;
                self.tasks[i].left_out = !options.only.iter().any(|o| o == name || *o == base(name));
            }
            for e in &mut self.edges {
                let into = match e.target {
                    Target::Task(t) | Target::Slot(t, _) => Some(t),
                    Target::Encoder(..) => None,
                };
                e.alive &= !self.tasks[e.source].left_out && into.is_none_or(|t| !self.tasks[t].left_out);
            }
        }
        for d in findings {
            self.d.push(d);
        }
    }

    /// Notes that the trainer cannot run something yet.
    pub fn later(&mut self, span: Span, what: impl Into<String>) {
        let d = Diagnostic::new("E0701", format!("{} cannot be trained yet", what.into()));
        self.not_yet.push(d.at(span, "checked, but not run by this version"));
    }

    pub fn names_of_tasks(&self) -> Vec<String> {
        self.tasks.iter().map(|t| t.name.clone()).collect()
    }

    /// A finding for an unknown name, with near names of the wanted kinds first.
    pub fn unknown(&mut self, name: &str, span: Span, wanted: &[Kind], more: &[&str], what: &str) -> Poison {
        if self.p.lost.contains(name) {
            return Poison;
        }
        let right: Vec<&str> = self
            .p
            .all_names()
            .filter(|(_, k)| wanted.contains(k))
            .map(|(n, _)| n)
            .chain(more.iter().copied())
            .collect();
        if let Some((_, kind)) = self.p.all_names().find(|(n, _)| *n == name) {
            let d = Diagnostic::new("E0244", format!("`{name}` is {}, not {what}", kind.a())).at(span, "");
            return self.report(match suggest::question(&suggest::near(name, right.iter().copied())) {
                Some(q) => d.help(q),
                None if right.is_empty() => d,
                None => d.help(format!("known here: {}", listed(right))),
            });
        }
        let d = Diagnostic::new("E0201", format!("nothing is called `{name}`")).at(span, format!("expected {what}"));
        let near = suggest::near(name, right.iter().copied());
        // perhaps it is the name of a field that could not be read
        if near.is_empty() && !more.is_empty() && self.p.has_field(crate::syntax::ast::UNREADABLE).is_some() {
            return Poison;
        }
        let d = match suggest::question(&near) {
            Some(q) => {
                let d = d.help(q);
                if near.len() == 1 { d.fix(span, near[0], true) } else { d }
            }
            None => {
                let wrong: Vec<(&str, Kind)> = self.p.all_names().collect();
                let near = suggest::near(name, wrong.iter().map(|(n, _)| *n));
                match near.first().and_then(|n| wrong.iter().find(|(w, _)| w == n)) {
                    Some((n, k)) => d.help(format!("`{n}` is {}, not {what}", k.a())),
                    None if !right.is_empty() && right.len() <= 12 => d.help(format!("known here: {}", listed(right))),
                    // the words of the language are too many to be listed
                    None => {
                        match self.p.all_names().filter(|(_, k)| wanted.contains(k)).map(|(n, _)| n).collect::<Vec<_>>()
                        {
                            own if own.is_empty() && wanted.contains(&Kind::Encoder) => {
                                d.help(format!("declare it: `encoder {name} = embed(64) |> bilstm(64)`"))
                            }
                            own if own.is_empty() => d,
                            own => d.help(format!("declared are: {}", listed(own))),
                        }
                    }
                }
            }
        };
        self.report(d)
    }

    /// A word that is none of a table's.
    pub fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Poison {
        let d = Diagnostic::new(code, format!("`{word}` is not {what}")).at(span, "unknown");
        let near = suggest::near(word, known.iter().copied());
        let d = match near.as_slice() {
            [] => d.help(format!("known are: {}", known.join(", "))),
            [one] => d.help(format!("did you mean `{one}`?")).fix(span, *one, true),
            many => d.help(suggest::question(many).unwrap_or_default()),
        };
        self.report(d)
    }

    pub fn number(&mut self, e: &Expr, env: &Env, what: &str) -> Result<f64, Poison> {
        match self.p.constant(e, env) {
            Some(crate::hir::Item::Number(n)) => Ok(n),
            _ => {
                if self.unreadable(e, env) {
                    return Err(Poison);
                }
                let d = Diagnostic::new("E0207", format!("{what} must be a number")).at(e.span, "not a number");
                Err(self.report(d.help("write a number, for example `0.1`, `10%` or `20k`")))
            }
        }
    }

    /// Whether an expression, or what it names, has a finding already.
    fn unreadable(&self, e: &Expr, env: &Env) -> bool {
        use crate::hir::Meaning;
        match &*e.value {
            ExprKind::Error => true,
            ExprKind::Paren(e) | ExprKind::Neg(e) => self.unreadable(e, env),
            ExprKind::Binary(_, a, b) => self.unreadable(a, env) || self.unreadable(b, env),
            ExprKind::Name(n) => match self.p.lookup(n, env) {
                Some(Meaning::One(Kind::Param, i)) => self.unreadable(&self.p.params[i].value, &Env::default()),
                Some(Meaning::One(Kind::Let, i)) => self.unreadable(&self.p.lets[i].value, &self.p.lets[i].env),
                _ => false,
            },
            _ => false,
        }
    }

    pub fn size(&mut self, e: &Expr, env: &Env, what: &str) -> Result<usize, Poison> {
        let n = self.number(e, env, what)?;
        if n < 1.0 || n.fract() != 0.0 || n > 1e9 {
            let d = Diagnostic::new("E0207", format!("{what} must be a whole number of at least 1"));
            return Err(self.report(d.at(e.span, format!("this is {n}")).help("write a whole number")));
        }
        Ok(n as usize)
    }

    pub fn rate(&mut self, e: &Expr, env: &Env, what: &str) -> Result<f64, Poison> {
        let p = self.number(e, env, what)?;
        if !(0.0..1.0).contains(&p) {
            let d = Diagnostic::new("E0207", format!("{what} must be a share from 0% to below 100%"));
            // `dropout 30` can only mean `30%`
            let bare = matches!(&*e.value, ExprKind::Number(n) if n.unit.is_none());
            let plain = bare && p > 1.0 && p < 100.0;
            let help = if plain { format!("write `{p}%`") } else { "for example `30%`".into() };
            let is = if bare { p.to_string() } else { format!("{}%", p * 100.0) };
            let d = d.at(e.span, format!("this is {is}")).help(help);
            return Err(self.report(if plain { d.fix(e.span, format!("{p}%"), true) } else { d }));
        }
        Ok(p)
    }

    /// Shapes of encoders and `let`s as they were elaborated first.
    fn shapes(&self) -> BTreeMap<Place, (Shape, Dim)> {
        let known = |v: &Val| (v.kind != VKind::Opaque).then(|| (Self::shape(v), v.width.clone()));
        let mut out = BTreeMap::new();
        let mut keys: Vec<&EncoderKey> = self.encoder_memo.keys().collect();
        keys.sort_unstable();
        for k in keys {
            let Some(Ok((v, taps))) = self.encoder_memo.get(k).map(|r| r.as_deref()) else { continue };
            let layers = taps.iter().enumerate().filter_map(|(d, v)| Some((d as u32, v.as_ref()?)));
            for (d, v) in layers.chain([(u32::MAX, v)]) {
                if let Some(s) = known(v) {
                    out.entry(Place::Encoder(k.0, d)).or_insert(s);
                }
            }
        }
        let mut keys: Vec<&EncoderKey> = self.let_memo.keys().collect();
        keys.sort_unstable();
        for k in keys {
            if let Some(Ok(v)) = self.let_memo.get(k)
                && let Some(s) = known(v)
            {
                out.entry(Place::Let(k.0)).or_insert(s);
            }
        }
        out
    }

    fn summaries(&self, g: &TaskGraph) -> Vec<TaskSummary> {
        self.tasks
            .iter()
            .enumerate()
            .map(|(i, t)| TaskSummary {
                name: t.name.clone(),
                head: t.head_text.clone(),
                target: t.gold_text.clone(),
                metric: t.metrics.first().map(|m| m.label.clone()).unwrap_or_default(),
                loss: {
                    let own = self.p.tasks[t.def].ast.options.iter().find_map(|s| match &s.value {
                        SettingKind::Attr { name, values } if name.value == "loss" => values.first(),
                        _ => None,
                    });
                    let l = match own {
                        Some(e) if !t.rule.own_loss.is_some_and(|l| is_name(e, l)) => tasks::path_words(e),
                        _ => (t.rule.loss)(&t.settings).unwrap_or(t.head.loss).into(),
                    };
                    if t.weight == 1.0 { l } else { format!("{} × {l}", t.weight) }
                },
                step: g.step_of(i),
            })
            .collect()
    }

    /// Words of a shape for messages.
    pub fn shape_words(v: &Val) -> String {
        let one = match v.kind {
            VKind::Text => "a text".into(),
            VKind::Seq => format!("a vector of {} for each token", v.width),
            VKind::Vec if v.outer.is_empty() => format!("one vector of {} for each example", v.width),
            VKind::Vec => format!("a vector of {}", v.width),
            VKind::Label => "a class".into(),
            VKind::Spans => "spans".into(),
            VKind::Graph => "a graph".into(),
            VKind::Opaque => "a value".into(),
        };
        match v.outer.as_slice() {
            [] => one,
            lists => {
                let names: Vec<String> = lists.iter().map(|o| format!("`{}`", o.name)).collect();
                format!("{one}, for each of {}", names.join(" and of "))
            }
        }
    }

    pub(crate) fn shape(v: &Val) -> Shape {
        match v.kind {
            VKind::Text => Shape::Text,
            VKind::Seq => Shape::Seq(v.width.n),
            _ => Shape::Vec(v.width.n),
        }
    }
}
