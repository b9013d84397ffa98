//! Text to tree through pest.

use super::ast::*;
use super::recovery::{CLAUSES, Prepared};
use super::wording::{about, any_of, called};
use crate::diagnostics::{Diagnostic, suggest};
use crate::source::Span;
use pest::Parser as _;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/mtl.pest"]
struct Grammar;

type P<'a> = Pair<'a, Rule>;

/// Operators and suffixes of one statement beyond the first few of each expression: the tree is walked recursively.
const LONGEST: usize = 400;

/// Declaration words, as suggestions for a misspelt one.
const ITEMS: [(&str, Rule); 11] = [
    ("use", Rule::only_use),
    ("param", Rule::only_param),
    ("let", Rule::only_let),
    ("data", Rule::only_data),
    ("encoder", Rule::only_encoder),
    ("task", Rule::only_task),
    ("share", Rule::only_share),
    ("loss", Rule::only_loss),
    ("for", Rule::only_family),
    ("train", Rule::only_train),
    ("expect", Rule::only_expect),
];

/// Reads a whole prepared text.
pub(super) fn file(prepared: &Prepared) -> (File, Vec<Diagnostic>, BTreeSet<String>) {
    let mut w = Walk::new(prepared);
    let items = match Grammar::parse(Rule::file, &prepared.text) {
        Ok(mut pairs) => pairs.next().map_or(vec![], |p| w.items(p)),
        Err(e) => {
            w.fault(Rule::only_items, e, 0, prepared.text.len());
            vec![]
        }
    };
    (File { items }, w.diagnostics, w.lost)
}

/// Reads an expression or an arrow between two.
pub(super) fn expression(prepared: &Prepared) -> (Expr, Vec<Diagnostic>) {
    let mut w = Walk::new(prepared);
    let text = &prepared.text;
    let (start, end) = (text.len() - text.trim_start().len(), text.trim_end().len().max(1).min(text.len()));
    let expr = w.alone(Rule::only_expr, start.min(end), end, |w, p| w.expr(p.into_inner().next()));
    let expr = expr.unwrap_or_else(|| Node::new(Box::new(ExprKind::Error), prepared.span(0, text.len())));
    (expr, w.diagnostics)
}

struct Walk<'a> {
    prepared: &'a Prepared,
    /// where the slice that is being read begins
    base: usize,
    /// operators in this statement
    length: usize,
    diagnostics: Vec<Diagnostic>,
    /// words of what could not be read
    lost: BTreeSet<String>,
}

fn punctuation(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::newline
            | Rule::semicolon
            | Rule::comma
            | Rule::colon
            | Rule::equals
            | Rule::l_brace
            | Rule::r_brace
            | Rule::l_paren
            | Rule::r_paren
            | Rule::l_bracket
            | Rule::r_bracket
            | Rule::less
            | Rule::greater
            | Rule::pipe
            | Rule::cat_op
            | Rule::at
            | Rule::dot_sign
            | Rule::EOI
            | Rule::k_use
            | Rule::k_param
            | Rule::k_let
            | Rule::k_data
            | Rule::k_encoder
            | Rule::k_task
            | Rule::k_share
            | Rule::k_loss
            | Rule::k_for
            | Rule::k_in
            | Rule::k_on
            | Rule::k_of
            | Rule::k_via
            | Rule::k_by
            | Rule::k_view
            | Rule::k_train
            | Rule::k_stage
            | Rule::k_repeat
            | Rule::k_expect
    )
}

fn parts(p: P<'_>) -> impl Iterator<Item = P<'_>> {
    p.into_inner().filter(|q| !punctuation(q.as_rule()))
}

impl<'a> Walk<'a> {
    fn new(prepared: &'a Prepared) -> Self {
        Self { prepared, base: 0, length: 0, diagnostics: vec![], lost: BTreeSet::new() }
    }

    fn span(&self, p: &P) -> Span {
        let start = self.base + p.as_span().start();
        self.prepared.span(start, start + p.as_str().trim_end().len())
    }

    fn here(&self) -> Span {
        self.prepared.span(self.base, self.base)
    }

    /// Notes the words of what could not be read.
    fn lose(&mut self, start: usize, end: usize) {
        let words = self.prepared.text[start..end].split(|c: char| !(c.is_alphanumeric() || c == '_'));
        self.lost.extend(words.filter(|w| !w.is_empty()).map(String::from));
    }

    fn report(&mut self, d: Diagnostic) {
        self.diagnostics.push(d);
    }

    fn error(&self, span: Span) -> Expr {
        Node::new(Box::new(ExprKind::Error), span)
    }

    /// Reads `text[start..end]` by a rule of its own; a failure becomes a finding.
    fn alone<T>(
        &mut self,
        rule: Rule,
        start: usize,
        end: usize,
        build: impl FnOnce(&mut Self, P<'a>) -> T,
    ) -> Option<T> {
        let prepared = self.prepared;
        match Grammar::parse(rule, &prepared.text[start..end]) {
            Ok(mut pairs) => {
                let pair = pairs.next()?;
                let base = std::mem::replace(&mut self.base, start);
                let out = build(self, pair);
                self.base = base;
                Some(out)
            }
            Err(e) => {
                self.fault(rule, e, start, end);
                None
            }
        }
    }

    // ---- declarations

    fn items(&mut self, p: P<'a>) -> Vec<Item> {
        let mut out = vec![];
        for q in parts(p) {
            match q.as_rule() {
                Rule::error_item => self.broken_item(q, &mut out),
                Rule::junk => self.junk(&q),
                _ => out.extend(self.item(q)),
            }
        }
        out
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
                        _ => items.extend(self.item(q)),
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
            Some(p) => task.head = self.expr(p.into_inner().next()),
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

    // ---- fields

    fn fields(&mut self, p: P<'a>) -> Vec<Field> {
        let mut out = vec![];
        for q in parts(p) {
            match q.as_rule() {
                Rule::field => out.extend(self.field(q)),
                Rule::junk => self.junk(&q),
                _ => {
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

    /// A field of which only the name is known, so that nobody calls it unknown.
    fn broken_field(&self, start: usize, end: usize) -> Field {
        let span = self.prepared.span(start, end);
        let word = |w: &&str| w.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let name = self.words(start, end).first().copied().filter(word).unwrap_or(UNREADABLE);
        let ty = FieldType { name: Node::new(UNREADABLE.into(), span), of: None, axis: None, span };
        Field { name: Node::new(name.into(), span), ty, source: None }
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
                    ty.axis = Some(Node::new(FieldAxis { within, path }, span));
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

    fn type_arg(&mut self, p: P<'a>) -> Option<Box<TypeArg>> {
        let span = self.span(&p);
        Some(Box::new(match p.as_rule() {
            Rule::ftype => TypeArg::Type(self.field_type(p)?),
            _ => TypeArg::Number(Node::new(self.number(p).value, span)),
        }))
    }

    // ---- blocks

    fn block(&mut self, p: P<'a>) -> Vec<Setting> {
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
                    let (d, right) = match it.peek() {
                        Some(next) if next.as_rule() != Rule::wrong_comma => {
                            let word = next.as_str().split_whitespace().next().unwrap_or("");
                            (format!("write `;` or a new line before `{word}`"), ";")
                        }
                        _ => ("remove the comma".to_string(), ""),
                    };
                    let e = Diagnostic::new("E0106", "a comma does not end a setting");
                    self.report(e.at(at, "nothing of this setting follows").help(d).fix(at, right, true));
                }
                _ => out.extend(self.setting(q)),
            }
        }
        out
    }

    fn setting(&mut self, p: P<'a>) -> Option<Setting> {
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
                SettingKind::Stage { name, family, body }
            }
            Rule::repeat => {
                let p = it.next()?;
                let at = self.span(&p);
                let times = Node::new(self.number(p).value, at);
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
                let values: Vec<Expr> = it.map(|p| self.expr(Some(p))).collect();
                if let Some(p) = wrong {
                    let at = self.span(&p);
                    let gap = Span { start: name.span.end, end: values.first().map_or(at.end, |v| v.span.start), ..at };
                    let value = self.slice(&p);
                    let right = format!("{} {value}", name.value);
                    let d = Diagnostic::new("E0105", "a setting is written without a sign between name and value");
                    self.report(d.at(at, "remove this").help(format!("write `{right}`")).fix(gap, " ", true));
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

    // ---- expressions

    /// One more operator or suffix; false when the statement has too many.
    fn grow(&mut self, step: usize, span: Span) -> bool {
        if step > 8 {
            self.length += 1;
        }
        if self.length == LONGEST {
            let d = Diagnostic::new("E0114", "an expression is too long");
            self.report(d.at(span, "too many parts").help("name parts of it with `let` and use the names here"));
            self.length += 1;
        }
        self.length < LONGEST
    }

    fn fold(&mut self, p: P<'a>, join: impl Fn(Expr, Expr) -> ExprKind) -> Expr {
        let mut it = parts(p);
        let mut left = self.expr(it.next());
        for (i, q) in it.enumerate() {
            let right = self.expr(Some(q));
            let span = left.span.to(right.span);
            if !self.grow(i, span) {
                return self.error(span);
            }
            left = Node::new(Box::new(join(left, right)), span);
        }
        left
    }

    fn expr(&mut self, p: Option<P<'a>>) -> Expr {
        let Some(mut p) = p else { return self.error(self.here()) };
        // most levels of precedence hold one part: a loop for them keeps the recursion shallow
        while matches!(
            p.as_rule(),
            Rule::value
                | Rule::arrowed
                | Rule::expr
                | Rule::cmp
                | Rule::cat
                | Rule::sum
                | Rule::prod
                | Rule::unary
                | Rule::postfix
                | Rule::path
        ) {
            let mut inner = p.clone().into_inner();
            match (inner.next(), inner.next()) {
                (Some(q), None) => p = q,
                _ => break,
            }
        }
        let span = self.span(&p);
        let kind = match p.as_rule() {
            Rule::expr => return self.fold(p, ExprKind::Pipe),
            Rule::cat => return self.fold(p, ExprKind::Cat),
            Rule::value => return self.expr(p.into_inner().next()),
            Rule::arrowed => {
                let mut it = parts(p).filter(|q| q.as_rule() != Rule::arrow);
                let left = self.expr(it.next());
                match it.next() {
                    None => return left,
                    Some(q) => {
                        let right = self.expr(Some(q));
                        let span = left.span.to(right.span);
                        return Node::new(Box::new(ExprKind::Arrow(left, right)), span);
                    }
                }
            }
            Rule::worded => {
                let mut it = parts(p);
                let word = self.expr(it.next());
                ExprKind::Call(word, vec![Arg { name: None, value: self.expr(it.next()) }])
            }
            Rule::cmp | Rule::sum | Rule::prod => {
                let mut it = parts(p);
                let mut left = self.expr(it.next());
                let mut i = 0;
                while let Some(sign) = it.next() {
                    let op = match sign.as_str().trim_end() {
                        "+" => BinOp::Add,
                        "-" => BinOp::Sub,
                        "*" => BinOp::Mul,
                        "/" => BinOp::Div,
                        ">=" => BinOp::Ge,
                        "<=" => BinOp::Le,
                        ">" => BinOp::Gt,
                        "<" => BinOp::Lt,
                        _ => BinOp::Eq,
                    };
                    let op = Node::new(op, self.span(&sign));
                    let right = self.expr(it.next());
                    let span = left.span.to(right.span);
                    if !self.grow(i, span) {
                        return self.error(span);
                    }
                    i += 1;
                    left = Node::new(Box::new(ExprKind::Binary(op, left, right)), span);
                }
                return left;
            }
            Rule::unary => {
                let mut it = parts(p);
                match it.next() {
                    Some(q) if q.as_rule() == Rule::minus => ExprKind::Neg(self.expr(it.next())),
                    q => return self.expr(q),
                }
            }
            Rule::postfix | Rule::path => return self.postfix(p),
            Rule::number => ExprKind::Number(self.number(p)),
            Rule::string => ExprKind::Text(self.text(p)),
            Rule::list => ExprKind::List(parts(p).map(|q| self.expr(Some(q))).collect()),
            Rule::paren => ExprKind::Paren(self.expr(parts(p).next())),
            Rule::range => {
                let (a, b) = self.ends(p);
                ExprKind::Range(a, b)
            }
            _ => {
                let word = p.as_str().trim_end();
                let known = match word {
                    "None" | "null" | "NULL" | "nil" => Some("none"),
                    "True" | "TRUE" => Some("true"),
                    "False" | "FALSE" => Some("false"),
                    _ => None,
                };
                if let Some(right) = known {
                    let d = Diagnostic::new("E0113", format!("`{word}` is written `{right}`"));
                    self.report(d.at(span, "").help(format!("write `{right}`")).fix(span, right, true));
                }
                ExprKind::Name(known.unwrap_or(word).to_string())
            }
        };
        Node::new(Box::new(kind), span)
    }

    fn postfix(&mut self, p: P<'a>) -> Expr {
        let mut it = parts(p);
        let mut left = self.expr(it.next());
        for (i, q) in it.enumerate() {
            let at = self.span(&q);
            let span = left.span.to(at);
            if !self.grow(i, span) {
                return self.error(span);
            }
            let kind = match q.as_rule() {
                Rule::call => ExprKind::Call(left, self.args(q)),
                Rule::index => {
                    let inner = parts(q).next().filter(|q| q.as_rule() != Rule::star);
                    ExprKind::Index(left, inner.map(|q| self.expr(Some(q))))
                }
                Rule::tap => {
                    let tap = parts(q).next().map_or(Tap::All, |q| match q.as_rule() {
                        Rule::range => {
                            let (a, b) = self.ends(q);
                            Tap::Range(a, b)
                        }
                        Rule::layer => Tap::Layer(self.whole(&q)),
                        Rule::star => Tap::All,
                        _ => Tap::Name(q.as_str().trim_end().into()),
                    });
                    ExprKind::Tap(left, Node::new(tap, at))
                }
                _ => ExprKind::Dot(left, self.name(parts(q).next())),
            };
            left = Node::new(Box::new(kind), span);
        }
        left
    }

    fn args(&mut self, p: P<'a>) -> Vec<Arg> {
        parts(p)
            .map(|q| {
                let mut it = parts(q).peekable();
                let name = it.next_if(|q| q.as_rule() == Rule::name).map(|q| self.name(Some(q)));
                if let Some(wrong) = it.next_if(|q| q.as_rule() == Rule::wrong_named) {
                    let at = self.span(&wrong);
                    let d = Diagnostic::new("E0105", "an argument is named with `=`");
                    self.report(d.at(at, "write `=`").help("write `=`").fix(at, " =", true));
                }
                Arg { name, value: self.expr(it.next()) }
            })
            .collect()
    }

    fn name(&mut self, p: Option<P<'a>>) -> Name {
        match p {
            Some(p) => {
                let span = self.span(&p);
                Node::new(p.as_str().trim_end().to_string(), span)
            }
            None => Node::new(String::new(), self.here()),
        }
    }

    fn too_large(&mut self, span: Span) {
        let d = Diagnostic::new("E0111", "a number is too large");
        self.report(d.at(span, "").help("write a smaller number"));
    }

    fn whole(&mut self, p: &P<'a>) -> u64 {
        p.as_str().trim_end().parse().unwrap_or_else(|_| {
            let span = self.span(p);
            self.too_large(span);
            0
        })
    }

    fn ends(&mut self, p: P<'a>) -> (u64, Option<u64>) {
        let mut it = p.into_inner();
        let first = it.next().map_or(0, |q| self.whole(&q));
        (first, it.next().map(|q| self.whole(&q)))
    }

    fn number(&mut self, p: P<'a>) -> Number {
        let span = self.span(&p);
        let raw = p.as_str().trim_end().to_string();
        let mut it = p.into_inner();
        let digits = it.next().map_or(String::new(), |q| q.as_str().replace('_', ""));
        let mut value: f64 = digits.parse().unwrap_or(0.0);
        let mut unit = None;
        if let Some(q) = it.next() {
            let word = q.as_str();
            let known = match word {
                "%" => Some((Unit::Percent, 0.01)),
                "k" => Some((Unit::Kilo, 1e3)),
                "M" => Some((Unit::Mega, 1e6)),
                "s" => Some((Unit::Seconds, 1.0)),
                "min" => Some((Unit::Minutes, 60.0)),
                "h" => Some((Unit::Hours, 3600.0)),
                _ => None,
            };
            match known {
                // 15 / 100 is the nearest number to 0.15, 15 * 0.01 is not
                Some((u @ Unit::Percent, _)) => (value, unit) = (value / 100.0, Some(u)),
                Some((u, factor)) => (value, unit) = (value * factor, Some(u)),
                None => {
                    let at = self.span(&q);
                    let d = Diagnostic::new("E0111", format!("`{word}` is not a unit"));
                    self.report(
                        d.at(at, "after a number")
                            .help("units are `%`, `k`, `M`, `s`, `min` and `h`; a name begins with a letter"),
                    );
                }
            }
        }
        if !value.is_finite() {
            self.too_large(span);
            value = 0.0;
        }
        Number { value, unit, raw }
    }

    fn text(&mut self, p: P<'a>) -> Text {
        let Some(inner) = p.into_inner().next() else { return Text { parts: vec![] } };
        let (start, _) = self.range(&inner);
        let whole = inner.as_str();
        let mut out = vec![];
        let mut at = 0;
        while let Some(open) = whole[at..].find('{').map(|i| at + i) {
            if open > at {
                out.push(TextPart::Plain(whole[at..open].into()));
            }
            let close = whole[open..].find('}').map(|i| open + i);
            let name = whole[open + 1..close.unwrap_or(open + 1)].trim();
            let fine = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let end = close.map_or(whole.len(), |c| c + 1);
            let span = self.prepared.span(start + open, start + end);
            if fine {
                out.push(TextPart::Var(Node::new(name.into(), span)));
            } else {
                let d = Diagnostic::new("E0115", "braces in a string hold the variable of a family");
                self.report(
                    d.at(span, "not a name in braces").help("write for example `\"data/{d}\"` inside `for d in ...`"),
                );
                out.push(TextPart::Plain(whole[open..end].into()));
            }
            at = end;
        }
        if at < whole.len() {
            out.push(TextPart::Plain(whole[at..].into()));
        }
        Text { parts: out }
    }

    // ---- what cannot be read

    /// Where a pair stands in the prepared text.
    fn range(&self, p: &P<'a>) -> (usize, usize) {
        let start = self.base + p.as_span().start();
        (start, start + p.as_str().trim_end().len())
    }

    fn junk(&mut self, p: &P<'a>) {
        let (start, end) = self.range(p);
        let (at, token) = self.token(start, end);
        self.lose(start, end);
        if self.mended(start, end) {
            return;
        }
        let d = Diagnostic::new("E0101", format!("`{token}` cannot follow `}}` on the same line"));
        self.report(d.at(at, "expected the end of the line").help("begin a new line, or remove this"));
    }

    /// Whether a bracket or a string in this range was mended: what else fails there is a consequence.
    fn mended(&self, start: usize, end: usize) -> bool {
        let whole = self.prepared.span(start, end);
        self.prepared
            .diagnostics
            .iter()
            .filter(|d| matches!(d.code, "E0109" | "E0116" | "E0114"))
            .filter_map(|d| d.primary.as_ref())
            .any(|l| whole.start <= l.span.start && l.span.end <= whole.end)
    }

    /// The token at an offset, with its place.
    fn token(&self, at: usize, end: usize) -> (Span, String) {
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
    fn fault(&mut self, rule: Rule, e: pest::error::Error<Rule>, start: usize, end: usize) -> usize {
        let at = start
            + match e.location {
                InputLocation::Pos(p) => p,
                InputLocation::Span((p, _)) => p,
            };
        let (mut span, mut found) = self.token(at.min(end), end);
        if found.starts_with(|c: char| c.is_alphabetic() && !c.is_ascii()) {
            // the whole word, of which the first letters were read
            let before = &self.prepared.text[start..at];
            let part = before.len() - before.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len();
            (span, found) = self.token(at - part, end);
        }
        let brace = self.brace(start, end).map_or(end, |b| b.0);
        if self.mended(start, if at <= brace { brace } else { end }) {
            return at;
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
                return at;
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
        } else if found.starts_with(char::is_alphabetic) && !found.is_ascii() {
            help = "names are written with the letters a to z, digits and `_`".into();
        }
        self.report(Diagnostic::new(code, message).at(span, label).help(help));
        at
    }

    /// The first block in braces of `text[start..end]`.
    fn brace(&self, start: usize, end: usize) -> Option<(usize, usize)> {
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
    fn words(&self, start: usize, end: usize) -> Vec<&'a str> {
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

    /// Whether an arrow stands outside brackets.
    fn has_arrow(&self, start: usize, end: usize) -> bool {
        let mut depth = 0i32;
        let mut quoted = false;
        let text = &self.prepared.text[start..end];
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

    fn broken_item(&mut self, p: P<'a>, out: &mut Vec<Item>) {
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

    fn broken_setting(&mut self, start: usize, end: usize, out: &mut Vec<Setting>) {
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
            _ => Rule::only_attr,
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
        let Some((a, b)) = block.filter(|b| at <= b.0) else { return };
        let body = self.alone(Rule::only_block, a, b, |w, p| p.into_inner().next().map(|p| w.block(p)));
        let body = body.flatten().unwrap_or_default();
        let span = self.prepared.span(start, end);
        match rule {
            Rule::only_stage => {
                let name = Node::new(words.get(1).copied().unwrap_or("").to_string(), span);
                out.push(Node::new(SettingKind::Stage { name, family: None, body }, span));
            }
            Rule::only_repeat => {
                out.push(Node::new(SettingKind::Repeat { times: Node::new(1.0, span), body }, span));
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
