//! The edits that may mend a fault.

use super::super::*;
use super::words::{begin, fixed, hole, is_word, meant_word, option, tokens, words};
use super::{Fault, HOLE};
use crate::kinds::statements;
use crate::syntax::recovery::CLAUSES;
use std::ops::Range;

/// How a line is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// the second of two equal tokens is left out
    Doubled,
    /// a misspelt word of the language
    Word(&'static str),
    /// a sign of another language
    Sign(&'static str),
    /// a word or a sign is put in
    Insert(&'static str),
    /// the word that begins a declaration is put in
    Begin(&'static str),
    /// a name or a value is missing
    Hole,
    /// two tokens are exchanged
    Swap,
    /// two statements are parted
    Part,
    /// an operator is missing
    Operator,
    /// options are put into braces
    Braces,
    /// arguments are put into parentheses
    Arguments,
    /// two words of one name are joined
    Join,
    /// a name is freed of its quotes
    Unquote,
    /// a clause is put before the block
    Move,
    /// a token is left out
    Delete,
    /// a token is replaced by what belongs there
    Replace,
}

impl Kind {
    /// Whether there is little else that can be meant.
    pub(super) fn plain(self) -> bool {
        matches!(
            self,
            Kind::Doubled
                | Kind::Insert(_)
                | Kind::Part
                | Kind::Sign(_)
                | Kind::Braces
                | Kind::Arguments
                | Kind::Join
                | Kind::Unquote
                | Kind::Move
        )
    }

    /// Whether what was meant is not known, though it can be read.
    pub(super) fn guesses(self) -> bool {
        matches!(self, Kind::Hole | Kind::Operator | Kind::Delete | Kind::Replace | Kind::Begin(_) | Kind::Insert(","))
    }
}

pub(super) struct Edit {
    pub range: Range<usize>,
    pub by: String,
    pub kind: Kind,
}

/// Words of other languages that are no slip of one of ours.
const FOREIGN: [&str; 4] = ["def", "class", "import", "model"];

/// The edits that may mend a fault of a line, the most probable first.
pub(super) fn edits(text: &str, fault: &Fault) -> Vec<Edit> {
    let tokens = tokens(text);
    let at = tokens.partition_point(|t| t.end <= fault.at);
    let first = tokens.partition_point(|t| t.end <= fault.place.start);
    let mut all = Edits { text, fault, tokens, at, first, out: vec![] };
    match fault.kind {
        Rule::junk => all.behind_a_brace(),
        Rule::wrong_comma => all.stray_comma(),
        _ => all.statement(),
    }
    all.out
}

pub(super) struct Edits<'l> {
    pub text: &'l str,
    pub fault: &'l Fault,
    pub tokens: Vec<Range<usize>>,
    /// the token at which reading failed
    pub at: usize,
    /// the first token of the statement
    pub first: usize,
    out: Vec<Edit>,
}

impl<'l> Edits<'l> {
    pub(super) fn word(&self, k: usize) -> &'l str {
        self.tokens.get(k).map_or("", |t| &self.text[t.clone()])
    }

    fn start(&self, k: usize) -> usize {
        self.tokens.get(k).map_or(self.text.len(), |t| t.start)
    }

    /// The space before a token.
    pub(super) fn gap(&self, k: usize) -> Range<usize> {
        k.checked_sub(1).map_or(0, |b| self.tokens[b].end)..self.start(k)
    }

    pub(super) fn bracket(&self, k: usize) -> bool {
        matches!(self.word(k), "(" | ")" | "[" | "]" | "{" | "}")
    }

    pub(super) fn operator(&self, k: usize) -> bool {
        matches!(self.word(k), "|>" | "&" | "+" | "*" | "/" | "->" | ">" | ">=" | "<" | "<=")
    }

    pub(super) fn operand(&self, k: usize) -> bool {
        self.word(k).starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"'))
    }

    /// Whether a token parts or encloses others.
    fn edge(&self, k: usize) -> bool {
        match self.word(k) {
            // the sign before the statement is no part of it
            "," | ";" => k >= self.first,
            ">" => self.fault.rule == Some(Rule::only_field),
            _ => self.bracket(k),
        }
    }

    pub(super) fn put(&mut self, range: Range<usize>, by: &str, kind: Kind) {
        self.out.push(Edit { range, by: by.into(), kind });
    }

    /// Something behind the token before `k`.
    pub(super) fn insert(&mut self, k: usize, by: &str, kind: Kind) {
        let at = self.gap(k).start;
        self.put(at..at, &format!(" {by} "), kind);
    }

    /// All but the first of the tokens that are as the one before `k`.
    fn doubled(&mut self, k: usize) {
        let word = self.word(k);
        if k == 0 || k >= self.tokens.len() || word != self.word(k - 1) || self.bracket(k) {
            return;
        }
        let same = |k: &usize| self.word(*k) == word;
        let from = (0..k).rev().take_while(same).last().unwrap_or(k - 1);
        let to = (k..self.tokens.len()).take_while(same).last().unwrap_or(k);
        self.put(self.tokens[from].end..self.tokens[to].end, "", Kind::Doubled);
    }

    /// A token and the one behind it change places.
    fn swap(&mut self, k: usize) {
        let Some(b) = k.checked_add(1).and_then(|n| self.tokens.get(n)) else { return };
        let (x, y) = (self.word(k), self.word(k + 1));
        // no block begins before the word of a clause, nor behind that of a setting
        let clause = CLAUSES.contains(&x) || matches!(x, "in" | "with");
        // a statement begins with its word
        let moved = k == self.first && crate::words::is_reserved(x) && y != "{";
        // what a semicolon ends stays before it, unless a setting begins there
        let begins = option(x) && !statements::stands_alone(x) || self.word(k + 2) == ":";
        let odd = moved
            || y == ";" && !begins && self.operand(k) && self.operand(k.wrapping_sub(1))
            || y == "{" && clause
            || x == "{" && option(y) && (y != "train" || k > self.first)
            || matches!((x, y), ("(", ")") | ("[", "]") | ("{", "}"));
        if x != y && !odd {
            self.put(self.tokens[k].start..b.end, &format!(" {y} {x} "), Kind::Swap);
        }
    }

    /// `} x`
    fn behind_a_brace(&mut self) {
        let f = self.at;
        self.clause_behind_a_block();
        if f > 0 && f < self.tokens.len() {
            self.swap(f - 1);
        }
        self.put(self.gap(f), "; ", Kind::Part);
        if let Some(end) = self.tokens.get(f).map(|t| t.end) {
            self.put(self.gap(f).start..end, "", Kind::Delete);
        }
    }

    /// `metric em, , f1`, `metric , em f1`
    fn stray_comma(&mut self) {
        let f = self.at;
        self.arguments_behind_a_comma();
        [f, f + 1, f + 2].into_iter().for_each(|k| self.doubled(k));
        // `{ pos, chunk; epochs 3 }`: what they are is missing
        let alone = f > 0 && is_word(self.word(f - 1)) && !option(self.word(f - 1));
        if alone && (f == 1 || matches!(self.word(f - 2), "{" | ";")) {
            self.insert(f - 1, HOLE, Kind::Hole);
        }
        if is_word(self.word(f + 1)) && option(self.word(f + 2)) {
            // `metric em, f1 loss; none`
            if self.word(f + 3) == ";" && !option(self.word(f + 4)) {
                self.swap(f + 2);
            }
            self.put(self.gap(f + 2), "; ", Kind::Part);
        }
        self.swap(f);
        self.insert(f, HOLE, Kind::Hole);
        self.put(self.gap(f).start..self.tokens[f].end, " ", Kind::Delete);
    }

    fn statement(&mut self) {
        let (f, fault) = (self.at, self.fault);
        let expected = fault.expected();
        let fixed = fixed(fault, self.word(f.wrapping_sub(1)), self.word(f), &self.text[fault.place.clone()]);
        let hole = hole(expected, fault.rule);
        // `task lm lm of ...`: a task may be called as its head
        if f > 1 && fault.rule == Some(Rule::only_task) && f == self.first + 2 {
            self.insert(f, ":", Kind::Insert(":"));
            if self.word(f + 1) == ":" {
                self.swap(f);
            }
        }
        [f, f.wrapping_sub(1), f.wrapping_sub(2)].into_iter().for_each(|k| self.doubled(k));
        self.meant(&fixed);
        self.misspelt(&fixed);
        self.begun();
        // `of atis. from enc`: the word was read as the name that is missing
        if f > self.first + 1 && crate::words::is_reserved(self.word(f - 1)) {
            self.insert(f - 1, HOLE, Kind::Hole);
        }
        // `dense(, tanh)`: more probably a value is missing than that it stands behind
        let empty =
            f > 0 && (matches!(self.word(f), "," | "]") || self.operator(f)) && matches!(self.word(f - 1), "(" | "[");
        if let Some(by) = hole.filter(|_| empty) {
            self.insert(f, by, Kind::Hole);
        }
        let late = self.swaps();
        // `a -> b embed(8)`: no task is applied to something
        if fault.rule == Some(Rule::only_edge) && self.word(f + 1) == "(" && fixed.contains(&"via") {
            self.insert(f, "via", Kind::Insert("via"));
        }
        for right in &fixed {
            self.insert(f, right, Kind::Insert(right));
        }
        if let Some(by) = hole {
            self.insert(f, by, Kind::Hole);
        }
        late.into_iter().for_each(|k| self.swap(k));
        for k in [f, f.wrapping_sub(1)] {
            let ends = k < f || expected.contains(&Rule::EOI);
            if k < self.tokens.len() && is_word(self.word(k)) && k > self.first && ends {
                self.put(self.gap(k), "; ", Kind::Part);
            }
        }
        let op = |r: &Rule| matches!(r, Rule::pipe | Rule::cat_op | Rule::add_op | Rule::mul_op | Rule::cmp_op);
        if expected.iter().any(op) {
            self.insert(f, &format!("& {HOLE} &"), Kind::Operator);
        }
        for k in [f, f.wrapping_sub(1)] {
            if k < self.tokens.len() && !self.bracket(k) && k >= self.first {
                self.put(self.gap(k).start..self.tokens[k].end, " ", Kind::Delete);
            }
        }
        if f < self.tokens.len() && !self.bracket(f) {
            for by in fixed.iter().copied().chain(hole) {
                self.put(self.tokens[f].clone(), by, Kind::Replace);
            }
        }
    }

    /// A misspelt word of the language, a sign of another one.
    fn misspelt(&mut self, fixed: &[&'static str]) {
        let f = self.at;
        let wordy = |w: &&str| w.starts_with(|c: char| c.is_ascii_alphabetic());
        if f == self.first
            && self.fault.rule.is_none()
            && let Some(right) = meant_word(&words(&self.text[self.fault.place.clone()]))
            && self.fault.list().words().contains(&right)
        {
            self.put(self.tokens[f].clone(), right, Kind::Word(right));
        }
        let inside: Vec<&'static str> = fixed.iter().copied().filter(wordy).collect();
        // `ask task : ...` is an exchange
        let begun = self.fault.list().words().contains(&self.word(self.first + 1));
        let begin = if begun { vec![] } else { self.fault.list().words() };
        for (k, known) in [(self.first, begin), (f, inside)] {
            let Some(token) = self.tokens.get(k).cloned().filter(|_| !known.contains(&self.word(k))) else { continue };
            for near in suggest::near(self.word(k), known.iter().copied().chain(FOREIGN)) {
                if let Some(right) = known.iter().find(|w| **w == near) {
                    self.put(token.clone(), right, Kind::Word(right));
                }
            }
        }
        let expects = |rule: Rule| self.fault.expected().contains(&rule);
        let features = expects(Rule::cat_op)
            && (matches!(self.fault.rule, Some(Rule::only_let | Rule::only_encoder)) || self.behind("from"));
        let signs = [
            ("|", "|>", true),
            ("&&", "&", true),
            ("||", "|>", true),
            ("->", "|>", true),
            ("&", ",", self.fault.rule == Some(Rule::only_edge) && expects(Rule::comma)),
            ("and", "&", features && !self.within(f)),
            ("and", ",", expects(Rule::comma)),
            (",", "|>", self.behind("via") && is_word(self.word(f + 1)) && expects(Rule::pipe)),
            (":", "=", expects(Rule::equals)),
            ("<-", "=", expects(Rule::equals)),
            (",", "&", features && !self.within(f) && is_word(self.word(f + 1)) && self.word(f + 2) != "="),
        ];
        for (wrong, right, fits) in signs {
            if self.word(f) == wrong && fits {
                self.put(self.tokens[f].clone(), right, Kind::Sign(right));
            }
        }
    }

    /// Whether a token stands in brackets of the statement.
    pub(super) fn within(&self, k: usize) -> bool {
        let count = |all: [&str; 2]| (self.first..k).filter(|&k| all.contains(&self.word(k))).count();
        count(["(", "["]) > count([")", "]"])
    }

    /// Whether a word of the statement stands before the failure.
    fn behind(&self, word: &str) -> bool {
        (self.first..self.at).any(|k| self.word(k) == word)
    }

    /// The word that begins a declaration, a stage or a view is missing.
    fn begun(&mut self) {
        let place = self.fault.place.clone();
        if self.at > self.first || !matches!(self.fault.rule, None | Some(Rule::only_attr)) {
            return;
        }
        // `task a : tag of b.c; from d`
        let next = self.word(self.first + 1);
        let goes_on = match self.word(self.first) {
            "{" => option(next) && !statements::is_setting(next),
            word => CLAUSES.contains(&word),
        };
        if goes_on && self.first > 0 && self.word(self.first - 1) == ";" {
            self.put(self.tokens[self.first - 1].clone(), " ", Kind::Delete);
        }
        let known = self.fault.list().words();
        let statement = &self.text[place.clone()];
        for right in begin(&words(statement), statement, &known) {
            match right {
                // what it declares is not known
                "let" => self.put(place.clone(), &format!("let {} = {HOLE}", self.word(self.at)), Kind::Begin(right)),
                _ => self.put(place.start..place.start, &format!("{right} "), Kind::Begin(right)),
            }
        }
    }

    /// Exchanges of tokens near the failure; returns those that are less probable than that something is missing.
    fn swaps(&mut self) -> Vec<usize> {
        let (f, first) = (self.at, self.first);
        let nearby = [f.wrapping_sub(1), f, f.wrapping_sub(2)];
        let next = |k: usize| k.wrapping_add(1);
        let sure = nearby.into_iter().filter(|&k| self.edge(k) && self.edge(next(k)));
        let one = |k: usize| self.edge(k) && self.operand(next(k)) || self.operand(k) && self.edge(next(k));
        let likely = nearby.into_iter().take(2).filter(|&k| one(k));
        let late =
            |&k: &usize| !self.edge(k) && !self.edge(next(k)) || k == nearby[2] && self.edge(k) != self.edge(next(k));
        let (early, late): (Vec<usize>, Vec<usize>) =
            (sure.chain(likely).collect(), nearby.into_iter().filter(late).collect());
        if f <= first {
            self.swap(f);
        }
        // `train; gold test predicted`: the sign before the statement
        if first > 0 && matches!(self.word(first - 1), ";" | ",") {
            self.swap(first - 1);
        }
        // `embed(64 |> ) lstm(64)`
        if f > 0 && self.operator(f - 1) && matches!(self.word(f), ")" | "]") {
            self.swap(f - 1);
        }
        early.into_iter().for_each(|k| self.swap(k));
        late
    }
}
