//! Parts that cannot be read: what was meant, and what in them can be read all the same.

use super::*;

/// `veiw x with ...`, `stge s { }`, `reapeat 3 { }`: the statement that was meant, by what follows its word.
fn misspelt_statement(words: &[&str]) -> Option<(&'static str, Rule)> {
    let [first, second, third, ..] = *words else { return None };
    let name = second.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let meant = match third {
        "with" | "from" if name => ("view", Rule::only_view),
        "for" | "{" if name => ("stage", Rule::only_stage),
        "{" => ("repeat", Rule::only_repeat),
        _ => return None,
    };
    suggest::near(first, [meant.0]).first().map(|_| meant)
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
        let (start, end) = self.range(&p);
        self.lose(start, end);
        let whole = self.prepared.span(start, end);
        let words = self.words(start, end);
        let first = words.first().copied().unwrap_or("");
        let mut rule = ITEMS.iter().find(|i| i.0 == first).map(|i| i.1);
        if rule.is_none() && self.has_arrow(start, end) {
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

    /// `slot <- intent.probs`: what stands on both sides, and where the sign stands.
    fn backwards(&self, start: usize, end: usize) -> Option<(&'a str, usize, &'a str)> {
        let text: &'a str = &self.prepared.text[start..end];
        let (to, from) = text.split_once("<-")?;
        let from = from.lines().next().unwrap_or("");
        let from = from.split([' ', '{', ';']).find(|w| !w.is_empty())?;
        Some((to.trim(), start + to.len(), from))
    }

    /// A statement that begins with no word of the language; gives the rule that was probably meant.
    fn no_item(&mut self, start: usize, end: usize, first: &str) -> Option<Rule> {
        if self.mended(start, self.brace(start, end).map_or(end, |b| b.0)) {
            return None;
        }
        let (span, token) = self.token(start, end);
        let is_word = first.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let near = suggest::near(first, ITEMS.iter().map(|i| i.0).chain(["def", "class", "import", "model"]));
        let near: Vec<&str> = near.into_iter().filter(|n| ITEMS.iter().any(|i| i.0 == *n)).collect();
        let second = self.words(start, end).get(1).copied().unwrap_or("");
        let d = if !is_word {
            let d = Diagnostic::new("E0101", format!("a declaration cannot begin with `{token}`"));
            d.at(span, "expected a word such as `data`, `encoder` or `task`, or an arrow `a -> b`")
        } else if matches!(
            first,
            "stage"
                | "repeat"
                | "batch"
                | "epochs"
                | "steps"
                | "minutes"
                | "optimizer"
                | "sample"
                | "weights"
                | "gradients"
                | "clip"
                | "dropout"
                | "objective"
                | "early_stop"
                | "eval"
                | "seed"
        ) {
            let d = Diagnostic::new("E0112", format!("`{first}` is a setting and stands inside `train`"));
            d.at(span, "outside `train { }`").help(format!(
                "write `train {{ {} }}`",
                self.prepared.text[start..end].lines().next().unwrap_or("").trim()
            ))
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
        } else {
            Diagnostic::new("E0101", format!("`{first}` does not begin a declaration"))
                .at(span, "expected a declaration or an arrow")
                .help("declarations are `data`, `encoder`, `let`, `task`, `share`, `loss`, `train`, `for`, `param`, `use` and `expect`; an arrow is `a -> b`")
        };
        self.report(d);
        ITEMS.iter().find(|i| near.first() == Some(&i.0)).map(|i| i.1)
    }

    pub(super) fn broken_setting(&mut self, start: usize, end: usize, out: &mut Vec<Setting>) {
        self.lose(start, end);
        let words = self.words(start, end);
        let first = words.first().copied().unwrap_or("");
        let sign = words.get(2).copied().unwrap_or("");
        let block = self.brace(start, end);
        let item = ITEMS.iter().find(|i| i.0 == first).filter(|_| matches!(sign, "=" | ":" | "in"));
        if item.is_some()
            || (self.has_arrow(start, end) && words.get(1).is_some_and(|w| matches!(*w, "." | "->" | "~>")))
        {
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
            _ => match misspelt_statement(&words) {
                Some((meant, rule)) => {
                    let (span, _) = self.token(start, end);
                    let d = Diagnostic::new("E0101", format!("`{first}` does not begin a setting")).at(span, "");
                    self.report(d.help(format!("did you mean `{meant}`?")).fix(span, meant, true));
                    return self.block_of(rule, &words, block, self.prepared.span(start, end), out);
                }
                None => Rule::only_attr,
            },
        };
        let before = self.diagnostics.len();
        let prepared = self.prepared;
        let at = match Grammar::parse(rule, &prepared.text[start..end]) {
            Ok(_) => start,
            Err(e) => {
                let at = match e.location {
                    InputLocation::Pos(p) | InputLocation::Span((p, _)) => start + p,
                };
                if self.run_together(rule, &e, start, at, end, out) {
                    return;
                }
                self.fault(rule, e, start, end)
            }
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

    /// `metric f1 weight 0.5`: two settings without a separator. Both are read.
    fn run_together(
        &mut self,
        rule: Rule,
        e: &pest::error::Error<Rule>,
        start: usize,
        at: usize,
        end: usize,
        out: &mut Vec<Setting>,
    ) -> bool {
        let ErrorVariant::ParsingError { positives, .. } = &e.variant else { return false };
        let (span, word) = self.token(at, end);
        let ends = positives.contains(&Rule::EOI);
        let prefix = start + self.prepared.text[start..at].trim_end().len();
        let next = self.words(at, end).get(1).copied().unwrap_or("");
        if rule != Rule::only_attr
            || !ends
            || prefix == start
            || self.mended(start, end)
            || CLAUSES.contains(&word.as_str())
            || !word.starts_with(|c: char| c.is_ascii_alphabetic())
            || next.is_empty()
            || Grammar::parse(rule, &self.prepared.text[start..prefix]).is_err()
        {
            return false;
        }
        let d = Diagnostic::new("E0106", "two settings stand side by side");
        let gap = self.prepared.span(prefix, prefix);
        self.report(
            d.at(span, "a new setting begins here")
                .help(format!("write `;` or a new line before `{word}`"))
                .fix(gap, ";", false),
        );
        for (a, b) in [(start, prefix), (at, end)] {
            if Grammar::parse(Rule::only_attr, &self.prepared.text[a..b]).is_ok() {
                let read = self.alone(Rule::only_attr, a, b, |w, p| p.into_inner().next().and_then(|p| w.setting(p)));
                out.extend(read.flatten());
            } else {
                self.broken_setting(a, b, out);
            }
        }
        true
    }
}
