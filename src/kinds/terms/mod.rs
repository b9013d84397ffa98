//! Terms of the loss: functions of `loss` lines, each a file with its row, the rule by which it is typed, and behind the
//! feature `train` what computes it; a line of [`TERMS`]. Also the losses that a task may name for itself.
//!
//! A number in a loss is a value for each token, for each example, or one for the batch; what counts is its mean.

mod anneal;
mod arithmetic;
mod by_example;
mod cosine;
mod covariance;
mod distance;
mod figures;
mod js;
mod kl;
mod marginal;
#[cfg(feature = "train")]
mod model;
mod orthogonal;
mod overlap;
mod own;
mod reinforce;
mod square;
mod stop;
mod tensor_normal;
#[cfg(test)]
#[cfg(feature = "train")]
mod tests;
mod uniform;
mod weights;

#[cfg(feature = "train")]
pub use model::{mean, one, sum_by_text};
#[cfg(feature = "train")]
pub use own::{Gold, Judged, of};
pub use own::{NO_LOSS, OwnKind, TASK_LOSSES, own};

#[cfg(feature = "train")]
use crate::ops::layer::Built;
#[cfg(feature = "train")]
use crate::plan;
use crate::words::{Choice, Row};

/// A function of `loss` lines.
#[derive(Debug)]
pub struct TermKind {
    /// the word and its arguments
    pub row: Choice,
    /// how a call is typed
    pub rule: Rule,
    /// what a plan holds of a call
    pub lowers: Lowers,
    /// what computes it; `None`: a layer does, or the trainer does not run it
    #[cfg(feature = "train")]
    build: Option<fn(&plan::Term) -> Built>,
}

/// How a call is typed: what its arguments are and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// of two distributions over one thing a number
    Divergence,
    /// of two features a number; `one_width`: as wide as each other
    Similarity {
        /// whether the widths must agree
        one_width: bool,
    },
    /// of a number a number
    Number,
    /// of the weights of several members a number
    Weights,
    /// of a task, and one that chooses what it reads, a number
    Marginal,
    /// of a task that decides, and a figure, a number
    Reinforce,
    /// of anything the same, without gradient
    Stop,
    /// of gold a distribution over it
    Uniform,
    /// of a text and gold a figure
    Figure,
    /// of numbers a factor
    Factor,
}

/// What a plan holds of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lowers {
    /// a node that computes it: for each pair of members of its arguments one
    Node,
    /// a node that reads all members of its arguments at once
    Together,
    /// a node for each layer of the members whose weights it names
    Weights,
    /// the layer that cuts the gradient
    Stop,
    /// a factor that depends on the step
    Factor,
    /// nothing yet: the trainer does not run it
    Later,
}

/// What most rows share.
const TERM: TermKind = TermKind {
    row: Choice { name: "", args: &[], runs: false, example: "" },
    rule: Rule::Number,
    lowers: Lowers::Later,
    #[cfg(feature = "train")]
    build: None,
};

/// Functions of `loss` lines.
pub static TERMS: &[TermKind] = &[
    kl::KL,
    js::JS,
    cosine::COSINE,
    orthogonal::ORTHOGONAL,
    square::SQUARE,
    covariance::COVARIANCE,
    tensor_normal::TENSOR_NORMAL,
    marginal::MARGINAL,
    reinforce::REINFORCE,
    stop::STOP,
    uniform::UNIFORM,
    anneal::ANNEAL,
    figures::F1,
    figures::EM,
    figures::ROUGE,
    figures::BLEU,
];

/// What else computes in a loss: no words.
#[cfg(feature = "train")]
static UNWRITTEN: &[TermKind] = &[
    arithmetic::PLUS,
    arithmetic::MINUS,
    arithmetic::TIMES,
    arithmetic::OVER,
    arithmetic::NUMBER,
    by_example::BY_EXAMPLE,
    distance::DISTANCE,
    overlap::OVERLAP,
];

/// What `loss` lines know of a task besides its ports.
pub const LOSS_PORTS: &[&str] = &["weights", "view"];

/// A factor that changes over training, also outside of losses.
pub const FACTOR: &Choice = &anneal::ROW;
/// The setting of [`ANNEAL`](TERMS): its first value, its last, its steps.
pub const FACTOR_SETTINGS: [&str; 3] = ["from", "to", "over"];
/// A number alone; its setting is `value`.
pub const NUMBER: &str = arithmetic::NUMBER.row.name;
/// The mean of a number within each text.
pub const BY_EXAMPLE: &str = by_example::BY_EXAMPLE.row.name;
/// The distance of the parameters of members.
pub const DISTANCE: &str = distance::DISTANCE.row.name;
/// How far parts of layers do the same.
pub const OVERLAP: &str = overlap::OVERLAP.row.name;
/// `anneal` as a term.
pub const ANNEAL: &str = anneal::ROW.name;
/// Sum, difference, product, quotient.
pub const ARITHMETIC: [&str; 4] =
    [arithmetic::PLUS.row.name, arithmetic::MINUS.row.name, arithmetic::TIMES.row.name, arithmetic::OVER.row.name];

/// Of distributions: they range over the tokens of a text, one number for each.
pub const TOKENS: &str = "tokens";
/// Of distributions: each number is the probability of a class by itself, yes or no.
pub const EACH: &str = "each";
/// Of terms over weights: how many members there are.
pub const MEMBERS: &str = "members";

/// The function of a name.
pub fn find(name: &str) -> Option<&'static TermKind> {
    TERMS.iter().find(|t| t.row.name == name)
}

impl Row for TermKind {
    fn choice(&self) -> &Choice {
        &self.row
    }
}

/// Builds what computes a term.
///
/// # Errors
/// A term that is not in the table, or a setting that is missing.
#[cfg(feature = "train")]
pub fn build(t: &plan::Term) -> Built {
    let row = TERMS.iter().chain(UNWRITTEN).find(|k| k.row.name == t.kind);
    let build = row.and_then(|row| row.build).ok_or_else(|| format!("there is no term `{}`", t.kind))?;
    build(t).map_err(|e| format!("`{}`: {e}", t.kind))
}
