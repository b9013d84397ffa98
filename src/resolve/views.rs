//! Views of a task (`view v with cutoff(token, 5%)`, `view v from enc@1.fwd`), and the losses that a task names itself.

use super::*;
use crate::ast::{self, BinOp, ExprKind, SettingKind};
use crate::hir::is_name;
use crate::kinds::heads;
use crate::kinds::terms;
use crate::plan::{ClassWeights, OwnLoss, Setting, Settings};

impl<'p> Resolver<'p> {
    /// The views of a task.
    pub(crate) fn views(&mut self, def: &'p crate::hir::TaskDef) {
        let mut seen: Vec<&ast::Name> = vec![];
        for s in &def.ast.options {
            let SettingKind::View { name, from, value } = &s.value else { continue };
            if let Some(first) = seen.iter().find(|n| n.value == name.value) {
                let d = Diagnostic::new("E0202", format!("the view `{}` is declared twice", name.value));
                self.report(
                    d.at(name.span, "again").with(first.span, "first here").help("give one of the two another name"),
                );
            }
            seen.push(name);
            if *from {
                self.walk(value, &def.env);
            } else if let Some((row, args)) = self.chosen("a view of the input", value, crate::kinds::views::VIEWS) {
                self.arguments(&row.row, value.span, args, &def.env);
            }
        }
    }

    /// `loss distant + mse`, `loss ce(smoothing = 10%)`, `loss none`: its parts, and whether the trainer runs them.
    pub(crate) fn task_loss(
        &mut self,
        e: &'p Expr,
        env: &Env,
        info: &TaskInfo,
        factor: f64,
        parts: &mut Vec<OwnLoss>,
    ) -> Result<bool, Reported> {
        let head = info.head;
        match &*e.value {
            ExprKind::Error => Err(Reported),
            ExprKind::Paren(e) => self.task_loss(e, env, info, factor, parts),
            ExprKind::Binary(op, a, b) if op.value == BinOp::Add => {
                let (x, y) = (self.task_loss(a, env, info, factor, parts), self.task_loss(b, env, info, factor, parts));
                Ok(x? & y?)
            }
            ExprKind::Binary(op, a, b) if op.value == BinOp::Mul => {
                let (by, of) = if word_of(a).is_some() { (b, a) } else { (a, b) };
                let by = self.number(by, env, "the factor of a loss");
                let runs = self.task_loss(of, env, info, factor * by.unwrap_or(1.0), parts)?;
                by.map(|_| runs)
            }
            _ => {
                let known: Vec<&str> = terms::TASK_LOSSES.iter().map(|l| l.row.name).collect();
                let Some((word, span, args)) = word_of(e) else {
                    let d = Diagnostic::new("E0241", "this is not the loss of a task").at(e.span, "");
                    return Err(self.report(d.help(format!("known are: {}", known.join(", ")))));
                };
                let Some(kind) = terms::own(word) else {
                    // a function of a `loss` line
                    if terms::find(word).is_some() {
                        let d =
                            Diagnostic::new("E0241", format!("`{word}` is a term of its own, not the loss of a task"));
                        return Err(self.report(d.at(span, "").help(format!("write a line `loss name = {word}(...)`"))));
                    }
                    return Err(self.unknown_word("E0241", "the loss of a task", word, span, &known));
                };
                let having: Vec<&str> = heads::rows().filter(|h| h.losses.contains(&word)).map(|h| h.name).collect();
                if !having.is_empty() && !head.losses.contains(&word) {
                    let fits: Vec<String> = head.losses.iter().map(|l| format!("`{l}`")).collect();
                    let d = Diagnostic::new("E0232", format!("the head `{}` has no loss `{word}`", head.name));
                    let d = d.at(span, format!("a loss of {}", either(&having)));
                    return Err(self.report(match fits.as_slice() {
                        [] => d.help(format!("leave it out: the loss of `{}` is {}", head.name, head.loss)),
                        _ => d.help(format!("its losses are {}", fits.join(", "))),
                    }));
                }
                let given = self.arguments(&kind.row, e.span, args, env).ok_or(Reported)?;
                let own = info.rule.own_loss == Some(word) && given.is_empty();
                if word != terms::NO_LOSS && !own && head.runs {
                    self.judged_alone(info, &format!("`loss {word}`"), span)?;
                }
                let number = |(name, e): (&&'static str, &&Expr)| match self.p.constant(e, env) {
                    Some(Item::Number(x)) => Some((*name, Setting::Real(x))),
                    _ => None,
                };
                let settings: Settings = given.iter().filter_map(number).collect();
                let runs = head.runs && kind.row.runs && kind.later.iter().all(|l| !given.contains_key(l));
                if word != terms::NO_LOSS {
                    parts.push(OwnLoss { kind: word.into(), settings, factor });
                }
                Ok(runs || word == terms::NO_LOSS)
            }
        }
    }

    /// E0232: a loss of another kind needs answers that are each right or wrong by themselves.
    fn judged_alone(&mut self, info: &TaskInfo, what: &str, span: Span) -> Result<(), Reported> {
        if (info.rule.judged)(&info.settings) {
            return Ok(());
        }
        let loss = (info.rule.loss)(&info.settings).unwrap_or(info.head.loss);
        let d = Diagnostic::new("E0232", format!("`{}` does not judge each answer by itself", info.head_text));
        let d = d.at(span, format!("{what} does")).with(info.span, format!("its loss is {loss}"));
        Err(self.report(d.help("leave it out, or choose a head without the option")))
    }

    /// `class_weights balanced`, `class_weights "yes" * 2, "no" * 0.5`.
    pub(crate) fn class_weights(&mut self, values: &'p [Expr], span: Span, env: &Env, info: &mut TaskInfo) {
        if info.rule.own_loss.is_none() || (info.rule.classes)(&info.settings) != heads::Classes::Gold {
            let d = Diagnostic::new("E0232", format!("the head `{}` has no classes to weigh", info.head_text));
            self.report(d.at(span, "weighs classes").help("remove `class_weights`"));
            return;
        }
        if !info.head.runs {
            self.unsupported(span, "`class_weights` of this head");
            return;
        }
        if self.judged_alone(info, "`class_weights`", span).is_err() {
            return;
        }
        if let [one] = values
            && is_name(one, "balanced")
        {
            info.class_weights = Some(ClassWeights::Balanced);
            return;
        }
        let mut named: Vec<(String, f64)> = vec![];
        for v in values {
            let found = match &*v.value {
                ExprKind::Binary(op, a, b) if op.value == BinOp::Mul => match (&*a.value, &*b.value) {
                    (ExprKind::Text(_), _) => Some((a, b)),
                    (_, ExprKind::Text(_)) => Some((b, a)),
                    _ => None,
                },
                _ => None,
            };
            let Some((class, weight)) = found.and_then(|(c, w)| Some((crate::ast::plain_text(c)?.to_string(), w)))
            else {
                let d = Diagnostic::new("E0207", "weights of classes are `balanced`, or a number for each class");
                self.report(d.at(v.span, "").help("write `class_weights \"yes\" * 2, \"no\" * 0.5`"));
                return;
            };
            let help = "for example `class_weights \"yes\" * 2`";
            let Ok(w) = self.in_range(weight, env, crate::words::numbers::FACTOR, "the weight of a class", help) else {
                return;
            };
            if named.iter().any(|(c, _)| *c == class) {
                let d = Diagnostic::new("E0228", format!("`{class}` has a weight already"));
                self.report(d.at(v.span, "again").help("keep one of the two"));
                return;
            }
            named.push((class, w));
        }
        info.class_weights = Some(ClassWeights::Named(named));
    }
}
