//! What is declared in vain: encoders nobody reads, tasks that never learn, reversed paths.

use super::tasks::path;
use super::*;
use crate::builtins;
use crate::hir::Meaning;

impl<'p> Checker<'p> {
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
            let (span, name) = (l.span, l.name.split('[').next().unwrap_or_default().to_string());
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
    pub(super) fn check_reversed(&mut self) {
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
}
