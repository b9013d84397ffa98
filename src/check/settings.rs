//! Settings of `train`, claims, and what is declared in vain.

use super::tasks::{path, path_words};
use super::*;
use crate::builtins;
use crate::hir::{Item, Meaning, is_name};
use crate::plan::{Claim, Decay, Length, Optimizer, Sampler, Score, Setting, Settings, Stage, Train, Weights};
use crate::syntax::ast::{self, BinOp, ExprKind, SettingKind};

/// Longest schedule.
const MOST_STAGES: usize = 10_000;

/// What a stage inherits from `train`.
#[derive(Clone)]
struct Base {
    stage: Stage,
    length_given: bool,
}

impl<'p> Checker<'p> {
    /// `train { dropout p }`, needed before elaboration.
    pub(crate) fn train_dropout(&mut self) -> f64 {
        let settings = &self.p.train;
        let found = settings.iter().find_map(|s| match &s.value {
            SettingKind::Attr { name, values } if name.value == "dropout" => values.first(),
            _ => None,
        });
        match found {
            Some(e) => self.rate(e, &Env::default(), "`dropout`").unwrap_or(0.0),
            None => 0.0,
        }
    }

    pub(crate) fn train_settings(&mut self) -> Train {
        let all: Vec<usize> = (0..self.tasks.len()).filter(|i| !self.tasks[*i].left_out).collect();
        let mut base = Base {
            stage: Stage {
                name: "train".into(),
                tasks: all,
                length: Length::Epochs(10.0),
                batch: 32,
                sampler: Sampler::Joint,
                weights: Weights::Fixed { weights: vec![] },
                optimizer: self.optimizer_defaults("adam"),
                clip: None,
                freeze: vec![],
                eval_every: None,
                early_stop: None,
            },
            length_given: false,
        };
        // several corpora: a step is a batch of one of them
        let corpora: BTreeSet<usize> = self.tasks.iter().flat_map(|t| t.corpora.clone()).collect();
        if corpora.len() > 1 {
            base.stage.sampler = Sampler::Proportional { cap: None, temperature: 1.0 };
        }
        let mut train = Train { stages: vec![], objective: None, seed: 1 };
        let settings = &self.p.train;
        let env = Env::default();
        self.block(settings, &env, &mut base, &mut train, true);
        let mut stages = vec![];
        self.stages(settings, &env, &base, &mut train, &mut stages);
        if stages.is_empty() {
            stages.push(base.stage.clone());
        }
        for s in &mut stages {
            s.tasks.retain(|t| !self.tasks[*t].left_out);
            s.freeze.retain(|o| !self.tasks.iter().any(|t| t.left_out && t.name == *o));
        }
        stages.retain(|s| !s.tasks.is_empty() || self.tasks.iter().all(|t| !t.left_out));
        if stages.is_empty() {
            stages.push(base.stage.clone());
        }
        train.stages = stages;
        self.objective_default(&mut train);
        train
    }

    fn stages(
        &mut self,
        settings: &'p [ast::Setting],
        env: &Env,
        base: &Base,
        train: &mut Train,
        out: &mut Vec<Stage>,
    ) {
        for s in settings {
            match &s.value {
                SettingKind::Repeat { times, body } => {
                    let n = times.value;
                    if n < 1.0 || n.fract() != 0.0 || n > 10_000.0 {
                        let d = Diagnostic::new("E0207", "`repeat` needs a whole number of at least 1");
                        self.report(d.at(times.span, "").help("write `repeat 10 { ... }`"));
                        continue;
                    }
                    if let Some(x) =
                        body.iter().find(|s| matches!(s.value, SettingKind::Attr { .. } | SettingKind::View { .. }))
                    {
                        let d = Diagnostic::new("E0238", "only stages can be repeated").at(x.span, "");
                        self.report(d.help("put it into a `stage name { ... }`"));
                    }
                    for _ in 0..n as usize {
                        self.stages(body, env, base, train, out);
                        if out.len() > MOST_STAGES {
                            let d = Diagnostic::new("E0207", format!("training has more than {MOST_STAGES} stages"));
                            self.report(d.at(times.span, "repeats too often").help("write `repeat 10 { ... }`"));
                            return;
                        }
                        if out.is_empty() {
                            break; // nothing to repeat
                        }
                    }
                }
                SettingKind::Stage { name, family, body } => {
                    let members: Vec<Env> = match family {
                        None => vec![env.clone()],
                        Some((var, list)) => {
                            let items = self.stage_members(list, env);
                            let Some(items) = items else { continue };
                            items
                                .into_iter()
                                .map(|value| {
                                    let mut e = (**env).clone();
                                    e.push(crate::hir::Binding { family: usize::MAX, var: var.value.clone(), value });
                                    Env::new(e)
                                })
                                .collect()
                        }
                    };
                    for member in members {
                        let mut b = base.clone();
                        b.stage.name = match (family, member.last()) {
                            (Some(_), Some(m)) => format!("{} {}", name.value, m.value.key()),
                            _ => name.value.clone(),
                        };
                        self.block(body, &member, &mut b, train, false);
                        out.push(b.stage);
                    }
                }
                _ => {}
            }
        }
    }

    /// `for t in [pos, chunk]` or `for t in sent[*]`: tasks by name.
    fn stage_members(&mut self, list: &'p Expr, env: &Env) -> Option<Vec<Item>> {
        let mut exprs: Vec<&Expr> = vec![];
        match &*list.value {
            ExprKind::List(items) => exprs.extend(items),
            _ => exprs.push(list),
        }
        let mut out = vec![];
        for e in exprs {
            for t in self.task_refs(e, env)? {
                let name = self.tasks[t].name.clone();
                out.push(Item::Expr(ast::Node::new(Box::new(ExprKind::Name(name)), e.span)));
            }
        }
        Some(out)
    }

    /// Tasks by name, family, family variable or `all`.
    fn task_refs(&mut self, e: &Expr, env: &Env) -> Option<Vec<usize>> {
        if is_name(e, "all") {
            return Some((0..self.tasks.len()).collect());
        }
        if let ExprKind::Name(n) = &*e.value {
            // a member's full name, put there by `for t in ...`
            if let Some(b) = env.iter().rev().find(|b| b.var == *n)
                && let Item::Expr(inner) = &b.value
                && let ExprKind::Name(full) = &*inner.value
                && let Some(i) = self.tasks.iter().position(|t| t.name == *full)
            {
                return Some(vec![i]);
            }
            if n == "kept" && !self.p.names.contains_key(n) {
                self.later(e.span, "`tasks kept`");
                return None;
            }
        }
        let p = path(e)?;
        if let Some(Meaning::One(Kind::Loss, _)) = self.p.lookup(p.name, env) {
            self.later(e.span, "a `loss` among tasks");
            return Some(vec![]);
        }
        if p.index.is_none()
            && let Some(Meaning::Family(Kind::Task, members)) = self.p.lookup(p.name, env)
        {
            return Some(members);
        }
        let found = self.named(&p, env, &[Kind::Task], "a task").ok()?;
        Some(found.into_iter().map(|(_, i)| i).collect())
    }

    fn optimizer_defaults(&self, kind: &str) -> Optimizer {
        let row = builtins::OPTIMIZERS.iter().find(|(n, _)| *n == kind);
        let settings: Settings =
            row.map(|(_, d)| d.iter().map(|(k, v)| (k.to_string(), Setting::Real(*v))).collect()).unwrap_or_default();
        Optimizer { kind: kind.into(), settings, groups: vec![], warmup: 0.0, decay: Decay::None }
    }

    fn block(&mut self, settings: &'p [ast::Setting], env: &Env, b: &mut Base, train: &mut Train, top: bool) {
        let mut seen: Vec<(&str, Span)> = vec![];
        let mut length: Option<(&str, Span)> = None;
        for s in settings {
            let (name, values) = match &s.value {
                SettingKind::Attr { name, values } => (name, values),
                SettingKind::View { .. } => {
                    let d = Diagnostic::new("E0239", "a view belongs to a task").at(s.span, "");
                    self.report(d.help("move it into the braces of the task"));
                    continue;
                }
                SettingKind::Stage { .. } | SettingKind::Repeat { .. } if top => continue,
                _ => {
                    let d = Diagnostic::new("E0239", "a stage has no stages").at(s.span, "");
                    self.report(d.help("put them one after the other"));
                    continue;
                }
            };
            let word = name.value.as_str();
            let Some(row) = builtins::SETTINGS.iter().find(|r| r.name == word) else {
                let known: Vec<&str> = builtins::SETTINGS.iter().map(|r| r.name).collect();
                let of_optimizer = builtins::OPTIMIZER_COMMON.contains(&word)
                    || builtins::OPTIMIZERS.iter().any(|(_, keys)| keys.iter().any(|(k, _)| *k == word));
                if of_optimizer {
                    let d = Diagnostic::new("E0239", format!("`{word}` is a setting of the optimiser"));
                    let value = values.first().map_or_else(|| "...".into(), path_words);
                    self.report(d.at(s.span, "").help(format!("write `optimizer adam({word} = {value})`")));
                    continue;
                }
                self.unknown_word("E0239", "a setting of `train`", word, name.span, &known);
                continue;
            };
            if row.stage_only && top {
                let d = Diagnostic::new("E0239", format!("`{word}` belongs to a stage")).at(s.span, "");
                self.report(d.help(format!("write `stage name {{ {} }}`", row.example)));
                continue;
            }
            if let Some((_, first)) = seen.iter().find(|(n, _)| *n == word) {
                let d = Diagnostic::new("E0228", format!("`{word}` is given twice"))
                    .at(s.span, "again")
                    .with(*first, "first here");
                self.report(d.help("keep one of the two"));
                continue;
            }
            seen.push((word, s.span));
            if !row.runs {
                self.later(s.span, format!("`{word}`"));
                continue;
            }
            let Some(v) = values.first() else {
                let d = Diagnostic::new("E0229", format!("`{word}` needs a value")).at(s.span, "");
                self.report(d.help(format!("for example `{}`", row.example)));
                continue;
            };
            let several_ok = matches!(word, "tasks" | "freeze");
            if values.len() > 1 && !several_ok {
                let d =
                    Diagnostic::new("E0229", format!("`{word}` takes one value")).at(values[1].span, "one too many");
                self.report(d.help(format!("for example `{}`", row.example)));
                continue;
            }
            if matches!(&*v.value, ExprKind::Error) {
                continue;
            }
            match word {
                "batch" => {
                    if let Ok(n) = self.size(v, env, "`batch`") {
                        b.stage.batch = n;
                    }
                }
                "epochs" | "steps" | "minutes" => {
                    if let Some((other, first)) = length {
                        let d = Diagnostic::new("E0240", format!("`{other}` and `{word}` exclude each other"))
                            .at(s.span, "");
                        self.report(d.with(first, "first here").help("keep one of them"));
                        continue;
                    }
                    length = Some((word, s.span));
                    let Ok(n) = self.number(v, env, &format!("`{word}`")) else { continue };
                    let seconds = matches!(&*v.value, ExprKind::Number(n) if matches!(n.unit, Some(ast::Unit::Seconds | ast::Unit::Minutes | ast::Unit::Hours)));
                    let percent = matches!(&*v.value, ExprKind::Number(n) if n.unit == Some(ast::Unit::Percent));
                    if n <= 0.0 || percent || (word == "steps" && n.fract() != 0.0) || (seconds && word != "minutes") {
                        let d = Diagnostic::new("E0207", format!("`{word}` must be a positive number")).at(v.span, "");
                        self.report(d.help(format!("for example `{}`", row.example)));
                        continue;
                    }
                    b.length_given = true;
                    b.stage.length = match word {
                        "epochs" => Length::Epochs(n),
                        "steps" => Length::Steps(n as u64),
                        _ if seconds => Length::Seconds(n),
                        _ => Length::Seconds(60.0 * n),
                    };
                }
                "optimizer" => self.optimizer(v, env, b),
                "sample" => self.sampler(v, env, b),
                "weights" => self.weighting(v, env, b),
                "clip" => match self.number(v, env, "`clip`") {
                    Ok(n) if n > 0.0 => b.stage.clip = Some(n),
                    Ok(n) => {
                        let d = Diagnostic::new("E0207", "`clip` must be positive").at(v.span, format!("this is {n}"));
                        self.report(d.help("for example `clip 5`"));
                    }
                    Err(Poison) => {}
                },
                "dropout" if top => {}
                "dropout" => self.later(s.span, "`dropout` in a stage"),
                "objective" => {
                    if matches!(self.p.constant(v, env), Some(Item::Number(_))) {
                        let d = Diagnostic::new("E0242", "an objective that never changes chooses no model");
                        self.report(d.at(v.span, "a number").help("write `task.metric`, for example `slot.span_f1`"));
                    } else if let Ok(score) = self.score(v, env) {
                        train.objective = Some(score);
                    }
                }
                "early_stop" => {
                    let n = match &*v.value {
                        ExprKind::Call(f, args) if is_name(f, "patience") && args.len() == 1 => {
                            self.size(&args[0].value, env, "`early_stop`")
                        }
                        _ => self.size(v, env, "`early_stop`"),
                    };
                    if let Ok(n) = n {
                        b.stage.early_stop = Some(n);
                    }
                }
                "eval" => self.eval_every(v, s.span, env, b),
                "seed" => match self.number(v, env, "`seed`") {
                    Ok(n) if n >= 0.0 && n.fract() == 0.0 => train.seed = n as u64,
                    Ok(_) => {
                        let d = Diagnostic::new("E0207", "`seed` must be a whole number").at(v.span, "");
                        self.report(d.help("for example `seed 1`"));
                    }
                    Err(Poison) => {}
                },
                "tasks" => {
                    let mut tasks = vec![];
                    for v in values {
                        tasks.extend(self.task_refs(v, env).unwrap_or_default());
                    }
                    tasks.sort_unstable();
                    tasks.dedup();
                    b.stage.tasks = tasks;
                }
                "freeze" => {
                    for v in values {
                        let Some(p) = path(v) else { continue };
                        let kinds = [Kind::Encoder, Kind::Task, Kind::Let];
                        let Ok(found) = self.named(&p, env, &kinds, "an encoder, a `let` or a task") else { continue };
                        if p.tap.is_some() {
                            self.later(v.span, "freezing single layers");
                        }
                        for (kind, i) in found {
                            b.stage.freeze.push(match kind {
                                Kind::Encoder => self.p.encoders[i].name.clone(),
                                Kind::Let => self.p.lets[i].name.clone(),
                                _ => self.tasks[i].name.clone(),
                            });
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// `eval every 500`, `eval 500`, `eval every 5min`.
    fn eval_every(&mut self, v: &Expr, span: Span, env: &Env, b: &mut Base) {
        let inner = match &*v.value {
            ExprKind::Call(f, args) if is_name(f, "every") && args.len() == 1 => args[0].value.clone(),
            _ => v.clone(),
        };
        let seconds = matches!(&*inner.value, ExprKind::Number(n) if matches!(n.unit, Some(ast::Unit::Seconds | ast::Unit::Minutes | ast::Unit::Hours)));
        match self.number(&inner, env, "`eval every`") {
            Ok(n) if n >= 1.0 => {
                b.stage.eval_every = Some(if seconds { Length::Seconds(n) } else { Length::Steps(n as u64) })
            }
            Ok(_) => {
                let d = Diagnostic::new("E0207", "`eval every` needs a positive number of steps").at(span, "");
                self.report(d.help("write `eval every 500`"));
            }
            Err(Poison) => {}
        }
    }

    fn word_and_args<'e>(&mut self, v: &'e Expr) -> Option<(&'e str, Span, &'e [ast::Arg])> {
        match &*v.value {
            ExprKind::Name(n) => Some((n, v.span, &[])),
            ExprKind::Call(f, args) => match &*f.value {
                ExprKind::Name(n) => Some((n, f.span, args)),
                _ => None,
            },
            _ => None,
        }
    }

    fn choice<'e>(&mut self, what: &str, v: &'e Expr, table: &[builtins::Choice]) -> Option<(&'e str, &'e [ast::Arg])> {
        let known: Vec<&str> = table.iter().map(|c| c.name).collect();
        let Some((word, span, args)) = self.word_and_args(v) else {
            let d = Diagnostic::new("E0241", format!("this is not {what}")).at(v.span, "");
            self.report(d.help(format!("known are: {}", known.join(", "))));
            return None;
        };
        let Some(row) = table.iter().find(|c| c.name == word) else {
            self.unknown_word("E0241", what, word, span, &known);
            return None;
        };
        if !row.runs {
            self.later(v.span, format!("`{word}`"));
            return None;
        }
        Some((word, args))
    }

    fn optimizer(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let known: Vec<&str> = builtins::OPTIMIZERS.iter().map(|(n, _)| *n).collect();
        let Some((word, span, args)) = self.word_and_args(v) else {
            let d = Diagnostic::new("E0241", "this is not an optimiser").at(v.span, "");
            self.report(d.help(format!("known are: {}", known.join(", "))));
            return;
        };
        if !known.contains(&word) {
            self.unknown_word("E0241", "an optimiser", word, span, &known);
            return;
        }
        let mut o = self.optimizer_defaults(word);
        for a in args {
            let Some(n) = &a.name else {
                let d = Diagnostic::new("E0215", "settings of an optimiser are named").at(a.value.span, "");
                self.report(d.help(format!("write `{word}(lr = 1e-3)`")));
                continue;
            };
            match n.value.as_str() {
                "warmup" => match self.number(&a.value, env, "`warmup`") {
                    Ok(x) if x >= 0.0 => o.warmup = x,
                    Ok(_) => {
                        let d = Diagnostic::new("E0207", "`warmup` cannot be negative").at(a.value.span, "");
                        self.report(d.help("write `warmup = 10%` or `warmup = 500`"));
                    }
                    Err(Poison) => {}
                },
                "decay" => {
                    let (w, arg) = match self.word_and_args(&a.value) {
                        Some((w, _, args)) => (w.to_string(), args.first().map(|x| x.value.clone())),
                        None => (String::new(), None),
                    };
                    let rate = |c: &mut Self, default: f64| match &arg {
                        Some(e) => c.number(e, env, "`decay`").unwrap_or(default),
                        None => default,
                    };
                    o.decay = match w.as_str() {
                        "none" => Decay::None,
                        "linear" => Decay::Linear,
                        "cosine" => Decay::Cosine,
                        "exponential" => Decay::Exponential(rate(self, 0.95)),
                        "inverse" => Decay::InverseTime(rate(self, 0.05)),
                        _ => {
                            let known = ["none", "linear", "cosine", "exponential", "inverse"];
                            self.unknown_word("E0241", "a decay", &path_words(&a.value), a.value.span, &known);
                            Decay::None
                        }
                    };
                }
                "groups" => self.groups(&a.value, env, &mut o),
                key if o.settings.contains_key(key) => {
                    let value = match &*a.value.value {
                        ExprKind::Name(t) if t == "true" || t == "yes" => Ok(1.0),
                        ExprKind::Name(t) if t == "false" || t == "no" => Ok(0.0),
                        _ => self.number(&a.value, env, &format!("`{key}`")),
                    };
                    let Ok(x) = value else { continue };
                    let bad = match key {
                        "lr" | "epsilon" => x <= 0.0,
                        "weight_decay" => x < 0.0,
                        _ => !(0.0..=1.0).contains(&x),
                    };
                    if bad {
                        let d = Diagnostic::new("E0207", format!("`{key}` is out of range"))
                            .at(a.value.span, format!("this is {x}"));
                        let default =
                            self.optimizer_defaults(word).settings.get(key).and_then(Setting::as_f64).unwrap_or(0.0);
                        self.report(d.help(format!("its default is {default}")));
                        continue;
                    }
                    if key == "lr" && x > 10.0 {
                        let d = Diagnostic::new("E0207", "no learning rate is that large")
                            .at(a.value.span, format!("this is {x}"));
                        self.report(d.help("write, for example, `lr = 1e-3`"));
                        continue;
                    }
                    o.settings.insert(key.into(), Setting::Real(x));
                }
                key => {
                    let mut known: Vec<&str> = builtins::OPTIMIZER_COMMON.to_vec();
                    let own: Vec<String> = o.settings.keys().cloned().collect();
                    known.extend(own.iter().map(String::as_str));
                    self.unknown_word("E0215", &format!("a setting of `{word}`"), key, n.span, &known);
                }
            }
        }
        b.stage.optimizer = o;
    }

    /// `groups = [enc(1e-4), slot(1e-3)]`: learning rates by encoder or task.
    fn groups(&mut self, v: &Expr, env: &Env, o: &mut Optimizer) {
        let ExprKind::List(items) = &*v.value else {
            let d = Diagnostic::new("E0215", "`groups` is a list of learning rates").at(v.span, "");
            self.report(d.help("write `groups = [enc(1e-4), slot(1e-3)]`"));
            return;
        };
        for item in items {
            let ExprKind::Call(f, args) = &*item.value else {
                let d =
                    Diagnostic::new("E0215", "a group is an encoder or task with its learning rate").at(item.span, "");
                self.report(d.help("write `enc(1e-4)`"));
                continue;
            };
            let (Some(p), [arg]) = (path(f), args.as_slice()) else { continue };
            let kinds = [Kind::Encoder, Kind::Task, Kind::Let];
            let Ok(found) = self.named(&p, env, &kinds, "an encoder, a `let` or a task") else { continue };
            let Ok(lr) = self.number(&arg.value, env, "a learning rate") else { continue };
            if !(0.0..=10.0).contains(&lr) {
                let d = Diagnostic::new("E0207", "this learning rate is out of range").at(arg.value.span, "");
                self.report(d.help("write, for example, `1e-4`"));
                continue;
            }
            for (kind, i) in found {
                let owner = match kind {
                    Kind::Encoder => self.p.encoders[i].name.clone(),
                    Kind::Let => self.p.lets[i].name.clone(),
                    _ => self.tasks[i].name.clone(),
                };
                o.groups.push((owner, lr));
            }
        }
    }

    fn sampler(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let Some((word, args)) = self.choice("a sampler", v, builtins::SAMPLERS) else { return };
        let row = builtins::SAMPLERS.iter().find(|c| c.name == word);
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
                    if let (Some(k), Some(row), Some(n)) = (key, row, &a.name)
                        && !row.args.contains(&k)
                    {
                        if row.args.is_empty() {
                            let d = Diagnostic::new("E0215", format!("`{word}` takes no options")).at(n.span, "");
                            self.report(d.help(format!("write `sample {word}`")));
                        } else {
                            self.unknown_word("E0215", &format!("an option of `{word}`"), k, n.span, row.args);
                        }
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

    fn weighting(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let Some((word, args)) = self.choice("a weighting", v, builtins::WEIGHTINGS) else { return };
        if word == "uncertainty" {
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

    /// An expression over metrics.
    pub(crate) fn score(&mut self, e: &Expr, env: &Env) -> Result<Score, Poison> {
        match &*e.value {
            ExprKind::Error => Err(Poison),
            ExprKind::Paren(e) => self.score(e, env),
            ExprKind::Number(n) => Ok(Score::Number(n.value)),
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (Box::new(self.score(a, env)?), Box::new(self.score(b, env)?));
                match op.value {
                    BinOp::Add => Ok(Score::Add(a, b)),
                    BinOp::Sub => Ok(Score::Sub(a, b)),
                    BinOp::Mul => Ok(Score::Mul(a, b)),
                    BinOp::Div => Ok(Score::Div(a, b)),
                    _ => {
                        let d = Diagnostic::new("E0242", "a comparison is not a figure").at(op.span, "");
                        Err(self.report(d.help("write it behind `expect`")))
                    }
                }
            }
            ExprKind::Neg(a) => Ok(Score::Sub(Box::new(Score::Number(0.0)), Box::new(self.score(a, env)?))),
            ExprKind::Call(f, args) if is_name(f, "mean") => {
                let mut all = vec![];
                for a in args {
                    all.extend(self.scores(&a.value, env)?);
                }
                if all.is_empty() && self.tasks.iter().any(|t| t.left_out) {
                    return Err(Poison);
                }
                if all.is_empty() {
                    let d = Diagnostic::new("E0242", "`mean` of nothing").at(e.span, "");
                    return Err(self.report(d.help("write `mean(a.accuracy, b.accuracy)`")));
                }
                Ok(Score::Mean(all))
            }
            _ => {
                let mut all = self.scores(e, env)?;
                match all.len() {
                    1 => Ok(all.remove(0)),
                    0 => Err(Poison),
                    _ => {
                        let d = Diagnostic::new("E0242", "these are several figures")
                            .at(e.span, format!("{} figures", all.len()));
                        Err(self.report(d.help(format!("write `mean({})`", path_words(e)))))
                    }
                }
            }
        }
    }

    /// `slot.span_f1`, `sent[*].accuracy`, `slot`, `atis.frame_accuracy`.
    fn scores(&mut self, e: &Expr, env: &Env) -> Result<Vec<Score>, Poison> {
        let (base, metric) = match &*e.value {
            ExprKind::Dot(b, m) => (b, Some(ast::Node::new(Box::new(ExprKind::Name(m.value.clone())), m.span))),
            // slot.f(0.5)
            ExprKind::Call(f, args) => match &*f.value {
                ExprKind::Dot(b, m) => {
                    let name = ast::Node::new(Box::new(ExprKind::Name(m.value.clone())), m.span);
                    (b, Some(ast::Node::new(Box::new(ExprKind::Call(name, args.clone())), e.span)))
                }
                _ => return Err(self.not_a_figure(e)),
            },
            ExprKind::Name(_) | ExprKind::Index(..) => (e, None),
            _ => return Err(self.not_a_figure(e)),
        };
        let Some(p) = path(base) else { return Err(self.not_a_figure(e)) };
        let data_only = metric.as_ref().is_some_and(|m| is_name(m, "frame_accuracy"));
        let meaning = match data_only {
            true => self.p.lookup_data(p.name, env).or_else(|| self.p.lookup(p.name, env)),
            false => self.p.lookup(p.name, env),
        };
        let named = match (p.index, meaning) {
            (None, Some(Meaning::One(kind @ (Kind::Task | Kind::Data), i))) => vec![(kind, i)],
            (None, Some(Meaning::Family(kind, m))) => m.into_iter().map(|i| (kind, i)).collect(),
            _ => self.named(&p, env, &[Kind::Task, Kind::Data], "a task")?,
        };
        let mut out = vec![];
        for (kind, i) in named {
            if kind == Kind::Data {
                match &metric {
                    Some(m) if is_name(m, "frame_accuracy") || is_name(m, "sentence_accuracy") => {
                        out.push(Score::Frame { corpus: i })
                    }
                    _ => {
                        let d = Diagnostic::new("E0242", "the figure of a data set is `frame_accuracy`").at(e.span, "");
                        return Err(self.report(d.help(format!("write `{}.frame_accuracy`, or name a task", p.name))));
                    }
                }
                continue;
            }
            if self.tasks[i].left_out {
                continue;
            }
            if self.tasks[i].poisoned {
                return Err(Poison);
            }
            let at = match &metric {
                None => 0,
                Some(m) => {
                    let head = self.tasks[i].head;
                    // the metric is found in its canonical name among the task's, or added to them
                    let m = match &*m.value {
                        ExprKind::Name(w) if w == "f" && self.tasks[i].metrics.iter().any(|x| x.name == "f") => {
                            self.tasks[i].metrics.iter().find(|x| x.name == "f").cloned().ok_or(Poison)?
                        }
                        _ => {
                            let settings = self.tasks[i].settings.clone();
                            self.metric(m, env, head, &settings)?
                        }
                    };
                    match self.tasks[i]
                        .metrics
                        .iter()
                        .position(|x| x.name == m.name && x.args == m.args && x.classes == m.classes)
                    {
                        Some(k) => k,
                        None => {
                            self.tasks[i].metrics.push(m);
                            self.tasks[i].metrics.len() - 1
                        }
                    }
                }
            };
            out.push(Score::Metric { task: i, metric: at });
        }
        Ok(out)
    }

    fn not_a_figure(&mut self, e: &Expr) -> Poison {
        let d = Diagnostic::new("E0242", "this is not a figure").at(e.span, "");
        self.report(d.help("write `task.metric`, for example `slot.span_f1`"))
    }

    fn objective_default(&mut self, train: &mut Train) {
        if train.objective.is_some() || self.tasks.is_empty() {
            return;
        }
        let live: Vec<usize> = (0..self.tasks.len())
            .filter(|i| !self.tasks[*i].poisoned && !self.tasks[*i].left_out && self.tasks[*i].when.is_none())
            .collect();
        if let [one] = live.as_slice() {
            // a program of one task is judged by it wherever there are dev figures, which the data decide
            if self.tasks.iter().filter(|t| !t.left_out).count() > 1 {
                train.objective = Some(Score::Metric { task: *one, metric: 0 });
            }
            return;
        }
        if live.len() != self.tasks.len() && live.is_empty() {
            return;
        }
        // in an expression more is better: errors are subtracted
        let (mut more, mut less): (Vec<String>, Vec<String>) = (vec![], vec![]);
        for i in &live {
            let t = &self.tasks[*i];
            let Some(metric) = t.metrics.first() else { continue };
            let base = t.name.split('[').next().unwrap_or(&t.name);
            let members = if t.name.contains('[') { "[*]" } else { "" };
            let word = format!("{base}{members}.{}", metric.label);
            let upwards = crate::metrics::find(&metric.name).is_none_or(|m| m.higher_is_better);
            let list = if upwards { &mut more } else { &mut less };
            if !list.contains(&word) {
                list.push(word);
            }
        }
        let mean = |words: &[String]| match words {
            [one] if !one.contains('*') => one.clone(),
            many => format!("mean({})", many.join(", ")),
        };
        let line = match (more.is_empty(), less.is_empty()) {
            (_, true) => format!("objective {}", mean(&more)),
            (true, _) => format!("objective -{}", mean(&less)),
            _ => format!("objective {} - {}", mean(&more), mean(&less)),
        };
        let stop = train.stages.iter().any(|s| s.early_stop.is_some());
        let place = self.p.train_span.map(|s| Span { end: s.start + 5, ..s });
        if stop {
            let d = Diagnostic::new("E0243", "`early_stop` watches a figure, and none is declared");
            let span = self
                .p
                .train
                .iter()
                .find(|s| matches!(&s.value, SettingKind::Attr { name, .. } if name.value == "early_stop"));
            let d = match span.map(|s| s.span).or(place) {
                Some(s) => d.at(s, "stops by which figure?"),
                None => d,
            };
            self.report(d.help(format!("add to `train`: `{line}`")));
        } else if !self.d.iter().any(Diagnostic::is_error) {
            let d = Diagnostic::new("W0101", "no objective is declared: the last weights are kept, not the best");
            let d = match place {
                Some(s) => d.at(s, format!("trains {} tasks", live.len())),
                None => d,
            };
            self.report(d.help(format!("add to `train`: `{line}`")));
        }
    }

    /// What is declared and read by nobody, and what is never trained.
    pub(crate) fn check_unused(&mut self, train: &Train) {
        let broken = self.d.iter().any(Diagnostic::is_error);
        if broken {
            return;
        }
        // what does not run is not elaborated through and through, so nothing is said of who reads it
        let whole = self.tasks.iter().all(|t| !t.left_out) && self.not_yet.is_empty();
        for (i, e) in self.p.encoders.iter().enumerate() {
            if whole && !self.used_encoders.contains(&i) {
                let d = Diagnostic::new("W0102", format!("the encoder `{}` is read by nobody", e.name)).at(e.span, "");
                self.report(d.help("read it in a task, or remove it"));
            }
        }
        let scheduled: BTreeSet<usize> = train.stages.iter().flat_map(|s| s.tasks.clone()).collect();
        for i in 0..self.tasks.len() {
            if !self.tasks[i].left_out && !scheduled.contains(&i) {
                let d = Diagnostic::new("W0103", format!("`{}` is trained by no stage", self.tasks[i].name));
                let span = self.tasks[i].span;
                self.report(d.at(span, "").help("add it to the `tasks` of a stage"));
            }
        }
        self.check_reversed();
        for l in &self.p.losses {
            let (span, name) = (l.span, l.name.clone());
            self.later(span, format!("the loss `{name}`"));
        }
        for s in &self.p.shares {
            let span = s.span;
            self.later(span, "`share`");
        }
    }

    /// The members and the scheme of each `share`.
    pub(crate) fn check_shares(&mut self) {
        let p = self.p;
        for s in &p.shares {
            for m in &s.members {
                let Some(path) = path(m) else { continue };
                let kinds = [Kind::Encoder, Kind::Task, Kind::Let];
                // a whole family may share
                if !matches!(p.lookup(path.name, &s.env), Some(Meaning::Family(..))) {
                    let _ = self.named(&path, &s.env, &kinds, "an encoder, a `let` or a task");
                }
            }
            if let Some((word, span, _)) = self.word_and_args(&s.scheme)
                && !builtins::SHARES.contains(&word)
            {
                self.unknown_word("E0241", "a scheme of sharing", word, span, builtins::SHARES);
            }
        }
    }

    /// E0508: an encoder that is trained through `reverse` alone learns nothing but to hide.
    fn check_reversed(&mut self) {
        let mut good: BTreeSet<usize> = BTreeSet::new();
        let mut bad: BTreeSet<usize> = BTreeSet::new();
        for g in self.graphs.iter().filter(|g| g.phase == Phase::Train) {
            let mut state: Vec<u8> = vec![0; g.nodes.len()]; // 1: gradient, 2: reversed gradient
            for t in &g.tasks {
                if t.gold.is_some() {
                    state[t.head] |= 1;
                }
            }
            for i in (0..g.nodes.len()).rev() {
                let n = &g.nodes[i];
                let mut s = state[i];
                if let crate::plan::Op::Layer { layer } = &n.op {
                    let l = &self.layers[*layer];
                    if !l.params.is_empty() {
                        if s & 1 != 0 {
                            good.insert(*layer);
                        }
                        if s & 2 != 0 {
                            bad.insert(*layer);
                        }
                    }
                    match l.kind.as_str() {
                        "reverse" => s = (s & 1) << 1 | (s & 2) >> 1,
                        "stop" | "zeros" => s = 0,
                        _ => {}
                    }
                }
                if matches!(&n.op, crate::plan::Op::Port { port: crate::plan::Port::Labels, .. }) {
                    s = 0;
                }
                for j in &n.inputs {
                    state[*j] |= s;
                }
            }
        }
        let owners: BTreeSet<String> = bad
            .difference(&good)
            .filter_map(|l| self.layers[*l].params.first().map(|p| self.params[*p].owner.clone()))
            .collect();
        for e in self.p.encoders.iter() {
            if owners.contains(&e.name) {
                let d = Diagnostic::new("E0508", format!("nothing trains `{}` except against its purpose", e.name));
                self.report(
                    d.at(e.span, "every path to a loss is reversed").help("let a task read it without `reverse`"),
                );
            }
        }
    }

    /// Direct dependencies: arrows first, then depth.
    pub(crate) fn dependencies(&mut self) -> Vec<crate::graph::Dependency> {
        let names = self.names_of_tasks();
        let mut deps = crate::graph::arrow_dependencies(self.p, &self.edges, &names);
        // reachability by arrows, so that an arrow B → … → A wins over depth
        let reach = |deps: &[crate::graph::Dependency], a: usize, b: usize| {
            let mut seen = BTreeSet::from([a]);
            let mut todo = vec![a];
            while let Some(x) = todo.pop() {
                for d in deps.iter().filter(|d| d.from == x) {
                    if d.to == b {
                        return true;
                    }
                    if seen.insert(d.to) {
                        todo.push(d.to);
                    }
                }
            }
            false
        };
        let ancestors = self.ancestors();
        let mut depth = vec![];
        for a in 0..self.tasks.len() {
            let t = &self.tasks[a];
            if t.tops.is_empty() || t.star || t.reversed || t.head.self_supervised {
                continue;
            }
            for b in 0..self.tasks.len() {
                let u = &self.tasks[b];
                if a == b || u.tops.is_empty() {
                    continue;
                }
                let below = |l: &(usize, u32)| u.tops.iter().find(|m| ancestors.get(m).is_some_and(|s| s.contains(l)));
                let pairs: Vec<Option<&(usize, u32)>> = t.tops.iter().map(below).collect();
                if pairs.iter().all(Option::is_some) && !reach(&deps, b, a) {
                    let low = t.tops.iter().next().copied();
                    let high = pairs.first().copied().flatten().copied();
                    if let (Some(low), Some(high)) = (low, high) {
                        let reason = format!(
                            "`{}` is supervised at {}, below `{}` at {}",
                            t.name,
                            self.layer_words(low),
                            u.name,
                            self.layer_words(high)
                        );
                        depth.push(crate::graph::Dependency { from: a, to: b, reason });
                    }
                }
            }
        }
        deps.extend(depth);
        deps
    }

    fn layer_words(&self, (e, k): (usize, u32)) -> String {
        let name = &self.p.encoders[e].name;
        if k == 0 { format!("the floor of `{name}`") } else { format!("layer {k} of `{name}`") }
    }

    fn ancestors(&self) -> BTreeMap<(usize, u32), BTreeSet<(usize, u32)>> {
        let mut out: BTreeMap<(usize, u32), BTreeSet<(usize, u32)>> = BTreeMap::new();
        for top in self.below.keys() {
            let mut seen = BTreeSet::new();
            let mut todo: Vec<(usize, u32)> = self.below.get(top).into_iter().flatten().copied().collect();
            while let Some(l) = todo.pop() {
                if seen.insert(l) {
                    todo.extend(self.below.get(&l).into_iter().flatten().copied());
                    if l.1 > 1 {
                        todo.push((l.0, l.1 - 1));
                    }
                }
            }
            seen.remove(top);
            out.insert(*top, seen);
        }
        out
    }

    /// Claims, and parameters that the schedule adds.
    pub(crate) fn finish(&mut self, g: &TaskGraph, train: &Train) -> (Vec<Expect>, BTreeMap<usize, usize>) {
        let mut uncertainty = BTreeMap::new();
        if train.stages.iter().any(|s| matches!(s.weights, Weights::Uncertainty { .. })) {
            for t in (0..self.tasks.len()).filter(|t| !self.tasks[*t].left_out).collect::<Vec<_>>() {
                let name = self.tasks[t].name.clone();
                let zero = dim::InitRule::Fixed(crate::plan::Init::Zeros);
                let id = self.param(format!("{name}.log_variance"), vec![Dim::of(1)], zero, &name);
                uncertainty.insert(t, id);
            }
        }
        let mut out = vec![];
        for (e, env) in self.p.expects.iter() {
            if let Ok(claim) = self.claim(e, env, g) {
                out.push(Expect { text: path_words(e), claim });
            }
        }
        (out, uncertainty)
    }

    fn claim(&mut self, e: &Expr, env: &Env, g: &TaskGraph) -> Result<Claim, Poison> {
        match &*e.value {
            ExprKind::Error => Err(Poison),
            ExprKind::Name(n) if n == "joint" || n == "multi_step" => {
                let is = if g.multi_step() { "multi_step" } else { "joint" };
                if is != n
                    && self.tasks.iter().all(|t| !t.left_out)
                    && self.edges.iter().all(|e| e.alive)
                    && !self.d.iter().any(Diagnostic::is_error)
                {
                    let d = Diagnostic::new("E0308", format!("the graph is {is}, not {n}")).at(e.span, "claimed here");
                    let d = match g.dependencies.first() {
                        Some(dep) => d.help(dep.reason.clone()),
                        None => d.help("no task needs another's output, and none is supervised below another"),
                    };
                    return Err(self.report(d.fix(e.span, is, false)));
                }
                // of a program that was cut by `--only` or `--without` the claim was not made
                if is == n { Ok(Claim::Verdict) } else { Err(Poison) }
            }
            ExprKind::Binary(op, a, b)
                if matches!(op.value, BinOp::Ge | BinOp::Le | BinOp::Gt | BinOp::Lt | BinOp::Eq) =>
            {
                let word = match op.value {
                    BinOp::Ge => ">=",
                    BinOp::Le => "<=",
                    BinOp::Gt => ">",
                    BinOp::Lt => "<",
                    _ => "==",
                }
                .to_string();
                let value = self.number(b, env, "a threshold")?;
                let percent = matches!(&*b.value, ExprKind::Number(n) if n.unit == Some(ast::Unit::Percent));
                if percent && value > 1.0 {
                    let d = Diagnostic::new("E0207", "no figure exceeds 100%").at(b.span, "");
                    return Err(self.report(d.help("write a share, for example `90%`")));
                }
                match &*a.value {
                    ExprKind::Call(f, args) if is_name(f, "gain") => {
                        let single = args
                            .iter()
                            .any(|x| x.name.as_ref().is_some_and(|n| n.value == "over") && is_name(&x.value, "single"));
                        let score = args.first().ok_or(Poison)?;
                        let score = self.score(&score.value, env)?;
                        if !single {
                            self.later(a.span, "this comparison");
                            return Err(Poison);
                        }
                        let Score::Metric { task, .. } = score else {
                            let d = Diagnostic::new("E0242", "`gain` compares one task's figure").at(a.span, "");
                            return Err(self.report(d.help("write `gain(slot.span_f1, over = single) >= 1%`")));
                        };
                        Ok(Claim::Gain { score, task, op: word, value })
                    }
                    ExprKind::Call(f, args) if is_name(f, "drop") => {
                        let score = args.first().ok_or(Poison)?;
                        let score = self.score(&score.value, env)?;
                        let without = args.iter().find(|x| x.name.as_ref().is_some_and(|n| n.value == "without"));
                        let Some((w, ExprKind::Arrow(x, y))) = without.map(|w| (w, &*w.value.value)) else {
                            let d = Diagnostic::new("E0242", "`drop` names the arrow to be cut").at(a.span, "");
                            return Err(
                                self.report(d.help("write `drop(chunk.span_f1, without = pos -> chunk) >= 1%`"))
                            );
                        };
                        let (s, t) = (path(x).map(|p| p.name.to_string()), path(y).map(|p| p.name.to_string()));
                        let (s, t) = (s.ok_or(Poison)?, t.ok_or(Poison)?);
                        let known = self.edges.iter().any(|e| self.edge_is(e, &s, &t));
                        if !known {
                            let d = Diagnostic::new("E0309", format!("there is no arrow `{s} -> {t}`"))
                                .at(w.value.span, "");
                            let all: Vec<String> = self.edges.iter().map(|e| format!("`{}`", e.name)).collect();
                            return Err(self.report(d.help(match all.as_slice() {
                                [] => "the program has no arrows".to_string(),
                                _ => format!("arrows are: {}", all.join(", ")),
                            })));
                        }
                        // cut already by `--without` or `--only`: there is nothing to compare with
                        if !self.edges.iter().any(|e| e.alive && self.edge_is(e, &s, &t)) {
                            return Err(Poison);
                        }
                        Ok(Claim::Drop { score, arrow: format!("{s} -> {t}"), op: word, value })
                    }
                    ExprKind::Call(f, _) if ["probe", "match"].iter().any(|w| is_name(f, w)) => {
                        self.later(a.span, "this claim");
                        Err(Poison)
                    }
                    _ => Ok(Claim::Figure { score: self.score(a, env)?, op: word, value }),
                }
            }
            ExprKind::Name(n) => {
                let known = ["joint", "multi_step"];
                Err(self.unknown_word("E0242", "a claim", n, e.span, &known))
            }
            _ => {
                let d = Diagnostic::new("E0242", "this is not a claim").at(e.span, "");
                Err(self.report(d.help("write `expect joint`, `expect multi_step` or `expect slot.span_f1 >= 90%`")))
            }
        }
    }

    /// Whether an arrow leads from `s` to `t` (names without members' keys).
    pub(crate) fn edge_is(&self, e: &Edge, s: &str, t: &str) -> bool {
        let base = |n: &str| n.split('[').next().unwrap_or(n).to_string();
        let to = match &e.target {
            Target::Task(i) | Target::Slot(i, _) => self.tasks[*i].name.clone(),
            Target::Encoder(i, _) => self.p.encoders[*i].name.clone(),
        };
        let from = &self.tasks[e.source].name;
        (from == s || base(from) == s) && (to == t || base(&to) == t)
    }
}
