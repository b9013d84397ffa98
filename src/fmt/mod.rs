//! One canonical layout: `mtlc fmt`.
//!
//! ```text
//! text ─parse→ File, comments ─print→ Doc ─render→ text ─proof→ Formatted
//! ```
//! The layout is a function of the tree, of the comments and of where blank lines stand. The formatter proves its own
//! work: what it gives reads as the same tree with the same comments and findings, and is its own layout. Where that
//! fails, the text stays as it was. A declaration with a syntax fault keeps its text.

mod doc;
mod layout;
mod print;
mod rows;
#[cfg(test)]
mod tests;

use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use crate::syntax::{Parse, parse};
use print::Printer;

/// Longest line, comments at its end not counted.
pub const WIDTH: usize = 110;

/// What formatting gives, always.
#[derive(Debug, Default)]
pub struct Formatted {
    /// in canonical layout
    pub text: String,
    /// places that keep their text because they cannot be read
    pub kept: Vec<Span>,
    /// syntax findings of the text that came in
    pub diagnostics: Vec<Diagnostic>,
    /// the proof failed, and `text` is what came in: a fault of the formatter
    pub refused: bool,
}

/// The canonical layout of a text.
pub fn format(text: &str) -> Formatted {
    // line ends of other systems are kept, also within comments and what cannot be read
    if text.contains("\r\n") && text.matches('\n').count() == text.matches("\r\n").count() {
        let lf = text.replace("\r\n", "\n");
        let mut out = format(&lf);
        let back = |at: u32| at + lf.get(..at as usize).map_or(0, |s| s.matches('\n').count()) as u32;
        for s in &mut out.kept {
            (s.start, s.end) = (back(s.start), back(s.end));
        }
        out.text = out.text.replace('\n', "\r\n");
        out.diagnostics = parse(FileId(0), text).diagnostics;
        return out;
    }
    let parsed = parse(FileId(0), text);
    let faults = faults(&parsed);
    let (out, mut kept) = print(text, &parsed, &faults);
    if proven(&parsed, &out) {
        return Formatted { text: out, kept, diagnostics: parsed.diagnostics, refused: false };
    }
    // one declaration may be to blame: those that cannot be proven alone stay as they are
    let mut suspects = faults.clone();
    suspects.extend(parsed.file.items.iter().map(|i| i.span).filter(|s| !proven_alone(text, *s)));
    if suspects.len() > faults.len() {
        let out;
        (out, kept) = print(text, &parsed, &suspects);
        if proven(&parsed, &out) {
            return Formatted { text: out, kept, diagnostics: parsed.diagnostics, refused: true };
        }
    }
    let whole = Span::new(FileId(0), 0, text.len());
    Formatted { text: text.into(), kept: vec![whole], diagnostics: parsed.diagnostics, refused: true }
}

/// Places that could not be read as they stand.
fn faults(parsed: &Parse) -> Vec<Span> {
    let places = |d: &Diagnostic| -> Vec<Span> {
        d.primary.iter().map(|l| l.span).chain(d.fix.iter().map(|f| f.span)).collect()
    };
    parsed.diagnostics.iter().flat_map(places).chain(parsed.guessed.iter().copied()).collect()
}

fn print(text: &str, parsed: &Parse, faults: &[Span]) -> (String, Vec<Span>) {
    let mut w = Printer { text, comments: &parsed.comments, faults, next: 0, limit: 0, indent: 0, kept: vec![] };
    let mut head = None;
    let mut lines = w.items(&parsed.file.items, 0, text.len(), &mut head);
    // behind an empty statement: a file has no brace whose line it could share
    if let Some(text) = head {
        lines.insert(0, layout::Line::Comment { text, blank: false });
    }
    let ends_raw = matches!(lines.last(), Some(layout::Line::Glue(_)));
    let mut out = doc::render(&w.lay(lines), WIDTH);
    if !out.is_empty() && !ends_raw {
        out.push('\n');
    }
    (out, w.kept)
}

/// Whether two texts say the same: tree, comments, findings.
fn same(a: &Parse, b: &Parse) -> bool {
    let comments = |p: &Parse| {
        let mut all: Vec<String> = p.comments.iter().map(|c| c.text.clone()).collect();
        all.sort();
        all
    };
    let findings = |p: &Parse| -> Vec<(&str, String)> {
        let mut all: Vec<_> = p.diagnostics.iter().map(|d| (d.code, d.message.clone())).collect();
        all.sort();
        all
    };
    a.file == b.file && comments(a) == comments(b) && findings(a) == findings(b)
}

/// Whether `out` may stand for what was parsed: it says the same, and is its own layout.
fn proven(parsed: &Parse, out: &str) -> bool {
    let again = parse(FileId(0), out);
    same(parsed, &again) && print(out, &again, &faults(&again)).0 == out
}

fn proven_alone(text: &str, s: Span) -> bool {
    let Some(slice) = text.get(s.start as usize..s.end as usize) else { return false };
    let parsed = parse(FileId(0), slice);
    proven(&parsed, &print(slice, &parsed, &[]).0)
}
