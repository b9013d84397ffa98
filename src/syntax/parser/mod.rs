//! Text to tree through pest.
//!
//! The grammar's pairs become the tree, room by room: [`declarations`], [`blocks`], [`expressions`]. What the grammar
//! could not read is looked at once more: [`faults`] says what is wrong there, [`broken`] what was meant.

mod blocks;
mod broken;
mod declarations;
mod expressions;
mod faults;
mod repair;

use super::recovery::Prepared;
use super::wording::{about, any_of, called};
use crate::ast::*;
use crate::diagnostics::{Diagnostic, suggest};
use crate::source::Span;
use broken::{declared_inside, setting_of_train};
use faults::{has_arrow, position};
use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;
pub(super) use repair::repair;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/mtl.pest"]
struct Grammar;

type P<'a> = Pair<'a, Rule>;

/// Operators and suffixes of one statement beyond the first few of each expression: the tree is walked recursively.
const LONGEST: usize = 400;

/// Declaration words, as suggestions for a misspelt one.
pub(super) const ITEMS: [(&str, Rule); 11] = [
    ("use", Rule::only_use),
    ("param", Rule::only_param),
    ("let", Rule::only_let),
    ("data", Rule::only_data),
    ("encoder", Rule::only_encoder),
    ("task", Rule::only_task),
    ("share", Rule::only_share),
    ("loss", Rule::only_loss),
    ("for", Rule::only_family),
    ("train", Rule::only_train),
    ("expect", Rule::only_expect),
];

/// What reading a prepared text gives.
pub(super) struct Read {
    pub file: File,
    pub diagnostics: Vec<Diagnostic>,
    /// words of what could not be read
    pub lost: BTreeSet<String>,
    /// declarations without a name
    pub nameless: usize,
    /// whether all of it could be read
    pub whole: bool,
}

/// Reads a whole prepared text.
pub(super) fn file(prepared: &Prepared) -> Read {
    let mut w = Walk::new(prepared);
    // a declaration or an arrow has about fifty letters
    let mut items = Vec::with_capacity(prepared.text.len() / 48);
    let mut start = 0;
    for &end in &prepared.pieces {
        w.base = start;
        match Grammar::parse(Rule::file, &prepared.text[start..end]) {
            Ok(mut pairs) => items.extend(pairs.next().map_or(vec![], |p| w.items(p))),
            Err(e) => {
                w.fault(Rule::only_items, e, start, end);
            }
        }
        start = end;
    }
    Read { file: File { items }, diagnostics: w.diagnostics, lost: w.lost, nameless: w.nameless, whole: w.whole }
}

/// Reads an expression or an arrow between two.
pub(super) fn expression(prepared: &Prepared) -> (Expr, Vec<Diagnostic>) {
    let mut w = Walk::new(prepared);
    let text = &prepared.text;
    let (start, end) = (text.len() - text.trim_start().len(), text.trim_end().len().max(1).min(text.len()));
    let expr = w.alone(Rule::only_expr, start.min(end), end, |w, p| w.arrowed(&mut p.into_inner().peekable()));
    let expr = expr.unwrap_or_else(|| Node::new(Box::new(ExprKind::Error), prepared.span(0, text.len())));
    (expr, w.diagnostics)
}

struct Walk<'a> {
    prepared: &'a Prepared,
    /// where the slice that is being read begins
    base: usize,
    /// operators in this statement
    length: usize,
    diagnostics: Vec<Diagnostic>,
    /// words of what could not be read
    lost: BTreeSet<String>,
    /// declarations without a name
    nameless: usize,
    /// whether all could be read
    whole: bool,
}

fn punctuation(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::newline
            | Rule::semicolon
            | Rule::comma
            | Rule::colon
            | Rule::equals
            | Rule::l_brace
            | Rule::r_brace
            | Rule::l_paren
            | Rule::r_paren
            | Rule::l_bracket
            | Rule::r_bracket
            | Rule::less
            | Rule::greater
            | Rule::pipe
            | Rule::cat_op
            | Rule::at
            | Rule::dot_sign
            | Rule::EOI
            | Rule::k_use
            | Rule::k_param
            | Rule::k_let
            | Rule::k_data
            | Rule::k_encoder
            | Rule::k_task
            | Rule::k_share
            | Rule::k_loss
            | Rule::k_for
            | Rule::k_in
            | Rule::k_on
            | Rule::k_of
            | Rule::k_via
            | Rule::k_by
            | Rule::k_view
            | Rule::k_train
            | Rule::k_stage
            | Rule::k_repeat
            | Rule::k_expect
    )
}

fn parts(p: P<'_>) -> impl Iterator<Item = P<'_>> {
    p.into_inner().filter(|q| !punctuation(q.as_rule()))
}

/// A list without room to spare: most of a tree's are of one member, and growing makes room for four.
fn exact<T>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut out: Vec<T> = all.into_iter().collect();
    out.shrink_to_fit();
    out
}

impl<'a> Walk<'a> {
    fn new(prepared: &'a Prepared) -> Self {
        Self { prepared, base: 0, length: 0, diagnostics: vec![], lost: BTreeSet::new(), nameless: 0, whole: true }
    }

    fn span(&self, p: &P) -> Span {
        let start = self.base + p.as_span().start();
        self.prepared.span(start, start + p.as_str().trim_end().len())
    }

    fn here(&self) -> Span {
        self.prepared.span(self.base, self.base)
    }

    /// Notes the words of what could not be read.
    fn lose(&mut self, start: usize, end: usize) {
        let words = self.prepared.text[start..end].split(|c: char| !(c.is_alphanumeric() || c == '_'));
        self.lost.extend(words.filter(|w| !w.is_empty()).map(String::from));
    }

    fn report(&mut self, d: Diagnostic) {
        self.diagnostics.push(d);
    }

    fn error(&self, span: Span) -> Expr {
        Node::new(Box::new(ExprKind::Error), span)
    }

    /// Reads `text[start..end]` by a rule of its own; a failure becomes a finding.
    fn alone<T>(
        &mut self,
        rule: Rule,
        start: usize,
        end: usize,
        build: impl FnOnce(&mut Self, P<'a>) -> T,
    ) -> Option<T> {
        let prepared = self.prepared;
        match Grammar::parse(rule, &prepared.text[start..end]) {
            Ok(mut pairs) => {
                let pair = pairs.next()?;
                let base = std::mem::replace(&mut self.base, start);
                let out = build(self, pair);
                self.base = base;
                Some(out)
            }
            Err(e) => {
                self.fault(rule, e, start, end);
                None
            }
        }
    }

    /// Where a pair stands in the prepared text.
    fn range(&self, p: &P<'a>) -> (usize, usize) {
        let start = self.base + p.as_span().start();
        (start, start + p.as_str().trim_end().len())
    }
}
