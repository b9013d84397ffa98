//! What is said of a repair.

use super::super::*;
use super::edits::{Edit, Kind};
use super::words::{tokens, words, words_of};
use super::{Fault, HOLE, Line, List};
use crate::syntax::recovery::callable;
use std::ops::Range;

impl Line<'_> {
    pub(super) fn report(&mut self, fault: &Fault, edit: &Edit, whole: (usize, usize)) {
        let Range { start, end } = edit.range.clone();
        let old = self.text[start..end].trim().to_string();
        let at = self.origin[fault.at];
        let d = match edit.kind {
            Kind::Doubled => self.doubled(start, end, &old),
            Kind::Insert(right) => self.inserted(fault, start, end, right),
            Kind::Part if fault.list() == List::Settings => self.settings_parted(start, end),
            Kind::Part if fault.kind != Rule::junk => self.parted(fault, start, end),
            Kind::Swap => self.swapped(edit, &old),
            Kind::Braces => self.braced(edit, whole),
            Kind::Arguments => self.arguments(edit, whole),
            Kind::Move => {
                let (here, word) = self.walk.token(at, whole.1);
                Diagnostic::new("E0101", format!("`{word}` stands behind the block"))
                    .at(here, "belongs before `{`")
                    .help(format!("write `{}`", edit.by))
                    .fix(self.place(start, end), edit.by.as_str(), false)
            }
            Kind::Unquote => Diagnostic::new("E0107", "a name has no quotes")
                .at(self.place(start, end), "remove the quotes")
                .help(format!("write `{}`", edit.by))
                .fix(self.place(start, end), edit.by.as_str(), true),
            Kind::Join => Diagnostic::new("E0101", "a name is one word")
                .at(self.place(start, end), "two words")
                .help(format!("write `{}`", edit.by))
                .fix(self.place(start, end), edit.by.as_str(), false),
            Kind::Sign(right) => Diagnostic::new("E0104", format!("`{old}` stands where `{right}` belongs"))
                .at(self.place(start, end), format!("write `{right}`"))
                .help(format!("write `{right}` for `{old}`"))
                .fix(self.place(start, end), right, false),
            // `stage for t in ...`: the word was read as the name
            Kind::Hole if end < fault.at && self.around(end).1.is_some_and(|w| crate::words::is_reserved(&w)) => {
                let next = self.around(end).1.unwrap_or_default();
                Diagnostic::new("E0101", format!("a name is missing before `{next}`"))
                    .at(self.place(start, start), "which one?")
                    .help(format!("write a name before `{next}`"))
            }
            // `for d of [...]`: a word of the language for another
            Kind::Replace if edit.by != HOLE && edit.by.starts_with(char::is_alphabetic) => {
                let right = edit.by.as_str();
                Diagnostic::new("E0101", format!("`{old}` stands where `{right}` belongs"))
                    .at(self.place(start, end), format!("write `{right}`"))
                    .help(format!("write `{right}` for `{old}`"))
                    .fix(self.place(start, end), right, false)
            }
            Kind::Begin(right) if right != "let" => {
                let (_, token) = self.walk.token(self.origin[fault.place.start], whole.1);
                let gap = self.place(start, start);
                Diagnostic::new("E0101", format!("`{right}` is missing before `{token}`"))
                    .at(gap, format!("write `{right}` here"))
                    .help(format!("write `{right} {token}`"))
                    .fix(gap, format!("{right} "), false)
            }
            kind => match self.explained(fault, edit, kind, &old, whole) {
                Some(d) => d,
                None => return,
            },
        };
        self.walk.report(d);
    }

    /// A place of the line in the source.
    fn place(&self, a: usize, b: usize) -> Span {
        self.walk.prepared.span(self.origin[a], self.origin[b])
    }

    /// What stands before and after a place, names with their paths.
    fn around(&self, at: usize) -> (Option<String>, Option<String>) {
        let all = tokens(&self.text);
        let k = all.partition_point(|t| t.end <= at);
        let path = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '@' | '*');
        // a name with its path
        let whole = |t: &Range<usize>| {
            let named = self.text[t.clone()].starts_with(path);
            let grown = |n: usize| if named { n } else { 0 };
            let before = &self.text[..t.start];
            let behind = &self.text[t.end..];
            let left = before.len() - before.trim_end_matches(path).len();
            let right = behind.len() - behind.trim_start_matches(path).len();
            t.start - grown(left)..t.end + grown(right)
        };
        let side = |t: Option<&Range<usize>>| t.map(|t| self.text[whole(t)].to_string()).filter(|t| !t.contains(HOLE));
        (side(k.checked_sub(1).and_then(|b| all.get(b))), side(all.get(k)))
    }

    /// That a sign or word is missing, and the line as it should be.
    fn missing(&self, fault: &Fault, end: usize, right: &str) -> (String, String) {
        let (before, after) = self.around(end);
        let text = match (&before, &after) {
            (Some(b), Some(a)) => format!("`{right}` is missing between `{b}` and `{a}`"),
            (_, Some(a)) => format!("`{right}` is missing before `{a}`"),
            (Some(b), _) => format!("`{right}` is missing after `{b}`"),
            _ => format!("`{right}` is missing"),
        };
        // a point stands without spaces, and the colon of a field before one
        let tight = right == "." || right == ":" && fault.list() == List::Fields;
        if tight {
            let space = if right == "." { "" } else { " " };
            let help =
                format!("write `{}{right}{space}{}`", before.as_deref().unwrap_or(""), after.as_deref().unwrap_or(""));
            return (text, help);
        }
        let help = [before.as_deref(), Some(right), after.as_deref()].into_iter().flatten();
        (text, format!("write `{}`", help.collect::<Vec<_>>().join(" ").replace(" ,", ",")))
    }

    fn doubled(&self, start: usize, end: usize, old: &str) -> Diagnostic {
        let place = self.place(start, end);
        let word = words_of(old).first().copied().unwrap_or("");
        let several = words_of(old).len() > 1 && crate::words::is_reserved(word);
        let word = if several { old } else { word };
        let twice = Diagnostic::new("E0101", format!("`{word}` stands twice"));
        let again = self.place(start + self.text[start..end].find(old).unwrap_or(0), end);
        twice.at(again, "once is enough").help("remove one of them").fix(place, "", false)
    }

    fn inserted(&self, fault: &Fault, start: usize, end: usize, right: &str) -> Diagnostic {
        let (message, help) = self.missing(fault, end, right);
        let spaced = match right {
            "," => ", ".to_string(),
            "." => ".".to_string(),
            _ => format!(" {right} "),
        };
        let rest = &self.text[start..];
        let space = rest.len() - rest.trim_start().len();
        Diagnostic::new("E0101", message).at(self.place(start, start), format!("write `{right}` here")).help(help).fix(
            self.place(start, start + space),
            spaced,
            false,
        )
    }

    fn settings_parted(&self, start: usize, end: usize) -> Diagnostic {
        let (_, after) = self.around(end);
        let after = after.unwrap_or_default();
        let gap = self.place(start, start);
        let (here, _) = self.walk.token(self.origin[end], self.walk.prepared.text.len());
        Diagnostic::new("E0106", "two settings stand side by side")
            .at(here, "a new setting begins here")
            .help(format!("write `;` or a new line before `{after}`"))
            .fix(gap, ";", false)
    }

    fn parted(&self, fault: &Fault, start: usize, end: usize) -> Diagnostic {
        let (_, after) = self.around(end);
        let after = after.unwrap_or_default();
        let (here, _) = self.walk.token(self.origin[end], self.walk.prepared.text.len());
        let (what, parted) = if fault.list() == List::Fields { ("fields", "; ") } else { ("declarations", "\n") };
        Diagnostic::new("E0101", format!("two {what} stand side by side"))
            .at(here, "the next one begins here")
            .help(format!("write `;` or a new line before `{after}`"))
            .fix(self.place(start, end), parted, false)
    }

    fn swapped(&self, edit: &Edit, old: &str) -> Diagnostic {
        let Range { start, end } = edit.range.clone();
        let right = edit.by.trim();
        let both = words_of(old);
        let (a, b) = (both.first().copied().unwrap_or(""), both.get(1).copied().unwrap_or(""));
        Diagnostic::new("E0101", format!("`{a}` and `{b}` stand in the wrong order"))
            .at(self.place(start, end), "the other way round")
            .help(format!("write `{right}`"))
            .fix(self.place(start, end), right, false)
    }

    fn braced(&self, edit: &Edit, whole: (usize, usize)) -> Diagnostic {
        let Range { start, end } = edit.range.clone();
        let (here, _) = self.walk.token(self.origin[start], whole.1);
        Diagnostic::new("E0101", "options stand in braces")
            .at(here, "an option without them")
            .help(format!("write `{}`", edit.by.trim()))
            .fix(self.place(start, end), edit.by.as_str(), false)
    }

    fn arguments(&self, edit: &Edit, whole: (usize, usize)) -> Diagnostic {
        let Range { start, end } = edit.range.clone();
        let before = tokens(&self.text[..start]);
        let of = before.iter().rev().find(|t| callable(&self.text[(*t).clone()])).or(before.last());
        let of = of.cloned().unwrap_or(start..start);
        let what = format!("the arguments of `{}`", &self.text[of.clone()]);
        let written = format!("{}{}", self.text[of.start..start].trim_end(), edit.by);
        let (here, _) = self.walk.token(self.origin[start], whole.1);
        Diagnostic::new("E0101", format!("{what} stand in parentheses"))
            .at(here, "without parentheses")
            .help(format!("write `{written}`"))
            .fix(self.place(start, end), edit.by.as_str(), false)
    }

    /// What the grammar expected, with the edit as its fix.
    fn explained(
        &mut self,
        fault: &Fault,
        edit: &Edit,
        kind: Kind,
        old: &str,
        whole: (usize, usize),
    ) -> Option<Diagnostic> {
        let Range { start, end } = edit.range.clone();
        let at = self.origin[fault.at];
        let before = self.walk.diagnostics.len();
        match (fault.rule, &fault.error) {
            (Some(rule), Some(e)) if !matches!(kind, Kind::Word(_)) || start == fault.at => {
                self.walk.explain(rule, e, at, whole.0, whole.1);
            }
            (Some(_), _) => {
                let (here, token) = self.walk.token(whole.0, whole.1);
                let d = Diagnostic::new("E0101", format!("`{token}` does not begin a setting"));
                self.walk.report(d.at(here, ""));
            }
            (None, _) if fault.kind == Rule::junk => self.walk.junk_at(at, whole.1),
            (None, _) if fault.kind == Rule::wrong_comma => {
                let d = Diagnostic::new("E0101", "`,` cannot stand here in a setting");
                let d = d.at(self.place(fault.place.start, fault.place.start + 1), "expected a value before it");
                self.walk.report(d.help("for example `metric em, f1`"));
            }
            (None, _) => {
                let first = words(&self.text[fault.place.clone()]).first().map_or("", |w| *w).to_string();
                self.walk.no_item(whole.0, whole.1, &first);
            }
        }
        let mut d = self.walk.diagnostics.drain(before..).next()?;
        match kind {
            Kind::Word(right) => {
                d = d.help(format!("did you mean `{right}`?")).fix(self.place(start, end), right, true);
            }
            Kind::Part => d = d.fix(self.place(start, end), "; ", false),
            Kind::Delete if d.fix.is_none() => {
                d = d.fix(self.place(start, end), edit.by.as_str(), false);
                // a sign, or what a number counts
                let counts = matches!(old, "steps" | "epochs" | "updates" | "examples");
                if counts || !old.starts_with(|c: char| c.is_alphanumeric() || c == '"') {
                    d = d.help(format!("remove `{old}`"));
                }
            }
            _ => {}
        }
        Some(d)
    }
}
