//! Where a bracket that is missing was probably meant.

use super::*;
use crate::kinds::lexicon;
use crate::kinds::statements;
use crate::words;

impl Reader<'_> {
    /// `embed64)` and `tsv"data")`: a call without its `(`, when the `)` at token `k` closes nothing.
    pub(super) fn call_missing(&mut self, k: usize, out: &mut Vec<(usize, char)>) -> bool {
        let mut depth = 0usize;
        let mut found = None;
        for i in (k.saturating_sub(200)..k).rev().take_while(|&i| !self.parts_statements(i)) {
            let t = self.tokens[i];
            match t.kind {
                Kind::Close => depth += 1,
                Kind::Open => depth = depth.saturating_sub(1),
                Kind::Word if !lexicon::is_argument(self.str(t)) => {
                    let callable = |w: &str| callable(w) || self.known().1.contains(w);
                    let word = self.str(t);
                    // the name that a declaration gives
                    let declared = |w: &str| matches!(w, "data" | "encoder" | "let" | "task" | "param" | "loss");
                    if self.first_on_line(i) || i > 0 && declared(self.str(self.tokens[i - 1])) {
                        continue;
                    }
                    // deeper in brackets only what stands nowhere else
                    if depth > 0 && self.known().0.get(word) != Some(&1) {
                        continue;
                    }
                    let next = self.tokens[i + 1];
                    let at = if depth == 0 && matches!(next.kind, Kind::Text | Kind::Number) && callable(word) {
                        Some(word.len())
                    } else if next.kind == Kind::Open && callable(word) {
                        None
                    } else {
                        (1..word.len()).rev().find(|&n| {
                            let rest = word.get(n..).unwrap_or("");
                            let known = || {
                                self.known().0.contains_key(rest)
                                    || callable(rest)
                                    || lexicon::is_argument(rest)
                                    || self.str(next) == "="
                            };
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
    pub(super) fn open_missing(&mut self, k: usize, out: &mut Vec<(usize, char)>) -> bool {
        if let Some(at) = self.block_begins(k, out) {
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
            // those that were put in there
            let put = out.iter().rev().take(16).filter(|o| o.1 == '{' && o.0 == self.tokens[i].end).count();
            depth = depth.saturating_sub(put);
            match self.byte(i) {
                b'}' if self.tokens[i].kind == Kind::Close => depth += 1,
                b'{' if depth == 0 => return false,
                b'{' => depth -= 1,
                _ => {}
            }
            let word = self.str(self.tokens[i]);
            // the brace of a repetition that lacks one has closed what is around it
            let deepest = usize::from(matches!(word, "repeat" | "stage"));
            if depth > deepest
                || !self.first_on_line(i)
                || !matches!(word, "train" | "stage" | "repeat" | "for" | "task" | "data")
            {
                continue;
            }
            let mut inner = 0usize;
            let line_end = (i..k).find(|&j| match self.tokens[j].kind {
                Kind::Open if self.byte(j) != b'{' => {
                    inner += 1;
                    false
                }
                Kind::Close => {
                    inner = inner.saturating_sub(1);
                    false
                }
                kind => inner == 0 && matches!(kind, Kind::Line | Kind::Semicolon),
            });
            let option = |e: usize| {
                self.tokens.get(e + 1).is_some_and(|t| OPTIONS.contains(&self.str(*t))) && !self.declares(e + 1)
            };
            let field =
                |e: usize| self.tokens.get(e + 1).is_some_and(|t| t.kind == Kind::Word) && self.next_is(e + 1, ":");
            if word == "task" && !line_end.is_some_and(option) || word == "data" && !line_end.is_some_and(field) {
                continue;
            }
            let given = |e: usize| {
                let within = self.tokens[i].start..=self.tokens[e].start;
                out.iter().rev().take(16).any(|o| o.1 == '{' && within.contains(&o.0))
            };
            let Some(end) = line_end.filter(|&e| (i..e).all(|j| self.byte(j) != b'{') && !given(e)) else { continue };
            // nothing stands between `train` and its block
            let at = if word == "train" { self.tokens[i].end } else { self.last_before(end) };
            let colon =
                (i..=end).find(|&j| self.byte(j) == b':' && (self.tokens[j].end == at || self.tokens[j].start == at));
            let closed = self.span(self.tokens[k].start, self.tokens[k].end);
            let d = Diagnostic::new("E0109", format!("the block of `{word}` has no `{{`"));
            let (at, d) = match colon.map(|j| self.tokens[j]) {
                // `train:`
                Some(t) => {
                    let span = self.span(t.start, t.end);
                    self.replace(t.start, t.end, " ");
                    (t.start, d.at(span, "write `{`").help("write `{` for `:`").fix(span, " {", false))
                }
                None => {
                    let span = self.span(at, at);
                    (at, d.at(span, "write `{` here").help("add `{`").fix(span, " {", false))
                }
            };
            self.diagnostics.push(d.with(closed, "closed here"));
            out.push((at, '{'));
            return true;
        }
        false
    }

    /// Where the block of a declaration on one line was probably opened that the `}` at token `k` closes: after the
    /// reader of `data`, before the first option of a task, an arrow or a loss.
    pub(super) fn block_begins(&self, k: usize, put: &[(usize, char)]) -> Option<usize> {
        // the line's beginning, if it is not far
        let first = (k.saturating_sub(200)..k).rev().take_while(|&i| self.tokens[i].kind != Kind::Line).last()?;
        if !self.first_on_line(first) || (first..k).any(|i| self.byte(i) == b'{') {
            return None;
        }
        let stage = matches!(self.str(self.tokens[first]), "stage" | "repeat");
        let mut depth = 0usize;
        for i in first..k {
            let t = self.tokens[i];
            let closed = put.iter().rev().take_while(|p| p.0 > self.tokens[first].start);
            let closed = closed.filter(|p| i > 0 && p.0 == self.tokens[i - 1].end && p.1 != '{').count();
            depth = depth.saturating_sub(closed);
            match t.kind {
                // `stage warm tasks slot; epochs 5 }`
                Kind::Word if stage && depth == 0 && i > first + 1 => {
                    let before = self.str(self.tokens[i - 1]);
                    let setting = statements::is_setting(self.str(t)) || self.str(t) == "stage";
                    if setting && !words::is_reserved(before) {
                        return Some(self.tokens[i - 1].end);
                    }
                }
                Kind::Open => depth += 1,
                Kind::Close => {
                    depth = depth.checked_sub(1)?;
                    let field = self.tokens[i + 1].kind == Kind::Word;
                    if depth == 0 && self.str(self.tokens[first]) == "data" && i + 1 < k && field {
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

    /// Whether what stands before token `i` in the brackets that open at token `o` is a number, a list or an argument
    /// with its name.
    fn no_features(&self, o: usize, i: usize) -> bool {
        let named = || {
            let first = (o + 1..i).rev().take_while(|&j| self.byte(j) != b',').last();
            first.is_some_and(|f| lexicon::is_argument(self.str(self.tokens[f])) && self.next_is(f, "="))
        };
        match self.tokens[i - 1].kind {
            Kind::Number => true,
            Kind::Close => self.byte(i - 1) == b']' && named(),
            Kind::Word => named() && matches!(self.str(self.tokens[i - 1]), "true" | "false"),
            _ => false,
        }
    }

    /// Whether an option with its value begins at token `i`, behind something that is whole.
    pub(super) fn option_at(&self, i: usize) -> bool {
        let value = |t: &Token| matches!(t.kind, Kind::Word | Kind::Number | Kind::Text);
        OPTIONS.contains(&self.str(self.tokens[i]))
            && i > 0
            && (value(&self.tokens[i - 1]) || self.tokens[i - 1].kind == Kind::Close)
            && self.tokens.get(i + 1).is_some_and(value)
    }

    /// Where a bracket opened at token `o` was probably meant to close.
    pub(super) fn close_point(&self, o: usize, k: usize) -> usize {
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
                // `bilstm(64 |> max`, `cnn(40, widths = [3] |> max`: nothing is piped into a size
                Kind::Sign if self.str(t) == "|>" && self.no_features(o, i) => return self.last_before(i),
                // `embed(25 train gold }`
                Kind::Word if i > o + 1 && self.option_at(i) => return self.last_before(i),
                _ => {}
            }
        }
        self.last_before(k)
    }
}
