//! Which task depends on which: arrows, and taps of encoder layers.

use super::*;

impl<'p> Checker<'p> {
    /// Direct dependencies: arrows first, then depth; and what is none although it looks like one.
    pub(crate) fn dependencies(&mut self) -> (Vec<crate::graph::Dependency>, Vec<String>) {
        let names = self.names_of_tasks();
        let mut deps = crate::graph::arrow_dependencies(self.p, &self.edges, &names);
        // reachability by arrows, so that an arrow B → … → A wins over depth
        let reach = |deps: &[crate::graph::Dependency], a: usize, b: usize| {
            let mut seen = BTreeSet::from([a]);
            let mut todo = vec![a];
            while let Some(x) = todo.pop() {
                for d in deps.iter().filter(|d| d.from == x) {
                    if d.to == b {
                        return true;
                    }
                    if seen.insert(d.to) {
                        todo.push(d.to);
                    }
                }
            }
            false
        };
        let ancestors = self.ancestors();
        let mut notes = crate::graph::feedback(&self.edges);
        let mut depth = vec![];
        for a in 0..self.tasks.len() {
            let t = &self.tasks[a];
            if t.tops.is_empty() {
                continue;
            }
            let exempt = t.star || t.reversed || t.head.self_supervised;
            let mut above: Vec<&str> = vec![];
            for b in 0..self.tasks.len() {
                let u = &self.tasks[b];
                if a == b || u.tops.is_empty() {
                    continue;
                }
                let below = |l: &(usize, u32)| u.tops.iter().find(|m| ancestors.get(m).is_some_and(|s| s.contains(l)));
                let pairs: Vec<Option<&(usize, u32)>> = t.tops.iter().map(below).collect();
                if pairs.iter().all(Option::is_some) && !reach(&deps, b, a) {
                    if exempt {
                        above.push(&u.name);
                        continue;
                    }
                    let low = t.tops.iter().next().copied();
                    let high = pairs.first().copied().flatten().copied();
                    if let (Some(low), Some(high)) = (low, high) {
                        let reason = format!(
                            "`{}` is supervised at {}, below `{}` at {}",
                            t.name,
                            self.layer_words(low),
                            u.name,
                            self.layer_words(high)
                        );
                        depth.push(crate::graph::Dependency { from: a, to: b, reason, needs: String::new() });
                    }
                }
            }
            let others = match above.as_slice() {
                [] => continue,
                [one] => format!("`{one}`"),
                [one, rest @ ..] => format!("`{one}` and {} more", rest.len()),
            };
            let why = match (t.head.self_supervised, t.reversed) {
                (true, _) => "makes its own gold",
                (_, true) => "is an adversary",
                _ => "reads every layer",
            };
            notes.push(format!("`{}` reads a lower layer than {others}, but {why}: no step", t.name));
        }
        deps.extend(depth);
        (deps, notes)
    }

    pub(super) fn layer_words(&self, (e, k): (usize, u32)) -> String {
        let name = &self.p.encoders[e].name;
        if k == 0 { format!("the floor of `{name}`") } else { format!("layer {k} of `{name}`") }
    }

    pub(super) fn ancestors(&self) -> BTreeMap<(usize, u32), BTreeSet<(usize, u32)>> {
        let mut out: BTreeMap<(usize, u32), BTreeSet<(usize, u32)>> = BTreeMap::new();
        for top in self.below.keys() {
            let mut seen = BTreeSet::new();
            let mut todo: Vec<(usize, u32)> = self.below.get(top).into_iter().flatten().copied().collect();
            while let Some(l) = todo.pop() {
                if seen.insert(l) {
                    todo.extend(self.below.get(&l).into_iter().flatten().copied());
                    if l.1 > 1 {
                        todo.push((l.0, l.1 - 1));
                    }
                }
            }
            seen.remove(top);
            out.insert(*top, seen);
        }
        out
    }
}
