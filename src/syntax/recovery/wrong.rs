//! Brackets of another kind where a brace belongs.

use super::brackets::closer;
use super::*;
use crate::kinds::statements;

/// Tokens between brackets within which their mate is looked for.
const MOST_WITHIN: usize = 500;

impl Reader<'_> {
    /// `data d = tsv("d") [ x: tokens ]`, `train (batch 32)`: they are read as braces.
    pub(super) fn wrong(&mut self) {
        for k in 1..self.tokens.len() {
            let t = self.tokens[k];
            if t.kind != Kind::Open || self.tuple(k) || self.ends_in_brackets(k) {
                continue;
            }
            let read = if t.byte == b'{' { self.arguments_in_braces(k) } else { self.call_in_brackets(k) };
            if read || t.byte == b'{' || !self.opens_block(k) {
                continue;
            }
            let mate = self.mate(k);
            let other = mate.filter(|&m| self.byte(m) != b'}').map(|m| self.tokens[m]);
            let span = self.span(t.start, t.end);
            let mut d = Diagnostic::new("E0109", format!("`{}` stands where `{{` belongs", self.str(t)))
                .at(span, "a block stands in braces");
            d = match other {
                Some(m) => {
                    let inner = self.text[t.end..m.start].trim();
                    let right = format!("{{ {inner} }}");
                    let one = !inner.contains(['\n', '\r']);
                    let help = if one { format!("write `{right}`") } else { "write `{` and `}`".to_string() };
                    let d = d.with(self.span(m.start, m.end), "and here `}`").help(help);
                    if one { d.fix(self.span(t.start, m.end), right, false) } else { d }
                }
                None => d.help(format!("write `{{` for `{}`", self.str(t))).fix(span, "{", false),
            };
            self.diagnostics.push(d);
            self.replace(t.start, t.end, "{");
            self.tokens[k].byte = b'{';
            if let Some((m, k)) = other.zip(mate) {
                self.replace(m.start, m.end, "}");
                self.tokens[k].byte = b'}';
            }
        }
    }

    /// `bilstm(64; layers = 2)`: whether the brackets that are open at the semicolon at token `k` are closed further on in
    /// the line; it is read as a comma.
    pub(super) fn comma_meant(&mut self, stack: &[usize], k: usize) -> bool {
        let mut open: Vec<usize> = stack.iter().rev().copied().take_while(|&o| self.byte(o) != b'{').collect();
        open.reverse();
        let inner = open.len();
        for i in k + 1..self.tokens.len().min(k + MOST_WITHIN) {
            match self.tokens[i].kind {
                _ if inner == 0 => return false,
                Kind::Line => return false,
                Kind::Open if self.byte(i) == b'{' => return false,
                Kind::Open => open.push(i),
                Kind::Close => {
                    let closed = open.pop().is_some_and(|o| closer(self.byte(o)) as u8 == self.byte(i));
                    if !closed {
                        return false;
                    }
                    if open.len() < inner {
                        break;
                    }
                }
                _ => {}
            }
        }
        if open.len() >= inner || self.tokens.get(k + 1).is_none_or(|t| t.kind == Kind::Close) {
            return false;
        }
        let t = self.tokens[k];
        let span = self.span(t.start, t.end);
        let d = Diagnostic::new("E0101", "`;` stands where `,` belongs").at(span, "within brackets");
        self.diagnostics.push(d.help("write `,` for `;`").fix(span, ",", false));
        self.replace(t.start, t.end, ",");
        (self.tokens[k].kind, self.tokens[k].byte) = (Kind::Sign, b',');
        true
    }

    /// `widths = (3, 4, 5)`, `widths = {3, 4}`, `for d in ("a", "b")`: read as a list.
    fn tuple(&mut self, k: usize) -> bool {
        let before = self.str(self.tokens[k - 1]);
        let close = match self.byte(k) {
            b'(' => b')',
            b'{' => b'}',
            _ => return false,
        };
        if !matches!(before, "=" | "in") {
            return false;
        }
        let Some(m) = self.mate(k).filter(|&m| self.byte(m) == close) else { return false };
        let value = |t: &Token| matches!(t.kind, Kind::Word | Kind::Number | Kind::Text | Kind::Line) || t.byte == b',';
        let inner = &self.tokens[k + 1..m];
        if !inner.iter().all(value) || inner.iter().all(|t| t.byte != b',') {
            return false;
        }
        self.bracketed(k, m, (b'[', b']'), "a list stands in `[` and `]`");
        true
    }

    /// `a.probs -> [b, c]`: read without them.
    fn ends_in_brackets(&mut self, k: usize) -> bool {
        let t = self.tokens[k];
        let arrow = matches!(self.str(self.tokens[k - 1]), "->" | "~>");
        if !arrow || t.byte == b'{' || self.statement_at(k) + 3 > k {
            return false;
        }
        let close = closer(t.byte) as u8;
        let Some(m) = self.mate(k).filter(|&m| self.byte(m) == close) else { return false };
        let end = self.tokens[m];
        let by = self.text[t.end..end.start].trim().to_string();
        let span = self.span(t.start, end.end);
        let d = Diagnostic::new("E0101", "the ends of an arrow stand without brackets").at(span, "remove the brackets");
        self.diagnostics.push(d.help(format!("write `{by}`")).fix(span, by, false));
        for t in [t, end] {
            self.replace(t.start, t.end, " ");
        }
        (self.tokens[k].kind, self.tokens[m].kind) = (Kind::Sign, Kind::Sign);
        (self.tokens[k].byte, self.tokens[m].byte) = (b' ', b' ');
        true
    }

    /// `embed[64]`, `union[a, b]`: read as a call.
    fn call_in_brackets(&mut self, k: usize) -> bool {
        let (of, t) = (self.tokens[k - 1], self.tokens[k]);
        let word = self.str(of);
        if t.byte != b'[' || of.end != t.start || !callable(word) || self.names_family(k - 1) {
            return false;
        }
        // a family, perhaps of another file
        let key = self.tokens.get(k + 1).is_none_or(|t| t.kind == Kind::Text || t.byte == b'*');
        let known = self.known();
        if key || known.1.contains(word) || known.0.contains_key("use") {
            return false;
        }
        let Some(m) = self.mate(k).filter(|&m| self.byte(m) == b']') else { return false };
        self.bracketed(k, m, (b'(', b')'), "arguments stand in `(` and `)`");
        true
    }

    /// Whether a head that is no head there may be the name of a family.
    fn names_family(&self, k: usize) -> bool {
        let head = k > 0 && self.byte(k - 1) == b':';
        heads::row(self.str(self.tokens[k])).is_some() && !head
    }

    /// Reads other brackets at tokens `k` and `m`.
    fn bracketed(&mut self, k: usize, m: usize, by: (u8, u8), message: &str) {
        let (open, close) = (self.tokens[k], self.tokens[m]);
        let right = format!("{}{}{}", by.0 as char, &self.text[open.end..close.start], by.1 as char);
        let span = self.span(open.start, close.end);
        let of = if by.0 == b'(' { self.str(self.tokens[k - 1]) } else { "" };
        let d = Diagnostic::new("E0109", message).at(span, "other brackets").help(format!("write `{of}{right}`"));
        self.diagnostics.push(d.fix(span, right, false));
        self.replace(open.start, open.end, by.0 as char);
        self.replace(close.start, close.end, by.1 as char);
        (self.tokens[k].byte, self.tokens[m].byte) = by;
    }

    /// `adam { lr = 1e-3 }`, `weights { pos: 2 }`: they are read as parentheses.
    fn arguments_in_braces(&mut self, k: usize) -> bool {
        let text = self.text;
        let word = |k: usize| self.tokens.get(k).map_or("", |t| &text[t.start..t.end]);
        let (of, setting) = (word(k - 1), word(k.saturating_sub(2)));
        let named = self.tokens.get(k + 1).is_some_and(|t| t.kind == Kind::Word) && matches!(word(k + 2), "=" | ":");
        let weights = of == "weights" && k > 1 && !self.next_is(k - 2, "=");
        let called = k > 1 && callable(of) && statements::is_setting(setting);
        if !named || !(weights || called) {
            return false;
        }
        let Some(m) = self.mate(k).filter(|&m| self.byte(m) == b'}') else { return false };
        let (open, close) = (self.tokens[k], self.tokens[m]);
        let mut right = String::from(if weights { " fixed(" } else { "(" });
        self.replace(open.start, open.end, right.clone());
        self.tokens[k].byte = b'(';
        let mut at = open.end;
        for i in k + 1..m {
            let t = self.tokens[i];
            let parted = |b: u8| matches!(b, b',' | b';' | b'(' | b')');
            let by = match t.byte {
                b':' => " =",
                b';' => ",",
                b'\n' | b'\r' if i + 1 < m && !parted(self.byte(i - 1)) => ",",
                _ => continue,
            };
            self.replace(t.start, t.end, by);
            (self.tokens[i].kind, self.tokens[i].byte) = (Kind::Sign, by.as_bytes()[by.len() - 1]);
            right += &self.text[at..t.start];
            right += by;
            at = t.end;
        }
        right += self.text[at..close.start].trim_end();
        right += ")";
        let right = right.replacen("( ", "(", 1);
        self.replace(close.start, close.end, ")");
        self.tokens[m].byte = b')';
        let written = format!("{of}{right}");
        let d = Diagnostic::new("E0109", format!("what `{of}` takes stands in no braces"));
        let d = d.at(self.span(open.start, open.end), "no block").help(format!("write `{written}`"));
        self.diagnostics.push(d.fix(self.span(self.tokens[k - 1].end, close.end), right, false));
        true
    }

    /// Whether only a block can begin at the bracket at token `k`.
    fn opens_block(&self, k: usize) -> bool {
        // what adjoins a name calls it
        let parted = self.text[..self.tokens[k].start].ends_with([' ', '\t']);
        if !parted && self.str(self.tokens[k - 1]) != "train" {
            return false;
        }
        let first = self.statement_at(k);
        if first == k {
            return false;
        }
        let kind = |i: usize| self.tokens.get(i).map(|t| t.kind);
        match self.str(self.tokens[first]) {
            "train" => k == first + 1 && self.first_on_line(first),
            "stage" => k == first + 2 && kind(first + 1) == Some(Kind::Word),
            "repeat" => k == first + 2 && kind(first + 1) == Some(Kind::Number),
            "data" => kind(k - 1) == Some(Kind::Close) && kind(k + 1) == Some(Kind::Word) && self.next_is(k + 1, ":"),
            "for" => {
                let behind = matches!(kind(k - 1), Some(Kind::Close | Kind::Word));
                behind && k > first + 3 && parted && kind(k + 1) == Some(Kind::Line) && self.declares(k + 2)
            }
            _ => {
                let value = |i: usize| matches!(kind(i), Some(Kind::Word | Kind::Number | Kind::Text));
                let behind = matches!(kind(k - 1), Some(Kind::Close | Kind::Word));
                let option = self.tokens.get(k + 1).is_some_and(|t| OPTIONS.contains(&self.str(*t)));
                parted && behind && option && value(k + 2)
            }
        }
    }

    /// The token that closes the bracket at token `k`, whatever its kind, if no declaration begins before.
    pub(super) fn mate(&self, k: usize) -> Option<usize> {
        let mut depth = 0usize;
        for i in k..self.tokens.len().min(k + MOST_WITHIN) {
            match self.tokens[i].kind {
                Kind::Open => depth += 1,
                Kind::Close => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(i);
                    }
                }
                Kind::Word if self.first_on_line(i) && self.indent(i) == 0 && self.declares(i) => return None,
                _ => {}
            }
        }
        None
    }

    /// `{ batch 32 )` at the end of a line: whether the bracket at token `k` stands for the brace that is missing; it is
    /// read as one.
    pub(super) fn closed_by_another(&mut self, o: usize, k: usize) -> bool {
        let ends = self.tokens.get(k + 1).is_none_or(|t| t.kind == Kind::Line);
        let whole = self.first_on_line(k) || (o..k).all(|i| self.tokens[i].kind != Kind::Line);
        if !ends || !whole || self.surplus <= 0 {
            return false;
        }
        self.closed_by(o, k);
        true
    }
}
