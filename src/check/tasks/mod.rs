//! Tasks and arrows: what they name, before any shape is known.

mod arrows;
mod declare;
mod gold;
mod masked;
mod modes;
mod names;
mod paths;

use super::*;
use crate::builtins;
use crate::hir::{Item, Meaning};
use crate::plan::SOURCE_FIELD;
use crate::ast::{self, ExprKind, SettingKind};
pub(crate) use paths::{Part, Path, path};
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

/// The word of a field's type.
pub(crate) fn type_word(t: &FieldType) -> &str {
    match t {
        FieldType::Text => "text",
        FieldType::Tokens => "tokens",
        FieldType::Label => "label",
        FieldType::Labels { .. } => "labels",
        FieldType::Real => "real",
        FieldType::Id => "id",
        FieldType::Vec(_) => "vec",
        FieldType::Tags { .. } => "tags",
        FieldType::Layers { .. } => "layers",
        FieldType::Heads { .. } => "heads",
        FieldType::Other { kind, .. } => kind,
    }
}

/// A path as text, for messages and names of arrows.
pub(crate) fn path_words(e: &Expr) -> String {
    match &*e.value {
        ExprKind::Name(n) => n.clone(),
        ExprKind::Dot(a, b) => format!("{}.{}", path_words(a), b.value),
        ExprKind::Index(a, None) => format!("{}[*]", path_words(a)),
        ExprKind::Index(a, Some(k)) => format!("{}[{}]", path_words(a), path_words(k)),
        ExprKind::Tap(a, t) => match &t.value {
            ast::Tap::Layer(k) => format!("{}@{k}", path_words(a)),
            ast::Tap::Range(i, j) => format!("{}@{i}..{}", path_words(a), j.map(|j| j.to_string()).unwrap_or_default()),
            ast::Tap::All => format!("{}@*", path_words(a)),
            ast::Tap::Name(n) => format!("{}@{n}", path_words(a)),
        },
        ExprKind::Call(f, args) => {
            let arg = |a: &ast::Arg| match &a.name {
                Some(n) => format!("{} = {}", n.value, path_words(&a.value)),
                None => path_words(&a.value),
            };
            format!("{}({})", path_words(f), args.iter().map(arg).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Text(t) => {
            let s: String = t
                .parts
                .iter()
                .map(|p| match p {
                    ast::TextPart::Plain(s) => s.clone(),
                    ast::TextPart::Var(v) => format!("{{{}}}", v.value),
                })
                .collect();
            format!("\"{s}\"")
        }
        ExprKind::Number(n) => n.raw.clone(),
        ExprKind::Paren(e) => format!("({})", path_words(e)),
        ExprKind::Binary(op, a, b) => {
            use ast::BinOp::*;
            let o = match op.value {
                Add => "+",
                Sub => "-",
                Mul => "*",
                Div => "/",
                Ge => ">=",
                Le => "<=",
                Eq => "==",
                Gt => ">",
                Lt => "<",
            };
            format!("{} {o} {}", path_words(a), path_words(b))
        }
        ExprKind::Arrow(a, b) => format!("{} -> {}", path_words(a), path_words(b)),
        ExprKind::Neg(a) => format!("-{}", path_words(a)),
        ExprKind::Pipe(a, b) => format!("{} |> {}", path_words(a), path_words(b)),
        ExprKind::Cat(a, b) => format!("{} & {}", path_words(a), path_words(b)),
        _ => "...".into(),
    }
}
