//! The words of a head.

use crate::words::Arg;

/// What features a head reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// a vector per token
    Seq,
    /// a vector per example
    Vec,
    /// either
    Any,
}

/// What the language knows of a head.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// `tag`
    pub name: &'static str,
    /// its arguments
    pub args: &'static [Argument],
    /// what a bare number among them is
    pub bare: Bare,
    /// the features it reads
    pub reads: Reads,
    /// types of gold
    pub golds: &'static [&'static str],
    /// its metrics; the first one is the default (see `default_metric` for heads whose default depends on the gold)
    pub metrics: &'static [&'static str],
    /// ports besides `hidden logits probs labels loss logp`
    pub ports: &'static [&'static str],
    /// input slots besides the features
    pub slots: &'static [&'static str],
    /// makes its own gold
    pub self_supervised: bool,
    /// those of its metrics that cannot be computed yet
    pub later: &'static [&'static str],
    /// losses that a task may name
    pub losses: &'static [&'static str],
    /// the trainer runs it
    pub runs: bool,
    /// its loss by default
    pub loss: &'static str,
    /// one line
    pub doc: &'static str,
}

/// An argument of a head: a bare word, or a name with a value.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// `crf`
    pub name: &'static str,
    /// what follows it, and how it is written; none of a cell such as `gru(256)`
    pub value: Option<(Arg, &'static str)>,
    /// the trainer runs it
    pub runs: bool,
}

impl Argument {
    /// One that the trainer runs.
    pub const fn runs(arg: Arg, example: &'static str) -> Self {
        Self { name: arg.name, value: Some((arg, example)), runs: true }
    }

    /// One that is checked only.
    pub const fn later(arg: Arg, example: &'static str) -> Self {
        Self { name: arg.name, value: Some((arg, example)), runs: false }
    }

    /// A cell, which may have a width; checked only.
    pub const fn word(name: &'static str) -> Self {
        Self { name, value: None, runs: false }
    }
}

/// What a number without a name is among the arguments of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bare {
    /// nothing
    Never,
    /// the value of an argument
    Of(&'static str),
    /// one of several
    Several,
}

/// What most rows share.
pub(super) const ROW: Row = Row {
    name: "",
    args: &[],
    bare: Bare::Never,
    reads: Reads::Any,
    golds: &[],
    metrics: &[],
    later: &[],
    losses: &[],
    ports: &[],
    slots: &[],
    self_supervised: false,
    runs: false,
    loss: "cross-entropy",
    doc: "",
};

impl Row {
    /// An argument of this name.
    pub fn arg(&self, name: &str) -> Option<&'static Argument> {
        self.args.iter().find(|a| a.name == name)
    }

    /// The names of its arguments.
    pub fn names(&self) -> Vec<&'static str> {
        self.args.iter().map(|a| a.name).collect()
    }
}

/// Ports of every head.
pub const PORTS: &[&str] = &["hidden", "logits", "probs", "labels", "loss", "logp"];

/// Ports whose value is a decision: no gradient flows back through them.
pub const HARD_PORTS: &[&str] = &["labels", "top", "sample", "text", "filled"];
