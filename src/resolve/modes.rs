//! What an arrow carries while training and at test: `train gold`, `train predicted + gold`, `test top(5)`.

use super::*;
use crate::ast::BinOp;

/// Ports whose gold a destination may see: decisions, and distributions that gold replaces.
const WITH_GOLD: &[&str] = &["labels", "probs", "top", "sample", "gumbel", "text"];

impl<'p> Resolver<'p> {
    /// `train ...` of an arrow; `None` where something was reported.
    pub(super) fn train_mode(
        &mut self,
        def: &'p crate::hir::EdgeDef,
        e: &Edge,
        v: &'p Expr,
        env: &Env,
    ) -> Option<Mode> {
        let port = e.port;
        let mode = match (word_of(v), &*v.value) {
            (_, ExprKind::Binary(op, a, b)) if op.value == BinOp::Add => {
                let both = |x, y| crate::hir::is_name(a, x) && crate::hir::is_name(b, y);
                if !both("predicted", "gold") && !both("gold", "predicted") {
                    let d = Diagnostic::new("E0234", "this is not a way to train an arrow").at(v.span, "");
                    self.report(d.help("write `train predicted + gold`"));
                    return None;
                }
                if port.is_empty() {
                    return None; // the source is not known
                }
                if port != "top" {
                    let d =
                        Diagnostic::new("E0234", "gold joins the prediction only among the best candidates, `.top(k)`");
                    let d = d.at(v.span, "both at once").with(def.ast.source.span, format!("sends `.{port}`"));
                    self.report(d.help("write `train gold`, `train predicted` or `train scheduled(1 -> 0)`"));
                    return None;
                }
                self.unsupported(v.span, "`train predicted + gold`");
                Mode::Other(path_words(v))
            }
            (Some(("predicted", _, args)), _) => self.bare("predicted", args).then_some(Mode::Predicted)?,
            (Some(("gold", _, args)), _) => self.bare("gold", args).then_some(Mode::Gold)?,
            (Some(("scheduled", ..)), _) => self.scheduled(v, env).ok()?,
            (Some(("sample", _, args)), _) => {
                if !self.bare("sample", args) || !self.draws(def, port, v, "train") {
                    return None;
                }
                self.unsupported(v.span, "`train sample`");
                Mode::Other("sample".into())
            }
            (word, _) => {
                let known = ["predicted", "gold", "scheduled", "sample"];
                let words = path_words(v);
                let (word, span) = word.map_or((words.as_str(), v.span), |(w, span, _)| (w, span));
                self.unknown_word("E0234", "a way to train an arrow", word, span, &known);
                return None;
            }
        };
        let located = def.ast.via.as_ref().is_some_and(|v| path_words(v).starts_with("at("));
        if mode != Mode::Predicted && !port.is_empty() && !WITH_GOLD.contains(&port) && !located {
            let what = match port {
                "hidden" | "states" => "hidden states".to_string(),
                "logits" => "raw scores".to_string(),
                _ => format!("`.{port}`"),
            };
            let have = if what.starts_with('`') { "has" } else { "have" };
            let d = Diagnostic::new("E0506", format!("{what} {have} no gold"))
                .at(v.span, "")
                .with(def.ast.source.span, format!("sends {what}"));
            self.report(d.help("send `.labels` or `.probs`, or write `train predicted`"));
        }
        Some(mode)
    }

    /// `test ...` of an arrow.
    pub(super) fn test_mode(&mut self, def: &'p crate::hir::EdgeDef, e: &Edge, v: &'p Expr, env: &Env) {
        let port = e.port;
        match word_of(v) {
            Some(("predicted", _, args)) => {
                self.bare("predicted", args);
            }
            Some(("gold", ..)) => {
                let d = Diagnostic::new("E0502", "gold labels do not exist at test time");
                self.report(d.at(v.span, "would leak the answer").help("write `test predicted`"));
            }
            Some(("sample", _, args)) => {
                if self.bare("sample", args) && self.draws(def, port, v, "test") {
                    self.unsupported(v.span, "`test sample`");
                }
            }
            Some(("top", _, args)) => {
                if !matches!(port, "sample" | "gumbel" | "") {
                    let d =
                        Diagnostic::new("E0234", format!("`test top` replaces a draw, and `.{port}` draws nothing"));
                    let d = d.at(v.span, "").with(def.ast.source.span, "no draw");
                    self.report(d.help(if port == "top" { "remove it" } else { "write `test predicted`" }));
                    return;
                }
                match args {
                    [one] if one.name.is_none() => {
                        if self.size(&one.value, env, "`top`").is_ok() {
                            self.unsupported(v.span, "`test top`");
                        }
                    }
                    _ => {
                        let d = Diagnostic::new("E0236", "`top` needs how many to take").at(v.span, "");
                        self.report(d.help("write `test top(5)`"));
                    }
                }
            }
            word => {
                let known = ["predicted", "sample", "top"];
                let words = path_words(v);
                let (word, span) = word.map_or((words.as_str(), v.span), |(w, span, _)| (w, span));
                self.unknown_word("E0234", "a way to test an arrow", word, span, &known);
            }
        }
    }

    /// A word that stands alone.
    pub(super) fn bare(&mut self, word: &str, args: &[ast::Arg]) -> bool {
        let Some(extra) = args.first() else { return true };
        let d = Diagnostic::new("E0215", format!("`{word}` takes no arguments")).at(extra.value.span, "one too many");
        self.report(d.help(format!("write `{word}`")));
        false
    }

    /// Whether a draw in place of the prediction makes sense for a port.
    fn draws(&mut self, def: &'p crate::hir::EdgeDef, port: &str, v: &Expr, phase: &str) -> bool {
        // of a source that is not known enough is said
        if port == "labels" || port.is_empty() {
            return true;
        }
        let (what, why, help) = match port {
            "sample" | "gumbel" => (format!("`.{port}` draws already"), "a draw", format!("remove `{phase} sample`")),
            "top" => (
                "the best candidates are not drawn".into(),
                "the best",
                format!("send `.sample(1)`, or write `{phase} predicted`"),
            ),
            _ => (
                format!("`.{port}` is no decision that could be drawn"),
                "no decision",
                format!("send `.labels`, or write `{phase} predicted`"),
            ),
        };
        let d = Diagnostic::new("E0234", what);
        self.report(d.at(v.span, "").with(def.ast.source.span, why).help(help));
        false
    }
}
