//! Findings in data files, grouped: one diagnostic for each file and kind of fault, with its first places.

use crate::diagnostics::{DataPlace, Diagnostic};
use crate::source::Span;
use std::path::Path;

/// How many places of one kind are shown for one file.
const SHOWN: usize = 5;
/// A heading or key that a field names and a file lacks.
const ABSENT_NAME: &str = "E0605";
/// Longer lines are cut in excerpts.
const WIDTH: usize = 160;

/// A line of a data file.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// the file's name
    pub file: &'a str,
    /// 1-based
    pub line: usize,
    /// the line
    pub text: &'a str,
}

impl Place<'_> {
    /// The excerpt for a diagnostic.
    pub fn data(&self, note: impl Into<String>) -> DataPlace {
        let mut text: String = self.text.chars().take(WIDTH).map(|c| if c == '\t' { c } else { visible(c) }).collect();
        if text.len() < self.text.len() {
            text.push('…');
        }
        DataPlace { file: self.file.into(), line: self.line, text, range: (0, 0), note: note.into() }
    }
}

/// A line of a file that is no longer in memory.
pub fn line_of(path: &Path, line: usize, note: &str) -> DataPlace {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let text = text.split('\n').nth(line - 1).unwrap_or_default().trim_end_matches('\r');
    Place { file: &file, line, text }.data(note)
}

/// Control characters would break the layout of an excerpt.
fn visible(c: char) -> char {
    if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { '\u{fffd}' } else { c }
}

/// All findings so far.
#[derive(Debug, Default)]
pub struct Faults {
    groups: Vec<Group>,
    /// line and message of every error of a single example, where each is to be answered
    each: Option<Vec<(usize, String)>>,
}

#[derive(Debug)]
struct Group {
    file: String,
    count: usize,
    first: Diagnostic,
}

impl Faults {
    /// None yet; every single error is kept, with the line where it stands.
    pub fn of_each_line() -> Self {
        Self { each: Some(vec![]), ..Self::default() }
    }

    /// Line and message of every error so far, if each is kept.
    pub fn each(&self) -> &[(usize, String)] {
        self.each.as_deref().unwrap_or_default()
    }

    /// Records a fault that has a place in a data file. Faults with the same code, file and primary place count as
    /// one kind; the first gives the message. A name that a file lacks ([`E0605`](crate::diagnostics::codes)) is one kind in
    /// all files: the fault is in the program.
    pub fn at(
        &mut self,
        code: &'static str,
        span: Span,
        place: Place<'_>,
        note: &str,
        message: impl FnOnce() -> (String, Option<String>),
    ) {
        let same = |g: &&mut Group| {
            let file = code == ABSENT_NAME || g.file == place.file;
            g.first.code == code && file && g.first.primary.as_ref().is_some_and(|l| l.span == span)
        };
        let mut message = Some(message);
        let mut said = None;
        if let Some(each) = self.each.as_mut().filter(|_| code.starts_with('E') && code != ABSENT_NAME) {
            said = message.take().map(|m| m());
            each.extend(said.iter().map(|(what, _)| (place.line, what.clone())));
        }
        if let Some(group) = self.groups.iter_mut().find(same) {
            group.count += 1;
            if group.count <= SHOWN {
                group.first.data.push(place.data(note));
            }
            return;
        }
        let (message, help) = said.or_else(|| message.map(|m| m())).unwrap_or_default();
        let mut first = Diagnostic::new(code, message).at(span, "").data(place.data(note));
        first.help = help;
        self.groups.push(Group { file: place.file.into(), count: 1, first });
    }

    /// Records a finding as it is.
    pub fn plain(&mut self, diagnostic: Diagnostic) {
        // one file may be two splits
        if self.groups.iter().any(|g| g.count == 1 && g.first == diagnostic) {
            return;
        }
        self.groups.push(Group { file: String::new(), count: 1, first: diagnostic });
    }

    /// Whether anything is wrong so far (warnings aside).
    pub fn any_error(&self) -> bool {
        self.groups.iter().any(|g| g.first.is_error())
    }

    /// One diagnostic for each kind; the message counts those that are not shown.
    pub fn finish(self) -> Vec<Diagnostic> {
        let close = |mut g: Group| {
            if g.count > 1 {
                g.first.message = format!("{}, and {} more like this", g.first.message, g.count - 1);
            }
            g.first
        };
        self.groups.into_iter().map(close).collect()
    }
}
