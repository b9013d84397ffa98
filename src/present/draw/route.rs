//! Wires: cheapest ways through the free cells between boxes. A wire may cross another, but neither run along it nor
//! bend on it; wires of one net, the edges that carry the same from the same node, share their way.

use super::layout::Boxes;
use super::{Measure, Rect};
use crate::plan::Phase;
use crate::present::scene::{Edge, Gradient, Link, Scene};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const STEPS: [(i32, i32); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];
const RIGHT: usize = 0;
const DOWN: usize = 1;
const LEFT: usize = 2;
const UP: usize = 3;

/// A way into or out of a box, with what it costs.
type Side = (usize, u32);

/// Edges that carry the same are one net.
pub(crate) type Net = (usize, Link, String, Option<Phase>, bool);

pub(crate) fn net(e: &Edge) -> Net {
    let what = if e.link == Link::Read { String::new() } else { format!("{}|{}", e.label, e.detail.join("|")) };
    (e.from, e.link, what, e.phase, e.gradient == Gradient::None)
}

struct Grid {
    w: i32,
    h: i32,
    blocked: Vec<bool>,
    near: Vec<bool>,
    /// net that runs horizontally, vertically; 0: none
    across: Vec<u32>,
    along: Vec<u32>,
}

impl Grid {
    fn at(&self, x: i32, y: i32) -> Option<usize> {
        (x >= 0 && y >= 0 && x < self.w && y < self.h).then(|| (y * self.w + x) as usize)
    }

    /// Whether another net runs beside a cell in the same direction.
    fn beside(&self, x: i32, y: i32, horizontal: bool, id: u32) -> bool {
        let (dx, dy) = if horizontal { (0, 1) } else { (1, 0) };
        [-1, 1].into_iter().any(|k| {
            self.at(x + k * dx, y + k * dy).is_some_and(|c| {
                let n = if horizontal { self.across[c] } else { self.along[c] };
                n != 0 && n != id
            })
        })
    }
}

/// Cells of each edge's wire, and whether all found a way.
pub(crate) fn wires(s: &Scene, m: &Measure<'_>, boxes: &Boxes) -> (Vec<Vec<(i32, i32)>>, bool) {
    let (w, h) = (boxes.width, boxes.height);
    let cells = (w.max(1) * h.max(1)) as usize;
    let mut g = Grid {
        w,
        h,
        blocked: vec![false; cells],
        near: vec![false; cells],
        across: vec![0; cells],
        along: vec![0; cells],
    };
    for r in &boxes.rects {
        for y in r.y0 - 1..r.y1 + 1 {
            for x in r.x0 - 1..r.x1 + 1 {
                if let Some(c) = g.at(x, y) {
                    g.near[c] = true;
                    g.blocked[c] |= r.contains(x, y);
                }
            }
        }
    }
    let mut nets: Vec<Net> = vec![];
    let mut order: Vec<usize> = (0..s.edges.len()).collect();
    let length = |e: &Edge| {
        let (a, b) = (&boxes.rects[e.from], &boxes.rects[e.to]);
        (a.middle() - b.middle()).abs() + (a.y0 - b.y0).abs() * m.aspect
    };
    order.sort_by_key(|i| {
        let e = &s.edges[*i];
        (matches!(e.link, Link::Feedback | Link::Loss), length(e))
    });
    let mut out = vec![vec![]; s.edges.len()];
    let mut complete = true;
    let budget = 60_000_000usize;
    if cells.saturating_mul(s.edges.len()) > budget {
        return (s.edges.iter().map(|e| straight(&boxes.rects[e.from], &boxes.rects[e.to])).collect(), true);
    }
    for i in order {
        let e = &s.edges[i];
        let n = net(e);
        let id = match nets.iter().position(|o| *o == n) {
            Some(k) => k as u32 + 1,
            None => {
                nets.push(n);
                nets.len() as u32
            }
        };
        let (from, to) = sides(s, e);
        match search(&g, m, &boxes.rects[e.from], &boxes.rects[e.to], &from, &to, id) {
            Some(path) => {
                mark(&mut g, &path, id, &boxes.rects[e.from], &boxes.rects[e.to]);
                out[i] = path;
            }
            None => {
                complete = false;
                out[i] = straight(&boxes.rects[e.from], &boxes.rects[e.to]);
            }
        }
    }
    (out, complete)
}

fn straight(a: &Rect, b: &Rect) -> Vec<(i32, i32)> {
    let turn = |r: &Rect, y: i32| (r.middle(), y);
    if a.y0 >= b.y1 { vec![turn(a, a.y0 - 1), turn(b, b.y1)] } else { vec![(a.x1, a.y0), (b.x0 - 1, b.y0)] }
}

/// Sides by which an edge leaves and enters.
fn sides(s: &Scene, e: &Edge) -> (Vec<Side>, Vec<Side>) {
    let (a, b) = (&s.nodes[e.from], &s.nodes[e.to]);
    match e.link {
        Link::Read | Link::Loss => (vec![(UP, 0)], vec![(UP, 0)]),
        Link::Share => (vec![(RIGHT, 0), (LEFT, 0)], vec![(RIGHT, 0), (LEFT, 0)]),
        Link::Feedback if a.step > b.step => (vec![(LEFT, 10), (UP, 0)], vec![(LEFT, 10), (DOWN, 0)]),
        _ if a.step < b.step => (vec![(RIGHT, 0), (UP, 60)], vec![(RIGHT, 0), (UP, 40), (DOWN, 60)]),
        _ => (vec![(UP, 0), (RIGHT, 0), (LEFT, 0)], vec![(UP, 20), (RIGHT, 0), (LEFT, 0), (DOWN, 0)]),
    }
}

/// Cells outside a box from which one enters it in direction `d`, with the cost of not being in the middle.
fn doors(r: &Rect, side: Side, inwards: bool) -> Vec<(i32, i32, u32)> {
    let (d, cost) = side;
    let off = |a: i32, b: i32, x: i32| {
        let middle = (a + b - 1) / 2;
        cost + (20 * (x - middle).unsigned_abs()) / ((b - a).max(1) as u32)
    };
    // corners stay free
    let inner = |a: i32, b: i32| if b - a > 2 { a + 1..b - 1 } else { a..b };
    match (d, inwards) {
        (UP, false) | (DOWN, true) => inner(r.x0, r.x1).map(|x| (x, r.y0 - 1, off(r.x0, r.x1, x))).collect(),
        (DOWN, false) | (UP, true) => inner(r.x0, r.x1).map(|x| (x, r.y1, off(r.x0, r.x1, x))).collect(),
        (RIGHT, false) | (LEFT, true) => inner(r.y0, r.y1).map(|y| (r.x1, y, off(r.y0, r.y1, y))).collect(),
        _ => inner(r.y0, r.y1).map(|y| (r.x0 - 1, y, off(r.y0, r.y1, y))).collect(),
    }
}

// long: a search for the shortest way, whose steps share one state
fn search(
    g: &Grid,
    m: &Measure<'_>,
    a: &Rect,
    b: &Rect,
    from: &[Side],
    to: &[Side],
    id: u32,
) -> Option<Vec<(i32, i32)>> {
    const FAR: u32 = u32::MAX;
    let states = g.blocked.len() * 4;
    let mut cost = vec![FAR; states];
    let mut back = vec![u32::MAX; states];
    let mut goal = vec![FAR; states];
    for side in to {
        for (x, y, c) in doors(b, *side, true) {
            if let Some(cell) = g.at(x, y) {
                goal[cell * 4 + side.0] = c;
            }
        }
    }
    let rest = |x: i32, y: i32| {
        let dx = (b.x0 - x).max(x - b.x1).max(0) as u32;
        let dy = ((b.y0 - y).max(y - b.y1).max(0) * m.aspect) as u32;
        // the way may be shared: then a cell costs less
        (dx + dy) * 3
    };
    let mut heap = BinaryHeap::new();
    let mut start = |x: i32, y: i32, d: usize, c: u32, heap: &mut BinaryHeap<Reverse<(u32, usize)>>| {
        let Some(cell) = g.at(x, y) else { return };
        let (h, v) = (g.across[cell], g.along[cell]);
        if g.blocked[cell] || (h != 0 && h != id) || (v != 0 && v != id) {
            return;
        }
        let k = cell * 4 + d;
        if c < cost[k] {
            cost[k] = c;
            heap.push(Reverse((c + rest(x, y), k)));
        }
    };
    for side in from {
        for (x, y, c) in doors(a, *side, false) {
            // a door that the net has taken is a branch, see below
            if g.at(x, y).is_some_and(|k| g.across[k] == id || g.along[k] == id) {
                continue;
            }
            let crowded = u32::from(g.beside(x, y, side.0 % 2 == 0, id)) * 12;
            start(x, y, side.0, c + crowded + 30, &mut heap);
        }
    }
    // or from where the net already is, which a straight way of its own is better than
    let branch = if from.iter().all(|s| s.0 == UP) { 250 } else { 30 };
    for cell in 0..g.blocked.len() {
        if g.across[cell] == id || g.along[cell] == id {
            let (x, y) = (cell as i32 % g.w, cell as i32 / g.w);
            for d in 0..4 {
                start(x, y, d, branch, &mut heap);
            }
        }
    }
    let mut best: Option<(u32, usize)> = None;
    while let Some(Reverse((estimate, k))) = heap.pop() {
        if best.is_some_and(|(c, _)| estimate >= c) {
            break;
        }
        let (cell, d) = (k / 4, k % 4);
        let (x, y) = (cell as i32 % g.w, cell as i32 / g.w);
        let here = cost[k];
        if estimate > here + rest(x, y) {
            continue;
        }
        if goal[k] != FAR {
            let end = here + goal[k] + u32::from(g.beside(x, y, d % 2 == 0, id)) * 12;
            if best.is_none_or(|(c, _)| end < c) {
                best = Some((end, k));
            }
        }
        let foreign = |n: u32| n != 0 && n != id;
        let crossing = foreign(g.across[cell]) || foreign(g.along[cell]);
        for (d2, (dx, dy)) in STEPS.iter().enumerate() {
            if (d2 + 2) % 4 == d || crossing && d2 != d {
                continue;
            }
            let (nx, ny) = (x + dx, y + dy);
            let Some(next) = g.at(nx, ny) else { continue };
            if g.blocked[next] {
                continue;
            }
            let horizontal = d2 % 2 == 0;
            let (same, other) =
                if horizontal { (g.across[next], g.along[next]) } else { (g.along[next], g.across[next]) };
            if foreign(same) {
                continue;
            }
            let unit = if horizontal { 10 } else { 10 * m.aspect as u32 };
            let mut step = if same == id { 3 * unit / 10 } else { unit };
            if foreign(other) {
                step += 40;
            }
            if d2 != d {
                step += 35;
            }
            if same != id {
                step += u32::from(g.near[next]) * 6 + u32::from(g.beside(nx, ny, horizontal, id)) * 14;
            }
            let k2 = next * 4 + d2;
            let total = here + step;
            if total < cost[k2] {
                cost[k2] = total;
                back[k2] = k as u32;
                heap.push(Reverse((total + rest(nx, ny), k2)));
            }
        }
    }
    let (_, mut k) = best?;
    let mut path = vec![];
    loop {
        let cell = (k / 4) as i32;
        path.push((cell % g.w, cell / g.w));
        if back[k] == u32::MAX {
            break;
        }
        k = back[k] as usize;
    }
    path.reverse();
    path.dedup();
    // it begins where it leaves the net
    let taken = |(x, y): &(i32, i32)| g.at(*x, *y).is_some_and(|k| g.across[k] == id || g.along[k] == id);
    let shared = path.iter().take_while(|c| taken(c)).count();
    Some(path.split_off(shared.saturating_sub(1)))
}

/// Occupies the cells of a way.
fn mark(g: &mut Grid, path: &[(i32, i32)], id: u32, a: &Rect, b: &Rect) {
    let touch = |g: &mut Grid, p: (i32, i32), q: (i32, i32)| {
        for c in [p, q] {
            if let Some(i) = g.at(c.0, c.1) {
                if p.1 == q.1 {
                    g.across[i] = id;
                } else {
                    g.along[i] = id;
                }
            }
        }
    };
    for w in path.windows(2) {
        touch(g, w[0], w[1]);
    }
    // the first and last cell also run into their boxes
    for (p, r) in [(path.first(), a), (path.last(), b)] {
        let Some(&(x, y)) = p else { continue };
        let Some(i) = g.at(x, y) else { continue };
        if r.contains(x, y - 1) || r.contains(x, y + 1) {
            g.along[i] = id;
        } else if r.contains(x - 1, y) || r.contains(x + 1, y) {
            g.across[i] = id;
        }
    }
}
