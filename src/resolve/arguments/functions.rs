//! Arguments of functions over features.

use super::*;
use crate::types::{Arguments, Function, Resolve};
use crate::words;

/// `transformer(128, causal)`: a flag that stands alone.
pub(crate) fn flag(row: &'static Function, e: &Expr) -> Option<&'static str> {
    let ExprKind::Name(n) = &*e.value else { return None };
    row.arg(n).filter(|a| a.takes == words::Takes::Flag).map(|a| a.name)
}

impl Resolver<'_> {
    pub(crate) fn options<'a>(
        &mut self,
        row: &'static Function,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Result<Arguments<'a>, Reported> {
        let mut out = Arguments::default();
        let mut next = 0;
        for a in args {
            let name = match &a.name {
                Some(n) => match row.arg(&n.value) {
                    Some(r) => r.name,
                    None => return Err(Reported), // reported with all names
                },
                // `transformer(causal)`: a flag
                None if flag(row, &a.value).is_some() => flag(row, &a.value).unwrap_or_default(),
                None => {
                    let Some(arg) = row.args.get(next) else {
                        let d = Diagnostic::new("E0215", format!("`{}` has too many arguments", row.name));
                        let d = d.at(a.value.span, "one too many");
                        return Err(self.report(match row.args.len() {
                            0 | 1 => d.help(format!("write `{}`", row.example)),
                            _ => d.help(format!("its arguments are, in this order: {}", row.names().join(", "))),
                        }));
                    };
                    next += 1;
                    arg.name
                }
            };
            if let Some(first) = out.insert(name, &a.value) {
                return Err(self.twice(name, a.value.span, first.span));
            }
        }
        for need in row.args.iter().filter(|a| a.needed).map(|a| a.name) {
            if !out.contains_key(need) {
                let what = if need == "d" { "its width" } else { need };
                let d = Diagnostic::new("E0236", format!("`{}` needs {what}", row.name)).at(span, "");
                return Err(self.report(d.help(format!("for example `{}`", row.example))));
            }
        }
        Ok(out)
    }

    /// A number that a function is given.
    pub(crate) fn argument_in_range(
        &mut self,
        row: &'static Function,
        arg: &words::Arg,
        e: &Expr,
        env: &Env,
    ) -> Result<f64, Reported> {
        let ranges = arg.takes.ranges();
        if let Some(x) = self.fitting(e, env, ranges) {
            return Ok(x);
        }
        // what it is called: the only argument of a function by the function's name
        let what = if row.args.len() == 1 { row.name } else { arg.name };
        if row.is_layer() {
            self.no_features(row, e, env)?;
        }
        let help = match ranges.first() {
            Some(r) if !arg.needed => format!("for example `{} = {}`", arg.name, r.example()),
            _ => format!("for example `{}`", row.example),
        };
        self.in_range(e, env, ranges, &format!("`{what}`"), &help)
    }

    /// E0207: features in the parentheses of a layer, which reads what is piped into it.
    pub(crate) fn no_features(&mut self, row: &'static Function, e: &Expr, env: &Env) -> Result<(), Reported> {
        let ExprKind::Name(n) = &*e.value else { return Ok(()) };
        let features = match self.p.lookup(n, env) {
            Some(Meaning::One(Kind::Encoder, _)) => true,
            Some(Meaning::One(Kind::Let, i)) => self.p.constant(&self.p.lets[i].value, env).is_none(),
            _ => false,
        };
        if !features {
            return Ok(());
        }
        let d = Diagnostic::new("E0207", format!("`{}` reads what is piped into it", row.name));
        let d = d.at(e.span, "features in place of a number");
        let what = if row.args.first().is_some_and(|a| a.needed) { row.example } else { row.name };
        Err(self.report(d.help(format!("write `{n} |> {what}`"))))
    }
}

impl Resolve for Resolver<'_> {
    fn report(&mut self, d: Diagnostic) -> Reported {
        self.report(d)
    }

    fn unsupported(&mut self, span: Span, what: &str) {
        self.unsupported(span, what);
    }

    fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Reported {
        self.unknown_word(code, what, word, span, known)
    }

    fn constant(&self, e: &Expr, env: &Env) -> Option<Item> {
        self.p.constant(e, env)
    }

    fn list(&self, e: &Expr, env: &Env) -> Option<Vec<(Item, Span)>> {
        self.p.list(e, env)
    }

    fn number(&mut self, row: &'static Function, arg: &words::Arg, e: &Expr, env: &Env) -> Result<f64, Reported> {
        self.argument_in_range(row, arg, e, env)
    }

    fn options<'a>(
        &mut self,
        row: &'static Function,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Result<Arguments<'a>, Reported> {
        self.options(row, args, span)
    }

    fn size(&mut self, e: &Expr, env: &Env, what: &str) -> Result<usize, Reported> {
        self.size(e, env, what)
    }
}
