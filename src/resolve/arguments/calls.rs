//! Words with arguments (`cutoff(token, 5%)`, `l2(1e-3)`, `bandit(...)`): each call is held to its row of
//! [`crate::kinds`], so that nothing is accepted unread.

use super::*;
use crate::ast::{self, ExprKind};
use crate::hir::{Item, is_name};
use crate::kinds::{statements, terms};
use crate::plan::Factor;
use crate::words::numbers::{RATE, Range};
use crate::words::{Arg, Choice, Row, Takes, numbers};

/// The arguments of a call, by the names of its row.
pub(crate) type Given<'e> = BTreeMap<&'static str, &'e Expr>;

/// The word of `word` or `word(arguments)`.
pub(crate) fn word_of(e: &Expr) -> Option<(&str, Span, &[ast::Arg])> {
    match &*e.value {
        ExprKind::Name(n) => Some((n, e.span, &[])),
        ExprKind::Call(f, args) => match &*f.value {
            ExprKind::Name(n) => Some((n, f.span, args)),
            _ => None,
        },
        _ => None,
    }
}

/// As it stands in a sentence: `a`, `a or b`.
pub(crate) fn either(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|w| format!("`{w}`")).collect();
    match quoted.as_slice() {
        [init @ .., last] if !init.is_empty() => format!("{} or {last}", init.join(", ")),
        all => all.concat(),
    }
}

impl Resolver<'_> {
    /// The row of a word; E0241 where there is none.
    pub(crate) fn chosen<'e, R: Row>(
        &mut self,
        what: &str,
        e: &'e Expr,
        table: &'static [R],
    ) -> Option<(&'static R, &'e [ast::Arg])> {
        let known: Vec<&str> = table.iter().map(|r| r.choice().name).collect();
        let Some((word, span, args)) = word_of(e) else {
            if !matches!(&*e.value, ExprKind::Error) {
                let d = Diagnostic::new("E0241", format!("this is not {what}")).at(e.span, "");
                let quoted = ast::plain_text(e).filter(|w| known.contains(w));
                self.report(match quoted {
                    Some(word) => d.help(format!("write it without quotes: `{word}`")).fix(e.span, word, true),
                    None => d.help(format!("write {}", either(&known))),
                });
            }
            return None;
        };
        let Some(row) = table.iter().find(|r| r.choice().name == word) else {
            self.unknown_word("E0241", what, word, span, &known);
            return None;
        };
        Some((row, args))
    }

    /// Holds a call to its row. `None` where something was reported.
    pub(crate) fn arguments<'e>(
        &mut self,
        row: &'static Choice,
        whole: Span,
        args: &'e [ast::Arg],
        env: &Env,
    ) -> Option<Given<'e>> {
        let mut out = Given::new();
        let mut fine = true;
        let mut next = 0;
        for a in args {
            let Some(arg) = self.argument(row, a, &mut next) else {
                fine = false;
                continue;
            };
            if let Some(first) = out.insert(arg.name, &a.value) {
                self.twice(arg.name, a.value.span, first.span);
                fine = false;
            } else {
                fine &= self.takes(row, arg, &a.value, env).is_ok();
            }
        }
        // an argument that could not be read may be the one that is missing
        let missing = row.args.iter().find(|a| a.needed && !out.contains_key(a.name));
        if let (true, Some(missing)) = (fine, missing) {
            let d = Diagnostic::new("E0236", format!("`{}` needs `{}`", row.name, missing.name)).at(whole, "");
            self.report(d.help(format!("for example `{}`", row.example)));
            fine = false;
        }
        fine.then_some(out)
    }

    /// Which argument of the row is meant.
    fn argument(&mut self, row: &'static Choice, a: &ast::Arg, next: &mut usize) -> Option<&'static Arg> {
        if let Some(n) = &a.name {
            let found = row.args.iter().find(|r| r.name == n.value);
            if found.is_none() {
                self.no_such_option(row, n);
            }
            return found;
        }
        // `layer_choice(curriculum)`: a flag
        if let ExprKind::Name(n) = &*a.value.value
            && let Some(flag) = row.args.iter().find(|r| r.takes == Takes::Flag && r.name == n)
        {
            return Some(flag);
        }
        let Some(arg) = row.args.get(*next) else {
            let d = match row.args.len() {
                0 => Diagnostic::new("E0215", format!("`{}` takes no arguments", row.name)),
                _ => Diagnostic::new("E0215", format!("`{}` has too many arguments", row.name)),
            };
            self.report(d.at(a.value.span, "one too many").help(format!("write `{}`", row.example)));
            return None;
        };
        *next += 1;
        Some(arg)
    }

    pub(crate) fn no_such_option(&mut self, row: &'static Choice, n: &ast::Name) {
        if row.args.is_empty() {
            let d = Diagnostic::new("E0215", format!("`{}` takes no options", row.name)).at(n.span, "unknown");
            self.report(d.help(format!("write `{}`", row.example)));
        } else {
            let known: Vec<&str> = row.args.iter().map(|a| a.name).collect();
            self.unknown_word("E0215", &format!("an option of `{}`", row.name), &n.value, n.span, &known);
        }
    }

    /// Whether a value is what the argument takes.
    fn takes(&mut self, row: &'static Choice, arg: &'static Arg, e: &Expr, env: &Env) -> Result<(), Reported> {
        self.taken(arg, row.name, row.example, e, env)
    }

    /// Whether a value is what an argument of a word takes.
    pub(crate) fn taken(
        &mut self,
        arg: &'static Arg,
        of: &str,
        example: &str,
        e: &Expr,
        env: &Env,
    ) -> Result<(), Reported> {
        if matches!(&*e.value, ExprKind::Error) {
            return Err(Reported);
        }
        let name = format!("`{}` of `{of}`", arg.name);
        let wrong = |c: &mut Self, must: &str| {
            let d = Diagnostic::new("E0207", format!("{name} must be {must}")).at(e.span, "");
            Err(c.report(d.help(format!("for example `{example}`"))))
        };
        match arg.takes {
            Takes::Own | Takes::Port | Takes::Dev => Ok(()),
            Takes::Number(ranges) => {
                // an example that shows this argument
                let own = arg.needed || !example.contains('=') || example.contains(&format!("{} =", arg.name));
                let help = match ranges.first() {
                    Some(r) if !own => format!("for example `{} = {}`", arg.name, r.example()),
                    _ => format!("for example `{example}`"),
                };
                self.in_range(e, env, ranges, &name, &help).map(|_| ())
            }
            Takes::Flag => match &*e.value {
                ExprKind::Name(n) if n == arg.name || ["true", "false", "yes", "no"].contains(&n.as_str()) => Ok(()),
                _ => wrong(self, "`true` or `false`"),
            },
            Takes::Word(words) => match &*e.value {
                ExprKind::Name(n) if words.contains(&n.as_str()) => Ok(()),
                ExprKind::Name(n) => {
                    let a = if arg.name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                    Err(self.unknown_word("E0237", &format!("{a} {name}"), n, e.span, words))
                }
                ExprKind::Text(_) => {
                    let a = if arg.name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                    Err(self.unknown_word("E0237", &format!("{a} {name}"), &path_words(e), e.span, words))
                }
                _ => wrong(self, &either(words)),
            },
            Takes::Numbers(ranges) => {
                let fits = |i: &Item| matches!(i, Item::Number(x) if ranges.iter().any(|r| r.holds(*x, None)));
                match self.p.list(e, env) {
                    Some(items) if items.iter().all(|(i, _)| fits(i)) => Ok(()),
                    _ => wrong(self, &format!("a list, each {}", numbers::words(ranges))),
                }
            }
            Takes::Texts => match self.p.list(e, env) {
                Some(items) if items.iter().all(|(i, _)| matches!(i, Item::Text(_))) => Ok(()),
                _ => wrong(self, "a list of strings"),
            },
            Takes::Between => match &*e.value {
                ExprKind::Range(a, Some(b)) if a < b => Ok(()),
                _ => wrong(self, "a range"),
            },
            Takes::Task => self.one_task(e, env, &name).map(|_| ()),
            Takes::Figure => self.score(e, env).map(|_| ()),
            Takes::Encoder => {
                let Some(p) = path(e) else { return wrong(self, "an encoder") };
                self.named(&p, env, &[Kind::Encoder], "an encoder", &[]).map(|_| ())
            }
        }
    }

    /// Exactly one task.
    pub(crate) fn one_task(&mut self, e: &Expr, env: &Env, what: &str) -> Result<usize, Reported> {
        if path(e).is_none() || is_name(e, "all") {
            let d = Diagnostic::new("E0207", format!("{what} must be a task")).at(e.span, "");
            return Err(self.report(d.help("write the name of a task")));
        }
        match self.task_refs(e, env).ok_or(Reported)?.as_slice() {
            [one] => Ok(*one),
            [] => Err(Reported),
            _ => {
                let d = Diagnostic::new("E0220", format!("{what} must be one task")).at(e.span, "which member?");
                Err(self.report(d.help(format!("name one: `{}[\"...\"]`", path_words(e).trim_end_matches("[*]")))))
            }
        }
    }

    /// `anneal(0, 1, over = 5k)`, wherever a factor may stand.
    pub(crate) fn anneal(&mut self, e: &Expr, env: &Env) -> Option<Result<Factor, Reported>> {
        let (word, _, args) = word_of(e)?;
        if word != terms::FACTOR.name
            || self.p.lookup(word, env).is_some_and(|m| matches!(m, Meaning::Var(Item::Expr(_))))
        {
            return None;
        }
        debug_assert!(terms::FACTOR.args.iter().all(|a| a.takes != Takes::Own));
        let Some(given) = self.arguments(terms::FACTOR, e.span, args, env) else { return Some(Err(Reported)) };
        let number = |name: &str| match given.get(name).map(|e| self.p.constant(e, env)) {
            Some(Some(Item::Number(x))) => Ok(x),
            _ => Err(Reported),
        };
        let [from, to, over] = terms::FACTOR_SETTINGS.map(number);
        let factor = || Ok(Factor::Anneal { from: from?, to: to?, over: over? });
        Some(factor())
    }

    /// The weight of a loss.
    pub(crate) fn weight(&mut self, e: &Expr, env: &Env, ranges: &[Range], example: &str) -> Result<f64, Reported> {
        let negative = matches!(self.p.constant(e, env), Some(Item::Number(w)) if w < 0.0);
        let help = match negative {
            true => "use `|> reverse` to train against a task".to_string(),
            false => format!("for example `{example}`"),
        };
        self.in_range(e, env, ranges, "`weight`", &help)
    }

    /// `train { dropout p }`, needed before elaboration.
    pub(crate) fn train_dropout(&mut self) -> f64 {
        let settings = &self.p.train;
        let found = settings.iter().find_map(|s| match &s.value {
            SettingKind::Attr { name, values } if name.value == "dropout" => values.first(),
            _ => None,
        });
        match found {
            Some(e) => {
                let ranges = statements::row("dropout").map_or(RATE, |r| r.takes.ranges());
                self.in_range(e, &Env::default(), ranges, "`dropout`", "for example `dropout 30%`").unwrap_or(0.0)
            }
            None => 0.0,
        }
    }
}
