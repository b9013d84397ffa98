//! What a plan amounts to, before anything runs: parameters and who shares them, operations and memory, examples and
//! batches, what is computed once, what is frozen. The data behind `mtlc plan`; with `--json` it is printed as it is,
//! so a key once here stays.

use super::cost::{self, Work};
use super::sizes::Sizes;
use crate::batches::{Description, Schedule};
use crate::check::Checked;
use crate::columns::Corpus;
use crate::encode::{Examples, Tables};
use crate::hir::Program;
use crate::passes::flow;
use crate::plan::{self, Applied, Graph, GraphTask, Length, Op, Phase, Plan};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Everything that `mtlc plan` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Outline {
    /// of the keys below
    pub version: u32,
    /// the spec's name
    pub name: String,
    /// `joint` or `multi_step`
    pub class: String,
    /// why, one sentence per dependency
    pub reasons: Vec<String>,
    /// tasks by step
    pub steps: Vec<Vec<String>>,
    /// whether the data were read, so that every size is a number
    pub complete: bool,
    /// trainable values; `null` while sizes are unknown
    pub parameters: Option<usize>,
    /// encoders, tasks, arrows: whatever has parameters of its own
    pub parts: Vec<Part>,
    /// the data sets
    pub data: Vec<DataSet>,
    /// examples of each task
    pub tasks: Vec<TaskExamples>,
    /// one for each data set: what a training step on one of its batches takes
    pub batches: Vec<Batch>,
    /// what is computed once for several tasks
    pub once: Vec<Once>,
    /// the stages in order
    pub stages: Vec<StageOutline>,
    /// what the passes over the plan do; empty while sizes are unknown
    pub passes: Vec<Applied>,
    /// estimates for the whole; `null` while sizes are unknown
    pub estimate: Option<Estimate>,
    /// what this version cannot train
    pub not_yet: Vec<String>,
}

/// Something with parameters.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Part {
    /// `enc`, `slot`, `pos.probs -> chunk`
    pub name: String,
    /// `encoder`, `let`, `task`, `arrow` or `weights`
    pub kind: &'static str,
    /// `null` while sizes are unknown
    pub parameters: Option<usize>,
    /// how many of them are known
    pub known: usize,
    /// terms that wait for data, such as `64·V`
    pub open: Vec<String>,
    /// tasks whose prediction uses them
    pub tasks: Vec<String>,
    /// stages in which they do not move
    pub frozen: Vec<String>,
    /// its layers
    pub layers: Vec<LayerOutline>,
}

/// A layer of a part.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct LayerOutline {
    /// `enc.bilstm1`
    pub name: String,
    /// row of the layer table, or the head
    pub kind: String,
    /// `n×192` for a vector of each token, `192` for one of each example
    pub shape: String,
    /// `null` while sizes are unknown
    pub parameters: Option<usize>,
    /// how many of them are known
    pub known: usize,
    /// terms that wait for data
    pub open: Vec<String>,
    /// floating-point operations of one pass over the training data, forwards and backwards; `null` while unknown
    pub operations: Option<f64>,
}

/// A data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DataSet {
    /// its name
    pub name: String,
    /// examples
    pub train: usize,
    /// examples
    pub dev: usize,
    /// examples
    pub test: usize,
    /// training tokens
    pub tokens: usize,
}

/// Examples of a task.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TaskExamples {
    /// its name
    pub name: String,
    /// training, dev and test examples with its gold
    pub examples: [usize; 3],
}

/// A training step on a batch of one data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Batch {
    /// the data set
    pub data: String,
    /// tasks whose gold it carries
    pub learn: Vec<String>,
    /// tasks that run because another reads them
    pub run: Vec<String>,
    /// nodes of the training graph
    pub nodes: usize,
    /// examples
    pub examples: usize,
    /// floating-point operations, forwards, backwards and of the optimiser
    pub operations: f64,
    /// bytes of intermediate values
    pub bytes: f64,
}

/// Something computed once for several tasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Once {
    /// the data set
    pub data: String,
    /// the encoder, task or arrow
    pub part: String,
    /// on which text or texts
    pub on: Vec<String>,
    /// for whom
    pub tasks: Vec<String>,
}

/// A stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StageOutline {
    /// its name
    pub name: String,
    /// tasks that learn
    pub tasks: Vec<String>,
    /// `epochs`, `steps` or `seconds`
    pub unit: &'static str,
    /// how many of the unit
    pub length: f64,
    /// examples per batch
    pub batch: usize,
    /// the optimiser
    pub optimizer: String,
    /// what does not move
    pub frozen: Vec<String>,
    /// how the gradients of several losses become one, and what that costs; `null`: by their sum
    pub gradients: Option<String>,
    /// what its sampler will do; `null` while the data are unknown
    pub schedule: Option<Description>,
}

/// Estimates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// floating-point operations of an epoch
    pub operations_per_epoch: f64,
    /// bytes of weights, gradients and the optimiser's moments
    pub weight_bytes: f64,
    /// bytes of the largest step's intermediate values
    pub activation_bytes: f64,
    /// seconds of an epoch on this machine
    pub seconds_per_epoch: f64,
    /// of all stages, where their length is given in epochs
    pub epochs: Option<f64>,
    /// seconds of the whole training
    pub seconds: Option<f64>,
}

/// The format of [`Outline`]s.
pub const VERSION: u32 = 1;

/// `sent[*]` for `sent["books"]`: the name of a whole family.
pub fn family(name: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for c in name.chars() {
        match c {
            '[' => {
                inside = true;
                out.push_str("[*]");
            }
            ']' => inside = false,
            _ if inside => {}
            c => out.push(c),
        }
    }
    out
}

/// The data of a program, with the plan that they give.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// every size is fixed
    pub plan: &'a Plan,
    /// lengths of the texts
    pub corpora: &'a [Corpus],
    /// as ids
    pub examples: &'a Examples,
}

/// Builds the outline; without data, sizes that wait for them stay symbols.
pub fn outline(
    name: &str,
    program: &Program,
    c: &Checked,
    tables: Option<&Tables>,
    known: Option<Known<'_>>,
) -> Outline {
    let g = c.task_graph();
    let sizes = Sizes::new(c, tables);
    let graphs: Vec<Readers> = c.graphs.iter().map(Readers::of).collect();
    let mut out = Outline {
        version: VERSION,
        name: name.into(),
        class: if g.multi_step() { "multi_step" } else { "joint" }.into(),
        reasons: g.dependencies.iter().map(|d| g.reason(d)).collect(),
        steps: g.steps.iter().map(|s| s.iter().map(|t| g.tasks[*t].clone()).collect()).collect(),
        complete: known.is_some(),
        parameters: sizes.count(c.params()).total().filter(|_| c.unsupported().is_empty()),
        parts: parts(program, c, &sizes, &graphs, known),
        once: once(c, &graphs),
        not_yet: c
            .unsupported()
            .iter()
            .map(|d| d.message.trim_end_matches(" cannot be trained yet").to_string())
            .collect(),
        ..Outline::default()
    };
    out.stages = stages(c, known);
    if let Some(k) = known {
        let examples = k.examples;
        for (decl, corpus) in c.corpora.iter().zip(k.corpora) {
            out.data.push(DataSet {
                name: decl.name.clone(),
                train: corpus.train.len,
                dev: corpus.dev.len,
                test: corpus.test.len,
                tokens: Work::of(corpus, 1.0).tokens as usize,
            });
        }
        for (i, t) in k.plan.tasks.iter().enumerate() {
            let mut n = [0; 3];
            for corpus in t.golds.iter().map(|g| g.0).collect::<BTreeSet<_>>() {
                for (n, split) in n.iter_mut().zip(&examples.corpora[corpus]) {
                    *n += (0..split.len).filter(|e| split.has_gold(i, *e)).count();
                }
            }
            out.tasks.push(TaskExamples { name: t.name.clone(), examples: n });
        }
        out.batches = batches(k);
        out.passes = k.plan.passes.clone();
        let total = cost::cost(k.plan, k.corpora);
        let epochs = cost::epochs(k.plan);
        out.estimate = Some(Estimate {
            operations_per_epoch: total.operations,
            weight_bytes: total.weights,
            activation_bytes: total.activations,
            seconds_per_epoch: total.seconds(None),
            epochs,
            seconds: epochs.map(|n| n * total.seconds(None) + total.seconds_once(None)),
        });
    }
    out
}

/// For each node of a graph: the tasks whose prediction needs it.
struct Readers(Vec<BTreeSet<usize>>);

impl Readers {
    fn of(g: &Graph) -> Self {
        let mut all = vec![BTreeSet::new(); g.nodes.len()];
        for GraphTask { task, head, .. } in &g.tasks {
            let (task, mut open) = (*task, vec![*head]);
            while let Some(n) = open.pop() {
                if all.get_mut(n).is_some_and(|s: &mut BTreeSet<usize>| s.insert(task)) {
                    open.extend(&g.nodes[n].inputs);
                }
            }
        }
        Self(all)
    }
}

fn parts(
    program: &Program,
    c: &Checked,
    sizes: &Sizes<'_>,
    readers: &[Readers],
    known: Option<Known<'_>>,
) -> Vec<Part> {
    let mut out: Vec<Part> = vec![];
    let named = program.lets.iter().map(|l| (l.name.as_str(), "let"));
    let named = named.chain(c.views.iter().map(|v| (v.name.as_str(), "view")));
    let named = named.chain(program.encoders.iter().map(|e| (e.name.as_str(), "encoder")));
    // of several the last counts
    let kinds: HashMap<&str, &str> = named.chain(c.tasks.iter().map(|t| (t.name.as_str(), "task"))).collect();
    let kind = |owner: &str| match owner {
        _ if kinds.contains_key(owner) => kinds[owner],
        _ if owner.contains("->") || owner.contains("~>") => "arrow",
        _ => "weights",
    };
    let frozen = |owner: &str| {
        let stages = c.train.stages.iter().filter(|s| s.freeze.iter().any(|f| f == owner));
        stages.map(|s| s.name.clone()).collect()
    };
    let mut owned: HashMap<&str, Vec<usize>> = HashMap::new();
    c.params.iter().enumerate().for_each(|(i, p)| owned.entry(&p.owner).or_default().push(i));
    let mut places: HashMap<&str, usize> = HashMap::new();
    for p in &c.params {
        if !places.contains_key(&*p.owner) {
            places.insert(&p.owner, out.len());
            let all = sizes.count(owned.get(&*p.owner).into_iter().flatten().map(|i| &c.params[*i]));
            out.push(Part {
                name: p.owner.to_string(),
                kind: kind(&p.owner),
                parameters: all.total(),
                known: all.known,
                open: all.open,
                frozen: frozen(&p.owner),
                ..Part::default()
            });
        }
    }
    // layers and heads with parameters, where they stand in the graphs
    let mut tasks: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); out.len()];
    let mut seen: BTreeMap<(bool, usize), (usize, usize)> = BTreeMap::new();
    for (graph, ((g, widths), readers)) in c.graphs.iter().zip(&c.widths).zip(readers).enumerate() {
        let corpus = known.and_then(|k| k.corpora.get(g.corpus)).filter(|_| g.phase == Phase::Train);
        let work = corpus.map(|corpus| Work::of(corpus, 1.0));
        // the nodes of the plan by name
        let fixed = known.and_then(|k| k.plan.graph(g.corpus, Phase::Train));
        let mut called: HashMap<&str, Vec<&plan::Node>> = HashMap::new();
        for n in fixed.iter().flat_map(|p| &p.nodes) {
            called.entry(&n.name).or_default().push(n);
        }
        for (i, ((node, width), read)) in g.nodes.iter().zip(widths).zip(&readers.0).enumerate() {
            let (key, params, name, kind) = match &node.op {
                Op::Layer { layer } => {
                    let l = &c.layers[*layer];
                    ((false, *layer), &l.params, &l.name, &l.kind)
                }
                Op::Head { task } => {
                    let Some(t) = c.headed(*task) else { continue };
                    ((true, *task), &t.params, &t.name, &t.head)
                }
                _ => continue,
            };
            let Some(owner) = params.first().map(|p| &c.params[*p].owner) else { continue };
            let Some(part) = places.get(&**owner).copied() else { continue };
            tasks[part].extend(read);
            let (part, at) = *seen.entry(key).or_insert_with(|| {
                let all = sizes.count(params.iter().map(|p| &c.params[*p]));
                let shape = match &node.shape {
                    s if s.is_text() => "text".into(),
                    s if s.per_token() => format!("n×{}", sizes.dim(width)),
                    _ => sizes.dim(width),
                };
                out[part].layers.push(LayerOutline {
                    name: name.clone(),
                    kind: kind.clone(),
                    shape,
                    parameters: all.total(),
                    known: all.known,
                    open: all.open,
                    operations: None,
                });
                (part, out[part].layers.len() - 1)
            });
            if let (Some(k), Some(work)) = (known, &work) {
                let same = called.get(&*c.node_name(graph, i)).and_then(|all| all.iter().find(|n| n.op == node.op));
                if let Some(n) = same {
                    *out[part].layers[at].operations.get_or_insert(0.0) += work.operations(k.plan, n, true);
                }
            }
        }
    }
    for (part, tasks) in out.iter_mut().zip(tasks) {
        part.tasks = tasks.into_iter().map(|t| c.tasks[t].name.clone()).collect();
    }
    out
}

/// What several tasks of one data set read is computed once for all of them.
fn once(c: &Checked, readers: &[Readers]) -> Vec<Once> {
    let mut out: Vec<Once> = vec![];
    let graphs = c.graphs.iter().zip(readers).enumerate();
    for (graph, (g, readers)) in graphs.filter(|(_, (g, _))| g.phase == Phase::Train) {
        let data = c.corpora.get(g.corpus).map_or("", |d| &d.name);
        for (i, (node, read)) in g.nodes.iter().zip(&readers.0).enumerate() {
            let Op::Layer { layer } = &node.op else { continue };
            let Some(p) = c.layers[*layer].params.first() else { continue };
            if read.len() < 2 {
                continue;
            }
            let part = &c.params[*p].owner;
            let tasks: Vec<String> = read.iter().map(|t| c.tasks[*t].name.clone()).collect();
            // `enc.bilstm(x)`: the text
            let name = c.node_name(graph, i);
            let on = name.rsplit_once('(').map_or("", |(_, t)| t.trim_end_matches(')')).to_string();
            match out.iter_mut().find(|o| o.data == data && *o.part == **part && o.tasks == tasks) {
                Some(o) if o.on.contains(&on) => {}
                Some(o) => o.on.push(on),
                None => out.push(Once { data: data.into(), part: part.to_string(), on: vec![on], tasks }),
            }
        }
    }
    out
}

fn batches(k: Known<'_>) -> Vec<Batch> {
    let plan = k.plan;
    let batch = plan.train.stages.iter().map(|s| s.batch).max().unwrap_or(32);
    let mut out = vec![];
    for g in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
        let Some(corpus) = k.corpora.get(g.corpus) else { continue };
        let work = Work::of(corpus, batch as f64);
        let stage = cost::first_stage(plan, g);
        let (gradient, times) = (flow::with_gradient(plan, g, stage), flow::times(plan, g, stage));
        let names = |gold: bool| {
            let mine = g.tasks.iter().filter(|t| t.gold.is_some() == gold);
            mine.map(|t| plan.tasks[t.task].name.clone()).collect::<Vec<_>>()
        };
        let share = batch as f64 / work.examples.max(1.0);
        let all = g.nodes.iter().zip(&gradient).zip(&times);
        let nodes: f64 = all.map(|((n, g), times)| *times as f64 * work.operations(plan, n, *g)).sum();
        out.push(Batch {
            data: plan.corpora[g.corpus].name.clone(),
            learn: names(true),
            run: names(false),
            nodes: g.nodes.len(),
            examples: batch,
            operations: nodes * share,
            bytes: work.activations(plan, g, &gradient, &times),
        });
    }
    out
}

/// A gradient method, and what its passes cost beside the one of the sum.
fn method(c: &Checked, i: usize, s: &plan::Stage, known: Option<Known<'_>>) -> Option<String> {
    let kind = s.gradients.as_ref().map(|m| &m.kind);
    if !flow::apart(s) {
        return kind.map(|kind| format!("{kind} of features: a backward pass through the heads of each loss"));
    }
    let kind = kind.unwrap_or(&s.weights.kind);
    let losses = s.tasks.iter().filter(|t| c.tasks.get(**t).is_some()).count() + s.losses.len();
    let mut said = format!("{kind} of parameters: {losses} forward and backward passes a step");
    if let Some(k) = known {
        let (mut each, mut once) = (0.0, 0.0);
        for g in k.plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
            let Some(corpus) = k.corpora.get(g.corpus) else { continue };
            let work = Work::of(corpus, s.batch as f64);
            let needed = flow::needed(g, flow::Wanted::of(s).nodes(g), &[]);
            let nodes = g.nodes.iter().zip(flow::with_gradient(k.plan, g, i)).zip(flow::times(k.plan, g, i));
            for (((node, gradient), times), _) in nodes.zip(needed).filter(|(_, needed)| *needed) {
                let operations = work.operations(k.plan, node, gradient);
                each += times as f64 * operations;
                once += operations;
            }
        }
        if once > 0.0 {
            said.push_str(&format!(", {:.1} times the operations of one", each / once));
        }
    }
    Some(said)
}

fn stages(c: &Checked, known: Option<Known<'_>>) -> Vec<StageOutline> {
    let one = |(i, s): (usize, &plan::Stage)| {
        let (unit, length) = match s.length {
            Length::Epochs(n) => ("epochs", n),
            Length::Steps(n) => ("steps", n as f64),
            Length::Seconds(n) => ("seconds", n),
        };
        let schedule = known.and_then(|k| {
            let stage = k.plan.train.stages.get(i)?;
            Some(Schedule::new(k.plan, i, k.examples, k.plan.train.seed).describe(k.plan, stage))
        });
        StageOutline {
            name: s.name.clone(),
            tasks: s.tasks.iter().filter_map(|t| c.tasks.get(*t)).map(|t| t.name.clone()).collect(),
            unit,
            length,
            batch: s.batch,
            optimizer: s.optimizer.kind.clone(),
            frozen: s.freeze.clone(),
            gradients: method(c, i, s, known),
            schedule,
        }
    };
    c.train.stages.iter().enumerate().map(one).collect()
}
