//! Typed values: what an expression is while it is elaborated, and how that is said.

use super::dim::Dim;
use crate::util::{SmallList, SmallSet};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// Which positions a state has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// its own token
    Local,
    /// its own token and those before it
    Fwd,
    /// its own token and those after it
    Bwd,
    /// the two directions side by side, neither of which has seen the future of its own direction
    Sides,
    /// every token
    Full,
}

impl Flow {
    /// What values side by side have seen together: two directions see everything.
    pub(crate) fn join(self, other: Flow) -> Flow {
        match (self, other) {
            (a, b) if a == b => a,
            (Flow::Local, f) | (f, Flow::Local) => f,
            _ => Flow::Full,
        }
    }

    /// As written in types.
    pub fn word(self) -> &'static str {
        match self {
            Flow::Local => "local",
            Flow::Fwd => "fwd",
            Flow::Bwd => "bwd",
            Flow::Sides => "sides",
            Flow::Full => "full",
        }
    }
}

/// Kinds of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// words: no vectors yet
    Text,
    /// a vector per token
    Seq,
    /// one vector
    Vec,
    /// a class or an identifier: no vector yet
    Label,
    /// stretches of tokens
    Spans,
    /// nodes and labelled edges
    Graph,
    /// a value of which nothing is known: data that are computed
    Opaque,
}

pub(crate) use Form as VKind;

/// One list around a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Outer {
    /// `docs`, `3 of docs`, `turns`
    pub name: String,
    /// its members are the turns of a dialogue: lists of the same dialogue stand beside it, turn by turn
    pub turns: bool,
}

impl Outer {
    pub fn of(name: impl Into<String>) -> Self {
        Self { name: name.into(), turns: false }
    }

    /// Whether members of the one stand beside members of the other.
    pub fn fits(&self, other: &Outer) -> bool {
        self.name == other.name || self.turns || other.turns
    }
}

/// The list of `both(u, v)`: two views of one example.
pub(crate) const VIEWS: &str = "2 views";
/// The list of `triple(h, r, t)`.
pub(crate) const TRIPLE: &str = "head, relation, tail";

/// A typed value while elaborating.
#[derive(Clone, Debug)]
pub(crate) struct Val {
    pub kind: VKind,
    pub node: usize,
    pub width: Dim,
    /// the texts over which a `Seq` or `Text` runs, by field index
    pub axis: SmallList<usize>,
    /// the lists whose member it is, outermost first
    pub outer: Vec<Outer>,
    pub flow: Flow,
    /// flows of the two halves of a bidirectional value
    pub halves: Option<(Flow, Flow)>,
    /// scores or classes of a task: `embed` gives each class a vector
    pub classes: bool,
    /// the vectors that `.prior` and `.posterior` of a `latent` name
    pub latent: Option<Box<Latent>>,
    /// deep layers passed inside the encoder that is being elaborated
    pub depth: u32,
    /// encoder layers (encoder, depth) directly below
    pub tops: SmallSet<(usize, u32)>,
    /// of a model from a file, whose layers are not counted here
    pub model: bool,
    /// tapped with `@*`
    pub star: bool,
    /// passed through `reverse`
    pub reversed: bool,
    /// fields of the corpus that it depends on
    pub reads: SmallSet<usize>,
    /// the several values of `enc@*`
    pub parts: Vec<Val>,
}

/// The two distributions of a latent variable.
#[derive(Clone, Debug)]
pub(crate) struct Latent {
    pub prior: Val,
    pub posterior: Val,
}

impl Val {
    /// Whether nothing more can be said of it.
    pub fn is_opaque(&self) -> bool {
        self.kind == VKind::Opaque
    }

    /// One vector that belongs to no text: a class, an image, a latent variable. It goes beside any token.
    pub fn is_condition(&self) -> bool {
        self.kind == VKind::Vec && self.axis.is_empty() && self.outer.is_empty()
    }
}

/// The type of a value, for people: `Seq<x, 256, full>`, `List<docs, Vec<128>>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Type {
    /// text, sequence, vector, ...
    pub form: Form,
    /// the lists around it, outermost first
    pub lists: Vec<String>,
    /// the text over which it runs: `x`, `q·docs`; empty for what belongs to no text
    pub axis: Arc<str>,
    /// numbers per vector; `K` stands for the classes of a task, `V` for the words of a vocabulary
    pub width: Arc<str>,
    /// which positions each vector has seen, of a sequence
    pub flow: Option<Flow>,
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for l in &self.lists {
            write!(f, "List<{l}, ")?;
        }
        match self.form {
            Form::Text => write!(f, "Text<{}>", self.axis)?,
            Form::Seq => {
                write!(f, "Seq<{}, {}", self.axis, self.width)?;
                match self.flow {
                    Some(flow) => write!(f, ", {}>", flow.word())?,
                    None => write!(f, ">")?,
                }
            }
            Form::Vec => write!(f, "Vec<{}>", self.width)?,
            Form::Label => write!(f, "Label")?,
            Form::Spans => write!(f, "Spans<{}>", self.axis)?,
            Form::Graph => write!(f, "Graph")?,
            Form::Opaque => write!(f, "?")?,
        }
        write!(f, "{}", ">".repeat(self.lists.len()))
    }
}

/// The type of a node, and the place in the text for which it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NodeType {
    /// what it gives
    pub ty: Arc<Type>,
    /// the expression that it computes
    #[serde(skip)]
    pub span: crate::source::Span,
}

/// What travels along an arrow in one graph.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Carried {
    /// the value of the port
    pub sends: Arc<Type>,
    /// after the stages of `via`
    pub arrives: Arc<Type>,
    /// how it joins what it ends at: `concat`, `gate`, `add`, ...
    pub join: &'static str,
}

/// A task on one data set, in one phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskType {
    /// what its head takes, with all that arrows bring
    pub features: Arc<Type>,
    /// what its head gives
    pub answers: Arc<Type>,
    /// the space in which it chooses: `a class for each token`
    pub space: &'static str,
    /// the fields on which its features depend, by name
    pub reads: SmallList<Arc<str>>,
}

/// A value of the program that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// an encoder (index), after a layer; `u32::MAX`: at its end
    Encoder(usize, u32),
    /// a `let` (index)
    Let(usize),
}
