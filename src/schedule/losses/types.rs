//! Types of values in a loss.

use crate::elaborate::{Form, What};
use crate::source::Span;
use crate::types::Space;

/// The type of a value in a loss.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    Scalar,
    /// a figure: known, but without a gradient
    Figure,
    Dist(Space),
    Features,
    /// the weights of so many heads or encoders
    Weights(usize),
    Text,
    Gold(String),
}

impl Ty {
    pub(super) fn a(&self) -> String {
        match self {
            Ty::Scalar => "a number".into(),
            Ty::Figure => "a figure, which has no gradient".into(),
            Ty::Dist(s) => format!("a distribution over {}", s.words()),
            Ty::Features => "features".into(),
            Ty::Weights(1) => "the weights of one alone".into(),
            Ty::Weights(n) => format!("the weights of {n} members"),
            Ty::Text => "a text".into(),
            Ty::Gold(w) => format!("gold of type `{w}`"),
        }
    }
}

/// A typed value.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub ty: Ty,
    /// a gradient flows into it
    pub trains: bool,
    /// tasks that are computed for it
    pub tasks: Vec<usize>,
    /// the value of several members at once
    pub several: bool,
    /// what is computed
    pub what: What,
}

impl Term {
    pub(super) fn new(ty: Ty, trains: bool) -> Self {
        Term { ty, trains, tasks: vec![], several: false, what: What::Later }
    }

    /// The same, computed so.
    pub(super) fn as_(self, what: What) -> Self {
        Term { what, ..self }
    }

    /// What is computed, at its place.
    pub(super) fn form(&self, span: Span) -> Form {
        Form::new(span, self.what.clone())
    }
}
