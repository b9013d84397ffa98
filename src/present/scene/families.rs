//! Members of families as one node.

use super::{Edge, Gradient, Link, Node, Scene};
use crate::present::outline::family;
use std::collections::{BTreeMap, BTreeSet};

/// Ends and words of an edge between families.
type Merged = (usize, usize, String, Vec<String>);

/// Members of a family become one node, unless they stand in different steps.
pub(super) fn collapse(s: &mut Scene) {
    let key = |n: &Node| {
        (n.kind, family(&n.name), n.step, n.lines.first().map(|l| family(l)).filter(|l| l.starts_with("layer")))
    };
    let mut place: Vec<usize> = vec![];
    let mut nodes: Vec<Node> = vec![];
    for n in &s.nodes {
        let same = |o: &Node| n.name.contains('[') && key(o) == key(n);
        match nodes.iter().position(same) {
            Some(i) => {
                nodes[i].members += 1;
                if nodes[i].ty != n.ty {
                    // sizes differ between members
                    nodes[i].ty = String::new();
                }
                place.push(i);
            }
            None => {
                nodes.push(n.clone());
                place.push(nodes.len() - 1);
            }
        }
    }
    for n in nodes.iter_mut().filter(|n| n.members > 1) {
        n.name = family(&n.name);
    }
    // an edge of some members only says whose it is
    let mut counts: BTreeMap<Merged, BTreeSet<(usize, usize)>> = BTreeMap::new();
    for e in &s.edges {
        let k = (place[e.from], place[e.to], e.label.clone(), e.detail.clone());
        counts.entry(k).or_default().insert((e.from, e.to));
    }
    for e in &mut s.edges {
        let k = (place[e.from], place[e.to], e.label.clone(), e.detail.clone());
        let all = nodes[k.0].members.max(nodes[k.1].members);
        let mine = counts.get(&k).map_or(0, BTreeSet::len);
        if mine < all && all > 1 && e.link != Link::Loss {
            let name = [&s.nodes[e.from].name, &s.nodes[e.to].name].into_iter().find(|n| n.contains('['));
            let member = name.and_then(|n| n.split_once('[')).map(|(_, m)| format!("[{m}"));
            let extra = if mine == 1 { member.unwrap_or_default() } else { format!("{mine} of {all}") };
            if !extra.is_empty() {
                e.detail.push(extra);
            }
        } else {
            e.words = family(&e.words);
        }
        (e.from, e.to) = (k.0, k.1);
    }
    // members that share softly among themselves say so in their box
    for e in s.edges.iter().filter(|e| e.from == e.to && e.link == Link::Share) {
        let line = format!("shared by {}", e.label);
        if !nodes[e.from].lines.contains(&line) {
            nodes[e.from].lines.push(line);
        }
    }
    s.edges.retain(|e| e.from != e.to || e.link == Link::Feedback);
    s.nodes = nodes;
}

/// Reads of the same node by the same node are one line with both labels.
pub(super) fn merge_parallel(s: &mut Scene) {
    let mut out: Vec<Edge> = vec![];
    for e in std::mem::take(&mut s.edges) {
        let twin = out
            .iter_mut()
            .find(|o| (o.from, o.to, o.link) == (e.from, e.to, e.link) && e.link == Link::Read && o.phase == e.phase);
        match twin {
            Some(o) => {
                if !e.label.is_empty() && o.label != e.label {
                    let parts = [o.label.clone(), e.label];
                    o.label = parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ");
                }
                if o.gradient != e.gradient {
                    o.gradient = Gradient::Through;
                }
            }
            None => out.push(e),
        }
    }
    s.edges = out;
}
