//! What a plan will cost: operations, memory, time. Estimates, from shapes alone.

use crate::columns::{Column, Corpus, SplitName};
use crate::kinds::heads;
use crate::passes::{FROZEN, flow};
use crate::plan::{Graph, Length, Node, Op, Phase, Plan, Stage};

/// Estimated cost of a plan on given data.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Cost {
    /// floating-point operations of one pass over the training data, forwards and backwards
    pub operations: f64,
    /// of what is computed once and kept, in the first pass alone
    pub once: f64,
    /// bytes that the optimiser reads and writes in one pass over the training data
    pub updates: f64,
    /// bytes for weights, gradients and the optimiser's state
    pub weights: f64,
    /// bytes of intermediate values of the largest step, and of kept ones
    pub activations: f64,
}

/// Operations per second and core that models of usual widths reach, with AVX-512 and without.
const RATES: [f64; 2] = [1.1e11, 5.5e10];
/// Bytes per second of an optimiser.
const BANDWIDTH: f64 = 1.2e10;

#[cfg(target_arch = "x86_64")]
fn rate() -> f64 {
    RATES[usize::from(!std::arch::is_x86_feature_detected!("avx512f"))]
}

#[cfg(not(target_arch = "x86_64"))]
fn rate() -> f64 {
    RATES[1]
}

impl Cost {
    /// Seconds for one pass over the training data with so many threads, or with all cores.
    pub fn seconds(&self, threads: Option<u64>) -> f64 {
        self.operations / speed(threads) + self.updates / BANDWIDTH
    }
    /// Seconds that the first pass takes in addition.
    pub fn seconds_once(&self, threads: Option<u64>) -> f64 {
        self.once / speed(threads)
    }
    /// Bytes in all.
    pub fn memory(&self) -> f64 {
        self.weights + self.activations
    }
}

fn speed(threads: Option<u64>) -> f64 {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    // more threads than cores or than four bring nothing
    rate() * threads.unwrap_or(cores).min(cores).min(4) as f64
}

/// Lengths of the training texts, for each field of texts.
fn lengths(corpus: &Corpus) -> impl Iterator<Item = Vec<usize>> {
    corpus.split(SplitName::Train).columns.iter().filter_map(|c| match c {
        Column::Tokens(v) => Some(v.iter().map(Vec::len).collect()),
        Column::Lengths(v) => Some(v.iter().map(|n| *n as usize).collect()),
        _ => None,
    })
}

fn tokens(corpus: &Corpus) -> f64 {
    lengths(corpus).map(|v| v.iter().sum::<usize>()).max().unwrap_or(0) as f64
}

/// Tokens of the longest texts, as many as a batch holds.
fn longest(corpus: &Corpus, batch: usize) -> f64 {
    let sum = |mut v: Vec<usize>| {
        v.sort_unstable_by(|a, b| b.cmp(a));
        v.iter().take(batch).sum::<usize>()
    };
    lengths(corpus).map(sum).max().unwrap_or(0) as f64
}

/// Squares of the lengths of the longest texts, as many as a batch holds: what attends to itself holds a number for each pair
/// of tokens.
fn squares(corpus: &Corpus, batch: usize) -> f64 {
    let sum = |mut v: Vec<usize>| {
        v.sort_unstable_by(|a, b| b.cmp(a));
        v.iter().take(batch).map(|n| (*n as f64).powi(2)).sum::<f64>()
    };
    lengths(corpus).map(sum).fold(0.0, f64::max)
}

/// Multiplications of a node: for each token and for each example.
fn products(plan: &Plan, node: &Node) -> (f64, f64) {
    let params = match &node.op {
        Op::Layer { layer } => plan.layers[*layer].params.as_slice(),
        Op::Head { .. } => flow::params(plan, node),
        _ => return (0.0, 0.0),
    };
    // a table is looked up, not multiplied
    let lookup = flow::kind(plan, node).is_some_and(|l| l.lookup);
    let matrices = params.iter().map(|p| &plan.params[*p].shape).filter(|s| s.len() > 1 && !lookup);
    let size = matrices.map(|s| s.iter().product::<usize>()).sum::<usize>() as f64;
    if node.shape.per_token() { (size, 0.0) } else { (0.0, size) }
}

/// What computing one graph on all its training examples takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// training examples
    pub examples: f64,
    /// their tokens, of the longest text of each
    pub tokens: f64,
    /// tokens of the longest batch
    pub longest: f64,
    /// pairs of tokens of one text in it
    pub pairs: f64,
}

impl Work {
    /// Of a corpus, in batches of so many examples.
    pub fn of(corpus: &Corpus, batch: f64) -> Self {
        let (examples, tokens) = (corpus.train.len as f64, tokens(corpus));
        let (longest, pairs) = (longest(corpus, batch as usize), squares(corpus, batch as usize));
        Self { examples, tokens, longest, pairs }
    }

    /// Bytes of the intermediate values of the longest batch, of nodes with a gradient, each computed so many times.
    pub fn activations(&self, plan: &Plan, g: &Graph, gradient: &[bool], times: &[usize]) -> f64 {
        let all = || g.nodes.iter().zip(times).zip(gradient);
        let nodes = || all().filter(|(_, gradient)| **gradient).map(|((n, times), _)| (n, *times as f64));
        let scores = |n| per_pair(plan, n) * self.pairs * 4.0;
        // the scores of each layer stay; those of the layer at work are there more than once
        let once = nodes().map(|(n, _)| scores(n)).fold(0.0, f64::max) * TRANSIENT;
        nodes().map(|(n, times)| times * (held(plan, n) * self.longest + scores(n))).sum::<f64>() + once
    }

    /// Floating-point operations of a node on all examples: forwards, and backwards too if it has a gradient.
    pub fn operations(&self, plan: &Plan, node: &Node, gradient: bool) -> f64 {
        let (per_token, per_example) = products(plan, node);
        (if gradient { 6.0 } else { 2.0 }) * (per_token * self.tokens + per_example * self.examples)
    }
}

/// Bytes for each token that a node holds until the backward pass is over: its output and what its gradient needs.
fn held(plan: &Plan, node: &Node) -> f64 {
    let width = node.shape.width();
    if !node.shape.per_token() {
        return 0.0;
    }
    let layer = match &node.op {
        Op::Layer { layer } => layer,
        Op::Head { task } => return 4.0 * scored(plan, *task, width).0 as f64,
        _ => return 8.0 * width as f64,
    };
    let values = flow::kind(plan, node).map_or(3 * width, |l| (l.held)(&plan.layers[*layer].settings, width));
    4.0 * values as f64
}

/// What a head holds for each row, and for each pair of tokens.
fn scored(plan: &Plan, task: usize, width: usize) -> (usize, usize) {
    let Some(task) = plan.headed(task) else { return (0, 0) };
    let classes = task.labels.map_or(0, |l| plan.labels[l].classes.len());
    (heads::find(&task.head).held)(&task.settings, width, classes)
}

/// So much of the scores of a layer is there for a moment beside what is kept of them.
const TRANSIENT: f64 = 0.4;

/// How many numbers a node holds for each pair of tokens of a text: one for each head of attention.
fn per_pair(plan: &Plan, node: &Node) -> f64 {
    let layer = match &node.op {
        Op::Layer { layer } => layer,
        Op::Head { task } => return scored(plan, *task, node.shape.width()).1 as f64,
        _ => return 0.0,
    };
    let heads = plan.layers[*layer].settings.get("heads").and_then(crate::plan::Setting::as_usize);
    heads.filter(|_| node.shape.per_token()).unwrap_or(0) as f64
}

/// The first stage that trains a task of a graph.
pub fn first_stage(plan: &Plan, g: &Graph) -> usize {
    let trains = |s: &Stage| flow::Wanted::of(s).nodes(g).next().is_some();
    plan.train.stages.iter().position(trains).unwrap_or(0)
}

/// Estimates the cost of one epoch.
pub fn cost(plan: &Plan, corpora: &[Corpus]) -> Cost {
    let mut out = Cost { weights: plan.num_params() as f64 * 16.0, ..Cost::default() };
    let batch = plan.train.stages.iter().map(|s| s.batch).max().unwrap_or(32) as f64;
    let (mut largest, mut cached) = (0f64, 0.0);
    for g in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
        let Some(c) = corpora.get(g.corpus) else { continue };
        let work = Work::of(c, batch);
        if work.examples == 0.0 || g.losses.is_empty() && g.tasks.iter().all(|t| t.gold.is_none()) {
            continue;
        }
        let stage = first_stage(plan, g);
        let gradient = flow::with_gradient(plan, g, stage);
        let wanted = plan.train.stages.get(stage).map(flow::Wanted::of).unwrap_or_default();
        let kept = if plan.pass(FROZEN) { flow::kept(plan, g, stage, &wanted) } else { vec![] };
        let mut behind = vec![false; g.nodes.len()];
        for n in (0..g.nodes.len()).rev() {
            behind[n] |= kept.contains(&n);
            if behind[n] {
                g.nodes[n].inputs.iter().for_each(|i| behind[*i] = true);
            }
        }
        let times = flow::times(plan, g, stage);
        for (i, node) in g.nodes.iter().enumerate() {
            let operations = times[i] as f64 * work.operations(plan, node, gradient[i]);
            if behind[i] {
                out.once += operations;
            } else {
                out.operations += operations;
            }
            if kept.contains(&i) && node.shape.per_token() {
                cached += 4.0 * node.shape.width() as f64 * work.tokens;
            }
        }
        let learning = plan.params.iter().zip(flow::learning(plan, stage)).filter(|(_, l)| *l);
        let learning: usize = learning.map(|(p, _)| p.shape.iter().product::<usize>()).sum();
        out.updates += learning as f64 * UPDATE * (work.examples / batch);
        largest = largest.max(work.activations(plan, g, &gradient, &times));
    }
    out.activations = largest + cached;
    out
}

/// Bytes that the optimiser moves for each parameter and step: the value, its gradient and two moments.
const UPDATE: f64 = 28.0;

/// Passes over the data that all stages make together, where that is known.
pub fn epochs(plan: &Plan) -> Option<f64> {
    plan.train.stages.iter().map(|s| if let Length::Epochs(n) = s.length { Some(n) } else { None }).sum()
}
