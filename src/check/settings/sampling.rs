//! Samplers and weightings.

use super::*;

impl<'p> Checker<'p> {
    pub(super) fn sampler(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let Some((row, args)) = self.chosen("a sampler", v, builtins::SAMPLERS) else { return };
        let word = row.name;
        if !matches!(word, "alternate" | "mix") {
            let Some(given) = self.arguments(row, v.span, args, env) else { return };
            if !row.runs {
                self.sampler_later(word, &given, env);
                self.later(v.span, format!("`{word}`"));
                return;
            }
        }
        let mut numbers: Vec<(Option<&str>, f64)> = vec![];
        let mut turns: Vec<(usize, u64)> = vec![];
        let mut rates: Vec<(usize, f64)> = vec![];
        let mut ratio: Vec<f64> = vec![];
        for a in args {
            let key = a.name.as_ref().map(|n| n.value.as_str());
            match (word, key) {
                ("mix", Some(_)) => {
                    let Some(n) = &a.name else { continue };
                    let e = ast::Node::new(Box::new(ExprKind::Name(n.value.clone())), n.span);
                    let Some(tasks) = self.task_refs(&e, env) else { continue };
                    let Ok(r) = self.number(&a.value, env, "a rate") else { continue };
                    if r < 0.0 {
                        let d = Diagnostic::new("E0207", "a rate cannot be negative").at(a.value.span, "");
                        self.report(d.help("write, for example, `mix(a = 2, b = 1)`"));
                        continue;
                    }
                    rates.extend(tasks.into_iter().map(|t| (t, r)));
                }
                ("alternate", None) => {
                    for t in self.task_refs(&a.value, env).unwrap_or_default() {
                        turns.push((t, 1));
                    }
                }
                ("alternate", Some("ratio")) => match self.p.list(&a.value, env) {
                    Some(items) => {
                        ratio = items
                            .iter()
                            .filter_map(|(i, _)| if let Item::Number(n) = i { Some(*n) } else { None })
                            .collect()
                    }
                    None => {
                        let d = Diagnostic::new("E0207", "`ratio` is a list of numbers").at(a.value.span, "");
                        self.report(d.help("write `alternate(ratio = [3, 1])`"));
                    }
                },
                _ => {
                    if let (Some(k), Some(n)) = (key, &a.name)
                        && !row.args.iter().any(|r| r.name == k)
                    {
                        self.no_such_option(row, n);
                        continue;
                    }
                    if word == "mix" {
                        let d = Diagnostic::new("E0215", "`mix` names the rate of each task").at(a.value.span, "");
                        self.report(d.help("write `mix(a = 2, b = 1)`"));
                        continue;
                    }
                    match self.number(&a.value, env, &format!("an argument of `{word}`")) {
                        Ok(n) => numbers.push((key, n)),
                        Err(Poison) => return,
                    }
                }
            }
        }
        let get = |k: &str, pos: usize| {
            numbers
                .iter()
                .find(|(n, _)| *n == Some(k))
                .or_else(|| numbers.get(pos).filter(|(n, _)| n.is_none()))
                .map(|(_, x)| *x)
        };
        let positive = |c: &mut Self, x: f64, what: &str| {
            if x <= 0.0 {
                let d = Diagnostic::new("E0207", format!("{what} must be positive")).at(v.span, format!("this is {x}"));
                c.report(d.help("write a positive number"));
                false
            } else {
                true
            }
        };
        b.stage.sampler = match word {
            "joint" => Sampler::Joint,
            "random" => Sampler::Random,
            "proportional" => {
                let cap = get("cap", 0);
                let temperature = get("temperature", 1).unwrap_or(1.0);
                if !positive(self, temperature, "`temperature`") || cap.is_some_and(|c| !positive(self, c, "`cap`")) {
                    return;
                }
                Sampler::Proportional { cap, temperature }
            }
            "smoothed" => {
                let alpha = get("alpha", 0).unwrap_or(0.5);
                if !(0.0..=1.0).contains(&alpha) {
                    let d = Diagnostic::new("E0207", "`smoothed` needs an exponent from 0 to 1").at(v.span, "");
                    self.report(d.help("write `smoothed(0.5)`"));
                    return;
                }
                Sampler::Smoothed { alpha }
            }
            "mix" => {
                if rates.is_empty() {
                    if !args.iter().any(|a| a.name.is_some()) {
                        let d = Diagnostic::new("E0236", "`mix` needs the rate of each task").at(v.span, "");
                        self.report(d.help("write `mix(a = 2, b = 1)`"));
                    }
                    return;
                }
                Sampler::Mix { rates }
            }
            _ => {
                let every = get("every", usize::MAX).unwrap_or(1.0).max(1.0) as u64;
                if !ratio.is_empty() || every > 1 {
                    let tasks: Vec<usize> =
                        if turns.is_empty() { b.stage.tasks.clone() } else { turns.iter().map(|t| t.0).collect() };
                    // the numbers also count the tasks that `--only` leaves out
                    let kept = |t: &usize| !self.tasks[*t].left_out;
                    let tasks = match tasks.iter().copied().eq((0..self.tasks.len()).filter(kept)) {
                        true => (0..self.tasks.len()).collect(),
                        false => tasks,
                    };
                    if !ratio.is_empty() && ratio.len() != tasks.len() {
                        let d = Diagnostic::new(
                            "E0207",
                            format!("`ratio` has {} numbers for {} tasks", ratio.len(), tasks.len()),
                        );
                        self.report(d.at(v.span, "").help("give one number for each task, in their order"));
                        return;
                    }
                    turns = tasks
                        .iter()
                        .enumerate()
                        .map(|(i, t)| (*t, ratio.get(i).map_or(every, |r| (*r as u64).max(1) * every)))
                        .collect();
                }
                Sampler::Alternate { turns }
            }
        };
    }

    pub(super) fn weighting(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let Some((row, args)) = self.chosen("a weighting", v, builtins::WEIGHTINGS) else { return };
        if row.name != "fixed" && self.arguments(row, v.span, args, env).is_none() {
            return;
        }
        if !row.runs {
            self.later(v.span, format!("`{}`", row.name));
            return;
        }
        if row.name == "uncertainty" {
            b.stage.weights = Weights::Uncertainty { params: vec![] };
            return;
        }
        let mut weights = vec![];
        for a in args {
            let Some(n) = &a.name else {
                let d = Diagnostic::new("E0215", "`fixed` names the weight of each task").at(a.value.span, "");
                self.report(d.help("write `fixed(slot = 1, intent = 0.5)`"));
                continue;
            };
            let e = ast::Node::new(Box::new(ExprKind::Name(n.value.clone())), n.span);
            let tasks = self.task_refs(&e, env).unwrap_or_default();
            match self.number(&a.value, env, "a weight") {
                Ok(w) if w >= 0.0 => weights.extend(tasks.into_iter().map(|t| (t, w))),
                Ok(w) => {
                    let d = Diagnostic::new("E0207", "a weight cannot be negative");
                    self.report(
                        d.at(a.value.span, format!("this is {w}")).help("use `|> reverse` to train against a task"),
                    );
                }
                Err(Poison) => {}
            }
        }
        b.stage.weights = Weights::Fixed { weights };
    }
}
