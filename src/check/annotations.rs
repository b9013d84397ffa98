//! What the checker knows of a program, for those who show it: the type of every node, what travels along every arrow,
//! what every task reads and answers.

use super::Checked;
use crate::plan::{Graph, Op, Port};
use crate::types::{Carried, Edge, Grad, NodeType, Target, TaskType};
use crate::util::SmallList;
use std::sync::Arc;

/// An arrow, with what travels along it in each graph in which it is computed.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// as declared
    pub edge: Arc<Edge>,
    /// by graph, ascending; several in one graph where it is computed on several texts
    pub carried: Vec<(usize, SmallList<Carried>)>,
}

impl Arrow {
    /// Whether a gradient flows back.
    pub fn differentiable(&self) -> bool {
        // a hard port stops it unless its arrow says otherwise
        self.edge.grad != Grad::Stop
    }
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Typed {
    /// of each graph's nodes, in their order
    pub nodes: Vec<Vec<NodeType>>,
    pub arrows: Vec<Arrow>,
    /// of each task, by graph, ascending
    pub tasks: Vec<Vec<(usize, TaskType)>>,
}

impl Typed {
    /// As after `--only`: tasks get the numbers that `new` gives them.
    pub(super) fn keep_only(&mut self, new: &dyn Fn(usize) -> Option<usize>) {
        self.arrows.retain_mut(|a| {
            let Some(source) = new(a.edge.source) else { return false };
            let edge = Arc::make_mut(&mut a.edge);
            edge.source = source;
            match &mut edge.target {
                Target::Task(t) | Target::Slot(t, _) => new(*t).map(|n| *t = n).is_some(),
                Target::Encoder(..) => true,
            }
        });
        let tasks = std::mem::take(&mut self.tasks).into_iter().enumerate();
        self.tasks = tasks.filter(|(t, _)| new(*t).is_some()).map(|(_, types)| types).collect();
    }
}

impl Checked {
    /// The graphs: one for each data set on which a task is computed, and phase. Their nodes have no names yet;
    /// [`Checked::node_name`] gives them.
    pub fn graphs(&self) -> &[Graph] {
        &self.graphs
    }

    /// What a node is called, for people: `enc.bilstm(x)`, `pos.probs`.
    pub fn node_name(&self, graph: usize, node: usize) -> String {
        let Some(n) = self.graphs.get(graph).and_then(|g| g.nodes.get(node)) else { return String::new() };
        if !n.name.is_empty() {
            return n.name.clone();
        }
        let axis = self.types(graph).get(node).map_or("", |t| &*t.ty.axis);
        let task = |t: &usize| self.headed(*t).map_or("", |t| t.name.as_str());
        match &n.op {
            Op::Text { .. } => axis.to_string(),
            Op::Layer { layer } => match self.layers.get(*layer) {
                Some(l) if axis.is_empty() && l.name == l.kind => l.name.clone(),
                l => format!("{}({axis})", l.map_or("", |l| &l.name)),
            },
            Op::Term { term } => self.terms.get(*term).map_or(String::new(), |t| t.kind.clone()),
            Op::Head { task: t } => format!("{}({axis})", task(t)),
            Op::Port { task: t, port } => {
                let port = match port {
                    Port::Logits => "logits",
                    Port::Probs => "probs",
                    Port::Labels | Port::Straight => "labels",
                    Port::Logp => "logp",
                    Port::Loss => "loss",
                    Port::Value => "value",
                };
                format!("{}.{port}", task(t))
            }
            Op::Gold { .. } => {
                let of = n.inputs.first().filter(|i| **i != node);
                format!("{} or gold", of.map(|i| self.node_name(graph, *i)).unwrap_or_default())
            }
        }
    }

    /// The types of a graph's nodes, in the order of the nodes, with the places in the text for which they stand.
    pub fn types(&self, graph: usize) -> &[NodeType] {
        self.typed.nodes.get(graph).map_or(&[], Vec::as_slice)
    }

    /// The arrows that are neither cut nor left out, with what travels along each.
    pub fn typed_arrows(&self) -> &[Arrow] {
        &self.typed.arrows
    }

    /// The graphs on which a task is computed where the data hold its gold, with its type on each.
    pub fn task_types(&self, task: usize) -> impl Iterator<Item = (usize, &TaskType)> {
        self.typed.tasks.get(task).into_iter().flatten().map(|(graph, ty)| (*graph, ty))
    }

    /// The nodes from which a task is computed on a graph, its head the last, in the order of computation. The nodes of
    /// other tasks are among them where arrows bring their output.
    pub fn nodes_of(&self, task: usize, graph: usize) -> Vec<usize> {
        let Some(g) = self.graphs.get(graph) else { return vec![] };
        let Some(head) = g.tasks.iter().find(|t| t.task == task).map(|t| t.head) else { return vec![] };
        let mut needed = vec![false; head + 1];
        needed[head] = true;
        for i in (0..=head).rev().filter(|i| g.nodes[*i].inputs.iter().all(|n| n < i)) {
            if needed[i] {
                g.nodes[i].inputs.iter().for_each(|n| needed[*n] = true);
            }
        }
        (0..=head).filter(|i| needed[*i]).collect()
    }
}
