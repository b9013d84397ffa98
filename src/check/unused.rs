//! What is declared in vain: read by nobody, trained by nothing, frozen before it has learned.

use super::losses::Reached;
use super::resolve::path;
use super::resolve::word_of;
use super::*;
use crate::ast::{self, ExprKind, SettingKind};
use crate::builtins;
use crate::hir::{base_name, is_name};
use crate::kinds::layers::{self, Gradient};
use crate::plan::Stage;

/// The tasks that a sampler names, if it draws only those.
pub(super) fn drawn_by_name(s: &Sampler) -> Option<Vec<usize>> {
    let named: Vec<usize> = match s {
        Sampler::Alternate { turns } => turns.iter().filter(|(_, n)| *n > 0).map(|(t, _)| *t).collect(),
        Sampler::Mix { rates } => rates.iter().filter(|(_, r)| *r > 0.0).map(|(t, _)| *t).collect(),
        _ => return None,
    };
    (!named.is_empty()).then_some(named)
}

impl<'p> Checker<'p> {
    /// E0510: a task with `loss none` that neither a loss nor a gradient through an arrow reaches.
    pub(crate) fn check_trained(&mut self, reached: &Reached) {
        for t in 0..self.r.tasks.len() {
            let Some(span) = self.r.loss_none(t) else { continue };
            if self.r.tasks[t].poisoned
                // the loss that names it could not be read
                || self.p.lost.contains(base_name(&self.r.tasks[t].name))
                || reached.tasks.contains(&t)
                || self.trained_by_arrow(t)
                || self.trained_by_contrast(t)
            {
                continue;
            }
            let name = self.r.tasks[t].name.clone();
            let help = match self.r.tasks[t].head.name {
                "choose" | "rank" => format!("`loss l = marginal(task, over = {name})`"),
                _ => format!("`loss l = marginal({name}, over = choice)`"),
            };
            let help = format!("remove `loss none`, or add a loss that reaches it, such as {help}");
            let d = Diagnostic::new("E0510", format!("nothing trains `{name}`"));
            self.report(d.at(span, "it has no loss of its own").help(help));
        }
    }

    /// Another task learns to contrast what this one compares.
    fn trained_by_contrast(&self, task: usize) -> bool {
        let reads = |t: usize| {
            let def = &self.p.tasks[self.r.tasks[t].def];
            let mut out = BTreeSet::new();
            def.ast.from.iter().for_each(|e| self.encoders_in(e, &def.env, &mut out));
            out
        };
        let own = reads(task);
        (0..self.r.tasks.len()).any(|t| self.r.tasks[t].head.name == "contrast" && own.is_subset(&reads(t)))
    }

    /// A gradient comes back along an arrow, as in attention.
    fn trained_by_arrow(&self, task: usize) -> bool {
        self.r.edges.iter().any(|e| {
            let soft = !builtins::HARD_PORTS.contains(&e.port);
            let back = match e.grad {
                Grad::Through | Grad::Reverse(_) => soft,
                Grad::Straight => true,
                Grad::Stop => false,
            };
            e.alive && e.source == task && e.when != Some(Phase::Test) && back
        })
    }

    /// W0108: a latent variable whose prior nothing ties to its posterior.
    pub(crate) fn check_latents(&mut self, reached: &Reached) {
        if self.r.reports.any_error() {
            return; // the line that ties them may be the one with an error
        }
        for (i, l) in self.p.lets.iter().enumerate() {
            let Some(("latent", _, args)) = word_of(&l.value) else { continue };
            let posterior = args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.value == "posterior"));
            if let Some(p) = posterior
                && !reached.latents.contains(&i)
            {
                let name = &l.name;
                let d = Diagnostic::new("W0108", format!("nothing ties the prior of `{name}` to its posterior"));
                self.report(
                    d.at(l.span, "at test it is drawn from the prior")
                        .with(p.value.span, "while training from this posterior")
                        .help(format!("add a line: `loss kl_{name} = kl({name}.posterior, {name}.prior)`"))
                        .fix(
                            Span { start: l.value.span.end, ..l.value.span },
                            format!("\nloss kl_{name} = kl({name}.posterior, {name}.prior)"),
                            false,
                        ),
                );
            }
        }
    }

    /// What is declared and read by nobody, and what is never trained.
    pub(crate) fn check_unused(&mut self, train: &Train) {
        for l in &self.p.losses {
            let (span, name) = (l.span, base_name(&l.name).to_string());
            self.later(span, format!("the loss `{name}`"));
        }
        for s in &self.p.shares {
            let span = s.span;
            self.later(span, "`share`");
        }
        if self.r.reports.any_error() {
            return;
        }
        self.check_unread();
        // what does not run is not elaborated through and through, so nothing is said of who reads it
        let whole = self.r.tasks.iter().all(|t| !t.left_out) && self.r.reports.all_supported();
        for (i, e) in self.p.encoders.iter().enumerate() {
            if whole && !self.used_encoders.contains(&i) {
                let d = Diagnostic::new("W0102", format!("the encoder `{}` is read by nobody", e.name)).at(e.span, "");
                self.report(d.help("read it in a task, or remove it"));
            }
        }
        self.check_scheduled(train);
        self.check_frozen(train);
        self.check_sizes();
        self.check_reversed();
    }

    /// W0109: a `let`, a `param` or a data set that no expression names. What another file declares may be read by others.
    fn check_unread(&mut self) {
        let unread =
            |name: &str, span: Span| span.file == crate::source::FileId(0) && !self.p.read.contains(base_name(name));
        let lets = self.p.lets.iter().map(|l| (&l.name, l.span, "let"));
        let params = self.p.params.iter().map(|l| (&l.name, l.span, "parameter"));
        let data = self.p.data.iter().map(|c| (&c.name, c.span, "data set"));
        let found: Vec<_> = lets.chain(params).chain(data).filter(|(n, span, _)| unread(n, *span)).collect();
        for (name, span, what) in found {
            let name = base_name(name);
            let what = if what == "let" { "`let`" } else { what };
            let d = Diagnostic::new("W0109", format!("the {what} `{name}` is read by nobody")).at(span, "");
            self.report(d.help("use it, or remove it"));
        }
    }

    /// The tasks that learn in a stage: those that its sampler draws, where it names them, and those that learn along.
    fn learn_in(&self, s: &Stage) -> BTreeSet<usize> {
        let all = s.tasks.iter().copied().filter(|t| self.r.tasks[*t].when != Some(Phase::Test));
        let Some(drawn) = drawn_by_name(&s.sampler) else { return all.collect() };
        let covered = |c: &usize| drawn.iter().any(|t| self.r.tasks[*t].corpora.contains(c));
        let along = |t: usize| self.r.tasks[t].corpora.len() > 1 && self.r.tasks[t].corpora.iter().all(covered);
        all.filter(|t| drawn.contains(t) || along(*t)).collect()
    }

    /// W0103, W0104: a task of no stage, and arrows that carry what it never learned.
    fn check_scheduled(&mut self, train: &Train) {
        let scheduled: BTreeSet<usize> = train.stages.iter().flat_map(|s| self.learn_in(s)).collect();
        for i in 0..self.r.tasks.len() {
            if self.r.tasks[i].left_out || scheduled.contains(&i) {
                continue;
            }
            let (name, span) = (self.r.tasks[i].name.clone(), self.r.tasks[i].span);
            let (why, help) = match train.stages.iter().find(|s| s.tasks.contains(&i)) {
                _ if self.r.tasks[i].when == Some(Phase::Test) => {
                    ("exists at test only", "leave out `when test`".into())
                }
                Some(s) => {
                    let word = if matches!(s.sampler, Sampler::Mix { .. }) { "mix" } else { "alternate" };
                    ("is drawn by no sampler", format!("name it in `sample {word}(...)`"))
                }
                None => ("is trained by no stage", format!("add `{name}` to the `tasks` of a stage")),
            };
            let arrow = self.r.edges.iter().find(|e| e.alive && e.source == i).map(|e| (e.span, e.name.clone()));
            match arrow {
                Some((at, arrow)) => {
                    let d = Diagnostic::new("W0104", format!("`{arrow}` carries what `{name}` never learned"));
                    self.report(d.at(at, "sent, but not trained").with(span, why.trim_start_matches("is ")).help(help));
                }
                None => {
                    let d = Diagnostic::new("W0103", format!("`{name}` {why}"));
                    self.report(d.at(span, "never learns").help(help));
                }
            }
        }
    }

    /// W0105, W0106: frozen from the beginning, or frozen under its own loss.
    fn check_frozen(&mut self, train: &Train) {
        let all: BTreeSet<&String> = train.stages.iter().flat_map(|s| &s.freeze).collect();
        for owner in all {
            let always = train.stages.iter().all(|s| s.freeze.contains(owner));
            let place = self.freeze_place(owner);
            let Some(span) = place else { continue };
            if let Some(t) = self.r.tasks.iter().position(|t| t.name == *owner) {
                let learns = train.stages.iter().find(|s| s.freeze.contains(owner) && s.tasks.contains(&t));
                let Some(stage) = learns else { continue };
                let others: Vec<&str> =
                    stage.tasks.iter().filter(|o| **o != t).map(|o| self.r.tasks[*o].name.as_str()).collect();
                let help = match others.as_slice() {
                    [] => format!("leave out `freeze {owner}`"),
                    few if few.len() <= 4 => format!("leave it out of the stage too: `tasks {}`", few.join(", ")),
                    _ => format!("leave `{owner}` out of the `tasks` of the stage too"),
                };
                let d = Diagnostic::new("W0106", format!("`{owner}` is frozen, and its loss still counts"));
                self.report(
                    d.at(span, "does not learn here")
                        .with(self.r.tasks[t].span, "one of the tasks of this stage")
                        .help(help),
                );
                continue;
            }
            // random values: neither pretrained nor read from a file
            let random = |p: &SymParam| {
                *p.owner == **owner && !matches!(p.init, dim::InitRule::Fixed(crate::plan::Init::Vectors(..)))
            };
            if always && self.params.iter().any(random) {
                let d = Diagnostic::new(
                    "W0105",
                    format!("`{owner}` is frozen from the beginning: its weights stay random"),
                );
                self.report(
                    d.at(span, "never learns")
                        .help(format!("train it in an earlier stage, or leave out `freeze {owner}`")),
                );
            }
        }
    }

    /// Where `freeze` names it.
    fn freeze_place(&self, owner: &str) -> Option<Span> {
        fn find<'s>(settings: &'s [ast::Setting], base: &str) -> Option<&'s Expr> {
            settings.iter().find_map(|s| match &s.value {
                SettingKind::Attr { name, values } if name.value == "freeze" => {
                    values.iter().find(|v| path(v).is_some_and(|p| p.name == base))
                }
                SettingKind::Stage { body, .. } | SettingKind::Repeat { body, .. } => find(body, base),
                _ => None,
            })
        }
        let base = base_name(owner);
        find(&self.p.train, base).map(|e| e.span)
    }

    /// W0107: a generator of replaced words that is bigger than what tells them apart.
    fn check_sizes(&mut self) {
        for k in 0..self.r.edges.len() {
            let e = &self.r.edges[k];
            let (Target::Task(to) | Target::Slot(to, _)) = e.target else { continue };
            if !e.alive || e.port != "filled" {
                continue;
            }
            let (Some(small), Some(big)) = (self.weights_under(e.source), self.weights_under(to)) else { continue };
            if small > big {
                let (gen_, disc) = (self.r.tasks[e.source].name.clone(), self.r.tasks[to].name.clone());
                let d = Diagnostic::new("W0107", format!("`{gen_}` is bigger than `{disc}`, which judges it"))
                    .at(self.r.tasks[e.source].span, format!("about {} weights", crate::diagnostics::thousands(small)))
                    .with(self.r.tasks[to].span, format!("about {} weights", crate::diagnostics::thousands(big)));
                self.report(d.help("make it a quarter to a half as wide (Clark et al. 2020)"));
            }
        }
    }

    /// The parameters of the encoders that a task names, counted without embeddings; `None` where they are not known.
    fn weights_under(&self, task: usize) -> Option<usize> {
        let from = self.p.tasks[self.r.tasks[task].def].ast.from.as_ref()?;
        let mut names = BTreeSet::new();
        self.encoders_in(from, &self.p.tasks[self.r.tasks[task].def].env, &mut names);
        let own = self.params.iter().filter(|p| names.contains(&*p.owner));
        let sizes: Vec<usize> = own.filter_map(|p| p.shape.iter().map(Dim::known).product()).collect();
        (!sizes.is_empty()).then(|| sizes.iter().sum())
    }

    fn encoders_in<'s>(&'s self, e: &'s Expr, env: &Env, out: &mut BTreeSet<&'s str>) {
        use crate::hir::Meaning;
        match &*e.value {
            ExprKind::Name(n) => match self.p.lookup(n, env) {
                Some(Meaning::One(Kind::Encoder, i)) if out.insert(&self.p.encoders[i].name) => {
                    self.encoders_in(&self.p.encoders[i].value, &self.p.encoders[i].env, out);
                }
                Some(Meaning::One(Kind::Let, i)) => self.encoders_in(&self.p.lets[i].value, &self.p.lets[i].env, out),
                _ => {}
            },
            ExprKind::Call(f, args) => {
                self.encoders_in(f, env, out);
                args.iter().for_each(|a| self.encoders_in(&a.value, env, out));
            }
            ExprKind::Pipe(a, b) | ExprKind::Cat(a, b) | ExprKind::Binary(_, a, b) => {
                self.encoders_in(a, env, out);
                self.encoders_in(b, env, out);
            }
            ExprKind::Paren(a)
            | ExprKind::Neg(a)
            | ExprKind::Tap(a, _)
            | ExprKind::Dot(a, _)
            | ExprKind::Index(a, _) => {
                self.encoders_in(a, env, out);
            }
            _ => {}
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
                    match layers::layer(&l.kind).map_or(Gradient::Through, |row| row.gradient) {
                        Gradient::Through => {}
                        Gradient::Reversed => s = (s & 1) << 1 | (s & 2) >> 1,
                        Gradient::Stopped | Gradient::Constant => s = 0,
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
        let owners: BTreeSet<Arc<str>> = bad
            .difference(&good)
            .filter_map(|l| self.layers[*l].params.first().map(|p| self.params[*p].owner.clone()))
            .collect();
        for e in self.p.encoders.iter() {
            if owners.contains(e.name.as_str()) {
                let d = Diagnostic::new("E0508", format!("nothing trains `{}` except against its purpose", e.name));
                self.report(match call_of(&e.value, "reverse") {
                    Some(at) => d
                        .at(at, "inside the encoder it reverses every task's gradient")
                        .help("take it out, and write `|> reverse` where a task reads the encoder"),
                    None => {
                        d.at(e.span, "every path to a loss is reversed").help("let a task read it without `reverse`")
                    }
                });
            }
        }
    }
}

/// Where a function stands in a pipe.
fn call_of(e: &Expr, word: &str) -> Option<Span> {
    match &*e.value {
        ExprKind::Name(n) => (n == word).then_some(e.span),
        ExprKind::Call(f, _) => is_name(f, word).then_some(e.span),
        ExprKind::Pipe(a, b) | ExprKind::Cat(a, b) => call_of(a, word).or_else(|| call_of(b, word)),
        ExprKind::Paren(a) => call_of(a, word),
        _ => None,
    }
}
