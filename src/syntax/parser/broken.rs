//! Parts that cannot be read: what was meant, and what in them can be read all the same.

use super::*;
use crate::kinds::statements;

/// Whether a declaration or an arrow stands where a setting belongs.
pub(super) fn declared_inside(words: &[&str], statement: &str) -> bool {
    let first = words.first().copied().unwrap_or("");
    let sign = words.get(2).copied().unwrap_or("");
    ITEMS.iter().any(|i| i.0 == first) && matches!(sign, "=" | ":" | "in")
        || words.get(1).is_some_and(|w| matches!(*w, "." | "->" | "~>")) && has_arrow(statement)
}

/// Whether a word begins a setting of `train`.
pub(super) fn setting_of_train(word: &str) -> bool {
    matches!(word, "stage" | "repeat") || statements::SETTINGS.iter().any(|s| s.name == word && !s.stage_only)
}

impl<'a> Walk<'a> {
    /// A field of which only the name is known, so that nobody calls it unknown.
    pub(super) fn broken_field(&self, start: usize, end: usize) -> Field {
        let span = self.prepared.span(start, end);
        let word = |w: &&str| w.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let name = self.words(start, end).first().copied().filter(word).unwrap_or(UNREADABLE);
        let ty = FieldType { name: Node::new(UNREADABLE.into(), span), of: None, axis: None, span };
        Field { name: Node::new(name.into(), span), ty, source: None }
    }

    pub(super) fn broken_item(&mut self, p: P<'a>, out: &mut Vec<Item>) {
        self.whole = false;
        let (start, end) = self.range(&p);
        self.lose(start, end);
        let whole = self.prepared.span(start, end);
        let words = self.words(start, end);
        let first = words.first().copied().unwrap_or("");
        let mut rule = ITEMS.iter().find(|i| i.0 == first).map(|i| i.1);
        if rule.is_none() && has_arrow(&self.prepared.text[start..end]) {
            rule = Some(Rule::only_edge);
        }
        let block = self.brace(start, end);
        let mut at = start;
        match rule {
            Some(rule) => {
                let before = self.diagnostics.len();
                let prepared = self.prepared;
                match Grammar::parse(rule, &prepared.text[start..end]) {
                    Ok(_) => {}
                    Err(e) => at = self.fault(rule, e, start, end),
                }
                if self.diagnostics.len() == before && !self.mended(start, end) {
                    self.report(Diagnostic::new("E0101", "this cannot be read").at(whole, ""));
                }
            }
            None => rule = self.no_item(start, end, first),
        }
        // what stands in braces is read for its own sake: a fault before it hides nothing in it
        let block = block.filter(|b| at <= b.0);
        let (mut settings, mut fields, mut items) = (vec![], vec![], vec![]);
        if let Some((a, b)) = block {
            match rule {
                Some(Rule::only_family) => {
                    items = self.alone(Rule::only_items, a, b, |w, p| w.items(p)).unwrap_or_default();
                }
                Some(Rule::only_data) => {
                    let read = self.alone(Rule::only_fields, a, b, |w, p| p.into_inner().next().map(|p| w.fields(p)));
                    fields = read.flatten().unwrap_or_default();
                }
                Some(_) => {
                    let read = self.alone(Rule::only_block, a, b, |w, p| p.into_inner().next().map(|p| w.block(p)));
                    settings = read.flatten().unwrap_or_default();
                }
                None => {}
            }
        }
        // the name is declared all the same, so that nobody calls it unknown
        let value = self.error(whole);
        let name = words
            .iter()
            .skip(1)
            .find(|w| ITEMS.iter().all(|i| i.0 != **w))
            .filter(|w| w.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
            .map(|w| Node::new((*w).to_string(), whole));
        let kind = match (rule, name) {
            (Some(Rule::only_family), Some(var)) => ItemKind::For { var, list: value, items },
            (Some(Rule::only_family), None) => return out.extend(items),
            (Some(Rule::only_train), _) => ItemKind::Train(settings),
            (Some(Rule::only_param), Some(name)) => ItemKind::Param { name, value },
            (Some(Rule::only_let), Some(name)) => ItemKind::Let { name, value },
            (Some(Rule::only_encoder), Some(name)) => ItemKind::Encoder { name, value },
            (Some(Rule::only_data), Some(name)) => ItemKind::Data { name, reader: value, fields },
            (Some(Rule::only_loss), Some(name)) => ItemKind::Loss { name, value, on: None, options: settings },
            (Some(Rule::only_task), Some(name)) => ItemKind::Task(Arc::new(Task {
                name,
                head: value.clone(),
                of: Some(value.clone()),
                from: Some(value),
                on: None,
                options: settings,
            })),
            _ => return,
        };
        out.push(Node::new(kind, whole));
    }

    /// The word of the first `train` that begins a line.
    fn train(&self) -> Option<Span> {
        let text = &self.prepared.text;
        let begins =
            |at: &usize| text[..*at].rsplit(['\n', '\r']).next().is_some_and(|before| before.trim().is_empty());
        let header = |at: &usize| text[at + "train".len()..].trim_start().starts_with('{');
        let at = text.match_indices("train").take(50).map(|m| m.0).find(|at| begins(at) && header(at))?;
        Some(self.prepared.span(at, at + "train".len()))
    }

    /// Whether a line begins with several words between which no sign stands.
    fn prose(&self, start: usize, end: usize) -> bool {
        let mut words = self.prepared.text[start..end].split([' ', '\t']).filter(|w| !w.is_empty());
        let word =
            |w: Option<&str>| w.is_some_and(|w| w.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | ',')));
        (0..3).all(|_| word(words.next()))
    }

    /// `slot <- intent.probs`: what stands on both sides, and where the sign stands.
    fn backwards(&self, start: usize, end: usize) -> Option<(&'a str, usize, &'a str)> {
        let text: &'a str = &self.prepared.text[start..end];
        let (to, from) = text.split_once("<-")?;
        let from = from.lines().next().unwrap_or("");
        let from = from.split([' ', '{', ';']).find(|w| !w.is_empty())?;
        Some((to.trim(), start + to.len(), from))
    }

    /// A statement that begins with no word of the language; gives the rule that was probably meant.
    pub(super) fn no_item(&mut self, start: usize, end: usize, first: &str) -> Option<Rule> {
        if self.mended(start, self.brace(start, end).map_or(end, |b| b.0)) {
            return None;
        }
        let (span, token) = self.token(start, end);
        let is_word = first.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let near = suggest::near(first, ITEMS.iter().map(|i| i.0).chain(["def", "class", "import", "model"]));
        let near: Vec<&str> = near.into_iter().filter(|n| ITEMS.iter().any(|i| i.0 == *n)).collect();
        let words = self.words(start, end);
        let (second, third) = (words.get(1).copied().unwrap_or(""), words.get(2).copied().unwrap_or(""));
        let d = if !is_word {
            let d = Diagnostic::new("E0101", format!("a declaration cannot begin with `{token}`"));
            d.at(span, "expected a word such as `data`, `encoder` or `task`, or an arrow `a -> b`")
        } else if setting_of_train(first) {
            let d = Diagnostic::new("E0112", format!("`{first}` is a setting and stands inside `train`"));
            let d = d.at(span, "outside `train { }`");
            let setting = self.prepared.text[start..end].lines().next().unwrap_or("").trim();
            match self.train() {
                Some(train) => {
                    d.with(train, "it belongs in here").help(format!("move `{setting}` into the braces of `train`"))
                }
                None => d.help(format!("write `train {{ {setting} }}`")),
            }
        } else if let Some(q) = suggest::question(&near) {
            Diagnostic::new("E0101", format!("`{first}` does not begin a declaration")).at(span, "").help(q)
        } else if let Some((to, at, from)) = self.backwards(start, end) {
            let place = self.prepared.span(at, at + 2);
            let d = Diagnostic::new("E0104", "`<-` is not a sign of the language").at(place, "points backwards");
            d.help(format!("an arrow begins at its source: `{from} -> {to}`"))
        } else if matches!(second, "=" | ":=" | "==") {
            Diagnostic::new("E0101", format!("`{first}` is declared without saying what it is"))
                .at(span, "")
                .help(format!("write `let {first} = ...` or `encoder {first} = ...`"))
        } else if third == "=" {
            Diagnostic::new("E0101", format!("`{first}` does not begin a declaration"))
                .at(span, "a word of another language")
                .help(format!("write `let {second} = ...` or `encoder {second} = ...`"))
        } else if ITEMS.iter().any(|i| i.0 == second) {
            let rest = self.prepared.text[start..end].trim_start_matches(first).trim_start();
            let gap = self.prepared.span(start, end - rest.len());
            let d = Diagnostic::new("E0101", format!("`{first}` does not begin a declaration")).at(span, "remove it");
            d.help(format!("write `{second} ...`")).fix(gap, "", false)
        } else if self.prose(start, end) {
            Diagnostic::new("E0101", format!("`{first}` does not begin a declaration"))
                .at(span, "words without a sign")
                .help(format!("a comment begins with `#`: `# {first} {second} ...`"))
        } else {
            Diagnostic::new("E0101", format!("`{first}` does not begin a declaration"))
                .at(span, "expected a declaration or an arrow")
                .help("declarations are `data`, `encoder`, `let`, `task`, `share`, `loss`, `train`, `for`, `param`, `use` and `expect`; an arrow is `a -> b`")
        };
        self.report(d);
        ITEMS.iter().find(|i| near.first() == Some(&i.0)).map(|i| i.1)
    }

    pub(super) fn broken_setting(&mut self, start: usize, end: usize, out: &mut Vec<Setting>) {
        self.whole = false;
        self.lose(start, end);
        let words = self.words(start, end);
        let first = words.first().copied().unwrap_or("");
        let block = self.brace(start, end);
        if declared_inside(&words, &self.prepared.text[start..end]) {
            if !self.mended(start, end) {
                let (span, _) = self.token(start, end);
                let d = Diagnostic::new("E0112", "a declaration stands inside a block of settings");
                self.report(d.at(span, "declared here").help("move it after the closing `}`"));
            }
            return;
        }
        let rule = match first {
            "stage" => Rule::only_stage,
            "repeat" => Rule::only_repeat,
            "view" => Rule::only_view,
            _ => Rule::only_attr,
        };
        let before = self.diagnostics.len();
        let prepared = self.prepared;
        let at = match Grammar::parse(rule, &prepared.text[start..end]) {
            Ok(_) => start,
            Err(e) => self.fault(rule, e, start, end),
        };
        if self.diagnostics.len() == before && !self.mended(start, end) {
            self.report(Diagnostic::new("E0101", "this cannot be read").at(self.prepared.span(start, end), ""));
        }
        self.block_of(rule, &words, block.filter(|b| at <= b.0), self.prepared.span(start, end), out);
    }

    /// What stands in the braces of a stage or a repetition that could not be read is read for its own sake.
    fn block_of(
        &mut self,
        rule: Rule,
        words: &[&str],
        block: Option<(usize, usize)>,
        span: Span,
        out: &mut Vec<Setting>,
    ) {
        let Some((a, b)) = block else { return };
        let body = self.alone(Rule::only_block, a, b, |w, p| p.into_inner().next().map(|p| w.block(p)));
        let body = body.flatten().unwrap_or_default();
        match rule {
            Rule::only_stage => {
                let name = Node::new(words.get(1).copied().unwrap_or("").to_string(), span);
                out.push(Node::new(SettingKind::Stage { name, family: None, body }, span));
            }
            Rule::only_repeat => {
                let times = Node::new(Number { value: 1.0, unit: None, raw: "1".into() }, span);
                out.push(Node::new(SettingKind::Repeat { times, body }, span));
            }
            _ => {}
        }
    }
}
