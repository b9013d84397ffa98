//! Errors are data; this module alone turns them into text.
//!
//! Rules for wording: the message states one fact in lower case, without a full stop, names in
//! backticks; the primary label is on what to edit, secondary labels on the evidence; help is one
//! action, as code to paste.

pub mod codes;
pub mod render;
mod reports;
pub mod suggest;
pub mod visible;

pub use reports::{Reported, Reports};

use crate::source::Span;
use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// the program cannot run
    Error,
    /// the program runs, but probably not as meant
    Warning,
}

/// A place in a source file with a note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Label {
    /// the place
    pub span: Span,
    /// what is there (may be empty)
    pub text: String,
}

/// A text edit that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// what is replaced
    pub span: Span,
    /// by what
    pub replacement: String,
    /// may be applied without asking
    pub safe: bool,
    /// further places of the same fault, replaced by the same
    pub also: Vec<Span>,
}

impl Fix {
    /// Every place that is replaced, the finding's own first.
    pub fn places(&self) -> impl Iterator<Item = Span> {
        std::iter::once(self.span).chain(self.also.iter().copied())
    }
}

/// A place in a data file: shown as its own excerpt under the finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataPlace {
    /// path of the data file
    pub file: String,
    /// 1-based line
    pub line: usize,
    /// the line's text
    pub text: String,
    /// byte range of `text` that is meant (whole line when empty)
    pub range: (usize, usize),
    /// what is there
    pub note: String,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// a code of [`codes`]: E for errors, W for warnings
    pub code: &'static str,
    /// error or warning, from the code's letter
    pub severity: Severity,
    /// one fact
    pub message: String,
    /// the place to edit; `None` only for findings without a place in a `.mtl` file
    pub primary: Option<Label>,
    /// evidence elsewhere
    pub secondary: Vec<Label>,
    /// a line of a data file that shows the fault
    pub data: Vec<DataPlace>,
    /// one action
    pub help: Option<String>,
    /// the action as an edit
    pub fix: Option<Fix>,
}

impl Diagnostic {
    /// A finding with a code of the table; its severity follows from the code's first letter.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(codes::find(code).is_some(), "{code} is not in the table of codes");
        let severity = if code.starts_with('W') { Severity::Warning } else { Severity::Error };
        Self {
            code,
            severity,
            message: message.into(),
            primary: None,
            secondary: vec![],
            data: vec![],
            help: None,
            fix: None,
        }
    }

    /// Sets the primary label.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: text.into() });
        self
    }

    /// Adds a secondary label.
    #[must_use]
    pub fn with(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Sets the help line.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Attaches an edit.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>, safe: bool) -> Self {
        self.fix = Some(Fix { span, replacement: replacement.into(), safe, also: vec![] });
        self
    }

    /// Adds an excerpt of a data file.
    #[must_use]
    pub fn data(mut self, place: DataPlace) -> Self {
        self.data.push(place);
        self
    }

    /// Whether this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `12,345`
pub fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// `1 step`, `1,200 steps`; the word takes an s, the number its thousands.
pub fn some(n: usize, word: &str) -> String {
    format!("{} {word}{}", thousands(n), if n == 1 { "" } else { "s" })
}

/// `once`, `twice`, `5 times`
pub fn times(n: usize) -> String {
    match n {
        1 => "once".into(),
        2 => "twice".into(),
        n => format!("{n} times"),
    }
}
