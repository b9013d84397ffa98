//! Optimisers and their groups.

use super::*;
use crate::kinds::optimisers;
use crate::resolve::word_of;
use crate::words;
use crate::words::Takes;
use crate::words::numbers::GROUP_RATE;

impl<'p> Scheduler<'_, 'p> {
    pub(super) fn optimizer_defaults(&self, kind: &str) -> Optimizer {
        let settings: Settings = optimisers::find(kind)
            .map(|o| o.settings.iter().map(|(a, v)| (a.name.to_string(), Setting::Real(*v))).collect())
            .unwrap_or_default();
        Optimizer { kind: kind.into(), settings, groups: vec![], warmup: 0.0, decay: optimisers::Decay::usual() }
    }

    pub(super) fn optimizer(&mut self, v: &Expr, env: &Env, b: &mut Base) {
        let known: Vec<&str> = optimisers::OPTIMIZERS.iter().map(|o| o.name).collect();
        let Some((word, span, args)) = word_of(v) else {
            self.unknown_word("E0241", "an optimiser", &path_words(v), v.span, &known);
            return;
        };
        if !known.contains(&word) {
            self.unknown_word("E0241", "an optimiser", word, span, &known);
            return;
        }
        let own = optimisers::find(word).map_or(&[][..], |o| o.settings);
        let table: Vec<&words::Arg> = own.iter().map(|(a, _)| a).chain(optimisers::OPTIMIZER_COMMON).collect();
        let mut o = self.optimizer_defaults(word);
        let mut seen: Vec<(&str, Span)> = vec![];
        for a in args {
            // `sgd(nesterov)`: a flag stands alone
            let (key, place) = match (&a.name, &*a.value.value) {
                (Some(n), _) => (n.value.as_str(), n.span),
                (None, ExprKind::Name(n)) if table.iter().any(|t| t.name == n && t.takes == Takes::Flag) => {
                    (n.as_str(), a.value.span)
                }
                _ => {
                    let d = Diagnostic::new("E0215", "settings of an optimiser are named").at(a.value.span, "");
                    self.report(d.help(format!("write `{word}(lr = 1e-3)`")));
                    continue;
                }
            };
            let Some(arg) = table.iter().find(|t| t.name == key) else {
                let known: Vec<&str> = table.iter().map(|t| t.name).collect();
                self.unknown_word("E0215", &format!("a setting of `{word}`"), key, place, &known);
                continue;
            };
            if let Some((_, first)) = seen.iter().find(|(k, _)| *k == key) {
                self.r.twice(key, place, *first);
                continue;
            }
            seen.push((key, place));
            let e = &a.value;
            match (key, arg.takes) {
                ("decay", _) => self.decay(e, env, &mut o),
                ("groups", _) => self.groups(e, env, &mut o),
                (_, Takes::Flag) => {
                    if self.r.taken(arg, word, &format!("{word}({key} = true)"), e, env).is_ok() {
                        let off = is_name(e, "false") || is_name(e, "no");
                        o.settings.insert(key.to_string(), Setting::Real(f64::from(!off)));
                    }
                }
                _ => {
                    let default = own.iter().find(|(a, _)| a.name == key).map(|(_, d)| *d);
                    let help = match default {
                        Some(d) => format!("its default is {d}"),
                        None => "write `warmup = 10%` or `warmup = 500`".into(),
                    };
                    let Ok(x) = self.r.in_range(e, env, arg.takes.ranges(), &format!("`{key}`"), &help) else {
                        continue;
                    };
                    match key {
                        "warmup" => o.warmup = x,
                        _ => o.settings.insert(key.to_string(), Setting::Real(x)),
                    }
                }
            }
        }
        let set = |key: &str| o.settings.get(key).and_then(Setting::as_f64).is_some_and(|x| x != 0.0);
        if let Some((_, place)) = seen.iter().find(|(k, _)| *k == "nesterov")
            && set("nesterov")
            && !set("momentum")
            && !seen.iter().any(|(k, _)| *k == "momentum")
        {
            let d = Diagnostic::new("E0223", "`nesterov` changes the momentum, and there is none").at(*place, "");
            self.report(d.help("write `sgd(momentum = 0.9, nesterov = true)`"));
        }
        b.stage.optimizer = o;
    }

    /// `decay = exponential(0.95)`
    fn decay(&mut self, e: &Expr, env: &Env, o: &mut Optimizer) {
        let Some((kind, args)) = self.r.chosen("a decay", e, optimisers::DECAYS) else { return };
        let Some(values) = self.values(&kind.row, crate::words::Naming::None, e.span, args, env, "") else { return };
        o.decay = kind.plan(&values);
    }

    /// `groups = [enc(1e-4), slot(1e-3)]`: learning rates by encoder or task.
    pub(super) fn groups(&mut self, v: &Expr, env: &Env, o: &mut Optimizer) {
        let ExprKind::List(items) = &*v.value else {
            let d = Diagnostic::new("E0215", "`groups` is a list of learning rates").at(v.span, "");
            self.report(d.help("write `groups = [enc(1e-4), slot(1e-3)]`"));
            return;
        };
        // of layers: what computes the lower one is its own
        let mut layers: Vec<(u64, String, f64)> = vec![];
        for item in items {
            let ExprKind::Call(f, args) = &*item.value else {
                let d =
                    Diagnostic::new("E0215", "a group is an encoder or task with its learning rate").at(item.span, "");
                self.report(d.help("write `enc(1e-4)`"));
                continue;
            };
            let (Some(p), [arg]) = (path(f), args.as_slice()) else {
                let d = Diagnostic::new("E0215", "a group is an encoder or task with its learning rate");
                self.report(d.at(item.span, "").help("write `enc(1e-4)`"));
                continue;
            };
            let kinds = [Kind::Encoder, Kind::Task, Kind::Let];
            let Ok(found) = self.r.named(&p, env, &kinds, "an encoder, a `let` or a task", &[Part::Layer]) else {
                continue;
            };
            let help = "write, for example, `1e-4`";
            let Ok(lr) = self.r.in_range(&arg.value, env, GROUP_RATE, "a learning rate", help) else { continue };
            if let Some(tap) = p.tap {
                match (&tap.value, found.as_slice()) {
                    (ast::Tap::Layer(k), [(Kind::Encoder, i)]) => {
                        self.layer_exists(*i, *k, tap.span);
                        layers.extend(self.up_to(*i, *k).into_iter().map(|name| (*k, name, lr)));
                    }
                    _ => self.unsupported(item.span, "a learning rate of a range of layers"),
                }
                continue;
            }
            for (kind, i) in found {
                let owner = match kind {
                    Kind::Encoder => self.p.encoders[i].name.clone(),
                    Kind::Let => self.p.lets[i].name.clone(),
                    _ => self.r.tasks[i].name.clone(),
                };
                if o.groups.iter().any(|(o, _)| *o == owner) {
                    let d =
                        Diagnostic::new("E0228", format!("`{owner}` has two learning rates")).at(item.span, "again");
                    self.report(d.help("keep one of the two"));
                    continue;
                }
                o.groups.push((owner, lr));
            }
        }
        layers.sort_by_key(|(k, ..)| *k);
        for (_, name, lr) in layers {
            if !o.groups.iter().any(|(o, _)| *o == name) {
                o.groups.push((name, lr));
            }
        }
    }
}
