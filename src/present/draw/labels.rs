//! Room for words beside wires: never on a box or on other words, on another wire only where nothing else is free.

use super::layout::Boxes;
use super::{Measure, Rect};
use crate::present::scene::{Link, Scene};

/// The place of each edge's words.
pub(crate) fn place(s: &Scene, m: &Measure<'_>, boxes: &Boxes, wires: &[Vec<(i32, i32)>]) -> Vec<Option<Rect>> {
    let mut out: Vec<Option<Rect>> = vec![None; s.edges.len()];
    let cells = (boxes.width.max(1) * boxes.height.max(1)) as usize;
    let mut wired = vec![false; cells];
    for (x, y) in wires.iter().flatten() {
        if *x >= 0 && *y >= 0 && *x < boxes.width && *y < boxes.height {
            wired[(y * boxes.width + x) as usize] = true;
        }
    }
    let mut taken: Vec<Rect> = vec![];
    for (i, e) in s.edges.iter().enumerate() {
        let (w, h) = (m.label)(e);
        if w == 0 {
            continue;
        }
        // one wire of a net carries the words for all its branches
        let twin = |k: &usize| {
            let o = &s.edges[*k];
            e.link != Link::Read && (o.from, o.link, &o.label, &o.detail) == (e.from, e.link, &e.label, &e.detail)
        };
        if (0..i).filter(twin).any(|k| out[k].is_some()) {
            continue;
        }
        let wire = &wires[i];
        let n = wire.len();
        let mut best: Option<(i32, Rect)> = None;
        for (k, (x, y)) in wire.iter().enumerate() {
            let horizontal = k > 0 && wire[k - 1].1 == *y || k + 1 < n && wire[k + 1].1 == *y;
            // reads are named at their end, arrows at their beginning
            let far = if e.link == Link::Read { n - k } else { k } as i32;
            let around = [
                (Rect { x0: x + 1, x1: x + 1 + w, y0: *y, y1: y + h }, !horizontal, 0),
                (Rect { x0: x + 1, x1: x + 1 + w, y0: y + 1 - h, y1: y + 1 }, !horizontal, 1),
                (Rect { x0: x - w, x1: *x, y0: *y, y1: y + h }, !horizontal, 3),
                (Rect { x0: x - w / 2, x1: x - w / 2 + w, y0: y - h, y1: *y }, horizontal, 0),
                (Rect { x0: *x, x1: x + w, y0: y - h, y1: *y }, horizontal, 0),
                (Rect { x0: x - w / 2, x1: x - w / 2 + w, y0: y + 1, y1: y + 1 + h }, horizontal, 2),
            ];
            for (r, fits, taste) in around {
                let inside = r.x0 >= 0 && r.y0 >= 0 && r.x1 <= boxes.width && r.y1 <= boxes.height;
                let clash = boxes.rects.iter().chain(&taken).any(|b| b.overlaps(&r));
                if !fits || !inside || clash {
                    continue;
                }
                let crossed = (r.y0..r.y1)
                    .flat_map(|y| (r.x0..r.x1).map(move |x| (x, y)))
                    .filter(|(x, y)| wired[(y * boxes.width + x) as usize])
                    .count() as i32;
                let cost = crossed * 60 + far * 2 + taste;
                if best.is_none_or(|(c, _)| cost < c) {
                    best = Some((cost, r));
                }
            }
        }
        if let Some((_, r)) = best {
            taken.push(r);
            out[i] = Some(r);
        }
    }
    // a twin's words stand for all
    for i in 0..s.edges.len() {
        if out[i].is_none() && (m.label)(&s.edges[i]).0 > 0 && s.edges[i].link != Link::Read {
            let e = &s.edges[i];
            let twin = (0..s.edges.len()).find(|k| {
                let o = &s.edges[*k];
                (o.from, o.link, &o.label, &o.detail) == (e.from, e.link, &e.label, &e.detail) && out[*k].is_some()
            });
            out[i] = twin.and_then(|k| out[k]);
        }
    }
    out
}
