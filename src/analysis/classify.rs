//! Joint or multi-step: the relation ⇒, its steps and its components.
//!
//! ⇒ may hold between very many pairs (a thousand tasks at one layer, a thousand above it), so it is not written down
//! pair by pair. It is a graph whose nodes are the tasks and, between them, what they share: the places of encoders
//! that an arrow enters, and the layers that tasks tap. A ⇒ B where a path leads from A to B over such nodes alone.
//! Steps and components are read off that graph; the pairs are listed for people, up to a bound.

use super::{By, Dependency, Link, Place, TOP, TaskGraph, by_arrow, static_graph};
use crate::hir::Program;
use crate::types::{Edge, Target};
use crate::util::SmallSet;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Layer k of encoder i; 0 is the floor, below the first layer.
pub type Layer = (usize, u32);

/// What is known of a task.
#[derive(Clone, Copy, Debug)]
pub struct Taps<'a> {
    /// its name
    pub name: &'a str,
    /// the encoder layers that it taps
    pub tops: &'a SmallSet<Layer>,
    /// why its loss counts for nothing at these layers, if so: `makes its own gold`
    pub exempt: Option<&'a str>,
    /// `--only` has not left it out
    pub live: bool,
}

/// Most pairs that are listed beside those of arrows from task to task.
const MOST_LISTED: usize = 10_000;

/// Classifies a program. `below` leads from an encoder layer to those directly below it. The arrows must be acyclic.
pub fn classify(
    p: &Program,
    edges: &[Arc<Edge>],
    tasks: &[Taps<'_>],
    below: &BTreeMap<Layer, BTreeSet<Layer>>,
) -> TaskGraph {
    let relation = Relation::new(p, edges, tasks, below);
    let (level, components) = relation.order();
    let depth = level.iter().copied().max().map_or(0, |m| m + 1);
    let mut steps = vec![vec![]; depth];
    for (task, l) in level.iter().enumerate() {
        steps[*l].push(task);
    }
    let (dependencies, complete) = relation.listed();
    let names = tasks.iter().map(|t| t.name.to_string()).collect();
    let mut notes = super::feedback(edges);
    notes.extend(relation.exempt());
    TaskGraph { tasks: names, dependencies, complete, steps, components, notes, level }
}

/// What stands at a layer: tasks that tap it or what is above it (`reached`), and all that is strictly above (`above`).
#[derive(Clone, Copy)]
struct Floor {
    reached: usize,
    above: usize,
}

struct Relation<'a> {
    p: &'a Program,
    edges: &'a [Arc<Edge>],
    tasks: &'a [Taps<'a>],
    /// successors of each node; the first nodes are the tasks
    next: Vec<Vec<usize>>,
    /// first node of those that stand for layers
    depth: usize,
    /// node of a place that an arrow enters
    places: HashMap<Place, usize>,
    floors: BTreeMap<Layer, Floor>,
    layer_of: HashMap<usize, Layer>,
    /// strongly connected component of each node; equal for two tasks only when arrows and depth disagree
    knot: Vec<usize>,
}

impl<'a> Relation<'a> {
    fn new(
        p: &'a Program,
        edges: &'a [Arc<Edge>],
        tasks: &'a [Taps<'a>],
        below: &BTreeMap<Layer, BTreeSet<Layer>>,
    ) -> Self {
        let mut r = Self {
            p,
            edges,
            tasks,
            next: vec![vec![]; tasks.len()],
            depth: 0,
            places: HashMap::default(),
            floors: BTreeMap::new(),
            layer_of: HashMap::default(),
            knot: vec![],
        };
        r.arrows();
        r.depth = r.next.len();
        r.layers(below);
        let live: Vec<bool> = (0..r.next.len()).map(|v| r.tasks.get(v).is_none_or(|t| t.live)).collect();
        for (v, next) in r.next.iter_mut().enumerate() {
            next.retain(|w| live[v] && live[*w]);
        }
        r.knot = knots(&r.next);
        r
    }

    fn node(&mut self) -> usize {
        self.next.push(vec![]);
        self.next.len() - 1
    }

    // ---- arrows

    fn place(&mut self, place: Place) -> usize {
        if let Place::Task(t) = place {
            return t;
        }
        match self.places.get(&place) {
            Some(v) => *v,
            None => {
                let v = self.node();
                self.places.insert(place, v);
                v
            }
        }
    }

    fn arrows(&mut self) {
        let end = |e: &Edge| match &e.target {
            Target::Task(t) | Target::Slot(t, _) => Place::Task(*t),
            Target::Encoder(i, layer) => Place::Layer(*i, layer.unwrap_or(1)),
        };
        let counts = |e: &&Arc<Edge>| e.alive && e.rounds.is_none();
        for e in self.edges.iter().filter(counts) {
            let to = self.place(end(e));
            self.next[e.source].push(to);
        }
        if self.places.is_empty() {
            return;
        }
        // who reads the encoders that arrows enter
        let s = static_graph(self.p, self.edges, None);
        for e in s.graph.edge_references() {
            if matches!(e.weight(), Link::Arrow(_)) || matches!(s.graph[e.source()], Place::Task(_)) {
                continue;
            }
            let (a, b) = (self.place(s.graph[e.source()]), self.place(s.graph[e.target()]));
            self.next[a].push(b);
        }
    }

    // ---- layers

    fn floor(&mut self, l: Layer) -> Floor {
        if let Some(f) = self.floors.get(&l) {
            return *f;
        }
        let f = Floor { reached: self.node(), above: self.node() };
        self.next[f.reached].push(f.above);
        self.floors.insert(l, f);
        self.layer_of.insert(f.reached, l);
        f
    }

    fn layers(&mut self, below: &BTreeMap<Layer, BTreeSet<Layer>>) {
        for (top, under) in below {
            let top_floor = self.floor(*top);
            for l in under.iter().filter(|l| *l != top) {
                let f = self.floor(*l);
                self.next[f.above].push(top_floor.reached);
            }
        }
        // what is above a layer is above the layer below it
        let inner: Vec<Layer> = self.floors.keys().copied().filter(|l| l.1 > 1 && l.1 != TOP).collect();
        for (e, k) in inner {
            let (lower, upper) = (self.floor((e, k - 1)), self.floor((e, k)));
            self.next[lower.above].push(upper.above);
        }
        for (t, task) in self.tasks.iter().enumerate() {
            for l in task.tops.iter() {
                if let Some(f) = self.floors.get(l) {
                    self.next[f.reached].push(t);
                }
            }
        }
        let mut several: BTreeMap<&SmallSet<Layer>, usize> = BTreeMap::new();
        let mut reached = HashMap::default();
        for t in 0..self.tasks.len() {
            let task = self.tasks[t];
            if task.exempt.is_some() {
                continue;
            }
            if let (1, Some(l)) = (task.tops.len(), task.tops.first()) {
                if let Some(f) = self.floors.get(l) {
                    self.next[t].push(f.above);
                }
            } else if !task.tops.is_empty() {
                // every one of several taps must lie below one of the other task: an intersection, made once
                let node = match several.get(task.tops) {
                    Some(v) => *v,
                    None => {
                        let over = self.above_all(task.tops, &mut reached);
                        let v = self.node();
                        self.next[v] = over;
                        several.insert(task.tops, v);
                        v
                    }
                };
                self.next[t].push(node);
            }
        }
    }

    /// The tasks that stand above every one of these layers.
    fn above_all(&self, tops: &SmallSet<Layer>, memo: &mut HashMap<Layer, Vec<usize>>) -> Vec<usize> {
        for l in tops.iter() {
            if !memo.contains_key(l) {
                let over = self.floors.get(l).map_or(vec![], |f| self.reach(f.above).0);
                memo.insert(*l, over);
            }
        }
        let mut sets: Vec<&Vec<usize>> = tops.iter().filter_map(|l| memo.get(l)).collect();
        sets.sort_by_key(|s| s.len());
        let Some((smallest, others)) = sets.split_first() else { return vec![] };
        smallest.iter().copied().filter(|t| others.iter().all(|o| o.binary_search(t).is_ok())).collect()
    }

    /// Tasks and layers that a node leads to without passing through a task; the tasks ascending.
    fn reach(&self, from: usize) -> (Vec<usize>, HashSet<Layer>) {
        let (mut tasks, mut layers) = (BTreeSet::new(), HashSet::default());
        let mut seen = HashSet::from_iter([from]);
        let mut todo = vec![from];
        while let Some(v) = todo.pop() {
            if v < self.tasks.len() {
                tasks.insert(v);
                continue;
            }
            layers.extend(self.layer_of.get(&v));
            todo.extend(self.next[v].iter().copied().filter(|w| seen.insert(*w)));
        }
        (tasks.into_iter().collect(), layers)
    }

    // ---- steps and components

    /// Whether a node stands for a layer: a pair over it does not hold within a knot, where the arrow wins.
    fn is_depth(&self, v: usize) -> bool {
        v >= self.depth
    }

    /// The graph without the paths over layers that run against arrows: a node of a layer within a knot is split
    /// in two. What comes from outside leads everywhere; what comes from inside leads only outside.
    fn untied(&self) -> Vec<Vec<usize>> {
        let mut next = self.next.clone();
        let mut size = vec![0usize; self.next.len()];
        for k in &self.knot {
            size[*k] += 1;
        }
        let tied = |v: usize| self.is_depth(v) && size[self.knot[v]] > 1;
        let mut outward: HashMap<usize, usize> = HashMap::default();
        for v in (0..self.next.len()).filter(|v| tied(*v)) {
            outward.insert(v, next.len());
            next.push(vec![]);
        }
        if outward.is_empty() {
            return next;
        }
        for v in 0..self.next.len() {
            let mut inward = vec![];
            for w in &self.next[v] {
                let same = self.knot[v] == self.knot[*w];
                match (outward.get(&v), outward.get(w)) {
                    // within the knot from layer to layer
                    (Some(from), Some(to)) if same => {
                        inward.push(*w);
                        next[*from].push(*to);
                    }
                    // from a layer to a task of the knot
                    (Some(_), _) if same => inward.push(*w),
                    // from a layer out of the knot
                    (Some(from), _) => next[*from].push(*w),
                    // from a task to a layer of its knot
                    (None, Some(to)) if same => inward.push(*to),
                    _ => inward.push(*w),
                }
            }
            inward.extend(outward.get(&v));
            next[v] = inward;
        }
        next
    }

    /// The level of each task, and the components under ⇒.
    fn order(&self) -> (Vec<usize>, Vec<Vec<usize>>) {
        let next = self.untied();
        let n = self.tasks.len();
        let mut waits = vec![0usize; next.len()];
        next.iter().flatten().for_each(|w| waits[*w] += 1);
        let mut ready: VecDeque<usize> = (0..next.len()).filter(|v| waits[*v] == 0).collect();
        // of a task its level; of another node the highest level of the tasks before it
        let mut level: Vec<Option<usize>> = (0..next.len()).map(|v| (v < n).then_some(0)).collect();
        let mut order = vec![];
        while let Some(v) = ready.pop_front() {
            order.push(v);
            for w in &next[v] {
                if let Some(l) = level[v] {
                    let l = if *w < n { l + 1 } else { l };
                    level[*w] = Some(level[*w].map_or(l, |k| k.max(l)));
                }
                waits[*w] -= 1;
                if waits[*w] == 0 {
                    ready.push_back(*w);
                }
            }
        }
        // whether a task follows
        let mut leads: Vec<bool> = (0..next.len()).map(|v| v < n).collect();
        for v in order.iter().rev() {
            leads[*v] |= next[*v].iter().any(|w| leads[*w]);
        }
        let mut parent: Vec<usize> = (0..next.len()).collect();
        fn root(parent: &mut [usize], mut x: usize) -> usize {
            while parent[x] != x {
                parent[x] = parent[parent[x]];
                x = parent[x];
            }
            x
        }
        for v in (0..next.len()).filter(|v| level[*v].is_some()) {
            for w in next[v].iter().filter(|w| leads[**w]) {
                let (a, b) = (root(&mut parent, v), root(&mut parent, *w));
                parent[a.max(b)] = a.min(b);
            }
        }
        let mut components: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for t in 0..n {
            let r = root(&mut parent, t);
            components.entry(r).or_default().push(t);
        }
        (level.into_iter().take(n).map(Option::unwrap_or_default).collect(), components.into_values().collect())
    }

    // ---- pairs

    /// The pairs with their reasons, arrows first, and whether they are all.
    fn listed(&self) -> (Vec<Dependency>, bool) {
        let mut out = vec![];
        let mut seen = HashSet::default();
        let mut left = MOST_LISTED;
        let mut add = |from: usize, to: usize, by: &mut dyn FnMut() -> By| {
            if from != to && seen.insert((from, to)) {
                out.push(Dependency { from, to, by: by() });
            }
        };
        let live = |t: usize| self.tasks[t].live;
        let mut reached: HashMap<usize, Vec<usize>> = HashMap::default();
        for e in self.edges.iter().filter(|e| e.alive && e.rounds.is_none() && live(e.source)) {
            match &e.target {
                Target::Task(t) | Target::Slot(t, _) if live(*t) => {
                    add(e.source, *t, &mut || by_arrow(e));
                }
                Target::Task(_) | Target::Slot(..) => {}
                Target::Encoder(i, layer) => {
                    let Some(v) = self.places.get(&Place::Layer(*i, layer.unwrap_or(1))) else { continue };
                    for t in reached.entry(*v).or_insert_with(|| self.reach(*v).0).iter() {
                        if left == 0 {
                            return (out, false);
                        }
                        left -= 1;
                        add(e.source, *t, &mut || by_arrow(e));
                    }
                }
            }
        }
        let mut named: HashMap<Layer, Arc<str>> = HashMap::default();
        let mut layers: HashMap<Layer, (Vec<usize>, HashSet<Layer>)> = HashMap::default();
        for (a, task) in self.tasks.iter().enumerate() {
            let Some(low) = task.tops.first().filter(|_| task.exempt.is_none() && task.live) else { continue };
            for v in self.next[a].iter().copied().filter(|v| self.is_depth(*v)) {
                let Some(f) = self.floors.get(low) else { continue };
                if self.next[v].is_empty() {
                    continue;
                }
                let over = layers.entry(*low).or_insert_with(|| self.reach(f.above));
                // of several taps the node knows its tasks; of one they are those above it
                let several = if v == f.above { &over.0 } else { &self.next[v] };
                for b in several.iter().copied().filter(|b| self.knot[a] != self.knot[*b]) {
                    let Some(high) = self.tasks[b].tops.iter().find(|m| over.1.contains(m)) else { continue };
                    if left == 0 {
                        return (out, false);
                    }
                    left -= 1;
                    let mut words = |l: Layer| -> Arc<str> {
                        named.entry(l).or_insert_with(|| super::layer_words(self.p, l).into()).clone()
                    };
                    add(a, b, &mut || By::Depth(words(*low), words(*high)));
                }
            }
        }
        (out, true)
    }

    /// Tasks at a lower layer than others which yet are no step below them, a sentence each.
    fn exempt(&self) -> Vec<String> {
        let mut before: Vec<Vec<usize>> = vec![vec![]; self.depth];
        for v in 0..self.depth {
            self.next[v].iter().filter(|w| **w < self.depth).for_each(|w| before[*w].push(v));
        }
        let mut out = vec![];
        let mut memo = HashMap::default();
        let mut sets: HashMap<&SmallSet<Layer>, Vec<usize>> = HashMap::default();
        for (a, task) in self.tasks.iter().enumerate() {
            let Some(why) = task.exempt.filter(|_| task.live && !task.tops.is_empty()) else { continue };
            let over = sets.entry(task.tops).or_insert_with(|| self.above_all(task.tops, &mut memo));
            // an arrow from a task above makes it the later one
            let mut earlier = HashSet::from_iter([a]);
            let mut todo = vec![a];
            while let Some(v) = todo.pop() {
                todo.extend(before[v].iter().copied().filter(|w| earlier.insert(*w)));
            }
            let mut above = over.iter().filter(|b| !earlier.contains(b));
            let Some(first) = above.next() else { continue };
            let first = self.tasks[*first].name;
            let others = match above.count() {
                0 => format!("`{first}`"),
                n => format!("`{first}` and {n} more"),
            };
            out.push(format!("`{}` reads a lower layer than {others}, but {why}: no step", task.name));
        }
        out
    }
}

/// The strongly connected component of each node.
fn knots(next: &[Vec<usize>]) -> Vec<usize> {
    let edges = next.iter().enumerate().flat_map(|(v, ws)| ws.iter().map(move |w| (v as u32, *w as u32)));
    let mut graph = DiGraph::<(), ()>::from_edges(edges);
    while graph.node_count() < next.len() {
        graph.add_node(());
    }
    let mut out = vec![0; next.len()];
    for (k, component) in petgraph::algo::kosaraju_scc(&graph).into_iter().enumerate() {
        component.into_iter().map(NodeIndex::index).for_each(|v| out[v] = k);
    }
    out
}
