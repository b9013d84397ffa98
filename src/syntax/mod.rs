//! Text to tree. The only user of pest. Parsing never fails: what cannot be read becomes a finding.

pub mod ast;
mod tmp;

use crate::diagnostics::Diagnostic;
use crate::source::FileId;

/// What parsing gives, always.
#[derive(Debug, Default)]
pub struct Parse {
    /// everything readable
    pub file: ast::File,
    /// comments by place, for the formatter
    pub comments: Vec<ast::Comment>,
    /// syntax findings
    pub diagnostics: Vec<Diagnostic>,
}

pub use tmp::{parse, parse_expr};
