//! Tasks and arrows: what they name, before any shape is known.

mod arrows;
mod declare;
mod gold;
mod masked;
mod modes;
mod names;
mod paths;

use super::*;
use crate::ast::{self, ExprKind, SettingKind};
use crate::builtins;
use crate::hir::{Item, Meaning};
use crate::plan::SOURCE_FIELD;
pub(crate) use paths::{Part, Path, path};
use std::sync::Arc;

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
