//! Checking: the stages from a program to what may be planned, one after the other.
//!
//! ```text
//! Program ─resolve→ tasks, arrows ─elaborate→ graphs ─schedule→ stages, objective, claims ─lint→ findings
//! ```
//! Each stage has a state of its own and takes what those before it gave. Here their outputs become a [`Checked`].

mod ablation;
pub mod annotations;

use crate::analysis::{self, Taps, TaskGraph};
use crate::ast::SettingKind;
use crate::columns::CorpusDecl;
use crate::diagnostics::Diagnostic;
use crate::elaborate::{Elaborated, HeadInput, elaborate, losses, sharing_penalties, tie};
use crate::hir::{Options, Program, is_name};
use crate::kinds::weightings;
use crate::plan::{
    Claim, Expect, Factor, Graph, Init, LabelSpec, Layer, Loss, Op, Penalty, Setting, Shape, Task, Term, Train,
    VocabSpec,
};
use crate::resolve::{Resolver, TaskInfo, path_words, resolve};
use crate::types::dim::{Dim, InitRule, SymParam};
use crate::types::{Edge, Place};
use crate::{lint, schedule};
use rustc_hash::FxHashMap as HashMap;
use std::collections::BTreeMap;
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
    pub(crate) views: Vec<Task>,
    pub(crate) terms: Vec<Term>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) penalties: Vec<Penalty>,
    pub(crate) graphs: Vec<Graph>,
    /// widths of the graphs' nodes, in the same order
    pub(crate) widths: Vec<Vec<Dim>>,
    pub(crate) train: Train,
    pub(crate) expects: Vec<Expect>,
    pub(crate) uncertainty: BTreeMap<usize, usize>,
    pub(crate) typed: annotations::Typed,
    task_graph: TaskGraph,
    unsupported: Vec<Diagnostic>,
    summaries: Vec<TaskSummary>,
    /// names of the tasks whose first metric is the default of their head, which depends on their classes
    pub(crate) metric_by_data: std::collections::BTreeSet<String>,
    shapes: BTreeMap<Place, (Shape, Dim)>,
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
    pub fn unsupported(&self) -> &[Diagnostic] {
        &self.unsupported
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
    /// The task, or the view of one, whose head has this number among nodes.
    pub fn headed(&self, number: usize) -> Option<&Task> {
        self.tasks.iter().chain(&self.views).nth(number)
    }
    /// The tasks.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }
}

/// Checks a program.
pub fn check(p: &Program, options: &Options) -> (Option<Checked>, Vec<Diagnostic>) {
    let mut r = resolve(p, options);
    for (d, edges) in analysis::cycles(p, &r.edges) {
        r.reports.report_again(d);
        edges.into_iter().for_each(|e| r.cut(e));
    }
    let (mut r, e) = elaborate(r);
    lint::leaks(&mut r, &e);
    let mut s = schedule::schedule(&mut r, &e);
    let (mut r, mut e, computed) = losses(r, e, &s.losses);
    s.keep_losses(&r, &computed);
    if !r.reports.any_error() {
        // while each member still has parameters of its own
        sharing_penalties(&r, &mut e, &mut s.train);
        tie(&mut r, &mut e);
    }
    lint::lint(&mut r, &e, &s);
    let task_graph = classify(&r, &e);
    let expects = schedule::claims(&mut r, &e, &task_graph);
    lint::gaps(&mut r, &e);
    let ok = !r.reports.any_error();
    let (found, unsupported) = std::mem::take(&mut r.reports).finish();
    (ok.then(|| assemble(r, e, s.train, expects, task_graph, unsupported)), found)
}

/// Joint or multi-step: which task depends on which by arrows and by taps of encoder layers.
fn classify(r: &Resolver<'_>, e: &Elaborated) -> TaskGraph {
    let mut taps = Vec::with_capacity(r.tasks.len());
    for (t, input) in r.tasks.iter().zip(&e.inputs) {
        let exempt = match (t.head.self_supervised, input.reversed, input.star) {
            (true, ..) => Some("makes its own gold"),
            (_, true, _) => Some("is an adversary"),
            (.., true) => Some("reads every layer"),
            _ => None,
        };
        taps.push(Taps { name: &t.name, tops: &input.tops, exempt, live: !t.left_out });
    }
    analysis::classify(r.p, &r.edges, &taps, &e.below)
}

/// What the stages have given, in one piece.
fn assemble(
    r: Resolver<'_>,
    mut e: Elaborated,
    train: Train,
    expects: Vec<Expect>,
    task_graph: TaskGraph,
    unsupported: Vec<Diagnostic>,
) -> Checked {
    let uncertainty = log_variances(&r, &mut e, &train);
    let summaries = summaries(&r, &task_graph);
    let shapes = e.shapes();
    let metric_by_data = r.tasks.iter().filter(|t| t.metric_by_data).map(|t| t.name.clone()).collect();
    let kept: Vec<usize> = (0..r.tasks.len()).filter(|i| !r.tasks[*i].left_out).collect();
    let all = r.edges.into_iter().zip(e.carried);
    let arrows =
        all.filter(|(edge, _)| edge.alive).map(|(edge, carried)| annotations::Arrow { edge, carried }).collect();
    let typed = annotations::Typed { nodes: e.types, arrows, tasks: e.task_types };
    // a head as the task's, with parameters of its own
    let view = |v: crate::elaborate::ViewHead| {
        let t = &r.tasks[v.task];
        Task {
            name: v.name,
            head: t.head.name.into(),
            settings: t.settings.clone(),
            params: v.params,
            labels: t.labels,
            layers: t.layer_names,
            weight: Factor::Fixed(1.0),
            loss: None,
            class_weights: None,
            golds: t.golds.clone(),
            metrics: vec![],
            step: task_graph.step_of(v.task),
        }
    };
    let views = std::mem::take(&mut e.views).into_iter().map(view).collect();
    let task = |(i, (t, input)): (usize, (TaskInfo, HeadInput))| Task {
        name: t.name,
        head: t.head.name.into(),
        settings: t.settings,
        params: input.params,
        labels: t.labels,
        layers: t.layer_names,
        weight: t.weight,
        loss: t.loss,
        class_weights: t.class_weights,
        golds: t.golds,
        metrics: t.metrics,
        step: task_graph.step_of(i),
    };
    let tasks = r.tasks.into_iter().zip(e.inputs).enumerate().map(task).collect();
    let mut checked = Checked {
        corpora: r.p.data.clone(),
        vocabs: e.vocabs,
        labels: r.labels,
        params: e.params,
        layers: e.layers,
        tasks,
        views,
        terms: e.terms,
        losses: e.losses,
        penalties: e.penalties,
        typed,
        graphs: e.graphs,
        widths: e.widths,
        train,
        expects,
        uncertainty,
        task_graph,
        unsupported,
        summaries,
        metric_by_data,
        shapes,
    };
    if kept.len() < checked.tasks.len() {
        ablation::keep_only(&mut checked, &kept);
    }
    checked
}

/// The parameters that a weighting by uncertainty adds: one for each task (Kendall et al. 2018).
fn log_variances(r: &Resolver<'_>, e: &mut Elaborated, train: &Train) -> BTreeMap<usize, usize> {
    if !train.stages.iter().any(|s| weightings::find(&s.weights.kind).is_some_and(|w| w.learns)) {
        return BTreeMap::new();
    }
    let kept = r.tasks.iter().enumerate().filter(|(_, t)| !t.left_out);
    let add = |(i, t): (usize, &TaskInfo)| {
        let (name, shape, init) = (format!("{}.log_variance", t.name), vec![Dim::of(1)], InitRule::Fixed(Init::Zeros));
        e.params.push(SymParam { name, shape, init, owner: t.name.as_str().into(), also: vec![] });
        (i, e.params.len() - 1)
    };
    kept.map(add).collect()
}

/// The table of tasks.
fn summaries(r: &Resolver<'_>, g: &TaskGraph) -> Vec<TaskSummary> {
    let loss = |t: &TaskInfo| {
        let own = r.p.tasks[t.def].ast.options.iter().find_map(|s| match &s.value {
            SettingKind::Attr { name, values } if name.value == "loss" => values.first(),
            _ => None,
        });
        let l = match own {
            Some(e) if !t.rule.own_loss.is_some_and(|l| is_name(e, l)) => path_words(e),
            _ => (t.rule.loss)(&t.settings).unwrap_or(t.head.loss).into(),
        };
        if t.weight == Factor::Fixed(1.0) { l } else { format!("{} × {l}", t.weight) }
    };
    let summary = |(i, t): (usize, &TaskInfo)| TaskSummary {
        name: t.name.clone(),
        head: t.head_text.clone(),
        target: t.gold_text.clone(),
        metric: t.metrics.first().map(|m| m.label.clone()).unwrap_or_default(),
        loss: loss(t),
        step: g.step_of(i),
    };
    r.tasks.iter().enumerate().map(summary).collect()
}
