//! What a plan will cost: operations, memory, time. Estimates, from shapes alone.

use super::{Graph, Length, Node, Op, Phase, Plan, Shape};
use crate::data::{Column, Corpus, SplitName};

/// Estimated cost of a plan on given data.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Cost {
    /// floating-point operations of one pass over the training data, forwards and backwards
    pub operations: f64,
    /// bytes for weights, gradients and the optimiser's state
    pub weights: f64,
    /// bytes of intermediate values of the largest step
    pub activations: f64,
}

/// Useful operations per second and core that small layers reach; measured on ordinary two-core machines.
const RATE: f64 = 2.5e10;

impl Cost {
    /// Seconds for one pass over the training data.
    pub fn seconds(&self) -> f64 {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get()).min(4);
        self.operations / (RATE * cores as f64)
    }
    /// Bytes in all.
    pub fn memory(&self) -> f64 {
        self.weights + self.activations
    }
}

fn tokens(corpus: &Corpus, split: SplitName) -> f64 {
    let texts = corpus.split(split).columns.iter().filter_map(|c| match c {
        Column::Tokens(v) => Some(v.iter().map(Vec::len).sum::<usize>()),
        Column::Lengths(v) => Some(v.iter().map(|n| *n as usize).sum()),
        _ => None,
    });
    texts.max().unwrap_or(0) as f64
}

/// Multiplications of a node: for each token and for each example.
fn products(plan: &Plan, node: &Node) -> (f64, f64) {
    let params = match &node.op {
        Op::Layer { layer } => &plan.layers[*layer].params,
        Op::Head { task } => &plan.tasks[*task].params,
        _ => return (0.0, 0.0),
    };
    // a table is looked up, not multiplied
    let lookup = matches!(&node.op, Op::Layer { layer } if plan.layers[*layer].kind == "embed");
    let matrices = params.iter().map(|p| &plan.params[*p].shape).filter(|s| s.len() > 1 && !lookup);
    let size = matrices.map(|s| s.iter().product::<usize>()).sum::<usize>() as f64;
    if matches!(node.shape, Shape::Seq(_)) { (size, 0.0) } else { (0.0, size) }
}

/// What computing one graph on all its training examples takes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// training examples
    pub examples: f64,
    /// their tokens, of the longest text of each
    pub tokens: f64,
}

impl Work {
    /// Of a corpus.
    pub fn of(corpus: &Corpus) -> Self {
        Self { examples: corpus.train.len as f64, tokens: tokens(corpus, SplitName::Train) }
    }

    /// Floating-point operations of a node on all examples, forwards and backwards.
    pub fn operations(&self, plan: &Plan, node: &Node) -> f64 {
        let (per_token, per_example) = products(plan, node);
        6.0 * (per_token * self.tokens + per_example * self.examples)
    }

    /// Bytes of the intermediate values of one batch.
    pub fn activations(&self, g: &Graph, batch: f64) -> f64 {
        let width = |n: &Node| match (&n.op, &n.shape) {
            (Op::Layer { .. } | Op::Head { .. }, Shape::Seq(w)) => *w as f64,
            _ => 0.0,
        };
        let width: f64 = g.nodes.iter().map(width).sum();
        // a layer keeps a handful of values per output for its gradient
        width * 4.0 * 6.0 * batch * (self.tokens / self.examples.max(1.0)) * 2.0
    }
}

/// Estimates the cost of one epoch.
pub fn cost(plan: &Plan, corpora: &[Corpus]) -> Cost {
    let mut out = Cost { weights: plan.num_params() as f64 * 16.0, ..Cost::default() };
    let batch = plan.train.stages.iter().map(|s| s.batch).max().unwrap_or(32) as f64;
    for g in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
        let Some(c) = corpora.get(g.corpus) else { continue };
        let work = Work::of(c);
        if work.examples == 0.0 || g.tasks.iter().all(|t| t.gold.is_none()) {
            continue;
        }
        let nodes: f64 = g.nodes.iter().map(|n| work.operations(plan, n)).sum();
        out.operations += nodes + plan.num_params() as f64 * UPDATE * (work.examples / batch);
        out.activations = out.activations.max(work.activations(g, batch));
    }
    out
}

/// Operations of the optimiser for each parameter and step.
pub const UPDATE: f64 = 12.0;

/// Passes over the data that all stages make together, where that is known.
pub fn epochs(plan: &Plan) -> Option<f64> {
    plan.train.stages.iter().map(|s| if let Length::Epochs(n) = s.length { Some(n) } else { None }).sum()
}
