//! Brackets of another kind where a brace belongs.

use super::*;

impl Reader<'_> {
    /// `data d = tsv("d") [ x: tokens ]`, `train (batch 32)`: they are read as braces.
    pub(super) fn wrong(&mut self) {
        for k in 1..self.tokens.len() {
            let t = self.tokens[k];
            if t.kind != Kind::Open || t.byte == b'{' || !self.opens_block(k) {
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

    /// Whether only a block can begin at the bracket at token `k`.
    fn opens_block(&self, k: usize) -> bool {
        let ends = |i: usize| {
            matches!(self.tokens[i].kind, Kind::Line | Kind::Semicolon) || matches!(self.byte(i), b'{' | b'}')
        };
        let Some(first) = (k.saturating_sub(200)..k).rev().take_while(|&i| !ends(i)).last() else { return false };
        let kind = |i: usize| self.tokens.get(i).map(|t| t.kind);
        let parted = self.text[..self.tokens[k].start].ends_with([' ', '\t']);
        match self.str(self.tokens[first]) {
            "train" => k == first + 1 && self.first_on_line(first),
            "stage" => k == first + 2 && kind(first + 1) == Some(Kind::Word),
            "repeat" => k == first + 2 && kind(first + 1) == Some(Kind::Number),
            "data" => {
                kind(k - 1) == Some(Kind::Close) && kind(k + 1) == Some(Kind::Word) && self.next_is(k + 1, ":")
            }
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
    fn mate(&self, k: usize) -> Option<usize> {
        let mut depth = 0usize;
        for i in k..self.tokens.len() {
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
        let count = |b: u8| self.tokens.iter().filter(|t| t.byte == b).count();
        let whole = self.first_on_line(k) || (o..k).all(|i| self.tokens[i].kind != Kind::Line);
        if !ends || !whole || count(b'{') <= count(b'}') {
            return false;
        }
        let (open, t) = (self.tokens[o], self.tokens[k]);
        let span = self.span(t.start, t.end);
        let d = Diagnostic::new("E0109", format!("`{{` is closed by `{}`", self.str(t)))
            .at(span, "write `}`")
            .with(self.span(open.start, open.end), "opened here")
            .help(format!("write `}}` for `{}`", self.str(t)));
        self.diagnostics.push(d.fix(span, "}", false));
        self.replace(t.start, t.end, "}");
        self.tokens[k].byte = b'}';
        true
    }
}
