//! What learns in a stage, where gradients go, and what stays the same from one epoch to the next.

use crate::kinds::layers::{self, Layer};
use crate::kinds::{gradients, heads, weightings};
use crate::plan::{Graph, Node, NodeId, Op, Param, Phase, Plan, Port, Stage};

/// What is asked of a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// tasks whose answers are
    pub tasks: Vec<usize>,
    /// losses that are
    pub losses: Vec<usize>,
}

impl Wanted {
    /// Answers alone.
    pub fn tasks(tasks: &[usize]) -> Self {
        Self { tasks: tasks.to_vec(), losses: vec![] }
    }

    /// All that learns in a stage.
    pub fn of(stage: &Stage) -> Self {
        Self { tasks: stage.tasks.clone(), losses: stage.losses.clone() }
    }

    /// The nodes of a graph that give it.
    pub fn nodes<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = NodeId> + 'a {
        let losses = graph.losses.iter().filter(|l| self.losses.contains(&l.loss));
        heads(graph, &self.tasks).chain(losses.map(|l| l.node))
    }

    /// Those of them from which a gradient comes: the losses, be they a task's own.
    pub fn roots<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = NodeId> + 'a {
        let own = graph.tasks.iter().filter(|t| t.gold.is_some() && self.tasks.contains(&t.task));
        let losses = graph.losses.iter().filter(|l| self.losses.contains(&l.loss));
        own.map(|t| t.head).chain(losses.map(|l| l.node))
    }
}

/// Whether an owner is meant by a name: itself, or a part of it (`enc.bilstm1` and `sent["books"]` of `enc`, `sent`).
/// An arrow is no part of the task at which it begins: it learns although that is frozen.
pub fn owned(owner: &str, name: &str) -> bool {
    let part = |rest: &str| rest.starts_with(['.', '[', '@']) && !rest.contains("> ");
    owner.strip_prefix(name).is_some_and(|rest| rest.is_empty() || part(rest))
}

/// By parameter: whether a stage freezes it, or an earlier one that trained it is frozen once it is over.
pub fn frozen(plan: &Plan, stage: usize) -> Vec<bool> {
    let mut frozen = named(plan, stage);
    for (over, _) in plan.train.stages.iter().enumerate().take(stage).filter(|(_, s)| s.then_freeze) {
        let moved = reached_by(plan, over).into_iter().zip(named(plan, over)).map(|(reached, still)| reached && !still);
        frozen.iter_mut().zip(moved).for_each(|(f, moved)| *f |= moved);
    }
    frozen
}

/// By parameter: whether a stage names its owner as frozen.
fn named(plan: &Plan, stage: usize) -> Vec<bool> {
    let names = plan.train.stages.get(stage).map_or(&[][..], |s| &s.freeze);
    plan.params.iter().map(|p| names.iter().any(|f| meant(p, f))).collect()
}

/// Whether a parameter is meant by the name of an owner, or by that of a layer.
pub fn meant(param: &Param, name: &str) -> bool {
    param.owners().any(|o| owned(o, name)) || owned(&param.name, name)
}

/// Parameters that a node computes with.
pub fn params<'a>(plan: &'a Plan, node: &Node) -> &'a [usize] {
    match node.op {
        Op::Layer { layer } => plan.layers.get(layer).map_or(&[], |l| &l.params),
        Op::Head { task } | Op::Port { task, .. } => plan.headed(task).map_or(&[], |t| &t.params),
        Op::Term { term } => plan.terms.get(term).map_or(&[], |t| &t.params),
        Op::Text { .. } | Op::Gold { .. } => &[],
    }
}

/// The row of a node's layer.
pub fn kind(plan: &Plan, node: &Node) -> Option<&'static Layer> {
    match node.op {
        Op::Layer { layer } => layers::layer(&plan.layers.get(layer)?.kind),
        _ => None,
    }
}

/// Whether the value of a node changes from step to step though its inputs do not, by random numbers while training or by what is
/// added to it; `frozen` by parameter.
pub fn draws(plan: &Plan, node: &Node, frozen: &[bool]) -> bool {
    match node.op {
        Op::Gold { .. } => true,
        Op::Layer { layer } => plan.layers.get(layer).is_some_and(|l| {
            let learns = !l.params.iter().all(|p| frozen.get(*p) == Some(&true));
            layers::layer(&l.kind).is_some_and(|row| row.draws(&l.settings, learns) || row.shifted.is_some())
        }),
        Op::Head { task } => plan.headed(task).is_some_and(|t| (heads::find(&t.head).draws)(&t.settings)),
        Op::Text { .. } | Op::Port { .. } | Op::Term { .. } => false,
    }
}

/// Whether the value of a node is that of its examples, each by itself: a term may read the whole batch and the step.
fn by_example(node: &Node) -> bool {
    !matches!(node.op, Op::Term { .. } | Op::Port { port: Port::Logp | Port::Loss, .. })
}

/// Nodes that some roots need, themselves included; below a node in `known` nothing is needed.
pub fn needed(graph: &Graph, roots: impl IntoIterator<Item = NodeId>, known: &[NodeId]) -> Vec<bool> {
    let mut needed = vec![false; graph.nodes.len()];
    roots.into_iter().for_each(|n| needed[n] = true);
    for i in (0..needed.len()).rev() {
        if needed[i] && !known.contains(&i) {
            graph.nodes[i].inputs.iter().for_each(|&n| needed[n] = true);
        }
    }
    needed
}

/// Heads of some tasks in a graph.
pub fn heads<'a>(graph: &'a Graph, tasks: &'a [usize]) -> impl Iterator<Item = NodeId> + 'a {
    graph.tasks.iter().filter(|t| tasks.contains(&t.task)).map(|t| t.head)
}

/// Whether a gradient that arrives at a node goes no further, neither to its inputs nor to its parameters.
fn stops(plan: &Plan, node: &Node) -> bool {
    match node.op {
        Op::Layer { .. } => kind(plan, node).is_some_and(|l| !l.gradient.passes()),
        Op::Port { port, .. } => port == Port::Labels,
        Op::Text { .. } | Op::Head { .. } | Op::Gold { .. } | Op::Term { .. } => false,
    }
}

/// Nodes at which a gradient would arrive if everything before them learned.
fn reached(plan: &Plan, graph: &Graph, wanted: &Wanted) -> Vec<bool> {
    let mut reached = vec![false; graph.nodes.len()];
    wanted.roots(graph).for_each(|n| reached[n] = true);
    for i in (0..reached.len()).rev() {
        if reached[i] && !stops(plan, &graph.nodes[i]) {
            graph.nodes[i].inputs.iter().for_each(|&n| reached[n] = true);
        }
    }
    reached
}

/// By parameter: whether it moves in a stage, because it is not frozen and some loss has a gradient for it.
pub fn learning(plan: &Plan, stage: usize) -> Vec<bool> {
    let mut reached = reached_by(plan, stage);
    let weights = plan.train.stages.get(stage).map_or(&[][..], |s| &s.weights.params);
    weights.iter().for_each(|(_, p)| reached[*p] = true);
    reached.into_iter().zip(frozen(plan, stage)).map(|(l, f)| l && !f).collect()
}

/// By parameter: whether some loss of a stage has a gradient for it.
fn reached_by(plan: &Plan, stage: usize) -> Vec<bool> {
    let mut found = vec![false; plan.params.len()];
    let Some(s) = plan.train.stages.get(stage) else { return found };
    for graph in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
        let reached = reached(plan, graph, &Wanted::of(s));
        for (node, _) in graph.nodes.iter().zip(reached).filter(|(n, r)| *r && !stops(plan, n)) {
            params(plan, node).iter().for_each(|p| found[*p] = true);
        }
    }
    let penalties = plan.penalties.iter().filter(|p| s.losses.contains(&p.loss)).flat_map(|p| &p.nodes);
    penalties.flat_map(|n| params(plan, n)).for_each(|p| found[*p] = true);
    found
}

/// By node of a training graph: whether a gradient through it is of use in a stage.
pub fn with_gradient(plan: &Plan, graph: &Graph, stage: usize) -> Vec<bool> {
    let Some(s) = plan.train.stages.get(stage) else { return vec![false; graph.nodes.len()] };
    let learning = learning(plan, stage);
    let mut depends = vec![false; graph.nodes.len()];
    for (i, node) in graph.nodes.iter().enumerate() {
        depends[i] = params(plan, node).iter().any(|p| learning[*p]) || node.inputs.iter().any(|n| depends[*n]);
    }
    reached(plan, graph, &Wanted::of(s)).into_iter().zip(depends).map(|(r, d)| r && d).collect()
}

/// Whether a stage computes every loss by itself, with a forward and a backward pass of its own.
pub fn apart(stage: &Stage) -> bool {
    match &stage.gradients {
        Some(g) => !gradients::of_features(&g.settings),
        None => weightings::find(&stage.weights.kind).is_some_and(|w| w.gradients),
    }
}

/// By node of a training graph: how often a step of a stage computes it.
pub fn times(plan: &Plan, graph: &Graph, stage: usize) -> Vec<usize> {
    let once = vec![1; graph.nodes.len()];
    let Some(s) = plan.train.stages.get(stage).filter(|s| apart(s)) else { return once };
    let mut times = vec![0; graph.nodes.len()];
    for root in Wanted::of(s).roots(graph) {
        times.iter_mut().zip(needed(graph, [root], &[])).for_each(|(n, needed)| *n += usize::from(needed));
    }
    times.into_iter().map(|n: usize| n.max(1)).collect()
}

/// The nodes of a training graph at which the gradients of several losses of a stage come together: each has learned from
/// several, and what reads it, or the loss that it is, from one.
pub fn frontier(plan: &Plan, graph: &Graph, stage: usize) -> Vec<NodeId> {
    let Some(s) = plan.train.stages.get(stage) else { return vec![] };
    let mut losses = vec![0; graph.nodes.len()];
    let mut is_loss = vec![false; graph.nodes.len()];
    for root in Wanted::of(s).roots(graph) {
        is_loss[root] = true;
        let mut from = vec![false; graph.nodes.len()];
        from[root] = true;
        for i in (0..=root).rev() {
            if from[i] {
                losses[i] += 1;
                if !stops(plan, &graph.nodes[i]) {
                    graph.nodes[i].inputs.iter().for_each(|&n| from[n] = true);
                }
            }
        }
    }
    let with = with_gradient(plan, graph, stage);
    let mut out: Vec<NodeId> = (0..losses.len()).filter(|i| is_loss[*i]).collect();
    let own = graph.nodes.iter().enumerate().filter(|(i, n)| losses[*i] == 1 && !stops(plan, n));
    own.for_each(|(_, node)| out.extend(&node.inputs));
    out.sort_unstable();
    out.dedup();
    out.retain(|n| losses[*n] > 1 && with[*n]);
    out
}

/// By node: whether its value for an example stays the same during a stage.
pub fn constant(plan: &Plan, graph: &Graph, stage: usize) -> Vec<bool> {
    let (learning, frozen) = (learning(plan, stage), frozen(plan, stage));
    let mut constant = vec![false; graph.nodes.len()];
    for (i, node) in graph.nodes.iter().enumerate() {
        constant[i] = by_example(node)
            && params(plan, node).iter().all(|p| !learning[*p])
            && (graph.phase == Phase::Test || !draws(plan, node, &frozen))
            && node.inputs.iter().all(|n| constant[*n]);
    }
    constant
}

/// Nodes whose values for each example are worth keeping during a stage: constant ones that something else reads on the
/// way to what is wanted, with more behind them than a lookup.
pub fn kept(plan: &Plan, graph: &Graph, stage: usize, wanted: &Wanted) -> Vec<NodeId> {
    let constant = constant(plan, graph, stage);
    let needed = needed(graph, wanted.nodes(graph), &[]);
    let mut work = vec![false; graph.nodes.len()];
    let mut read = vec![false; graph.nodes.len()];
    wanted.nodes(graph).for_each(|n| read[n] = true);
    for (i, node) in graph.nodes.iter().enumerate() {
        let lookup = kind(plan, node).is_some_and(|l| l.lookup);
        work[i] = !lookup && !params(plan, node).is_empty() || node.inputs.iter().any(|n| work[*n]);
        if needed[i] && !constant[i] {
            node.inputs.iter().for_each(|&n| read[n] = true);
        }
    }
    (0..graph.nodes.len()).filter(|&i| needed[i] && constant[i] && read[i] && work[i]).collect()
}
