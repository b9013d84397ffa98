//! Tree and comments to documents: expressions, and the declarations and settings made of them.

use super::WIDTH;
use super::doc::{Doc, STEP, group, indent, nothing, text};
use super::rows::Row;
use crate::ast::*;
use crate::source::Span;

/// One declaration, setting or field.
pub(super) struct Entry {
    pub doc: Doc,
    /// on one line, where it can be
    pub row: Option<Row>,
}

/// What stands in braces.
pub(super) struct Block {
    /// on one line, where it can be
    pub flat: Option<String>,
    pub doc: Doc,
}

pub(super) struct Printer<'a> {
    pub text: &'a str,
    pub comments: &'a [Comment],
    /// places that a syntax finding touches
    pub faults: &'a [Span],
    /// comments before this one are written
    pub next: usize,
    /// comments from here on belong to what follows the entry that is being written
    pub limit: usize,
    /// of the entry that is being written
    pub indent: usize,
    /// places of what is kept as it stands
    pub kept: Vec<Span>,
}

/// `b` behind `a`, with a space.
fn beside(a: Doc, b: Doc) -> Doc {
    Doc::All(vec![a, text(" "), b])
}

impl<'a> Printer<'a> {
    pub fn slice(&self, s: Span) -> &'a str {
        self.text.get(s.start as usize..s.end as usize).unwrap_or("")
    }

    // ---- comments

    /// Whether something stands before this comment on its line.
    pub fn trails(&self, c: &Comment) -> bool {
        let before = self.text.get(..c.span.start as usize).unwrap_or("");
        let line = before.rsplit(['\n', '\r']).next().unwrap_or("");
        !line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty()
    }

    /// The comments that stand before `at` and are not written yet.
    pub fn rest(&mut self, at: u32) -> Doc {
        let mut out = vec![];
        while let Some(c) = self.comments.get(self.next).filter(|c| c.span.start < at) {
            self.next += 1;
            out.push(if self.trails(c) { suffix(c) } else { Doc::Own(c.text.clone()) });
        }
        Doc::All(out)
    }

    /// The comment at the end of the line on which `at` stands, if only signs stand between.
    fn after(&mut self, at: u32) -> Doc {
        let Some(c) = self.comments.get(self.next) else { return nothing() };
        let between = self.text.get(at as usize..c.span.start as usize).unwrap_or("\n");
        let sign = |c: char| !c.is_alphanumeric() && !"\n\r(){}[]\"_".contains(c);
        if (c.span.start as usize) < self.limit && between.chars().all(sign) {
            self.next += 1;
            return suffix(c);
        }
        nothing()
    }

    /// A piece with the comments around it.
    fn piece(&mut self, s: impl Into<String>, span: Span) -> Doc {
        let before = self.rest(span.start);
        Doc::All(vec![before, text(s), self.after(span.end)])
    }

    fn name(&mut self, n: &Name) -> Doc {
        self.piece(n.value.clone(), n.span)
    }

    /// A keyword and what follows it.
    fn clause(&mut self, word: &str, e: &Expr) -> Doc {
        let before = self.rest(e.span.start);
        Doc::All(vec![before, text(word), text(" "), self.expr(e)])
    }

    // ---- expressions

    pub fn expr(&mut self, e: &Expr) -> Doc {
        match &*e.value {
            ExprKind::Number(n) => self.piece(n.raw.clone(), e.span),
            ExprKind::Text(_) | ExprKind::Error => self.piece(self.slice(e.span), e.span),
            ExprKind::Name(n) => self.piece(n.clone(), e.span),
            ExprKind::Range(a, b) => self.piece(range(*a, *b), e.span),
            ExprKind::List(all) => {
                let open = self.after(e.span.start + 1);
                let atom = |e: &Expr| matches!(&*e.value, ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Name(_));
                let fill = all.iter().all(atom);
                let parts = all.iter().map(|e| self.expr(e)).collect();
                self.brackets("[", open, parts, "]", fill, e.span)
            }
            ExprKind::Paren(inner) => {
                let open = self.after(e.span.start + 1);
                let part = Doc::All(vec![self.rest(inner.span.start), self.expr(inner)]);
                let last = self.rest(e.span.end);
                let inner = indent(Doc::All(vec![Doc::Line(""), part, last]));
                let whole = group(Doc::All(vec![text("("), open, inner, Doc::Line(""), text(")")]));
                Doc::All(vec![whole, self.after(e.span.end)])
            }
            ExprKind::Call(f, args) => self.call(e.span, f, args),
            ExprKind::Index(of, i) => {
                let bracket = of.span.end;
                let of = self.expr(of);
                let open = self.after(bracket + 1);
                let i = i.as_ref().map_or(text("*"), |i| Doc::All(vec![self.rest(i.span.start), self.expr(i)]));
                let inner = indent(Doc::All(vec![Doc::Line(""), i, self.rest(e.span.end)]));
                let whole = group(Doc::All(vec![text("["), open, inner, Doc::Line(""), text("]")]));
                Doc::All(vec![of, whole, self.after(e.span.end)])
            }
            ExprKind::Tap(of, tap) => {
                let of = self.expr(of);
                let tap = match &tap.value {
                    Tap::Layer(k) => k.to_string(),
                    Tap::Range(a, b) => range(*a, *b),
                    Tap::All => "*".into(),
                    Tap::Name(n) => n.clone(),
                };
                Doc::All(vec![of, text(format!("@{tap}")), self.after(e.span.end)])
            }
            ExprKind::Dot(of, n) => {
                let of = self.expr(of);
                Doc::All(vec![of, text("."), self.name(n)])
            }
            ExprKind::Neg(of) => Doc::All(vec![text("-"), self.expr(of)]),
            ExprKind::Pipe(..) => self.chain(e, "|> ", |k| match k {
                ExprKind::Pipe(a, b) => Some((a, b)),
                _ => None,
            }),
            ExprKind::Cat(..) => self.chain(e, "& ", |k| match k {
                ExprKind::Cat(a, b) => Some((a, b)),
                _ => None,
            }),
            ExprKind::Binary(op, a, b) => {
                let a = self.expr(a);
                let sign = sign(op.value);
                let before = self.rest(b.span.start);
                // after the others a line ends: `vec<3>`, `enc@*`
                let goes_on = matches!(op.value, BinOp::Add | BinOp::Sub | BinOp::Ge | BinOp::Le | BinOp::Eq);
                let gap = if goes_on { Doc::Line(" ") } else { text(" ") };
                let right = group(indent(Doc::All(vec![gap, before, self.expr(b)])));
                Doc::All(vec![a, text(format!(" {sign}")), right])
            }
            ExprKind::Arrow(a, b) => {
                let a = self.expr(a);
                Doc::All(vec![a, text(" -> "), self.expr(b)])
            }
        }
    }

    /// A chain of one operator, broken before each.
    fn chain(&mut self, e: &Expr, sign: &str, split: impl Fn(&ExprKind) -> Option<(&Expr, &Expr)>) -> Doc {
        let mut parts = vec![];
        let mut first = e;
        while let Some((a, b)) = split(&first.value) {
            parts.push(b);
            first = a;
        }
        let head = self.expr(first);
        let mut rest = vec![];
        for p in parts.into_iter().rev() {
            rest.push(Doc::Line(" "));
            rest.push(self.rest(p.span.start));
            rest.push(text(sign));
            rest.push(self.expr(p));
        }
        group(Doc::All(vec![head, indent(Doc::All(rest))]))
    }

    fn call(&mut self, span: Span, f: &Expr, args: &[Arg]) -> Doc {
        let written = self.text.get(f.span.end as usize..span.end as usize).unwrap_or("").trim_start();
        let word = self.expr(f);
        let open = (span.end as usize).saturating_sub(written.len()) + 1;
        if let ([Arg { name: None, value }], false) = (args, written.starts_with('(')) {
            // `every 500`, or `patience = 3` of `early_stop(patience = 3)`
            let sign = if written.starts_with('=') { " = " } else { " " };
            return Doc::All(vec![word, text(sign), self.expr(value)]);
        }
        let head = self.after(open as u32);
        // an arrow at the beginning of a line would be read as a declaration
        let arrows = args.iter().any(|a| matches!(&*a.value.value, ExprKind::Arrow(..)));
        let parts: Vec<Doc> = args.iter().map(|a| self.arg(a)).collect();
        if arrows {
            let mut all = vec![word, text("("), head];
            for (i, p) in parts.into_iter().enumerate() {
                all.extend((i > 0).then(|| text(", ")));
                all.push(p);
            }
            all.extend([text(")"), self.after(span.end)]);
            return Doc::All(all);
        }
        Doc::All(vec![word, self.brackets("(", head, parts, ")", false, span)])
    }

    fn arg(&mut self, a: &Arg) -> Doc {
        match &a.name {
            Some(n) => {
                let name = self.name(n);
                Doc::All(vec![name, text(" = "), self.expr(&a.value)])
            }
            None => {
                let before = self.rest(a.value.span.start);
                Doc::All(vec![before, self.expr(&a.value)])
            }
        }
    }

    fn brackets(&mut self, open: &str, head: Doc, parts: Vec<Doc>, close: &str, fill: bool, span: Span) -> Doc {
        let last = self.rest(span.end);
        if parts.is_empty() && last.flat().is_some() {
            return Doc::All(vec![text(open), head, text(close), self.after(span.end)]);
        }
        let mut inner = vec![];
        let count = parts.len();
        for (i, p) in parts.into_iter().enumerate() {
            if i + 1 < count {
                inner.extend([Doc::All(vec![p, text(",")]), Doc::Line(" ")]);
            } else {
                inner.push(Doc::All(vec![p, Doc::IfBroken(",")]));
            }
        }
        let inner = if fill { Doc::Fill(inner) } else { Doc::All(inner) };
        let inner = indent(Doc::All(vec![Doc::Line(""), inner, last]));
        let whole = group(Doc::All(vec![text(open), head, inner, Doc::Line(""), text(close)]));
        Doc::All(vec![whole, self.after(span.end)])
    }

    fn commas(&mut self, all: &[Expr]) -> Doc {
        let Some((first, rest)) = all.split_first() else { return nothing() };
        let first = self.expr(first);
        let mut out = vec![];
        for e in rest {
            out.extend([text(","), Doc::Line(" ")]);
            out.push(self.rest(e.span.start));
            out.push(self.expr(e));
        }
        group(Doc::All(vec![first, indent(Doc::All(out))]))
    }

    // ---- declarations

    /// Parts of a declaration; from the column `breaks` on they go to lines of their own when one line does not hold
    /// them. Then comes the block, if there is one.
    fn declaration(
        &mut self,
        kind: &'static str,
        parts: Vec<(u8, Doc)>,
        breaks: u8,
        block: Option<impl FnOnce(&mut Self) -> Block>,
    ) -> Entry {
        let mut cells: Option<Vec<(u8, String)>> = parts.iter().map(|(c, d)| Some((*c, d.flat()?))).collect();
        let header = cells.as_ref().map(|cells| Row { kind, cells: cells.clone() }.flat().chars().count());
        let room = WIDTH.saturating_sub(self.indent * STEP + if block.is_some() { 2 } else { 0 });
        let broken = header.is_none_or(|h| h > room) && parts.iter().any(|p| p.0 >= breaks);
        let mut head: Vec<Doc> = vec![];
        let mut tail = vec![];
        for (column, part) in parts {
            let first = head.is_empty();
            if broken && column >= breaks {
                tail.extend([Doc::Hard, part]);
            } else {
                head.extend((!first).then(|| text(" ")));
                head.push(part);
            }
        }
        let mut doc = head;
        if let Some(block) = block {
            let outer = self.indent;
            self.indent += usize::from(broken);
            let Block { flat, doc: block } = block(self);
            let room = WIDTH.saturating_sub(self.indent * STEP);
            self.indent = outer;
            if broken {
                tail.push(Doc::Hard);
                tail.push(match &flat {
                    Some(f) if f.chars().count() <= room => text(f.clone()),
                    _ => block,
                });
            } else {
                doc.extend([text(" "), block]);
            }
            cells = cells.zip(flat).map(|(mut cells, flat)| {
                cells.push((u8::MAX, flat));
                cells
            });
        }
        doc.push(indent(Doc::All(tail)));
        Entry { doc: Doc::All(doc), row: cells.map(|cells| Row { kind, cells }) }
    }

    fn plain(&mut self, kind: &'static str, parts: Vec<(u8, Doc)>) -> Entry {
        self.declaration(kind, parts, u8::MAX, None::<fn(&mut Self) -> Block>)
    }

    /// A declaration other than a family.
    pub fn item(&mut self, item: &Item) -> Entry {
        let end = item.span.end;
        match &item.value {
            ItemKind::Use(path) => {
                let path = self.piece(self.slice(path.span), path.span);
                self.plain("", vec![(0, beside(text("use"), path))])
            }
            ItemKind::Param { name, value } => self.named("param", name, value),
            ItemKind::Let { name, value } => self.named("let", name, value),
            ItemKind::Encoder { name, value } => self.named("encoder", name, value),
            ItemKind::Data { name, reader, fields } => {
                let name = beside(text("data"), self.name(name));
                let parts = vec![(0, name), (1, self.clause("=", reader))];
                let start = reader.span.end;
                let block = (!fields.is_empty()).then_some(|w: &mut Self| w.fields(start, fields, end));
                self.declaration("data", parts, u8::MAX, block)
            }
            ItemKind::Task(t) => {
                let name = beside(text("task"), self.name(&t.name));
                let mut parts = vec![(0, name), (1, self.clause(":", &t.head))];
                for (column, word, clause) in [(2, "of", &t.of), (3, "from", &t.from), (4, "on", &t.on)] {
                    if let Some(e) = clause {
                        parts.push((column, self.clause(word, e)));
                    }
                }
                let last = [&t.of, &t.from, &t.on].into_iter().flatten().map(|e| e.span.end).max();
                let start = last.unwrap_or(t.head.span.end);
                let block = (!t.options.is_empty()).then_some(|w: &mut Self| w.settings(start, &t.options, end));
                self.declaration("task", parts, 3, block)
            }
            ItemKind::Share { members, scheme } => {
                let members = beside(text("share"), self.commas(members));
                let parts = vec![(0, members), (1, self.clause("by", scheme))];
                self.declaration("share", parts, 1, None::<fn(&mut Self) -> Block>)
            }
            ItemKind::Loss { name, value, on, options } => {
                let name = beside(text("loss"), self.name(name));
                let mut parts = vec![(0, name), (1, self.clause("=", value))];
                if let Some(on) = on {
                    parts.push((2, self.clause("on", on)));
                }
                let start = on.as_ref().unwrap_or(value).span.end;
                let block = (!options.is_empty()).then_some(|w: &mut Self| w.settings(start, options, end));
                self.declaration("loss", parts, 2, block)
            }
            ItemKind::Edge(e) => {
                let source = self.expr(&e.source);
                let arrow = if e.feedback { "~>" } else { "->" };
                let mut parts = vec![(0, source), (1, beside(text(arrow), self.commas(&e.targets)))];
                if let Some(via) = &e.via {
                    parts.push((2, self.clause("via", via)));
                }
                let start = e.via.as_ref().or(e.targets.last()).map_or(e.arrow.end, |x| x.span.end);
                let block = (!e.options.is_empty()).then_some(|w: &mut Self| w.settings(start, &e.options, end));
                self.declaration("->", parts, 2, block)
            }
            ItemKind::Train(settings) => {
                let start = item.span.start + 5;
                let block = |w: &mut Self| w.settings(start, settings, end);
                self.declaration("train", vec![(0, text("train"))], u8::MAX, Some(block))
            }
            ItemKind::Expect(claim) => {
                let claim = beside(text("expect"), self.expr(claim));
                self.plain("", vec![(0, claim)])
            }
            // written by `layout`, which knows of declarations in declarations
            ItemKind::For { .. } => Entry { doc: text(self.slice(item.span)), row: None },
        }
    }

    fn named(&mut self, word: &'static str, name: &Name, value: &Expr) -> Entry {
        let name = beside(text(word), self.name(name));
        let parts = vec![(0, name), (1, self.clause("=", value))];
        self.plain(word, parts)
    }

    /// `for d in LIST`
    pub fn family_head(&mut self, var: &Name, list: &Expr) -> Doc {
        let name = self.name(var);
        Doc::All(vec![text("for "), name, text(" in "), self.expr(list)])
    }

    // ---- fields and settings

    pub fn field(&mut self, f: &Field) -> Entry {
        let name = self.name(&f.name);
        let ty = self.field_type(&f.ty);
        let mut parts = vec![(0, Doc::All(vec![name, text(":")])), (1, ty)];
        if let Some(s) = &f.source {
            let source = self.piece(self.slice(s.span), s.span);
            parts.push((2, beside(text("="), source)));
        }
        self.plain("field", parts)
    }

    fn field_type(&mut self, t: &FieldType) -> Doc {
        let mut out = vec![self.name(&t.name)];
        if let Some(of) = &t.of {
            let of = match &**of {
                TypeArg::Type(t) => self.field_type(t),
                TypeArg::Number(n) => self.piece(self.slice(n.span), n.span),
            };
            out.extend([text("<"), of, text(">")]);
        }
        if let Some(axis) = &t.axis {
            let word = if axis.value.within { "in" } else { "on" };
            out.extend([text(" "), self.clause(word, &axis.value.path)]);
        }
        Doc::All(out)
    }

    pub fn setting(&mut self, s: &Setting) -> Entry {
        let end = s.span.end;
        match &s.value {
            SettingKind::Stage { name, family, body } => {
                let mut start = name.span.end;
                let name = beside(text("stage"), self.name(name));
                let mut parts = vec![(0, name)];
                if let Some((var, list)) = family {
                    start = list.span.end;
                    parts.push((1, self.family_head(var, list)));
                }
                self.declaration("stage", parts, u8::MAX, Some(|w: &mut Self| w.settings(start, body, end)))
            }
            SettingKind::Repeat { times, body } => {
                let start = times.span.end;
                let times = self.piece(self.slice(times.span), times.span);
                let parts = vec![(0, beside(text("repeat"), times))];
                self.declaration("repeat", parts, u8::MAX, Some(|w: &mut Self| w.settings(start, body, end)))
            }
            SettingKind::View { name, from, value } => {
                let name = beside(text("view"), self.name(name));
                let parts = vec![(0, name), (1, self.clause(if *from { "from" } else { "with" }, value))];
                self.plain("view", parts)
            }
            SettingKind::Attr { name, values } => {
                let rest = self.text.get(name.span.end as usize..end as usize).unwrap_or("");
                let word = self.name(name);
                if rest.starts_with('(') {
                    // `early_stop(5)`
                    let values = values.iter().map(|e| self.expr(e)).collect();
                    let call = Doc::All(vec![word, self.brackets("(", nothing(), values, ")", false, s.span)]);
                    return self.plain("", vec![(0, call)]);
                }
                let doc = match values.is_empty() {
                    true => word,
                    false => beside(word, self.commas(values)),
                };
                self.plain("", vec![(0, doc)])
            }
        }
    }
}

fn suffix(c: &Comment) -> Doc {
    Doc::Suffix(format!("  {}", c.text))
}

fn range(a: u64, b: Option<u64>) -> String {
    b.map_or(format!("{a}.."), |b| format!("{a}..{b}"))
}

fn sign(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => "+",
        BinOp::Sub => "-",
        BinOp::Mul => "*",
        BinOp::Div => "/",
        BinOp::Ge => ">=",
        BinOp::Le => "<=",
        BinOp::Eq => "==",
        BinOp::Gt => ">",
        BinOp::Lt => "<",
    }
}
