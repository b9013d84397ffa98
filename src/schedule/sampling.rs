//! Samplers and weightings.

use super::*;
use crate::kinds::samplers;
use crate::kinds::weightings;
use crate::words;
use crate::words::numbers::FACTOR;

impl<'p> Scheduler<'_, 'p> {
    pub(super) fn sampler(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let Some((row, args)) = self.r.chosen("a sampler", v, samplers::SAMPLERS) else { return };
        let word = row.name;
        match word {
            "mix" => return self.mix(row, v.span, args, env, b),
            "alternate" => return self.alternate(row, v.span, args, env, b),
            _ => {}
        }
        let Some(given) = self.r.arguments(row, v.span, args, env) else { return };
        if !row.runs {
            self.unsupported_sampler(word, &given, env);
            self.unsupported(v.span, format!("`{word}`"));
            return;
        }
        let number = |c: &Self, key: &str| match given.get(key).and_then(|e| c.p.constant(e, env)) {
            Some(Item::Number(x)) => Some(x),
            _ => None,
        };
        b.stage.sampler = match word {
            "random" => Sampler::Random,
            "proportional" => Sampler::Proportional {
                cap: number(self, "cap"),
                temperature: number(self, "temperature").unwrap_or(1.0),
            },
            "smoothed" => Sampler::Smoothed { alpha: number(self, "alpha").unwrap_or(0.5) },
            _ => Sampler::Joint,
        };
    }

    /// `mix(a = 2, b = 1)`
    fn mix(&mut self, row: &'static words::Choice, whole: Span, args: &[ast::Arg], env: &Env, b: &mut Base) {
        let example = format!("write `{}`", row.example);
        let rates = self.by_task(row, args, env, "a rate", &example);
        if rates.iter().any(|(_, r)| *r > 0.0) {
            b.stage.sampler = Sampler::Mix { rates };
        } else if args.is_empty() {
            let d = Diagnostic::new("E0236", "`mix` needs the rate of each task").at(whole, "");
            self.report(d.help(example));
        } else if !rates.is_empty() {
            let d = Diagnostic::new("E0207", "`mix` draws no task: every rate is 0").at(whole, "");
            self.report(d.help(example));
        }
    }

    /// `name = number` for tasks: a number from 0 for each, once.
    fn by_task(
        &mut self,
        row: &'static words::Choice,
        args: &[ast::Arg],
        env: &Env,
        what: &str,
        help: &str,
    ) -> Vec<(usize, f64)> {
        let mut out: Vec<(usize, f64)> = vec![];
        for a in args {
            let Some(n) = &a.name else {
                let d = Diagnostic::new("E0215", format!("`{}` names {what} of each task", row.name));
                self.report(d.at(a.value.span, "").help(help));
                continue;
            };
            let e = ast::Node::new(Box::new(ExprKind::Name(n.value.clone())), n.span);
            let Some(tasks) = self.r.task_refs(&e, env) else { continue };
            let negative = matches!(self.p.constant(&a.value, env), Some(Item::Number(x)) if x < 0.0);
            let reverse = "use `|> reverse` to train against a task";
            let help = if negative && row.name == "fixed" { reverse } else { help };
            let Ok(x) = self.r.in_range(&a.value, env, FACTOR, what, help) else { continue };
            for t in tasks {
                if out.iter().any(|(o, _)| *o == t) {
                    let d = Diagnostic::new("E0228", format!("`{}` has {what} already", self.r.tasks[t].name));
                    self.report(d.at(n.span, "again").help("keep one of the two"));
                } else {
                    out.push((t, x));
                }
            }
        }
        out
    }

    /// `alternate(a, b)`, `alternate(ratio = [3, 1])`, `alternate(every = 5)`
    fn alternate(&mut self, row: &'static words::Choice, whole: Span, args: &[ast::Arg], env: &Env, b: &mut Base) {
        // tasks stand without a name, so only the named arguments are those of the row
        let (named, order): (Vec<_>, Vec<_>) = args.iter().cloned().partition(|a| a.name.is_some());
        let mut turns: Vec<usize> = vec![];
        for a in &order {
            turns.extend(self.r.task_refs(&a.value, env).unwrap_or_default());
        }
        let Some(given) = self.r.arguments(row, whole, &named, env) else { return };
        let ratio: Vec<f64> = given.get("ratio").and_then(|e| self.p.list(e, env)).map_or(vec![], |items| {
            items.iter().filter_map(|(i, _)| if let Item::Number(n) = i { Some(*n) } else { None }).collect()
        });
        let every = match given.get("every").and_then(|e| self.p.constant(e, env)) {
            Some(Item::Number(n)) => n as u64,
            _ => 1,
        };
        if ratio.is_empty() && every == 1 {
            b.stage.sampler = Sampler::Alternate { turns: turns.into_iter().map(|t| (t, 1)).collect() };
            return;
        }
        let tasks = if turns.is_empty() { b.stage.tasks.clone() } else { turns };
        // the numbers also count the tasks that `--only` leaves out
        let kept = |t: &usize| !self.r.tasks[*t].left_out;
        let tasks = match tasks.iter().copied().eq((0..self.r.tasks.len()).filter(kept)) {
            true => (0..self.r.tasks.len()).collect(),
            false => tasks,
        };
        if tasks.iter().any(|t| crate::hir::is_guessed(&self.r.tasks[*t].name)) {
            return;
        }
        if !ratio.is_empty() && ratio.len() != tasks.len() {
            let d = Diagnostic::new("E0207", format!("`ratio` has {} numbers for {} tasks", ratio.len(), tasks.len()));
            self.report(d.at(whole, "").help("give one number for each task, in their order"));
            return;
        }
        let rows = |i: usize| ratio.get(i).map_or(every, |r| *r as u64 * every);
        b.stage.sampler = Sampler::Alternate { turns: tasks.iter().enumerate().map(|(i, t)| (*t, rows(i))).collect() };
    }

    pub(super) fn weighting(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let Some((row, args)) = self.r.chosen("a weighting", v, weightings::WEIGHTINGS) else { return };
        if row.name != "fixed" && self.r.arguments(row, v.span, args, env).is_none() {
            return;
        }
        if !row.runs {
            self.unsupported(v.span, format!("`{}`", row.name));
            return;
        }
        if row.name == "uncertainty" {
            b.stage.weights = Weights::Uncertainty { params: vec![] };
            return;
        }
        let weights = self.by_task(row, args, env, "a weight", &format!("write `{}`", row.example));
        b.stage.weights = Weights::Fixed { weights };
    }
}

/// The tasks that a sampler names, if it draws only those.
pub(crate) fn drawn_by_name(s: &Sampler) -> Option<Vec<usize>> {
    let named: Vec<usize> = match s {
        Sampler::Alternate { turns } => turns.iter().filter(|(_, n)| *n > 0).map(|(t, _)| *t).collect(),
        Sampler::Mix { rates } => rates.iter().filter(|(_, r)| *r > 0.0).map(|(t, _)| *t).collect(),
        _ => return None,
    };
    (!named.is_empty()).then_some(named)
}
