//! Scheduling: what is trained when, by which objective, and what is claimed of it.
//!
//! Takes resolved tasks and the graphs of elaboration, for their widths; gives the stages, the objective and the claims.

mod claims;
mod losses;
mod objective;
mod optimizer;
mod sampling;
mod sharing;
mod unsupported;

pub(crate) use losses::Reached;
pub(crate) use sampling::drawn_by_name;

use super::features::Elaborated;
use super::resolve::{Part, Path, Resolver, TaskInfo, path, path_words, word_of};
use crate::analysis::TaskGraph;
use crate::ast::{self, BinOp, Expr, ExprKind, SettingKind};
use crate::columns::FieldType;
use crate::diagnostics::{Diagnostic, Reported as Poison, suggest};
use crate::hir::{Env, Item, Kind, Program, is_name};
use crate::kinds::{optimisers, samplers, statements, weightings};
use crate::plan::{Claim, Decay, Expect, Length, Optimizer, Sampler, Score, Setting, Settings, Stage, Train, Weights};
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
}

/// Reads `share`, `train` and `loss`.
struct Scheduler<'s, 'p> {
    p: &'p Program,
    /// tasks and arrows, and where findings go
    r: &'s mut Resolver<'p>,
    e: &'s Elaborated,
}

/// Reads the schedule of a program.
pub(crate) fn schedule<'p>(r: &mut Resolver<'p>, e: &Elaborated) -> Schedule {
    let mut s = Scheduler { p: r.p, r, e };
    s.check_shared_shapes();
    let train = s.train_settings();
    s.check_kept();
    let reached = s.check_losses();
    Schedule { train, reached }
}

/// Reads the claims of a program.
pub(crate) fn claims<'p>(r: &mut Resolver<'p>, e: &Elaborated, g: &TaskGraph) -> Vec<Expect> {
    let mut s = Scheduler { p: r.p, r, e };
    s.claims(g)
}

impl Scheduler<'_, '_> {
    fn report(&mut self, d: Diagnostic) -> Poison {
        self.r.report(d)
    }

    fn later(&mut self, span: Span, what: impl Into<String>) {
        self.r.later(span, what);
    }

    fn unknown_word(&mut self, code: &'static str, what: &str, word: &str, span: Span, known: &[&str]) -> Poison {
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
                length: Length::Epochs(10.0),
                batch: 32,
                sampler: Sampler::Joint,
                weights: Weights::Fixed { weights: vec![] },
                optimizer: self.optimizer_defaults("adam"),
                clip: None,
                freeze: vec![],
                eval_every: None,
                early_stop: None,
            },
            length_given: false,
        };
        // several corpora: a step is a batch of one of them
        let corpora: BTreeSet<usize> = self.r.tasks.iter().flat_map(|t| t.corpora.clone()).collect();
        if corpora.len() > 1 {
            base.stage.sampler = Sampler::Proportional { cap: None, temperature: 1.0 };
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
                        out.push(b.stage);
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
        if let (Weights::Fixed { weights }, Some(at)) = (&stage.weights, setting("weights"))
            && let Some((t, _)) = weights.iter().find(|(t, _)| !stage.tasks.contains(t) && !self.r.tasks[*t].left_out)
        {
            let name = self.r.tasks[*t].name.clone();
            let d = Diagnostic::new("E0223", format!("`weights` names `{name}`, which is not trained here"));
            let d = d.at(at.span, "weighs nothing").help(format!("remove it, or add `{name}` to the `tasks`"));
            self.report(d);
        }
        let Some(drawn) = sampling::drawn_by_name(&stage.sampler) else { return };
        if stage.tasks.is_empty() || drawn.iter().any(|t| stage.tasks.contains(t) || self.r.tasks[*t].left_out) {
            return;
        }
        let at = setting("sample").or_else(|| setting("tasks")).map_or(whole, |s| s.span);
        let names = |all: &[usize]| all.iter().map(|t| self.r.tasks[*t].name.clone()).collect::<Vec<_>>().join(", ");
        let (drawn, tasks) = (names(&drawn), names(&stage.tasks));
        let word = if matches!(stage.sampler, Sampler::Mix { .. }) { "mix" } else { "alternate" };
        let d = Diagnostic::new("E0223", format!("`sample {word}` draws none of the tasks of this stage"));
        let d = d.at(at, format!("draws {drawn}, and trains {tasks}"));
        self.report(d.help(format!("name `{tasks}` in `sample {word}(...)`")));
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

    fn block(&mut self, settings: &'p [ast::Setting], env: &Env, b: &mut Base, train: &mut Train, top: bool) {
        let mut seen: Vec<(&str, Span)> = vec![];
        let mut length: Option<(&str, Span)> = None;
        for s in settings {
            let (name, values) = match &s.value {
                SettingKind::Attr { name, values } => (name, values),
                SettingKind::View { .. } => {
                    let d = Diagnostic::new("E0239", "a view belongs to a task").at(s.span, "");
                    self.report(d.help("move it into the braces of the task"));
                    continue;
                }
                SettingKind::Stage { .. } | SettingKind::Repeat { .. } if top => continue,
                _ => {
                    let d = Diagnostic::new("E0239", "a stage has no stages").at(s.span, "");
                    self.report(d.help("put them one after the other"));
                    continue;
                }
            };
            let word = name.value.as_str();
            let Some(row) = statements::row(word) else {
                let known: Vec<&str> = statements::SETTINGS.iter().map(|r| r.name).collect();
                let own = optimisers::OPTIMIZERS.iter().flat_map(|(_, keys)| keys.iter().map(|(a, _)| a));
                let of_optimizer = own.chain(optimisers::OPTIMIZER_COMMON).any(|a| a.name == word);
                if of_optimizer {
                    let d = Diagnostic::new("E0239", format!("`{word}` is a setting of the optimiser"));
                    let value = values.first().map_or_else(|| "...".into(), path_words);
                    self.report(d.at(s.span, "").help(format!("write `optimizer adam({word} = {value})`")));
                    continue;
                }
                if word == "learning_rate" {
                    let d = Diagnostic::new("E0239", "the learning rate is a setting of the optimiser");
                    let value = values.first().map_or_else(|| "...".into(), path_words);
                    self.report(d.at(s.span, "").help(format!("write `optimizer adam(lr = {value})`")));
                    continue;
                }
                if word == "metric" {
                    let d = Diagnostic::new("E0239", "a metric is an option of a task").at(name.span, "in `train`");
                    let value = values.first().map_or_else(|| "...".into(), path_words);
                    self.report(d.help(format!("the figure that chooses the model is `objective {value}`")));
                    continue;
                }
                // `batch_size`, `num_epochs`
                let part = known.iter().find(|k| word.split('_').any(|w| w == **k)).filter(|_| word.contains('_'));
                if let Some(k) = part {
                    let d = Diagnostic::new("E0239", format!("`{word}` is not a setting of `train`"));
                    self.report(d.at(name.span, "unknown").help(format!("did you mean `{k}`?")));
                    continue;
                }
                // `proportional` for `sample proportional`
                let choice =
                    [("sample", "sampler", samplers::SAMPLERS), ("weights", "weighting", weightings::WEIGHTINGS)];
                let choice = choice.into_iter().find_map(|(s, what, t)| Some((s, what, words::choice(t, word)?)));
                if let Some((setting, what, row)) = choice {
                    let d = Diagnostic::new("E0239", format!("`{word}` is a {what}")).at(name.span, "");
                    self.report(d.help(format!("write `{setting} {}`", row.example)));
                    continue;
                }
                self.unknown_word("E0239", "a setting of `train`", word, name.span, &known);
                continue;
            };
            if matches!(word, "objective" | "seed") && !top {
                let d = Diagnostic::new("E0239", format!("`{word}` belongs to the whole run")).at(s.span, "in a stage");
                self.report(d.help("move it out of the stage, into `train { ... }`"));
                continue;
            }
            if row.stage_only && top {
                let d = Diagnostic::new("E0239", format!("`{word}` belongs to a stage")).at(s.span, "");
                self.report(d.help(format!("write `stage name {{ {} }}`", row.example)));
                continue;
            }
            if let Some((_, first)) = seen.iter().find(|(n, _)| *n == word) {
                self.r.twice(word, s.span, *first);
                continue;
            }
            seen.push((word, s.span));
            if !row.runs {
                if values.iter().all(|v| !matches!(&*v.value, ExprKind::Error)) {
                    self.statement(row, s, values, env, settings);
                }
                self.later(s.span, format!("`{word}`"));
                continue;
            }
            let Some(v) = values.first() else {
                let d = Diagnostic::new("E0229", format!("`{word}` needs a value")).at(s.span, "");
                self.report(d.help(format!("for example `{}`", row.example)));
                continue;
            };
            let several_ok = matches!(word, "tasks" | "freeze");
            if values.len() > 1 && !several_ok {
                let d =
                    Diagnostic::new("E0229", format!("`{word}` takes one value")).at(values[1].span, "one too many");
                if word == "objective" {
                    let all: Vec<String> = values.iter().map(path_words).collect();
                    self.report(d.help(format!("write `objective mean({})`", all.join(", "))));
                    continue;
                }
                self.report(d.help(format!("for example `{}`", row.example)));
                continue;
            }
            if matches!(&*v.value, ExprKind::Error) {
                continue;
            }
            // the value of a setting that is a number
            let number = |c: &mut Self, v: &Expr| {
                c.r.in_range(
                    v,
                    env,
                    row.takes.ranges(),
                    &format!("`{word}`"),
                    &format!("for example `{}`", row.example),
                )
            };
            match word {
                "batch" => {
                    if let Ok(n) = number(self, v) {
                        b.stage.batch = n as usize;
                    }
                }
                "epochs" | "steps" | "minutes" => {
                    if let Some((other, first)) = length {
                        let d = Diagnostic::new("E0240", format!("`{other}` and `{word}` exclude each other"))
                            .at(s.span, "");
                        self.report(d.with(first, "first here").help("keep one of them"));
                        continue;
                    }
                    length = Some((word, s.span));
                    let Ok(n) = number(self, v) else { continue };
                    b.length_given = true;
                    b.stage.length = match word {
                        "epochs" => Length::Epochs(n),
                        "steps" => Length::Steps(n as u64),
                        _ if self.is_time(v, env) => Length::Seconds(n),
                        _ => Length::Seconds(60.0 * n),
                    };
                }
                "optimizer" => self.optimizer(v, env, b),
                "sample" => self.sampler(v, env, b),
                "weights" => self.weighting(v, env, b),
                "clip" => b.stage.clip = number(self, v).ok().or(b.stage.clip),
                "dropout" if top => {}
                "dropout" => {
                    let _ = number(self, v);
                    self.later(s.span, "`dropout` in a stage");
                }
                "objective" => {
                    if matches!(self.p.constant(v, env), Some(Item::Number(_))) {
                        let d = Diagnostic::new("E0242", "an objective that never changes chooses no model");
                        self.report(d.at(v.span, "a number").help("write `task.metric`, for example `slot.span_f1`"));
                    } else if let Ok(score) = self.r.score(v, env) {
                        self.rewards(v, &score);
                        train.objective = Some(score);
                    }
                }
                "early_stop" => {
                    let n = match &*v.value {
                        ExprKind::Call(f, args) if is_name(f, "patience") && args.len() == 1 => {
                            number(self, &args[0].value)
                        }
                        _ => number(self, v),
                    };
                    if let Ok(n) = n {
                        b.stage.early_stop = Some(n as usize);
                    }
                }
                // `eval every 500`, `eval 500`, `eval every 5min`
                "eval" => {
                    let v = match &*v.value {
                        ExprKind::Call(f, args) if is_name(f, "every") && args.len() == 1 => &args[0].value,
                        _ => v,
                    };
                    if let Ok(n) = number(self, v) {
                        let time = self.is_time(v, env);
                        b.stage.eval_every = Some(if time { Length::Seconds(n) } else { Length::Steps(n as u64) });
                    }
                }
                "seed" => train.seed = number(self, v).map_or(train.seed, |n| n as u64),
                "tasks" => {
                    let mut tasks = vec![];
                    let mut fine = true;
                    for v in values {
                        let named = self.r.task_refs(v, env);
                        fine &= named.is_some();
                        for t in named.unwrap_or_default() {
                            if tasks.contains(&t) {
                                let d = Diagnostic::new("E0228", format!("`{}` is named twice", self.r.tasks[t].name));
                                self.report(d.at(v.span, "again").help("keep one of the two"));
                                break;
                            }
                            tasks.push(t);
                        }
                    }
                    tasks.sort_unstable();
                    tasks.dedup();
                    // of a name that could not be read it is not known which task it leaves out
                    if fine {
                        b.stage.tasks = tasks;
                    }
                }
                "freeze" => {
                    let mut frozen: Vec<String> = vec![];
                    for v in values {
                        let what = "an encoder, a `let` or a task";
                        let Ok(p) = self.r.path_of(v, what) else { continue };
                        let kinds = [Kind::Encoder, Kind::Task, Kind::Let];
                        let Ok(found) = self.r.named(&p, env, &kinds, what, &[Part::Layer]) else { continue };
                        if let Some(tap) = p.tap {
                            self.later(v.span, "freezing single layers");
                            if let (ast::Tap::Layer(k), [(Kind::Encoder, i)]) = (&tap.value, found.as_slice()) {
                                self.layer_exists(*i, *k, tap.span);
                            }
                        }
                        for (kind, i) in found {
                            let owner = match kind {
                                Kind::Encoder => self.p.encoders[i].name.clone(),
                                Kind::Let => self.p.lets[i].name.clone(),
                                _ => self.r.tasks[i].name.clone(),
                            };
                            if frozen.contains(&owner) && p.tap.is_none() {
                                let d = Diagnostic::new("E0228", format!("`{owner}` is named twice"));
                                self.report(d.at(v.span, "again").help("keep one of the two"));
                                break;
                            }
                            frozen.push(owner);
                        }
                    }
                    b.stage.freeze.extend(frozen);
                }
                _ => {}
            }
        }
    }

    /// Whether a number was written as a time.
    fn is_time(&self, e: &Expr, env: &Env) -> bool {
        use ast::Unit::{Hours, Minutes, Seconds};
        matches!(self.r.unit_of(e, env), Some(Seconds | Minutes | Hours))
    }
}
