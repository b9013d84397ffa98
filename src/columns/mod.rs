//! Corpora as data: what a `data` declaration says, and examples as typed columns.
//!
//! Nothing here knows of files, tasks, vocabularies or tensors.

use crate::diagnostics::DataPlace;
use crate::source::Span;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub mod faults;
mod offsets;
pub mod reader;
pub mod schemes;
pub mod sink;
pub mod words;

pub use schemes::Scheme;

/// A `data` declaration after names are resolved and family variables replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorpusDecl {
    /// `atis`, or `reviews["books"]` for a member of a family
    pub name: String,
    /// row of the table of readers: `columns`, `conllu`, `tsv`, `csv`, `jsonl`, `json`, `parallel`, `lines`
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
    /// places of the names of options
    #[serde(skip)]
    pub option_spans: BTreeMap<String, Span>,
}

impl CorpusDecl {
    /// Takes the places in the spec away.
    pub fn forget_places(&mut self) {
        (self.span, self.reader_span) = (Span::default(), Span::default());
        self.option_spans.clear();
        self.fields.iter_mut().for_each(|f| (f.span, f.axis_span) = (Span::default(), None));
    }

    /// The place of an option's name, else of the reader.
    pub fn option_span(&self, name: &str) -> Span {
        self.option_spans.get(name).copied().unwrap_or(self.reader_span)
    }
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

impl std::fmt::Display for SplitName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            SplitName::Train => "train",
            SplitName::Dev => "dev",
            SplitName::Test => "test",
        })
    }
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
    /// place of `x` in `on x`
    #[serde(skip)]
    pub axis_span: Option<Span>,
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
    /// labelled pairs of tokens of `on`
    Pairs {
        /// the text
        on: String,
    },
    /// every other structured type of the language (`span spans clusters pointers graph index spanpair list`),
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
    /// Of what could not be read.
    pub fn unreadable() -> Self {
        FieldType::Other { kind: crate::ast::UNREADABLE.into(), on: None, of: None }
    }

    /// Whether the type could not be read; that has its finding.
    pub fn is_unreadable(&self) -> bool {
        matches!(self, FieldType::Other { kind, .. } if kind == crate::ast::UNREADABLE)
    }

    /// Whether the field is a text, i.e. owns a token axis.
    pub fn is_text(&self) -> bool {
        matches!(self, FieldType::Text | FieldType::Tokens)
    }

    /// The text or list that the field's values refer to.
    pub fn axis(&self) -> Option<&str> {
        match self {
            FieldType::Tags { on } | FieldType::Layers { on } | FieldType::Heads { on } | FieldType::Pairs { on } => {
                Some(on)
            }
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
    /// the scheme in which the files wrote each field of tags (in memory they are BIO or plain)
    pub schemes: BTreeMap<String, Scheme>,
    /// where the examples of each split stand, for findings; empty where a cache gave them
    pub places: BTreeMap<SplitName, Places>,
}

/// Where the examples of a split stand.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// one, or one for each field
    pub files: Vec<PathBuf>,
    /// each field has a file of its own
    pub per_field: bool,
    /// each token has a line of its own
    pub rows: bool,
    /// first line of each example, 1-based
    pub lines: Vec<u32>,
    /// the file begins with a line of headings
    pub headed: bool,
}

impl Places {
    /// The line that holds a token of an example of a field.
    pub fn of(&self, field: usize, example: usize, token: usize, note: &str) -> Option<DataPlace> {
        let file = self.files.get(if self.per_field { field } else { 0 })?;
        let start = self.lines.get(example).map_or(1, |&l| l as usize);
        Some(faults::line_of(file, if self.rows { start + token } else { start }, note))
    }
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

    /// Keeps the lengths of texts and the numbers alone, which is enough once the examples are indexed.
    pub fn forget_texts(&mut self) {
        for split in [&mut self.train, &mut self.dev, &mut self.test] {
            let len = split.len;
            for c in &mut split.columns {
                match c {
                    Column::Tokens(v) => *c = Column::Lengths(v.iter().map(|t| t.len() as u32).collect()),
                    Column::Lengths(_) | Column::Real(_) => {}
                    _ => *c = Column::Json(vec![None; len]),
                }
            }
        }
    }

    /// One of the three splits, to change it.
    pub fn split_mut(&mut self, name: SplitName) -> &mut Split {
        match name {
            SplitName::Train => &mut self.train,
            SplitName::Dev => &mut self.dev,
            SplitName::Test => &mut self.test,
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

impl Split {
    /// Takes the last `n` examples out.
    pub fn take_last(&mut self, n: usize) -> Split {
        let keep = self.len.saturating_sub(n);
        let len = std::mem::replace(&mut self.len, keep) - keep;
        Split { len, columns: self.columns.iter_mut().map(|c| c.split_off(keep)).collect() }
    }
}

/// The values of one field. `None` is a missing value: no loss and no metric counts there.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// `text` and `tokens`
    Tokens(Vec<Vec<String>>),
    /// texts of which only the numbers of tokens are known: those of a cache, which are indexed already
    Lengths(Vec<u32>),
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
    /// `pairs on x`: first token, second token (from 0), class
    Pairs(Vec<Option<Vec<(usize, usize, String)>>>),
    /// anything else, as read
    Json(Vec<Option<serde_json::Value>>),
}

impl Column {
    /// Number of examples.
    pub fn len(&self) -> usize {
        match self {
            Column::Tokens(v) => v.len(),
            Column::Lengths(v) => v.len(),
            Column::Label(v) => v.len(),
            Column::Labels(v) => v.len(),
            Column::Real(v) => v.len(),
            Column::Vector(v) => v.len(),
            Column::Tags(v) => v.len(),
            Column::Layers(v) => v.len(),
            Column::Heads(v) => v.len(),
            Column::Pairs(v) => v.len(),
            Column::Json(v) => v.len(),
        }
    }

    /// Takes the examples from `at` on out.
    pub fn split_off(&mut self, at: usize) -> Column {
        match self {
            Column::Tokens(v) => Column::Tokens(v.split_off(at)),
            Column::Lengths(v) => Column::Lengths(v.split_off(at)),
            Column::Label(v) => Column::Label(v.split_off(at)),
            Column::Labels(v) => Column::Labels(v.split_off(at)),
            Column::Real(v) => Column::Real(v.split_off(at)),
            Column::Vector(v) => Column::Vector(v.split_off(at)),
            Column::Tags(v) => Column::Tags(v.split_off(at)),
            Column::Layers(v) => Column::Layers(v.split_off(at)),
            Column::Heads(v) => Column::Heads(v.split_off(at)),
            Column::Pairs(v) => Column::Pairs(v.split_off(at)),
            Column::Json(v) => Column::Json(v.split_off(at)),
        }
    }

    /// Keeps the first `n` tokens of each text, and their labels.
    pub fn cut(&mut self, n: usize) {
        match self {
            Column::Tokens(v) => v.iter_mut().for_each(|t| t.truncate(n)),
            Column::Tags(v) => v.iter_mut().flatten().for_each(|t| t.truncate(n)),
            Column::Layers(v) => v.iter_mut().flatten().flat_map(BTreeMap::values_mut).for_each(|t| t.truncate(n)),
            Column::Heads(v) => v.iter_mut().flatten().for_each(|(heads, names)| {
                heads.truncate(n);
                names.truncate(n);
            }),
            Column::Pairs(v) => v.iter_mut().flatten().for_each(|pairs| pairs.retain(|(i, j, _)| *i < n && *j < n)),
            _ => {}
        }
    }

    /// Number of examples with a value.
    pub fn known(&self) -> usize {
        fn some<T>(v: &[Option<T>]) -> usize {
            v.iter().flatten().count()
        }
        match self {
            Column::Tokens(v) => v.len(),
            Column::Lengths(v) => v.len(),
            Column::Label(v) => some(v),
            Column::Labels(v) => some(v),
            Column::Real(v) => some(v),
            Column::Vector(v) => some(v),
            Column::Tags(v) => v.iter().flatten().filter(|t| t.iter().any(|t| !t.is_empty())).count(),
            Column::Layers(v) => some(v),
            Column::Heads(v) => some(v),
            Column::Pairs(v) => some(v),
            Column::Json(v) => some(v),
        }
    }

    /// Whether there are no examples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A type as the language writes it.
pub fn type_word(ty: &FieldType) -> String {
    let on = |word: &str, axis: Option<&str>, by: &str| match axis {
        Some(axis) => format!("{word} {by} {axis}"),
        None => word.to_owned(),
    };
    match ty {
        FieldType::Text => "text".into(),
        FieldType::Tokens => "tokens".into(),
        FieldType::Label => "label".into(),
        FieldType::Labels { on: axis } => on("labels", axis.as_deref(), "on"),
        FieldType::Real => "real".into(),
        FieldType::Id => "id".into(),
        FieldType::Vec(d) => format!("vec<{d}>"),
        FieldType::Tags { on } => format!("tags on {on}"),
        FieldType::Layers { on } => format!("layers<tags> on {on}"),
        FieldType::Heads { on } => format!("heads on {on}"),
        FieldType::Pairs { on } => format!("pairs on {on}"),
        FieldType::Other { kind, on: axis, of } => {
            let word = of.as_ref().map_or_else(|| kind.clone(), |of| format!("{kind}<{}>", type_word(of)));
            on(&word, axis.as_deref(), if kind == "index" { "in" } else { "on" })
        }
    }
}
