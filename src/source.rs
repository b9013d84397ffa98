//! Source files and places in them.
//!
//! A program may span several files (`use "common.mtl"`), so a [`Span`] names its file.

use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};

/// Which file of a [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileId(pub u32);

/// A half-open range of bytes of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// the file
    pub file: FileId,
    /// first byte
    pub start: u32,
    /// one past the last byte
    pub end: u32,
}

impl Span {
    /// The range `start..end` of `file`.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start: start as u32, end: end as u32 }
    }

    /// The smallest span that covers both (both in one file; else `self`).
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether another span lies within this one.
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// One text, with the name by which diagnostics call it.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// path as the user wrote it
    pub name: String,
    /// whole content
    pub text: Arc<str>,
    /// offsets at which lines begin, found when first asked for
    lines: OnceLock<Vec<u32>>,
}

impl SourceFile {
    /// The offsets at which lines begin, ascending; the first is 0.
    pub fn lines(&self) -> &[u32] {
        let starts = || {
            let breaks = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            std::iter::once(0).chain(breaks.map(|(i, _)| i as u32 + 1)).collect()
        };
        self.lines.get_or_init(starts)
    }
}

/// All texts of one compilation.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a text and returns its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        self.files.push(SourceFile { name: name.into(), text: text.into(), lines: OnceLock::new() });
        FileId(self.files.len() as u32 - 1)
    }

    /// The file of an id, if it is of these sources.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The text under a span, empty when it is out of range.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).and_then(|f| f.text.get(span.start as usize..span.end as usize)).unwrap_or("")
    }

    /// 1-based line of a span's start.
    pub fn line(&self, span: Span) -> usize {
        self.get(span.file).map_or(1, |f| f.lines().partition_point(|start| *start <= span.start))
    }

    /// The line in which a span begins.
    pub fn line_text(&self, span: Span) -> &str {
        let Some(f) = self.get(span.file) else { return "" };
        let start = f.lines()[self.line(span) - 1] as usize;
        f.text[start..].lines().next().unwrap_or("")
    }

    /// 1-based line and column (in characters) of a span's start.
    pub fn line_col(&self, span: Span) -> (usize, usize) {
        let Some(f) = self.get(span.file) else { return (1, 1) };
        let at = if f.text.is_char_boundary(span.start as usize) { span.start } else { f.text.len() as u32 };
        let line = f.lines().partition_point(|start| *start <= at);
        let start = f.lines()[line - 1] as usize;
        (line, f.text[start..at as usize].chars().count() + 1)
    }

    /// All files, in the order in which they were added.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }
}
