//! Scheduling: what is trained when, by which objective, and what is claimed of it.
//!
//! Takes resolved tasks and the graphs of elaboration, for their widths; gives the stages, the objective and the claims.

mod block;
mod claims;
mod losses;
mod objective;
mod optimizer;
mod sampling;
mod sharing;
mod unsupported;

pub(crate) use losses::Reached;

use crate::analysis::TaskGraph;
use crate::ast::{self, BinOp, Expr, ExprKind, SettingKind};
use crate::columns::FieldType;
use crate::diagnostics::{Diagnostic, Reported, suggest};
use crate::elaborate::{Elaborated, LossForm};
use crate::hir::{Env, Item, Kind, Program, is_name};
use crate::kinds::{gradients, optimisers, probes, samplers, searches, statements, weightings};
use crate::plan::{
    Claim, Combining, Expect, Length, Optimizer, Over, Probe, Score, Search, Setting, Settings, Stage, Train, Weighting,
};
use crate::resolve::{Part, Path, Resolver, TaskInfo, path, path_words, word_of};
use crate::source::Span;
use crate::types::dim::{self, Dim};
use crate::types::{Edge, Target};
use crate::words;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::collections::{BTreeMap, BTreeSet};

/// The schedule of a program.
#[derive(Debug)]
pub(crate) struct Schedule {
    pub train: Train,
    /// what its losses train
    pub reached: Reached,
    /// its losses, in their order
    pub losses: Vec<LossForm>,
}

impl Schedule {
    /// Lets losses count in the stages that train all that they do and that is not frozen; those that are computed nowhere
    /// count in none.
    pub fn keep_losses(&mut self, r: &Resolver<'_>, computed: &[bool]) {
        let all: Vec<BTreeSet<usize>> = self.losses.iter().map(trained).collect();
        for s in &mut self.train.stages {
            let counts = |l: &usize| {
                let moves = |t: &usize| !r.tasks[*t].left_out && !s.freeze.contains(&r.tasks[*t].name);
                let moving: Vec<usize> = all[*l].iter().copied().filter(moves).collect();
                computed[*l] && (all[*l].is_empty() || !moving.is_empty()) && moving.iter().all(|t| s.tasks.contains(t))
            };
            s.losses = (0..computed.len()).filter(counts).collect();
            s.sampler.tasks.retain(|(u, _)| u.checked_sub(r.tasks.len()).is_none_or(|l| computed[l]));
        }
    }
}

fn trained(l: &LossForm) -> BTreeSet<usize> {
    let mut out = BTreeSet::new();
    l.value.tasks(true, &mut out);
    out
}

/// Reads `share`, `train` and `loss`.
struct Scheduler<'s, 'p> {
    p: &'p Program,
    /// tasks and arrows, and where findings go
    r: &'s mut Resolver<'p>,
    e: &'s Elaborated,
    /// the tasks of the last stage that kept some
    kept: Option<Vec<usize>>,
}

/// Reads the schedule of a program.
pub(crate) fn schedule<'p>(r: &mut Resolver<'p>, e: &Elaborated) -> Schedule {
    let mut s = Scheduler { p: r.p, r, e, kept: None };
    s.check_shared_shapes();
    let train = s.train_settings();
    s.check_kept();
    let (reached, losses) = s.check_losses();
    Schedule { train, reached, losses }
}

/// Reads the claims of a program.
pub(crate) fn claims<'p>(r: &mut Resolver<'p>, e: &Elaborated, g: &TaskGraph) -> Vec<Expect> {
    let mut s = Scheduler { p: r.p, r, e, kept: None };
    s.claims(g)
}

impl Scheduler<'_, '_> {
    fn report(&mut self, d: Diagnostic) -> Reported {
        self.r.report(d)
    }

    fn unsupported(&mut self, span: Span, what: impl Into<String>) {
        self.r.unsupported(span, what);
    }

    fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Reported {
        self.r.unknown_word(code, what, word, span, known)
    }
}

/// Longest schedule.
const MOST_STAGES: usize = 10_000;

/// What a stage inherits from `train`.
#[derive(Clone)]
struct Base {
    stage: Stage,
    length_given: bool,
}

impl<'p> Scheduler<'_, 'p> {
    pub(crate) fn train_settings(&mut self) -> Train {
        let all: Vec<usize> = (0..self.r.tasks.len()).filter(|i| !self.r.tasks[*i].left_out).collect();
        let mut base = Base {
            stage: Stage {
                name: "train".into(),
                tasks: all,
                losses: vec![],
                length: Length::Epochs(10.0),
                batch: 32,
                sampler: samplers::usual(false),
                weights: weightings::usual(),
                gradients: None,
                optimizer: self.optimizer_defaults(optimisers::USUAL),
                clip: None,
                freeze: vec![],
                fork: false,
                restart: false,
                anchor: None,
                then_freeze: false,
                keep: None,
                kept: false,
                search: None,
                probe: None,
                eval_every: None,
                early_stop: None,
            },
            length_given: false,
        };
        // several corpora: a step is a batch of one of them
        let corpora: BTreeSet<usize> = self.r.tasks.iter().flat_map(|t| t.corpora.clone()).collect();
        if corpora.len() > 1 {
            base.stage.sampler = samplers::usual(true);
        }
        let mut train = Train { stages: vec![], objective: None, seed: 1 };
        let settings = &self.p.train;
        let env = Env::default();
        self.stage_names(settings, &mut HashMap::default());
        self.block(settings, &env, &mut base, &mut train, true);
        let mut stages = vec![];
        self.stages(settings, &env, &base, &mut train, &mut stages);
        if stages.is_empty() {
            self.counts_its_own(&base.stage, settings, self.p.train_span.unwrap_or_default());
            stages.push(base.stage.clone());
        }
        for s in &mut stages {
            s.tasks.retain(|t| !self.r.tasks[*t].left_out);
            s.freeze.retain(|o| !self.r.tasks.iter().any(|t| t.left_out && t.name == *o));
        }
        stages.retain(|s| !s.tasks.is_empty() || self.r.tasks.iter().all(|t| !t.left_out));
        if stages.is_empty() {
            stages.push(base.stage.clone());
        }
        train.stages = stages;
        self.objective_default(&mut train);
        train
    }

    fn stages(
        &mut self,
        settings: &'p [ast::Setting],
        env: &Env,
        base: &Base,
        train: &mut Train,
        out: &mut Vec<Stage>,
    ) {
        for s in settings {
            match &s.value {
                SettingKind::Repeat { times, body } => {
                    let n = times.value.value;
                    let is_count = matches!(times.value.unit, None | Some(ast::Unit::Kilo | ast::Unit::Mega));
                    if !is_count || n < 1.0 || n.fract() != 0.0 || n > 10_000.0 {
                        let what = if is_count {
                            "`repeat` needs a whole number of at least 1"
                        } else {
                            "`repeat` counts rounds; it takes no unit"
                        };
                        let d = Diagnostic::new("E0207", what);
                        self.report(d.at(times.span, "").help("write `repeat 10 { ... }`"));
                        continue;
                    }
                    if let Some(x) =
                        body.iter().find(|s| matches!(s.value, SettingKind::Attr { .. } | SettingKind::View { .. }))
                    {
                        let d = Diagnostic::new("E0238", "only stages can be repeated").at(x.span, "");
                        self.report(d.help("put it into a `stage name { ... }`"));
                    }
                    if body.is_empty() {
                        let d =
                            Diagnostic::new("E0238", "there is nothing to repeat").at(s.span, "no stage stands here");
                        self.report(d.help("write `repeat 4 { stage grow { epochs 1 } }`, or remove it"));
                    }
                    for _ in 0..n as usize {
                        self.stages(body, env, base, train, out);
                        if out.len() > MOST_STAGES {
                            let d = Diagnostic::new("E0207", format!("training has more than {MOST_STAGES} stages"));
                            self.report(d.at(times.span, "repeats too often").help("write `repeat 10 { ... }`"));
                            return;
                        }
                        if out.is_empty() {
                            break; // nothing to repeat
                        }
                    }
                }
                SettingKind::Stage { name, family, body } => {
                    let members: Vec<Env> = match family {
                        None => vec![env.clone()],
                        Some((var, list)) => {
                            let items = self.stage_members(list, env);
                            let Some(items) = items else { continue };
                            items
                                .into_iter()
                                .map(|value| {
                                    let mut e = (**env).clone();
                                    e.push(crate::hir::Binding { family: usize::MAX, var: var.value.clone(), value });
                                    Env::new(e)
                                })
                                .collect()
                        }
                    };
                    for member in members {
                        let mut b = base.clone();
                        b.stage.name = match (family, member.last()) {
                            (Some(_), Some(m)) => format!("{} {}", name.value, m.value.key()),
                            _ => name.value.clone(),
                        };
                        self.block(body, &member, &mut b, train, false);
                        // the members of a family have one setting for all
                        if family.is_none() {
                            self.counts_its_own(&b.stage, body, s.span);
                        }
                        if b.stage.keep.is_some() {
                            self.kept = Some(b.stage.tasks.clone());
                        }
                        match b.stage.search.clone() {
                            None => out.push(b.stage),
                            Some(search) => out.extend((0..search.trials).map(|trial| Stage {
                                name: format!("{} {}", b.stage.name, trial + 1),
                                search: Some(Search { trial, ..search.clone() }),
                                ..b.stage.clone()
                            })),
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// E0223: a sampler that draws none of the tasks of its stage, and weights of other tasks.
    fn counts_its_own(&mut self, stage: &Stage, body: &[ast::Setting], whole: Span) {
        let setting =
            |word: &str| body.iter().find(|s| matches!(&s.value, SettingKind::Attr { name, .. } if name.value == word));
        if let Some(at) = setting("weights")
            && let Some((t, _)) =
                stage.weights.tasks.iter().find(|(t, _)| !stage.tasks.contains(t) && !self.r.tasks[*t].left_out)
        {
            let name = self.r.tasks[*t].name.clone();
            let d = Diagnostic::new("E0223", format!("`weights` names `{name}`, which is not trained here"));
            let d = d.at(at.span, "weighs nothing").help(format!("remove it, or add `{name}` to the `tasks`"));
            self.report(d);
        }
        if let (Some(at), Some(m)) = (setting("gradients"), &stage.gradients) {
            let what = format!("`gradients {}` combines those of several tasks", m.kind);
            self.several_in_a_step(stage, at.span, what, Some(m));
        }
        let weights = &stage.weights.kind;
        if let (Some(at), true) = (setting("weights"), weightings::find(weights).is_some_and(|w| w.within_step)) {
            let what = format!("`weights {weights}` weighs the tasks of a step against each other");
            self.several_in_a_step(stage, at.span, what, None);
        }
        self.probes_a_step(stage, setting("probe").or_else(|| setting("gradients")).map_or(whole, |s| s.span));
        let Some(drawn) = stage.sampler.drawn(self.r.tasks.len()) else { return };
        if stage.tasks.is_empty() || drawn.iter().any(|t| stage.tasks.contains(t) || self.r.tasks[*t].left_out) {
            return;
        }
        let at = setting("sample").or_else(|| setting("tasks")).map_or(whole, |s| s.span);
        let names = |all: &[usize]| all.iter().map(|t| self.r.tasks[*t].name.clone()).collect::<Vec<_>>().join(", ");
        let (drawn, tasks) = (names(&drawn), names(&stage.tasks));
        let word = &stage.sampler.kind;
        let d = Diagnostic::new("E0223", format!("`sample {word}` draws none of the tasks of this stage"));
        let d = d.at(at, format!("draws {drawn}, and trains {tasks}"));
        self.report(d.help(format!("name `{tasks}` in `sample {word}(...)`")));
    }

    /// E0246, E0240: a probe of the tasks of a step, where no step has several, or their gradients are not whole.
    fn probes_a_step(&mut self, stage: &Stage, at: Span) {
        let Some(Probe::Affinity { .. }) = stage.probe else { return };
        self.several_in_a_step(stage, at, "this probe measures what a step for a task does to the others".into(), None);
        if stage.gradients.as_ref().is_some_and(|g| gradients::of_features(&g.settings)) {
            let d = Diagnostic::new("E0240", "`probe affinity` and `at = features` exclude each other");
            self.report(d.at(at, "needs the gradients of parameters").help("leave out one of them"));
        }
    }

    /// E0246: the tasks of a step are to be weighed against each other, and no step of the stage has several; or they are to be
    /// compared at features of the same examples, and the tasks read different ones.
    fn several_in_a_step(&mut self, stage: &Stage, at: Span, what: String, method: Option<&Combining>) {
        let tasks: Vec<usize> = stage.tasks.iter().copied().filter(|t| !self.r.tasks[*t].left_out).collect();
        let poisoned = tasks.iter().any(|t| self.r.tasks[*t].poisoned);
        // what losses read is known later
        if poisoned || tasks.len() < stage.tasks.len() || !self.p.losses.is_empty() {
            return;
        }
        let of: Vec<BTreeSet<usize>> =
            tasks.iter().map(|t| self.r.tasks[*t].corpora.iter().copied().collect()).collect();
        let corpora: BTreeSet<usize> = of.iter().flatten().copied().collect();
        let together = |c: &usize| of.iter().filter(|o| o.contains(c)).count() > 1;
        let several = tasks.len() > 1
            && match samplers::find(&stage.sampler.kind) {
                Some(s) if s.unit == samplers::Unit::Tasks => false,
                Some(s) if !s.together => corpora.iter().any(together),
                _ => true,
            };
        let apart = method.filter(|m| gradients::of_features(&m.settings));
        if !several {
            let (why, help) = match tasks.as_slice() {
                [_] => ("its stage trains one task".into(), "remove it".into()),
                _ => (
                    format!("`sample {}` draws one task a step", stage.sampler.kind),
                    "write `sample joint`, so that a step holds a batch of each data set".to_string(),
                ),
            };
            self.report(Diagnostic::new("E0246", what).at(at, why).help(help));
        } else if let Some(m) = apart.filter(|_| corpora.len() > 1 || !corpora.iter().any(together)) {
            let d = Diagnostic::new("E0246", "`at = features` compares tasks on the same examples");
            let d = d.at(at, "these read different data sets");
            self.report(d.help(format!("write `gradients {}`, which compares them at the parameters", m.kind)));
        }
    }

    /// E0202: two stages of one name, which the course of a run could not tell apart.
    fn stage_names(&mut self, settings: &'p [ast::Setting], seen: &mut HashMap<&'p str, Span>) {
        for s in settings {
            match &s.value {
                SettingKind::Repeat { body, .. } => self.stage_names(body, seen),
                SettingKind::Stage { name, .. } if !name.value.is_empty() => match seen.get(name.value.as_str()) {
                    Some(first) => {
                        let d = Diagnostic::new("E0202", format!("the stage `{}` is declared twice", name.value));
                        let d = d.at(name.span, "again").with(*first, "first here");
                        self.report(d.help("give one of them another name"));
                    }
                    None => {
                        seen.insert(&name.value, name.span);
                    }
                },
                _ => {}
            }
        }
    }

    /// `for t in [pos, chunk]` or `for t in sent[*]`: tasks by name.
    fn stage_members(&mut self, list: &'p Expr, env: &Env) -> Option<Vec<Item>> {
        let mut exprs: Vec<&Expr> = vec![];
        match &*list.value {
            ExprKind::List(items) if items.is_empty() => {
                let d = Diagnostic::new("E0211", "this stage has no members").at(list.span, "the list is empty");
                self.report(d.help("name at least one task"));
                return None;
            }
            ExprKind::List(items) => exprs.extend(items),
            _ => exprs.push(list),
        }
        let mut out = vec![];
        for e in exprs {
            for t in self.r.task_refs(e, env)? {
                let name = self.r.tasks[t].name.clone();
                out.push(Item::Expr(ast::Node::new(Box::new(ExprKind::Name(name)), e.span)));
            }
        }
        Some(out)
    }
}
