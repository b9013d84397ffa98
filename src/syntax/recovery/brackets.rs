//! Brackets: what is opened is closed, and where one is missing it is put in.

use super::*;
use crate::words;

impl Reader<'_> {
    /// Types within types without end: what stands deeper than the deepest is blanked.
    pub(super) fn limit_types(&mut self) {
        let mut depth = 0;
        let mut k = 0;
        while k < self.tokens.len() {
            let opens = |k: usize| k > 0 && self.tokens[k - 1].kind == Kind::Word && self.str(self.tokens[k]) == "<";
            if !opens(k) {
                depth = if self.tokens[k].kind == Kind::Word { depth } else { 0 };
                k += 1;
                continue;
            }
            depth += 1;
            if depth <= DEEPEST {
                k += 1;
                continue;
            }
            let mut end = k + 1;
            while end + 1 < self.tokens.len() && opens(end + 1) {
                end += 2;
            }
            let t = self.tokens[k];
            let d = Diagnostic::new("E0114", "nested too deeply");
            self.diagnostics.push(
                d.at(self.span(t.start, t.end), format!("level {}", DEEPEST + 1))
                    .help("a field holds one list, or a list of lists"),
            );
            self.replace(t.start, self.tokens[end - 1].end, " ");
            self.tokens.drain(k..end);
            depth = 0;
        }
    }

    /// `{ {`: no block begins with a block, so all but the first brace are too many, and with them those of `} }` at the
    /// end, as far as the text then closes more than it opens.
    pub(super) fn doubled(&mut self) {
        let brace = |k: usize, b: u8| self.tokens.get(k).is_some_and(|_| self.byte(k) == b);
        let second = |k: usize| k > 0 && brace(k - 1, b'{') && brace(k, b'{');
        if !(0..self.tokens.len()).any(second) {
            return;
        }
        let (mut open, mut mates, mut opened, mut closed) = (vec![], HashMap::new(), 0, 0);
        for k in 0..self.tokens.len() {
            match self.byte(k) {
                b'{' => {
                    opened += 1;
                    open.push(k);
                }
                b'}' => {
                    closed += 1;
                    open.pop().map(|o| mates.insert(o, k));
                }
                _ => {}
            }
        }
        let extra: Vec<usize> = (0..self.tokens.len()).filter(|&k| second(k)).collect();
        let mut gone: HashSet<usize> = extra.iter().copied().collect();
        let runs: Vec<usize> = extra.iter().copied().filter(|k| !gone.contains(&(k - 1))).collect();
        let over = (closed + extra.len()).saturating_sub(opened);
        gone.extend(extra.iter().filter_map(|k| mates.get(k)).filter(|e| brace(**e + 1, b'}')).take(over));
        for k in runs {
            let t = self.tokens[k];
            let d = Diagnostic::new("E0109", "`{` stands twice").at(self.span(t.start, t.end), "one opens the block");
            self.diagnostics.push(d.help("remove it").fix(self.span(t.start, t.end), "", false));
        }
        for &k in &gone {
            self.edits.push(Edit { start: self.tokens[k].start, end: self.tokens[k].end, text: " ".into() });
        }
        let mut k = 0;
        self.tokens.retain(|_| {
            k += 1;
            !gone.contains(&(k - 1))
        });
    }

    /// Brackets to insert, ascending; faulty ones get an edit.
    // long: one pass over the tokens with one stack of open brackets
    pub(super) fn balance(&mut self) -> Vec<(usize, char)> {
        let mut stack: Vec<usize> = vec![];
        let balanced = (0..self.tokens.len()).all(|k| match self.tokens[k].kind {
            // a declaration never stands in parentheses
            Kind::Word if stack.last().is_some_and(|&o| self.byte(o) != b'{') => !self.declares(k),
            // nor among fields
            Kind::Word if self.first_on_line(k) && (self.no_field(k) || self.declares(k)) => {
                !stack.last().is_some_and(|&o| self.opens(o, "data"))
            }
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
        let count = |b: u8| self.tokens.iter().filter(|t| t.byte == b).count() as isize;
        self.surplus = count(b'{') - count(b'}');
        let mut out: Vec<(usize, char)> = vec![];
        let mut stack: Vec<usize> = vec![];
        let mut k = 0;
        while k < self.tokens.len() {
            let t = self.tokens[k];
            if self.declares(k) || !stack.is_empty() && self.nearly_declares(k) {
                let indent = self.indent(k);
                let over =
                    |&o: &usize| self.byte(o) != b'{' || (indent <= self.indent(o) && !self.family_at(o, indent));
                if let Some(p) = stack.iter().position(over) {
                    self.unclosed(&mut stack, p, k, &mut out);
                }
            }
            // `name = ...` begins no field
            if self.first_on_line(k) && t.kind == Kind::Word && self.no_field(k) {
                let data = |&o: &usize| self.byte(o) == b'{' && self.opens(o, "data");
                if let Some(p) = stack.iter().position(data) {
                    self.unclosed(&mut stack, p, k, &mut out);
                }
            }
            // a stage holds no stage
            if self.first_on_line(k) && matches!(self.str(t), "stage" | "repeat") {
                let stage = |&o: &usize| self.byte(o) == b'{' && self.opens(o, "stage");
                if let Some(p) = stack.iter().position(stage) {
                    self.unclosed(&mut stack, p, k, &mut out);
                }
            }
            match t.kind {
                Kind::Open => {
                    if self.byte(k) == b'{'
                        && let Some(p) = parens(&stack, |o| self.byte(o) == b'{')
                    {
                        let late = self.closed_late(&stack, p, k);
                        self.unclosed(&mut stack, p, k, &mut out);
                        if late {
                            self.exchanged(k);
                            stack.push(k);
                            k += 2;
                            continue;
                        }
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
                Kind::Semicolon if self.comma_meant(&stack, k) => {}
                Kind::Semicolon => {
                    if let Some(p) = parens(&stack, |o| self.byte(o) == b'{') {
                        let late = self.closed_late(&stack, p, k);
                        self.unclosed(&mut stack, p, k, &mut out);
                        if late {
                            self.exchanged(k);
                            k += 2;
                            continue;
                        }
                    }
                }
                Kind::Close if self.closers_exchanged(&stack, k) => {
                    stack.truncate(stack.len() - 2);
                    k += 1;
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

    /// `name = ...`, but not `x = tokens`, a field with another sign.
    fn no_field(&self, k: usize) -> bool {
        let ty = |t: &Token| words::FIELD_TYPES.iter().any(|f| f.name == self.str(*t));
        self.next_is(k, "=") && !self.tokens.get(k + 2).is_some_and(ty)
    }

    /// `f(a { )`: whether the one bracket that is open from `p` on is closed directly behind token `k`.
    fn closed_late(&self, stack: &[usize], p: usize, k: usize) -> bool {
        let next = self.tokens.get(k + 1).filter(|t| t.kind == Kind::Close).map(|_| self.byte(k + 1));
        stack.len() == p + 1 && next == Some(closer(self.byte(stack[p])) as u8)
    }

    /// `f([a, b)]`: whether the brackets at token `k` and behind it close what is open in the wrong order; they are
    /// exchanged.
    fn closers_exchanged(&mut self, stack: &[usize], k: usize) -> bool {
        let Some((inner, outer)) = stack.last().zip(stack.len().checked_sub(2).map(|p| &stack[p])) else {
            return false;
        };
        let (inner, outer) = (closer(self.byte(*inner)), closer(self.byte(*outer)));
        let next = self.tokens.get(k + 1).copied().filter(|t| t.kind == Kind::Close);
        let Some(next) = next.filter(|_| inner != outer) else { return false };
        if (self.byte(k), self.byte(k + 1)) != (outer as u8, inner as u8) {
            return false;
        }
        let t = self.tokens[k];
        let written = format!("{inner} {outer}");
        let span = self.span(t.start, next.end);
        let d = Diagnostic::new("E0109", format!("`{outer}` and `{inner}` stand in the wrong order"));
        self.diagnostics
            .push(d.at(span, "the other way round").help(format!("write `{written}`")).fix(span, written, false));
        self.replace(t.start, t.end, inner);
        self.replace(next.start, next.end, outer);
        true
    }

    /// Says of token `k` and the bracket behind it that they stand in the wrong order, instead of what was said last.
    fn exchanged(&mut self, k: usize) {
        let (a, b) = (self.tokens[k], self.tokens[k + 1]);
        let span = self.span(a.start, b.end);
        let (left, right) = (self.str(a), self.str(b));
        let d = Diagnostic::new("E0109", format!("`{left}` and `{right}` stand in the wrong order"));
        let written = format!("{right} {left}");
        let d = d.at(span, "the other way round").help(format!("write `{written}`")).fix(span, written, false);
        self.diagnostics.pop();
        self.diagnostics.push(d);
        self.replace(b.start, b.end, " ");
    }

    /// Whether a line of this indentation can be a member of the family that opens at `o`, or of a block that is
    /// written without indentation.
    fn family_at(&self, o: usize, indent: usize) -> bool {
        let body = (o + 1..self.tokens.len()).find(|&i| self.tokens[i].kind != Kind::Line);
        self.opens(o, "for") && body.is_some_and(|b| self.indent(b) <= indent)
    }

    /// Whether the statement that opens a brace at token `o` begins with a word.
    fn opens(&self, o: usize, word: &str) -> bool {
        let first = (0..=o).rev().take_while(|&i| i == o || !self.parts_statements(i)).last();
        first.is_some_and(|f| self.str(self.tokens[f]) == word)
    }

    fn close(&mut self, stack: &mut Vec<usize>, k: usize, out: &mut Vec<(usize, char)>) {
        let c = self.byte(k);
        // a parenthesis is looked for within its block only
        let block = stack.iter().rposition(|&o| self.byte(o) == b'{').map_or(0, |b| b + 1);
        let from = if c == b'}' { 0 } else { block };
        match (from..stack.len()).rev().find(|&p| closer(self.byte(stack[p])) as u8 == c) {
            // a brace of its own line
            Some(_) if c == b'}' && self.block_begins(k, out).is_some() && self.open_missing(k, out) => {}
            Some(p) if c == b'}' && k > 0 && self.byte(k - 1) == b'}' && self.goes_on(stack[p], k) => {
                self.closes_nothing(k);
            }
            // `f(a[1))`: as many as are open, and one more
            Some(p) if c != b'}' && p + 1 < stack.len() && self.closed_by_its_like(stack, block, k) => {
                let Some(o) = stack.pop() else { return };
                self.closed_by(o, k);
            }
            Some(p) => {
                // `stage a { epochs 3`, and the brace below closes what is around it
                if let Some(end) = self.left_open(stack, p, k) {
                    self.unclosed(stack, p, end, out);
                    return self.close(stack, k, out);
                }
                if p + 1 < stack.len() {
                    self.unclosed(stack, p + 1, k, out);
                }
                stack.pop();
            }
            None if stack.len() > block && c != b'}' && self.closed_later(k) => self.closes_nothing(k),
            None if stack.len() > block && c != b'}' => {
                let Some(o) = stack.pop() else { return };
                self.closed_by(o, k);
            }
            None if c == b'}' && self.open_missing(k, out) => {}
            None if c == b')' && self.call_missing(k, out) => {}
            None if stack.len() == block && block > 0 && self.closed_by_another(stack[block - 1], k) => {
                stack.pop();
            }
            None => self.closes_nothing(self.closed_early(k).unwrap_or(k)),
        }
    }

    /// Says that the bracket at token `o` is closed by the wrong one at token `k`, which is read as the right one.
    pub(super) fn closed_by(&mut self, o: usize, k: usize) {
        let right = closer(self.byte(o));
        let (open, t) = (self.tokens[o], self.tokens[k]);
        let span = self.span(t.start, t.end);
        let d = Diagnostic::new("E0109", format!("`{}` is closed by `{}`", self.str(open), self.str(t)));
        self.diagnostics.push(
            d.at(span, format!("write `{right}`"))
                .with(self.span(open.start, open.end), "opened here")
                .help(format!("write `{right}` for `{}`", self.str(t)))
                .fix(span, right.to_string(), false),
        );
        self.replace(t.start, t.end, right.to_string());
        self.tokens[k].byte = right as u8;
    }

    /// Whether more brackets of one kind stand in a row from token `k` on than are open.
    fn closed_by_its_like(&self, stack: &[usize], block: usize, k: usize) -> bool {
        let c = self.byte(k);
        let row = (k..self.tokens.len()).take_while(|&i| self.byte(i) == c).count();
        let open = stack[block..].iter().filter(|&&o| closer(self.byte(o)) as u8 == c).count();
        row > open
    }

    /// `mean(t*].accuracy)`: whether what is open at token `k` is closed further on in the statement.
    fn closed_later(&self, k: usize) -> bool {
        let c = self.byte(k);
        let mut depth = 0usize;
        (k + 1..self.tokens.len()).take(200).take_while(|&i| !self.parts_statements(i)).any(|i| {
            match self.tokens[i].kind {
                Kind::Open => {
                    depth += 1;
                    false
                }
                Kind::Close if depth > 0 => {
                    depth -= 1;
                    false
                }
                Kind::Close => self.byte(i) != c,
                _ => false,
            }
        })
    }

    /// `qa(q = ask(web) ), good = "yes")`: the bracket behind which a comma stands outside all brackets, where the one at
    /// token `k` closes nothing.
    fn closed_early(&self, k: usize) -> Option<usize> {
        let first = self.statement_at(k);
        let (mut depth, mut found) = (0usize, None);
        for i in first..k {
            match self.tokens[i].kind {
                Kind::Open => depth += 1,
                Kind::Close => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 && self.byte(i) == self.byte(k) && self.byte(i + 1) == b',' {
                        found = Some(i);
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The end of the line on which a block was begun and left open, when the brace at token `k` stands where that
    /// of a block around it belongs.
    fn left_open(&self, stack: &[usize], p: usize, k: usize) -> Option<usize> {
        let o = stack[p];
        if self.byte(k) != b'}' || !self.first_on_line(k) || self.tokens.get(o + 1)?.kind == Kind::Line {
            return None;
        }
        let indent = self.indent(k);
        let around = stack[..p].iter().any(|&q| self.byte(q) == b'{' && self.indent(q) == indent);
        if !around || indent >= self.indent(o) || self.surplus <= 0 {
            return None;
        }
        (o + 1..k).find(|&i| self.tokens[i].kind == Kind::Line && !self.continued(i))
    }

    fn closes_nothing(&mut self, k: usize) {
        let t = self.tokens[k];
        let span = self.span(t.start, t.end);
        if self.byte(k) != b'}' {
            // where it was meant is not known
            let ends = |i: &usize| matches!(self.tokens[*i].kind, Kind::Line | Kind::Semicolon);
            let first = (k.saturating_sub(200)..k).rev().take_while(|i| !ends(i)).last().unwrap_or(k);
            self.guessed.push(self.span(self.tokens[first].start, t.end));
        }
        let d = Diagnostic::new("E0109", format!("`{}` closes nothing", self.str(t)));
        self.diagnostics
            .push(d.at(span, "nothing is open here").help("remove it, or open what it closes").fix(span, "", false));
        self.replace(t.start, t.end, " ");
    }

    /// Whether members of the family that opens at `o`, or settings of a `train`, stand behind the brace at token `k`,
    /// the second of `} }`.
    fn goes_on(&self, o: usize, k: usize) -> bool {
        let next = (k + 1..self.tokens.len()).find(|&i| self.tokens[i].kind != Kind::Line);
        let holds = self.opens(o, "for") || (self.opens(o, "train") || self.opens(o, "repeat")) && self.surplus < 0;
        holds && next.is_some_and(|n| self.byte(n) == b'}' || self.indent(n) > self.indent(o))
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
            if self.byte(outer) != b'{' {
                // what belongs into the brackets is not known
                let end = (outer..k)
                    .find(|&i| self.byte(i) == b'{' || matches!(self.tokens[i].kind, Kind::Line | Kind::Semicolon));
                let end = end.map_or(self.last_before(k), |i| self.tokens[i].start);
                self.guessed.push(self.span(first.start, end.max(first.end)));
            }
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
}

pub(super) fn closer(open: u8) -> char {
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
