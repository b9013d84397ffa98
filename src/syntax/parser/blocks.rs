//! Settings in braces.

use super::*;
use crate::kinds::statements;

impl<'a> Walk<'a> {
    pub(super) fn block(&mut self, p: P<'a>) -> Vec<Setting> {
        let mut out = vec![];
        let mut it = parts(p).peekable();
        while let Some(q) = it.next() {
            match q.as_rule() {
                Rule::junk => self.junk(&q),
                Rule::error_setting => {
                    let (start, end) = self.range(&q);
                    self.broken_setting(start, end, &mut out);
                }
                Rule::wrong_comma => {
                    let at = self.span(&q);
                    // perhaps no setting follows, and the comma is the fault
                    self.whole &= !repair::stray_comma(&self.prepared.text[self.base + q.as_span().end()..]);
                    let (d, right) = match it.peek() {
                        Some(next) if next.as_rule() != Rule::wrong_comma => {
                            let word = next.as_str().split_whitespace().next().unwrap_or("");
                            (format!("write `;` for `,`, before `{word}`"), ";")
                        }
                        _ => ("remove the comma".to_string(), ""),
                    };
                    let e = Diagnostic::new("E0106", "a comma does not end a setting");
                    self.report(e.at(at, "nothing of this setting follows").help(d).fix(at, right, true));
                }
                _ => {
                    let hole =
                        |s: &Setting| matches!(&s.value, SettingKind::Attr { name, .. } if name.value == UNREADABLE);
                    out.extend(self.setting(q).filter(|s| !hole(s)));
                }
            }
        }
        exact(out)
    }

    pub(super) fn setting(&mut self, p: P<'a>) -> Option<Setting> {
        let span = self.span(&p);
        self.length = 0;
        let rule = p.as_rule();
        let mut it = parts(p).peekable();
        let kind = match rule {
            Rule::stage => {
                let name = self.name(it.next());
                let mut rest: Vec<P> = it.collect();
                let body = rest.pop().map_or(vec![], |p| self.block(p));
                let mut rest = rest.into_iter();
                let family = rest.next().map(|p| (self.name(Some(p)), self.expr(rest.next())));
                self.nameless += usize::from(family.as_ref().is_some_and(|f| f.0.value == UNREADABLE));
                SettingKind::Stage { name, family, body }
            }
            Rule::repeat => {
                let p = it.next()?;
                let at = self.span(&p);
                let times = Node::new(self.number(p), at);
                SettingKind::Repeat { times, body: it.next().map_or(vec![], |p| self.block(p)) }
            }
            Rule::view => {
                let name = self.name(it.next());
                let from = it.next()?.as_rule() == Rule::k_from;
                SettingKind::View { name, from, value: self.expr(it.next()) }
            }
            _ => {
                let first = it.next()?;
                if first.as_rule() == Rule::attr_call {
                    let mut inner = first.into_inner();
                    let name = self.name(inner.next());
                    let args = inner.next().map_or(vec![], |p| self.args(p));
                    // `early_stop(patience = 5)` is `early_stop patience 5`
                    let values = args.into_iter().map(|a| match a.name {
                        Some(n) => {
                            let span = n.span.to(a.value.span);
                            let word = Node::new(Box::new(ExprKind::Name(n.value)), n.span);
                            Node::new(Box::new(ExprKind::Call(word, vec![Arg { name: None, value: a.value }])), span)
                        }
                        None => a.value,
                    });
                    let values = values.collect();
                    return Some(Node::new(SettingKind::Attr { name, values }, span));
                }
                let name = self.name(Some(first));
                let wrong = it.next_if(|p| p.as_rule() == Rule::wrong_set);
                let mut values: Vec<Expr> = exact(it.map(|p| self.expr(Some(p))));
                // `tasks = [a, b]`: names in brackets, with another habit
                let names = statements::takes_many(&name.value) || matches!(name.value.as_str(), "metric" | "also");
                let unlisted = match (&wrong, values.as_mut_slice()) {
                    (Some(_), [one]) if names => match &mut *one.value {
                        ExprKind::List(items) => Some(std::mem::take(items)),
                        _ => None,
                    },
                    _ => None,
                };
                let listed = unlisted.is_some();
                values = unlisted.unwrap_or(values);
                if let (Some(p), [value]) = (&wrong, values.as_mut_slice())
                    && let Some(word) = word_in_quotes(value)
                {
                    // `weights = "uncertainty"`: one habit
                    let at = self.span(p);
                    let right = format!("{} {word}", name.value);
                    let d =
                        Diagnostic::new("E0105", "a setting is written without a sign, and its word without quotes");
                    let gap = Span { start: name.span.end, end: value.span.end, ..at };
                    self.report(d.at(at, "remove this").help(format!("write `{right}`")).fix(
                        gap,
                        format!(" {word}"),
                        true,
                    ));
                    *value.value = ExprKind::Name(word);
                } else if let Some(p) = wrong {
                    let at = self.span(&p);
                    let mut gap =
                        Span { start: name.span.end, end: values.first().map_or(at.end, |v| v.span.start), ..at };
                    let mut value = self.slice(&p);
                    let mut by = " ".to_string();
                    if listed {
                        value = value.trim_matches(['[', ']']).trim().to_string();
                        gap.end = span.end;
                        by += &value;
                    }
                    let right = format!("{} {value}", name.value);
                    let d = Diagnostic::new("E0105", "a setting is written without a sign between name and value");
                    self.report(d.at(at, "remove this").help(format!("write `{right}`")).fix(gap, by, true));
                }
                SettingKind::Attr { name, values }
            }
        };
        Some(Node::new(kind, span))
    }

    /// The text after a sign up to the end of its setting.
    fn slice(&self, sign: &P<'a>) -> String {
        let from = self.base + sign.as_span().end();
        let rest = &self.prepared.text[from..];
        rest[..rest.find([';', '\n', '\r', '}']).unwrap_or(rest.len())].trim().to_string()
    }
}

/// The word of a string that is one.
fn word_in_quotes(e: &Expr) -> Option<String> {
    let word = plain_text(e)?;
    (!word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).then(|| word.to_string())
}
