//! Temporary parser.
use super::ast::*;
use super::Parse;
use crate::diagnostics::Diagnostic;
use crate::source::{FileId, Span};
use pest::Parser;
use pest::iterators::Pair;

#[allow(missing_docs)]
mod g {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/mtl.pest"]
    pub struct P;
}
use g::{P, Rule};

fn prepare(text: &str) -> String {
    let b: Vec<char> = text.chars().collect();
    // assume ascii structure; comments blanked by byte
    let mut out = String::with_capacity(text.len());
    let mut depth = 0i32;
    let mut instr = false;
    let mut i = 0;
    while i < b.len() {
        let c = b[i];
        if instr {
            if c == '"' { instr = false; }
            out.push(c);
        } else if c == '"' { instr = true; out.push(c); }
        else if c == '#' {
            while i < b.len() && b[i] != '\n' { for _ in 0..b[i].len_utf8() { out.push(' '); } i += 1; }
            continue;
        }
        else if c == '(' || c == '[' { depth += 1; out.push(c); }
        else if c == ')' || c == ']' { depth -= 1; out.push(c); }
        else if c == '\n' {
            if depth > 0 { out.push(' '); } else { out.push('\u{1}'); }
        } else { out.push(c); }
        i += 1;
    }
    // continuation
    let bytes: Vec<u8> = out.bytes().collect();
    let mut res = bytes.clone();
    for i in 0..bytes.len() {
        if bytes[i] == 1 {
            let prev: Vec<u8> = res[..i].iter().rev().filter(|c| !b" \t\r\x01".contains(c)).take(2).copied().collect();
            let next: Vec<u8> = bytes[i..].iter().filter(|c| !b" \t\r\x01".contains(c)).take(2).copied().collect();
            let cont_prev = matches!(prev.first(), Some(b'&' | b',' | b'=' | b'+' | b'*')) || prev == b">|" || prev == b">-" || prev == b">~";
            let cont_next = next.first() == Some(&b'&') || next == b"|>";
            if cont_prev || cont_next { res[i] = b' '; }
        }
    }
    String::from_utf8(res).unwrap_or_default()
}

struct B { f: FileId }
impl B {
    fn sp(&self, p: &Pair<Rule>) -> Span {
        let s = p.as_span();
        let t = s.as_str();
        let e = s.start() + t.trim_end_matches([' ', '\u{1}', '\n', '\t', '\r']).len();
        Span::new(self.f, s.start(), e)
    }
    fn name(&self, p: Pair<Rule>) -> Name { Node::new(p.as_str().trim().to_string(), self.sp(&p)) }
    fn text(&self, p: Pair<Rule>) -> Text {
        let inner = p.into_inner().next().map(|i| (i.as_str().to_string(), i.as_span().start())).unwrap_or_default();
        let mut parts = vec![];
        let mut rest = inner.0.as_str();
        let mut off = inner.1;
        while let Some(a) = rest.find('{') {
            let Some(z) = rest[a..].find('}') else { break };
            if a > 0 { parts.push(TextPart::Plain(rest[..a].into())); }
            parts.push(TextPart::Var(Node::new(rest[a + 1..a + z].into(), Span::new(self.f, off + a + 1, off + a + z))));
            off += a + z + 1;
            rest = &rest[a + z + 1..];
        }
        if !rest.is_empty() { parts.push(TextPart::Plain(rest.into())); }
        Text { parts }
    }
    fn number(&self, p: &Pair<Rule>) -> Number {
        let raw = p.as_str().to_string();
        let mut it = p.clone().into_inner();
        let v: f64 = it.next().map(|n| n.as_str().replace('_', "").parse().unwrap_or(0.0)).unwrap_or(0.0);
        let unit = it.next().map(|u| match u.as_str() { "%" => Unit::Percent, "k" => Unit::Kilo, "M" => Unit::Mega, "s" => Unit::Seconds, "min" => Unit::Minutes, _ => Unit::Hours });
        let f = match unit { Some(Unit::Percent) => 0.01, Some(Unit::Kilo) => 1e3, Some(Unit::Mega) => 1e6, Some(Unit::Minutes) => 60.0, Some(Unit::Hours) => 3600.0, _ => 1.0 };
        Number { value: v * f, unit, raw }
    }
    fn expr(&self, p: Pair<Rule>) -> Expr {
        let span = self.sp(&p);
        match p.as_rule() {
            Rule::expr => { let mut it = p.into_inner(); let mut e = self.expr(it.next().unwrap()); while let Some(n) = it.next() { if n.as_rule() == Rule::pipe_op { continue; } let r = self.expr(n); let s = e.span.to(r.span); e = Node::new(Box::new(ExprKind::Pipe(e, r)), s); } e }
            Rule::cmp | Rule::sum | Rule::prod => {
                let mut it = p.into_inner(); let mut e = self.expr(it.next().unwrap());
                while let Some(o) = it.next() {
                    let op = match o.as_str().trim() { "+" => BinOp::Add, "-" => BinOp::Sub, "*" => BinOp::Mul, "/" => BinOp::Div, ">=" => BinOp::Ge, "<=" => BinOp::Le, "==" => BinOp::Eq, ">" => BinOp::Gt, _ => BinOp::Lt };
                    let os = self.sp(&o); let r = self.expr(it.next().unwrap()); let s = e.span.to(r.span);
                    e = Node::new(Box::new(ExprKind::Binary(Node::new(op, os), e, r)), s);
                } e }
            Rule::cat => { let mut it = p.into_inner(); let mut e = self.expr(it.next().unwrap()); for n in it { let r = self.expr(n); let s = e.span.to(r.span); e = Node::new(Box::new(ExprKind::Cat(e, r)), s); } e }
            Rule::unary => { let mut neg = false; let mut out = None; for n in p.into_inner() { if n.as_rule() == Rule::neg { neg = true; } else { out = Some(self.expr(n)); } } let e = out.unwrap(); if neg { Node::new(Box::new(ExprKind::Neg(e)), span) } else { e } }
            Rule::postfix | Rule::path => {
                let mut it = p.into_inner(); let mut e = self.expr(it.next().unwrap());
                for n in it { let ns = self.sp(&n); let s = e.span.to(ns);
                    let k = match n.as_rule() {
                        Rule::call => ExprKind::Call(e, n.into_inner().map(|a| { let mut name = None; let mut val = None; for x in a.into_inner() { if x.as_rule() == Rule::word { name = Some(self.name(x)); } else { val = Some(self.expr(x)); } } Arg { name, value: val.unwrap() } }).collect()),
                        Rule::index => { let i = n.into_inner().next().unwrap(); ExprKind::Index(e, if i.as_rule() == Rule::star { None } else { Some(self.expr(i)) }) }
                        Rule::tap => { let i = n.into_inner().next().unwrap(); let ts = self.sp(&i); let t = match i.as_rule() { Rule::star => Tap::All, Rule::range => { let mut r = i.into_inner(); let a = r.next().unwrap().as_str().parse().unwrap_or(0); Tap::Range(a, r.next().map(|x| x.as_str().parse().unwrap_or(0))) } Rule::int => Tap::Layer(i.as_str().trim().parse().unwrap_or(0)), _ => Tap::Name(i.as_str().trim().into()) }; ExprKind::Tap(e, Node::new(t, ts)) }
                        _ => { let i = n.into_inner().next().unwrap(); ExprKind::Dot(e, self.name(i)) }
                    };
                    e = Node::new(Box::new(k), s);
                } e }
            Rule::arrow => { let mut it = p.into_inner(); let a = self.expr(it.next().unwrap()); let b = self.expr(it.next().unwrap()); Node::new(Box::new(ExprKind::Arrow(a, b)), span) }
            Rule::range => { let mut r = p.into_inner(); let a = r.next().unwrap().as_str().parse().unwrap_or(0); Node::new(Box::new(ExprKind::Range(a, r.next().map(|x| x.as_str().parse().unwrap_or(0)))), span) }
            Rule::number => { let n = self.number(&p); Node::new(Box::new(ExprKind::Number(n)), span) }
            Rule::string => Node::new(Box::new(ExprKind::Text(self.text(p))), span),
            Rule::list => { let v = p.into_inner().map(|x| self.expr(x)).collect(); Node::new(Box::new(ExprKind::List(v)), span) }
            Rule::paren => { let e = self.expr(p.into_inner().next().unwrap()); Node::new(Box::new(ExprKind::Paren(e)), span) }
            _ => Node::new(Box::new(ExprKind::Name(p.as_str().trim().into())), span),
        }
    }
    fn ftype(&self, p: Pair<Rule>) -> FieldType {
        let span = self.sp(&p);
        let mut t = FieldType { name: Node::new(String::new(), span), of: None, axis: None, span };
        for x in p.into_inner() { match x.as_rule() {
            Rule::word => t.name = self.name(x),
            Rule::ftype => t.of = Some(Box::new(TypeArg::Type(self.ftype(x)))),
            Rule::number => { let s = self.sp(&x); t.of = Some(Box::new(TypeArg::Number(Node::new(self.number(&x).value, s)))) }
            Rule::axis => { let s = self.sp(&x); let mut within = false; let mut path = None; for y in x.into_inner() { match y.as_rule() { Rule::k_in => within = true, Rule::path => path = Some(self.expr(y)), _ => {} } } t.axis = Some(Node::new(FieldAxis { within, path: path.unwrap() }, s)); }
            _ => {} } }
        t
    }
    fn block(&self, p: Pair<Rule>) -> Vec<Setting> { p.into_inner().filter(|x| !matches!(x.as_rule(), Rule::open | Rule::close)).map(|x| self.setting(x)).collect() }
    fn setting(&self, p: Pair<Rule>) -> Setting {
        let span = self.sp(&p); let rule = p.as_rule(); let it: Vec<Pair<Rule>> = p.into_inner().collect();
        let k = match rule {
            Rule::attr => {
                if it[0].as_rule() == Rule::every {
                    let n = it[0].clone().into_inner().next().unwrap(); let s = self.sp(&n);
                    SettingKind::Attr { name: Node::new("eval".into(), span), values: vec![Node::new(Box::new(ExprKind::Number(self.number(&n))), s)] }
                } else { let mut it = it.into_iter(); let name = self.name(it.next().unwrap()); SettingKind::Attr { name, values: it.map(|e| self.expr(e)).collect() } }
            }
            Rule::stage => { let mut names = vec![]; let mut e = None; let mut body = vec![]; for x in it { match x.as_rule() { Rule::name => names.push(self.name(x)), Rule::expr => e = Some(self.expr(x)), Rule::block => body = self.block(x), _ => {} } } let mut n = names.into_iter(); let name = n.next().unwrap(); let family = n.next().zip(e); SettingKind::Stage { name, family, body } }
            Rule::repeat => { let mut times = Node::new(0.0, span); let mut body = vec![]; for x in it { match x.as_rule() { Rule::number => { let s = self.sp(&x); times = Node::new(self.number(&x).value, s) } Rule::block => body = self.block(x), _ => {} } } SettingKind::Repeat { times, body } }
            _ => { let mut name = None; let mut from = false; let mut e = None; for x in it { match x.as_rule() { Rule::name => name = Some(self.name(x)), Rule::k_from => from = true, Rule::expr => e = Some(self.expr(x)), _ => {} } } SettingKind::View { name: name.unwrap(), from, value: e.unwrap() } }
        };
        Node::new(k, span)
    }
    fn item(&self, p: Pair<Rule>) -> Item {
        let span = self.sp(&p); let rule = p.as_rule(); let it: Vec<Pair<Rule>> = p.into_inner().collect();
        let find = |r: Rule| it.iter().find(|x| x.as_rule() == r).cloned();
        let name = || self.name(find(Rule::name).unwrap());
        let ex = || self.expr(find(Rule::expr).unwrap());
        let blk = || find(Rule::block).map(|b| self.block(b)).unwrap_or_default();
        let sub = |r: Rule| find(r).map(|x| self.expr(x.into_inner().find(|y| y.as_rule() == Rule::expr).unwrap()));
        let k = match rule {
            Rule::use_ => { let s = find(Rule::string).unwrap(); let ss = self.sp(&s); ItemKind::Use(Node::new(self.text(s), ss)) }
            Rule::param => ItemKind::Param { name: name(), value: ex() },
            Rule::let_ => ItemKind::Let { name: name(), value: ex() },
            Rule::encoder => ItemKind::Encoder { name: name(), value: ex() },
            Rule::data => ItemKind::Data { name: name(), reader: ex(), fields: find(Rule::fields).map(|f| f.into_inner().filter(|x| x.as_rule() == Rule::field).map(|x| {
                let it: Vec<Pair<Rule>> = x.into_inner().collect();
                Field { name: self.name(it[0].clone()), ty: self.ftype(it.iter().find(|y| y.as_rule() == Rule::ftype).unwrap().clone()), source: it.iter().find(|y| y.as_rule() == Rule::source).map(|y| { let s = self.sp(y); let i = y.clone().into_inner().next().unwrap(); Node::new(match i.as_rule() { Rule::string => FieldSource::Text(self.text(i)), Rule::int => FieldSource::Number(i.as_str().trim().parse().unwrap_or(0)), _ => FieldSource::Name(i.as_str().trim().into()) }, s) }) }
            }).collect()).unwrap_or_default() },
            Rule::task => ItemKind::Task(Box::new(Task { name: name(), head: self.expr(find(Rule::postfix).unwrap()), of: sub(Rule::of), from: sub(Rule::from), on: sub(Rule::on), options: blk() })),
            Rule::share => ItemKind::Share { members: it.iter().filter(|x| x.as_rule() == Rule::path).map(|x| self.expr(x.clone())).collect(), scheme: ex() },
            Rule::loss => ItemKind::Loss { name: name(), value: ex(), on: sub(Rule::on), options: blk() },
            Rule::family => ItemKind::For { var: name(), list: ex(), items: find(Rule::items_block).unwrap().into_inner().filter(|x| !matches!(x.as_rule(), Rule::open | Rule::close)).map(|x| self.item(x)).collect() },
            Rule::train => ItemKind::Train(blk()),
            Rule::expect => ItemKind::Expect(ex()),
            _ => { let mut paths: Vec<Expr> = it.iter().filter(|x| x.as_rule() == Rule::path).map(|x| self.expr(x.clone())).collect(); let source = paths.remove(0); let a = it.iter().find(|x| matches!(x.as_rule(), Rule::arrow_op | Rule::feedback_op)).unwrap(); ItemKind::Edge(Box::new(Edge { source, arrow: self.sp(a), feedback: a.as_rule() == Rule::feedback_op, targets: paths, via: sub(Rule::via), options: blk() })) }
        };
        Node::new(k, span)
    }
}
/// Parses one text.
pub fn parse(file: FileId, text: &str) -> Parse {
    let t = prepare(text);
    let mut out = Parse::default();
    match P::parse(Rule::file, &t) {
        Ok(mut p) => { let b = B { f: file }; for i in p.next().unwrap().into_inner() { if i.as_rule() != Rule::EOI { out.file.items.push(b.item(i)); } } }
        Err(e) => { let at = match e.location { pest::error::InputLocation::Pos(p) => p, pest::error::InputLocation::Span((a, _)) => a }; out.diagnostics.push(Diagnostic::new("E0101", format!("{e}")).at(Span::new(file, at, at), "here")); }
    }
    out
}
/// Parses an expression.
pub fn parse_expr(file: FileId, text: &str) -> Result<Expr, Diagnostic> {
    match P::parse(Rule::expr_only, text) { Ok(mut p) => Ok(B { f: file }.expr(p.next().unwrap().into_inner().next().unwrap())), Err(e) => Err(Diagnostic::new("E0101", format!("{e}"))) }
}
