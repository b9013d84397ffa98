//! What depends on nothing that learns in a stage and on nothing that is drawn at random has the same value for an example
//! in every epoch: it is computed once and kept, in memory up to a limit and beyond it in a file. Dropout within a frozen
//! encoder ends what can be kept: the values before it are, if there is work in them. Word embeddings alone are not
//! kept: looking them up is as fast.

use super::{Found, flow, names};
use crate::plan::{Op, Phase, Plan};

pub(super) fn find(plan: &Plan) -> Found {
    let (mut what, mut count) = (vec![], 0);
    for (s, stage) in plan.train.stages.iter().enumerate() {
        let (learning, frozen) = (flow::learning(plan, s), flow::frozen(plan, s));
        let (mut kept, mut drawn) = (vec![], vec![]);
        for graph in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
            let wanted = flow::Wanted::of(stage);
            let own = flow::kept(plan, graph, s, &wanted);
            kept.extend(own.iter().map(|n| graph.nodes[*n].name.clone()));
            let needed = flow::needed(graph, wanted.nodes(graph), &[]);
            let constant = flow::constant(plan, graph, s);
            // where a draw alone ends what could be kept, and a frozen part goes on behind it
            let mut behind = vec![false; graph.nodes.len()];
            for (i, node) in graph.nodes.iter().enumerate().rev().filter(|(i, _)| needed[*i]) {
                let params = flow::params(plan, node);
                let still = params.iter().all(|p| !learning[*p]);
                let work = still && (!params.is_empty() || behind[i]);
                node.inputs.iter().for_each(|&n| behind[n] |= work);
                let ends = flow::draws(plan, node, &frozen)
                    && !matches!(node.op, Op::Gold { .. })
                    && still
                    && node.inputs.iter().all(|n| constant[*n]);
                if ends && work {
                    drawn.push(node.name.clone());
                }
            }
        }
        count += kept.len();
        if !kept.is_empty() {
            what.push(format!("stage {}: {}", stage.name, names(&kept)));
        }
        if !drawn.is_empty() {
            let e = "is not kept: it is drawn at random while training";
            what.push(format!("stage {}: {} {e}", stage.name, names(&drawn)));
        }
    }
    Found { what: what.join("; "), counts: vec![("values", count)] }
}
