//! Calls of functions over features: arguments and inputs.

use super::*;

impl<'p> Checker<'p> {
    pub(super) fn options<'a>(
        &mut self,
        row: &'static builtins::Function,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Result<HashMap<&'static str, &'a Expr>, Poison> {
        let mut out = HashMap::new();
        let mut next = 0;
        for a in args {
            let name = match &a.name {
                Some(n) => match row.args.iter().find(|r| **r == n.value) {
                    Some(r) => *r,
                    None => return Err(Poison), // reported with all names
                },
                // `transformer(causal)`: a flag
                None if matches!(&*a.value.value, ExprKind::Name(n) if row.args.contains(&n.as_str()) && n != "d") => {
                    match &*a.value.value {
                        ExprKind::Name(n) => row.args.iter().find(|r| *r == n).copied().unwrap_or("d"),
                        _ => "d",
                    }
                }
                None => {
                    let Some(name) = row.args.get(next) else {
                        let d = Diagnostic::new("E0215", format!("`{}` has too many arguments", row.name));
                        return Err(
                            self.report(d.at(a.value.span, "one too many").help(format!("write `{}`", row.example)))
                        );
                    };
                    next += 1;
                    name
                }
            };
            if out.insert(name, &a.value).is_some() {
                let d = Diagnostic::new("E0228", format!("`{name}` is given twice")).at(a.value.span, "again");
                return Err(self.report(d.help("keep one of the two")));
            }
        }
        for need in row.args.iter().take(row.needed) {
            if !out.contains_key(need) {
                let what = if *need == "d" { "its width" } else { need };
                let d = Diagnostic::new("E0236", format!("`{}` needs {what}", row.name)).at(span, "");
                return Err(self.report(d.help(format!("for example `{}`", row.example))));
            }
        }
        Ok(out)
    }

    pub(super) fn opt_size(
        &mut self,
        o: &HashMap<&'static str, &Expr>,
        key: &'static str,
        default: usize,
        cx: &Cx,
    ) -> Result<usize, Poison> {
        match o.get(key) {
            Some(e) => self.size(e, &cx.env, &format!("`{key}`")),
            None => Ok(default),
        }
    }

    pub(super) fn opt_flag(&mut self, o: &HashMap<&'static str, &Expr>, key: &'static str) -> Result<bool, Poison> {
        match o.get(key).map(|e| (&*e.value, e.span)) {
            None => Ok(false),
            Some((ExprKind::Name(n), _)) if n == key || n == "true" || n == "yes" => Ok(true),
            Some((ExprKind::Name(n), _)) if n == "false" || n == "no" => Ok(false),
            Some((_, span)) => {
                let d = Diagnostic::new("E0207", format!("`{key}` is `true` or `false`")).at(span, "");
                Err(self.report(d.help(format!("write `{key} = true`"))))
            }
        }
    }

    pub(super) fn word_at(&self, o: &HashMap<&'static str, &Expr>, key: &'static str) -> String {
        o.get(key).map(|e| path_words(e)).unwrap_or_default()
    }

    pub(super) fn function(&mut self, name: &str, span: Span, args: &[ast::Arg], whole: Span, cx: &Cx) -> Out {
        let Some(row) = builtins::function(name) else { return Err(Poison) };
        if !row.runs {
            self.later(whole, format!("`{name}`"));
            let mut reads = cx.input.as_ref().map(|v| v.reads.clone()).unwrap_or_default();
            let mut tops = cx.input.as_ref().map(|v| v.tops.clone()).unwrap_or_default();
            let mut failed = false;
            for a in args {
                if matches!(&*a.value.value, ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::List(_)) {
                    continue;
                }
                if let ExprKind::Name(n) = &*a.value.value
                    && builtins::ARGUMENT_WORDS.contains(&n.as_str())
                {
                    continue;
                }
                let unread = cx.phase == Phase::Test && a.name.as_ref().is_some_and(|n| n.value == "posterior");
                match self.eval(&a.value, &Cx { input: None, ..cx.clone() }) {
                    Ok(_) if unread => {}
                    Ok(v) => {
                        reads.extend(v.reads);
                        tops.extend(v.tops);
                    }
                    Err(Poison) => failed = true,
                }
            }
            if failed {
                return Err(Poison);
            }
            let text_source = matches!(name, "pretrained" | "ngrams");
            if text_source {
                reads.extend(cx.text.iter().copied());
            }
            let depth = cx.input.as_ref().map_or(0, |v| v.depth) + u32::from(row.deep);
            return Ok(Val { reads, tops, depth, ..self.opaque(cx) });
        }
        if row.deep {
            if let Some(count) = self.repeated(name, args, cx) {
                let mut v = self.input(row, span, cx)?;
                for k in 0..count {
                    let inner = Cx { input: Some(v), ..cx.clone() };
                    v = self.one_layer(name, span, args, whole, k, count, &inner)?;
                }
                return Ok(v);
            }
            return self.one_layer(name, span, args, whole, 0, 1, cx);
        }
        self.shallow(row, span, args, whole, cx)
    }

    /// What a function reads from the left of `|>`: else the text that is meant.
    pub(super) fn input(&mut self, row: &'static builtins::Function, span: Span, cx: &Cx) -> Out {
        let v = match &cx.input {
            Some(v) => v.clone(),
            None => self.implicit_text(span, cx)?,
        };
        if let Some(p) = self.parts_error(&v, span) {
            return Err(p);
        }
        if v.kind == VKind::Text {
            let d =
                Diagnostic::new("E0404", format!("`{}` reads vectors, not words", row.name)).at(span, "reads a text");
            return Err(self.report(d.help(format!("embed the words first: `embed(100) |> {}`", row.example))));
        }
        Ok(v)
    }

    /// The one input of a function: what flows in, or its first argument when that is no option (`last(enc)`).
    pub(super) fn unary_input(
        &mut self,
        row: &'static builtins::Function,
        span: Span,
        args: &[ast::Arg],
        cx: &Cx,
    ) -> Result<(Val, Vec<ast::Arg>), Poison> {
        if cx.input.is_none()
            && let Some(first) = args.first()
            && first.name.is_none()
            && !matches!(&*first.value.value, ExprKind::Number(_))
        {
            let v = self.eval(&first.value, cx)?;
            let v = self.input(row, span, &Cx { input: Some(v), ..cx.clone() })?;
            return Ok((v, args[1..].to_vec()));
        }
        Ok((self.input(row, span, cx)?, args.to_vec()))
    }

    pub(super) fn need_seq(&mut self, v: &Val, row: &'static builtins::Function, span: Span) -> Result<(), Poison> {
        if v.kind == VKind::Vec {
            let d = Diagnostic::new("E0405", format!("`{}` needs a vector for each token", row.name));
            return Err(self.report(d.at(span, Self::shape_words(v)).help("remove the pooling before it")));
        }
        Ok(())
    }

    pub(super) fn divides(&mut self, d: usize, heads: usize, span: Span) -> Result<(), Poison> {
        if !d.is_multiple_of(heads) {
            let x = Diagnostic::new("E0418", format!("{heads} heads do not divide a width of {d}")).at(span, "");
            let best = (1..=heads).rev().find(|h| d.is_multiple_of(*h)).unwrap_or(1);
            return Err(self.report(x.help(format!("write `heads = {best}`"))));
        }
        Ok(())
    }
}
