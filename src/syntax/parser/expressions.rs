//! Expressions, names, numbers, strings.

use super::*;
use pest::iterators::Pairs;
use std::iter::Peekable;

/// How tight operators bind, the loosest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Pipe,
    Comparison,
    Cat,
    Sum,
    Product,
}

impl Level {
    /// The next tighter one.
    fn tighter(self) -> Option<Level> {
        match self {
            Level::Pipe => Some(Level::Comparison),
            Level::Comparison => Some(Level::Cat),
            Level::Cat => Some(Level::Sum),
            Level::Sum => Some(Level::Product),
            Level::Product => None,
        }
    }
}

enum Operator {
    Pipe,
    Cat,
    Binary(BinOp),
}

/// What stands between two terms.
fn operator(sign: &P<'_>) -> (Operator, Level) {
    let (op, level) = match sign.as_rule() {
        Rule::pipe => return (Operator::Pipe, Level::Pipe),
        Rule::cat_op => return (Operator::Cat, Level::Cat),
        Rule::cmp_op => match sign.as_str() {
            ">=" => (BinOp::Ge, Level::Comparison),
            "<=" => (BinOp::Le, Level::Comparison),
            ">" => (BinOp::Gt, Level::Comparison),
            "<" => (BinOp::Lt, Level::Comparison),
            _ => (BinOp::Eq, Level::Comparison),
        },
        Rule::add_op if sign.as_str() == "+" => (BinOp::Add, Level::Sum),
        Rule::add_op => (BinOp::Sub, Level::Sum),
        _ if sign.as_str() == "*" => (BinOp::Mul, Level::Product),
        _ => (BinOp::Div, Level::Product),
    };
    (Operator::Binary(op), level)
}

impl<'a> Walk<'a> {
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

    /// An expression, or an arrow between two.
    pub(super) fn arrowed(&mut self, it: &mut Peekable<impl Iterator<Item = P<'a>>>) -> Expr {
        let left = self.expr(it.next());
        if it.next_if(|p| p.as_rule() == Rule::arrow).is_none() {
            return left;
        }
        let right = self.expr(it.next());
        let span = left.span.to(right.span);
        Node::new(Box::new(ExprKind::Arrow(left, right)), span)
    }

    pub(super) fn expr(&mut self, p: Option<P<'a>>) -> Expr {
        let Some(p) = p else { return self.error(self.here()) };
        match p.as_rule() {
            Rule::expr => self.binary(&mut p.into_inner().peekable(), Level::Pipe),
            Rule::term => self.term(p),
            Rule::path | Rule::head => self.postfix(&mut p.into_inner().peekable()),
            Rule::value => self.arrowed(&mut p.into_inner().peekable()),
            _ => self.atom(p),
        }
    }

    /// Terms and the operators between them that bind at least as tight as `loosest`.
    fn binary(&mut self, it: &mut Peekable<Pairs<'a, Rule>>, loosest: Level) -> Expr {
        let mut left = self.expr(it.next());
        let mut steps = [0; Level::Product as usize + 1];
        while let Some(sign) = it.next_if(|p| operator(p).1 >= loosest) {
            let (op, level) = operator(&sign);
            let tighter = level.tighter();
            let right = match tighter {
                Some(tighter) => self.binary(it, tighter),
                None => self.expr(it.next()),
            };
            let span = left.span.to(right.span);
            let step = steps[level as usize];
            steps[level as usize] += 1;
            left = if !self.grow(step, span) {
                self.error(span)
            } else if level == Level::Comparison && step > 0 {
                let at = self.span(&sign);
                let d = Diagnostic::new("E0101", "a comparison cannot be compared again");
                self.report(d.at(at, "a second comparison").help("compare two values at a time"));
                self.error(span)
            } else {
                let kind = match op {
                    Operator::Pipe => ExprKind::Pipe(left, right),
                    Operator::Cat => ExprKind::Cat(left, right),
                    Operator::Binary(op) => ExprKind::Binary(Node::new(op, self.span(&sign)), left, right),
                };
                Node::new(Box::new(kind), span)
            };
        }
        left
    }

    /// A value with its sign.
    fn term(&mut self, p: P<'a>) -> Expr {
        let mut it = p.clone().into_inner().peekable();
        if it.next_if(|q| q.as_rule() == Rule::minus).is_none() {
            return self.postfix(&mut it);
        }
        let value = self.postfix(&mut it);
        Node::new(Box::new(ExprKind::Neg(value)), self.span(&p))
    }

    fn atom(&mut self, p: P<'a>) -> Expr {
        let span = self.span(&p);
        let kind = match p.as_rule() {
            Rule::worded => {
                let mut it = p.into_inner();
                let word = self.expr(it.next());
                ExprKind::Call(word, vec![Arg { name: None, value: self.expr(it.next()) }])
            }
            Rule::number => ExprKind::Number(self.number(p)),
            Rule::string => ExprKind::Text(self.text(p)),
            Rule::list => ExprKind::List(exact(parts(p).map(|q| self.expr(Some(q))))),
            Rule::paren => ExprKind::Paren(self.expr(parts(p).next())),
            Rule::range => {
                let (a, b) = self.ends(p);
                ExprKind::Range(a, b)
            }
            _ => {
                let word = p.as_str();
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
                if word == repair::HOLE {
                    return self.error(span);
                }
                ExprKind::Name(known.unwrap_or(word).to_string())
            }
        };
        Node::new(Box::new(kind), span)
    }

    /// A value and what is applied to it.
    fn postfix(&mut self, it: &mut Peekable<Pairs<'a, Rule>>) -> Expr {
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
                _ => match self.name(parts(q).next()) {
                    name if name.value == UNREADABLE => ExprKind::Error,
                    name => ExprKind::Dot(left, name),
                },
            };
            left = Node::new(Box::new(kind), span);
        }
        left
    }

    pub(super) fn args(&mut self, p: P<'a>) -> Vec<Arg> {
        let before = self.diagnostics.len();
        // the finding of the first wrong sign, to which the others belong
        let mut first = None;
        exact(parts(p).map(|q| {
            let mut it = parts(q).peekable();
            let name = it.next_if(|q| q.as_rule() == Rule::name).map(|q| self.name(Some(q)));
            if let Some(wrong) = it.next_if(|q| q.as_rule() == Rule::wrong_named) {
                let at = self.span(&wrong);
                self.named_by(at, before, &mut first);
            }
            let value = self.arrowed(&mut it);
            match name {
                Some(n) if n.value == UNREADABLE => Arg { name: None, value: self.error(value.span) },
                None => self.named_by_comparison(value, before, &mut first),
                name => Arg { name, value },
            }
        }))
    }

    /// Says of a call's first argument that is named with another sign than `=`; the others are mended with it.
    fn named_by(&mut self, at: Span, before: usize, first: &mut Option<Span>) {
        let said = self.diagnostics[before..]
            .iter_mut()
            .find(|d| first.is_some() && d.primary.as_ref().map(|l| l.span) == *first);
        if let Some(fix) = said.and_then(|d| d.fix.as_mut()) {
            fix.also.push(at);
            return;
        }
        *first = Some(at);
        let d = Diagnostic::new("E0105", "an argument is named with `=`");
        self.report(d.at(at, "write `=`").help("write `=`").fix(at, " =", true));
    }

    /// `layers == 2`: no call takes an equation.
    fn named_by_comparison(&mut self, value: Expr, before: usize, first: &mut Option<Span>) -> Arg {
        let argument = |e: &Expr| matches!(&*e.value, ExprKind::Name(n) if n != "utility");
        match *value.value {
            ExprKind::Binary(op, left, right) if op.value == BinOp::Eq && argument(&left) => {
                self.named_by(op.span, before, first);
                let ExprKind::Name(n) = *left.value else { return Arg { name: None, value: right } };
                Arg { name: Some(Node::new(n, left.span)), value: right }
            }
            kind => Arg { name: None, value: Node::new(Box::new(kind), value.span) },
        }
    }

    pub(super) fn name(&mut self, p: Option<P<'a>>) -> Name {
        match p {
            Some(p) => {
                let span = self.span(&p);
                let word = p.as_str().trim_end();
                Node::new(if word == repair::HOLE { UNREADABLE } else { word }.to_string(), span)
            }
            None => Node::new(String::new(), self.here()),
        }
    }

    pub(super) fn too_large(&mut self, span: Span) {
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

    pub(super) fn number(&mut self, p: P<'a>) -> Number {
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
                    let d = d.at(at, "after a number");
                    // `20K`
                    self.report(match word {
                        "K" => d.help(format!("write `{digits}k`")).fix(at, "k", true),
                        _ => d.help("units are `%`, `k`, `M`, `s`, `min` and `h`; a name begins with a letter"),
                    });
                }
            }
        }
        if !value.is_finite() {
            self.too_large(span);
            value = 0.0;
        }
        Number { value, unit, raw }
    }

    pub(super) fn text(&mut self, p: P<'a>) -> Text {
        let Some(inner) = p.into_inner().next() else { return Text { parts: vec![] } };
        let (start, _) = self.range(&inner);
        let whole = inner.as_str();
        let mut out = vec![];
        let mut at = 0;
        while let Some(open) = whole[at..].find('{').map(|i| at + i) {
            let dollar = whole[..open].ends_with('$');
            let plain = &whole[at..open - usize::from(dollar)];
            if !plain.is_empty() {
                out.push(TextPart::Plain(plain.into()));
            }
            let close = whole[open..].find('}').map(|i| open + i);
            let name = whole[open + 1..close.unwrap_or(open + 1)].trim();
            let fine = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let end = close.map_or(whole.len(), |c| c + 1);
            let span = self.prepared.span(start + open, start + end);
            if fine && dollar {
                let sign = self.prepared.span(start + open - 1, start + open);
                let d = Diagnostic::new("E0115", "a variable stands in braces, without `$`").at(sign, "remove it");
                self.report(d.help(format!("write `{{{name}}}`")).fix(sign, "", true));
            }
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
}
