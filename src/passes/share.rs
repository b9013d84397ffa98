//! Equal expressions stand once in a graph, so all tasks of a batch that read a text share its encoding, and one forward
//! and one backward pass serve them all. Without the pass each task computes what it reads by itself.

use super::{Found, flow, names};
use crate::plan::{Op, Phase, Plan};

pub(super) fn find(plan: &Plan) -> Found {
    let (mut once, mut alone, mut shared) = (0, 0, vec![]);
    for graph in plan.graphs.iter().filter(|g| g.phase == Phase::Train) {
        let mut readers = vec![0usize; graph.nodes.len()];
        for task in graph.tasks.iter().filter(|t| t.gold.is_some()) {
            let needed = flow::needed(graph, [task.head], &[]);
            readers.iter_mut().zip(needed).for_each(|(r, n)| *r += usize::from(n));
        }
        for (i, node) in graph.nodes.iter().enumerate().filter(|(_, n)| !matches!(n.op, Op::Text { .. })) {
            once += usize::from(readers[i] > 0);
            alone += readers[i];
            // the last shared nodes of each path stand for the rest
            let last = readers[i] > 1
                && !graph.nodes.iter().enumerate().any(|(j, n)| n.inputs.contains(&i) && readers[j] >= readers[i]);
            if last {
                shared.push(format!("{}` for {} tasks`", node.name, readers[i]));
            }
        }
    }
    let what = match shared.is_empty() {
        true => String::new(),
        false => format!("once: {}", names(&shared).replace("``", "`").replace("tasks`", "tasks")),
    };
    Found { what, counts: vec![("nodes", once), ("nodes without", alone)] }
}
