//! Optimisers and their groups.

use super::*;
use crate::check::words::word_of;

impl<'p> Checker<'p> {
    pub(super) fn optimizer_defaults(&self, kind: &str) -> Optimizer {
        let row = builtins::OPTIMIZERS.iter().find(|(n, _)| *n == kind);
        let settings: Settings =
            row.map(|(_, d)| d.iter().map(|(k, v)| (k.to_string(), Setting::Real(*v))).collect()).unwrap_or_default();
        Optimizer { kind: kind.into(), settings, groups: vec![], warmup: 0.0, decay: Decay::None }
    }

    pub(super) fn optimizer(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let known: Vec<&str> = builtins::OPTIMIZERS.iter().map(|(n, _)| *n).collect();
        let Some((word, span, args)) = word_of(v) else {
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
                    let (w, arg) = match word_of(&a.value) {
                        Some((w, _, args)) => (w.to_string(), args.first().map(|x| x.value.clone())),
                        None => (String::new(), None),
                    };
                    let extra = word_of(&a.value)
                        .and_then(|(w, _, args)| args.get(usize::from(matches!(w, "exponential" | "inverse"))));
                    if let Some(extra) = extra {
                        let d = Diagnostic::new("E0215", format!("`{w}` has too many arguments"));
                        self.report(
                            d.at(extra.value.span, "one too many").help("for example `decay = exponential(0.95)`"),
                        );
                    }
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
    pub(super) fn groups(&mut self, v: &Expr, env: &Env, o: &mut Optimizer) {
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
}
