//! Text to tree. The only user of pest. Parsing never fails: what cannot be read becomes a finding.
//!
//! [`recovery`] prepares the text (comments aside, brackets balanced, continued lines joined), the grammar reads it,
//! [`parser`] builds the tree and reads what failed once more, by its own rule, for an exact finding.

mod parser;
mod recovery;
#[cfg(test)]
mod tests;
mod wording;

use crate::ast;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use recovery::Prepared;
use std::collections::BTreeSet;

/// What parsing gives, always.
#[derive(Debug, Default)]
pub struct Parse {
    /// everything readable
    pub file: ast::File,
    /// comments by place, for the formatter
    pub comments: Vec<ast::Comment>,
    /// syntax findings
    pub diagnostics: Vec<Diagnostic>,
    /// words of what could not be read: names among them may be declared there
    pub lost: BTreeSet<String>,
    /// places that were read as what was probably meant: of what they mean nothing more is said
    pub guessed: Vec<Span>,
    /// declarations whose name is missing
    pub nameless: usize,
}

/// Parses one text.
pub fn parse(file: FileId, text: &str) -> Parse {
    let mut prepared = recovery::prepare(file, text);
    let mut read = parser::file(&prepared);
    if !read.whole {
        prepared = parser::repair(prepared);
        read = parser::file(&prepared);
    }
    let Prepared { mut diagnostics, comments, guessed, mut lost, .. } = prepared;
    diagnostics.extend(read.diagnostics);
    diagnostics.sort_by_key(|d| d.primary.as_ref().map(|l| l.span.start));
    lost.extend(read.lost);
    Parse { file: read.file, comments, diagnostics, lost, guessed, nameless: read.nameless }
}

/// Parses an expression, or an arrow between two, as given on the command line: `--set lr=1e-4`,
/// `--without 'pos -> chunk'`. The error is the first finding.
pub fn parse_expr(file: FileId, text: &str) -> Result<ast::Expr, Diagnostic> {
    let mut prepared = recovery::prepare(file, text);
    let (expr, found) = parser::expression(&prepared);
    match std::mem::take(&mut prepared.diagnostics).into_iter().chain(found).next() {
        Some(d) => Err(d),
        None => Ok(expr),
    }
}
