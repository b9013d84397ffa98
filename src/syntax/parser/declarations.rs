//! Declarations and the fields of data.

use super::*;
use crate::words;

impl<'a> Walk<'a> {
    pub(super) fn items(&mut self, p: P<'a>) -> Vec<Item> {
        let mut out = vec![];
        for q in parts(p) {
            match q.as_rule() {
                Rule::error_item => self.broken_item(q, &mut out),
                Rule::junk => self.junk(&q),
                _ => out.extend(self.item(q).filter(|i| self.named(i))),
            }
        }
        out
    }

    /// Whether a declaration has its name: without, nobody can mean it.
    fn named(&mut self, item: &Item) -> bool {
        let name = match &item.value {
            ItemKind::Param { name, .. }
            | ItemKind::Let { name, .. }
            | ItemKind::Encoder { name, .. }
            | ItemKind::Data { name, .. }
            | ItemKind::Loss { name, .. } => name,
            ItemKind::Task(task) => &task.name,
            ItemKind::For { var, .. } => {
                self.nameless += usize::from(var.value == UNREADABLE);
                return true;
            }
            _ => return true,
        };
        let named = name.value != UNREADABLE;
        self.nameless += usize::from(!named);
        if let (false, ItemKind::Data { fields, .. }) = (named, &item.value) {
            self.lost.extend(fields.iter().map(|f| f.name.value.clone()));
        }
        named
    }

    fn item(&mut self, p: P<'a>) -> Option<Item> {
        let span = self.span(&p);
        self.length = 0;
        let rule = p.as_rule();
        let mut it = parts(p).peekable();
        let kind = match rule {
            Rule::use_ => {
                let p = it.next()?;
                let span = self.span(&p);
                ItemKind::Use(Node::new(self.text(p), span))
            }
            Rule::param | Rule::let_ | Rule::encoder => {
                let name = self.name(it.next());
                self.assign(&mut it);
                let value = self.expr(it.next());
                match rule {
                    Rule::param => ItemKind::Param { name, value },
                    Rule::let_ => ItemKind::Let { name, value },
                    _ => ItemKind::Encoder { name, value },
                }
            }
            Rule::data => {
                let name = self.name(it.next());
                self.assign(&mut it);
                let reader = self.expr(it.next());
                let fields = it.next().map_or(vec![], |p| self.fields(p));
                ItemKind::Data { name, reader, fields }
            }
            Rule::task => ItemKind::Task(Arc::new(self.task(&mut it))),
            Rule::share => {
                let mut members: Vec<Expr> = it.map(|p| self.expr(Some(p))).collect();
                let scheme = members.pop()?;
                ItemKind::Share { members, scheme }
            }
            Rule::loss => {
                let name = self.name(it.next());
                self.assign(&mut it);
                let value = self.expr(it.next());
                let on = it.next_if(|p| p.as_rule() == Rule::on).map(|p| self.clause(p));
                let options = it.next().map_or(vec![], |p| self.block(p));
                ItemKind::Loss { name, value, on, options }
            }
            Rule::family => {
                let var = self.name(it.next());
                let list = self.expr(it.next());
                let mut items = vec![];
                for q in it {
                    match q.as_rule() {
                        Rule::error_item => self.broken_item(q, &mut items),
                        Rule::junk => self.junk(&q),
                        _ => items.extend(self.item(q).filter(|i| self.named(i))),
                    }
                }
                ItemKind::For { var, list, items }
            }
            Rule::train => ItemKind::Train(it.next().map_or(vec![], |p| self.block(p))),
            Rule::expect => {
                let claim = self.expr(it.next());
                match it.next() {
                    Some(wrong) => {
                        let at = self.span(&wrong);
                        let d = Diagnostic::new("E0104", "a claim compares with `==`, `>=` or `<=`");
                        self.report(d.at(at, "`=` compares nothing").help("write `==`").fix(at, "==", false));
                        let right = self.expr(it.next());
                        let whole = claim.span.to(right.span);
                        let op = Node::new(BinOp::Eq, at);
                        ItemKind::Expect(Node::new(Box::new(ExprKind::Binary(op, claim, right)), whole))
                    }
                    None => ItemKind::Expect(claim),
                }
            }
            Rule::edge => {
                let source = self.expr(it.next());
                let sign = it.next()?;
                let (arrow, feedback) = (self.span(&sign), sign.as_rule() == Rule::feedback);
                let mut edge = Edge { source, arrow, feedback, targets: vec![], via: None, options: vec![] };
                for q in it {
                    match q.as_rule() {
                        Rule::via => edge.via = Some(self.clause(q)),
                        Rule::block => edge.options = self.block(q),
                        _ => edge.targets.push(self.expr(Some(q))),
                    }
                }
                edge.targets.shrink_to_fit();
                ItemKind::Edge(Arc::new(edge))
            }
            _ => return None,
        };
        Some(Node::new(kind, span))
    }

    fn task(&mut self, it: &mut std::iter::Peekable<impl Iterator<Item = P<'a>>>) -> Task {
        let name = self.name(it.next());
        let mut task = Task { head: self.error(name.span), name, of: None, from: None, on: None, options: vec![] };
        self.assign(it);
        match it.next_if(|p| p.as_rule() == Rule::head) {
            Some(p) => task.head = self.expr(Some(p)),
            None => {
                let n = &task.name.value;
                let d = Diagnostic::new("E0110", format!("the task `{n}` has no head"))
                    .at(task.name.span, "which head?")
                    .help(format!("name a head after a colon: `task {n} : classify of ...`"));
                self.report(d);
            }
        }
        for p in it {
            let span = self.span(&p);
            let (slot, word) = match p.as_rule() {
                Rule::of => (&mut task.of, "of"),
                Rule::from => (&mut task.from, "from"),
                Rule::on => (&mut task.on, "on"),
                _ => {
                    task.options = self.block(p);
                    continue;
                }
            };
            if let Some(first) = slot {
                let d = Diagnostic::new("E0101", format!("`{word}` is given twice in one task"));
                let first = first.span;
                self.report(d.at(span, "again").with(first, "first here").help("keep one of the two"));
            } else {
                *slot = Some(self.clause(p));
            }
        }
        task
    }

    /// `of x`, `from x`, `on x`, `via x`.
    fn clause(&mut self, p: P<'a>) -> Expr {
        self.expr(parts(p).find(|q| q.as_rule() != Rule::k_from))
    }

    /// Another sign where `=` or `:` belongs.
    fn assign(&mut self, it: &mut std::iter::Peekable<impl Iterator<Item = P<'a>>>) {
        let Some(p) = it.next_if(|p| matches!(p.as_rule(), Rule::wrong_assign | Rule::wrong_colon)) else { return };
        let right = if p.as_rule() == Rule::wrong_colon { ":" } else { "=" };
        let (at, wrong) = (self.span(&p), p.as_str().trim_end());
        let d = Diagnostic::new("E0105", format!("`{wrong}` stands where `{right}` belongs"));
        self.report(d.at(at, format!("write `{right}`")).help(format!("write `{right}`")).fix(at, right, true));
    }

    pub(super) fn fields(&mut self, p: P<'a>) -> Vec<Field> {
        let mut out = vec![];
        for q in parts(p) {
            match q.as_rule() {
                Rule::field => out.extend(self.field(q)),
                Rule::junk => self.junk(&q),
                _ => {
                    self.whole = false;
                    let (start, end) = self.range(&q);
                    let read =
                        self.alone(Rule::only_field, start, end, |w, p| p.into_inner().next().and_then(|p| w.field(p)));
                    self.lose(start, end);
                    out.push(read.flatten().unwrap_or_else(|| self.broken_field(start, end)));
                }
            }
        }
        out
    }

    fn field(&mut self, p: P<'a>) -> Option<Field> {
        let mut it = parts(p).peekable();
        let name = self.name(it.next());
        self.assign(&mut it);
        let ty = self.field_type(it.next()?)?;
        let source = it.next().and_then(|p| p.into_inner().next()).map(|p| {
            let span = self.span(&p);
            let source = match p.as_rule() {
                Rule::column => match p.as_str().trim_end().parse() {
                    Ok(n) => FieldSource::Number(n),
                    Err(_) => {
                        self.too_large(span);
                        FieldSource::Number(0)
                    }
                },
                Rule::string => FieldSource::Text(self.text(p)),
                _ => FieldSource::Name(p.as_str().into()),
            };
            Node::new(source, span)
        });
        Some(Field { name, ty, source })
    }

    fn field_type(&mut self, p: P<'a>) -> Option<FieldType> {
        let span = self.span(&p);
        let mut it = parts(p);
        let mut ty = FieldType { name: self.name(it.next()), of: None, axis: None, span };
        for q in it {
            let span = self.span(&q);
            match q.as_rule() {
                Rule::axis => {
                    let within = q.clone().into_inner().next().is_some_and(|k| k.as_rule() == Rule::k_in);
                    let path = self.expr(parts(q).next());
                    let path = self.bare_axis(path);
                    ty.axis = Some(Node::new(FieldAxis { within, path }, span));
                }
                Rule::wrong_of | Rule::ftype
                    if on_a_text(&ty.name.value).is_some() && ty.axis.is_none() && !holds_number(&q) =>
                {
                    ty.axis = self.axis_in_brackets(&ty.name, &q);
                }
                Rule::wrong_of => {
                    let inner = q.as_str().trim_end();
                    let right = format!("<{}>", inner[1..inner.len() - 1].trim());
                    let d = Diagnostic::new("E0104", "what a type holds stands in `<` and `>`");
                    self.report(d.at(span, "other brackets").help(format!("write `{right}`")).fix(span, right, true));
                    ty.of = parts(q).next().and_then(|q| self.type_arg(q));
                }
                _ => ty.of = self.type_arg(q),
            }
        }
        Some(ty)
    }

    /// `tags on x(3)`: nothing stands behind the text.
    fn bare_axis(&mut self, path: Expr) -> Expr {
        let whole = path.span;
        let base = match *path.value {
            ExprKind::Call(base, _) | ExprKind::Index(base, _) | ExprKind::Tap(base, _) => base,
            kind => return Node::new(Box::new(kind), whole),
        };
        let rest = Span { start: base.span.end, ..whole };
        let d = Diagnostic::new("E0101", "a field names a text, and nothing stands behind it").at(rest, "remove this");
        self.report(d.help("write, for example, `tags on x`").fix(rest, "", false));
        base
    }

    /// `tags(x)`, `tags<x>`: what stands in brackets is the text.
    fn axis_in_brackets(&mut self, name: &Name, q: &P<'a>) -> Option<Node<FieldAxis>> {
        let word = on_a_text(&name.value)?;
        let span = Span { start: name.span.end, ..self.span(q) };
        let inner = q.as_str().trim().trim_matches(['(', ')', '[', ']', '<', '>']).trim();
        let inner = inner.split(' ').next_back().unwrap_or(inner);
        let written = format!("{} {word} {inner}", name.value);
        let d = Diagnostic::new("E0104", format!("`{}` names its text behind `{word}`", name.value));
        let d = d.at(span, "other brackets").help(format!("write `{written}`"));
        self.report(d.fix(span, format!(" {word} {inner}"), true));
        let path = Node::new(Box::new(ExprKind::Name(inner.to_string())), span);
        Some(Node::new(FieldAxis { within: word == "in", path }, span))
    }

    fn type_arg(&mut self, p: P<'a>) -> Option<Box<TypeArg>> {
        let span = self.span(&p);
        Some(Box::new(match p.as_rule() {
            Rule::ftype => TypeArg::Type(self.field_type(p)?),
            _ => TypeArg::Number(Node::new(self.number(p).value, span)),
        }))
    }
}

/// The word between a type and its text, for types that hold nothing else.
fn on_a_text(name: &str) -> Option<&'static str> {
    let row = words::FIELD_TYPES.iter().find(|t| t.name == name)?;
    (!matches!(row.axis, words::Axis::Never) && !row.of).then_some(row.word)
}

fn holds_number(q: &P<'_>) -> bool {
    q.as_str().trim_start_matches(['(', '[', ' ']).starts_with(|c: char| c.is_ascii_digit())
}
