//! `--only` and `--without`: which tasks and arrows are left out.

use super::*;
use crate::hir::Options;

impl Resolver<'_> {
    /// `--only` and `--without`: tasks and arrows that are left out.
    pub(super) fn apply(&mut self, options: &Options) {
        let base = |n: &str| n.split('[').next().unwrap_or(n).to_string();
        let mut findings = vec![];
        for (s, t) in &options.without {
            let s = s.split('.').next().unwrap_or(s);
            let hit: Vec<usize> = (0..self.edges.len()).filter(|i| self.edge_is(&self.edges[*i], s, t)).collect();
            if hit.is_empty() {
                let all: Vec<String> = self.edges.iter().map(|e| format!("`{}`", e.name)).collect();
                let d = Diagnostic::new("E0309", format!("there is no arrow `{s} -> {t}` to be cut"));
                findings.push(d.help(match all.as_slice() {
                    [] => "the program has no arrows".to_string(),
                    _ => format!("arrows are: {}", all.join(", ")),
                }));
            }
            for i in hit {
                self.cut(i);
            }
        }
        for name in &options.dropped {
            let is = |own: &str| own == name || base(own) == *name;
            let tasks: Vec<usize> = (0..self.tasks.len()).filter(|t| is(&self.tasks[*t].name)).collect();
            let losses: Vec<usize> = (0..self.p.losses.len()).filter(|l| is(&self.p.losses[*l].name)).collect();
            if tasks.is_empty() && losses.is_empty() {
                let d = Diagnostic::new("E0201", format!("`--without {name}`: no task, loss or arrow is called so"));
                let losses = self.p.losses.iter().map(|l| format!("`{}`", l.name));
                let all: Vec<String> = self.names_of_tasks().into_iter().chain(losses).collect();
                findings.push(d.help(format!("write `--without 'a -> b'` for an arrow, or one of {}", all.join(", "))));
            }
            tasks.iter().for_each(|t| self.tasks[*t].left_out = true);
            self.dropped_losses.extend(losses);
        }
        if !options.only.is_empty() {
            for o in &options.only {
                if !self.tasks.iter().any(|t| t.name == *o || base(&t.name) == *o) {
                    let names = self.names_of_tasks();
                    let d = Diagnostic::new("E0201", format!("`--only {o}`: no task is called so"));
                    findings.push(d.help(format!("tasks are: {}", names.join(", "))));
                }
            }
            for t in &mut self.tasks {
                t.left_out |= !options.only.iter().any(|o| *o == t.name || *o == base(&t.name));
            }
        }
        for i in 0..self.edges.len() {
            let e = &self.edges[i];
            let into = match e.target {
                Target::Task(t) | Target::Slot(t, _) => Some(t),
                Target::Encoder(..) => None,
            };
            if self.tasks[e.source].left_out || into.is_some_and(|t| self.tasks[t].left_out) {
                self.cut(i);
            }
        }
        for d in findings {
            self.reports.report_again(d);
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
