//! What a plan will cost: operations, memory, time. Estimates, from shapes alone.

use super::{Graph, Length, Op, Phase, Plan, Shape};
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
        _ => None,
    });
    texts.max().unwrap_or(0) as f64
}

/// Matrix products of one graph: per token and per example.
fn products(plan: &Plan, g: &Graph) -> (f64, f64, f64) {
    let (mut per_token, mut per_example, mut width) = (0.0, 0.0, 0.0);
    for n in &g.nodes {
        let params = match &n.op {
            Op::Layer { layer } => &plan.layers[*layer].params,
            Op::Head { task } => &plan.tasks[*task].params,
            _ => continue,
        };
        let lookup = matches!(&n.op, Op::Layer { layer } if plan.layers[*layer].kind == "embed");
        let size: usize = params
            .iter()
            .map(|p| &plan.params[*p].shape)
            .filter(|s| s.len() > 1 && !lookup)
            .map(|s| s.iter().product::<usize>())
            .sum();
        match n.shape {
            Shape::Seq(w) => {
                per_token += size as f64;
                width += w as f64;
            }
            _ => per_example += size as f64,
        }
    }
    (per_token, per_example, width)
}

/// Estimates the cost of one epoch.
pub fn cost(plan: &Plan, corpora: &[Corpus]) -> Cost {
    let mut out = Cost { weights: plan.num_params() as f64 * 16.0, ..Cost::default() };
    let batch = plan.train.stages.iter().map(|s| s.batch).max().unwrap_or(32) as f64;
    for g in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
        let Some(c) = corpora.get(g.corpus) else { continue };
        let n = c.train.len as f64;
        if n == 0.0 || g.tasks.iter().all(|t| t.gold.is_none()) {
            continue;
        }
        let t = tokens(c, SplitName::Train);
        let (per_token, per_example, width) = products(plan, g);
        out.operations += 6.0 * (per_token * t + per_example * n) + plan.num_params() as f64 * 12.0 * (n / batch);
        // a layer keeps a handful of values per output for its gradient
        out.activations = out.activations.max(width * 4.0 * 6.0 * batch * (t / n) * 2.0);
    }
    out
}

/// Passes over the data that all stages make together, where that is known.
pub fn epochs(plan: &Plan) -> Option<f64> {
    plan.train.stages.iter().map(|s| if let Length::Epochs(n) = s.length { Some(n) } else { None }).sum()
}
