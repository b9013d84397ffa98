//! Box characters. What arrows carry stands in a list below, by number.

use super::{Measure, Picture, picture};
use crate::plan::Phase;
use crate::present::scene::{Edge, Gradient, Kind, Link, Node, Scene};

/// Widest drawing.
pub const WIDE: usize = 100;

/// How much stands in a box.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Detail {
    Full,
    Short,
    Names,
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    text.chars().take(most.saturating_sub(1)).collect::<String>() + "…"
}

/// `wide`: the width of the box, where it is known.
fn lines(n: &Node, d: Detail, wide: Option<i32>) -> Vec<String> {
    let mut first = n.name.clone();
    if n.members > 1 {
        first.push_str(&format!(" ×{}", n.members));
    }
    if !n.ty.is_empty() && d != Detail::Names {
        first.push_str(&format!("  {}", n.ty));
    }
    let mut all = vec![first];
    match d {
        Detail::Full => all.extend(n.lines.iter().map(|l| cut(l, 30))),
        Detail::Short => {
            let most = wide.map_or(14, |w| (w - 4).max(14) as usize);
            all.extend(n.lines.iter().take(if n.kind == Kind::Task { 1 } else { 3 }).map(|l| cut(l, most)));
        }
        Detail::Names => {}
    }
    all
}

fn size(n: &Node, d: Detail) -> (i32, i32) {
    let all = lines(n, d, None);
    let w = all.iter().map(|l| l.chars().count()).max().unwrap_or(1) as i32 + 4;
    (w + 1 - w % 2, all.len() as i32 + 2)
}

/// Arrows are numbered, those that carry the same from the same task as one.
fn numbers(s: &Scene) -> Vec<Option<usize>> {
    let mut seen: Vec<&Edge> = vec![];
    s.edges
        .iter()
        .map(|e| {
            if matches!(e.link, Link::Read | Link::Loss) {
                return None;
            }
            let same = |o: &&Edge| (o.from, o.link, &o.label, &o.detail) == (e.from, e.link, &e.label, &e.detail);
            Some(match seen.iter().position(same) {
                Some(k) => k + 1,
                None => {
                    seen.push(e);
                    seen.len()
                }
            })
        })
        .collect()
}

fn read_label(e: &Edge) -> String {
    cut(&e.label, 16)
}

/// The drawing, at most so wide, with the list of arrows; what is wider is listed.
pub fn terminal(s: &Scene, ascii: bool, wide: usize) -> String {
    let numbers = numbers(s);
    let number = |e: &Edge| -> String {
        let i = s.edges.iter().position(|o| std::ptr::eq(o, e) || o == e);
        i.and_then(|i| numbers[i]).map_or(String::new(), |n| n.to_string())
    };
    let mut drawn = None;
    for d in [Detail::Full, Detail::Short, Detail::Names] {
        let node = |n: &Node| size(n, d);
        let label = |e: &Edge| {
            let text = if e.link == Link::Read { read_label(e) } else { number(e) };
            let text = if d == Detail::Names && e.link == Link::Read { String::new() } else { text };
            (text.chars().count() as i32, i32::from(!text.is_empty()))
        };
        let tight = if d == Detail::Full { 1 } else { 0 };
        let m =
            Measure { node: &node, label: &label, row_gap: 2, gap: 2 + tight, gutter: 3 + tight, margin: 1, aspect: 2 };
        let Some(p) = picture(s, &m) else { break };
        if usize::try_from(p.width).is_ok_and(|w| w <= wide) {
            drawn = Some((p, d));
            break;
        }
    }
    let mut out = match drawn {
        Some((p, d)) => draw(s, &p, d, &numbers, ascii),
        None => list(s),
    };
    out.push_str(&below(s, &numbers));
    if ascii { plain(&out) } else { out }
}

/// A cell's connections: right, down, left, up; and the style of what runs there.
#[derive(Clone, Copy, Default)]
struct Cell {
    bits: u8,
    style: u8,
    crossing: bool,
    owner: usize,
}

const LINES: [char; 16] = [' ', '─', '│', '┌', '─', '─', '┐', '┬', '│', '└', '│', '├', '┘', '┴', '┤', '┼'];

// long: wires, heads of arrows, boxes and words are laid over one another on one canvas
fn draw(s: &Scene, p: &Picture, d: Detail, numbers: &[Option<usize>], ascii: bool) -> String {
    let (w, h) = (p.width as usize, p.height as usize);
    let mut cells = vec![Cell::default(); w * h];
    let mut chars = vec![' '; w * h];
    let at = |x: i32, y: i32| {
        (x >= 0 && y >= 0 && (x as usize) < w && (y as usize) < h).then(|| y as usize * w + x as usize)
    };
    let mut heads = vec![];
    for (i, (e, wire)) in s.edges.iter().zip(&p.wires).enumerate() {
        let style = match (e.link, e.phase) {
            (Link::Feedback, _) => 3,
            (_, Some(Phase::Train)) => 1,
            (_, Some(Phase::Test)) => 2,
            _ => 0,
        };
        let twin = numbers[i].map_or(e.from * 2, |n| 1_000_000 + n * 2 + 1);
        let mut join = |a: (i32, i32), b: (i32, i32)| {
            let bit = match (b.0 - a.0, b.1 - a.1) {
                (1.., 0) => 1u8,
                (0, 1..) => 2,
                (..0, 0) => 4,
                _ => 8,
            };
            let back = if bit > 2 { bit >> 2 } else { bit << 2 };
            for (c, bits) in [(a, bit), (b, back)] {
                if let Some(k) = at(c.0, c.1) {
                    let cell = &mut cells[k];
                    cell.crossing |= cell.bits != 0 && cell.owner != twin;
                    cell.bits |= bits;
                    cell.style = style;
                    cell.owner = twin;
                }
            }
        };
        for pair in wire.windows(2) {
            join(pair[0], pair[1]);
        }
        let into = |c: (i32, i32), r: &super::Rect| {
            [(0, 1), (0, -1), (1, 0), (-1, 0)]
                .into_iter()
                .map(|(dx, dy)| (c.0 + dx, c.1 + dy))
                .find(|q| r.contains(q.0, q.1))
        };
        if let Some(first) = wire.first()
            && let Some(q) = into(*first, &p.boxes[e.from])
        {
            join(*first, q);
        }
        if let Some(last) = wire.last()
            && let Some(q) = into(*last, &p.boxes[e.to])
        {
            join(*last, q);
            let head = match (q.0 - last.0, q.1 - last.1) {
                (1, 0) => '▶',
                (-1, 0) => '◀',
                (0, 1) => '▼',
                _ => '▲',
            };
            if e.link != Link::Loss {
                heads.push((*last, head));
            }
            if e.link == Link::Share
                && let Some(first) = wire.first()
            {
                heads.push((*first, if head == '▶' { '◀' } else { '▶' }));
            }
        }
    }
    for (k, c) in cells.iter().enumerate() {
        if c.bits == 0 {
            continue;
        }
        let plain = LINES[usize::from(c.bits)];
        chars[k] = match (c.style, plain) {
            (1, '─') => '╌',
            (1, '│') => '╎',
            (2, '─') => '┈',
            (2, '│') => '┊',
            (3, '─') => '═',
            (3, '│') => '║',
            (_, x) => x,
        };
    }
    for ((x, y), head) in heads {
        if let Some(k) = at(x, y) {
            chars[k] = head;
        }
    }
    for (i, (e, r)) in s.edges.iter().zip(&p.labels).enumerate() {
        let Some(r) = r else { continue };
        let text = match numbers[i] {
            Some(n) => n.to_string(),
            None => read_label(e),
        };
        for (k, c) in text.chars().enumerate() {
            if let Some(k) = at(r.x0 + k as i32, r.y0) {
                chars[k] = c;
            }
        }
    }
    for (n, r) in s.nodes.iter().zip(&p.boxes) {
        let round = matches!(n.kind, Kind::Task | Kind::Loss) && !ascii;
        let corner = if round { ['╭', '╮', '╰', '╯'] } else { ['┌', '┐', '└', '┘'] };
        let text = lines(n, d, Some(r.width()));
        for y in r.y0..r.y1 {
            for x in r.x0..r.x1 {
                let Some(k) = at(x, y) else { continue };
                let (l, t) = (x == r.x0, y == r.y0);
                let (rr, b) = (x == r.x1 - 1, y == r.y1 - 1);
                chars[k] = match (l, rr, t, b) {
                    (true, _, true, _) => corner[0],
                    (_, true, true, _) => corner[1],
                    (true, _, _, true) => corner[2],
                    (_, true, _, true) => corner[3],
                    (_, _, true, _) | (_, _, _, true) => match n.phase {
                        Some(Phase::Train) => '╌',
                        Some(Phase::Test) => '┈',
                        None if n.members > 1 => '═',
                        None => '─',
                    },
                    (true, ..) | (_, true, ..) => '│',
                    _ => ' ',
                };
            }
        }
        for (k, line) in text.iter().enumerate() {
            let len = line.chars().count() as i32;
            let x0 = r.x0 + (r.width() - len) / 2;
            for (j, c) in line.chars().enumerate() {
                if let Some(cell) = at(x0 + j as i32, r.y0 + 1 + k as i32) {
                    chars[cell] = c;
                }
            }
        }
    }
    let mut out = String::new();
    if s.columns() {
        let mut line: Vec<char> = vec![' '; w];
        for (k, (l, r)) in p.columns.iter().enumerate() {
            let text = format!("step {}", k + 1);
            let x0 = ((l + r) / 2 - text.len() as i32 / 2).max(0) as usize;
            for (j, c) in text.chars().enumerate() {
                if let Some(cell) = line.get_mut(x0 + j) {
                    *cell = c;
                }
            }
        }
        out.push_str(line.iter().collect::<String>().trim_end());
        out.push('\n');
    }
    for row in chars.chunks(w) {
        out.push_str(row.iter().collect::<String>().trim_end());
        out.push('\n');
    }
    // empty lines at both ends go
    let kept: Vec<&str> = out.lines().collect();
    let first = kept.iter().position(|l| !l.is_empty()).unwrap_or(0);
    let last = kept.iter().rposition(|l| !l.is_empty()).map_or(0, |i| i + 1);
    kept.get(first..last).unwrap_or_default().iter().map(|l| format!("{l}\n")).collect()
}

/// What stands on an arrow, and what its line says.
fn below(s: &Scene, numbers: &[Option<usize>]) -> String {
    let mut rows: Vec<(usize, String, String)> = vec![];
    for (e, n) in s.edges.iter().zip(numbers) {
        let Some(n) = n else { continue };
        if let Some(row) = rows.iter_mut().find(|r| r.0 == *n) {
            let target = e.words.rsplit(['>', '→']).next().unwrap_or("").trim();
            row.1.push_str(&format!(", {target}"));
            continue;
        }
        let mut notes = vec![];
        notes.extend(e.detail.iter().filter(|d| !d.starts_with("into ")).cloned());
        if e.link == Link::Share {
            notes.push(e.label.clone());
        }
        match e.phase {
            Some(Phase::Train) => notes.push("training only".into()),
            Some(Phase::Test) => notes.push("test only".into()),
            None => {}
        }
        match e.gradient {
            Gradient::None => notes.push("no gradient".into()),
            Gradient::Reverse => notes.push("gradient reversed".into()),
            Gradient::Through => {}
        }
        let words = if e.link == Link::Share { e.words.replace('→', "↔") } else { e.words.clone() };
        rows.push((*n, words, notes.join("; ")));
    }
    if rows.is_empty() {
        return String::new();
    }
    let wide = rows.iter().map(|r| r.1.chars().count()).max().unwrap_or(0);
    let mut out = String::from("\n");
    for (n, words, notes) in rows {
        let pad = " ".repeat(wide - words.chars().count());
        out.push_str(format!("{n:>3}  {words}{pad}  {notes}").trim_end());
        out.push('\n');
    }
    out
}

/// Too wide for a drawing: step by step.
fn list(s: &Scene) -> String {
    let mut out = String::new();
    for step in 0..s.steps {
        if s.columns() {
            out.push_str(&format!("step {}\n", step + 1));
        }
        for (i, n) in s.nodes.iter().enumerate().filter(|(_, n)| n.step == step) {
            let reads: Vec<String> = s
                .edges
                .iter()
                .filter(|e| e.to == i && matches!(e.link, Link::Read | Link::Loss))
                .map(|e| match e.label.as_str() {
                    "" => s.nodes[e.from].name.clone(),
                    l => format!("{} ({l})", s.nodes[e.from].name),
                })
                .collect();
            let head = lines(n, Detail::Full, None).join(" · ");
            let from = if reads.is_empty() { String::new() } else { format!("  ← {}", reads.join(", ")) };
            out.push_str(&format!("  {head}{from}\n"));
        }
    }
    out
}

/// Letters for terminals without box characters.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '─' | '╌' | '┈' => '-',
            '═' => '=',
            '│' | '╎' | '┊' | '║' => '|',
            '┌' | '┐' | '└' | '┘' | '╭' | '╮' | '╰' | '╯' | '┬' | '┴' | '├' | '┤' | '┼' => {
                '+'
            }
            '▶' => '>',
            '◀' => '<',
            '▲' => '^',
            '▼' => 'v',
            '×' => 'x',
            '→' => '>',
            '↔' => '~',
            '←' => '<',
            '▸' => '>',
            '·' => '.',
            '–' => '-',
            '…' => '~',
            c if c.is_ascii() => c,
            _ => '?',
        })
        .collect()
}
