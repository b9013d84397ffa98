//! Nodes through which no gradient is of use (nothing before them learns, or `stop` or a hard pick stands behind them)
//! are computed without autodiff: nothing is kept for a backward pass, and there is none. Without the pass gradients of
//! frozen parameters are computed and thrown away.

use super::{Found, flow};
use crate::plan::{Op, Phase, Plan};

pub(super) fn find(plan: &Plan) -> Found {
    let (mut what, mut nodes, mut without, mut still) = (vec![], 0, 0, 0);
    for (s, stage) in plan.train.stages.iter().enumerate() {
        let mut own = 0;
        for graph in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
            let needed = flow::needed(graph, flow::Wanted::of(stage).nodes(graph), &[]);
            let with = flow::with_gradient(plan, graph, s);
            for (i, _) in graph.nodes.iter().enumerate().filter(|(_, n)| !matches!(n.op, Op::Text { .. })) {
                nodes += usize::from(needed[i]);
                own += usize::from(needed[i] && !with[i]);
            }
        }
        let learning = flow::learning(plan, s);
        let size = |p: &crate::plan::Param| p.shape.iter().product::<usize>();
        let values: usize = plan.params.iter().zip(&learning).filter(|(_, l)| !**l).map(|(p, _)| size(p)).sum();
        (without, still) = (without + own, still.max(values));
        if own > 0 {
            what.push(format!("stage {}: {own} nodes without gradient, {values} parameters do not learn", stage.name));
        }
    }
    let counts = vec![("nodes", nodes), ("without gradient", without), ("parameters that do not learn", still)];
    Found { what: what.join("; "), counts }
}
