//! What the row of a reader says, and what its code is given: files in memory, options.

use super::faults::Place;
use super::sink::Sink;
use super::words::TextReading;
use super::{CorpusDecl, FieldDecl, FieldSource, OptionValue};

/// A format.
pub struct Reader {
    /// the word in a `data` declaration
    pub name: &'static str,
    /// one line for `mtlc explain`
    pub doc: &'static str,
    /// its own options; [`COMMON`] come on top
    pub options: &'static [OptionSpec],
    /// usual endings of its files, to choose between `dev.tsv` and `dev.ans`
    pub extensions: &'static [&'static str],
    /// each token has a line of its own
    pub token_lines: bool,
    /// cells may stand in double quotes, if not said otherwise
    pub quoted: bool,
    /// the writer that writes the same format
    pub written: &'static str,
    /// what brings the tokens of a text together, where each was read as a text of its own
    pub together: &'static str,
    /// one file for each split, or one for each field
    pub layout: Layout,
    /// what is wrong with a field for this format, beside what is checked for all
    pub field: fn(&CorpusDecl, &FieldDecl) -> Option<Complaint>,
    /// reads the files of one split
    pub read: fn(&mut Sink<'_>, &[DataFile]),
}

/// What is wrong with a field: code, message, help.
pub type Complaint = (&'static str, String, Option<String>);

/// An option of a reader.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// `header`
    pub name: &'static str,
    /// what it takes
    pub kind: OptionKind,
    /// one line
    pub doc: &'static str,
}

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    /// `true` or `false`
    Flag,
    /// a whole number of at least 1
    Count,
    /// a string or a bare word
    Text,
    /// a heading, or the number of a column
    Column,
}

/// An option.
pub const fn option(name: &'static str, kind: OptionKind, doc: &'static str) -> OptionSpec {
    OptionSpec { name, kind, doc }
}

/// How a format spreads over files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// each split is one file
    OneFile,
    /// each split has one file for each field
    FilePerField,
}

/// Options of every reader.
pub const COMMON: &[OptionSpec] = &[
    option("max", OptionKind::Count, "at most so many training examples"),
    option("max_tokens", OptionKind::Count, "longer training texts are cut there, their tags with them"),
    option("lower", OptionKind::Flag, "texts in lower case"),
    option("normalize", OptionKind::Text, "`nfc` or `nfd`: the form of letters with marks"),
    option("missing", OptionKind::Text, "the string that stands for \"no value\""),
    option("none", OptionKind::Text, "the `labels` cell that means \"of no class\""),
    option("names", OptionKind::Text, "what tags that are numbers stand for: names between spaces, from 0"),
    option("split", OptionKind::Text, "what stands between the classes of a `labels` cell; a comma if not given"),
];

impl Reader {
    /// Its own options, then the common ones.
    pub fn all_options(&self) -> impl Iterator<Item = &'static OptionSpec> + use<> {
        self.options.iter().chain(COMMON)
    }
}

/// A file in memory.
#[derive(Debug, Default)]
pub struct DataFile {
    /// as shown in messages
    pub name: String,
    /// its text, without a byte order mark
    pub text: String,
}

impl DataFile {
    /// Lines with their numbers. Only LF (or CRLF) ends a line: U+0085 and U+2028 occur inside texts.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.split_inclusive('\n').enumerate().map(|(i, l)| {
            let l = l.strip_suffix('\n').unwrap_or(l);
            (i + 1, l.strip_suffix('\r').unwrap_or(l))
        })
    }

    /// A place in this file.
    pub fn place<'a>(&'a self, line: usize, text: &'a str) -> Place<'a> {
        Place { file: &self.name, line, text }
    }
}

/// The options that readers and the sink look at, with their types.
#[derive(Clone, Debug)]
pub struct Options {
    /// `max`
    pub max: usize,
    /// `lower`, `normalize`
    pub text: TextReading,
    /// `missing`
    pub missing: Option<String>,
    /// `none`
    pub none: Option<String>,
    /// `names`
    pub names: Option<Vec<String>>,
    /// `split`
    pub split: String,
    /// `separator`, words replaced
    pub separator: Option<String>,
    /// `header`
    pub header: Option<bool>,
    /// `quote`
    pub quote: Option<bool>,
    /// `at`
    pub at: Option<String>,
    /// `group`
    pub group: Option<FieldSource>,
}

impl Options {
    /// The options of a declaration; values of a wrong kind count as absent (those are reported).
    pub fn of(decl: &CorpusDecl) -> Self {
        let text = |name: &str| match decl.options.get(name) {
            Some(OptionValue::Text(t)) => Some(t.clone()),
            Some(OptionValue::Number(n)) => Some(n.to_string()),
            _ => None,
        };
        let flag = |name: &str| match decl.options.get(name) {
            Some(OptionValue::Bool(b)) => Some(*b),
            _ => None,
        };
        let max = match decl.options.get("max") {
            Some(OptionValue::Number(n)) => *n as usize,
            _ => usize::MAX,
        };
        let separator = text("separator").map(|s| match s.as_str() {
            "tab" | "\\t" => "\t".into(),
            "space" => " ".into(),
            "comma" => ",".into(),
            _ => s,
        });
        Self {
            max,
            text: TextReading::of(decl),
            missing: text("missing"),
            none: text("none"),
            names: text("names").map(|n| n.split_ascii_whitespace().map(String::from).collect()),
            split: text("split").filter(|s| !s.is_empty()).unwrap_or_else(|| ",".into()),
            separator,
            header: flag("header"),
            quote: flag("quote"),
            at: text("at"),
            group: match decl.options.get("group") {
                Some(OptionValue::Number(n)) => Some(FieldSource::Number(*n as usize)),
                Some(OptionValue::Text(t)) => Some(FieldSource::Name(t.clone())),
                _ => None,
            },
        }
    }

    /// Whether this value stands for "no value".
    pub fn is_missing(&self, value: &str) -> bool {
        self.missing.as_deref() == Some(value)
    }

    /// One tag; the empty string masks its token.
    ///
    /// # Errors
    /// A number that has no name.
    pub fn tag(&self, tag: &str) -> Result<String, String> {
        if self.is_missing(tag) {
            return Ok(String::new());
        }
        match (&self.names, tag.parse::<usize>()) {
            (Some(names), Ok(n)) => {
                let beyond = || format!("tag {n} has no name: `names` has {}, counted from 0", names.len());
                names.get(n).cloned().ok_or_else(beyond)
            }
            _ => Ok(tag.to_owned()),
        }
    }
}
