//! The pass before the grammar: sets comments aside, balances brackets, joins continued lines and reads foreign
//! signs, so that one fault stays one finding and the grammar needs no rule for any of them.
//!
//! The text is changed by edits that remember where each byte came from; [`Prepared::span`] leads back.

use super::ast::Comment;
use crate::builtins;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use std::collections::HashSet;

/// Text for the grammar, and the way back to the source.
pub(super) struct Prepared {
    /// balanced, without comments
    pub text: String,
    /// comments of the source
    pub comments: Vec<Comment>,
    /// what was mended
    pub diagnostics: Vec<Diagnostic>,
    file: FileId,
    /// (offset in `text`, offset in the source), ascending
    map: Vec<(usize, usize)>,
    source_len: usize,
}

impl Prepared {
    fn back(&self, at: usize) -> usize {
        let i = self.map.partition_point(|&(o, _)| o <= at).saturating_sub(1);
        let (o, s) = self.map[i];
        let limit = self.map.get(i + 1).map_or(self.source_len, |&(_, s)| s);
        (s + at.saturating_sub(o)).min(limit)
    }

    /// The place in the source of a range of `text`.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let from = self.back(start);
        // the end belongs to what stands before it, lest it jump over a comment or a joined line
        let at = self.map.partition_point(|&(o, _)| o < end);
        let to = match self.map.get(at) {
            Some(&(o, s)) if o == end => s,
            _ => self.back(end),
        };
        Span::new(self.file, from, to.max(from))
    }
}

/// Deeper nesting than this is refused: parsing is recursive.
const DEEPEST: usize = 32;

/// Words that begin a clause of a declaration, never an expression.
pub(super) const CLAUSES: [&str; 5] = ["of", "from", "on", "via", "by"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Text,
    Open,
    Close,
    Line,
    Semicolon,
    Sign,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

struct Edit {
    start: usize,
    end: usize,
    text: String,
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    tokens: Vec<Token>,
    /// the token that begins the statement being read
    statement: usize,
    edits: Vec<Edit>,
    comments: Vec<Comment>,
    diagnostics: Vec<Diagnostic>,
}

/// Options of tasks, arrows and losses.
const OPTIONS: [&str; 11] =
    ["metric", "weight", "loss", "when", "also", "dropout", "train", "test", "grad", "rounds", "view"];

/// Whether the language knows a call of this name.
fn callable(word: &str) -> bool {
    const MORE: [&str; 12] =
        ["columns", "conllu", "tsv", "csv", "jsonl", "json", "parallel", "lines", "split", "sample", "gumbel", "tasks"];
    builtins::function(word).is_some()
        || builtins::head(word).is_some()
        || builtins::OPTIMIZERS.iter().any(|(n, _)| *n == word)
        || builtins::choice(builtins::SAMPLERS, word).is_some()
        || MORE.contains(&word)
}

/// Prepares a text for the grammar.
pub(super) fn prepare(file: FileId, text: &str) -> Prepared {
    let mut r =
        Reader { file, text, tokens: vec![], statement: 0, edits: vec![], comments: vec![], diagnostics: vec![] };
    r.read();
    r.quote_paths();
    let closers = r.balance();
    r.join(&closers);
    for (at, c) in closers {
        r.edits.push(Edit { start: at, end: at, text: c.to_string() });
    }
    r.finish()
}

impl Reader<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn str(&self, t: Token) -> &str {
        &self.text[t.start..t.end]
    }

    fn replace(&mut self, start: usize, end: usize, text: impl Into<String>) {
        self.edits.push(Edit { start, end, text: text.into() });
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        // blank lines and lines of comments belong to the line break before them
        if let Some(last) = self.tokens.last_mut().filter(|t| kind == Kind::Line && t.kind == Kind::Line) {
            last.end = end;
            return;
        }
        self.tokens.push(Token { kind, start, end });
        if matches!(kind, Kind::Line | Kind::Semicolon) || matches!(self.text.as_bytes()[start], b'{' | b'}') {
            self.statement = self.tokens.len();
        }
    }

    /// The first word of the statement that is being read.
    fn statement(&self) -> &str {
        self.tokens.get(self.statement).map_or("", |&t| self.str(t))
    }

    // ---- tokens

    fn read(&mut self) {
        let text = self.text;
        let bytes = text.as_bytes();
        let mut i = 0;
        while let Some(c) = text[i..].chars().next() {
            let rest = &text[i..];
            let n = c.len_utf8();
            let line_end = || i + rest.find(['\n', '\r']).unwrap_or(rest.len());
            match c {
                ' ' | '\t' => i += 1,
                '\n' | '\r' => {
                    let n = if rest.starts_with("\r\n") { 2 } else { 1 };
                    self.push(Kind::Line, i, i + n);
                    i += n;
                }
                c if c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}') => {
                    self.replace(i, i + n, " ");
                    i += n;
                }
                '#' => {
                    let line_end = line_end();
                    let end = i + text[i..line_end].trim_end().len();
                    self.comments.push(Comment { text: text[i..end].into(), span: self.span(i, end) });
                    self.replace(i, line_end, "");
                    i = line_end;
                }
                '/' if rest.starts_with("//") && (i == 0 || bytes[i - 1].is_ascii_whitespace()) => {
                    let d = Diagnostic::new("E0108", "a comment begins with `#`");
                    self.diagnostics.push(d.at(self.span(i, i + 2), "write `#`").help("write `#` for `//`").fix(
                        self.span(i, i + 2),
                        "#",
                        true,
                    ));
                    let line_end = line_end();
                    let end = i + text[i..line_end].trim_end().len();
                    self.comments.push(Comment { text: format!("#{}", &text[i + 2..end]), span: self.span(i, end) });
                    self.replace(i, line_end, "");
                    i = line_end;
                }
                '/' if rest.starts_with("/*") => {
                    let end = rest.find("*/").map_or_else(line_end, |e| i + e + 2);
                    let d = Diagnostic::new("E0108", "a comment begins with `#` and ends with its line");
                    self.diagnostics.push(
                        d.at(self.span(i, i + 2), "not a comment").help("begin each line of the comment with `#`"),
                    );
                    self.replace(i, end, " ");
                    i = end;
                }
                '"' | '\'' | '\u{201c}' | '\u{201d}' | '\u{2018}' | '\u{2019}' => i = self.read_text(c, i),
                '(' | '[' | '{' => {
                    self.push(Kind::Open, i, i + 1);
                    i += 1;
                }
                ')' | ']' | '}' => {
                    self.push(Kind::Close, i, i + 1);
                    i += 1;
                }
                ';' => {
                    self.push(Kind::Semicolon, i, i + 1);
                    i += 1;
                }
                c if c.is_ascii_alphabetic() || c == '_' => {
                    let end = i + rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                    self.push(Kind::Word, i, end);
                    i = end;
                }
                c if c.is_ascii_digit() => {
                    let end = i + rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
                    self.push(Kind::Number, i, end);
                    i = end;
                }
                _ => i = self.read_sign(rest, i, n),
            }
        }
    }

    fn read_sign(&mut self, rest: &str, i: usize, n: usize) -> usize {
        let compares = matches!(self.statement(), "expect" | "constrain");
        // behind the name that a declaration gives stands its own sign
        let named = self.tokens.len() == self.statement + 2;
        let arrow = match self.statement() {
            "task" if named => ":",
            "encoder" | "let" | "param" | "data" | "loss" if named => "=",
            _ => "->",
        };
        let foreign = [
            ("=>", if compares { ">=" } else { arrow }),
            ("-->", arrow),
            ("→", "->"),
            ("⇒", "->"),
            ("⟶", "->"),
            ("≥", ">="),
            ("≤", "<="),
            ("=<", "<="),
            ("×", "*"),
            ("−", "-"),
            ("–", "-"),
            ("…", ".."),
        ];
        for (wrong, right) in foreign {
            if rest.starts_with(wrong) {
                let end = i + wrong.len();
                let span = self.span(i, end);
                let d = Diagnostic::new("E0104", format!("`{wrong}` is not a sign of the language"));
                self.diagnostics.push(
                    d.at(span, format!("write `{right}`"))
                        .help(format!("write `{right}` for `{wrong}`"))
                        .fix(span, right, true),
                );
                self.replace(i, end, right);
                self.push(Kind::Sign, i, end);
                return end;
            }
        }
        let double = ["->", "~>", "|>", ">=", "<=", "==", ".."].iter().any(|s| rest.starts_with(s));
        let end = i + if double { 2 } else { n };
        self.push(Kind::Sign, i, end);
        end
    }

    /// A string; returns the offset after it.
    fn read_text(&mut self, open: char, i: usize) -> usize {
        let n = open.len_utf8();
        let rest = &self.text[i + n..];
        let closing = |c: char| match open {
            '"' => c == '"',
            '\'' => c == '\'',
            '\u{201c}' | '\u{201d}' => matches!(c, '\u{201c}' | '\u{201d}' | '"'),
            _ => matches!(c, '\u{2018}' | '\u{2019}' | '\''),
        };
        let quote = if open == '"' { "\"".to_string() } else { format!("`{open}`") };
        let stop = rest.find(|c: char| closing(c) || matches!(c, '\n' | '\r'));
        if let Some(len) = stop.filter(|&s| rest[s..].starts_with(closing)) {
            let close = i + n + len;
            let end = close + self.text[close..].chars().next().map_or(1, char::len_utf8);
            if open != '"' {
                let span = self.span(i, end);
                let right = format!("\"{}\"", self.text[i + n..close].replace('"', ""));
                let d = Diagnostic::new("E0107", "a string stands in double quotes");
                self.diagnostics.push(d.at(span, "other quotes").help(format!("write `{right}`")).fix(
                    span,
                    right.clone(),
                    true,
                ));
                self.requote(i, i + n, close, end);
            }
            self.push(Kind::Text, i, end);
            return end;
        }
        // never closed: it ends where something stands that a path or a name does not have
        let line = &rest[..stop.unwrap_or(rest.len())];
        let mut len = line.len();
        for stop in [")", "]", ",", ";", " {", " #", " }"] {
            len = line.find(stop).map_or(len, |at| at.min(len));
        }
        let len = line[..len].trim_end().len();
        let end = i + n + len;
        let d = Diagnostic::new("E0116", "a string is never closed");
        self.diagnostics.push(
            d.at(self.span(i, end), format!("opened by {quote}")).help("close it with `\"` on the same line").fix(
                self.span(end, end),
                "\"",
                false,
            ),
        );
        self.requote(i, i + n, end, end);
        self.push(Kind::Text, i, end);
        end
    }

    /// Double quotes at both ends of a string, none inside.
    fn requote(&mut self, start: usize, inner: usize, close: usize, end: usize) {
        self.replace(start, inner, "\"");
        let inside: Vec<usize> = self.text[inner..close].match_indices('"').map(|(i, _)| inner + i).collect();
        for at in inside {
            self.replace(at, at + 1, "");
        }
        self.replace(close, end, "\"");
    }

    // ---- quotes missing around a path

    /// `columns(data/atis)`, `use common.mtl`.
    fn quote_paths(&mut self) {
        const READERS: [&str; 9] =
            ["columns", "conllu", "tsv", "csv", "jsonl", "json", "parallel", "lines", "pretrained"];
        let mut found: Vec<(usize, usize, &str)> = vec![];
        let mut in_reader: Vec<bool> = vec![];
        // the first word of the statement, and of those around it whether they are data
        let (mut first, mut in_data) = ("", vec![]);
        for (k, &t) in self.tokens.iter().enumerate() {
            let before = k.checked_sub(1).map(|b| self.tokens[b]);
            let brace = |t: Token| matches!(self.str(t), "{" | "}");
            let begins = before.is_none_or(|b| matches!(b.kind, Kind::Line | Kind::Semicolon) || brace(b));
            if begins && t.kind == Kind::Word {
                first = self.str(t);
            }
            match self.str(t) {
                "{" => in_data.push(first == "data"),
                "}" => {
                    in_data.pop();
                }
                _ => {}
            }
            match t.kind {
                Kind::Open => in_reader.push(before.is_some_and(|b| READERS.contains(&self.str(b)))),
                Kind::Close => {
                    in_reader.pop();
                }
                _ => {}
            }
            let Some(b) = before else { continue };
            if found.last().is_some_and(|&(_, e, _)| t.start < e) || !matches!(t.kind, Kind::Word | Kind::Sign) {
                continue;
            }
            let starts_use = self.str(b) == "use"
                && (k < 2 || matches!(self.tokens[k - 2].kind, Kind::Line | Kind::Semicolon))
                && t.kind == Kind::Word;
            let argument = matches!(self.str(b), "(" | "," | "=") && in_reader.last() == Some(&true);
            // the source of a field: a file or a key of which only a single word needs no quotes
            let source = self.str(b) == "="
                && t.kind == Kind::Word
                && in_data.last() == Some(&true)
                && in_reader.last() == Some(&false);
            if !starts_use && !argument && !source {
                continue;
            }
            let line = self.text[t.start..].lines().next().unwrap_or("");
            // a family variable in braces belongs to the path
            let stop = |c: char| {
                c.is_whitespace() || matches!(c, ')' | ',' | ';' | '#' | '"' | '\'' | '(' | '[') || (source && c == '}')
            };
            let word = &line[..line.find(stop).unwrap_or(line.len())];
            let next = line[word.len()..].trim_start().chars().next();
            let file_like = word.contains('/')
                || word.rsplit_once('.').is_some_and(|(_, e)| {
                    matches!(e, "mtl" | "txt" | "tsv" | "csv" | "json" | "jsonl" | "conll" | "conllu")
                });
            let dotted = word.contains(['.', '/']) && !word.ends_with('.');
            let ends = if source {
                dotted && matches!(next, None | Some(';' | ',' | '}' | '#'))
            } else if starts_use {
                !word.is_empty()
            } else {
                matches!(next, Some(')' | ',')) && file_like
            };
            if ends {
                let what = if source && !word.contains('/') { "a name with dots" } else { "a path" };
                found.push((t.start, t.start + word.len(), what));
            }
        }
        for (start, end, what) in found {
            let right = format!("\"{}\"", &self.text[start..end]);
            let span = self.span(start, end);
            let d = Diagnostic::new("E0107", format!("{what} stands in double quotes"));
            self.diagnostics.push(d.at(span, "quotes are missing").help(format!("write `{right}`")).fix(
                span,
                right.clone(),
                true,
            ));
            self.tokens.retain(|t| t.end <= start || t.start >= end);
            let at = self.tokens.partition_point(|t| t.start < start);
            self.tokens.insert(at, Token { kind: Kind::Text, start, end });
            self.edits.retain(|e| e.end <= start || e.start >= end);
            self.replace(start, end, right);
        }
    }

    // ---- brackets

    fn byte(&self, k: usize) -> u8 {
        self.text.as_bytes()[self.tokens[k].start]
    }

    fn indent(&self, k: usize) -> usize {
        let start = self.text[..self.tokens[k].start].rfind(['\n', '\r']).map_or(0, |i| i + 1);
        let line = &self.text[start..];
        line.len() - line.trim_start_matches([' ', '\t', '\u{feff}']).len()
    }

    fn first_on_line(&self, k: usize) -> bool {
        k == 0 || self.tokens[k - 1].kind == Kind::Line
    }

    /// Whether a declaration begins at this token.
    fn declares(&self, k: usize) -> bool {
        if !self.first_on_line(k) || self.tokens[k].kind != Kind::Word {
            return false;
        }
        let at = |n: usize| self.tokens.get(k + n).copied();
        let is = |n: usize, kind: Kind| at(n).is_some_and(|t| t.kind == kind);
        let sign = |n: usize| at(n).map_or("", |t| self.str(t));
        match self.str(self.tokens[k]) {
            "task" => is(1, Kind::Word) && matches!(sign(2), ":" | "=" | "of"),
            "data" | "encoder" | "let" | "param" | "loss" => is(1, Kind::Word) && matches!(sign(2), "=" | ":"),
            "train" => sign(1) == "{",
            "use" => is(1, Kind::Text),
            "for" => is(1, Kind::Word) && sign(2) == "in",
            "expect" | "share" => is(1, Kind::Word),
            _ => {
                // an arrow outside brackets, before the line ends
                let mut depth = 0usize;
                for t in &self.tokens[k..] {
                    match t.kind {
                        Kind::Line | Kind::Semicolon => return false,
                        Kind::Open if &self.text[t.start..t.end] == "{" => return false,
                        Kind::Open => depth += 1,
                        Kind::Close if depth == 0 => return false,
                        Kind::Close => depth -= 1,
                        Kind::Sign if depth == 0 && matches!(self.str(*t), "->" | "~>") => return true,
                        _ => {}
                    }
                }
                false
            }
        }
    }

    /// Brackets to insert, ascending; faulty ones get an edit.
    fn balance(&mut self) -> Vec<(usize, char)> {
        let mut stack: Vec<usize> = vec![];
        let balanced = (0..self.tokens.len()).all(|k| match self.tokens[k].kind {
            // a declaration never stands in parentheses
            Kind::Word if stack.last().is_some_and(|&o| self.byte(o) != b'{') => !self.declares(k),
            Kind::Open => {
                // a brace, a semicolon or the end of a block never stands in parentheses
                let fine = self.byte(k) != b'{' || stack.last().is_none_or(|&o| self.byte(o) == b'{');
                stack.push(k);
                fine && stack.len() <= DEEPEST
            }
            Kind::Semicolon => stack.last().is_none_or(|&o| self.byte(o) == b'{'),
            Kind::Close => stack.pop().is_some_and(|o| closer(self.byte(o)) as u8 == self.byte(k)),
            _ => true,
        });
        if balanced && stack.is_empty() {
            return vec![];
        }
        let mut out: Vec<(usize, char)> = vec![];
        let mut stack: Vec<usize> = vec![];
        let mut k = 0;
        while k < self.tokens.len() {
            let t = self.tokens[k];
            if self.declares(k) {
                let indent = self.indent(k);
                let over =
                    |&o: &usize| self.byte(o) != b'{' || (indent <= self.indent(o) && !self.family_at(o, indent));
                if let Some(p) = stack.iter().position(over) {
                    self.unclosed(&mut stack, p, k, &mut out);
                }
            }
            match t.kind {
                Kind::Open => {
                    if self.byte(k) == b'{'
                        && let Some(p) = parens(&stack, |o| self.byte(o) == b'{')
                    {
                        self.unclosed(&mut stack, p, k, &mut out);
                    }
                    if stack.len() >= DEEPEST {
                        let d = Diagnostic::new("E0114", "nested too deeply");
                        self.diagnostics.push(
                            d.at(self.span(t.start, t.end), format!("level {}", DEEPEST + 1))
                                .help("name an inner part with `let` and use the name here"),
                        );
                        k = self.skip_nest(k);
                        continue;
                    }
                    stack.push(k);
                }
                Kind::Semicolon => {
                    if let Some(p) = parens(&stack, |o| self.byte(o) == b'{') {
                        self.unclosed(&mut stack, p, k, &mut out);
                    }
                }
                Kind::Close => self.close(&mut stack, k, &mut out),
                _ => {}
            }
            k += 1;
        }
        if !stack.is_empty() {
            self.unclosed(&mut stack, 0, self.tokens.len(), &mut out);
        }
        out.sort_by_key(|&(at, _)| at);
        out
    }

    /// Whether a line of this indentation can be a member of the family that opens at `o`, or of a block that is
    /// written without indentation.
    fn family_at(&self, o: usize, indent: usize) -> bool {
        let first = (0..=o)
            .rev()
            .take_while(|&i| i == o || !matches!(self.tokens[i].kind, Kind::Line | Kind::Semicolon))
            .last();
        let family = first.is_some_and(|f| self.str(self.tokens[f]) == "for");
        let body = (o + 1..self.tokens.len()).find(|&i| self.tokens[i].kind != Kind::Line);
        family && body.is_some_and(|b| self.indent(b) <= indent)
    }

    fn close(&mut self, stack: &mut Vec<usize>, k: usize, out: &mut Vec<(usize, char)>) {
        let t = self.tokens[k];
        let c = self.byte(k);
        // a parenthesis is looked for within its block only
        let block = stack.iter().rposition(|&o| self.byte(o) == b'{').map_or(0, |b| b + 1);
        let from = if c == b'}' { 0 } else { block };
        match (from..stack.len()).rev().find(|&p| closer(self.byte(stack[p])) as u8 == c) {
            Some(p) => {
                if p + 1 < stack.len() {
                    self.unclosed(stack, p + 1, k, out);
                }
                stack.pop();
            }
            None if stack.len() > block && c != b'}' => {
                let Some(o) = stack.pop() else { return };
                let right = closer(self.byte(o));
                let (open, span) = (self.tokens[o], self.span(t.start, t.end));
                let d = Diagnostic::new("E0109", format!("`{}` is closed by `{}`", self.str(open), self.str(t)));
                self.diagnostics.push(
                    d.at(span, format!("write `{right}`"))
                        .with(self.span(open.start, open.end), "opened here")
                        .help(format!("write `{right}` for `{}`", self.str(t)))
                        .fix(span, right.to_string(), false),
                );
                self.replace(t.start, t.end, right.to_string());
            }
            None if c == b'}' && self.open_missing(k, out) => {}
            None if c == b')' && self.call_missing(k, out) => {}
            None => {
                let span = self.span(t.start, t.end);
                let d = Diagnostic::new("E0109", format!("`{}` closes nothing", self.str(t)));
                self.diagnostics.push(
                    d.at(span, "nothing is open here").help("remove it, or open what it closes").fix(span, "", false),
                );
                self.replace(t.start, t.end, " ");
            }
        }
    }

    /// `embed64)` and `tsv"data")`: a call without its `(`, when the `)` at token `k` closes nothing.
    fn call_missing(&mut self, k: usize, out: &mut Vec<(usize, char)>) -> bool {
        let ends = |t: &Token| matches!(t.kind, Kind::Line | Kind::Semicolon) || matches!(self.str(*t), "{" | "}");
        let mut depth = 0usize;
        let mut found = None;
        for i in (k.saturating_sub(200)..k).rev().take_while(|&i| !ends(&self.tokens[i])) {
            let t = self.tokens[i];
            match t.kind {
                Kind::Close => depth += 1,
                Kind::Open => depth = depth.saturating_sub(1),
                Kind::Word if depth == 0 => {
                    let word = self.str(t);
                    let next = self.tokens[i + 1];
                    let at = if matches!(next.kind, Kind::Text | Kind::Number) && callable(word) {
                        Some(word.len())
                    } else if next.kind == Kind::Open && callable(word) {
                        None
                    } else {
                        (1..word.len()).rev().find(|&n| {
                            let rest = word.get(n..).unwrap_or("");
                            let known = || self.tokens.iter().any(|t| self.str(*t) == rest) || callable(rest);
                            let digit = rest.starts_with(|c: char| c.is_ascii_digit());
                            word.get(..n).is_some_and(callable) && (digit || known())
                        })
                    };
                    found = at.map(|n| (t.start + n, &word[..n]));
                }
                _ => {}
            }
            if found.is_some() {
                break;
            }
        }
        let Some((at, word)) = found else { return false };
        let d = Diagnostic::new("E0109", format!("`(` is missing after `{word}`"))
            .at(self.span(at, at), "write `(` here")
            .with(self.span(self.tokens[k].start, self.tokens[k].end), "closed here")
            .help(format!("write `{word}({}`", &self.text[at..self.tokens[k].end].trim_start()));
        self.diagnostics.push(d.fix(self.span(at, at), "(", false));
        out.push((at, '('));
        true
    }

    /// `train` and its like without `{`, when the `}` at token `k` closes nothing.
    fn open_missing(&mut self, k: usize, out: &mut Vec<(usize, char)>) -> bool {
        if let Some(at) = self.block_begins(k) {
            let d = Diagnostic::new("E0109", "`{` is missing before `}`")
                .at(self.span(at, at), "write `{` here")
                .with(self.span(self.tokens[k].start, self.tokens[k].end), "closed here")
                .help("add `{`");
            self.diagnostics.push(d.fix(self.span(at, at), " {", false));
            out.push((at, '{'));
            return true;
        }
        let mut depth = 0usize;
        // a header far above is not what is meant, and a file of stray braces is read in time
        for i in (k.saturating_sub(500)..k).rev() {
            match self.byte(i) {
                b'}' if self.tokens[i].kind == Kind::Close => depth += 1,
                b'{' if depth == 0 => return false,
                b'{' => depth -= 1,
                _ => {}
            }
            let word = self.str(self.tokens[i]);
            if depth > 0 || !self.first_on_line(i) || !matches!(word, "train" | "stage" | "repeat" | "for" | "task") {
                continue;
            }
            let line_end = (i..k).find(|&j| matches!(self.tokens[j].kind, Kind::Line | Kind::Semicolon));
            let option = |e: usize| self.tokens.get(e + 1).is_some_and(|t| OPTIONS.contains(&self.str(*t)));
            if word == "task" && !line_end.is_some_and(option) {
                continue;
            }
            let Some(end) = line_end.filter(|&e| (i..e).all(|j| self.byte(j) != b'{')) else { continue };
            let at = self.last_before(end);
            let d = Diagnostic::new("E0109", format!("`{{` is missing after `{word}`"))
                .at(self.span(at, at), "write `{` here")
                .with(self.span(self.tokens[k].start, self.tokens[k].end), "closed here")
                .help("add `{`");
            self.diagnostics.push(d.fix(self.span(at, at), " {", false));
            out.push((at, '{'));
            return true;
        }
        false
    }

    /// Where the block of a declaration on one line was probably opened that the `}` at token `k` closes: after the
    /// reader of `data`, before the first option of a task, an arrow or a loss.
    fn block_begins(&self, k: usize) -> Option<usize> {
        // the line's beginning, if it is not far
        let first = (k.saturating_sub(200)..k).rev().take_while(|&i| self.tokens[i].kind != Kind::Line).last()?;
        if !self.first_on_line(first) {
            return None;
        }
        let mut depth = 0usize;
        for i in first..k {
            let t = self.tokens[i];
            match t.kind {
                Kind::Open if self.byte(i) == b'{' => return None,
                Kind::Open => depth += 1,
                Kind::Close => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 && self.str(self.tokens[first]) == "data" && i + 1 < k {
                        return Some(t.end);
                    }
                }
                Kind::Semicolon if i < first + 3 => return None,
                Kind::Word if depth == 0 && i > first + 2 && OPTIONS.contains(&self.str(t)) => {
                    let arrow = (first..i).any(|j| matches!(self.str(self.tokens[j]), "->" | "~>"));
                    let declares = matches!(self.str(self.tokens[first]), "task" | "loss");
                    let before = self.tokens[i - 1].kind;
                    let fine = (arrow || declares) && before != Kind::Semicolon && before != Kind::Sign;
                    return fine.then(|| self.tokens[i - 1].end);
                }
                _ => {}
            }
        }
        None
    }

    /// Closes the openers from `p` on, which are not closed before token `k`. A run of parentheses is one fault,
    /// each brace another, unless the text ends there.
    fn unclosed(&mut self, stack: &mut Vec<usize>, p: usize, k: usize, out: &mut Vec<(usize, char)>) {
        while stack.len() > p {
            // where the text ends within them all, that is one fault
            let cut =
                k == self.tokens.len() && stack.last().is_some_and(|&o| self.close_point(o, k) == self.last_before(k));
            let run = parens(stack, |o| self.byte(o) == b'{').unwrap_or(stack.len() - 1).max(p);
            let from = if cut { p } else { run };
            let open: Vec<usize> = stack.drain(from..).collect();
            let (Some(&outer), Some(&inner)) = (open.first(), open.last()) else { return };
            let first = self.tokens[outer];
            let right: String = open.iter().rev().map(|&o| closer(self.byte(o))).collect();
            let at = self.close_point(inner, k);
            let mut d = Diagnostic::new("E0109", format!("`{}` is never closed", self.str(first)))
                .at(self.span(first.start, first.end), "opened here");
            for &o in &open[1..] {
                d = d.with(self.span(self.tokens[o].start, self.tokens[o].end), "nor is this one");
            }
            d = d.with(self.span(at, at), format!("`{right}` may be missing here"));
            self.diagnostics.push(d.help(format!("add `{right}`")).fix(self.span(at, at), right.clone(), false));
            out.extend(right.chars().map(|c| (at, c)));
        }
    }

    fn last_before(&self, k: usize) -> usize {
        (0..k).rev().map(|i| self.tokens[i]).find(|t| t.kind != Kind::Line).map_or(0, |t| t.end)
    }

    /// Where a bracket opened at token `o` was probably meant to close.
    fn close_point(&self, o: usize, k: usize) -> usize {
        if self.byte(o) == b'{' {
            return self.last_before(k);
        }
        let mut depth = 0usize;
        for i in o + 1..k {
            let t = self.tokens[i];
            match t.kind {
                Kind::Open if self.byte(i) == b'{' => return self.last_before(i),
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ if depth > 0 => {}
                Kind::Semicolon => return self.last_before(i),
                Kind::Word if CLAUSES.contains(&self.str(t)) && !self.next_is(i, "=") => return self.last_before(i),
                Kind::Line if !self.continued(i) => return self.last_before(i),
                _ => {}
            }
        }
        self.last_before(k)
    }

    fn next_is(&self, k: usize, sign: &str) -> bool {
        self.tokens.get(k + 1).is_some_and(|&t| self.str(t) == sign)
    }

    /// Past a nest that is too deep: blanked, with what it holds.
    fn skip_nest(&mut self, k: usize) -> usize {
        let mut depth = 0usize;
        let mut end = self.tokens.len();
        for i in k..self.tokens.len() {
            match self.tokens[i].kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end = i + 1;
                break;
            }
        }
        let (from, to) = (self.tokens[k].start, self.tokens[end - 1].end);
        self.edits.retain(|e| e.end <= from || e.start >= to);
        self.replace(from, to, " ");
        self.tokens.drain(k..end);
        k
    }

    // ---- lines

    /// Whether the line break at token `k` stands inside an expression by its neighbours alone.
    fn continued(&self, k: usize) -> bool {
        let (Some(before), next) = (k.checked_sub(1), k + 1) else { return false };
        if next >= self.tokens.len() || self.declares(next) {
            return false;
        }
        let after = self.str(self.tokens[next]);
        if matches!(after, "|>" | "&" | "->" | "~>" | ")" | "]" | ",") {
            return true;
        }
        match self.str(self.tokens[before]) {
            "*" | "/" => before.checked_sub(1).is_none_or(|b| self.str(self.tokens[b]) != "@"),
            s => matches!(s, "," | "&" | "|>" | "->" | "~>" | "+" | "-" | "=" | ":" | ">=" | "<=" | "==" | "(" | "["),
        }
    }

    /// Joins lines that continue.
    fn join(&mut self, closers: &[(usize, char)]) {
        let gone: HashSet<usize> = self.edits.iter().filter(|e| e.text == " ").map(|e| e.start).collect();
        let mut stack: Vec<u8> = vec![];
        // whether each open brace holds declarations
        let mut family: Vec<bool> = vec![];
        let mut statement = "";
        let mut closers = closers.iter().peekable();
        let mut blank = vec![];
        for k in 0..self.tokens.len() {
            let t = self.tokens[k];
            while let Some(&(_, c)) = closers.next_if(|c| c.0 <= t.start) {
                if c == '{' {
                    stack.push(b'{');
                    family.push(statement == "for");
                    statement = "";
                } else if stack.pop() == Some(b'{') {
                    family.pop();
                }
            }
            match t.kind {
                Kind::Open => {
                    stack.push(self.byte(k));
                    if self.byte(k) == b'{' {
                        family.push(statement == "for");
                        statement = "";
                        continue;
                    }
                }
                Kind::Close if !gone.contains(&t.start) => {
                    let open = stack.pop();
                    if open == Some(b'{') {
                        family.pop();
                    }
                }
                Kind::Semicolon => {
                    statement = "";
                    continue;
                }
                Kind::Line => {
                    let inside = stack.last().is_some_and(|&c| c != b'{');
                    if inside || self.continued(k) || self.clause_follows(k, family.last() != Some(&false)) {
                        blank.push((t.start, t.end));
                    } else {
                        statement = "";
                    }
                    continue;
                }
                _ => {}
            }
            if statement.is_empty() {
                statement = &self.text[t.start..t.end];
            }
        }
        for (start, end) in blank {
            self.replace(start, end, " ");
        }
    }

    /// Whether the next line opens a block or, among declarations, goes on with a clause.
    fn clause_follows(&self, k: usize, declarations: bool) -> bool {
        let (Some(before), Some(&next)) = (k.checked_sub(1), self.tokens.get(k + 1)) else { return false };
        let word = self.str(next);
        let statement = !matches!(self.str(self.tokens[before]), "{" | "}" | ";");
        (word == "{" && statement) || (declarations && statement && CLAUSES.contains(&word) && !self.declares(k + 1))
    }

    // ---- result

    fn finish(mut self) -> Prepared {
        self.edits.sort_by_key(|e| (e.start, e.end));
        let mut out = Prepared {
            text: String::with_capacity(self.text.len() + 8),
            comments: self.comments,
            diagnostics: self.diagnostics,
            file: self.file,
            map: vec![(0, 0)],
            source_len: self.text.len(),
        };
        let mut at = 0;
        for e in self.edits {
            if e.start < at {
                continue;
            }
            out.text.push_str(&self.text[at..e.start]);
            out.map.push((out.text.len(), e.start));
            out.text.push_str(&e.text);
            out.map.push((out.text.len(), e.end));
            at = e.end;
        }
        out.text.push_str(&self.text[at..]);
        out
    }
}

fn closer(open: u8) -> char {
    match open {
        b'(' => ')',
        b'[' => ']',
        _ => '}',
    }
}

/// Index of the first opener of the run of parentheses on top of the stack.
fn parens(stack: &[usize], brace: impl Fn(usize) -> bool) -> Option<usize> {
    let p = stack.iter().rposition(|&o| brace(o)).map_or(0, |b| b + 1);
    (p < stack.len()).then_some(p)
}
