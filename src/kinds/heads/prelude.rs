//! What the rooms of heads name.

pub(super) use super::row::{Argument, Bare, ROW, Reads, Row};
pub(super) use super::rule::{
    Answers, Classes, HeadArg, Headed, RULE, Rule, Takes, classes, differ, linear, on, open, param, switch,
};
pub(super) use super::{HEAD, HeadKind, ports};
pub(super) use crate::ast::{self, Expr};
pub(super) use crate::columns::FieldType;
pub(super) use crate::diagnostics::Diagnostic;
pub(super) use crate::kinds::metrics;
pub(super) use crate::plan::{Init, Setting, Settings};
pub(super) use crate::source::Span;
pub(super) use crate::types::dim::{Dim, InitRule, Letter, SymParam};
pub(super) use crate::types::{Item, Resolve, Space, TRIPLE, VIEWS, Val};
pub(super) use crate::words::Takes::{Flag, Number, Word};
pub(super) use crate::words::may;
pub(super) use crate::words::numbers::{LAYERS, PART, RATE, SEVERAL, SIZE};
