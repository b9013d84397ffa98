//! Figures of a split, through the test graphs.

use super::files;
use super::frozen::Frozen;
use super::report::{Figure, Report};
use super::run_dir::{self, MODEL, RunDir};
use super::weights::Weights;
use crate::columns::SplitName;
use crate::diagnostics::Diagnostic;
use crate::encode::ahead::There;
use crate::encode::{Encoded, Examples, Tables};
use crate::kinds::heads::{self, Head};
use crate::kinds::metrics::{CLASSES, Ranking, Scored};
use crate::network::together::Share;
use crate::network::{Batch, Job, Known, Moment, Network};
use crate::ops::floats;
use crate::ops::layer::{Cx, axis, matrix};
use crate::ops::params::Params;
use crate::ops::value::Value;
use crate::passes;
use crate::passes::flow::Wanted;
use crate::plan::{Graph, Phase, Plan, SOURCE_FIELD, Score};
use crate::records::{Forms, Records};
use burn::tensor::Device;
use std::collections::BTreeMap;
use std::path::Path;

/// Examples per batch when evaluating and predicting. Fixed, so that figures do not depend on the program's batch size.
pub const BATCH: usize = 64;

/// Figures of one split.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// by task, in the order of its metrics; tasks without gold are absent
    pub tasks: BTreeMap<usize, Vec<Option<f64>>>,
    /// by corpus with several tasks: share of examples with every task right
    pub frames: BTreeMap<usize, f64>,
}

impl Figures {
    /// Figures as they stand in a report, by the tasks and metrics of a plan.
    pub fn of(plan: &Plan, report: &Report, split: SplitName) -> Self {
        let mut f = Self::default();
        // by name: the report may be that of a twin, which has fewer tasks
        for (t, task) in plan.tasks.iter().enumerate() {
            let Some(own) = report.tasks.iter().find(|r| r.name == task.name) else { continue };
            let figures = if split == SplitName::Test { &own.test } else { &own.dev };
            if !figures.is_empty() {
                let value = |label: &str| figures.iter().find(|f| f.metric == label).and_then(|f| f.value);
                f.tasks.insert(t, task.metrics.iter().map(|m| value(&m.label)).collect());
            }
        }
        for frame in &report.frames {
            let value = if split == SplitName::Test { frame.test } else { frame.dev };
            if let (Some(c), Some(v)) = (plan.corpora.iter().position(|c| c.name == frame.corpus), value) {
                f.frames.insert(c, v);
            }
        }
        f
    }
}

/// Initial parameters of a plan, rows of vectors files included.
pub fn new_params(plan: &Plan, tables: &Tables, seed: u64, device: &Device) -> Params {
    let vectors = |vocab: usize, item: usize| tables.vocabs.get(vocab)?.vectors.get(&item).cloned();
    Params::new(&plan.params, seed, device, &vectors)
}

/// Replaces all weights by tensors of name, values and shape; the error names every one that does not fit, and then
/// nothing has changed.
pub fn set_params<V: IntoIterator<Item = f32>>(
    params: &mut Params,
    tensors: impl IntoIterator<Item = (String, V, Vec<usize>)>,
) -> Result<(), String> {
    set_some(params, tensors, true)
}

/// The same; unless `all` are asked for, weights without a tensor stay.
pub(super) fn set_some<V: IntoIterator<Item = f32>>(
    params: &mut Params,
    tensors: impl IntoIterator<Item = (String, V, Vec<usize>)>,
    all: bool,
) -> Result<(), String> {
    let mut faults = vec![];
    let mut found: Vec<Option<V>> = (0..params.len()).map(|_| None).collect();
    for (name, values, shape) in tensors {
        match params.specs().iter().position(|s| s.name == name) {
            None => faults.push(format!("the plan has no tensor `{name}`")),
            Some(i) if params.specs()[i].shape != shape => {
                faults.push(format!("`{name}` is {shape:?}, but the plan says {:?}", params.specs()[i].shape));
            }
            Some(i) => found[i] = Some(values),
        }
    }
    for (spec, values) in params.specs().iter().zip(&found) {
        if all && values.is_none() && !faults.iter().any(|f| f.contains(&format!("`{}`", spec.name))) {
            faults.push(format!("it has no tensor `{}`", spec.name));
        }
    }
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    for (i, values) in found.into_iter().enumerate().filter_map(|(i, v)| Some((i, v?))) {
        params.update(i, |now| now.iter_mut().zip(values).for_each(|(n, v)| *n = v));
    }
    Ok(())
}

/// `best/TASK.safetensors`.
pub fn best_file(task: &str) -> String {
    format!("best/{}.safetensors", files::distinct_name(task))
}

/// Number of examples of a split with gold of a task, over all its corpora.
pub fn count_gold(plan: &Plan, examples: &Examples, task: usize, split: SplitName) -> usize {
    let mut corpora: Vec<usize> = plan.tasks[task].golds.iter().map(|(c, _)| *c).collect();
    corpora.dedup();
    let splits = corpora.into_iter().filter_map(|c| examples.split(c, split));
    splits.map(|e| (0..e.len).filter(|&i| e.has_gold(task, i)).count()).sum()
}

/// Whether any example of a split has gold of a task.
pub fn has_gold(plan: &Plan, examples: &Examples, task: usize, split: SplitName) -> bool {
    (plan, examples).gold(task, split)
}

/// Whether more is better: of a bare metric what its row says; of an expression, always.
pub fn upwards(plan: &Plan, score: &Score) -> bool {
    match score {
        Score::Metric { task, metric } => {
            let m = plan.tasks.get(*task).and_then(|t| t.metrics.get(*metric));
            m.and_then(|m| heads::metric(&m.name)).is_none_or(|m| m.higher_is_better)
        }
        _ => true,
    }
}

/// Figures with their names, in the order of the tasks.
pub fn named(plan: &Plan, figures: &Figures) -> Vec<(String, Vec<Figure>)> {
    let task = |(t, task): (usize, &crate::plan::Task)| {
        let values = figures.tasks.get(&t);
        let value = |m: usize| values.and_then(|v| v.get(m).copied().flatten());
        let figure =
            |(m, metric): (usize, &crate::plan::Metric)| Figure { metric: metric.label.clone(), value: value(m) };
        (task.name.clone(), task.metrics.iter().enumerate().map(figure).collect())
    };
    plan.tasks.iter().enumerate().map(task).collect()
}

/// Examples in the order of their lengths.
pub(super) fn by_length(split: &Encoded) -> Vec<usize> {
    let mut order: Vec<usize> = (0..split.len).collect();
    order.sort_by_key(|&i| split.lengths[i]);
    order
}

/// The golds of a graph's tasks that are there in a split, by task.
pub(super) fn golds<'a>(graph: &Graph, part: &'a Encoded) -> Vec<(usize, &'a Records)> {
    let own = |t: &crate::plan::GraphTask| Some((t.task, part.golds.get(&(t.task, t.gold?))?));
    graph.tasks.iter().filter_map(own).filter(|(_, gold)| (0..part.len).any(|i| gold.present(i))).collect()
}

/// What a task scored on a batch, before its decisions are put in order.
pub(super) struct Seen<'a> {
    /// index of the task
    pub task: usize,
    /// its model
    pub head: &'a dyn Head,
    /// of the batch
    pub scores: &'a Value,
    /// of its node
    pub cx: &'a Cx<'a>,
    /// the examples of the batch, by their place in the split
    pub examples: &'a [usize],
}

/// What is kept while one set of weights is trained: its values, and the stage that made the set (none: the shared one).
pub type Kept<'a> = (&'a mut Frozen, Option<usize>);

/// Answers of the wanted tasks of a graph to every example of a split, by task, each with its own weights; `see` is shown
/// what each task scored.
#[expect(clippy::too_many_arguments, reason = "two call sites")]
pub(super) fn answers(
    plan: &Plan,
    network: &Network,
    weights: &Weights,
    graph: &Graph,
    forms: &Forms,
    split: &Encoded,
    wanted: &[usize],
    mut kept: Option<(Kept<'_>, SplitName)>,
    see: &mut dyn FnMut(Seen<'_>),
) -> Result<BTreeMap<usize, Records>, Diagnostic> {
    let mut all = BTreeMap::new();
    for (set, params, wanted) in weights.parts(wanted) {
        let kept = kept.as_mut().filter(|((_, own), _)| *own == set).map(|((frozen, _), name)| (&mut **frozen, *name));
        all.extend(answers_of(plan, network, params, graph, forms, split, &wanted, kept, see)?);
    }
    Ok(all)
}

/// The same with one set of weights.
#[expect(clippy::too_many_arguments, reason = "one call site, above")]
fn answers_of(
    plan: &Plan,
    network: &Network,
    params: &Params,
    graph: &Graph,
    forms: &Forms,
    split: &Encoded,
    wanted: &[usize],
    mut kept: Option<(&mut Frozen, SplitName)>,
    see: &mut dyn FnMut(Seen<'_>),
) -> Result<BTreeMap<usize, Records>, Diagnostic> {
    // decisions batch by batch, and where each example's stands
    let mut parts: BTreeMap<usize, Vec<Records>> = wanted.iter().map(|t| (*t, vec![])).collect();
    let mut places = vec![(0, 0); split.len];
    let order = if plan.pass(passes::BUCKET) { by_length(split) } else { (0..split.len).collect() };
    for (b, examples) in order.chunks(BATCH).enumerate() {
        examples.iter().enumerate().for_each(|(row, e)| places[*e] = (b, row));
        let batch = Batch { forms, split, examples };
        let job = Job { plan, graph, batch, params, moment: Moment::default() };
        let mut known = Known::default();
        if let Some((frozen, name)) = &mut kept {
            known.values = frozen.values(network, &job, *name, &Wanted::tasks(wanted))?;
        }
        let values = network.forward_with(Share { job, wanted: Wanted::tasks(wanted), known });
        for t in graph.tasks.iter().filter(|t| wanted.contains(&t.task)) {
            let (Some(head), Some(scores)) = (network.head(t.task), values[t.head].as_ref()) else { continue };
            if let Some(own) = parts.get_mut(&t.task) {
                let cx = network.cx(&job, t.head);
                own.push(head.decide(scores, &cx));
                see(Seen { task: t.task, head, scores, cx: &cx, examples });
            }
        }
    }
    let in_order = |parts: Vec<Records>| {
        let mut all = Records::new(parts.first().map_or(0, |p| p.width));
        places.iter().filter_map(|(b, row)| Some((parts.get(*b)?, *row))).for_each(|(p, row)| all.push_from(p, row));
        all
    };
    Ok(parts.into_iter().map(|(t, parts)| (t, in_order(parts))).collect())
}

/// Figures of a split: all metrics of all tasks with gold in it.
pub fn figures(
    plan: &Plan,
    tables: &Tables,
    network: &Network,
    weights: &Weights,
    examples: &Examples,
    split: SplitName,
) -> Figures {
    // only what is kept can fail
    figures_with(plan, tables, network, weights, examples, split, None).unwrap_or_default()
}

/// [`figures`] with what is kept from one evaluation to the next.
///
/// # Errors
/// A file of kept values that cannot be written or read.
pub fn figures_with(
    plan: &Plan,
    tables: &Tables,
    network: &Network,
    weights: &Weights,
    examples: &Examples,
    split: SplitName,
    kept: Option<Kept<'_>>,
) -> Result<Figures, Diagnostic> {
    Ok(answered(plan, tables, network, weights, examples, split, kept)?.figures(plan, tables))
}

/// What a model answers to a split, beside its gold.
///
/// # Errors
/// As of [`figures_with`].
pub fn answered(
    plan: &Plan,
    tables: &Tables,
    network: &Network,
    weights: &Weights,
    examples: &Examples,
    split: SplitName,
    mut kept: Option<Kept<'_>>,
) -> Result<Answered, Diagnostic> {
    let weights = weights.valid();
    let mut all = Answered::default();
    for graph in plan.graphs.iter().filter(|g| g.phase == Phase::Test) {
        let Some(part) = examples.split(graph.corpus, split).filter(|e| e.len > 0) else { continue };
        let golds = golds(graph, part);
        let wanted: Vec<usize> = golds.iter().map(|(t, _)| *t).collect();
        let own = kept.as_mut().map(|(frozen, set)| ((&mut **frozen, *set), split));
        // probabilities are kept where a metric ranks by them
        let ranked = |t: &usize| plan.tasks[*t].metrics.iter().any(|m| m.by.is_some());
        let mut odds: BTreeMap<usize, Vec<Vec<f32>>> =
            wanted.iter().filter(|t| ranked(t)).map(|t| (*t, vec![vec![]; part.len])).collect();
        let likely =
            |t: &usize| plan.tasks[*t].metrics.iter().any(|m| heads::metric(&m.name).is_some_and(|m| m.likelihood));
        let mut likelihood: BTreeMap<usize, Vec<(f64, usize)>> =
            wanted.iter().filter(|t| likely(t)).map(|t| (*t, vec![(0.0, 0); part.len])).collect();
        let mut answers = answers(plan, network, &weights, graph, &examples.forms, part, &wanted, own, &mut |seen| {
            let gold = golds.iter().find(|(t, _)| *t == seen.task);
            if let (Some(all), Some((_, gold))) = (likelihood.get_mut(&seen.task), gold) {
                let own = seen.head.logp(seen.scores, &gold.select(seen.examples.iter().copied()), seen.cx);
                let values = floats(&own.values);
                for (e, rows) in seen.examples.iter().zip(axis(seen.scores).rows()) {
                    let sum = values.get(rows.clone()).unwrap_or_default().iter().map(|p| f64::from(*p)).sum();
                    let known = own.has.get(rows).unwrap_or_default().iter().filter(|h| **h).count();
                    all[*e] = (sum, known * own.weight);
                }
            }
            let Some(rows) = odds.get_mut(&seen.task) else { return };
            let probs = floats(matrix(&seen.head.probs(seen.scores, seen.cx)));
            let width = probs.len() / seen.examples.len().max(1);
            seen.examples.iter().zip(probs.chunks_exact(width.max(1))).for_each(|(e, p)| rows[*e] = p.to_vec());
        })?;
        for (t, gold) in &golds {
            let task = &plan.tasks[*t];
            if let Some(said) = answers.remove(t) {
                answers.insert(*t, (heads::find(&task.head).aligned)(&tables.cx(task), gold, said));
            }
        }
        // which corpus an example comes from is no part of its frame
        let in_frame = |t: usize| plan.tasks[t].golds.iter().all(|(_, f)| *f != SOURCE_FIELD);
        let frame = |i: usize| {
            let verdict = |(t, gold): &(usize, &Records)| {
                let (task, said) = (&plan.tasks[*t], answers.get(t)?);
                let judged = gold.present(i) && said.present(i) && in_frame(*t);
                (heads::find(&task.head).right)(&task.settings, gold.row(i), said.row(i)).filter(|_| judged)
            };
            let known: Vec<bool> = golds.iter().filter_map(verdict).collect();
            (known.len() > 1).then(|| known.iter().all(|r| *r))
        };
        if golds.len() > 1 {
            all.frames.insert(graph.corpus, (0..part.len).map(frame).collect());
        }
        for (t, gold) in golds {
            let Some(said) = answers.remove(&t) else { continue };
            let mut groups = BTreeMap::new();
            for (m, by) in
                plan.tasks[t].metrics.iter().enumerate().filter_map(|(m, metric)| Some((m, metric.by.as_ref()?)))
            {
                let field = plan.corpora[graph.corpus].fields.iter().position(|f| f.name == *by);
                let own = field.and_then(|f| part.groups.get(&f));
                // groups of two data sets are two
                let group = |i: usize| Some((graph.corpus as u64) << 32 | u64::from((*own?.get(i)?)?));
                groups.insert(m, (0..part.len).map(group).collect());
            }
            let odds = odds.remove(&t).into_iter().flatten().flatten().collect();
            let likelihood = likelihood.remove(&t).unwrap_or_default();
            let own = ToScore { gold: gold.clone(), said, odds, groups, likelihood };
            all.tasks.entry(t).or_default().push((graph.corpus, own));
        }
    }
    Ok(all)
}

/// Answers to a split beside its gold: all figures follow from them, of the split as of a sample of its examples.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// by task, for each of its corpora
    tasks: BTreeMap<usize, Vec<(usize, ToScore)>>,
    /// by corpus, of each example whether every task is right; none where fewer than two are judged
    frames: BTreeMap<usize, Vec<Option<bool>>>,
}

/// An example in a sample of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    /// its place in the split
    pub example: usize,
    /// the group in which it is ranked: one that was drawn twice is two
    pub group: u64,
}

impl Answered {
    /// Of one task on one corpus (tests).
    #[cfg(test)]
    pub fn of_records(task: usize, corpus: usize, gold: Records, said: Records) -> Self {
        let own = ToScore { gold, said, odds: vec![], groups: BTreeMap::new(), likelihood: vec![] };
        Self { tasks: [(task, vec![(corpus, own)])].into(), frames: BTreeMap::new() }
    }

    /// All metrics of all tasks with gold.
    pub fn figures(&self, plan: &Plan, tables: &Tables) -> Figures {
        let mut figures = Figures::default();
        for (corpus, right) in &self.frames {
            let judged: Vec<bool> = right.iter().copied().flatten().collect();
            if !judged.is_empty() {
                let whole = judged.iter().filter(|r| **r).count();
                figures.frames.insert(*corpus, whole as f64 / judged.len() as f64);
            }
        }
        for (t, parts) in &self.tasks {
            let figure = match parts.as_slice() {
                [(_, one)] => compute(plan, tables, *t, one),
                several => compute(plan, tables, *t, &ToScore::joined(several.iter().map(|(_, part)| part))),
            };
            figures.tasks.insert(*t, figure);
        }
        figures
    }

    /// The number of examples of a corpus on which tasks were scored.
    pub fn examples(&self, corpus: usize) -> Option<usize> {
        let of_task = self.tasks.values().flatten().find(|(c, _)| *c == corpus).map(|(_, own)| own.gold.len());
        of_task.or_else(|| self.frames.get(&corpus).map(Vec::len))
    }

    /// Whether a corpus has the same examples as one of another program, as far as the golds of both tell: as many, each with as
    /// many records that are there.
    pub fn same_examples(&self, corpus: usize, other: &Self, there: usize) -> bool {
        let golds = |a: &Self, c: usize| -> Vec<(Vec<u32>, Vec<bool>)> {
            let own = a.tasks.values().flatten().filter(|(of, _)| *of == c).map(|(_, s)| &s.gold);
            own.map(|g| (g.offsets.clone(), g.present.clone())).collect()
        };
        let (mine, theirs) = (golds(self, corpus), golds(other, there));
        let counts = self.examples(corpus) == other.examples(there) || other.examples(there).is_none();
        counts && theirs.iter().all(|g| mine.contains(g))
    }

    /// Of the tasks, the corpora on which they were scored.
    pub fn corpora(&self, tasks: &[usize]) -> Vec<usize> {
        let mut all: Vec<usize> =
            tasks.iter().filter_map(|t| self.tasks.get(t)).flatten().map(|(corpus, _)| *corpus).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// By example of a corpus, the groups in which a metric of these tasks ranks; none where no metric does.
    pub fn groups(&self, corpus: usize, metrics: &[(usize, usize)]) -> Option<&[Option<u64>]> {
        metrics.iter().find_map(|(task, metric)| {
            let (_, own) = self.tasks.get(task)?.iter().find(|(c, _)| *c == corpus)?;
            own.groups.get(metric).map(Vec::as_slice)
        })
    }

    /// The answers of some tasks, and the frames of some corpora, to a sample of each corpus.
    pub fn sample(&self, tasks: &[usize], frames: &[usize], drawn: &BTreeMap<usize, Vec<Draw>>) -> Self {
        let task = |t: &usize| {
            let parts = self.tasks.get(t)?.iter();
            Some((*t, parts.filter_map(|(c, own)| Some((*c, own.sample(drawn.get(c)?)))).collect()))
        };
        let frame = |c: &usize| {
            let (own, drawn) = (self.frames.get(c)?, drawn.get(c)?);
            Some((*c, drawn.iter().filter_map(|d| own.get(d.example).copied()).collect()))
        };
        Self { tasks: tasks.iter().filter_map(task).collect(), frames: frames.iter().filter_map(frame).collect() }
    }
}

/// What a task is scored on.
#[derive(Clone, Debug)]
struct ToScore {
    gold: Records,
    said: Records,
    /// examples × classes, where a metric ranks by them
    odds: Vec<f32>,
    /// by index of metric, the group of each example
    groups: BTreeMap<usize, Vec<Option<u64>>>,
    /// by example, where a metric is made of it: the sum of the log-probabilities of so many decisions
    likelihood: Vec<(f64, usize)>,
}

impl ToScore {
    /// The examples of several, one after the other.
    fn joined<'a>(mut parts: impl Iterator<Item = &'a Self>) -> Self {
        let Some(mut all) = parts.next().cloned() else {
            return Self {
                gold: Records::new(0),
                said: Records::new(0),
                odds: vec![],
                groups: BTreeMap::new(),
                likelihood: vec![],
            };
        };
        for part in parts {
            (0..part.gold.len()).for_each(|e| {
                all.gold.push_from(&part.gold, e);
                all.said.push_from(&part.said, e);
            });
            all.odds.extend_from_slice(&part.odds);
            all.likelihood.extend_from_slice(&part.likelihood);
            for (m, groups) in &part.groups {
                all.groups.entry(*m).or_default().extend_from_slice(groups);
            }
        }
        all
    }

    fn sample(&self, drawn: &[Draw]) -> Self {
        let width = self.odds.len() / self.gold.len().max(1);
        let examples = || drawn.iter().map(|d| d.example);
        let odds = examples().flat_map(|e| self.odds[e * width..(e + 1) * width].iter().copied()).collect();
        let groups = |own: &Vec<Option<u64>>| drawn.iter().map(|d| own[d.example].map(|_| d.group)).collect();
        Self {
            gold: self.gold.select(examples()),
            said: self.said.select(examples()),
            odds,
            likelihood: examples().filter_map(|e| self.likelihood.get(e).copied()).collect(),
            groups: self.groups.iter().map(|(m, own)| (*m, groups(own))).collect(),
        }
    }
}

/// The metrics of a task.
fn compute(plan: &Plan, tables: &Tables, task: usize, own: &ToScore) -> Vec<Option<f64>> {
    let task = &plan.tasks[task];
    let head = heads::find(&task.head);
    let labels: Vec<String> = tables.of(task).0.all().map(str::to_string).collect();
    let scored = (head.scored)(&task.settings, &own.gold, &own.said);
    let (gold, pred) = scored.as_ref().map_or((&own.gold, &own.said), |(g, s)| (g, s));
    let kind = (head.rule.measures)(&task.settings).unwrap_or(CLASSES);
    let classes = own.odds.len() / own.gold.len().max(1);
    let sum = |all: (f64, usize), one: &(f64, usize)| (all.0 + one.0, all.1 + one.1);
    let likelihood = (!own.likelihood.is_empty()).then(|| own.likelihood.iter().fold((0.0, 0), sum));
    let figure = |(i, m): (usize, &crate::plan::Metric)| {
        let ranking = own.groups.get(&i).map(|groups| Ranking { odds: &own.odds, classes, groups });
        let scored = Scored { kind, gold, pred, labels: &labels, ranking, likelihood };
        heads::metric(&m.name)?.compute(&scored, &m.args, &m.classes)
    };
    task.metrics.iter().enumerate().map(figure).collect()
}

/// A finished run, ready to evaluate and predict.
pub struct LoadedRun {
    /// its folder
    pub dir: RunDir,
    /// what is computed
    pub plan: Plan,
    /// vocabularies and label sets
    pub tables: Tables,
    /// layers and heads
    pub network: Network,
    /// the weights, without autodiff
    pub weights: Weights,
}

impl LoadedRun {
    /// Loads a run's plan, tables and kept weights.
    pub fn open(path: &Path, device: &Device) -> Result<Self, Diagnostic> {
        Self::open_weights(path, MODEL, device)
    }

    /// Loads other weights of the run, e.g. [`best_file`].
    pub fn open_weights(path: &Path, weights: &str, device: &Device) -> Result<Self, Diagnostic> {
        if let Some([first, ..]) = super::trainer::seeds_of(path).as_deref() {
            let own = path.join(format!("seed-{first}"));
            return Err(Diagnostic::new("E0803", format!("`{}` holds one run for each seed", path.display()))
                .help(format!("name one of them, as in `{}`", own.display())));
        }
        let dir = RunDir::open(path)?;
        let (plan, tables) = dir.read_start()?;
        let network = Network::new(&plan, &tables).map_err(|e| dir.corrupt(run_dir::PLAN, e))?;
        let own = Weights::read(&plan, &tables, device, &dir.read(weights)?).map_err(|e| dir.corrupt(weights, e))?;
        Ok(Self { dir, plan, tables, network, weights: own.valid() })
    }

    /// What it answers to a split of the examples.
    pub fn answered(&self, examples: &Examples, split: SplitName) -> Answered {
        // only what is kept can fail
        answered(&self.plan, &self.tables, &self.network, &self.weights, examples, split, None).unwrap_or_default()
    }

    /// Figures of a split of the examples.
    pub fn figures(&self, examples: &Examples, split: SplitName) -> Figures {
        figures(&self.plan, &self.tables, &self.network, &self.weights, examples, split)
    }
}
