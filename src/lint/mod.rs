//! Linting: what a program says is right, and probably not as meant. Reads what the stages before gave, and changes
//! nothing.

mod latents;
mod leaks;
mod sizes;
mod untrained;
mod unused;

use crate::ast::{self, Expr, ExprKind, SettingKind};
use crate::columns::FieldType;
use crate::diagnostics::{Diagnostic, Reported};
use crate::elaborate::Elaborated;
use crate::hir::{Env, Kind, Meaning, Program, base_name, is_name};
use crate::kinds::heads;
use crate::plan::{Init, Op, Phase, Port, Stage, Train};
use crate::resolve::{Member, Resolver, is_texty, path, word_of};
use crate::schedule::{Reached, Schedule};
use crate::source::{FileId, Span};
use crate::types::dim::{Dim, InitRule, SymParam};
use crate::types::{Grad, Target};
use rustc_hash::FxHashMap as HashMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reads a program that has been resolved and elaborated.
struct Linter<'s, 'p> {
    p: &'p Program,
    /// tasks and arrows, and where findings go
    r: &'s mut Resolver<'p>,
    e: &'s Elaborated,
}

/// E0502: what a task predicts is not read to predict it.
pub(crate) fn leaks<'p>(r: &mut Resolver<'p>, e: &Elaborated) {
    Linter { p: r.p, r, e }.check_leaks();
}

/// What never learns, and what is declared in vain.
pub(crate) fn lint<'p>(r: &mut Resolver<'p>, e: &Elaborated, s: &Schedule) {
    let mut l = Linter { p: r.p, r, e };
    l.check_trained(&s.reached);
    l.check_latents(&s.reached);
    l.check_unused(&s.train);
}

/// E0408: whatever could not be elaborated has a finding.
pub(crate) fn gaps<'p>(r: &mut Resolver<'p>, e: &Elaborated) {
    Linter { p: r.p, r, e }.check_gaps();
}

impl Linter<'_, '_> {
    fn report(&mut self, d: Diagnostic) -> Reported {
        self.r.report(d)
    }

    /// Whatever could not be elaborated has a finding: a task is never left out in silence.
    pub(super) fn check_gaps(&mut self) {
        if self.p.faulty || self.r.reports.any_error() {
            return;
        }
        let failures = self.e.failed();
        for (i, t) in self.r.tasks.iter().enumerate() {
            let failed = t.poisoned || failures.contains(&i);
            if failed && !t.left_out {
                let ast = &self.p.tasks[t.def].ast;
                let span = ast.from.as_ref().map_or(t.span, |e| e.span);
                let d = Diagnostic::new("E0408", format!("the features of `{}` cannot be built", t.name));
                self.r.reports.report_again(d.at(span, "").help("write them in another way, step by step with `let`s"));
            }
        }
    }
}
