//! Types, axes, shapes, flow, phases and leaks: from names to a dataflow whose only unknowns are sizes that the data
//! decides.
//!
//! Every task is elaborated once for each corpus that it is computed on and for each phase, into the graph of that
//! corpus and phase; equal expressions become one node. So one forward code serves training and inference, an arrow
//! A → B runs A on B's own example, and nothing is computed twice for tasks that share it.

mod ablation;
pub mod annotations;
mod depends;
mod features;
mod heads;
mod losses;
mod resolve;
mod schedule;
mod settings;
mod sharing;
mod unused;

use crate::analysis::{self, TaskGraph};
use crate::ast::{Expr, SettingKind};
use crate::columns::{CorpusDecl, FieldType};
pub(crate) use crate::diagnostics::Reported as Poison;
use crate::diagnostics::{Diagnostic, suggest};
use crate::hir::{Env, Kind, Options, Program, is_name};
use crate::kinds::layers;
use crate::plan::{
    Claim, Expect, Graph, LabelSpec, Layer, Op, Phase, Sampler, Setting, Shape, Task, Train, VocabSpec, Weights,
};
use crate::source::Span;
use crate::types::dim::{self, Dim, SymParam};
use crate::types::{Carried, Edge, Flow, Grad, Latent, Mode, NodeType, Outer, TRIPLE, Target, Type, VIEWS, VKind, Val};
use crate::util::SmallList;
use hashbrown::HashTable;
pub(crate) use resolve::{Resolver, TaskInfo};
use resolve::{is_texty, path_words};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// A program that has been checked: the only way to a plan.
#[derive(Debug)]
pub struct Checked {
    pub(crate) corpora: Arc<Vec<CorpusDecl>>,
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
    pub(crate) typed: annotations::Typed,
    task_graph: TaskGraph,
    not_yet: Vec<Diagnostic>,
    summaries: Vec<TaskSummary>,
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
    pub fn arrows(&self) -> impl Iterator<Item = &Edge> {
        self.typed.arrows.iter().map(|a| &*a.edge)
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

/// Features of a task, and the node of its head.
pub(crate) type Featured = Result<(Rc<Val>, usize), Poison>;
/// A task on a graph, in a round of feedback, over a text.
type TaskKey = (usize, usize, u32, SmallList<usize>);
/// An encoder on a graph, in a round of feedback, over a text or on the value of a node.
pub(crate) type EncoderKey = (usize, usize, u32, SmallList<usize>, Option<usize>);
/// Names that were made once.
type Names<K> = RefCell<HashMap<K, Arc<str>>>;
/// An encoder's value and its layers by depth.
type Encoded = (Val, Vec<Option<Val>>);

pub(crate) struct Checker<'p> {
    pub r: Resolver<'p>,
    pub p: &'p Program,
    pub vocabs: Vec<VocabSpec>,
    pub params: Vec<SymParam>,
    pub layers: Vec<Layer>,
    pub layer_keys: HashMap<features::LayerKey, (usize, SmallList<Dim>)>,
    /// names of texts, by data set and fields
    pub axis_names: Names<(usize, SmallList<usize>)>,
    /// types of values: most nodes have one of a few
    pub known_types: RefCell<HashTable<features::Known>>,
    /// how many layers have a name so far: owner and word
    pub layer_names: HashMap<(Arc<str>, &'static str), usize>,
    pub graphs: Vec<Graph>,
    pub widths: Vec<Vec<Dim>>,
    pub types: Vec<Vec<NodeType>>,
    /// what travels along each arrow, by graph, ascending
    pub carried: Vec<Vec<(usize, SmallList<Carried>)>>,
    /// types of tasks, by graph, ascending
    pub task_types: Vec<Vec<(usize, annotations::TaskType)>>,
    /// paths of pretrained models
    pub models: Vec<String>,
    /// the place of the expression that is being elaborated
    pub here: Span,
    /// the arrow for which a task is elaborated
    run_by: Option<Span>,
    /// whether a text was missing in what is being elaborated, and what lacks one: whoever names it is told
    textless: bool,
    without_text: HashSet<(Kind, EncoderKey)>,
    /// nodes of each graph, by what they compute
    pub node_places: Vec<HashTable<u32>>,
    pub task_memo: HashMap<TaskKey, Featured>,
    pub encoder_memo: HashMap<EncoderKey, Result<Rc<Encoded>, Poison>>,
    /// layers so far of encoders that are being elaborated: an arrow may lead from a task on a lower layer to a higher
    pub partial: HashMap<EncoderKey, Vec<Option<Val>>>,
    pub let_memo: HashMap<EncoderKey, Result<Val, Poison>>,
    /// how many encoders, `let`s and tasks are being elaborated within each other
    pub nesting: usize,
    /// encoder layer → encoder layers directly below
    pub below: BTreeMap<(usize, u32), BTreeSet<(usize, u32)>>,
    pub used_encoders: BTreeSet<usize>,
    /// places of tasks among those of a graph: (graph, task)
    pub placed: HashMap<(usize, usize), usize>,
    /// graphs by data set and by whether they are those of the test phase
    pub graph_places: HashMap<(usize, bool), usize>,
}

/// Checks a program.
pub fn check(p: &Program, options: &Options) -> (Option<Checked>, Vec<Diagnostic>) {
    let mut c = Checker {
        r: resolve::resolve(p, options),
        p,
        vocabs: vec![],
        params: vec![],
        layers: vec![],
        layer_keys: HashMap::default(),
        axis_names: RefCell::default(),
        known_types: RefCell::default(),
        graph_places: HashMap::default(),
        layer_names: HashMap::default(),
        graphs: vec![],
        widths: vec![],
        types: vec![],
        carried: vec![],
        task_types: vec![],
        models: vec![],
        here: Span::default(),
        run_by: None,
        textless: false,
        without_text: HashSet::default(),
        node_places: vec![],
        task_memo: HashMap::default(),
        encoder_memo: HashMap::default(),
        partial: HashMap::default(),
        let_memo: HashMap::default(),
        nesting: 0,
        below: BTreeMap::new(),
        used_encoders: BTreeSet::new(),
        placed: HashMap::default(),
    };
    let cyclic = analysis::cycles(p, &c.r.edges);
    for (d, edges) in cyclic {
        c.r.reports.report_again(d);
        for e in edges {
            c.r.cut(e);
        }
    }
    c.carried.resize_with(c.r.edges.len(), Vec::new);
    c.task_types.resize_with(c.r.tasks.len(), Vec::new);
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
    let ok = !c.r.reports.any_error();
    let (found, not_yet) = std::mem::take(&mut c.r.reports).finish();
    if !ok {
        return (None, found);
    }
    let summaries = c.summaries(&task_graph);
    let shapes = c.shapes();
    let kept: Vec<usize> = (0..c.r.tasks.len()).filter(|i| !c.r.tasks[*i].left_out).collect();
    let typed = c.typed();
    let task = |(i, t): (usize, TaskInfo)| Task {
        name: t.name,
        head: t.head.name.into(),
        settings: t.settings,
        params: t.params,
        labels: t.labels,
        layers: t.layer_names,
        weight: t.weight,
        golds: t.golds,
        metrics: t.metrics,
        step: task_graph.step_of(i),
    };
    let tasks = std::mem::take(&mut c.r.tasks).into_iter().enumerate().map(task).collect();
    let mut checked = Checked {
        corpora: p.data.clone(),
        vocabs: c.vocabs,
        labels: c.r.labels,
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
        not_yet,
        summaries,
        shapes,
    };
    if kept.len() < checked.tasks.len() {
        ablation::keep_only(&mut checked, &kept);
    }
    (Some(checked), found)
}

impl Checker<'_> {
    /// As [`Resolver::report`].
    pub fn report(&mut self, d: Diagnostic) -> Poison {
        self.r.report(d)
    }

    /// As [`Resolver::later`].
    pub fn later(&mut self, span: Span, what: impl Into<String>) {
        self.r.later(span, what);
    }

    /// As [`Resolver::unknown_word`].
    pub fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Poison {
        self.r.unknown_word(code, what, word, span, known)
    }

    /// As [`Resolver::options`].
    pub(in crate::check) fn options<'a>(
        &mut self,
        row: &'static layers::Function,
        args: &'a [crate::ast::Arg],
        span: Span,
    ) -> Result<features::rules::Arguments<'a>, Poison> {
        self.r.options(row, args, span)
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
        self.r
            .tasks
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
                        Some(e) if !t.rule.own_loss.is_some_and(|l| is_name(e, l)) => path_words(e),
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
