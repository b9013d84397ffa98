//! The picture of a program, before anybody draws it: nodes with kind, words and type, edges with what they carry.
//! Built once, for a terminal, SVG, Mermaid and DOT alike.

mod build;
mod edges;
mod families;

use crate::analysis::reads::Reader;
use crate::check::Checked;
use crate::plan::Phase;
use crate::present::sizes::Sizes;
use build::Builder;
use std::collections::{BTreeMap, BTreeSet};

/// The picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// the spec's name
    pub title: String,
    /// number of steps; 1 for a joint program
    pub steps: usize,
    /// in the order of the text
    pub nodes: Vec<Node>,
    /// between them
    pub edges: Vec<Edge>,
}

/// Kinds of node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// a text of a data set
    Text,
    /// an encoder, or a part of one between two taps
    Encoder,
    /// a named intermediate value
    Let,
    /// a task
    Task,
    /// an extra loss term
    Loss,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// what it is
    pub kind: Kind,
    /// `enc`, `sent[*]`
    pub name: String,
    /// layers, head, gold: a line each
    pub lines: Vec<String>,
    /// `n×192`, where it is known
    pub ty: String,
    /// how many members of a family it stands for
    pub members: usize,
    /// column, from 0
    pub step: usize,
    /// in one phase only
    pub phase: Option<Phase>,
}

/// Kinds of edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// features are read
    Read,
    /// an arrow between tasks
    Arrow,
    /// an arrow that runs back
    Feedback,
    /// parameters are tied softly
    Share,
    /// an extra loss looks at it
    Loss,
}

/// What flows back along an edge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gradient {
    /// everything
    Through,
    /// nothing: stopped, or a hard decision
    None,
    /// reversed
    Reverse,
}

/// An edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// index of a node
    pub from: usize,
    /// index of a node
    pub to: usize,
    /// what it is
    pub link: Link,
    /// functions on the way, or the port
    pub label: String,
    /// more lines: `embed(32), n×32`
    pub detail: Vec<String>,
    /// in one phase only
    pub phase: Option<Phase>,
    /// backwards
    pub gradient: Gradient,
    /// in words, for lists: `pos.probs -> chunk`
    pub words: String,
}

impl Scene {
    /// Whether tasks stand in columns.
    pub fn columns(&self) -> bool {
        self.steps > 1
    }
}

/// Builds the picture of a checked program; `expand` shows the members of families one by one.
pub fn scene(title: &str, reader: Reader<'_>, checked: &Checked, sizes: &Sizes<'_>, expand: bool) -> Scene {
    let mut b = Builder {
        p: reader.program,
        checked,
        sizes,
        reader,
        nodes: vec![],
        keys: BTreeMap::new(),
        edges: vec![],
        slabs: BTreeMap::new(),
        followed: BTreeSet::new(),
    };
    b.slabs = b.cut();
    b.tasks();
    b.arrows();
    b.data_arrows();
    b.terms();
    b.columns();
    let mut out =
        Scene { title: title.into(), steps: checked.task_graph().steps.len().max(1), nodes: b.nodes, edges: b.edges };
    if !expand {
        families::collapse(&mut out);
    }
    let mut seen: Vec<Edge> = vec![];
    out.edges.retain(|e| {
        let new = !seen.contains(e);
        if new {
            seen.push(e.clone());
        }
        new
    });
    families::merge_parallel(&mut out);
    out
}

impl Node {
    /// What a picture writes into it, line by line: name, number of members and type first.
    pub fn words(&self) -> Vec<String> {
        let members = if self.members > 1 { format!(" ×{}", self.members) } else { String::new() };
        let ty = if self.ty.is_empty() { String::new() } else { format!(" : {}", self.ty) };
        std::iter::once(format!("{}{members}{ty}", self.name)).chain(self.lines.iter().cloned()).collect()
    }
}

impl Edge {
    /// What a picture writes beside it, line by line.
    pub fn words(&self) -> Vec<&str> {
        let all = std::iter::once(&self.label).chain(&self.detail);
        all.map(String::as_str).filter(|t| !t.is_empty()).collect()
    }
}
