//! Corpora: what a `data` declaration means, and how files become typed columns.
//!
//! ```text
//! CorpusDecl ─load→ Corpus { train, dev, test: Split }      readers, one row each in `readers::READERS`
//! ```
//! Nothing here knows of tasks, vocabularies or tensors.

use crate::diagnostics::Diagnostic;
use crate::source::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

pub mod index;
pub mod readers;

/// A `data` declaration after names are resolved and family variables replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorpusDecl {
    /// `atis`, or `reviews["books"]` for a member of a family
    pub name: String,
    /// row of [`readers::READERS`]: `columns`, `conllu`, `tsv`, `csv`, `jsonl`, `json`, `parallel`, `lines`
    pub reader: String,
    /// the one unnamed argument: a folder with recognisable splits, a single file, or a prefix (`parallel`)
    pub path: Option<String>,
    /// `train = ...`, `dev = ...`, `test = ...`
    pub splits: BTreeMap<SplitName, SplitSource>,
    /// the reader's other options by name (`header = false`, `separator = "|"`, ...)
    pub options: BTreeMap<String, OptionValue>,
    /// its fields, in the order of the text
    pub fields: Vec<FieldDecl>,
    /// place of the declaration's name
    #[serde(skip)]
    pub span: Span,
    /// place of the path or reader expression
    #[serde(skip)]
    pub reader_span: Span,
}

/// A reader's option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OptionValue {
    /// `header = false`
    Bool(bool),
    /// `max = 1000`
    Number(f64),
    /// `separator = "|"`, or a bare word
    Text(String),
}

/// The three parts of a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum SplitName {
    Train,
    Dev,
    Test,
}

/// Where a split comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SplitSource {
    /// a file (or, for `parallel`, a folder or prefix)
    File(String),
    /// `split(10%)`: the last share of the training examples, in file order; taken out of training
    Share(f64),
}

/// A typed field of a corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDecl {
    /// `slots`
    pub name: String,
    /// `tags on x`
    pub ty: FieldType,
    /// `= 3` or `= "seq.out"`
    pub source: Option<FieldSource>,
    /// place of the whole field
    #[serde(skip)]
    pub span: Span,
}

/// Where a field's values stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldSource {
    /// a column counted from 1
    Number(usize),
    /// a column's heading, a JSON key (`a.b` descends), a file name or ending (`parallel`), or a CoNLL-U column
    Name(String),
}

/// Types of fields. Texts own an axis (their own name); structures name the field that they are `on` or `in`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// raw text, tokenised by the reader's default rule (words and punctuation)
    Text,
    /// text that is tokenised already (split at spaces, or a list in JSON)
    Tokens,
    /// one class
    Label,
    /// a set of classes
    Labels {
        /// `labels on docs`: one flag per member of a list
        on: Option<String>,
    },
    /// a number
    Real,
    /// an identifier
    Id,
    /// a vector of numbers
    Vec(usize),
    /// one class per token of `on`
    Tags {
        /// the text
        on: String,
    },
    /// several layers of tags over one text
    Layers {
        /// the text
        on: String,
    },
    /// a dependency tree over `on`: head (0 is the root) and relation of each token
    Heads {
        /// the text
        on: String,
    },
    /// every other structured type of the language (`span spans pairs clusters pointers graph index spanpair list`),
    /// checked by name and axis, kept as JSON
    Other {
        /// the type's word
        kind: String,
        /// the field after `on` or `in`
        on: Option<String>,
        /// `list<...>`
        of: Option<Box<FieldType>>,
    },
}

impl FieldType {
    /// Whether the field is a text, i.e. owns a token axis.
    pub fn is_text(&self) -> bool {
        matches!(self, FieldType::Text | FieldType::Tokens)
    }

    /// The text or list that the field's values refer to.
    pub fn axis(&self) -> Option<&str> {
        match self {
            FieldType::Tags { on } | FieldType::Layers { on } | FieldType::Heads { on } => Some(on),
            FieldType::Labels { on } | FieldType::Other { on, .. } => on.as_deref(),
            _ => None,
        }
    }
}

/// A corpus in memory.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// as declared
    pub name: String,
    /// training examples
    pub train: Split,
    /// examples for choosing
    pub dev: Split,
    /// examples for the final figures
    pub test: Split,
    /// every file that was read, in order (for the cache key and the report)
    pub files: Vec<String>,
}

impl Corpus {
    /// One of the three splits.
    pub fn split(&self, name: SplitName) -> &Split {
        match name {
            SplitName::Train => &self.train,
            SplitName::Dev => &self.dev,
            SplitName::Test => &self.test,
        }
    }
}

/// Examples as columns, one for each declared field, all of length `len`.
#[derive(Clone, Debug, Default)]
pub struct Split {
    /// number of examples
    pub len: usize,
    /// in the order of [`CorpusDecl::fields`]
    pub columns: Vec<Column>,
}

/// The values of one field. `None` is a missing value: no loss and no metric counts there.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// `text` and `tokens`
    Tokens(Vec<Vec<String>>),
    /// `label` and `id`
    Label(Vec<Option<String>>),
    /// `labels`
    Labels(Vec<Option<Vec<String>>>),
    /// `real`
    Real(Vec<Option<f64>>),
    /// `vec<d>`
    Vector(Vec<Option<Vec<f32>>>),
    /// `tags on x`, normalised to BIO when the scheme is IOB1, BIO or BIOES; an empty string masks one token
    Tags(Vec<Option<Vec<String>>>),
    /// `layers<tags> on x`: for each example, named layers
    Layers(Vec<Option<BTreeMap<String, Vec<String>>>>),
    /// `heads on x`: head index (0 = root, counted from 1) and relation for each token
    Heads(Vec<Option<(Vec<usize>, Vec<String>)>>),
    /// anything else, as read
    Json(Vec<Option<serde_json::Value>>),
}

impl Column {
    /// Number of examples.
    pub fn len(&self) -> usize {
        match self {
            Column::Tokens(v) => v.len(),
            Column::Label(v) => v.len(),
            Column::Labels(v) => v.len(),
            Column::Real(v) => v.len(),
            Column::Vector(v) => v.len(),
            Column::Tags(v) => v.len(),
            Column::Layers(v) => v.len(),
            Column::Heads(v) => v.len(),
            Column::Json(v) => v.len(),
        }
    }

    /// Whether there are no examples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

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

/// Reads a corpus; relative paths start at `base`.
pub fn load(decl: &CorpusDecl, base: &Path) -> Loaded {
    readers::load(decl, base)
}

/// stub
pub fn validate(_d: &CorpusDecl) -> Vec<Diagnostic> {
    vec![]
}
