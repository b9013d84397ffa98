//! Lines: what they begin with, and which of them go on.

use super::*;
use crate::kinds::statements;

impl Reader<'_> {
    pub(super) fn byte(&self, k: usize) -> u8 {
        self.tokens[k].byte
    }

    pub(super) fn indent(&self, k: usize) -> usize {
        let start = self.text[..self.tokens[k].start].rfind(['\n', '\r']).map_or(0, |i| i + 1);
        let line = &self.text[start..];
        line.len() - line.trim_start_matches([' ', '\t', '\u{feff}']).len()
    }

    pub(super) fn first_on_line(&self, k: usize) -> bool {
        k == 0 || self.tokens[k - 1].kind == Kind::Line
    }

    /// Whether a declaration begins at this token.
    pub(super) fn declares(&self, k: usize) -> bool {
        if !self.first_on_line(k) || self.tokens[k].kind != Kind::Word {
            return false;
        }
        let at = |n: usize| self.tokens.get(k + n).copied();
        let is = |n: usize, kind: Kind| at(n).is_some_and(|t| t.kind == kind);
        let sign = |n: usize| at(n).map_or("", |t| self.str(t));
        match self.str(self.tokens[k]) {
            "task" => is(1, Kind::Word) && matches!(sign(2), ":" | "=" | "of") || sign(1) == ":",
            "data" | "encoder" | "let" | "param" | "loss" => {
                is(1, Kind::Word) && matches!(sign(2), "=" | ":")
                    || sign(1) == "=" && is(2, Kind::Word) && self.indent(k) == 0
            }
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
                        Kind::Open if t.byte == b'{' => return false,
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

    /// Whether a line without indentation begins with what is probably a misspelt word of a declaration.
    pub(super) fn nearly_declares(&self, k: usize) -> bool {
        let word = self.str(self.tokens[k]);
        self.first_on_line(k)
            && self.tokens[k].kind == Kind::Word
            && self.tokens.get(k + 1).is_some_and(|t| t.kind == Kind::Word)
            && self.indent(k) == 0
            && !matches!(word, "stage" | "repeat" | "view")
            && !statements::is_setting(word)
            && !OPTIONS.contains(&word)
            && !suggest::near(word, ITEMS.iter().map(|i| i.0)).is_empty()
    }

    /// Whether a statement ends at this token, or a block begins or ends.
    pub(super) fn parts_statements(&self, k: usize) -> bool {
        matches!(self.tokens[k].kind, Kind::Line | Kind::Semicolon) || matches!(self.byte(k), b'{' | b'}')
    }

    /// The token that begins the statement of token `k`, if it is not far; `k` itself where it is the first.
    pub(super) fn statement_at(&self, k: usize) -> usize {
        (k.saturating_sub(200)..k).rev().take_while(|&i| !self.parts_statements(i)).last().unwrap_or(k)
    }

    pub(super) fn last_before(&self, k: usize) -> usize {
        (0..k).rev().map(|i| self.tokens[i]).find(|t| t.kind != Kind::Line).map_or(0, |t| t.end)
    }

    pub(super) fn next_is(&self, k: usize, sign: &str) -> bool {
        self.tokens.get(k + 1).is_some_and(|&t| self.str(t) == sign)
    }

    /// Whether the line break at token `k` stands inside an expression by its neighbours alone.
    pub(super) fn continued(&self, k: usize) -> bool {
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
            s if CLAUSES.contains(&s) || s == "in" => {
                before.checked_sub(1).is_some_and(|b| self.str(self.tokens[b]) != ".")
            }
            s => matches!(s, "," | "&" | "|>" | "->" | "~>" | "+" | "-" | "=" | ":" | ">=" | "<=" | "==" | "(" | "["),
        }
    }

    /// Joins lines that continue.
    pub(super) fn join(&mut self, closers: &[(usize, char)]) {
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
                    if stack.is_empty() {
                        self.cut(t.start);
                    }
                    continue;
                }
                Kind::Line => {
                    let inside = stack.last().is_some_and(|&c| c != b'{');
                    if !inside && family.last() == Some(&false) && self.value_follows(k) {
                        let (name, value) = (self.tokens[k - 1], self.tokens[k + 1]);
                        let word = self.str(name).to_string();
                        let d = Diagnostic::new("E0101", format!("the value of `{word}` stands on another line"));
                        let d = d.at(self.span(name.start, name.end), "ends with the line");
                        let d = d.with(self.span(value.start, value.end), "its value");
                        let gap = self.span(name.end, value.start);
                        let line = self.text[value.start..]
                            .lines()
                            .next()
                            .unwrap_or("")
                            .split([';', '#'])
                            .next()
                            .unwrap_or("");
                        let help =
                            format!("write `{word} {}` on one line", line.trim_end().trim_end_matches('}').trim_end());
                        self.diagnostics.push(d.help(help).fix(gap, " ", true));
                        blank.push((t.start, t.end));
                        continue;
                    }
                    if inside || self.continued(k) || self.clause_follows(k, family.last() != Some(&false), statement) {
                        blank.push((t.start, t.end));
                    } else {
                        statement = "";
                        if stack.is_empty() {
                            self.cut(t.start);
                        }
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

    /// Whether the line before token `k` holds only the name of a setting, and the next one what is no setting.
    fn value_follows(&self, k: usize) -> bool {
        let Some(b) = k.checked_sub(1) else { return false };
        let begins = |i: usize| i == 0 || matches!(self.byte(i - 1), b'{' | b';') || self.first_on_line(i);
        let Some(&next) = self.tokens.get(k + 1) else { return false };
        let (word, next_word) = (self.str(self.tokens[b]), self.str(next));
        self.tokens[b].kind == Kind::Word
            && begins(b)
            && statements::is_setting(word)
            && !statements::stands_alone(word)
            && matches!(next.kind, Kind::Word | Kind::Number | Kind::Text)
            && !(statements::is_setting(next_word) || matches!(next_word, "stage" | "repeat" | "view"))
            && !self.declares(k + 1)
    }

    /// Notes that a declaration ends here, where enough has been read for a piece.
    fn cut(&mut self, at: usize) {
        if at - self.cuts.last().copied().unwrap_or(0) >= PIECE {
            self.cuts.push(at);
        }
    }

    /// Whether the next line opens a block or, among declarations, goes on with a clause.
    fn clause_follows(&self, k: usize, declarations: bool, statement: &str) -> bool {
        let (Some(before), Some(&next)) = (k.checked_sub(1), self.tokens.get(k + 1)) else { return false };
        let word = self.str(next);
        if statement.is_empty() || matches!(self.byte(before), b'{' | b'}' | b';') {
            return false;
        }
        (word == "{" && !self.trains(k + 1, statement))
            || (declarations && CLAUSES.contains(&word) && !self.declares(k + 1))
    }

    /// Whether the block at token `k` is that of a `train` whose word is missing, not one of this statement.
    fn trains(&self, k: usize, statement: &str) -> bool {
        let first = (k + 1..self.tokens.len()).find(|&i| self.tokens[i].kind != Kind::Line);
        let Some(first) = first.map(|i| self.str(self.tokens[i])) else { return false };
        let setting = statements::is_setting(first) || matches!(first, "stage" | "repeat" | "train");
        let own = match statement {
            "train" | "stage" | "repeat" | "data" | "for" => return false,
            "task" => OPTIONS.contains(&first) && first != "train",
            "loss" => first == "weight",
            "encoder" | "let" | "param" | "share" | "expect" | "use" => false,
            _ => OPTIONS.contains(&first),
        };
        setting && !own
    }
}
