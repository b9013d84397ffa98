//! In a stage only those nodes are computed that its losses need, and in an evaluation those that the scored answers
//! need. Without the pass every node of the graph is computed.

use super::{Found, flow, names};
use crate::plan::{Phase, Plan};

pub(super) fn find(plan: &Plan) -> Found {
    let (mut what, mut total, mut left) = (vec![], 0, 0);
    for stage in &plan.train.stages {
        let mut out = vec![];
        for graph in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
            let needed = flow::needed(graph, flow::Wanted::of(stage).roots(graph), &[]);
            // a corpus without a loss is not read at all
            if needed.iter().any(|n| *n) {
                total += needed.len();
                out.extend(graph.nodes.iter().zip(&needed).filter(|(_, n)| !**n).map(|(n, _)| n.name.clone()));
            }
        }
        left += out.len();
        if !out.is_empty() {
            what.push(format!("stage {}: without {}", stage.name, names(&out)));
        }
    }
    Found { what: what.join("; "), counts: vec![("nodes", total), ("pruned", left)] }
}
