//! A step of the `joint` sampler holds a batch of each data set. Layers that several of them go through alike are computed
//! once, on all their texts one after the other; so are several texts of an example that one encoder reads. Without
//! padding that is a concatenation of rows. Small batches gain; a step of more than [`MOST_TOKENS`] is left alone. Without the pass each batch goes through alone.

use super::{Found, flow, names};
use crate::kinds::samplers;
use crate::plan::{Graph, Node, Op, Phase, Plan};
use std::collections::HashMap;

/// Steps of more tokens go batch by batch: what is put together would no longer fit the processor's caches (see
/// `docs/performance.md`).
pub const MOST_TOKENS: usize = 1 << 13;

/// A node of one of several graphs.
pub type Place = (usize, usize);

/// Nodes that are computed together.
#[derive(Debug)]
pub struct Class {
    /// the layer
    pub layer: usize,
    /// in the order of their rows
    pub members: Vec<Place>,
    /// classes of the inputs; `None`: texts, which are put together on the spot
    pub inputs: Vec<Option<usize>>,
}

/// Which nodes of some graphs can be computed together, in an order in which inputs come before their readers.
/// `usable(graph, node)` says whether a node is computed at all, and with what it may stand together.
pub fn classes<K: std::hash::Hash + Eq>(
    plan: &Plan,
    graphs: &[&Graph],
    usable: impl Fn(usize, usize) -> Option<K>,
) -> Vec<Class> {
    let mut found: Vec<Class> = vec![];
    let mut by_key: HashMap<(usize, Vec<Option<usize>>, K), usize> = HashMap::new();
    let mut class_of: Vec<Vec<Option<usize>>> = graphs.iter().map(|g| vec![None; g.nodes.len()]).collect();
    for (g, graph) in graphs.iter().enumerate() {
        for (n, node) in graph.nodes.iter().enumerate() {
            let Op::Layer { layer } = node.op else { continue };
            let Some(key) = usable(g, n).filter(|_| mergeable(plan, node)) else { continue };
            let input = |i: &usize| match class_of[g][*i] {
                _ if matches!(graph.nodes[*i].op, Op::Text { .. }) => Some(None),
                Some(c) => Some(Some(c)),
                None => None,
            };
            let Some(inputs) = node.inputs.iter().map(input).collect::<Option<Vec<_>>>() else { continue };
            let c = *by_key.entry((layer, inputs.clone(), key)).or_insert_with(|| {
                found.push(Class { layer, members: vec![], inputs });
                found.len() - 1
            });
            found[c].members.push((g, n));
            class_of[g][n] = Some(c);
        }
    }
    // a class whose members read only some rows of another, or in another order, is none
    let mut good: Vec<bool> = vec![];
    for class in &found {
        let aligned = |(slot, input): (usize, &Option<usize>)| {
            let Some(c) = *input else { return true };
            let read = class.members.iter().map(|(g, n)| (*g, graphs[*g].nodes[*n].inputs[slot]));
            good[c] && read.eq(found[c].members.iter().copied())
        };
        let fits = class.members.len() > 1 && class.inputs.iter().enumerate().all(aligned);
        good.push(fits);
    }
    // places of the classes that are left
    let place: Vec<usize> = good.iter().scan(0, |n, g| Some(std::mem::replace(n, *n + usize::from(*g)))).collect();
    let mut out: Vec<Class> = found.into_iter().zip(&good).filter(|(_, g)| **g).map(|(c, _)| c).collect();
    out.iter_mut().flat_map(|c| &mut c.inputs).for_each(|i| *i = i.map(|c| place[c]));
    out
}

/// Whether each text's part of a layer's value depends on that text alone, however it stands in the batch. What is drawn
/// at random depends on the place, unless the layer knows the places of the parts.
fn mergeable(plan: &Plan, node: &Node) -> bool {
    let Some(kind) = flow::kind(plan, node) else { return false };
    !node.inputs.is_empty() && (kind.in_parts || !flow::draws(plan, node, &[]))
}

pub(super) fn find(plan: &Plan) -> Found {
    let (mut what, mut layers, mut nodes) = (vec![], 0, 0);
    for stage in &plan.train.stages {
        let wanted = flow::Wanted::of(stage);
        let own = |g: &&Graph| g.phase == Phase::Train && wanted.roots(g).next().is_some();
        let graphs: Vec<&Graph> = plan.graphs.iter().filter(own).collect();
        // other samplers hold one data set in a step
        let steps = match samplers::find(&stage.sampler.kind).is_some_and(|s| s.together) {
            true => vec![graphs],
            false => graphs.into_iter().map(|g| vec![g]).collect(),
        };
        let (mut found, mut most) = (vec![], 0);
        for graphs in steps {
            let needed: Vec<Vec<bool>> = graphs.iter().map(|g| flow::needed(g, wanted.nodes(g), &[])).collect();
            for class in classes(plan, &graphs, |g, n| needed[g][n].then_some(())) {
                layers += 1;
                nodes += class.members.len();
                most = most.max(class.members.len());
                if !plan.layers[class.layer].params.is_empty() {
                    found.push(plan.layers[class.layer].name.clone());
                }
            }
        }
        if !found.is_empty() {
            what.push(format!("stage {}: {} on up to {most} batches at once", stage.name, names(&found)));
        }
    }
    Found { what: what.join("; "), counts: vec![("layers", layers), ("nodes without", nodes)] }
}
