//! Reading: how the files of a `data` declaration become typed columns.
//!
//! ```text
//! CorpusDecl ─load→ Corpus { train, dev, test: Split }      readers, one row each in `readers::READERS`
//! ```
//! Nothing here knows of tasks, vocabularies or tensors.

use crate::columns::{Corpus, CorpusDecl, OptionValue};
use crate::diagnostics::Diagnostic;
use std::path::Path;

pub(crate) mod files;
pub mod readers;
mod sink;
mod splits;
mod stats;
#[cfg(test)]
mod tests;
mod validate;

pub use stats::{FieldStats, SplitStats, Stats, stats};
pub use validate::validate;

/// What loading gave: the corpus if its files could be read at all, and every finding.
#[derive(Debug, Default)]
pub struct Loaded {
    /// `None` when a file is missing or unusable
    pub corpus: Option<Corpus>,
    /// findings, each with its place in the data file
    pub diagnostics: Vec<Diagnostic>,
    /// whether files were absent (a warning of `check`, an error of `run`)
    pub missing: bool,
}

/// Reads a corpus; relative paths start at `base`. The declaration must have passed [`validate`]: if not, nothing is read.
pub fn load(decl: &CorpusDecl, base: &Path) -> Loaded {
    let mut loaded = readers::load(decl, base);
    if let (Some(OptionValue::Number(n)), Some(corpus)) = (decl.options.get("max_tokens"), &mut loaded.corpus) {
        for split in [&mut corpus.train, &mut corpus.dev, &mut corpus.test] {
            split.columns.iter_mut().for_each(|c| c.cut(*n as usize));
        }
    }
    loaded
}
