//! Numbers in a program: the one place that holds a value to the range of its row.

use super::*;
use crate::ast;
use crate::ast::plain_text;
use crate::hir::{Item, Meaning};
use crate::kinds::layers;
use crate::words::Takes;
use crate::words::numbers::{self, End, RATE, Range, SIZE, Unit};

impl Takes {
    /// The ranges of what takes a number.
    pub(crate) fn ranges(&self) -> &'static [Range] {
        match self {
            Takes::Number(ranges) | Takes::Numbers(ranges) => ranges,
            _ => numbers::NUMBER,
        }
    }
}

impl Resolver<'_> {
    /// A number, where it lies in one of the ranges.
    pub(crate) fn fitting(&self, e: &Expr, env: &Env, ranges: &[Range]) -> Option<f64> {
        let Some(Item::Number(x)) = self.p.constant(e, env) else { return None };
        let unit = self.unit_of(e, env);
        ranges.iter().any(|r| r.holds(x, unit)).then_some(x)
    }

    /// A number in one of the ranges; E0207 otherwise. `what` is its name in a sentence, `help` says what to write.
    pub(crate) fn in_range(
        &mut self,
        e: &Expr,
        env: &Env,
        ranges: &[Range],
        what: &str,
        help: &str,
    ) -> Result<f64, Reported> {
        let x = match self.p.constant(e, env) {
            Some(Item::Number(x)) => x,
            _ if self.unreadable(e, env) => return Err(Reported),
            _ => {
                if let Some((n, span)) = self.nameless(e, env) {
                    return Err(self.unknown_number(n, span, ranges, what, help));
                }
                let d = Diagnostic::new("E0207", format!("{what} must be {}", numbers::words(ranges)));
                let d = self.at_value(d, e, env, "not a number");
                // `layers = "2"`
                let bare = plain_text(e).filter(|t| {
                    let x = t.parse::<f64>();
                    x.is_ok_and(|x| ranges.iter().any(|r| r.holds(x, None)))
                });
                return Err(self.report(match bare {
                    Some(x) => d.help(format!("write it without quotes: `{x}`")).fix(e.span, x, true),
                    None => d.help(help),
                }));
            }
        };
        if !x.is_finite() {
            let d = Diagnostic::new("E0207", format!("{what} is divided by zero"));
            let d = self.at_value(d, e, env, "no number");
            return Err(self.report(d.help("divide by another number")));
        }
        let unit = self.unit_of(e, env);
        if ranges.iter().any(|r| r.holds(x, unit)) {
            return Ok(x);
        }
        let wrong = numbers::wrong_unit(ranges, unit);
        let d = Diagnostic::new("E0207", format!("{what} must be {}{wrong}", numbers::words(ranges)));
        let d = self.at_value(
            d,
            e,
            env,
            &match x > numbers::MOST && ranges.iter().any(|r| r.high == End::Open) {
                true => "this is more than 1000M".to_string(),
                false => format!("this is {}", written(x, unit)),
            },
        );
        // `dropout 30` can only mean `30%`
        let right = format!("{x}%");
        let probability = |r: &Range| r.unit == Unit::Share && r.high == End::Before(1.0);
        let share = ranges.iter().all(|r| probability(r) && r.holds(x / 100.0, Some(ast::Unit::Percent)));
        let plain = matches!(&*e.value, ExprKind::Number(n) if n.unit.is_none());
        // `1.5` may be meant as 15%, or as 50%
        Err(self.report(match plain && x >= 2.0 && share {
            true => d.help(format!("write `{right}`")).fix(e.span, right, true),
            false => d.help(help),
        }))
    }

    /// A name in the expression of a number that nothing has.
    fn nameless<'e>(&self, e: &'e Expr, env: &Env) -> Option<(&'e str, Span)> {
        match &*e.value {
            // a word of the language is no unknown name
            ExprKind::Name(n) if layers::ARGUMENT_WORDS.contains(&n.as_str()) || layers::function(n).is_some() => None,
            ExprKind::Name(n) => self.p.lookup(n, env).is_none().then_some((n, e.span)),
            ExprKind::Paren(e) | ExprKind::Neg(e) => self.nameless(e, env),
            ExprKind::Binary(_, a, b) => self.nameless(a, env).or_else(|| self.nameless(b, env)),
            _ => None,
        }
    }

    /// An unknown name where a number should stand.
    fn unknown_number(&mut self, n: &str, span: Span, ranges: &[Range], what: &str, help: &str) -> Reported {
        if self.p.lost.contains(n) {
            return Reported;
        }
        let all = self.p.params.iter().chain(&self.p.lets);
        let number = |x: &&crate::hir::Named| matches!(self.p.constant(&x.value, &x.env), Some(Item::Number(_)));
        let known: Vec<&str> = all.filter(number).map(|x| x.name.as_str()).collect();
        let near = suggest::near(n, known.iter().copied());
        let d = Diagnostic::new("E0201", format!("nothing is called `{n}`"))
            .at(span, format!("{what} must be {}", numbers::words(ranges)));
        self.report(match (near.as_slice(), known.as_slice()) {
            ([one], _) => d.help(format!("did you mean `{one}`?")).fix(span, *one, true),
            ([], []) => d.help(help),
            ([], all) => d.help(format!("numbers with a name are: {}", all.join(", "))),
            (many, _) => d.help(suggest::question(many).unwrap_or_default()),
        })
    }

    /// The place of a value: where it is used, and where its name was given it. What the command line sets is wrong there.
    fn at_value(&self, d: Diagnostic, e: &Expr, env: &Env, is: &str) -> Diagnostic {
        let ExprKind::Name(n) = &*e.value else { return d.at(e.span, is) };
        match self.p.lookup(n, env) {
            Some(Meaning::One(Kind::Param, i)) if self.p.params[i].value.span.file != self.p.params[i].span.file => {
                d.at(self.p.params[i].value.span, is).with(e.span, "used here")
            }
            Some(Meaning::One(Kind::Param, i)) => d.at(e.span, is).with(self.p.params[i].value.span, "its value"),
            Some(Meaning::One(Kind::Let, i)) => d.at(e.span, is).with(self.p.lets[i].value.span, "its value"),
            _ => d.at(e.span, is),
        }
    }

    /// Any number that is no time.
    pub(crate) fn number(&mut self, e: &Expr, env: &Env, what: &str) -> Result<f64, Reported> {
        self.in_range(e, env, numbers::NUMBER, what, "write a number, for example `0.1`, `10%` or `20k`")
    }

    /// A whole number from 1.
    pub(crate) fn size(&mut self, e: &Expr, env: &Env, what: &str) -> Result<usize, Reported> {
        Ok(self.in_range(e, env, SIZE, what, "write a whole number")? as usize)
    }

    /// A share below 100%.
    pub(crate) fn rate(&mut self, e: &Expr, env: &Env, what: &str) -> Result<f64, Reported> {
        self.in_range(e, env, RATE, what, "for example `30%`")
    }

    /// The unit with which a number was written, here or where its name was given a value.
    pub(crate) fn unit_of(&self, e: &Expr, env: &Env) -> Option<ast::Unit> {
        match &*e.value {
            ExprKind::Number(n) => n.unit,
            ExprKind::Paren(e) | ExprKind::Neg(e) => self.unit_of(e, env),
            ExprKind::Name(n) => match self.p.lookup(n, env) {
                Some(Meaning::One(Kind::Param, i)) => self.unit_of(&self.p.params[i].value, &Env::default()),
                Some(Meaning::One(Kind::Let, i)) => self.unit_of(&self.p.lets[i].value, &self.p.lets[i].env),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether an expression, or what it names, has a finding already.
    fn unreadable(&self, e: &Expr, env: &Env) -> bool {
        match &*e.value {
            ExprKind::Error => true,
            ExprKind::Paren(e) | ExprKind::Neg(e) => self.unreadable(e, env),
            ExprKind::Binary(_, a, b) => self.unreadable(a, env) || self.unreadable(b, env),
            ExprKind::Name(n) => match self.p.lookup(n, env) {
                Some(Meaning::One(Kind::Param, i)) => self.unreadable(&self.p.params[i].value, &Env::default()),
                Some(Meaning::One(Kind::Let, i)) => self.unreadable(&self.p.lets[i].value, &self.p.lets[i].env),
                _ => false,
            },
            _ => false,
        }
    }
}

/// A number as it was written, in its unit.
fn written(x: f64, unit: Option<ast::Unit>) -> String {
    use ast::Unit::{Hours, Minutes, Percent, Seconds};
    match unit {
        Some(Percent) => numbers::percent(x),
        Some(Seconds) => format!("{x}s"),
        Some(Minutes) => format!("{}min", x / 60.0),
        Some(Hours) => format!("{}h", x / 3600.0),
        _ => x.to_string(),
    }
}
