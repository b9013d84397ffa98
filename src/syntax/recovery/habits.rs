//! Habits of other languages that a few tokens show: each is said once and read as what was meant.

use super::*;
use crate::kinds::lexicon;
use crate::kinds::statements;

/// Tokens of a name with dashes.
const MOST_PARTS: usize = 9;

/// Tokens that are taken out of a text.
const MOST_TAKEN: usize = 300;

impl Reader<'_> {
    pub(super) fn habits(&mut self) {
        let mut dashed: HashMap<String, usize> = HashMap::new();
        let mut listed = None;
        let mut k = 0;
        // tokens are taken out one by one, so that a text of nothing else would take long
        let least = self.tokens.len().saturating_sub(MOST_TAKEN);
        let mut depth = 0usize;
        while k < self.tokens.len() && self.tokens.len() > least {
            match self.tokens[k].kind {
                Kind::Open if self.byte(k) != b'{' => depth += 1,
                Kind::Close if self.byte(k) != b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && self.tokens[k].kind == Kind::Sign && self.dash_of_a_list(k, &mut listed) {
                continue;
            }
            match self.tokens[k].kind {
                Kind::Text => self.joined_text(k),
                Kind::Number => self.number(k),
                Kind::Word => self.word(k, &mut dashed),
                Kind::Sign => self.sign(k),
                Kind::Open => self.clause_in_parentheses(k),
                _ => {}
            }
            k += 1;
        }
    }

    fn kind(&self, k: usize) -> Option<Kind> {
        self.tokens.get(k).map(|t| t.kind)
    }

    fn is(&self, k: usize, sign: &str) -> bool {
        self.tokens.get(k).is_some_and(|&t| self.str(t) == sign)
    }

    /// Whether nothing stands between a token and the one behind it.
    fn adjoins(&self, k: usize) -> bool {
        self.tokens.get(k + 1).is_some_and(|t| self.tokens[k].end == t.start)
    }

    /// Reads `n` tokens as one; returns the place of them.
    fn merge(&mut self, k: usize, n: usize, kind: Kind, by: &str) -> Span {
        let (start, end) = (self.tokens[k].start, self.tokens[k + n - 1].end);
        self.tokens.drain(k + 1..k + n);
        self.tokens[k] = Token { kind, byte: by.as_bytes().first().copied().unwrap_or(b' '), start, end };
        self.edits.retain(|e| e.end <= start || e.start >= end);
        self.replace(start, end, by);
        self.span(start, end)
    }

    /// Reads `n` tokens as one, and says why.
    fn instead(&mut self, k: usize, n: usize, kind: Kind, by: &str, said: (&'static str, &str)) {
        let (start, end) = (self.tokens[k].start, self.tokens[k + n - 1].end);
        let old = self.text[start..end].to_string();
        let span = self.merge(k, n, kind, by);
        let message = said.1.replace("{}", &format!("`{old}`"));
        let d = Diagnostic::new(said.0, message).at(span, format!("write `{by}`"));
        self.diagnostics.push(d.help(format!("write `{by}` for `{old}`")).fix(span, by, true));
    }

    /// `"data/" + d`, `"data/%s" % d`, `"data/{}".format(d)`.
    fn joined_text(&mut self, k: usize) {
        let inner = |s: &Self, k: usize| s.str(s.tokens[k]).trim_matches(['"', '\'']).to_string();
        let mut text = inner(self, k);
        let value = |k: usize| matches!(self.kind(k), Some(Kind::Word | Kind::Text));
        let mut n = 1;
        if self.is(k + 1, "%") && self.kind(k + 2) == Some(Kind::Word) && text.contains("%s") {
            text = text.replacen("%s", &format!("{{{}}}", self.str(self.tokens[k + 2])), 1);
            n = 3;
        } else if self.is(k + 1, ".") && self.is(k + 2, "format") && self.is(k + 3, "(") && self.is(k + 5, ")") {
            text = text.replacen("{}", &format!("{{{}}}", self.str(self.tokens[k + 4])), 1);
            n = 6;
        } else if self.is(k + 1, "{")
            && self.kind(k + 2) == Some(Kind::Word)
            && self.is(k + 3, "}")
            && self.is(k + 4, ")")
        {
            text += &format!("{{{}}}", self.str(self.tokens[k + 2]));
            n = 4;
        } else {
            while self.is(k + n, "+") && value(k + n + 1) {
                match self.kind(k + n + 1) {
                    Some(Kind::Word) => text += &format!("{{{}}}", self.str(self.tokens[k + n + 1])),
                    _ => text += &inner(self, k + n + 1),
                }
                n += 2;
            }
        }
        if n > 1 {
            self.instead(k, n, Kind::Text, &format!("\"{text}\""), ("E0115", "a string takes a variable in braces"));
        }
    }

    fn number(&mut self, k: usize) {
        let digits = |k: usize| {
            let word = self.tokens.get(k).filter(|t| t.kind == Kind::Number).map(|&t| self.str(t));
            word.filter(|w| w.bytes().all(|b| b.is_ascii_digit()))
        };
        let next = |k: usize| self.tokens.get(k).map_or("", |&t| self.str(t));
        let thousand = |k: usize| {
            let word = next(k);
            let tail = word.trim_start_matches(|c: char| c.is_ascii_digit());
            self.kind(k) == Some(Kind::Number) && word.len() - tail.len() == 3
        };
        let Some(first) = digits(k) else {
            // `20k.`
            return self.last_point(k);
        };
        if !matches!(next(k + 1), "*" | "^" | "," | "." | "%" | "percent") && self.kind(k + 1) != Some(Kind::Number) {
            return;
        }
        let first = first.to_string();
        let before = k.checked_sub(1).map_or("", |b| self.str(self.tokens[b])).to_string();
        let setting = k > 0 && (self.kind(k - 1) == Some(Kind::Word) || before == "=");
        let same_line =
            |a: usize, b: usize| !self.text[self.tokens[a].end..self.tokens[b].start].contains(['\n', '\r']);
        // `10**-4`, `10^-4`
        let power = if self.is(k + 1, "*") && self.is(k + 2, "*") && self.adjoins(k + 1) { 2 } else { 1 };
        if first == "10" && (power == 2 || self.is(k + 1, "^")) {
            let minus = self.is(k + 1 + power, "-") as usize;
            if let Some(n) = digits(k + 1 + power + minus).map(str::to_string) {
                let by = format!("1e{}{n}", if minus == 1 { "-" } else { "" });
                return self.instead(k, 2 + power + minus, Kind::Number, &by, ("E0111", "{} is not a number"));
            }
        }
        // `0,001`, `50,000`
        if setting && self.is(k + 1, ",") && self.adjoins(k) && self.adjoins(k + 1) {
            let decimal = first == "0" && digits(k + 2).is_some();
            let grouped = first != "0" && first.len() <= 3 && thousand(k + 2) && before != "=";
            if decimal || grouped {
                let by = format!("{first}{}{}", if decimal { "." } else { "" }, next(k + 2));
                return self.instead(k, 3, Kind::Number, &by, ("E0111", "{} is not a number"));
            }
        }
        // `20 000`
        if setting && first.len() <= 3 && first != "0" && thousand(k + 1) && same_line(k, k + 1) {
            let by = format!("{first}{}", next(k + 1));
            return self.instead(k, 2, Kind::Number, &by, ("E0111", "{} is not a number"));
        }
        if (self.is(k + 1, "percent") || self.is(k + 1, "%")) && !self.adjoins(k) && same_line(k, k + 1) {
            return self.instead(k, 2, Kind::Number, &format!("{first}%"), ("E0111", "{} is not a number"));
        }
        self.last_point(k);
    }

    /// `20k.`, `5.`
    fn last_point(&mut self, k: usize) {
        // `enc@1. fwd`
        if k > 0 && self.byte(k - 1) == b'@' {
            return;
        }
        let follows = self.tokens.get(k + 2).is_some_and(|t| matches!(t.kind, Kind::Word | Kind::Number));
        if self.is(k + 1, ".") && !self.is(k + 2, ".") && self.adjoins(k) && !(follows && self.adjoins(k + 1)) {
            let by = self.str(self.tokens[k]).to_string();
            self.instead(k, 2, Kind::Number, &by, ("E0111", "{} is not a number"));
        }
    }

    fn word(&mut self, k: usize, dashed: &mut HashMap<String, usize>) {
        if self.is(k + 1, "=") {
            self.bare_numbers(k);
        }
        // behind most names stands a space
        if !self.adjoins(k) {
            self.bare_list(k);
            return;
        }
        let text = self.text;
        let word = &text[self.tokens[k].start..self.tokens[k].end];
        let declares = || {
            k > 0
                && DECLARE.contains(&self.str(self.tokens[k - 1]))
                && (k == 1
                    || matches!(self.tokens[k - 2].kind, Kind::Line | Kind::Semicolon)
                    || self.byte(k - 2) == b'{')
        };
        match self.byte(k + 1) {
            // `f"data/{d}"`
            b'"' | b'\'' if matches!(word, "f" | "F" | "r" | "b" | "u") => {
                let by = self.str(self.tokens[k + 1]).to_string();
                self.instead(k, 2, Kind::Text, &by, ("E0107", "a string has no sign before it"));
            }
            // `f0.5`
            b'.' if word == "f0" && self.adjoins(k + 1) && self.kind(k + 2) == Some(Kind::Number) => {
                let by = format!("f(0.{})", self.str(self.tokens[k + 2]));
                self.instead(k, 3, Kind::Word, &by, ("E0101", "{} is not written like this"));
            }
            b'[' | b'{' if declares() => self.member_declared(k),
            b'-' => self.dash(k, declares(), dashed),
            _ => {}
        }
    }

    /// `widths = 3, 4, 5`
    fn bare_numbers(&mut self, k: usize) {
        let number = |k: usize| self.kind(k) == Some(Kind::Number);
        if !number(k + 2) || !self.is(k + 3, ",") || !lexicon::takes_numbers(self.str(self.tokens[k])) {
            return;
        }
        let mut n = 1;
        while self.is(k + 2 + n, ",") && number(k + 3 + n) {
            n += 2;
        }
        if n > 1 {
            let by = format!("[{}]", &self.text[self.tokens[k + 2].start..self.tokens[k + 1 + n].end]);
            self.instead(k + 2, n, Kind::Text, &by, ("E0101", "a list stands in `[` and `]`"));
        }
    }

    /// `for d in "a", "b" {`
    fn bare_list(&mut self, k: usize) {
        let family = k >= 2 && self.is(k - 2, "for") && self.is(k, "in");
        let value = |k: usize| matches!(self.kind(k), Some(Kind::Text | Kind::Word | Kind::Number));
        let mut n = 1;
        while family && self.is(k + n + 1, ",") && value(k + n) && value(k + n + 2) {
            n += 2;
        }
        if n > 1 && !self.is(k + n + 1, "]") {
            let by = format!("[{}]", &self.text[self.tokens[k + 1].start..self.tokens[k + n].end]);
            self.instead(k + 1, n, Kind::Text, &by, ("E0101", "a list stands in `[` and `]`"));
        }
    }

    /// `task sent_{d} : ...`, `task sent[d] : ...`
    fn member_declared(&mut self, k: usize) {
        let brackets = self.is(k + 1, "[") && self.is(k + 3, "]") || self.is(k + 1, "{") && self.is(k + 3, "}");
        let named = brackets && (self.is(k + 4, ":") || self.is(k + 4, "="));
        if named && matches!(self.kind(k + 2), Some(Kind::Word | Kind::Text)) {
            let by = self.str(self.tokens[k]).trim_end_matches('_').to_string();
            self.instead(k, 4, Kind::Word, &by, ("E0101", "members of a family are declared by the family's name"));
        }
    }

    /// `weight-decay`, and `my-enc` where it is declared: one finding for each such name.
    fn dash(&mut self, k: usize, declares: bool, dashed: &mut HashMap<String, usize>) {
        let mut n = 1;
        while n < MOST_PARTS
            && self.adjoins(k + n - 1)
            && self.is(k + n, "-")
            && self.adjoins(k + n)
            && self.kind(k + n + 1) == Some(Kind::Word)
        {
            n += 2;
        }
        if n == 1 {
            return;
        }
        let (start, end) = (self.tokens[k].start, self.tokens[k + n - 1].end);
        let old = self.text[start..end].to_string();
        let by = old.replace('-', "_");
        if let Some(&d) = dashed.get(&old) {
            let span = self.merge(k, n, Kind::Word, &by);
            if let Some(fix) = &mut self.diagnostics[d].fix {
                fix.also.push(span);
            }
            return;
        }
        let before = k.checked_sub(1).map_or("", |b| self.str(self.tokens[b]));
        let next = self.tokens.get(k + n).map_or(b' ', |t| t.byte);
        let setting = |w: &str| statements::is_setting(w) || OPTIONS.contains(&w);
        // where only a word of the language can stand
        let first = self.str(self.tokens[self.statement_at(k)]);
        let language = lexicon::is_argument(&by) && next == b'='
            || callable(&by) && (next == b'(' || matches!(before, "|>" | "by" | ":"))
            || setting(&by) && self.statement_at(k) == k
            || by == "multi_step" && before == "expect";
        // a difference of two names
        let parts = || old.split('-').all(|w| self.known().1.contains(w));
        let elsewhere = || self.known().0.contains_key(by.as_str()) && !self.known().0.contains_key("use");
        if before == "." || !(declares || language || elsewhere()) || !declares && parts() {
            return;
        }
        // prose, such as a comment without its sign
        let line = || (k..self.tokens.len()).take(20).take_while(|&i| self.kind(i) != Some(Kind::Line));
        let arrow = || line().any(|i| self.is(i, "->") || self.is(i, "~>"));
        if !(ITEMS.iter().any(|i| i.0 == first)
            || setting(first)
            || matches!(first, "stage" | "repeat")
            || language
            || arrow())
        {
            return;
        }
        dashed.insert(old, self.diagnostics.len());
        self.instead(k, n, Kind::Word, &by, ("E0101", "a name holds no `-`"));
    }

    fn sign(&mut self, k: usize) {
        let two = |a: &str, b: &str| self.is(k, a) && self.is(k + 1, b);
        let spaced = self.tokens.get(k + 1).is_some_and(|t| {
            let gap = &self.text[self.tokens[k].end..t.start];
            !gap.is_empty() && gap.chars().all(|c| c == ' ')
        });
        // `- >`
        for (a, right) in [("-", "->"), ("|", "|>"), ("~", "~>")] {
            if spaced && two(a, ">") {
                return self.instead(k, 2, Kind::Sign, right, ("E0104", "{} is written without a space"));
            }
        }
        // `>>` and `> =` that close no types
        let types = || (self.statement_at(k)..k).any(|i| self.is(i, "<"));
        if two("|>", ">") && self.adjoins(k) {
            return self.instead(k, 2, Kind::Sign, "|>", ("E0104", "{} is not a sign of the language"));
        }
        if two(">", ">") && self.adjoins(k) && !types() {
            return self.instead(k, 2, Kind::Sign, "|>", ("E0104", "{} is not a sign of the language"));
        }
        if two(">", "=") && spaced && !types() {
            self.instead(k, 2, Kind::Sign, ">=", ("E0104", "{} is written without a space"));
        }
    }

    /// `- epochs 10`: taken out; one finding for all lines of the list.
    fn dash_of_a_list(&mut self, k: usize, listed: &mut Option<usize>) -> bool {
        let begins = |w: &str| {
            statements::is_setting(w)
                || OPTIONS.contains(&w)
                || matches!(w, "stage" | "repeat")
                || ITEMS.iter().any(|i| i.0 == w)
        };
        let ends = |b: u8| matches!(b, b'*' | b'/' | b'+' | b'-' | b',' | b'=' | b'&' | b'|' | b'>' | b'<' | b':');
        if self.byte(k) != b'-' || !self.first_on_line(k) || self.tokens[k].end != self.tokens[k].start + 1 {
            return false;
        }
        // a difference that goes on from the line before
        let goes_on = k > 1 && self.tokens[k - 2].kind == Kind::Sign && ends(self.byte(k - 2));
        let Some(&next) = self.tokens.get(k + 1).filter(|t| t.kind == Kind::Word) else { return false };
        let named = self.is(k + 2, ":") || self.is(k + 2, "-") && self.adjoins(k + 1);
        if goes_on || !(begins(self.str(next)) || named) {
            return false;
        }
        let (start, end) = (self.tokens[k].start, next.start);
        let span = self.span(start, self.tokens[k].end);
        match *listed {
            Some(d) => {
                if let Some(fix) = &mut self.diagnostics[d].fix {
                    fix.also.push(span);
                }
            }
            None => {
                *listed = Some(self.diagnostics.len());
                let d = Diagnostic::new("E0104", "a line begins with no `-`").at(span, "no sign of a list");
                self.diagnostics.push(d.help("remove it").fix(span, "", true));
            }
        }
        self.replace(start, end, " ");
        self.tokens.remove(k);
        true
    }

    /// `tag of a.b (from enc)`
    fn clause_in_parentheses(&mut self, k: usize) {
        let clause = self.tokens.get(k + 1).is_some_and(|&t| CLAUSES.contains(&self.str(t)));
        if !clause || !self.is(k, "(") || self.is(k + 2, "=") {
            return;
        }
        let Some(m) = self.mate(k).filter(|&m| self.is(m, ")")) else { return };
        let (open, close) = (self.tokens[k], self.tokens[m]);
        let span = self.span(open.start, close.end);
        let by = self.text[open.end..close.start].trim().to_string();
        let d = Diagnostic::new("E0101", format!("`{}` stands in no parentheses", self.str(self.tokens[k + 1])));
        self.diagnostics.push(d.at(span, "remove the parentheses").help(format!("write `{by}`")).fix(span, by, false));
        self.replace(open.start, open.end, " ");
        self.replace(close.start, close.end, " ");
        self.tokens.remove(m);
        self.tokens.remove(k);
    }
}
