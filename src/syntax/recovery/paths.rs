//! Quotes missing around a path.

use super::*;
use crate::kinds::readers::READERS;

impl Reader<'_> {
    /// `columns(data/atis)`, `use common.mtl`.
    pub(super) fn quote_paths(&mut self) {
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
                Kind::Open => in_reader.push(before.is_some_and(|b| takes_path(self.str(b)))),
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
                || word
                    .rsplit_once('.')
                    .is_some_and(|(_, e)| e == "mtl" || READERS.iter().any(|r| r.extensions.contains(&e)));
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
            self.tokens.insert(at, Token { kind: Kind::Text, byte: b'"', start, end });
            self.edits.retain(|e| e.end <= start || e.start >= end);
            self.replace(start, end, right);
        }
    }
}
