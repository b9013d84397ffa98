//! Programs beside a program: the twins and probes that claims and comparisons need, each compiled from the same spec.

use super::run::{self, Ready};
use super::{Changes, Look, findings, options, try_compile, try_read};
use crate::ast::ItemKind;
use crate::columns::SplitName;
use crate::diagnostics::Diagnostic;
use crate::driver::{self, Compilation, Disk};
use crate::encode::cache::Cache;
use crate::encode::{Examples, Tables};
use crate::plan::{Claim, Over, Plan, Score};
use crate::present::cost::cost;
use crate::source::Sources;
use crate::syntax;
use crate::train::evaluate::{self, Figures};
use crate::train::files::distinct_name;
use crate::train::initial::Source;
use crate::train::paired::{Answers, Comparison};
use crate::train::report::{ExpectReport, Report};
use crate::train::{LoadedRun, Progress, RunError, RunOptions, trainer, twins};
use crate::util::memory;
use burn::tensor::Device;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// A program that differs from the one of the spec.
#[derive(Clone, Debug)]
pub(super) struct Variant {
    /// of its folder
    pub name: String,
    /// as people are told of it
    pub title: String,
    /// how it differs
    pub changes: Changes,
    /// what it is for
    pub purpose: Purpose,
}

/// What a variant is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// the program as it stands
    Whole,
    /// a task that is trained alone, with as many updates as the whole program makes on it
    Alone(String),
    /// the program without a part of it
    Cut,
    /// a fresh head reads a field off a trained encoder: the text that takes the place of `train` and `expect`
    Probe {
        /// of the encoder, without gradient into it
        features: String,
        /// of the task
        head: String,
        /// what it learns
        field: String,
    },
}

/// The task of a probe.
const PROBE: &str = "fresh_probe";

impl Variant {
    /// The program as it stands.
    pub fn whole(changes: &Changes) -> Self {
        Self { name: "whole".into(), title: "the program".into(), changes: changes.clone(), purpose: Purpose::Whole }
    }

    /// One task, trained alone.
    pub fn single(task: &str, changes: &Changes) -> Self {
        let changes = Changes { only: vec![task.to_string()], ..changes.clone() };
        let (name, title) = (format!("single-{}", distinct_name(task)), format!("{task} alone"));
        Self { name, title, changes, purpose: Purpose::Alone(task.to_string()) }
    }

    /// Without tasks or losses.
    pub fn without(parts: &[String], changes: &Changes) -> Self {
        let mut changes = changes.clone();
        changes.without.extend_from_slice(parts);
        let all = parts.join(", ");
        Self {
            name: format!("without-{}", distinct_name(&all)),
            title: format!("without {all}"),
            changes,
            purpose: Purpose::Cut,
        }
    }

    /// Without an arrow, `a -> b`.
    pub fn without_arrow(arrow: &str, changes: &Changes) -> Self {
        let mut changes = changes.clone();
        changes.without.push(arrow.to_string());
        let ends: Vec<String> = arrow.split("->").map(|end| distinct_name(end.trim())).collect();
        let (name, title) = (format!("without-{}", ends.join("-to-")), format!("without {arrow}"));
        Self { name, title, changes, purpose: Purpose::Cut }
    }

    /// Those that a claim looks at beside the whole program.
    pub fn of_claim(claim: &Claim, plan: &Plan, changes: &Changes) -> Vec<Self> {
        match claim {
            Claim::Gain { over: Over::Single(tasks), .. } => {
                tasks.iter().map(|t| Self::single(&plan.tasks[*t].name, changes)).collect()
            }
            Claim::Gain { over: Over::Without(parts), .. } => vec![Self::without(parts, changes)],
            Claim::Drop { arrow, .. } => vec![Self::without_arrow(arrow, changes)],
            Claim::Probe { encoder, field, head, .. } => vec![Self {
                name: format!("probe-{}", distinct_name(&format!("{encoder} {field}"))),
                title: format!("probe of {encoder} for {field}"),
                changes: changes.clone(),
                purpose: Purpose::Probe { features: encoder.clone(), head: head.clone(), field: field.clone() },
            }],
            Claim::Verdict | Claim::Figure { .. } => vec![],
        }
    }

    /// Whether it would be the very same program.
    pub fn is_whole(&self, plan: &Plan) -> bool {
        matches!(self.purpose, Purpose::Alone(_)) && plan.tasks.len() == 1
    }

    fn compile(&self, file: &Path) -> Result<Compilation, Diagnostic> {
        let failed = |refused: super::Refused| refused.finding.unwrap_or_else(|| self.cannot_be_built());
        let Purpose::Probe { features, head, field } = &self.purpose else {
            return try_compile(file, &self.changes).map_err(failed);
        };
        let text = try_read(file).map_err(failed)?;
        let options = options(&self.changes).map_err(|_| self.cannot_be_built())?;
        let base = untrained(&text);
        let stage =
            "train { stage probe { tasks TASK; sample joint; batch 32; epochs 30; optimizer adam(lr = 1e-2) } }";
        let with = |pool: &str| {
            let task = format!("task {PROBE} : {head} of {field} from {features} |> stop{pool}");
            let text = format!("{base}\n{task}\n{}\n", stage.replace("TASK", PROBE));
            driver::compile(file, &text, &Disk, &options)
        };
        let first = with("");
        if !first.has_errors() {
            return Ok(first);
        }
        // a text is summed up by attention where the field is of the whole text
        let pooled = with(" |> attend");
        Ok(if pooled.has_errors() { first } else { pooled })
    }

    /// Finds out, before anything is trained, whether the spec gives such a program.
    pub fn check(&self, file: &Path, look: Look) -> Result<(), Diagnostic> {
        let c = self.compile(file)?;
        if !c.has_errors() {
            return Ok(());
        }
        findings(&c.sources, &c.diagnostics, look);
        Err(self.cannot_be_built())
    }

    fn cannot_be_built(&self) -> Diagnostic {
        let what = if matches!(self.purpose, Purpose::Probe { .. }) { "probe" } else { "twin" };
        Diagnostic::new("E0810", format!("the {what} `{}` cannot be built", self.name))
            .help("its findings are above; remove the claim, or mend the spec")
    }

    /// Compiled, with its data.
    pub fn prepare(&self, file: &Path, look: Look, cache: Option<&Cache>) -> Result<Prepared, Diagnostic> {
        let c = self.compile(file)?;
        let Ready { compilation, mut data, mut plan } =
            run::ready(c, look, false, cache).map_err(|_| self.cannot_be_built())?;
        let examples = Arc::new(driver::examples(&plan, &mut data, cache));
        let arrows = compilation.checked.as_ref().map(|c| c.arrows().map(|e| e.name.to_string()).collect());
        let cost = cost(&plan, &data.corpora);
        if let Some(d) = run::too_large(&cost, memory::available()) {
            return Err(d);
        }
        // of a twin nothing is claimed
        if self.purpose != Purpose::Whole {
            plan.expects.clear();
        }
        Ok(Prepared {
            variant: self.clone(),
            plan,
            arrows: arrows.unwrap_or_default(),
            memory: cost.memory(),
            tables: data.tables,
            examples,
            sources: run::sources(&compilation),
            base: compilation.base,
        })
    }
}

/// A spec without what trains it and what is claimed of it.
fn untrained(text: &str) -> String {
    let file = Sources::default().add("spec", text);
    let mut out = text.to_string();
    for item in syntax::parse(file, text).file.items.iter().rev() {
        if matches!(item.value, ItemKind::Train(_) | ItemKind::Expect(_)) {
            out.replace_range(item.span.start as usize..item.span.end as usize, "");
        }
    }
    out
}

/// A variant, ready to be trained.
pub(super) struct Prepared {
    pub variant: Variant,
    pub plan: Plan,
    pub tables: Tables,
    pub examples: Arc<Examples>,
    /// its arrows, as `--without` names them
    pub arrows: Vec<String>,
    /// bytes that training is expected to take
    pub memory: f64,
    sources: Vec<(String, String)>,
    base: PathBuf,
}

impl Prepared {
    /// Of what was compiled and loaded already.
    pub fn of(variant: Variant, plan: &Plan, tables: &Tables, examples: &Arc<Examples>) -> Self {
        let (plan, tables, examples) = (plan.clone(), tables.clone(), examples.clone());
        Self { variant, plan, tables, examples, arrows: vec![], memory: 0.0, sources: vec![], base: PathBuf::new() }
    }

    /// Its plan beside a run of the whole program: a task alone makes as many updates as it did there.
    pub fn beside(&self, whole: &Plan, report: &Report) -> Plan {
        let mut plan = self.plan.clone();
        if let Purpose::Alone(name) = &self.variant.purpose
            && let Some(task) = whole.tasks.iter().position(|t| t.name == *name)
        {
            twins::same_updates(&mut plan, whole, report, task);
        }
        plan
    }

    /// Trains it in a folder, or goes on there, or finds it done. A probe begins with the weights of the whole program's run.
    pub fn train(
        &self,
        plan: &Plan,
        folder: &Path,
        whole: &Path,
        options: &RunOptions,
        progress: &mut dyn Progress,
    ) -> Result<Report, RunError> {
        let from = match &self.variant.purpose {
            Purpose::Probe { .. } => Some(Arc::new(Source::open(whole)?)),
            _ => options.from.clone(),
        };
        let own = RunOptions {
            out: folder.to_path_buf(),
            dir: None,
            sources: self.sources.clone(),
            base: self.base.clone(),
            began: Instant::now(),
            from,
            ..options.clone()
        };
        trainer::run_part(plan, &self.tables, &self.examples, &own, progress)
    }

    /// With the folders of its runs, one for each seed.
    pub fn trained(self: &Arc<Self>, folders: Vec<PathBuf>) -> Trained {
        Trained { program: self.clone(), folders }
    }
}

/// A program with the folders of its runs, one for each seed.
#[derive(Clone)]
pub(super) struct Trained {
    pub program: Arc<Prepared>,
    pub folders: Vec<PathBuf>,
}

impl Trained {
    /// What its runs answer to a split.
    pub fn answers(&self, split: SplitName, device: &Device) -> Result<Answers, Diagnostic> {
        let p = &self.program;
        let each = self.folders.iter().map(|f| Ok(LoadedRun::open(f, device)?.answered(&p.examples, split)));
        Ok(Answers {
            plan: p.plan.clone(),
            tables: p.tables.clone(),
            by_seed: each.collect::<Result<_, Diagnostic>>()?,
        })
    }
}

/// Where a score is read: on the test split, or on dev where a task of it has no test gold.
pub(super) fn split_of(score: &Score, plan: &Plan, examples: &Examples) -> SplitName {
    let (metrics, frames) = score.reads();
    let tasks = metrics.iter().all(|(t, _)| evaluate::has_gold(plan, examples, *t, SplitName::Test));
    let frames = frames.iter().all(|c| examples.split(*c, SplitName::Test).is_some_and(|e| e.len > 0));
    if tasks && frames { SplitName::Test } else { SplitName::Dev }
}

/// Answers by split and program, each computed once.
#[derive(Default)]
pub(super) struct Answered(BTreeMap<(SplitName, String), Answers>);

impl Answered {
    pub fn of(&mut self, t: &Trained, split: SplitName, device: &Device) -> Result<&Answers, Diagnostic> {
        let key = (split, t.program.variant.name.clone());
        if !self.0.contains_key(&key) {
            self.0.insert(key.clone(), t.answers(split, device)?);
        }
        Ok(&self.0[&key])
    }
}

/// Settles every claim that looks at other programs; `train` gives each, or none where it cannot be had. Whether there was such
/// a claim.
pub(super) fn settle(
    whole: &Trained,
    device: &Device,
    expects: &mut [ExpectReport],
    train: &mut dyn FnMut(&Variant) -> Result<Option<Trained>, RunError>,
) -> Result<bool, RunError> {
    let program = &whole.program;
    let plan = &program.plan;
    let mut answered = Answered::default();
    let mut changed = false;
    for (e, found) in plan.expects.iter().zip(expects) {
        let variants = Variant::of_claim(&e.claim, plan, &program.variant.changes);
        if variants.is_empty() {
            continue;
        }
        let trained: Option<Vec<Trained>> = variants.iter().map(&mut *train).collect::<Result<_, _>>()?;
        let Some(trained) = trained else { continue };
        match &e.claim {
            Claim::Gain { score, .. } | Claim::Drop { score, .. } => {
                let split = split_of(score, plan, &program.examples);
                let mut parts = vec![];
                for t in &trained {
                    parts.push(answered.of(t, split, device)?.clone());
                }
                if let Some(c) = Comparison::new(score, answered.of(whole, split, device)?, &parts) {
                    found.split = split.to_string();
                    twins::settle(found, &e.claim, &c);
                    changed = true;
                }
            }
            Claim::Probe { op, value, .. } => {
                let Some(t) = trained.first() else { continue };
                let probe = &t.program;
                let Some(task) = probe.plan.tasks.iter().position(|t| t.name == PROBE) else { continue };
                let score = Score::Metric { task, metric: 0 };
                let split = split_of(&score, &probe.plan, &probe.examples);
                let answers = answered.of(t, split, device)?;
                let figures = answers.by_seed.iter().map(|a| a.figures(&probe.plan, &probe.tables));
                let values: Option<Vec<f64>> =
                    figures.map(|f: Figures| f.tasks.get(&task)?.first().copied().flatten()).collect();
                found.split = split.to_string();
                if let Some(values) = values {
                    let metric = probe.plan.tasks[task].metrics.first().map_or("", |m| m.label.as_str());
                    twins::settle_probe(found, metric, &values, op, *value);
                    changed = true;
                }
            }
            Claim::Verdict | Claim::Figure { .. } => {}
        }
    }
    Ok(changed)
}
