//! Family variables, and what they stand for.

use crate::ast::{Expr, ExprKind};
use std::sync::Arc;

/// What a family variable stands for in one member.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    /// which `for`
    pub family: usize,
    /// its variable
    pub var: String,
    /// the member's value
    pub value: Item,
}

/// A member of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `"books"`
    Text(String),
    /// `3`
    Number(f64),
    /// anything else, e.g. a task's name in `stage s for t in [pos, chunk]`
    Expr(Expr),
}

impl Item {
    /// The key by which a member is named: `books` of `sent["books"]`.
    pub fn key(&self) -> String {
        match self {
            Item::Text(t) => t.clone(),
            Item::Number(n) => n.to_string(),
            Item::Expr(e) => match &*e.value {
                ExprKind::Name(n) => n.clone(),
                _ => String::from("?"),
            },
        }
    }
}

/// The family variables that are in scope, outermost first.
pub type Env = Arc<Vec<Binding>>;
