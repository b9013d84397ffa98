//! Samplers and weightings: their calls, held to their rows, become values that the kinds make their plans of.

use super::*;
use crate::words::numbers::FACTOR;
use crate::words::{Choice, Naming, Takes, Values};

/// What a call gave, as a plan holds it.
pub(super) fn settings(values: &Values) -> Settings {
    let numbers = values.numbers.iter().map(|(name, x)| (*name, Setting::Real(*x)));
    let words = values.words.iter().map(|(name, word)| (*name, Setting::Text(word.clone())));
    let tasks = values.named.iter().map(|(name, t)| (*name, Setting::Int(*t as i64)));
    numbers.chain(words).chain(tasks).collect()
}

impl<'p> Scheduler<'_, 'p> {
    pub(super) fn sampler(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let Some((kind, args)) = self.r.chosen("a sampler", v, samplers::SAMPLERS) else { return };
        let help = format!("write `{}`", kind.row.example);
        let Some(values) = self.values(&kind.row, kind.names, v.span, args, env, &help) else { return };
        let Some(plan) = kind.plan else {
            self.unsupported(v.span, format!("`{}`", kind.row.name));
            return;
        };
        let left_out: Vec<bool> = self.r.tasks.iter().map(|t| t.left_out).collect();
        let guessed: Vec<bool> = self.r.tasks.iter().map(|t| crate::hir::is_guessed(&t.name)).collect();
        let tasks = samplers::Tasks { of_stage: &b.stage.tasks, left_out: &left_out, guessed: &guessed };
        match plan(&values, &tasks) {
            Ok(Some(sampler)) => b.stage.sampler = sampler,
            Ok(None) => {}
            Err(d) => {
                self.report(d.at(v.span, ""));
            }
        }
    }

    pub(super) fn weighting(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let Some((kind, args)) = self.r.chosen("a weighting", v, weightings::WEIGHTINGS) else { return };
        let against = "use `|> reverse` to train against a task";
        let Some(values) = self.values(&kind.row, kind.names, v.span, args, env, against) else { return };
        if !kind.row.runs {
            self.unsupported(v.span, format!("`{}`", kind.row.name));
            return;
        }
        let tasks = self.r.tasks.len();
        if let Some((l, _)) = values.tasks.iter().find(|(u, _)| *u >= tasks) {
            let l = &self.p.losses[l - tasks];
            let d = Diagnostic::new("E0244", format!("`weights` weighs tasks, and `{}` is a loss", l.name));
            let d = d.at(v.span, "names a loss").with(l.span, "declared here");
            self.report(d.help("give it a weight where it is declared: `{ weight 0.5 }`"));
            return;
        }
        let settings = settings(&values);
        b.stage.weights = Weighting { settings, tasks: values.tasks, ..Weighting::new(kind.row.name) };
    }

    pub(super) fn method(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let Some((kind, args)) = self.r.chosen("a way to combine gradients", v, gradients::GRADIENTS) else { return };
        let Some(values) = self.values(&kind.row, Naming::None, v.span, args, env, "") else { return };
        b.stage.gradients = kind.combine.map(|_| Combining { kind: kind.row.name.into(), settings: settings(&values) });
    }

    /// A call held to its row. `None` where something was reported. `negative` helps where a task has a number below 0.
    pub(super) fn values(
        &mut self,
        row: &'static Choice,
        names: Naming,
        whole: Span,
        args: &[ast::Arg],
        env: &Env,
        negative: &str,
    ) -> Option<Values> {
        let mut values = Values { none_given: args.is_empty(), ..Values::default() };
        if let Naming::Numbers(what) = names {
            values.tasks = self.by_task(row, args, env, what, negative);
            return Some(values);
        }
        // tasks stand without a name, so only the named arguments are those of the row
        let of_row = |a: &ast::Arg| names == Naming::None || a.name.is_some();
        let (own, order): (Vec<_>, Vec<_>) = args.iter().cloned().partition(of_row);
        for a in &order {
            let named = self.r.unit_refs(&a.value, env).unwrap_or_default();
            values.tasks.extend(named.into_iter().map(|t| (t, 1.0)));
        }
        let given = self.r.arguments(row, whole, &own, env)?;
        self.figures_and_ports(row, &given, env);
        for (name, e) in given {
            match (row.args.iter().find(|a| a.name == name).map(|a| a.takes), &*e.value) {
                (Some(Takes::Task), _) => {
                    values.named.extend(self.r.one_task(e, env, name).ok().map(|t| (name, t)));
                    continue;
                }
                (Some(Takes::Word(_)), ExprKind::Name(word)) => {
                    values.words.push((name, word.clone()));
                    continue;
                }
                _ => {}
            }
            if let Some(Item::Number(x)) = self.p.constant(e, env) {
                values.numbers.push((name, x));
            } else if let Some(items) = self.p.list(e, env) {
                let number = |(i, _): &(Item, Span)| if let Item::Number(n) = i { Some(*n) } else { None };
                let text = |(i, _): &(Item, Span)| if let Item::Text(t) = i { Some(t.to_string()) } else { None };
                values.texts.push((name, items.iter().filter_map(text).collect()));
                values.lists.push((name, items.iter().filter_map(number).collect()));
            }
        }
        Some(values)
    }

    /// `name = number` for tasks: a number from 0 for each, once.
    fn by_task(
        &mut self,
        row: &'static Choice,
        args: &[ast::Arg],
        env: &Env,
        what: &str,
        negative: &str,
    ) -> Vec<(usize, f64)> {
        let help = format!("write `{}`", row.example);
        let mut out: Vec<(usize, f64)> = vec![];
        for a in args {
            let Some(n) = &a.name else {
                let d = Diagnostic::new("E0215", format!("`{}` names {what} of each task", row.name));
                self.report(d.at(a.value.span, "").help(help.as_str()));
                continue;
            };
            let e = ast::Node::new(Box::new(ExprKind::Name(n.value.clone())), n.span);
            let Some(tasks) = self.r.unit_refs(&e, env) else { continue };
            let below = matches!(self.p.constant(&a.value, env), Some(Item::Number(x)) if x < 0.0);
            let help = if below { negative } else { &help };
            let Ok(x) = self.r.in_range(&a.value, env, FACTOR, what, help) else { continue };
            for t in tasks {
                if out.iter().any(|(o, _)| *o == t) {
                    let name = self.r.unit_name(t);
                    let d = Diagnostic::new("E0228", format!("`{name}` has {what} already"));
                    self.report(d.at(n.span, "again").help("keep one of the two"));
                } else {
                    out.push((t, x));
                }
            }
        }
        out
    }
}
