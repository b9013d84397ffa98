//! Reading: how the files of a `data` declaration become typed columns.
//!
//! ```text
//! CorpusDecl ─load→ Corpus { train, dev, test: Split }      readers, one row each in `kinds::readers::READERS`
//! ```
//! Nothing here knows of tasks, vocabularies or tensors.

pub(crate) mod files;
mod load;
mod splits;
mod stats;
mod tagging;
#[cfg(test)]
mod tests;
mod texts;
mod validate;

pub use load::{Loaded, OneFile, elsewhere, load, one_file};
pub use stats::{FieldStats, SplitStats, Stats, stats};
pub use validate::validate;
