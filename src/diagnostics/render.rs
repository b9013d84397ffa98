//! Findings as text: for people (drawn by miette), one per line, JSON, SARIF.

use super::visible::{visible, visible_line};
use super::{Diagnostic, Label, Severity, codes};
use crate::source::{FileId, Sources, Span};
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan,
    SpanContents,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

// ---- for people

/// Findings with excerpts of the sources and of data files, and a last line that counts them. Empty without findings.
pub fn render_human(sources: &Sources, findings: &[Diagnostic], color: bool) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false).with_width(120).with_context_lines(0);
    let mut out = String::new();
    let mut cleaned = HashMap::new();
    for d in findings {
        one(&handler, sources, d, color, &mut cleaned, &mut out);
        out.push('\n');
    }
    if !findings.is_empty() {
        let _ = writeln!(out, "{}", count(findings));
    }
    out
}

/// `2 errors, 1 warning`.
pub fn count(findings: &[Diagnostic]) -> String {
    let errors = findings.iter().filter(|d| d.is_error()).count();
    let some = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (errors, findings.len() - errors) {
        (e, 0) => some(e, "error"),
        (0, w) => some(w, "warning"),
        (e, w) => format!("{}, {}", some(e, "error"), some(w, "warning")),
    }
}

fn one(
    handler: &GraphicalReportHandler,
    sources: &Sources,
    d: &Diagnostic,
    color: bool,
    cleaned: &mut HashMap<FileId, Excerpt>,
    out: &mut String,
) {
    let d = &shown(d);
    // one excerpt for each file, that of the primary label first
    let mut files: Vec<FileId> = vec![];
    for l in labels(d) {
        if !files.contains(&l.span.file) {
            files.push(l.span.file);
        }
    }
    let mut excerpts = files.iter().filter_map(|id| {
        let source = sources.get(*id)?;
        let excerpt = match source.text.lines().any(|line| line.len() > LONG) {
            // what is left of its long lines depends on what is shown of them
            true => Excerpt::of_long_lines(&source.name, &source.text, &ranges(d, *id)),
            false => cleaned.entry(*id).or_insert_with(|| Excerpt::new(&source.name, &source.text, 0)).clone(),
        };
        let spans = labels(d).filter(|l| l.span.file == *id).map(|l| {
            let primary = d.primary.as_ref().is_some_and(|p| std::ptr::eq(p, l));
            excerpt.label(l.span.start as usize..l.span.end as usize, &l.text, primary)
        });
        let spans = spans.collect();
        Some((excerpt, spans))
    });
    let (excerpt, spans) = excerpts.next().unzip();
    draw(handler, Report { head: Some(d), excerpt, labels: spans.unwrap_or_default() }, out);
    for (excerpt, labels) in excerpts {
        draw(handler, Report { head: None, excerpt: Some(excerpt), labels }, out);
    }
    for place in &d.data {
        let (text, range) = window(&place.text, place.range);
        let excerpt = Excerpt::new(&place.file, &text, place.line.saturating_sub(1));
        let label = excerpt.label(range.0..range.1, &place.note, true);
        draw(handler, Report { head: None, excerpt: Some(excerpt), labels: vec![label] }, out);
    }
    if let Some(help) = &d.help {
        let (on, off) = if color { ("\u{1b}[36m", "\u{1b}[0m") } else { ("", "") };
        let _ = writeln!(out, "  {on}help:{off} {}", help.trim_end().replace('\n', "\n        "));
    }
}

/// The same with texts that a terminal may be sent.
fn shown(d: &Diagnostic) -> Diagnostic {
    let mut d = d.clone();
    d.message = visible(&d.message).into();
    for l in d.primary.iter_mut().chain(&mut d.secondary) {
        l.text = visible(&l.text).into();
    }
    for place in &mut d.data {
        place.file = visible_line(&place.file).into();
        place.note = visible(&place.note).into();
    }
    d.help = d.help.map(|h| visible(&h).into());
    d
}

/// What the labels in a file cover.
fn ranges(d: &Diagnostic, file: FileId) -> Vec<Range<usize>> {
    let own = labels(d).filter(|l| l.span.file == file);
    own.map(|l| l.span.start as usize..l.span.end as usize).collect()
}

fn labels(d: &Diagnostic) -> impl Iterator<Item = &Label> {
    d.primary.iter().chain(&d.secondary)
}

fn draw(handler: &GraphicalReportHandler, report: Report, out: &mut String) {
    let mut text = String::new();
    if handler.render_report(&mut text, &report).is_err() {
        // the drawing failed: the facts are said all the same
        let _ = write!(text, "{report}");
    }
    match report.head {
        Some(_) => out.push_str(&text),
        // an excerpt alone: without the line of the message, which is empty
        None => out.push_str(text.split_once('\n').map_or("", |(_, rest)| rest)),
    }
}

/// The part of a long line around a range.
fn window(text: &str, (start, end): (usize, usize)) -> (String, (usize, usize)) {
    const WIDTH: usize = 110;
    let whole = end <= start || end > text.len();
    let (start, end) = if whole { (0, text.trim_end().len()) } else { (start, end) };
    if text.len() <= WIDTH {
        return (text.to_string(), (start, end));
    }
    let mut from = start.saturating_sub(WIDTH / 3);
    let mut to = (from + WIDTH).min(text.len());
    while !text.is_char_boundary(from) {
        from -= 1;
    }
    while !text.is_char_boundary(to) {
        to += 1;
    }
    let (left, right) = (if from > 0 { "…" } else { "" }, if to < text.len() { "…" } else { "" });
    let shift = |at: usize| at.clamp(from, to) - from + left.len();
    (format!("{left}{}{right}", &text[from..to]), (shift(start), shift(end)))
}

/// A finding, or an excerpt alone, as miette wants it.
#[derive(Debug)]
struct Report<'a> {
    head: Option<&'a Diagnostic>,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
}

impl std::fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.head.map_or("", |d| &d.message))
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn std::fmt::Display + 'b>> {
        self.head.map(|d| Box::new(d.code) as Box<dyn std::fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.head.map(|d| d.severity) {
            Some(Severity::Warning) => miette::Severity::Warning,
            _ => miette::Severity::Error,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|e| e as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

/// A text that gives whole lines and counts them from the excerpt, not from the top of the file: miette's own count
/// glues distant labels into one long excerpt, and cuts line starts without context lines.
#[derive(Clone, Debug)]
struct Excerpt {
    name: String,
    text: Arc<str>,
    /// where its lines begin
    lines: Arc<[usize]>,
    /// lines before the text
    above: usize,
    /// of a text with long lines, what is left: where it stands here, where it stood, its length
    parts: Arc<[(usize, usize, usize)]>,
    /// the whole text, where parts of it are left out
    whole: Arc<str>,
}

/// Lines of more bytes are shown in part: miette cannot draw beyond column 65,535, and nobody would read it.
const LONG: usize = 1000;
/// So much is left of a long line on both sides of each end of a label.
const AROUND: usize = 50;

impl Excerpt {
    /// Of a text with long lines: of these, what is around the ends of labels.
    fn of_long_lines(name: &str, text: &str, labels: &[Range<usize>]) -> Self {
        let floor = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let mut ends: Vec<usize> = labels.iter().flat_map(|l| [l.start, l.end]).map(|at| at.min(text.len())).collect();
        ends.sort_unstable();
        let (mut short, mut parts, mut first) = (String::new(), vec![], 0);
        for line in text.split_inclusive('\n') {
            let last = first + line.len();
            let body = first + line.trim_end_matches(['\r', '\n']).len();
            let mut kept: Vec<(usize, usize)> = vec![];
            if line.len() <= LONG {
                kept.push((first, last));
            } else {
                let own = ends.iter().copied().filter(|at| (first..=body).contains(at));
                let windows =
                    own.map(|at| (floor(at.saturating_sub(AROUND).max(first)), floor((at + AROUND).min(body))));
                for (from, to) in std::iter::once((first, floor(first + AROUND))).chain(windows) {
                    match kept.last_mut() {
                        Some((_, end)) if from <= *end => *end = to.max(*end),
                        _ => kept.push((from, to)),
                    }
                }
                match kept.last_mut() {
                    Some((_, end)) if *end == body => *end = last,
                    _ => kept.push((body, last)),
                }
            }
            for (i, (from, to)) in kept.into_iter().enumerate() {
                if i > 0 {
                    short.push('…');
                }
                parts.push((short.len(), from, to - from));
                short.push_str(&text[from..to]);
            }
            first = last;
        }
        Self { parts: parts.into(), whole: text.into(), ..Self::new(name, &short, 0) }
    }

    /// Where a place of the whole text is here.
    fn here(&self, at: usize) -> usize {
        let i = self.parts.partition_point(|(_, from, _)| *from <= at);
        let part = i.checked_sub(1).and_then(|i| self.parts.get(i));
        part.map_or(at, |(here, from, length)| here + (at - from).min(*length))
    }

    /// The column, from 0, of a place here in the whole text; `first` is where its line begins.
    fn column(&self, first: usize, at: usize) -> usize {
        let there = |at: usize| {
            let i = self.parts.partition_point(|(here, ..)| *here <= at);
            let part = i.checked_sub(1).and_then(|i| self.parts.get(i));
            part.map_or(at, |(here, from, length)| from + (at - here).min(*length))
        };
        match self.parts.is_empty() {
            true => self.text[first..at].chars().count(),
            false => self.whole.get(there(first)..there(at)).map_or(0, |t| t.chars().count()),
        }
    }

    fn new(name: &str, text: &str, above: usize) -> Self {
        // control characters would reach the terminal; blanks of the same length keep every offset
        let mut clean = String::with_capacity(text.len() + 1);
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let keeps = matches!(c, '\n' | '\t') || (c == '\r' && chars.peek() == Some(&'\n'));
            if keeps
                || !(c.is_control()
                    || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
            {
                clean.push(c);
            } else {
                clean.extend(std::iter::repeat_n(' ', c.len_utf8()));
            }
        }
        // a label at the very end needs a line to stand on
        if !clean.ends_with('\n') {
            clean.push('\n');
        }
        let lines = std::iter::once(0).chain(clean.match_indices('\n').map(|(i, _)| i + 1)).collect();
        let (parts, whole) = (Arc::from([]), Arc::from(""));
        Self { name: visible_line(name).into(), text: clean.into(), lines, above, parts, whole }
    }

    /// A label within the text, on character boundaries, not on the empty line after the last one.
    fn label(&self, range: Range<usize>, text: &str, primary: bool) -> LabeledSpan {
        let range = self.here(range.start)..self.here(range.end);
        let last = self.text.trim_end().len();
        let floor = |mut at: usize| {
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(range.start.min(last));
        let end = floor(range.end.clamp(start, last.max(start)));
        let end = start + self.text[start..end].trim_end().len();
        let text = (!text.is_empty()).then(|| text.to_string());
        let span = SourceSpan::new(start.into(), end - start);
        if primary { LabeledSpan::new_primary_with_span(text, span) } else { LabeledSpan::new_with_span(text, span) }
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        let Some(upto) = self.text.get(..start).filter(|_| end <= self.text.len()) else {
            return Err(MietteError::OutOfBounds);
        };
        let above = self.lines.partition_point(|line| *line <= start) - 1;
        let first = self.lines[above];
        let last = end.max(start + 1).min(self.text.len());
        let stop = if self.text.as_bytes().get(last - 1) == Some(&b'\n') {
            last
        } else {
            self.text.as_bytes()[last..].iter().position(|&b| b == b'\n').map_or(self.text.len(), |i| last + i + 1)
        };
        let data = &self.text.as_bytes()[first..stop];
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data,
            SourceSpan::new(first.into(), stop - first),
            self.above + above,
            self.column(first, upto.len()),
            data.iter().filter(|&&b| b == b'\n').count(),
        )))
    }
}

// ---- one per line

/// `file:line:column: error[E0301]: message`, then indented lines: what stands there, other places, data, help.
pub fn render_plain(sources: &Sources, findings: &[Diagnostic]) -> String {
    let mut out = String::new();
    for d in findings {
        if let Some(l) = &d.primary {
            let _ = write!(out, "{}: ", place(sources, l.span));
        }
        let _ = writeln!(out, "{}[{}]: {}", severity(d), d.code, d.message);
        if let Some(l) = d.primary.as_ref().filter(|l| !l.text.is_empty()) {
            let _ = writeln!(out, "    here: {}", l.text);
        }
        for l in &d.secondary {
            let _ = writeln!(out, "    at {}: {}", place(sources, l.span), l.text);
        }
        for p in &d.data {
            let _ = writeln!(out, "    at {}:{}: {}", p.file, p.line, p.note);
        }
        if let Some(h) = &d.help {
            let _ = writeln!(out, "    help: {}", h.trim_end().replace('\n', "\n          "));
        }
    }
    out
}

fn severity(d: &Diagnostic) -> &'static str {
    if d.is_error() { "error" } else { "warning" }
}

fn name(sources: &Sources, span: Span) -> &str {
    sources.get(span.file).map_or("?", |f| f.name.as_str())
}

fn place(sources: &Sources, span: Span) -> String {
    let (line, column) = sources.line_col(span);
    format!("{}:{line}:{column}", name(sources, span))
}

fn after(span: Span) -> Span {
    Span { start: span.end, ..span }
}

// ---- for machines

/// An array with one object for each finding:
///
/// | key | value |
/// |---|---|
/// | `code`, `severity`, `message` | `"E0301"`, `"error"` or `"warning"`, the fact |
/// | `file`, `line`, `column`, `end` | place of the primary label, from 1; `end` is `{line, column}`, one past the last character; all `null` without a place |
/// | `labels` | `[{file, line, column, end, text, primary}]`, the primary one first |
/// | `help` | text or `null` |
/// | `fix` | `{file, line, column, end, start_byte, end_byte, replacement, safe, also}` or `null`; `also` lists further places that are replaced by the same |
/// | `data` | `[{file, line, text, range, note}]`: lines of data files, `range` in bytes of `text` |
///
/// `docs/schema/findings.schema.json` is its JSON Schema.
pub fn render_json(sources: &Sources, findings: &[Diagnostic]) -> String {
    render_json_of(&[(sources, findings)])
}

/// The findings of several compilations in one array.
pub fn render_json_of(all: &[(&Sources, &[Diagnostic])]) -> String {
    let all: Vec<Value> = all.iter().flat_map(|(sources, found)| json_values(sources, found)).collect();
    format!("{:#}\n", Value::from(all))
}

fn json_values(sources: &Sources, findings: &[Diagnostic]) -> Vec<Value> {
    let position = |span: Span| {
        let (line, column) = sources.line_col(span);
        let (end_line, end_column) = sources.line_col(after(span));
        let end = json!({ "line": end_line, "column": end_column });
        json!({ "file": name(sources, span), "line": line, "column": column, "end": end })
    };
    let extend = |mut object: Value, more: Value| {
        if let (Some(a), Value::Object(b)) = (object.as_object_mut(), more) {
            a.extend(b);
        }
        object
    };
    findings
        .iter()
        .map(|d| {
            let head = json!({ "code": d.code, "severity": d.severity, "message": d.message });
            let nowhere = json!({ "file": null, "line": null, "column": null, "end": null });
            let found = extend(head, d.primary.as_ref().map_or(nowhere, |l| position(l.span)));
            let labels: Vec<Value> = labels(d)
                .map(|l| {
                    let primary = d.primary.as_ref().is_some_and(|p| std::ptr::eq(p, l));
                    extend(position(l.span), json!({ "text": l.text, "primary": primary }))
                })
                .collect();
            let fix = d.fix.as_ref().map(|f| {
                let edit = json!({ "start_byte": f.span.start, "end_byte": f.span.end, "replacement": f.replacement, "safe": f.safe });
                let also: Vec<Value> = f
                    .also
                    .iter()
                    .map(|s| extend(position(*s), json!({ "start_byte": s.start, "end_byte": s.end })))
                    .collect();
                let edit = extend(edit, json!({ "also": also }));
                extend(position(f.span), edit)
            });
            extend(found, json!({ "labels": labels, "help": d.help, "fix": fix, "data": d.data }))
        })
        .collect()
}

/// A SARIF 2.1.0 log, for code hosts and editors.
pub fn render_sarif(sources: &Sources, findings: &[Diagnostic]) -> String {
    render_sarif_of(&[(sources, findings)])
}

/// The findings of several compilations in one log.
pub fn render_sarif_of(all: &[(&Sources, &[Diagnostic])]) -> String {
    let mut used: Vec<&str> = all.iter().flat_map(|(_, found)| found.iter().map(|d| d.code)).collect();
    used.sort_unstable();
    used.dedup();
    let rules: Vec<Value> = used
        .iter()
        .filter_map(|c| codes::find(c))
        .map(|c| {
            json!({
                "id": c.code,
                "shortDescription": { "text": c.title },
                "defaultConfiguration": { "level": if c.code.starts_with('W') { "warning" } else { "error" } },
                "help": { "text": c.page, "markdown": c.page },
            })
        })
        .collect();
    let index = |code: &str| used.iter().position(|c| *c == code);
    let results: Vec<Value> = all.iter().flat_map(|(sources, found)| sarif_results(sources, found, &index)).collect();
    let driver = json!({ "name": "mtlc", "version": env!("CARGO_PKG_VERSION"), "rules": rules });
    let run = json!({ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results });
    let log = json!({ "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run] });
    format!("{log:#}\n")
}

/// A path as a reference of RFC 3986; an absolute one with its scheme (SARIF 2.1.0, 3.10.1).
fn uri(path: &str) -> String {
    let mut out = String::from(if path.starts_with('/') { "file://" } else { "" });
    for b in path.replace('\\', "/").bytes() {
        match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(b)),
            _ => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

fn sarif_results(sources: &Sources, findings: &[Diagnostic], rule: &dyn Fn(&str) -> Option<usize>) -> Vec<Value> {
    let region = |span: Span| {
        let ((line, column), (end_line, end_column)) = (sources.line_col(span), sources.line_col(after(span)));
        json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column })
    };
    let location = |l: &Label| {
        let file = uri(name(sources, l.span));
        let physical = json!({ "artifactLocation": { "uri": file }, "region": region(l.span) });
        match l.text.as_str() {
            "" => json!({ "physicalLocation": physical }),
            text => json!({ "physicalLocation": physical, "message": { "text": text } }),
        }
    };
    findings
        .iter()
        .map(|d| {
            let message = match &d.help {
                Some(h) => format!("{}\nhelp: {h}", d.message),
                None => d.message.clone(),
            };
            let mut related: Vec<Value> = d.secondary.iter().map(location).collect();
            related.extend(d.data.iter().map(|p| {
                json!({
                    "physicalLocation": { "artifactLocation": { "uri": uri(&p.file) }, "region": { "startLine": p.line.max(1) } },
                    "message": { "text": p.note },
                })
            }));
            // the schema wants each place once
            let mut seen = std::collections::HashSet::new();
            related.retain(|r| seen.insert(r.to_string()));
            let mut result = json!({
                "ruleId": d.code,
                "ruleIndex": rule(d.code),
                "level": severity(d),
                "message": { "text": message },
                "locations": d.primary.iter().map(location).collect::<Vec<_>>(),
                "relatedLocations": related,
            });
            if let Some(f) = &d.fix {
                // one change for each file
                let mut changes: Vec<(&str, Vec<Value>)> = vec![];
                for s in f.places() {
                    let replacement = json!({ "deletedRegion": region(s), "insertedContent": { "text": f.replacement } });
                    match changes.iter_mut().find(|(file, _)| *file == name(sources, s)) {
                        Some((_, of_file)) => of_file.push(replacement),
                        None => changes.push((name(sources, s), vec![replacement])),
                    }
                }
                let changes: Vec<Value> = changes
                    .into_iter()
                    .map(|(file, all)| json!({ "artifactLocation": { "uri": uri(file) }, "replacements": all }))
                    .collect();
                result["fixes"] = json!([{ "description": { "text": d.help }, "artifactChanges": changes }]);
                if d.help.is_none() {
                    result["fixes"][0]["description"]["text"] = json!("apply the edit");
                }
            }
            result
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::DataPlace;
    use super::*;

    fn at(sources: &Sources, file: FileId, word: &str) -> Span {
        let start = sources.get(file).unwrap().text.find(word).unwrap();
        Span::new(file, start, start + word.len())
    }

    #[test]
    fn a_cycle_shows_each_arrow() {
        let mut s = Sources::default();
        let id = s.add("steps.mtl", "pos.probs -> ner\nner.probs -> relation\nrelation.probs -> pos\n");
        let d = Diagnostic::new("E0301", "these tasks wait for each other, so none can start")
            .at(at(&s, id, "pos.probs -> ner"), "1. `ner` waits for `pos`")
            .with(at(&s, id, "ner.probs -> relation"), "2. `relation` waits for `ner`")
            .with(at(&s, id, "relation.probs -> pos"), "3. `pos` waits for `relation`")
            .help("remove one of the three arrows; to train the tasks together, remove all three");
        let expected = "\
E0301

  × these tasks wait for each other, so none can start
   ╭─[steps.mtl:1:1]
 1 │ pos.probs -> ner
   · ────────┬───────
   ·         ╰── 1. `ner` waits for `pos`
 2 │ ner.probs -> relation
   · ──────────┬──────────
   ·           ╰── 2. `relation` waits for `ner`
 3 │ relation.probs -> pos
   · ──────────┬──────────
   ·           ╰── 3. `pos` waits for `relation`
   ╰────
  help: remove one of the three arrows; to train the tasks together, remove all three

1 error
";
        assert_eq!(render_human(&s, std::slice::from_ref(&d), false), expected);
        assert!(render_human(&s, &[d], true).contains("\u{1b}["));
    }

    #[test]
    fn distant_labels_other_files_and_data() {
        let mut s = Sources::default();
        let filler = "# nothing\n".repeat(30);
        let a = s.add("a.mtl", format!("task x\n{filler}task x2"));
        let b = s.add("b b.mtl", "\tencoder é = embed(3)\r\n");
        let d = Diagnostic::new("W0101", "twice")
            .at(at(&s, a, "x2"), "again")
            .with(at(&s, a, "x\n"), "first")
            .with(at(&s, b, "é"), "and here")
            .data(DataPlace {
                file: "train.txt".into(),
                line: 17,
                text: "w B-X".into(),
                range: (2, 5),
                note: "a tag".into(),
            });
        let end = s.get(a).unwrap().text.len();
        let e = Diagnostic::new("E0101", "ends").at(Span::new(a, end, end), "here");
        let expected = "\
W0101

  ⚠ twice
   ╭─[a.mtl:1:6]
 1 │ task x
   ·      ┬
   ·      ╰── first
   ╰────
    ╭─[a.mtl:32:6]
 32 │ task x2
    ·      ─┬
    ·       ╰── again
    ╰────
   ╭─[b b.mtl:1:10]
 1 │     encoder é = embed(3)
   ·             ┬
   ·             ╰── and here
   ╰────
    ╭─[train.txt:17:3]
 17 │ w B-X
    ·   ─┬─
    ·    ╰── a tag
    ╰────

E0101

  × ends
    ╭─[a.mtl:32:8]
 32 │ task x2
    ·        ▲
    ·        ╰── here
    ╰────

1 error, 1 warning
";
        assert_eq!(render_human(&s, &[d.clone(), e.clone()], false), expected);
        let plain = "\
a.mtl:32:6: warning[W0101]: twice
    here: again
    at a.mtl:1:6: first
    at b b.mtl:1:10: and here
    at train.txt:17: a tag
a.mtl:32:8: error[E0101]: ends
    here: here
";
        assert_eq!(render_plain(&s, &[d.clone(), e.clone()]), plain);
        let v: Value = serde_json::from_str(&render_json(&s, &[d.clone(), e.clone()])).unwrap();
        assert_eq!(v[0]["line"], 32);
        assert_eq!(v[0]["end"], json!({ "line": 32, "column": 8 }));
        assert_eq!(v[0]["labels"][2]["file"], "b b.mtl");
        assert_eq!(v[0]["data"][0]["line"], 17);
        assert_eq!(v[1]["help"], Value::Null);
        let v: Value = serde_json::from_str(&render_sarif(&s, &[d, e])).unwrap();
        assert_eq!(v["version"], "2.1.0");
        let result = &v["runs"][0]["results"][0];
        assert_eq!(result["level"], "warning");
        assert_eq!(result["relatedLocations"][1]["physicalLocation"]["artifactLocation"]["uri"], "b%20b.mtl");
        assert_eq!(v["runs"][0]["tool"]["driver"]["rules"][1]["id"], "W0101");
    }

    #[test]
    fn nothing_makes_it_panic() {
        for text in ["", "\n", "\n\n\n", "é\u{1b}[31m\r", "a\rb\n", "\u{feff}x", "tab\there\r\n\r\n"] {
            let mut s = Sources::default();
            let id = s.add("x", text);
            for start in 0..text.len() + 3 {
                for end in start..text.len() + 3 {
                    let d = Diagnostic::new("E0101", "m")
                        .at(Span::new(id, start, end), "l")
                        .with(Span::new(id, end, end), "second\nline")
                        .with(Span::new(FileId(7), 0, 9), "no such file")
                        .fix(Span::new(id, start, end), "y", false);
                    let all = [d];
                    let human = render_human(&s, &all, false);
                    assert!(human.contains("l") && !human.contains('\u{1b}'), "{human}");
                    render_plain(&s, &all);
                    render_json(&s, &all);
                    render_sarif(&s, &all);
                }
            }
        }
        let mut s = Sources::default();
        let (before, after) = ("é".repeat(70_000), "y".repeat(70_000));
        let id = s.add("x", format!("a\n{before}tsk {after} end\nb"));
        let at = |word: &str| at(&s, id, word);
        let far = Span { end: at("end").end, ..at("tsk") };
        for span in [at("tsk"), at("end"), far] {
            let d = Diagnostic::new("E0101", "m").at(span, "here").with(at("a"), "there");
            let human = render_human(&s, &[d], false);
            let column = if span.start == at("end").start { 140_006 } else { 70_001 };
            assert!(human.contains(&format!("[x:2:{column}]")) || human.contains("[x:1:1]"), "{human}");
            assert!(human.lines().all(|l| l.chars().count() < 500) && human.contains("here"), "{human}");
        }
        let long = format!("{}é{}", "x".repeat(400), "y".repeat(400));
        let (text, range) = window(&long, (400, 402));
        assert!(text.chars().count() < 130 && &text[range.0..range.1] == "é", "{text}");
        assert!(window(&long, (0, 0)).0.ends_with('…'));
    }
}
