//! Boxes in rows by what they read and in columns by step.

use super::{Measure, Rect};
use crate::present::scene::{Kind, Link, Node, Scene};
use std::collections::BTreeSet;

/// Placed boxes.
pub(crate) struct Boxes {
    pub width: i32,
    pub height: i32,
    pub rects: Vec<Rect>,
    pub columns: Vec<(i32, i32)>,
}

/// `more`: extra room between everything.
pub(crate) fn place(s: &Scene, m: &Measure<'_>, more: i32) -> Boxes {
    let rows = rows(s);
    let height = rows.iter().max().map_or(1, |r| r + 1);
    let sizes: Vec<(i32, i32)> = s.nodes.iter().map(|n| (m.node)(n)).collect();
    let order = order(s, &rows, height);
    // words on a line between neighbours of a row
    let words = s.edges.iter().filter(|e| e.link == Link::Share).map(|e| (m.label)(e).0 + 2).max().unwrap_or(0);
    let gap = m.gap.max(words) + more;
    let mut x = vec![0; s.nodes.len()];
    let columns = columns(s, m, &order, &sizes, gap, more);
    settle(s, &rows, &order, &sizes, &columns, gap, &mut x);
    // from the bottom row upwards
    let gaps = row_gaps(s, m, &rows, height, more);
    let tall = |r: usize| (0..s.nodes.len()).filter(|i| rows[*i] == r).map(|i| sizes[i].1).max().unwrap_or(1);
    let total: i32 = (0..height).map(tall).sum::<i32>() + gaps.iter().sum::<i32>() + 2 * m.margin;
    let mut rects = vec![Rect::default(); s.nodes.len()];
    let mut bottom = total - m.margin;
    for r in 0..height {
        let h = tall(r);
        for i in (0..s.nodes.len()).filter(|i| rows[*i] == r) {
            let y1 = bottom - (h - sizes[i].1) / 2;
            rects[i] = Rect { x0: x[i], x1: x[i] + sizes[i].0, y0: y1 - sizes[i].1, y1 };
        }
        bottom -= h + gaps.get(r).copied().unwrap_or(0);
    }
    stretch(s, m, &rows, &order, gap, &mut rects);
    // words to the right of the last boxes
    let words = s.edges.iter().filter(|e| e.link == Link::Read && (m.label)(e).0 > 0);
    let words = words.map(|e| rects[e.to].middle() + 3 + (m.label)(e).0).max().unwrap_or(0);
    let right = columns.last().map_or(0, |c| c.1).max(words - m.margin);
    Boxes { width: right + m.margin, height: total, rects, columns }
}

/// A row above everything that is read; an extra loss above what it looks at.
fn rows(s: &Scene) -> Vec<usize> {
    let mut rows: Vec<usize> = s.nodes.iter().map(|n| usize::from(n.kind != Kind::Text)).collect();
    for _ in 0..s.nodes.len() {
        let mut moved = false;
        for e in s.edges.iter().filter(|e| matches!(e.link, Link::Read | Link::Loss)) {
            if rows[e.to] <= rows[e.from] && rows[e.from] < s.nodes.len() {
                rows[e.to] = rows[e.from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    let used: BTreeSet<usize> = rows.iter().copied().collect();
    rows.iter_mut().for_each(|r| *r = used.range(..*r).count());
    rows
}

/// Room for the wires that turn between two rows, and for words.
fn row_gaps(s: &Scene, m: &Measure<'_>, rows: &[usize], height: usize, more: i32) -> Vec<i32> {
    (0..height)
        .map(|r| {
            let passes = |from: usize, to: usize| {
                let (a, b) = (rows[from].min(rows[to]), rows[from].max(rows[to]));
                a <= r && r < b
            };
            let words = s.edges.iter().filter(|e| match e.link {
                Link::Read => rows[e.to] == r + 1,
                _ => passes(e.from, e.to),
            });
            let words = words.map(|e| (m.label)(e).1).max().unwrap_or(0);
            let mut nets: Vec<(usize, bool)> = vec![];
            for e in s.edges.iter().filter(|e| passes(e.from, e.to) || (e.link != Link::Read && rows[e.from] == r)) {
                let net = (e.from, e.link == Link::Read);
                if !nets.contains(&net) {
                    nets.push(net);
                }
            }
            m.row_gap + words + more + (nets.len() as i32 - 1).clamp(0, 6) / 2
        })
        .collect()
}

/// For each row: its nodes from left to right, columns kept apart, crossings few.
fn order(s: &Scene, rows: &[usize], height: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<Vec<usize>> = (0..height)
        .map(|r| {
            let mut row: Vec<usize> = (0..s.nodes.len()).filter(|i| rows[*i] == r).collect();
            row.sort_by_key(|i| s.nodes[*i].step);
            row
        })
        .collect();
    let mut at = vec![0.0f64; s.nodes.len()];
    let note = |order: &[Vec<usize>], at: &mut Vec<f64>| {
        for row in order {
            let n = row.len() as f64;
            row.iter().enumerate().for_each(|(k, i)| at[*i] = (k as f64 + 0.5) / n + s.nodes[*i].step as f64);
        }
    };
    note(&order, &mut at);
    for sweep in 0..8 {
        let down = sweep % 2 == 1;
        let walk: Vec<usize> = if down { (0..height).rev().collect() } else { (0..height).collect() };
        for r in walk {
            let pull = |i: usize| {
                let mut sum = 0.0;
                let mut n = 0.0;
                for e in s.edges.iter().filter(|e| matches!(e.link, Link::Read | Link::Loss)) {
                    let other = if e.from == i { e.to } else { e.from };
                    if (e.from == i || e.to == i) && other != i {
                        // both neighbours count, those on the side from which the sweep comes more; later columns draw
                        // to the right, earlier ones hardly to the left
                        let near = if (rows[other] < r) != down { 1.0 } else { 0.3 };
                        let near = match s.nodes[other].step.cmp(&s.nodes[i].step) {
                            std::cmp::Ordering::Less => near * 0.1,
                            _ => near,
                        };
                        sum += near * at[other];
                        n += near;
                    }
                }
                if n > 0.0 { sum / n } else { at[i] }
            };
            let mut row = order[r].clone();
            let keys: Vec<f64> = (0..s.nodes.len()).map(|i| if rows[i] == r { pull(i) } else { 0.0 }).collect();
            row.sort_by(|a, b| {
                let step = s.nodes[*a].step.cmp(&s.nodes[*b].step);
                step.then(keys[*a].total_cmp(&keys[*b]))
            });
            order[r] = row;
        }
        note(&order, &mut at);
    }
    order
}

/// Texts stand under all columns.
fn free(n: &Node, s: &Scene) -> bool {
    n.kind == Kind::Text && s.columns()
}

/// Left and right end of each column.
fn columns(
    s: &Scene,
    m: &Measure<'_>,
    order: &[Vec<usize>],
    sizes: &[(i32, i32)],
    gap: i32,
    more: i32,
) -> Vec<(i32, i32)> {
    let mut out = vec![];
    let mut left = m.margin;
    for step in 0..s.steps {
        let row_width = |row: &Vec<usize>| {
            let mine = row.iter().filter(|i| s.nodes[**i].step == step && !free(&s.nodes[**i], s));
            let mine: Vec<i32> = mine.map(|i| sizes[*i].0).collect();
            mine.iter().sum::<i32>() + gap * (mine.len() as i32 - 1).max(0)
        };
        let width = order.iter().map(row_width).max().unwrap_or(0).max(4);
        out.push((left, left + width));
        // words of arrows that leave the column stand in the gutter
        let leaving = s.edges.iter().filter(|e| {
            !matches!(e.link, Link::Read | Link::Loss) && s.nodes[e.from].step.min(s.nodes[e.to].step) == step
        });
        let words = leaving.map(|e| (m.label)(e).0).max().unwrap_or(0);
        left += width + m.gutter + more + if words > 0 { words + 1 } else { 0 };
    }
    // the row of texts may be the widest
    let texts: Vec<i32> = (0..s.nodes.len()).filter(|i| free(&s.nodes[*i], s)).map(|i| sizes[i].0 + gap).collect();
    let missing = texts.iter().sum::<i32>() - gap - out.last().map_or(0, |c: &(i32, i32)| c.1 - m.margin);
    if missing > 0 && !out.is_empty() {
        let each = missing / out.len() as i32 + 1;
        for (k, c) in out.iter_mut().enumerate() {
            c.0 += each * k as i32;
            c.1 += each * (k as i32 + 1);
        }
    }
    out
}

/// Moves boxes under and over what they are connected to, without changing their order.
fn settle(
    s: &Scene,
    rows: &[usize],
    order: &[Vec<usize>],
    sizes: &[(i32, i32)],
    columns: &[(i32, i32)],
    gap: i32,
    x: &mut [i32],
) {
    // the boxes of a row that share a column; texts share the whole width
    let mut groups: Vec<(usize, Vec<usize>, i32, i32)> = vec![];
    let (first, last) = (columns.first().map_or(0, |c| c.0), columns.last().map_or(0, |c| c.1));
    for (r, row) in order.iter().enumerate() {
        for (step, (l, e)) in columns.iter().enumerate() {
            let mine = row.iter().copied().filter(|i| s.nodes[*i].step == step && !free(&s.nodes[*i], s));
            groups.push((r, mine.collect(), *l, *e));
        }
        groups.push((r, row.iter().copied().filter(|i| free(&s.nodes[*i], s)).collect(), first, last));
    }
    for (_, mine, l, r) in &groups {
        let width: i32 = mine.iter().map(|i| sizes[*i].0).sum::<i32>() + gap * (mine.len() as i32 - 1).max(0);
        let mut at = l + (r - l - width) / 2;
        for i in mine {
            x[*i] = at;
            at += sizes[*i].0 + gap;
        }
    }
    let count = groups.len();
    for sweep in 0..12 {
        let upwards = sweep % 2 == 0;
        for k in 0..count {
            let (r, mine, left, right) = &groups[if upwards { k } else { count - 1 - k }];
            let want: Vec<i32> = mine.iter().map(|i| wish(s, rows, sizes, x, *i, *r, upwards)).collect();
            // pushed apart to the right, pushed apart to the left, and the mean of both
            let mut places = vec![0; mine.len()];
            let mut free = *left;
            for (n, i) in mine.iter().enumerate() {
                places[n] = want[n].max(free);
                free = places[n] + sizes[*i].0 + gap;
            }
            let mut limit = *right;
            for n in (0..mine.len()).rev() {
                let most = limit - sizes[mine[n]].0;
                let back = want[n].min(most);
                places[n] = ((places[n] + back) / 2).min(most);
                limit = places[n].min(back) - gap;
            }
            let mut free = *left;
            for (n, i) in mine.iter().enumerate() {
                x[*i] = places[n].max(free);
                free = x[*i] + sizes[*i].0 + gap;
            }
        }
    }
}

/// Where a box would stand alone: under or over the middle of what it is connected to.
fn wish(s: &Scene, rows: &[usize], sizes: &[(i32, i32)], x: &[i32], i: usize, r: usize, upwards: bool) -> i32 {
    let mut ends = vec![];
    for e in s.edges.iter().filter(|e| matches!(e.link, Link::Read | Link::Loss)) {
        let other = match (e.from == i, e.to == i) {
            (true, false) => e.to,
            (false, true) => e.from,
            _ => continue,
        };
        if (rows[other] < r) == upwards {
            ends.push(x[other] + sizes[other].0 / 2);
        }
    }
    match ends.len() as i32 {
        0 => x[i],
        n => ends.iter().sum::<i32>() / n - sizes[i].0 / 2,
    }
}

/// What several others read becomes wide enough to stand under all of them, where nothing is in the way.
fn stretch(s: &Scene, m: &Measure<'_>, rows: &[usize], order: &[Vec<usize>], gap: i32, rects: &mut [Rect]) {
    for (r, row) in order.iter().enumerate().rev() {
        for (k, &i) in row.iter().enumerate() {
            if !matches!(s.nodes[i].kind, Kind::Encoder | Kind::Let) {
                continue;
            }
            let readers: Vec<usize> =
                s.edges.iter().filter(|e| e.from == i && e.link == Link::Read).map(|e| e.to).collect();
            if readers.len() < 2 {
                continue;
            }
            let reach = 2 * m.aspect;
            let lo = readers.iter().map(|t| rects[*t].middle() - reach).min().unwrap_or(rects[i].x0).min(rects[i].x0);
            let hi = readers.iter().map(|t| rects[*t].middle() + reach).max().unwrap_or(rects[i].x1).max(rects[i].x1);
            let left = if k > 0 { rects[row[k - 1]].x1 + gap } else { m.margin };
            let right = if k + 1 < row.len() { rects[row[k + 1]].x0 - gap } else { i32::MAX };
            let (mut lo, mut hi) = (lo.max(left), hi.min(right));
            // a wire between rows above and below keeps its way
            for e in &s.edges {
                let (a, b) = (rows[e.from].min(rows[e.to]), rows[e.from].max(rows[e.to]));
                let near = e.from == i || e.to == i;
                if near || !(a < r && r < b) {
                    continue;
                }
                // it rises under its upper end
                let upper = if rows[e.from] > rows[e.to] { e.from } else { e.to };
                let c = rects[upper].middle();
                if c >= rects[i].x1 {
                    hi = hi.min(c - 3);
                } else if c < rects[i].x0 {
                    lo = lo.max(c + 4);
                }
            }
            rects[i].x0 = rects[i].x0.min(lo);
            rects[i].x1 = rects[i].x1.max(hi);
        }
    }
}
