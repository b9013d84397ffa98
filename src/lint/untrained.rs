//! What never learns: tasks without a loss, of no stage, frozen from the beginning, or trained against their purpose.

use super::*;
use crate::kinds::heads::Takes;
use crate::kinds::layers::{self, Gradient};
use crate::resolve::TaskInfo;
use crate::types::VIEWS;

impl Linter<'_, '_> {
    /// E0510: a task with `loss none` that neither a loss nor a gradient through an arrow reaches.
    pub(super) fn check_trained(&mut self, reached: &Reached) {
        for t in 0..self.r.tasks.len() {
            let Some(span) = self.r.loss_none(t) else { continue };
            if self.r.tasks[t].poisoned
                // the loss that names it could not be read
                || self.p.lost.contains(base_name(&self.r.tasks[t].name))
                || self.r.tasks[t].left_out
                || reached.tasks.contains(&t) && self.trained_by_what_is_left(t)
                || self.trained_by_arrow(t)
                || self.trained_by_contrast(t)
            {
                continue;
            }
            let name = self.r.tasks[t].name.clone();
            let task = &self.r.tasks[t];
            let help = match (task.rule.takes)(&task.settings) {
                Takes::Members => format!("`loss l = marginal(task, over = {name})`"),
                _ => format!("`loss l = kl(stop(teacher.probs), {name}.probs)`"),
            };
            let help = format!("remove `loss none`, or add a loss that reaches it, such as {help}");
            let d = Diagnostic::new("E0510", format!("nothing trains `{name}`"));
            self.report(d.at(span, "it has no loss of its own").help(help));
        }
    }

    /// Whether a loss that trains a task is computed though tasks are left out.
    fn trained_by_what_is_left(&self, task: usize) -> bool {
        let trains = |loss: usize| self.e.losses[loss].tasks.contains(&task);
        let computed = || self.e.graphs.iter().flat_map(|g| &g.losses).map(|l| l.loss);
        let weights = || self.e.penalties.iter().map(|p| p.loss);
        self.r.tasks.iter().all(|t| !t.left_out) || computed().chain(weights()).any(trains)
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
        let contrasts = |t: &TaskInfo| (t.rule.takes)(&t.settings) == Takes::Joined(VIEWS);
        (0..self.r.tasks.len()).any(|t| contrasts(&self.r.tasks[t]) && own.is_subset(&reads(t)))
    }

    /// A gradient comes back along an arrow, as in attention.
    fn trained_by_arrow(&self, task: usize) -> bool {
        self.r.edges.iter().any(|e| {
            let soft = !heads::HARD_PORTS.contains(&e.port);
            let back = match e.grad {
                Grad::Through | Grad::Reverse(_) => soft,
                Grad::Straight => true,
                Grad::Stop => false,
            };
            e.alive && e.source == task && e.when != Some(Phase::Test) && back
        })
    }

    /// W0103, W0104: a task of no stage, and arrows that carry what it never learned.
    pub(crate) fn check_scheduled(&mut self, train: &Train) {
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
                    let word = &s.sampler.kind;
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

    /// The tasks that learn in a stage: those that its sampler draws, where it names them, and those that learn along.
    fn learn_in(&self, s: &Stage) -> BTreeSet<usize> {
        let all = s.tasks.iter().copied().filter(|t| self.r.tasks[*t].when != Some(Phase::Test));
        let Some(drawn) = s.sampler.drawn(self.r.tasks.len()) else { return all.collect() };
        let covered = |c: &usize| drawn.iter().any(|t| self.r.tasks[*t].corpora.contains(c));
        let along = |t: usize| self.r.tasks[t].corpora.len() > 1 && self.r.tasks[t].corpora.iter().all(covered);
        all.filter(|t| drawn.contains(t) || along(*t)).collect()
    }

    /// W0105, W0106: frozen from the beginning, or frozen under its own loss.
    pub(crate) fn check_frozen(&mut self, train: &Train) {
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
            let random = |p: &SymParam| *p.owner == **owner && !matches!(p.init, InitRule::Fixed(Init::Vectors(..)));
            if always && self.e.params.iter().any(random) {
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

    pub(crate) fn encoders_in<'s>(&'s self, e: &'s Expr, env: &Env, out: &mut BTreeSet<&'s str>) {
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
        for g in self.e.graphs.iter().filter(|g| g.phase == Phase::Train) {
            let mut state: Vec<u8> = vec![0; g.nodes.len()]; // 1: gradient, 2: reversed gradient
            for t in &g.tasks {
                if t.gold.is_some() {
                    state[t.head] |= 1;
                }
            }
            for l in &g.losses {
                state[l.node] |= 1;
            }
            for i in (0..g.nodes.len()).rev() {
                let n = &g.nodes[i];
                let mut s = state[i];
                if let Op::Layer { layer } = &n.op {
                    let l = &self.e.layers[*layer];
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
                if matches!(&n.op, Op::Port { port: Port::Labels, .. }) {
                    s = 0;
                }
                for j in &n.inputs {
                    state[*j] |= s;
                }
            }
        }
        let owners: BTreeSet<Arc<str>> = bad
            .difference(&good)
            .filter_map(|l| self.e.layers[*l].params.first().map(|p| self.e.params[*p].owner.clone()))
            .collect();
        for e in self.p.encoders.iter() {
            if owners.contains(e.name.as_str()) {
                let d = Diagnostic::new("E0508", format!("nothing trains `{}` except against its purpose", e.name));
                self.report(match call_of(&e.value, layers::REVERSE) {
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
