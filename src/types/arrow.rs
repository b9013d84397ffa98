//! Arrows between tasks, as the checker has resolved them.

use crate::plan::Phase;
use crate::source::Span;
use std::sync::Arc;

/// Where an arrow ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// the features of a task's head
    Task(usize),
    /// a slot or replaced input field of a task
    Slot(usize, String),
    /// the input of an encoder's layer (the first one when not named)
    Encoder(usize, Option<u32>),
}

/// What the destination sees while training (or at test).
#[derive(Clone, Debug, PartialEq)]
pub enum Mode {
    /// the source's prediction
    Predicted,
    /// the gold
    Gold,
    /// share of examples that see gold, from start to end
    Scheduled(f64, f64),
    /// one that the trainer does not run
    Other(String),
}

/// What flows back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grad {
    /// everything
    Through,
    /// nothing
    Stop,
    /// the gradient of the probabilities past a hard pick
    Straight,
    /// reversed
    Reverse(f64),
}

/// An arrow between two declarations, after families are expanded.
#[derive(Clone, Debug)]
pub struct Edge {
    /// index of the statement in the program
    pub def: usize,
    /// source task
    pub source: usize,
    /// `probs`
    pub port: &'static str,
    /// the number in the port's brackets: 5 of `.top(5)`
    pub arg: Option<f64>,
    /// its end
    pub target: Target,
    /// while training
    pub train: Mode,
    /// in one phase only
    pub when: Option<Phase>,
    /// backwards
    pub grad: Grad,
    /// dropout on what flows
    pub dropout: f64,
    /// `~>` with so many rounds
    pub rounds: Option<u32>,
    /// one round for each turn of a dialogue
    pub turns: bool,
    /// `pos.probs -> chunk`
    pub name: Arc<str>,
    /// place of the statement
    pub span: Span,
    /// place of the target
    pub target_span: Span,
    /// false when a finding has cut it
    pub alive: bool,
}
