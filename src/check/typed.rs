//! What the checker knows of a program, for those who show it: the type of every node, what travels along every arrow,
//! what every task reads and answers.

use super::tasks::{Edge, Grad, Target};
use super::{Carried, Checked, NodeType, Type};
use crate::plan::Graph;
use serde::Serialize;
use std::collections::BTreeMap;

/// A task on one data set, in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskType {
    /// what its head takes, with all that arrows bring
    pub features: Type,
    /// what its head gives
    pub answers: Type,
    /// the space in which it chooses: `a class for each token`
    pub space: &'static str,
    /// the fields on which its features depend, by name
    pub reads: Vec<String>,
}

/// An arrow, with what travels along it in each graph in which it is computed.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// as declared
    pub edge: Edge,
    /// by graph, ascending; several in one graph where it is computed on several texts
    pub carried: Vec<(usize, Vec<Carried>)>,
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
    /// by (task, graph)
    pub tasks: BTreeMap<(usize, usize), TaskType>,
}

impl Typed {
    /// As after `--only`: tasks get the numbers that `new` gives them.
    pub(super) fn keep_only(&mut self, new: &dyn Fn(usize) -> Option<usize>) {
        self.arrows.retain_mut(|a| {
            let Some(source) = new(a.edge.source) else { return false };
            a.edge.source = source;
            match &mut a.edge.target {
                Target::Task(t) | Target::Slot(t, _) => new(*t).map(|n| *t = n).is_some(),
                Target::Encoder(..) => true,
            }
        });
        let tasks = std::mem::take(&mut self.tasks);
        self.tasks = tasks.into_iter().filter_map(|((t, g), ty)| Some(((new(t)?, g), ty))).collect();
    }
}

impl Checked {
    /// The graphs: one for each data set on which a task is computed, and phase.
    pub fn graphs(&self) -> &[Graph] {
        &self.graphs
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
        self.typed.tasks.range((task, 0)..=(task, usize::MAX)).map(|((_, graph), ty)| (*graph, ty))
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
