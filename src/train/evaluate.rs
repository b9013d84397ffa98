//! Figures of a split, through the test graphs.

use super::files;
use super::frozen::Frozen;
use super::report::{Figure, Report};
use super::run_dir::{self, MODEL, RunDir};
use crate::columns::SplitName;
use crate::diagnostics::Diagnostic;
use crate::encode::{Encoded, Examples, Forms, GoldColumn, OUTSIDE, Tables, file_name};
use crate::kinds::metrics::{self, MASKED, Scored};
use crate::network::together::Share;
use crate::network::{Batch, Job, Known, Moment, Network};
use crate::ops::params::Params;
use crate::ops::value::{Decision, Layout, Value};
use crate::passes;
use crate::plan::{Graph, Phase, Plan, SOURCE_FIELD, Score};
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
        if values.is_none() && !faults.iter().any(|f| f.contains(&format!("`{}`", spec.name))) {
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

/// The same from a safetensors file, of which no second copy is made.
pub fn set_params_of_file(params: &mut Params, file: &[u8]) -> Result<(), String> {
    let tensors = files::tensors(file)?;
    set_params(params, tensors.iter().map(|(n, view)| (n.to_string(), files::floats(&view), view.shape().to_vec())))
}

/// `best/TASK.safetensors`.
pub fn best_file(task: &str) -> String {
    format!("best/{}.safetensors", file_name(task))
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
    let splits = plan.tasks[task].golds.iter().filter_map(|(c, _)| examples.split(*c, split));
    splits.into_iter().any(|e| (0..e.len).any(|i| e.has_gold(task, i)))
}

/// Whether more is better: of a bare metric what its row says; of an expression, always.
pub fn upwards(plan: &Plan, score: &Score) -> bool {
    match score {
        Score::Metric { task, metric } => {
            let m = plan.tasks.get(*task).and_then(|t| t.metrics.get(*metric));
            m.and_then(|m| metrics::find(&m.name)).is_none_or(|m| m.higher_is_better)
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

/// Decisions of one example, as rows of its tokens where the head says something of each token.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// a class
    Class(u32),
    /// a class per token
    Tags(Vec<u32>),
    /// classes
    Set(Vec<u32>),
    /// a number
    Number(f64),
    /// a class per token and layer
    Layers(Vec<u32>),
}

/// Splits a batch's decision into its examples.
pub(super) fn split_decision(decision: Decision, scores: &Value) -> Vec<Answer> {
    let rows = |all: Vec<u32>, wrap: fn(Vec<u32>) -> Answer| -> Vec<Answer> {
        let none = Layout { offsets: vec![0] };
        let layout: &Layout = if let Value::Seq(_, l) = scores { l } else { &none };
        let per_token = all.len().checked_div(layout.tokens()).unwrap_or(1);
        layout.rows().map(|r| wrap(all[r.start * per_token..r.end * per_token].to_vec())).collect()
    };
    match decision {
        Decision::Classes(v) => v.into_iter().map(Answer::Class).collect(),
        Decision::Tags(v) => rows(v, Answer::Tags),
        Decision::Sets(v) => v.into_iter().map(Answer::Set).collect(),
        Decision::Reals(v) => v.into_iter().map(Answer::Number).collect(),
        Decision::Layers(v) => rows(v, Answer::Layers),
    }
}

/// Answers of the wanted tasks of a graph to every example of a split, by task.
#[expect(clippy::too_many_arguments, reason = "one call site")]
pub(super) fn answers(
    plan: &Plan,
    network: &Network,
    params: &Params,
    graph: &Graph,
    forms: &Forms,
    split: &Encoded,
    wanted: &[usize],
    mut kept: Option<(&mut Frozen, SplitName)>,
) -> Result<BTreeMap<usize, Vec<Option<Answer>>>, Diagnostic> {
    let mut all: BTreeMap<usize, Vec<Option<Answer>>> = wanted.iter().map(|t| (*t, vec![None; split.len])).collect();
    let order = if plan.pass(passes::BUCKET) { by_length(split) } else { (0..split.len).collect() };
    for examples in order.chunks(BATCH) {
        let batch = Batch { forms, split, examples };
        let job = Job { plan, graph, batch, params, moment: Moment::default() };
        let mut known = Known::default();
        if let Some((frozen, name)) = &mut kept {
            known.values = frozen.values(network, &job, *name, wanted)?;
        }
        let values = network.forward_with(Share { job, wanted: wanted.to_vec(), known });
        for t in graph.tasks.iter().filter(|t| wanted.contains(&t.task)) {
            let (Some(head), Some(scores)) = (network.head(t.task), values[t.head].as_ref()) else { continue };
            let decision = head.decide(scores, &network.cx(&job, t.head));
            if let Some(column) = all.get_mut(&t.task) {
                for (e, a) in examples.iter().zip(split_decision(decision, scores)) {
                    column[*e] = Some(a);
                }
            }
        }
    }
    Ok(all)
}

/// Whether a decision agrees with all the gold of an example; none for numbers and without gold.
fn right(answer: &Answer, gold: &GoldColumn, example: usize, outside: i32) -> Option<bool> {
    if !gold.present(example) {
        return None;
    }
    let same = |gold: &[i32], got: &[u32]| gold.iter().zip(got).all(|(g, p)| *g < 0 || *g == *p as i32);
    match (answer, gold) {
        (Answer::Class(p), GoldColumn::Classes(v)) => Some(v[example] == *p as i32),
        (Answer::Tags(p), GoldColumn::Tags(r)) => Some(same(r.row(example), p)),
        (Answer::Set(p), GoldColumn::Sets(v)) => v[example].as_ref().map(|g| g == p),
        (Answer::Layers(p), GoldColumn::Layers { layers, tags }) => {
            Some(same(tags.row(example), &widen(p, tags.row(example).len(), *layers, outside)))
        }
        _ => None,
    }
}

/// Decisions of a head that knows fewer layers than the gold has: nothing is found on the others.
fn widen(answer: &[u32], gold: usize, layers: usize, outside: i32) -> Vec<u32> {
    let tokens = gold / layers.max(1);
    let known = answer.len().checked_div(tokens).unwrap_or(0);
    let cell = |i: usize| {
        let (token, layer) = (i / layers.max(1), i % layers.max(1));
        if layer < known { answer[token * known + layer] } else { outside.max(0) as u32 }
    };
    (0..gold).map(cell).collect()
}

/// Figures of a split: all metrics of all tasks with gold in it.
pub fn figures(
    plan: &Plan,
    tables: &Tables,
    network: &Network,
    params: &Params,
    examples: &Examples,
    split: SplitName,
) -> Figures {
    // only what is kept can fail
    figures_with(plan, tables, network, params, examples, split, None).unwrap_or_default()
}

/// [`figures`] with what is kept from one evaluation to the next.
///
/// # Errors
/// A file of kept values that cannot be written or read.
pub fn figures_with(
    plan: &Plan,
    tables: &Tables,
    network: &Network,
    params: &Params,
    examples: &Examples,
    split: SplitName,
    mut kept: Option<&mut Frozen>,
) -> Result<Figures, Diagnostic> {
    let params = if params.device().is_autodiff() { params.valid() } else { params.clone() };
    let mut figures = Figures::default();
    let mut scored: BTreeMap<usize, Collected> = BTreeMap::new();
    for graph in plan.graphs.iter().filter(|g| g.phase == Phase::Test) {
        let Some(part) = examples.split(graph.corpus, split).filter(|e| e.len > 0) else { continue };
        let mut golds = vec![];
        for t in &graph.tasks {
            let gold = t.gold.and_then(|f| part.golds.get(&(t.task, f)));
            if let Some(gold) = gold.filter(|g| (0..part.len).any(|i| g.present(i))) {
                golds.push((t.task, gold));
            }
        }
        let wanted: Vec<usize> = golds.iter().map(|(t, _)| *t).collect();
        let own = kept.as_deref_mut().map(|k| (k, split));
        let answers = answers(plan, network, &params, graph, &examples.forms, part, &wanted, own)?;
        let (mut whole, mut frames) = (0usize, 0usize);
        for i in 0..part.len {
            let mut verdicts = vec![];
            for (t, gold) in &golds {
                let Some(answer) = answers.get(t).and_then(|a| a[i].as_ref()) else { continue };
                let outside = plan.tasks[*t].labels.and_then(|l| tables.labels.get(l)).map_or(-1, |l| l.id(OUTSIDE));
                scored.entry(*t).or_default().add(answer, gold, i, outside);
                // which corpus an example comes from is no part of its frame
                if plan.tasks[*t].golds.iter().all(|(_, f)| *f != SOURCE_FIELD) {
                    verdicts.push(right(answer, gold, i, outside));
                }
            }
            let known: Vec<bool> = verdicts.into_iter().flatten().collect();
            if golds.len() > 1 && known.len() > 1 {
                frames += 1;
                whole += usize::from(known.iter().all(|r| *r));
            }
        }
        if frames > 0 {
            figures.frames.insert(graph.corpus, whole as f64 / frames as f64);
        }
    }
    for (t, collected) in scored {
        figures.tasks.insert(t, collected.compute(plan, tables, t));
    }
    Ok(figures)
}

/// Answers and golds of a task, over all its corpora.
#[derive(Clone, Debug, Default)]
struct Collected {
    /// one kind of the three is used
    classes: [Vec<u32>; 2],
    /// tags of sentences, or sets; each layer of an example is a sentence
    rows: [Vec<Vec<u32>>; 2],
    numbers: [Vec<f64>; 2],
}

impl Collected {
    fn add(&mut self, answer: &Answer, gold: &GoldColumn, example: usize, outside: i32) {
        if !gold.present(example) {
            return;
        }
        let id = |c: &i32| u32::try_from(*c).unwrap_or(MASKED);
        let mut row = |pred: Vec<u32>, gold: Vec<u32>| {
            self.rows[0].push(pred);
            self.rows[1].push(gold);
        };
        match (answer, gold) {
            (Answer::Class(p), GoldColumn::Classes(v)) => {
                self.classes[0].push(*p);
                self.classes[1].push(id(&v[example]));
            }
            (Answer::Tags(p), GoldColumn::Tags(r)) => row(p.clone(), r.row(example).iter().map(id).collect()),
            (Answer::Set(p), GoldColumn::Sets(v)) => row(p.clone(), v[example].clone().unwrap_or_default()),
            (Answer::Number(p), GoldColumn::Reals(v)) => {
                self.numbers[0].push(*p);
                self.numbers[1].push(v[example]);
            }
            (Answer::Layers(p), GoldColumn::Layers { layers, tags }) => {
                let gold = tags.row(example);
                let pred = widen(p, gold.len(), *layers, outside);
                for l in 0..*layers {
                    let of = |i: &usize| i % layers == l;
                    let at = (0..gold.len()).filter(of);
                    row(at.clone().map(|i| pred[i]).collect(), at.map(|i| id(&gold[i])).collect());
                }
            }
            // the plan gives each head gold of its own kind
            _ => {}
        }
    }

    fn compute(&self, plan: &Plan, tables: &Tables, task: usize) -> Vec<Option<f64>> {
        let task = &plan.tasks[task];
        let labels = task.labels.and_then(|l| tables.labels.get(l));
        let labels: Vec<String> = labels.map_or(vec![], |l| l.all().map(str::to_string).collect());
        let labels = labels.as_slice();
        let [pred, gold] = &self.rows;
        let sets = task.settings.get("multi").and_then(|m| m.as_bool()).unwrap_or(false);
        let scored = if !self.classes[0].is_empty() {
            Scored::Classes { gold: &self.classes[1], pred: &self.classes[0], labels }
        } else if !self.numbers[0].is_empty() {
            Scored::Reals { gold: &self.numbers[1], pred: &self.numbers[0] }
        } else if sets {
            Scored::Sets { gold, pred, labels }
        } else {
            Scored::Tags { gold, pred, labels }
        };
        let figure = |m: &crate::plan::Metric| metrics::find(&m.name)?.compute(&scored, &m.args, &m.classes);
        task.metrics.iter().map(figure).collect()
    }
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
    pub params: Params,
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
        let mut params = new_params(&plan, &tables, 0, device);
        set_params_of_file(&mut params, &dir.read(weights)?).map_err(|e| dir.corrupt(weights, e))?;
        let params = params.valid();
        Ok(Self { dir, plan, tables, network, params })
    }

    /// Figures of a split of the examples.
    pub fn figures(&self, examples: &Examples, split: SplitName) -> Figures {
        figures(&self.plan, &self.tables, &self.network, &self.params, examples, split)
    }
}
