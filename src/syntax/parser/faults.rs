//! What cannot be read: the finding, from what pest says and what stands there.

use super::*;

impl<'a> Walk<'a> {
    pub(super) fn junk(&mut self, p: &P<'a>) {
        self.whole = false;
        let (start, end) = self.range(p);
        self.lose(start, end);
        if !self.mended(start, end) {
            self.junk_at(start, end);
        }
    }

    /// Says that something stands behind a brace.
    pub(super) fn junk_at(&mut self, start: usize, end: usize) {
        let (at, token) = self.token(start, end);
        if token == "{" {
            let d = Diagnostic::new("E0101", "a second block stands behind the first").at(at, "again");
            return self.report(d.help("put what it holds into the first block, or remove it"));
        }
        let d = Diagnostic::new("E0101", format!("`{token}` cannot follow `}}` on the same line"));
        self.report(d.at(at, "expected the end of the line").help("begin a new line, or remove this"));
    }

    /// Whether a bracket or a string in this range was mended: what else fails there is a consequence.
    pub(super) fn mended(&self, start: usize, end: usize) -> bool {
        self.prepared.mended(self.prepared.span(start, end))
    }

    /// The token at an offset, with its place.
    pub(super) fn token(&self, at: usize, end: usize) -> (Span, String) {
        let text = &self.prepared.text[at..end];
        let skipped = text.len() - text.trim_start().len();
        let (at, text) = (at + skipped, &text[skipped..]);
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let len = match text.chars().next() {
            None => 0,
            Some('"') => text[1..].find('"').map_or(1, |i| i + 2),
            Some(c) if word(c) => text.find(|c| !word(c)).unwrap_or(text.len()),
            Some(_)
                if ["->", "~>", "|>", ">=", "<=", "==", "..", "||", "&&", "!=", "**", "::", "<-"]
                    .iter()
                    .any(|s| text.starts_with(s)) =>
            {
                2
            }
            Some(c) => c.len_utf8(),
        };
        (self.prepared.span(at, at + len), text[..len].to_string())
    }

    /// Turns pest's failure in `text[start..end]` into a finding.
    pub(super) fn fault(&mut self, rule: Rule, e: pest::error::Error<Rule>, start: usize, end: usize) -> usize {
        let at = start + position(&e);
        let brace = self.brace(start, end).map_or(end, |b| b.0);
        if !self.mended(start, if at <= brace { brace } else { end }) {
            self.explain(rule, &e, at, start, end);
        }
        at
    }

    /// Says what stands at an offset and what could.
    pub(super) fn explain(&mut self, rule: Rule, e: &pest::error::Error<Rule>, at: usize, start: usize, end: usize) {
        let (mut span, mut found) = self.token(at.min(end), end);
        if found.starts_with(|c: char| c.is_alphabetic() && !c.is_ascii()) {
            // the whole word, of which the first letters were read
            let before = &self.prepared.text[start..at];
            let part = before.len() - before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len();
            (span, found) = self.token(at - part, end);
        }
        let (what, example) = about(rule);
        let expected = match &e.variant {
            ErrorVariant::ParsingError { positives, .. } => match expectation(positives) {
                words if words == "a name" && rule == Rule::only_field && at > start => "a type".into(),
                words => words,
            },
            ErrorVariant::CustomError { .. } => {
                let d = Diagnostic::new("E0114", "nested too deeply");
                self.report(d.at(span, "").help("name an inner part with `let` and use the name here"));
                return;
            }
        };
        let message = match found.as_str() {
            "" => format!("{what} ends too early"),
            f if f.starts_with('"') => format!("a string cannot stand here in {what}"),
            f => format!("`{f}` cannot stand here in {what}"),
        };
        let mut code = "E0101";
        let mut help = format!("for example `{example}`");
        let mut label = if expected.is_empty() { String::new() } else { format!("expected {expected}") };
        let before = self.prepared.text[start..at].trim_end();
        if let Some(op) = ["|>", "&", "+", "*", "/"].into_iter().find(|op| found.is_empty() && before.ends_with(op)) {
            help = format!("remove the last `{op}`, or go on after it");
        } else if rule == Rule::only_edge && before.ends_with("->") {
            help = "say where it goes, behind `->`: the name of a task or an encoder".into();
        } else if rule == Rule::only_loss && matches!(found.as_str(), "*" | "+" | "-" | "/") && before.contains(" on ")
        {
            help = format!("`on` stands last: write what belongs to `{found}` before it");
        }
        let foreign = match found.as_str() {
            "|" => Some("the pipe is `|>`"),
            "%" => Some("a unit follows its number directly: `15%`"),
            "&&" => Some("features are joined with `&`"),
            "||" | "!" | "!=" | "**" | "^" | "::" | "?" | "$" | "`" | "\\" => Some("this sign has no meaning here"),
            "<-" => Some("an arrow goes from left to right: `a -> b`"),
            _ => None,
        };
        if let Some(f) = foreign {
            code = "E0104";
            label = f.to_string();
        } else if found.starts_with(|c: char| c.is_ascii_digit()) && expected == "a name" {
            help = "a name begins with a letter".into();
        } else if found.starts_with(char::is_alphabetic) && !found.is_ascii() {
            help = "names are written with the letters a to z, digits and `_`".into();
        }
        self.report(Diagnostic::new(code, message).at(span, label).help(help));
    }

    /// The first block in braces of `text[start..end]`.
    pub(super) fn brace(&self, start: usize, end: usize) -> Option<(usize, usize)> {
        let mut depth = 0usize;
        let mut quoted = false;
        let mut open = None;
        for (i, c) in self.prepared.text[start..end].char_indices() {
            match c {
                '"' => quoted = !quoted,
                _ if quoted => {}
                '{' => {
                    open.get_or_insert(start + i);
                    depth += 1;
                }
                '}' => {
                    depth = depth.saturating_sub(1);
                    if let Some(o) = open
                        && depth == 0
                    {
                        return Some((o, start + i + 1));
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The first words of a slice, signs included.
    pub(super) fn words(&self, start: usize, end: usize) -> Vec<&'a str> {
        let text: &'a str = &self.prepared.text[start..end];
        let mut out = vec![];
        let mut at = 0;
        while out.len() < 3 {
            at += text[at..].len() - text[at..].trim_start().len();
            let (_, token) = self.token(start + at, end);
            if token.is_empty() {
                break;
            }
            out.push(&text[at..at + token.len()]);
            at += token.len();
        }
        out
    }
}

/// Where reading failed, from the beginning of what was read.
pub(super) fn position(e: &pest::error::Error<Rule>) -> usize {
    match e.location {
        InputLocation::Pos(p) | InputLocation::Span((p, _)) => p,
    }
}

/// Whether an arrow stands outside brackets.
pub(super) fn has_arrow(text: &str) -> bool {
    let mut depth = 0i32;
    let mut quoted = false;
    text.char_indices().any(|(i, c)| {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        !quoted && depth == 0 && (text[i..].starts_with("->") || text[i..].starts_with("~>"))
    })
}

/// What could follow, in words: what ends or continues the statement before what merely extends the last name.
fn expectation(rules: &[Rule]) -> String {
    let words: Vec<&str> = rules.iter().filter_map(|r| called(*r)).collect();
    let extends = |w: &&str| matches!(*w, "`(`" | "`[`" | "`@`" | "`.`" | "an operator");
    let last = "the end of the line";
    let mut kept: Vec<&str> = words.iter().copied().filter(|w| !extends(w) && *w != last).collect();
    if kept.is_empty() {
        kept = words.iter().copied().filter(|w| *w == "an operator" || (words.len() < 5 && *w != last)).collect();
    }
    if words.contains(&last) {
        kept.push(last);
    }
    any_of(&kept)
}
