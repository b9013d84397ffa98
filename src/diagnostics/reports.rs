//! Where the stages of checking put their findings.

use super::Diagnostic;
use crate::source::Span;
use rustc_hash::FxHashSet as HashSet;
use std::collections::BTreeSet;

/// Marks a value about which a finding exists already: nothing else is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported;

/// Findings of a program, each once.
#[derive(Debug, Default)]
pub struct Reports {
    found: Vec<Diagnostic>,
    unsupported: Vec<Diagnostic>,
    /// code and place of what was reported
    said: HashSet<(&'static str, Span)>,
}

impl Reports {
    /// Reports a finding once, however many members of a family or phases show it.
    pub fn report(&mut self, d: Diagnostic) -> Reported {
        if d.primary.as_ref().is_none_or(|l| self.said.insert((d.code, l.span))) {
            self.found.push(d);
        }
        Reported
    }

    /// Reports a finding even where another of its code stands at its place.
    pub fn report_again(&mut self, d: Diagnostic) -> Reported {
        self.found.push(d);
        Reported
    }

    /// Notes that the trainer cannot run something yet.
    pub fn unsupported(&mut self, span: Span, what: impl Into<String>) {
        let d = Diagnostic::new("E0701", format!("{} cannot be trained yet", what.into()));
        self.unsupported.push(d.at(span, "checked, but not run by this version"));
    }

    /// What was reported so far.
    pub fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// Whether everything so far can be trained.
    pub fn all_supported(&self) -> bool {
        self.unsupported.is_empty()
    }

    /// Whether a finding of this code was reported at this place.
    pub fn said(&self, code: &'static str, place: Span) -> bool {
        self.said.contains(&(code, place))
    }

    /// Whether there is an error.
    pub fn any_error(&self) -> bool {
        self.found.iter().any(Diagnostic::is_error)
    }

    /// The findings whose place lies within a part of the text.
    pub fn within(&self, part: Span) -> impl Iterator<Item = &Diagnostic> {
        self.found.iter().filter(move |d| d.primary.as_ref().is_some_and(|l| part.contains(l.span)))
    }

    /// Whether an error stands within a part of the text: what follows from it is not said.
    pub fn any_error_within(&self, part: Span) -> bool {
        self.within(part).any(Diagnostic::is_error)
    }

    /// The findings in the order of their places, and what the trainer cannot run, each once.
    pub fn finish(mut self) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        self.found.sort_by_key(|d| d.primary.as_ref().map_or((u32::MAX, 0), |l| (l.span.file.0, l.span.start)));
        let mut seen = BTreeSet::new();
        self.unsupported.retain(|d| seen.insert((d.message.clone(), d.primary.as_ref().map(|l| l.span))));
        (self.found, self.unsupported)
    }
}
