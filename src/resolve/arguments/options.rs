//! Options in braces: one loop for tasks, arrows and losses.

use super::*;
use crate::ast::{self, ExprKind, SettingKind};
use crate::diagnostics::suggest;
use crate::words::OptionRow;

/// An option of a table, as it was given.
pub(crate) struct GivenOption<'p> {
    pub row: &'static OptionRow,
    /// the whole of it
    pub span: Span,
    /// its values; no row is without one
    pub first: &'p Expr,
    pub values: &'p [Expr],
}

impl<'p> Resolver<'p> {
    /// The options that are known, given once, and have as many values as they take; of the others it is said what is
    /// wrong. `owner` is `a task`, `code` that of an option which `owner` does not have.
    pub(crate) fn options_in_braces(
        &mut self,
        settings: &'p [ast::Setting],
        table: &'static [OptionRow],
        code: &'static str,
        owner: &str,
    ) -> Vec<GivenOption<'p>> {
        let mut out: Vec<GivenOption<'p>> = vec![];
        let mut seen: Vec<(&str, Span)> = vec![];
        for s in settings {
            let SettingKind::Attr { name, values } = &s.value else { continue };
            let word = name.value.as_str();
            if word == "view" && owner == "a task" {
                let d = Diagnostic::new("E0227", "a view says `with` or `from`").at(s.span, "says neither");
                self.report(d.help("write `view v with cutoff(token, 5%)` or `view v from features`"));
                continue;
            }
            let Some(row) = table.iter().find(|r| r.name == word) else {
                let known: Vec<&str> = table.iter().map(|r| r.name).collect();
                if word == "lr" {
                    let d = Diagnostic::new(code, format!("`lr` is not an option of {owner}")).at(name.span, "unknown");
                    let task = self.p.tasks.iter().find(|t| t.ast.options.iter().any(|o| o.span == s.span));
                    let whose = task.map_or("slot", |t| t.name.as_str());
                    let help =
                        format!("a rate of its own stands in `train`: `optimizer adam(groups = [{whose}(1e-3)])`");
                    self.report(d.help(help));
                    continue;
                }
                self.unknown_word(code, &format!("an option of {owner}"), word, name.span, &known);
                continue;
            };
            if let Some((_, first)) = seen.iter().find(|(w, _)| *w == word) {
                self.twice(word, s.span, *first);
                continue;
            }
            seen.push((word, s.span));
            let Some(first) = values.first() else {
                let d = Diagnostic::new("E0229", format!("`{word}` needs a value")).at(s.span, "");
                self.report(d.help(format!("for example `{}`", row.example)));
                continue;
            };
            if let Some(extra) = values.get(1).filter(|_| !row.several) {
                let d = Diagnostic::new("E0229", format!("`{word}` takes one value")).at(extra.span, "one too many");
                self.report(d.help(format!("for example `{}`", row.example)));
                continue;
            }
            if !matches!(&*first.value, ExprKind::Error) {
                out.push(GivenOption { row, span: s.span, first, values });
            }
        }
        out
    }

    /// E0228: what is given a second time.
    pub(crate) fn twice(&mut self, word: &str, again: Span, first: Span) -> Reported {
        let d = Diagnostic::new("E0228", format!("`{word}` is given twice")).at(again, "again");
        self.report(d.with(first, "first here").help("keep one of the two"))
    }

    /// `when train`, `when test`.
    pub(crate) fn phase_of(&mut self, e: &Expr) -> Result<Phase, Reported> {
        match &*e.value {
            ExprKind::Name(n) if n == "train" => Ok(Phase::Train),
            ExprKind::Name(n) if n == "test" => Ok(Phase::Test),
            _ => {
                let d = Diagnostic::new("E0230", "`when` is `train` or `test`").at(e.span, "");
                const PHASES: [&str; 2] = ["train", "test"];
                let near = match &*e.value {
                    // `training`, `tset`
                    ExprKind::Name(n) => {
                        let begun = PHASES.into_iter().find(|p| n.starts_with(p));
                        begun.or_else(|| suggest::near(n, PHASES).first().copied())
                    }
                    _ => None,
                };
                Err(self.report(match near {
                    Some(right) => d.help(format!("did you mean `{right}`?")).fix(e.span, right, true),
                    None => d.help("write `when train` or `when test`"),
                }))
            }
        }
    }
}
