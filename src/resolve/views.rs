//! Views of a task (`view v with cutoff(token, 5%)`, `view v from enc@1.fwd`), and the losses that a task names itself.

use super::*;
use crate::ast::{self, BinOp, ExprKind, SettingKind};
use crate::kinds::heads;
use crate::kinds::terms;
use crate::words;

impl<'p> Resolver<'p> {
    /// The views of a task; the trainer does not run them yet.
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
                self.arguments(row, value.span, args, &def.env);
            }
            self.unsupported(s.span, "a view");
        }
    }

    /// `loss distant + mse`, `loss ce(negatives = 10%)`, `loss none`.
    pub(crate) fn task_loss(&mut self, e: &'p Expr, env: &Env, head: &'static heads::Row) {
        match &*e.value {
            ExprKind::Error => {}
            ExprKind::Paren(e) => self.task_loss(e, env, head),
            ExprKind::Binary(op, a, b) if op.value == BinOp::Add => {
                self.task_loss(a, env, head);
                self.task_loss(b, env, head);
            }
            ExprKind::Binary(op, a, b) if op.value == BinOp::Mul => {
                let (factor, of) = if word_of(a).is_some() { (b, a) } else { (a, b) };
                let _ = self.number(factor, env, "the factor of a loss");
                self.task_loss(of, env, head);
            }
            _ => {
                let known: Vec<&str> = terms::TASK_LOSSES.iter().map(|c| c.name).collect();
                let Some((word, span, args)) = word_of(e) else {
                    let d = Diagnostic::new("E0241", "this is not the loss of a task").at(e.span, "");
                    self.report(d.help(format!("known are: {}", known.join(", "))));
                    return;
                };
                let Some(row) = words::choice(terms::TASK_LOSSES, word) else {
                    // a function of a `loss` line
                    if terms::find(word).is_some() {
                        let d =
                            Diagnostic::new("E0241", format!("`{word}` is a term of its own, not the loss of a task"));
                        self.report(d.at(span, "").help(format!("write a line `loss name = {word}(...)`")));
                    } else {
                        self.unknown_word("E0241", "the loss of a task", word, span, &known);
                    }
                    return;
                };
                let having: Vec<&str> = heads::rows().filter(|h| h.losses.contains(&word)).map(|h| h.name).collect();
                if !having.is_empty() && !head.losses.contains(&word) {
                    let fits: Vec<String> = head.losses.iter().map(|l| format!("`{l}`")).collect();
                    let d = Diagnostic::new("E0232", format!("the head `{}` has no loss `{word}`", head.name));
                    let d = d.at(span, format!("a loss of {}", either(&having)));
                    self.report(match fits.as_slice() {
                        [] => d.help(format!("leave it out: the loss of `{}` is {}", head.name, head.loss)),
                        _ => d.help(format!("its losses are {}", fits.join(", "))),
                    });
                    return;
                }
                self.arguments(row, e.span, args, env);
            }
        }
    }
}
