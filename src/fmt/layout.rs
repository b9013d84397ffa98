//! Sequences: declarations of a file or a family, lines of a block. Here blank lines and comments between entries are
//! kept, neighbours are aligned, and what cannot be read is passed through.

use super::WIDTH;
use super::doc::{Doc, STEP, indent, nothing, text};
use super::print::{Block, Entry, Printer};
use super::rows::{Row, align, gaps};
use crate::ast::*;
use crate::source::Span;

/// A line of a sequence, or several.
pub(super) enum Line {
    Comment {
        text: String,
        blank: bool,
    },
    Entry {
        entry: Entry,
        blank: bool,
        trailing: Option<String>,
    },
    /// what stands between two entries and cannot be read, with its line breaks
    Glue(String),
}

impl Line {
    fn blank(&self) -> bool {
        match self {
            Line::Comment { blank, .. } | Line::Entry { blank, .. } => *blank,
            Line::Glue(_) => false,
        }
    }
}

fn line_breaks(s: &str) -> usize {
    s.matches('\n').count() + s.matches('\r').count() - s.matches("\r\n").count()
}

impl Printer<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(Default::default(), start, end)
    }

    /// The place of the `{` that follows, over spaces and comments.
    fn brace(&self, from: u32) -> Option<usize> {
        let mut at = from as usize;
        loop {
            let rest = self.text.get(at..)?;
            at += rest.len() - rest.trim_start().len();
            match self.text.get(at..)?.chars().next()? {
                '{' => return Some(at),
                '#' => at += self.text.get(at..)?.find(['\n', '\r'])?,
                _ => return None,
            }
        }
    }

    /// Comments up to `end` as lines; the first may belong to the entry before. Then whether a blank line follows.
    fn trivia(&mut self, mut at: usize, end: usize, lines: &mut Vec<Line>, head: &mut Option<String>) -> bool {
        while let Some(c) = self.comments.get(self.next).filter(|c| (c.span.start as usize) < end) {
            self.next += 1;
            let breaks = line_breaks(self.text.get(at..c.span.start as usize).unwrap_or(""));
            at = c.span.end as usize;
            match lines.last_mut() {
                Some(Line::Entry { trailing, .. }) if breaks == 0 && trailing.is_none() => {
                    *trailing = Some(c.text.clone());
                }
                None if breaks == 0 && self.trails(c) && head.is_none() => *head = Some(c.text.clone()),
                last => {
                    let blank = breaks > 1 && last.is_some();
                    lines.push(Line::Comment { text: c.text.clone(), blank });
                }
            }
        }
        line_breaks(self.text.get(at..end).unwrap_or("")) > 1 && !lines.is_empty()
    }

    /// Writes one entry; comments inside it stay inside.
    fn entry(&mut self, span: Span, build: impl FnOnce(&mut Self) -> Entry) -> Entry {
        let outer = std::mem::replace(&mut self.limit, span.end as usize);
        let mut entry = build(self);
        let rest = self.rest(span.end);
        self.limit = outer;
        if rest.flat().is_none() {
            entry = Entry { doc: Doc::All(vec![entry.doc, rest]), row: None };
        }
        entry
    }

    // ---- blocks

    pub fn fields(&mut self, start: u32, fields: &[Field], end: u32) -> Block {
        let spans = |f: &Field| {
            let last = f.source.as_ref().map_or(f.ty.span, |s| s.span);
            f.name.span.to(last)
        };
        self.block(start, fields, spans, Self::field, end, false)
    }

    pub fn settings(&mut self, start: u32, settings: &[Setting], end: u32) -> Block {
        let nested = settings.iter().any(|s| matches!(s.value, SettingKind::Stage { .. } | SettingKind::Repeat { .. }));
        self.block(start, settings, |s| s.span, Self::setting, end, nested)
    }

    fn block<T>(
        &mut self,
        start: u32,
        entries: &[T],
        span: impl Fn(&T) -> Span,
        build: impl Fn(&mut Self, &T) -> Entry,
        end: u32,
        nested: bool,
    ) -> Block {
        let open = self.brace(start).unwrap_or(start as usize);
        let lead = self.rest(open as u32);
        let close = (end as usize).saturating_sub(1);
        let (mut lines, mut head) = (vec![], None);
        let mut at = open + 1;
        self.indent += 1;
        for e in entries {
            let s = span(e);
            let blank = self.trivia(at, s.start as usize, &mut lines, &mut head);
            let entry = self.entry(s, |w| build(w, e));
            lines.push(Line::Entry { entry, blank, trailing: None });
            at = s.end as usize;
        }
        self.trivia(at, close, &mut lines, &mut head);
        self.indent -= 1;
        let quiet = !nested && head.is_none() && lead.flat().is_some();
        let flat: Option<Vec<String>> = lines
            .iter()
            .map(|l| match l {
                Line::Entry { entry: Entry { row: Some(row), .. }, blank: false, trailing: None } => Some(row.flat()),
                _ => None,
            })
            .collect();
        let flat = flat.filter(|_| quiet).map(|all| match all.is_empty() {
            true => "{ }".to_string(),
            false => format!("{{ {} }}", all.join("; ")),
        });
        let doc = match lines.is_empty() && head.is_none() {
            true => Doc::All(vec![lead, text("{ }")]),
            false => Doc::All(vec![lead, self.braces(head, lines)]),
        };
        Block { flat, doc }
    }

    /// Lines in braces, indented.
    fn braces(&mut self, head: Option<String>, lines: Vec<Line>) -> Doc {
        let (first, last) = (matches!(lines.first(), Some(Line::Glue(_))), matches!(lines.last(), Some(Line::Glue(_))));
        let head = head.map_or(nothing(), |c| Doc::Suffix(format!("  {c}")));
        let mut inner = vec![];
        if !first && !lines.is_empty() {
            inner.push(Doc::Hard);
        }
        self.indent += 1;
        inner.push(self.lay(lines));
        self.indent -= 1;
        let end = if last { nothing() } else { Doc::Hard };
        Doc::All(vec![text("{"), head, indent(Doc::All(inner)), end, text("}")])
    }

    // ---- declarations

    /// The declarations of a file or a family, which stand in `start..end` of the text.
    pub fn items(&mut self, items: &[Item], start: usize, end: usize, head: &mut Option<String>) -> Vec<Line> {
        let mut lines = vec![];
        let mut at = start;
        for item in items {
            let (from, to) = (item.span.start as usize, item.span.end as usize);
            let blank = self.gap(at, from, start, &mut lines, head);
            let read = match &item.value {
                ItemKind::For { var, list, items } => self.family(item, var, list, items),
                _ if self.faulty(item.span) => None,
                _ => Some(self.entry(item.span, |w| w.item(item))),
            };
            let entry = read.unwrap_or_else(|| {
                self.kept.push(item.span);
                self.skip(to);
                Entry { doc: Doc::Raw(self.slice(item.span).to_string()), row: None }
            });
            lines.push(Line::Entry { entry, blank, trailing: None });
            at = to;
        }
        self.gap(at, end, start, &mut lines, head);
        lines
    }

    fn skip(&mut self, to: usize) {
        while self.comments.get(self.next).is_some_and(|c| (c.span.start as usize) < to) {
            self.next += 1;
        }
    }

    /// What stands between two declarations.
    fn gap(&mut self, at: usize, end: usize, start: usize, lines: &mut Vec<Line>, head: &mut Option<String>) -> bool {
        let faulty = self.faults.iter().any(|f| {
            let (a, b) = (f.start as usize, f.end as usize);
            // declarations that touch are parted by a fault between them
            (a < end && b > at)
                || (a == b && (a > at || at == start) && a < end)
                // what goes on behind something faulty may be what is wrong with it
                || (a <= at && b >= at && at > start && !self.text.get(at..end).unwrap_or("").contains('\n'))
        });
        let mut readable = String::new();
        let mut from = at;
        for c in &self.comments[self.next..] {
            if c.span.start as usize >= end {
                break;
            }
            readable += self.text.get(from..c.span.start as usize).unwrap_or("");
            from = c.span.end as usize;
        }
        readable += self.text.get(from..end).unwrap_or("");
        let space = |c: char| c.is_whitespace() || matches!(c, ';' | '\u{feff}' | '\u{200b}');
        if !faulty && readable.chars().all(space) {
            return self.trivia(at, end, lines, head);
        }
        self.skip(end);
        self.kept.push(self.span(at, end));
        lines.push(Line::Glue(self.text.get(at..end).unwrap_or("").to_string()));
        false
    }

    /// Whether a finding touches this place.
    fn faulty(&self, s: Span) -> bool {
        self.faults.iter().any(|f| f.start <= s.end && f.end >= s.start)
    }

    /// A family, unless its first or last line is faulty.
    fn family(&mut self, item: &Item, var: &Name, list: &Expr, items: &[Item]) -> Option<Entry> {
        let open = self.brace(list.span.end)?;
        let close = item.span.end as usize - 1;
        let inside = |f: &Span| f.start as usize > open && f.end as usize <= close;
        let touches = |f: &Span| f.start <= item.span.end && f.end >= item.span.start;
        if self.text.as_bytes().get(close) != Some(&b'}') || self.faults.iter().any(|f| touches(f) && !inside(f)) {
            return None;
        }
        let outer = std::mem::replace(&mut self.limit, open);
        let head = self.family_head(var, list);
        let lead = self.rest(open as u32);
        self.limit = outer;
        let mut first = None;
        self.indent += 1;
        let lines = self.items(items, open + 1, close, &mut first);
        self.indent -= 1;
        let body = match lines.is_empty() && first.is_none() {
            true => text("{ }"),
            false => self.braces(first, lines),
        };
        Some(Entry { doc: Doc::All(vec![head, text(" "), lead, body]), row: None })
    }

    // ---- lines

    /// Lines below each other, neighbours of one kind aligned.
    pub fn lay(&self, lines: Vec<Line>) -> Doc {
        let limit = WIDTH.saturating_sub(self.indent * STEP);
        let written = one_liners(&lines, limit);
        let spaces = comment_gaps(&lines, &written);
        let mut out = vec![];
        let mut glued = true;
        for ((line, one), gap) in lines.into_iter().zip(written).zip(spaces) {
            let glue = matches!(line, Line::Glue(_));
            if !glued && !glue {
                out.push(Doc::Hard);
            }
            if line.blank() && !glue {
                out.push(Doc::Hard);
            }
            glued = glue;
            match line {
                Line::Comment { text, .. } => out.push(Doc::Own(text)),
                Line::Glue(raw) => out.push(Doc::Raw(raw)),
                Line::Entry { entry, trailing, .. } => {
                    out.push(one.map_or(entry.doc, Doc::Text));
                    out.extend(trailing.map(|c| Doc::Suffix(format!("{}{c}", " ".repeat(gap)))));
                }
            }
        }
        Doc::All(out)
    }
}

/// The text of each entry that fits on one line.
fn one_liners(lines: &[Line], limit: usize) -> Vec<Option<String>> {
    let row = |l: &Line| match l {
        Line::Entry { entry: Entry { row: Some(row), .. }, .. } if row.flat().chars().count() <= limit => {
            Some(row.clone())
        }
        _ => None,
    };
    let rows: Vec<Option<Row>> = lines.iter().map(row).collect();
    let mut out = vec![None; lines.len()];
    let mut i = 0;
    while i < lines.len() {
        let Some(first) = &rows[i] else {
            i += 1;
            continue;
        };
        let alike = |j: &usize| {
            !lines[*j].blank() && !first.kind.is_empty() && rows[*j].as_ref().is_some_and(|r| r.kind == first.kind)
        };
        let end = i + 1 + (i + 1..lines.len()).take_while(alike).count();
        let run: Vec<Row> = rows[i..end].iter().flatten().cloned().collect();
        for (k, s) in align(&run, limit).into_iter().enumerate() {
            out[i + k] = Some(s);
        }
        i = end;
    }
    out
}

/// How many spaces stand before the comment at the end of each line.
fn comment_gaps(lines: &[Line], written: &[Option<String>]) -> Vec<usize> {
    let length = |i: usize| match (&lines[i], &written[i]) {
        (Line::Entry { trailing: Some(_), .. }, Some(s)) => Some(s.chars().count()),
        _ => None,
    };
    let mut out = vec![2; lines.len()];
    let mut i = 0;
    while i < lines.len() {
        let more = (i + 1..lines.len()).take_while(|&j| !lines[j].blank() && length(j).is_some()).count();
        let run: Vec<usize> = (i..=i + more).filter_map(length).collect();
        if run.len() == more + 1 {
            out[i..=i + more].copy_from_slice(&gaps(&run));
        }
        i += more + 1;
    }
    out
}
