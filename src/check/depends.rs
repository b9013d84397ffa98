//! Which task depends on which: arrows, and taps of encoder layers.

use super::*;
use crate::analysis::Taps;

impl<'p> Checker<'p> {
    /// Joint or multi-step.
    pub(crate) fn classify(&self) -> TaskGraph {
        let taps: Vec<Taps> = self
            .r
            .tasks
            .iter()
            .map(|t| Taps {
                name: &t.name,
                tops: &t.tops,
                exempt: match (t.head.self_supervised, t.reversed, t.star) {
                    (true, ..) => Some("makes its own gold"),
                    (_, true, _) => Some("is an adversary"),
                    (.., true) => Some("reads every layer"),
                    _ => None,
                },
                live: !t.left_out,
            })
            .collect();
        analysis::classify(self.p, &self.r.edges, &taps, &self.below)
    }
}
