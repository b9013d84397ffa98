//! Statements that cannot be read are read as if one token were another: what was probably meant.
//!
//! Of a line with a fault every edit of one token near the failure is tried (left out, put in, exchanged with its
//! neighbour, replaced), and the one after which most of the line can be read is taken: the local repairs of Burke and
//! Fisher (1987), as in Diekmann and Tratt, *Don't Panic!* (2020). The finding says what was done, the rest of the
//! pipeline sees a whole tree, so that nothing else is said in consequence. Where what was meant is not known, a
//! [`HOLE`] stands for it, of which nobody says anything.

mod edits;
mod meant;
mod said;
mod words;

use super::*;
use crate::syntax::recovery::{CLAUSES, Prepared};
use edits::{Edit, Kind, edits};
use std::collections::BTreeMap;
use std::ops::Range;
use words::{tokens, words, words_of};

pub(super) use words::stray_comma;

/// Stands for a name or a value that is missing. No source holds it: recovery removes what cannot be seen.
pub(super) const HOLE: &str = "\u{1a}";

/// Passes over a text: behind a mended header stands a block with faults of its own.
const PASSES: usize = 4;

/// Repairs of one line.
const MOST_REPAIRS: usize = 6;

/// Longest line that is looked at, in bytes.
const LONGEST_LINE: usize = 3000;

/// Tokens that must be read on where an edit that is not plain does not mend the whole line.
const FURTHER: usize = 3;

/// Lines that are looked at in one pass.
const MOST_LINES: usize = 1000;

/// Bytes that all attempts together may read: a text of rubbish is given up in time.
const BUDGET: usize = 1 << 20;

/// A text as if its faults were mended, as far as that succeeds.
pub(in crate::syntax) fn repair(mut prepared: Prepared) -> Prepared {
    let mut budget = BUDGET;
    for _ in 0..PASSES {
        let lines = broken_lines(&prepared);
        let mut edits = vec![];
        let (mut findings, mut guessed, mut lost) = (vec![], vec![], BTreeSet::new());
        for (range, list) in lines {
            let mut line = Line::new(&prepared, range, list);
            line.mend(&mut budget);
            edits.append(&mut line.edits);
            findings.append(&mut line.walk.diagnostics);
            lost.append(&mut line.walk.lost);
            guessed.append(&mut line.guessed);
        }
        if edits.is_empty() {
            break;
        }
        prepared = prepared.edited(&edits);
        prepared.diagnostics.append(&mut findings);
        prepared.guessed.append(&mut guessed);
        prepared.lost.append(&mut lost);
    }
    prepared
}

/// What a list in braces holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum List {
    Items,
    Fields,
    Settings,
}

impl List {
    fn rule(self) -> Rule {
        match self {
            List::Items => Rule::only_items,
            List::Fields => Rule::only_fields,
            List::Settings => Rule::only_block,
        }
    }

    /// The words of the language with which its members begin.
    fn words(self) -> Vec<&'static str> {
        match self {
            List::Items => ITEMS.iter().map(|i| i.0).collect(),
            List::Fields => vec![],
            List::Settings => NESTED.to_vec(),
        }
    }
}

/// The words that begin a setting with a block or a name.
const NESTED: [&str; 3] = ["stage", "repeat", "view"];

fn unread(rule: Rule) -> bool {
    matches!(rule, Rule::error_item | Rule::error_setting | Rule::error_field | Rule::junk)
}

/// Lines of a text that hold what cannot be read, each with the list to which it belongs.
fn broken_lines(prepared: &Prepared) -> BTreeMap<(usize, usize), List> {
    let text = &prepared.text;
    let (mut faults, mut lists) = (vec![], vec![]);
    let mut base = 0;
    for &end in &prepared.pieces {
        let start = std::mem::replace(&mut base, end);
        let Ok(pairs) = Grammar::parse(Rule::file, &text[start..end]) else { continue };
        for p in pairs.flatten() {
            let place = || start + p.as_span().start()..start + p.as_span().end();
            match p.as_rule() {
                rule if unread(rule) => faults.push((rule, place().start)),
                Rule::wrong_comma if stray_comma(&text[place().end..]) => faults.push((p.as_rule(), place().start)),
                Rule::fields => lists.push((place(), List::Fields)),
                Rule::block => lists.push((place(), List::Settings)),
                Rule::family => {
                    let open = p.clone().into_inner().find(|q| q.as_rule() == Rule::l_brace);
                    let open = open.map_or(place().start, |q| start + q.as_span().start());
                    lists.push((open..place().end, List::Items));
                }
                _ => {}
            }
        }
    }
    let mut out = BTreeMap::new();
    for (rule, at) in faults {
        let start = text[..at].rfind(['\n', '\r']).map_or(0, |i| i + 1);
        let end = text[start..].find(['\n', '\r']).map_or(text.len(), |i| start + i);
        if end - start > LONGEST_LINE || out.len() == MOST_LINES {
            continue;
        }
        let closed = closed_part(&text[start..end], at - start);
        // what stands behind a brace is read with it
        if rule == Rule::junk && closed.start > 0 {
            continue;
        }
        let (start, end) = (start + closed.start, start + closed.end);
        let around = lists.iter().filter(|(r, _)| r.start < start && start < r.end);
        let list = around.max_by_key(|(r, _)| r.start).map_or(List::Items, |l| l.1);
        out.insert((start, end), list);
    }
    out
}

/// What closes the brackets that a text leaves open; nothing where one is closed by another.
fn unclosed(text: &str) -> Option<String> {
    let mut open = vec![];
    for t in tokens(text) {
        match &text[t] {
            "(" => open.push(")"),
            "[" => open.push("]"),
            "{" => open.push("}"),
            c @ (")" | "]" | "}") => _ = open.pop().filter(|o| *o == c)?,
            _ => {}
        }
    }
    Some(open.into_iter().rev().collect())
}

/// The part of a line around an offset that closes no bracket of another line.
fn closed_part(line: &str, at: usize) -> Range<usize> {
    let (mut start, mut depth) = (0, 0usize);
    for t in tokens(line) {
        match &line[t.clone()] {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" if depth == 0 && t.end <= at => start = t.end,
            ")" | "]" | "}" if depth == 0 => return start..t.start,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
    }
    start..line.len()
}

/// What cannot be read in a line: the place, and where and why reading failed.
struct Fault {
    place: Range<usize>,
    /// how the grammar calls it
    kind: Rule,
    rule: Option<Rule>,
    error: Option<pest::error::Error<Rule>>,
    at: usize,
}

impl Fault {
    /// What could follow.
    fn expected(&self) -> &[Rule] {
        match self.error.as_ref().map(|e| &e.variant) {
            Some(ErrorVariant::ParsingError { positives, .. }) => positives,
            _ => &[],
        }
    }

    /// The list in which it stands.
    fn list(&self) -> List {
        match self.kind {
            Rule::error_field => List::Fields,
            Rule::error_setting | Rule::wrong_comma => List::Settings,
            _ => List::Items,
        }
    }
}

/// What cannot be read in a line, in order, and how many habits of other languages it has.
struct Reading {
    faults: Vec<(Rule, Range<usize>)>,
    habits: usize,
}

/// What an edit leaves unread: the less the better, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    /// tokens from the first fault on
    unread: usize,
    faults: usize,
    /// habits of other languages
    habits: usize,
}

struct Line<'a> {
    walk: Walk<'a>,
    list: List,
    text: String,
    /// for each byte of `text`, and its end, where it stands in the prepared text
    origin: Vec<usize>,
    /// closes what the line leaves open
    closers: String,
    /// of the prepared text
    edits: Vec<(usize, usize, String)>,
    /// places of the source of which is not known what was meant
    guessed: Vec<Span>,
}

impl<'a> Line<'a> {
    fn new(prepared: &'a Prepared, (start, end): (usize, usize), list: List) -> Self {
        let text = prepared.text[start..end].to_string();
        Line {
            walk: Walk::new(prepared),
            list,
            origin: (start..=end).collect(),
            closers: unclosed(&text).unwrap_or_default(),
            text,
            edits: vec![],
            guessed: vec![],
        }
    }

    /// Edits the line until all of it can be read, or nothing helps.
    fn mend(&mut self, budget: &mut usize) {
        for _ in 0..MOST_REPAIRS {
            let Some(Reading { faults, habits }) = self.read(&self.text, budget) else { return };
            let Some(fault) = faults.into_iter().find_map(|(rule, place)| fault(&self.text, rule, place)) else {
                return;
            };
            let left = tokens(&self.text[fault.at..]).len();
            let mut best: Option<(Cost, Edit)> = None;
            for edit in edits(&self.text, &fault) {
                let mut text = self.text.clone();
                text.replace_range(edit.range.clone(), &edit.by);
                let Some(cost) = self.cost(&text, budget).filter(|c| c.habits <= habits) else { continue };
                let further = if edit.kind.plain() { 1 } else { FURTHER };
                let reads_on = cost.faults == 0 || cost.unread + further <= left;
                if reads_on && best.as_ref().is_none_or(|b| cost < b.0) {
                    let done = cost == Cost::default();
                    best = Some((cost, edit));
                    if done {
                        break;
                    }
                }
            }
            let Some((_, edit)) = best else { return };
            if !self.apply(&fault, edit) {
                return;
            }
        }
    }

    /// How far a line can be read.
    fn cost(&self, text: &str, budget: &mut usize) -> Option<Cost> {
        let Reading { faults, habits } = self.read(text, budget)?;
        let first = faults.first().map(|(rule, place)| {
            let at = fault(text, *rule, place.clone()).map_or(place.start, |f| f.at);
            tokens(&text[at.min(text.len())..]).len() + 1
        });
        Some(Cost { unread: first.unwrap_or(0), faults: faults.len(), habits })
    }

    fn read(&self, line: &str, budget: &mut usize) -> Option<Reading> {
        *budget = budget.checked_sub(line.len())?;
        let text = format!("{{{line}{}}}", self.closers);
        // an edit that unbalances brackets is none, and pest would try every nesting of them
        unclosed(&text).filter(String::is_empty)?;
        let pairs = Grammar::parse(self.list.rule(), &text).ok()?;
        let (mut faults, mut habits, mut comma) = (vec![], 0, 0);
        for p in pairs.flatten() {
            let place = p.as_span().start()..p.as_span().end();
            match p.as_rule() {
                rule if unread(rule) => {
                    let end = place.start + p.as_str().trim_end().len();
                    faults.push((rule, place.start - 1..(end - 1).min(line.len())));
                }
                Rule::wrong_comma => {
                    habits += 1;
                    let twice = text[comma..place.start].trim().is_empty() && comma > 0;
                    if twice || stray_comma(&text[place.end..]) {
                        faults.push((Rule::wrong_comma, place.start - 1..place.end - 1));
                    }
                    comma = place.end;
                }
                Rule::wrong_assign
                | Rule::wrong_colon
                | Rule::wrong_equals
                | Rule::wrong_set
                | Rule::wrong_named
                | Rule::wrong_of
                | Rule::wrong_unit => habits += 1,
                _ => {}
            }
        }
        Some(Reading { faults, habits })
    }

    /// Takes an edit and says what was wrong; false where that cannot be led back to the source.
    fn apply(&mut self, fault: &Fault, edit: Edit) -> bool {
        let Range { start, end } = edit.range.clone();
        let (from, to) = (self.origin[start], self.origin[end]);
        // within what an edit has put in
        if self.edits.iter().any(|e| from < e.1 && e.0 < to || (from == to && e.0 < from && from < e.1)) {
            return false;
        }
        let place = |s: &Self, r: &Range<usize>| (s.origin[r.start], s.origin[r.end]);
        let whole = place(self, &fault.place);
        let header = match self.text[fault.at.min(fault.place.end)..fault.place.end].find('{') {
            Some(brace) => self.origin[fault.at + brace],
            None => whole.1,
        };
        // a bracket or a string that was mended there has its finding
        let said = self.walk.mended(whole.0, if self.origin[fault.at] <= header { header } else { whole.1 });
        if said || edit.kind.guesses() {
            let end = header.max(self.origin[fault.at]);
            self.guessed.push(self.walk.prepared.span(whole.0, end));
            // names that may be declared there
            if !matches!(fault.list(), List::Settings)
                && !matches!(fault.rule, Some(Rule::only_edge | Rule::only_expect | Rule::only_share | Rule::only_use))
            {
                self.walk.lose(whole.0, end);
            }
        }
        if !said {
            self.report(fault, &edit, whole);
        }
        if edit.kind == Kind::Braces {
            // what they enclose stays where it is
            self.change(end..end, " }".into());
            self.change(start..start, " {".into());
        } else {
            self.change(start..end, edit.by);
        }
        true
    }

    fn change(&mut self, Range { start, end }: Range<usize>, by: String) {
        let (from, to) = (self.origin[start], self.origin[end]);
        self.origin.splice(start..end, std::iter::repeat_n(from, by.len()));
        self.text.replace_range(start..end, &by);
        let at = self.edits.partition_point(|e| (e.0, e.1) <= (from, to));
        self.edits.insert(at, (from, to, by));
    }
}

/// Where and why reading a part of a line fails; nothing where it is not one token that is wrong.
fn fault(text: &str, rule: Rule, place: Range<usize>) -> Option<Fault> {
    let slice = &text[place.clone()];
    let at = place.start;
    if rule == Rule::junk || rule == Rule::wrong_comma {
        return Some(Fault { kind: rule, rule: None, error: None, at, place });
    }
    let words = words(slice);
    let first = words.first().copied().unwrap_or("");
    let meant = match rule {
        Rule::error_item => match ITEMS.iter().find(|i| i.0 == first) {
            Some(i) => Some(i.1),
            None if CLAUSES.contains(&first) => None,
            None if has_arrow(slice) || words_of(slice).contains(&"via") => Some(Rule::only_edge),
            None => None,
        },
        Rule::error_field => Some(Rule::only_field),
        _ if declared_inside(&words, slice) => return None,
        _ => match first {
            "stage" => Some(Rule::only_stage),
            "repeat" => Some(Rule::only_repeat),
            "view" => Some(Rule::only_view),
            _ => Some(Rule::only_attr),
        },
    };
    let Some(meant) = meant else {
        return (!setting_of_train(first)).then_some(Fault { kind: rule, rule: None, error: None, at, place });
    };
    let error = Grammar::parse(meant, slice).err()?;
    if matches!(error.variant, ErrorVariant::CustomError { .. }) {
        return None;
    }
    let at = at + position(&error);
    Some(Fault { kind: rule, rule: Some(meant), error: Some(error), at, place })
}
