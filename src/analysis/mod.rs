//! The task graph: cycles, dependencies, joint or multi-step (Zhang et al. 2022, equations 2 and 3).
//!
//! A ⇒ B if an arrow path leads from A to what B reads, at training or at test, or if every encoder layer that A taps
//! lies strictly below some layer that B taps (supervision at a lower layer). `joint` iff ⇒ is empty.

mod classify;
pub mod reads;

pub use classify::{Layer, Taps, classify};

use crate::ast::{Expr, ExprKind, Tap};
use crate::diagnostics::Diagnostic;
use crate::hir::{Env, Kind, Meaning, Program};
use crate::plan::Phase;
use crate::source::Span;
use crate::types::{Edge, Mode, Target};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashMap as HashMap;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// One task comes before another. A large program has very many: why is put into words when it is asked for
/// ([`TaskGraph::reason`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// the task that comes first (index)
    pub from: usize,
    /// the task that needs it
    pub to: usize,
    /// by what
    pub by: By,
}

/// What makes one task come before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// an arrow
    Arrow {
        /// its name
        name: Arc<str>,
        /// what it carries
        what: &'static str,
        /// in which phase, if not in both alike
        when: &'static str,
    },
    /// depth: the layers at which the two are supervised, in words
    Depth(Arc<str>, Arc<str>),
}

/// The classified graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskGraph {
    /// names of the tasks
    pub tasks: Vec<String>,
    /// direct dependencies, arrows first
    pub dependencies: Vec<Dependency>,
    /// false when there are so many by way of layers that only the first are listed
    pub complete: bool,
    /// tasks by step: those of one step are trained jointly
    pub steps: Vec<Vec<usize>>,
    /// weakly connected components under ⇒
    pub components: Vec<Vec<usize>>,
    /// what looks like a dependency and is none: feedback, self-supervision below another task
    pub notes: Vec<String>,
    /// step of each task
    level: Vec<usize>,
}

impl TaskGraph {
    /// Multi-step rather than joint.
    pub fn multi_step(&self) -> bool {
        !self.dependencies.is_empty()
    }
    /// Why one task comes before another: the arrow, or the two taps, in words.
    pub fn reason(&self, d: &Dependency) -> String {
        let name = |t: usize| self.tasks.get(t).map_or("", String::as_str);
        match &d.by {
            By::Arrow { .. } => format!("`{}` needs {}", name(d.to), self.needs(d)),
            By::Depth(low, high) => {
                format!("`{}` is supervised at {low}, below `{}` at {high}", name(d.from), name(d.to))
            }
        }
    }
    /// What is needed and by which arrow, the same for all tasks to which that arrow leads; empty for depth.
    pub fn needs(&self, d: &Dependency) -> String {
        let By::Arrow { name, what, when } = &d.by else { return String::new() };
        let source = self.tasks.get(d.from).map_or("", String::as_str);
        format!("the {what} of `{source}`{when}, by the arrow `{name}`")
    }
    /// Why it is what it is, a sentence each: for every arrow and every pair of depths, or that there is none.
    pub fn reasons(&self) -> Vec<String> {
        match (self.dependencies.is_empty(), self.tasks.len()) {
            (true, 0 | 1) => return vec!["a single task".into()],
            (true, _) => return vec!["no task needs another's output, and none is supervised below another".into()],
            _ => {}
        }
        let mut out: Vec<String> = vec![];
        // what an arrow brings to several tasks is one sentence
        let mut told: HashMap<String, (usize, Vec<String>)> = HashMap::default();
        for d in &self.dependencies {
            let task = || self.tasks.get(d.to).map(|name| format!("`{name}`"));
            let needs = self.needs(d);
            match told.get_mut(&needs).filter(|_| !needs.is_empty()) {
                Some((_, tasks)) => tasks.extend(task()),
                None => {
                    told.insert(needs, (out.len(), task().into_iter().collect()));
                    out.push(self.reason(d));
                }
            }
        }
        for (needs, (at, tasks)) in told {
            if let ([first @ .., last], false) = (tasks.as_slice(), needs.is_empty())
                && !first.is_empty()
            {
                out[at] = format!("{} and {last} need {needs}", first.join(", "));
            }
        }
        out
    }
    /// The step of a task, from 0.
    pub fn step_of(&self, task: usize) -> usize {
        self.level.get(task).copied().unwrap_or(0)
    }
    /// `pos → chunk → {dep, ner}` for the tasks of one component.
    pub fn chain(&self, component: &[usize]) -> String {
        let mut steps: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for t in component {
            steps.entry(self.step_of(*t)).or_default().push(&self.tasks[*t]);
        }
        let parts = steps.values().map(|names| match names.as_slice() {
            [one] => (*one).to_string(),
            many => format!("{{{}}}", many.join(", ")),
        });
        parts.collect::<Vec<_>>().join(" → ")
    }

    /// What remains of a graph in which the other tasks take no part; `kept` ascends.
    pub(crate) fn keep(&self, kept: &[usize]) -> TaskGraph {
        let new: HashMap<usize, usize> = kept.iter().enumerate().map(|(n, old)| (*old, n)).collect();
        let renumber = |groups: &[Vec<usize>]| -> Vec<Vec<usize>> {
            let group = |g: &Vec<usize>| g.iter().filter_map(|t| new.get(t).copied()).collect::<Vec<_>>();
            groups.iter().map(group).filter(|g| !g.is_empty()).collect()
        };
        let moved = |d: &Dependency| Some(Dependency { from: *new.get(&d.from)?, to: *new.get(&d.to)?, ..d.clone() });
        TaskGraph {
            tasks: kept.iter().map(|t| self.tasks[*t].clone()).collect(),
            dependencies: self.dependencies.iter().filter_map(moved).collect(),
            complete: self.complete,
            steps: renumber(&self.steps),
            components: renumber(&self.components),
            notes: self.notes.clone(),
            level: kept.iter().map(|t| self.step_of(*t)).collect(),
        }
    }
}

impl Serialize for TaskGraph {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told {
            from: usize,
            to: usize,
            reason: String,
            needs: String,
        }
        let told = |d: &Dependency| Told { from: d.from, to: d.to, reason: self.reason(d), needs: self.needs(d) };
        let mut out = s.serialize_struct("TaskGraph", 6)?;
        out.serialize_field("tasks", &self.tasks)?;
        out.serialize_field("dependencies", &self.dependencies.iter().map(told).collect::<Vec<_>>())?;
        out.serialize_field("complete", &self.complete)?;
        out.serialize_field("steps", &self.steps)?;
        out.serialize_field("components", &self.components)?;
        out.serialize_field("notes", &self.notes)?;
        out.end()
    }
}

/// Stands for the last layer of an encoder whose number of layers is not known.
pub(crate) const TOP: u32 = u32::MAX;

fn layer_words(p: &Program, (e, k): Layer) -> String {
    let name = &p.encoders[e].name;
    match k {
        0 => format!("the floor of `{name}`"),
        TOP => format!("the last layer of `{name}`"),
        k => format!("layer {k} of `{name}`"),
    }
}

/// A place of the computation: a task, or the input of an encoder's layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Place {
    Task(usize),
    /// layer k of encoder i (0: below its first layer; u32::MAX: its output)
    Layer(usize, u32),
}

/// Why one place needs another.
#[derive(Clone, Debug)]
enum Link {
    /// an arrow (index)
    Arrow(usize),
    /// a read in an expression
    Reads(Span),
    /// layers of one encoder
    Stack,
}

struct Static<'p> {
    p: &'p Program,
    graph: DiGraph<Place, Link>,
    index: HashMap<Place, NodeIndex>,
    /// layers of each encoder that are named anywhere
    taps: BTreeMap<usize, BTreeSet<u32>>,
    /// what each `let` reads
    lets: HashMap<usize, Vec<Place>>,
}

impl Static<'_> {
    fn node(&mut self, p: Place) -> NodeIndex {
        match self.index.get(&p) {
            Some(i) => *i,
            None => {
                let i = self.graph.add_node(p);
                self.index.insert(p, i);
                i
            }
        }
    }

    /// Notes that a layer of an encoder is named.
    fn tapped(&mut self, place: Place) {
        if let Place::Layer(i, k) = place
            && k != u32::MAX
        {
            self.taps.entry(i).or_default().insert(k);
        }
    }

    fn link(&mut self, a: Place, b: Place, l: Link) {
        let (a, b) = (self.node(a), self.node(b));
        self.graph.add_edge(a, b, l);
    }

    /// Every encoder place that an expression reads. (`let`s in terms of themselves are cut before.)
    fn reads(&mut self, e: &Expr, env: &Env, out: &mut Vec<(Place, Span)>) {
        match &*e.value {
            ExprKind::Name(n) => self.reads_name(n, None, None, e.span, env, out),
            ExprKind::Tap(b, t) => match &*b.value {
                ExprKind::Name(n) => self.reads_name(n, Some(&t.value), None, e.span, env, out),
                ExprKind::Index(n, Some(k)) => {
                    if let ExprKind::Name(n) = &*n.value {
                        self.reads_name(n, Some(&t.value), Some(k), e.span, env, out);
                    }
                }
                _ => self.reads(b, env, out),
            },
            ExprKind::Index(b, Some(k)) => {
                if let ExprKind::Name(n) = &*b.value {
                    self.reads_name(n, None, Some(k), e.span, env, out);
                }
            }
            ExprKind::Call(f, args) => {
                self.reads(f, env, out);
                for a in args {
                    self.reads(&a.value, env, out);
                }
            }
            ExprKind::Pipe(a, b) | ExprKind::Cat(a, b) | ExprKind::Binary(_, a, b) => {
                self.reads(a, env, out);
                self.reads(b, env, out);
            }
            ExprKind::Paren(a) | ExprKind::Neg(a) | ExprKind::Dot(a, _) => self.reads(a, env, out),
            ExprKind::List(items) => items.iter().for_each(|i| self.reads(i, env, out)),
            _ => {}
        }
    }

    fn reads_name(
        &mut self,
        name: &str,
        tap: Option<&Tap>,
        index: Option<&Expr>,
        span: Span,
        env: &Env,
        out: &mut Vec<(Place, Span)>,
    ) {
        let p = self.p;
        let found: Vec<(Kind, usize)> = match index {
            Some(k) => {
                let Some(key) = p.constant(k, env).map(|i| i.key()) else { return };
                let members = p.members(name, Some(&key), false);
                members.map(|(k, m)| m.into_iter().map(|i| (k, i)).collect()).unwrap_or_default()
            }
            None => match p.lookup(name, env) {
                Some(Meaning::One(k, i)) => vec![(k, i)],
                _ => vec![],
            },
        };
        for (kind, i) in found {
            match kind {
                Kind::Encoder => {
                    let k = match tap {
                        Some(Tap::Layer(k) | Tap::Range(_, Some(k))) => layer_number(*k),
                        _ => u32::MAX,
                    };
                    out.push((Place::Layer(i, k), span));
                }
                Kind::Let => {
                    if !self.lets.contains_key(&i) {
                        self.lets.insert(i, vec![]);
                        let mut inner = vec![];
                        self.reads(&p.lets[i].value, &p.lets[i].env, &mut inner);
                        let places: BTreeSet<Place> = inner.into_iter().map(|(p, _)| p).collect();
                        self.lets.insert(i, places.into_iter().collect());
                    }
                    out.extend(self.lets[&i].iter().map(|p| (*p, span)));
                }
                _ => {}
            }
        }
    }
}

/// A layer's number; no encoder has as many layers as the highest one says.
fn layer_number(k: u64) -> u32 {
    u32::try_from(k).unwrap_or(u32::MAX).min(u32::MAX - 1)
}

/// The computation graph of one phase (or of both).
fn static_graph<'p>(p: &'p Program, edges: &[Arc<Edge>], phase: Option<Phase>) -> Static<'p> {
    let mut s =
        Static { p, graph: DiGraph::new(), index: HashMap::default(), taps: BTreeMap::new(), lets: HashMap::default() };
    let mut reads: Vec<(Place, Vec<(Place, Span)>)> = vec![];
    // where no arrow enters an encoder, no encoder depends on a task: what tasks read closes no circle
    let entered = edges.iter().any(|e| matches!(e.target, Target::Encoder(..)));
    let mut out = vec![];
    for (t, def) in p.tasks.iter().enumerate() {
        if let Some(from) = &def.ast.from {
            s.reads(from, &def.env, &mut out);
        }
        for (place, _) in &out {
            s.tapped(*place);
        }
        match entered {
            true => reads.push((Place::Task(t), std::mem::take(&mut out))),
            false => out.clear(),
        }
    }
    for (i, e) in p.encoders.iter().enumerate() {
        let mut out = vec![];
        s.reads(&e.value, &e.env, &mut out);
        reads.push((Place::Layer(i, 0), out));
        s.taps.entry(i).or_default();
    }
    for (_, out) in &reads {
        out.iter().for_each(|(place, _)| s.tapped(*place));
    }
    for e in edges {
        if let Target::Encoder(i, k) = e.target {
            s.taps.entry(i).or_default().insert(k.unwrap_or(1));
        }
    }
    let taps: Vec<(usize, BTreeSet<u32>)> = s.taps.iter().map(|(i, t)| (*i, t.clone())).collect();
    for (i, layers) in taps {
        let mut chain: Vec<u32> = layers.into_iter().filter(|k| *k != 0).collect();
        chain.insert(0, 0);
        chain.push(u32::MAX);
        for w in chain.windows(2) {
            s.link(Place::Layer(i, w[0]), Place::Layer(i, w[1]), Link::Stack);
        }
    }
    for (to, out) in reads {
        s.node(to);
        for (from, span) in out {
            s.link(from, to, Link::Reads(span));
        }
    }
    for (k, e) in edges.iter().enumerate() {
        if !e.alive || e.rounds.is_some() || phase.is_some_and(|ph| e.when.is_some_and(|w| w != ph)) {
            continue;
        }
        let to = match &e.target {
            Target::Task(t) | Target::Slot(t, _) => Place::Task(*t),
            Target::Encoder(i, layer) => Place::Layer(*i, layer.unwrap_or(1)),
        };
        s.link(Place::Task(e.source), to, Link::Arrow(k));
    }
    s
}

/// Every cycle, as a finding with the indices of its arrows; training and test graph are looked at separately.
pub fn cycles(p: &Program, edges: &[Arc<Edge>]) -> Vec<(Diagnostic, Vec<usize>)> {
    let mut found: Vec<(Diagnostic, Vec<usize>)> = vec![];
    for phase in [Phase::Train, Phase::Test] {
        let s = static_graph(p, edges, Some(phase));
        for component in tarjan_scc(&s.graph) {
            let loops = component.len() == 1 && s.graph.find_edge(component[0], component[0]).is_some();
            if component.len() < 2 && !loops {
                continue;
            }
            let inside: BTreeSet<NodeIndex> = component.iter().copied().collect();
            let Some(cycle) = shortest_cycle(&s.graph, &inside, edges) else { continue };
            let arrows: Vec<usize> = cycle
                .iter()
                .filter_map(|e| match &s.graph[*e] {
                    Link::Arrow(k) => Some(*k),
                    _ => None,
                })
                .collect();
            let d = describe(p, edges, &s.graph, &cycle, &arrows);
            let same = |o: &Diagnostic| o.primary.as_ref().map(|l| l.span) == d.primary.as_ref().map(|l| l.span);
            if !found.iter().any(|(o, _)| same(o)) {
                // cut every arrow of the component, so that nothing else is said of them
                let all: Vec<usize> = s
                    .graph
                    .edge_references()
                    .filter(|e| inside.contains(&e.source()) && inside.contains(&e.target()))
                    .filter_map(|e| match e.weight() {
                        Link::Arrow(k) => Some(*k),
                        _ => None,
                    })
                    .collect();
                found.push((d, all));
            }
        }
        if edges.iter().all(|e| e.when.is_none()) {
            // the other phase has the same graph
            break;
        }
    }
    found
}

/// The shortest cycle of a strongly connected component, rotated to the arrow that stands first in the text.
fn shortest_cycle(
    g: &DiGraph<Place, Link>,
    inside: &BTreeSet<NodeIndex>,
    edges: &[Arc<Edge>],
) -> Option<Vec<petgraph::graph::EdgeIndex>> {
    let mut best: Option<Vec<petgraph::graph::EdgeIndex>> = None;
    // a cycle has at least one arrow unless encoders read each other: start from arrows, or from anything
    let starts: Vec<_> =
        g.edge_references().filter(|e| inside.contains(&e.source()) && inside.contains(&e.target())).collect();
    let has_arrow = starts.iter().any(|e| matches!(e.weight(), Link::Arrow(_)));
    for start in starts.iter().filter(|e| !has_arrow || matches!(e.weight(), Link::Arrow(_))) {
        // breadth first from the arrow's end back to its beginning
        let mut from: HashMap<NodeIndex, petgraph::graph::EdgeIndex> = HashMap::default();
        let mut queue = VecDeque::from([start.target()]);
        let goal = start.source();
        let mut reached = start.target() == goal;
        while let Some(v) = queue.pop_front() {
            if reached {
                break;
            }
            for e in g.edges(v) {
                let w = e.target();
                if inside.contains(&w) && w != start.target() && !from.contains_key(&w) {
                    from.insert(w, e.id());
                    if w == goal {
                        reached = true;
                        break;
                    }
                    queue.push_back(w);
                }
            }
        }
        if !reached {
            continue;
        }
        let mut path = vec![];
        let mut at = goal;
        while at != start.target() {
            let e = from[&at];
            path.push(e);
            at = g.edge_endpoints(e)?.0;
        }
        path.push(start.id());
        path.reverse();
        if best.as_ref().is_none_or(|b| path.len() < b.len()) {
            best = Some(path);
        }
    }
    let mut cycle = best?;
    let place = |e: &petgraph::graph::EdgeIndex| match &g[*e] {
        Link::Arrow(k) => (0, edges[*k].span.file.0, edges[*k].span.start),
        Link::Reads(s) => (1, s.file.0, s.start),
        Link::Stack => (2, 0, 0),
    };
    if let Some(first) = (0..cycle.len()).min_by_key(|i| place(&cycle[*i])) {
        cycle.rotate_left(first);
    }
    Some(cycle)
}

fn describe(
    p: &Program,
    edges: &[Arc<Edge>],
    g: &DiGraph<Place, Link>,
    cycle: &[petgraph::graph::EdgeIndex],
    arrows: &[usize],
) -> Diagnostic {
    if arrows.is_empty() {
        let spans: Vec<Span> = cycle
            .iter()
            .filter_map(|e| match &g[*e] {
                Link::Reads(s) => Some(*s),
                _ => None,
            })
            .collect();
        let first = spans.first().copied().unwrap_or_default();
        let mut d = Diagnostic::new("E0306", "these encoders are built from each other")
            .at(first, "reads an encoder that reads this one");
        for s in spans.iter().skip(1) {
            d = d.with(*s, "which reads on");
        }
        return d.help("begin one of them with `embed(...)`");
    }
    let word = |place: &Place| match place {
        Place::Task(t) => p.tasks[*t].name.clone(),
        Place::Layer(i, _) => p.encoders[*i].name.clone(),
    };
    let mut d = match arrows.len() {
        1 => Diagnostic::new("E0301", "this task waits for itself, so it cannot start"),
        _ => Diagnostic::new("E0301", "these tasks wait for each other, so none can start"),
    };
    let mut n = 0;
    let mut first = true;
    for e in cycle {
        let Some((a, b)) = g.edge_endpoints(*e) else { continue };
        match &g[*e] {
            Link::Arrow(k) => {
                n += 1;
                let label = format!("{n}. `{}` waits for `{}`", word(&g[b]), word(&g[a]));
                d = if first { d.at(edges[*k].span, label) } else { d.with(edges[*k].span, label) };
                first = false;
            }
            Link::Reads(s) => {
                n += 1;
                d = d.with(*s, format!("{n}. `{}` reads `{}`", word(&g[b]), word(&g[a])));
            }
            Link::Stack => {}
        }
    }
    let help = match arrows.len() {
        1 if cycle.len() == 1 => "remove the arrow, or write `~>` with `{ rounds 1 }` for feedback".to_string(),
        1 => "remove the arrow, or let the task read an encoder or layer below it".to_string(),
        k => format!(
            "remove one of the {} arrows; to train the tasks together, remove all; for feedback write `~>` with `{{ rounds 1 }}`",
            number_word(k)
        ),
    };
    d.help(help)
}

fn number_word(n: usize) -> String {
    ["zero", "one", "two", "three", "four", "five", "six"].get(n).map_or_else(|| n.to_string(), |w| (*w).to_string())
}

/// `the predicted distribution of `pos`, by the arrow `pos.probs -> chunk``
fn by_arrow(e: &Edge) -> By {
    let what = match e.port {
        "hidden" | "states" => "hidden states",
        "probs" => "predicted distribution",
        "soft" => "expected words",
        "labels" if e.train == Mode::Predicted => "predicted labels",
        "labels" => "labels",
        "logits" => "scores",
        "top" => "best candidates",
        "sample" | "gumbel" => "sampled choice",
        "text" => "generated text",
        "filled" => "filled-in text",
        _ => "output",
    };
    let train = match &e.train {
        Mode::Gold if e.port == "hidden" => " (at gold places in training, at predicted ones at test)",
        Mode::Gold => " (gold in training, predicted at test)",
        Mode::Scheduled(..) => " (gold and predicted in training, predicted at test)",
        Mode::Predicted | Mode::Other(_) => "",
    };
    let when = match e.when {
        Some(Phase::Train) => " in training",
        Some(Phase::Test) => " at test",
        None => train,
    };
    By::Arrow { name: e.name.clone(), what, when }
}

/// Feedback is no dependency, and is said not to be.
pub fn feedback(edges: &[Arc<Edge>]) -> Vec<String> {
    let rounds = |e: &Edge| match e.rounds? {
        _ if e.turns => Some("each turn".to_string()),
        1 => Some("one round".to_string()),
        n => Some(format!("{n} rounds")),
    };
    let mut seen = BTreeSet::new();
    edges
        .iter()
        .filter(|e| e.alive && seen.insert(&e.name))
        .filter_map(|e| Some(format!("`{}` is feedback, unrolled for {}: no step", e.name, rounds(e)?)))
        .collect()
}
