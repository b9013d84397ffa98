//! Names and words that nothing is called, with what was probably meant.

use super::*;

/// Names in order, at most twelve of them.
fn listed(mut names: Vec<&str>) -> String {
    names.sort_unstable();
    names.dedup();
    let more = if names.len() > 12 { ", ..." } else { "" };
    names.truncate(12);
    format!("{}{more}", names.join(", "))
}

impl Checker<'_> {
    /// A finding for an unknown name, with near names of the wanted kinds first.
    pub fn unknown(&mut self, name: &str, span: Span, wanted: &[Kind], more: &[&str], what: &str) -> Poison {
        if self.p.lost.contains(name) {
            return Poison;
        }
        let right: Vec<&str> = self
            .p
            .all_names()
            .filter(|(_, k)| wanted.contains(k))
            .map(|(n, _)| n)
            .chain(more.iter().copied())
            .collect();
        if let Some((_, kind)) = self.p.all_names().find(|(n, _)| *n == name) {
            let d = Diagnostic::new("E0244", format!("`{name}` is {}, not {what}", kind.a())).at(span, "");
            return self.report(match suggest::question(&suggest::near(name, right.iter().copied())) {
                Some(q) => d.help(q),
                None if right.is_empty() => d,
                None => d.help(format!("known here: {}", listed(right))),
            });
        }
        let d = Diagnostic::new("E0201", format!("nothing is called `{name}`")).at(span, format!("expected {what}"));
        let near = suggest::near(name, right.iter().copied());
        // perhaps it is the name of a field that could not be read
        if near.is_empty() && !more.is_empty() && self.p.has_field(crate::syntax::ast::UNREADABLE).is_some() {
            return Poison;
        }
        let d = match suggest::question(&near) {
            Some(q) => {
                let d = d.help(q);
                if near.len() == 1 { d.fix(span, near[0], true) } else { d }
            }
            None => {
                let wrong: Vec<(&str, Kind)> = self.p.all_names().collect();
                let near = suggest::near(name, wrong.iter().map(|(n, _)| *n));
                match near.first().and_then(|n| wrong.iter().find(|(w, _)| w == n)) {
                    Some((n, k)) => d.help(format!("`{n}` is {}, not {what}", k.a())),
                    None if !right.is_empty() && right.len() <= 12 => d.help(format!("known here: {}", listed(right))),
                    // the words of the language are too many to be listed
                    None => {
                        match self.p.all_names().filter(|(_, k)| wanted.contains(k)).map(|(n, _)| n).collect::<Vec<_>>()
                        {
                            own if own.is_empty() && wanted.contains(&Kind::Encoder) => {
                                d.help(format!("declare it: `encoder {name} = embed(64) |> bilstm(64)`"))
                            }
                            own if own.is_empty() => d,
                            own => d.help(format!("declared are: {}", listed(own))),
                        }
                    }
                }
            }
        };
        self.report(d)
    }

    /// A word that is none of a table's.
    pub fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Poison {
        let d = Diagnostic::new(code, format!("`{word}` is not {what}")).at(span, "unknown");
        let near = suggest::near(word, known.iter().copied());
        let d = match near.as_slice() {
            [] => d.help(format!("known are: {}", known.join(", "))),
            [one] => d.help(format!("did you mean `{one}`?")).fix(span, *one, true),
            many => d.help(suggest::question(many).unwrap_or_default()),
        };
        self.report(d)
    }
}
