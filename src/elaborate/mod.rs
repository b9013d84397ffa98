//! Elaborating: feature expressions become nodes of a graph, with types, axes, flow and widths whose only unknowns are
//! sizes that the data decide.
//!
//! Every task is elaborated once for each data set that it is computed on and for each phase, into the graph of that
//! data set and phase; equal expressions become one node. So one forward code serves training and inference, an arrow
//! A → B runs A on B's own example, and nothing is computed twice for tasks that share it.

mod arrows;
mod beside;
mod calls;
mod combine;
mod context;
mod encoders;
mod fits;
mod heads;
mod losses;
mod names;
mod nodes;
mod outcome;
mod sharing;
mod slots;
mod state;
mod views;

use crate::ast::{self, Expr, ExprKind, Tap};
use crate::columns::FieldType;
use crate::diagnostics::{Diagnostic, Reported};
use crate::hir::{Env, Item, Kind, Meaning, Program};
use crate::kinds::heads::{Answers, Sent, Takes};
use crate::kinds::layers::{self, add, dropout, gate};
use crate::plan::{Graph, GraphTask, Layer, Level, Node, Op, Phase, Port, Setting, Settings, Shape, Twin, VocabSpec};
use crate::resolve::{Part, Path, Resolver, TaskInfo, is_texty, path, path_words, type_word};
use crate::source::Span;
use crate::types::dim::{Dim, InitRule, SymParam};
use crate::types::{
    Arguments, Call, Carried, Cx, Edge, Elaborate, Flow, Function, Grad, Join, MakeParams, Mode, Named, NodeType, Out,
    Outer, Place, Placed, Resolve, Rule, Site, Stacked, TRIPLE, Target, TaskType, Type, VKind, Val, settings,
};
use crate::util::{SmallList, SmallSet};
use hashbrown::HashTable;
pub(crate) use losses::{Are, Form, LossForm, Owner, What, losses};
pub(crate) use nodes::LayerKey;
pub(crate) use outcome::{Elaborated, HeadInput, ViewHead};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
pub(crate) use sharing::{sharing_penalties, tie};
pub(crate) use state::{Elaborator, Encoded, EncoderKey, Featured, TaskKey};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// Longest chain of encoders, `let`s and arrows.
const MOST_NESTED: usize = 2000;

/// Elaborates every task on every data set that holds its gold, in both phases.
pub(crate) fn elaborate(r: Resolver<'_>) -> (Resolver<'_>, Elaborated) {
    let mut c = Elaborator::new(r);
    c.elaborate();
    c.check_layers_entered();
    c.handed_on()
}

impl<'p> Elaborator<'p> {
    /// Elaborates every task on every corpus that holds its gold, in both phases.
    fn elaborate(&mut self) {
        let mut corpora: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (task, t) in self.r.tasks.iter().enumerate() {
            t.corpora.iter().for_each(|c| corpora.entry(*c).or_default().push(task));
        }
        let rounds = self.r.edges.iter().filter_map(|e| e.rounds).max().unwrap_or(0);
        let (tasks, arrows) = (self.r.tasks.len(), self.r.edges.len());
        self.out.params.reserve(3 * tasks + 2 * arrows);
        self.out.layers.reserve(arrows + self.p.encoders.len());
        self.places.layers.reserve(arrows + self.p.encoders.len());
        self.names.layers.reserve(arrows + self.p.encoders.len());
        self.out.tasks.reserve(2 * tasks);
        self.places.tasks.reserve(2 * tasks);
        for (corpus, tasks) in corpora {
            for phase in [Phase::Train, Phase::Test] {
                let graph = self.graph_of(corpus, phase);
                self.make_room(graph, &tasks);
                for task in tasks.iter().copied() {
                    let t = &self.r.tasks[task];
                    if t.poisoned || t.left_out || t.when.is_some_and(|w| w != phase) {
                        continue;
                    }
                    let Ok(text) = self.default_text(task, corpus) else { continue };
                    let Ok((features, head)) = self.task_on(task, graph, rounds, text) else { continue };
                    if features.is_opaque() {
                        continue;
                    }
                    self.note_type(task, graph, &features);
                    let t = &self.r.tasks[task];
                    // a task that others train has no loss to compute from its gold
                    let learns = phase == Phase::Test || t.loss.as_ref().is_none_or(|l| !l.is_empty());
                    let gold = t.golds.iter().find(|g| g.0 == corpus).filter(|_| learns).map(|g| g.1);
                    let place = self.place(graph, task);
                    self.out.graphs[graph].tasks[place] = GraphTask { task, head, gold };
                }
            }
        }
        self.slots_fed_at_test();
    }

    /// Room for about as many nodes as these tasks have, so that no list is moved while it grows: a head, features, and
    /// for each arrow a port, a layer and what joins it.
    fn make_room(&mut self, graph: usize, tasks: &[usize]) {
        let arrows: usize = tasks.iter().map(|t| self.r.into_task[*t].len()).sum();
        let nodes = 8 + 2 * tasks.len() + 3 * arrows;
        let g = &mut self.out.graphs[graph];
        g.nodes.reserve(nodes);
        g.tasks.reserve(tasks.len());
        self.out.widths[graph].reserve(nodes);
        self.out.types[graph].reserve(nodes);
        self.places.nodes[graph].reserve(nodes, nodes::hasher(&g.nodes));
    }

    /// Where a task stands among those of a graph; it is added when it is new.
    fn place(&mut self, graph: usize, task: usize) -> usize {
        let tasks = &mut self.out.graphs[graph].tasks;
        *self.places.tasks.entry((graph, task)).or_insert_with(|| {
            tasks.push(GraphTask { task, head: 0, gold: None });
            tasks.len() - 1
        })
    }

    /// The graph of a corpus in a phase.
    fn graph_of(&mut self, corpus: usize, phase: Phase) -> usize {
        let new = self.out.graphs.len();
        let i = *self.places.graphs.entry((corpus, phase == Phase::Test)).or_insert(new);
        if i < new {
            return i;
        }
        self.out.graphs.push(Graph { corpus, phase, nodes: vec![], tasks: vec![], losses: vec![], twins: vec![] });
        self.out.widths.push(vec![]);
        self.out.types.push(vec![]);
        self.places.nodes.push(HashTable::new());
        self.out.graphs.len() - 1
    }

    /// Keeps the type of a task on a graph.
    fn note_type(&mut self, task: usize, graph: usize, features: &Val) {
        let corpus = self.out.graphs[graph].corpus;
        let fields = &self.p.data[corpus].fields;
        let reads = features.reads.iter().filter(|f| **f < fields.len());
        let ty = TaskType {
            features: self.type_of(features, corpus),
            answers: self.type_of(&self.answer(task, features, corpus), corpus),
            space: self.r.tasks[task].rule.space,
            reads: reads.map(|f| self.axis_name(corpus, &SmallList::one(*f))).collect(),
        };
        let known = &mut self.out.task_types[task];
        match known.binary_search_by_key(&graph, |k| k.0) {
            Ok(at) => known[at].1 = ty,
            Err(at) => known.insert(at, (graph, ty)),
        }
    }

    /// Elaborates something that stands at a place of the text.
    fn at_place<T>(&mut self, span: Span, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.here, span);
        let out = f(self);
        self.here = before;
        out
    }

    /// Drops nodes that no head and no loss needs: those from which only a width was wanted.
    fn prune(&mut self) {
        for ((graph, widths), types) in self.out.graphs.iter_mut().zip(&mut self.out.widths).zip(&mut self.out.types) {
            let mut needed = vec![false; graph.nodes.len()];
            graph.tasks.iter().for_each(|t| {
                if let Some(n) = needed.get_mut(t.head) {
                    *n = true;
                }
            });
            graph.losses.iter().for_each(|l| needed[l.node] = true);
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
            let mut keep = needed.iter();
            types.retain(|_| keep.next() == Some(&true));
            graph.nodes.iter_mut().flat_map(|n| &mut n.inputs).for_each(|n| *n = place[*n]);
            graph.tasks.iter_mut().filter(|t| t.head < place.len()).for_each(|t| t.head = place[t.head]);
            graph.losses.iter_mut().for_each(|l| l.node = place[l.node]);
            graph.twins.retain_mut(|t| {
                let kept = needed[t.node];
                if kept {
                    // a twin of what nobody needs any more draws for itself
                    *t = Twin { node: place[t.node], of: if needed[t.of] { place[t.of] } else { place[t.node] } };
                }
                kept && t.of < t.node
            });
        }
    }

    /// The text on which a task runs in a corpus, when its features name none. Empty: none can be told.
    pub(crate) fn default_text(&mut self, task: usize, corpus: usize) -> Result<SmallList<usize>, Reported> {
        let fields = &self.p.data[corpus].fields;
        let texts = &self.r.texts[corpus];
        let t = &self.r.tasks[task];
        if !t.compares.is_empty() {
            return Ok(t.compares.iter().copied().collect());
        }
        if let Some((_, f)) = t.golds.iter().find(|g| g.0 == corpus)
            && let Some(field) = fields.get(*f)
        {
            if field.ty.is_text() {
                // a generator reads the other text, an autoencoder or language model its own
                let others: Vec<usize> = texts.iter().copied().filter(|t| t != f).collect();
                return Ok(match others.as_slice() {
                    [one] if !t.head.self_supervised => SmallList::one(*one),
                    _ => SmallList::one(*f),
                });
            }
            if let Some(axis) = field.ty.axis()
                && let Some(i) = self.p.field(corpus, axis)
            {
                return Ok(SmallList::one(i));
            }
        } else if let Some((c, f)) = t.golds.first()
            && let Some(field) = self.p.data[*c].fields.get(*f)
            && let Some(axis) = field.ty.axis()
            && let Some(i) = self.p.field(corpus, axis).filter(|i| fields[*i].ty.is_text())
        {
            return Ok(SmallList::one(i));
        }
        Ok(match texts.as_slice() {
            [one] => SmallList::one(*one),
            _ => SmallList::none(),
        })
    }

    pub(crate) fn eval(&mut self, e: &Expr, cx: &Cx) -> Out {
        self.at_place(e.span, |c| c.eval_here(e, cx))
    }

    fn eval_here(&mut self, e: &Expr, cx: &Cx) -> Out {
        match &*e.value {
            ExprKind::Error => Err(Reported),
            ExprKind::Paren(e) => self.eval(e, cx),
            ExprKind::Pipe(a, b) => {
                let Ok(v) = self.eval(a, cx) else {
                    // what stands on the right is looked at all the same
                    let input = Some(self.opaque(cx));
                    let _ = self.eval(b, &cx.fed(input));
                    return Err(Reported);
                };
                self.eval(b, &cx.fed(Some(v)))
            }
            ExprKind::Cat(..) => {
                let mut members = vec![];
                flatten(e, &mut members);
                let mut vals = vec![];
                let mut failed = false;
                for m in &members {
                    // a named encoder beside others reads its text, not what flows in
                    let inner = if self.is_named(m, cx) { cx.fed(None) } else { cx.clone() };
                    match self.eval(m, &inner) {
                        Ok(v) => vals.push((v, m.span)),
                        Err(Reported) => failed = true,
                    }
                }
                if failed {
                    return Err(Reported);
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
                self.vectors(&v, a.span)?;
                if v.is_opaque() {
                    return Ok(v);
                }
                Ok(self.plain(cx, layers::SCALE, settings([("factor", Setting::Real(-1.0))]), &[&v], v.clone()))
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

fn graph_has_gold(t: &TaskInfo, corpus: usize) -> bool {
    t.golds.iter().any(|g| g.0 == corpus)
}
