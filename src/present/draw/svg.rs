//! SVG: black on white, as a paper prints it.

use super::font::width;
use super::route::net;
use super::{Measure, Picture, Rect, picture};
use crate::plan::Phase;
use crate::present::scene::{Edge, Gradient, Kind, Link, Node, Scene};
use std::fmt::Write;

/// Pixels of a unit.
const U: f64 = 8.0;
/// Sizes of text.
const NAME: f64 = 13.0;
const LINE: f64 = 11.0;
const SMALL: f64 = 10.0;
/// Heights of lines.
const NAME_HIGH: f64 = 17.0;
const LINE_HIGH: f64 = 14.0;
const LABEL_HIGH: f64 = 13.0;

fn units(pixels: f64) -> i32 {
    (pixels / U).ceil() as i32
}

fn title(n: &Node) -> String {
    if n.members > 1 { format!("{} ×{}", n.name, n.members) } else { n.name.clone() }
}

fn node_size(n: &Node) -> (i32, i32) {
    let name = width(&title(n), NAME, true) + if n.ty.is_empty() { 0.0 } else { 8.0 + width(&n.ty, LINE, false) };
    let wide = n.lines.iter().map(|l| width(l, LINE, false)).fold(name, f64::max);
    let high = NAME_HIGH + n.lines.len() as f64 * LINE_HIGH;
    let w = units(wide + 16.0).max(6);
    // an even number of units has no middle cell
    (w + 1 - w % 2, units(high + 8.0).max(3))
}

fn label_size(e: &Edge) -> (i32, i32) {
    let w = e.detail.iter().map(|d| width(d, SMALL, false)).fold(width(&e.label, LINE, false), f64::max);
    let lines = usize::from(!e.label.is_empty()) + e.detail.len();
    if lines == 0 { (0, 0) } else { (units(w + 4.0), units(lines as f64 * LABEL_HIGH)) }
}

/// The picture; nothing when the scene is too large for one.
pub fn svg(s: &Scene) -> Option<String> {
    let m = Measure { node: &node_size, label: &label_size, row_gap: 3, gap: 4, gutter: 4, margin: 3, aspect: 1 };
    let p = picture(s, &m)?;
    Some(draw(s, &p))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn draw(s: &Scene, p: &Picture) -> String {
    let heading = if s.columns() { 20.0 } else { 0.0 };
    let (w, h) = (f64::from(p.width) * U, f64::from(p.height) * U + heading);
    let legend = legend(s);
    let legend_wide = legend.iter().map(|(_, t)| 44.0 + width(t, LINE, false) + 18.0).sum::<f64>();
    let rows = if legend.is_empty() { 0.0 } else { (legend_wide / w.max(200.0)).ceil().max(1.0) };
    let total = h + rows * 20.0 + if rows > 0.0 { 6.0 } else { 0.0 };
    let w = w.max(120.0);
    let mut o = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"{total:.0}\" viewBox=\"0 0 {w:.0} {total:.0}\" \
         font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\" font-size=\"11\">\n"
    );
    let _ = writeln!(o, "<title>{}</title>", escape(&s.title));
    let _ = writeln!(o, "<rect width=\"{w:.0}\" height=\"{total:.0}\" fill=\"#fff\"/>");
    if s.columns() {
        for (k, (l, r)) in p.columns.iter().enumerate() {
            let x = f64::from(l + r) / 2.0 * U;
            let _ =
                writeln!(o, "<text x=\"{x:.0}\" y=\"18\" text-anchor=\"middle\" fill=\"#555\">step {}</text>", k + 1);
            if let Some((next, _)) = p.columns.get(k + 1) {
                let x = f64::from(r + next) / 2.0 * U;
                let _ = writeln!(o, "<path d=\"M{x:.0} 8V{h:.0}\" stroke=\"#ddd\" fill=\"none\"/>");
            }
        }
    }
    let _ = writeln!(o, "<g transform=\"translate(0 {heading:.0})\">");
    // those that lose at a crossing first; a net as one, so that it does not cut itself
    let mut order: Vec<usize> = (0..s.edges.len()).collect();
    let first = |i: &usize| s.edges.iter().position(|o| net(o) == net(&s.edges[*i]));
    order.sort_by_key(|i| (s.edges[*i].link != Link::Loss, s.edges[*i].gradient != Gradient::None, first(i)));
    for group in order.chunk_by(|a, b| net(&s.edges[*a]) == net(&s.edges[*b])) {
        for halo in [true, false] {
            group.iter().for_each(|i| wire(&mut o, s, p, *i, halo));
        }
    }
    for i in order {
        head(&mut o, s, p, i);
    }
    for (n, r) in s.nodes.iter().zip(&p.boxes) {
        node(&mut o, n, r);
    }
    let mut done: Vec<Rect> = vec![];
    for (e, r) in s.edges.iter().zip(&p.labels) {
        let Some(r) = r else { continue };
        if !done.contains(r) {
            label(&mut o, e, r);
            done.push(*r);
        }
    }
    o.push_str("</g>\n");
    let (mut x, mut y) = (12.0, h + 12.0);
    for (style, text) in &legend {
        let wide = 44.0 + width(text, LINE, false) + 18.0;
        if x > 12.0 && x + wide > w {
            (x, y) = (12.0, y + 20.0);
        }
        stroke(&mut o, &format!("M{x:.0} {y:.0}h32"), *style);
        let _ = writeln!(o, "<text x=\"{:.0}\" y=\"{:.0}\" fill=\"#333\">{text}</text>", x + 40.0, y + 4.0);
        x += wide;
    }
    o.push_str("</svg>\n");
    o
}

/// How a line is drawn.
#[derive(Clone, Copy, PartialEq)]
struct Style {
    link: Link,
    phase: Option<Phase>,
    gradient: Gradient,
}

fn style(e: &Edge) -> Style {
    Style { link: e.link, phase: e.phase, gradient: e.gradient }
}

/// What needs a word, as far as it occurs.
fn legend(s: &Scene) -> Vec<(Style, &'static str)> {
    let plain = Style { link: Link::Arrow, phase: None, gradient: Gradient::Through };
    let has = |f: &dyn Fn(&Edge) -> bool| s.edges.iter().any(f);
    let mut out = vec![];
    if has(&|e| e.phase == Some(Phase::Train)) {
        out.push((Style { phase: Some(Phase::Train), ..plain }, "training only"));
    }
    if has(&|e| e.phase == Some(Phase::Test)) {
        out.push((Style { phase: Some(Phase::Test), ..plain }, "test only"));
    }
    if has(&|e| e.gradient == Gradient::None) {
        out.push((Style { gradient: Gradient::None, ..plain }, "no gradient"));
    }
    if has(&|e| e.link == Link::Feedback) {
        out.push((Style { link: Link::Feedback, ..plain }, "feedback"));
    }
    if has(&|e| e.link == Link::Loss) {
        out.push((Style { link: Link::Loss, ..plain }, "extra loss"));
    }
    if has(&|e| e.link == Link::Share) {
        out.push((Style { link: Link::Share, ..plain }, "soft sharing"));
    }
    // arrows are heavier than reads: that is said where both occur
    if has(&|e| e.link == Link::Arrow) {
        out.insert(0, (plain, "arrow between tasks"));
    }
    out
}

fn color(s: Style) -> &'static str {
    match s {
        Style { link: Link::Loss, .. } => "#777",
        Style { gradient: Gradient::None, .. } => "#999",
        _ => "#000",
    }
}

fn stroke(o: &mut String, d: &str, s: Style) {
    let wide = match s.link {
        Link::Arrow => 1.8,
        Link::Feedback => 4.2,
        Link::Share => 2.2,
        Link::Read => 1.0,
        Link::Loss => 0.8,
    };
    let dash = match (s.phase, s.link) {
        (Some(Phase::Train), _) => " stroke-dasharray=\"6 4\"",
        (Some(Phase::Test), _) => " stroke-dasharray=\"0.5 4\" stroke-linecap=\"round\"",
        (None, Link::Share) => " stroke-dasharray=\"9 3\"",
        _ => "",
    };
    let c = color(s);
    let _ = writeln!(o, "<path d=\"{d}\" fill=\"none\" stroke=\"{c}\" stroke-width=\"{wide}\"{dash}/>");
    if s.link == Link::Feedback {
        let _ = writeln!(o, "<path d=\"{d}\" fill=\"none\" stroke=\"#fff\" stroke-width=\"1.8\"/>");
    }
}

/// Corners of a wire in pixels, from box to box.
fn corners(p: &Picture, e: &Edge, cells: &[(i32, i32)]) -> Vec<(f64, f64)> {
    let px = |(x, y): (i32, i32)| (f64::from(x) * U + U / 2.0, f64::from(y) * U + U / 2.0);
    let edge = |cell: (i32, i32), r: &Rect| {
        let (cx, cy) = px(cell);
        let (x, y) = cell;
        if r.contains(x, y + 1) {
            Some((cx, f64::from(r.y0) * U))
        } else if r.contains(x, y - 1) {
            Some((cx, f64::from(r.y1) * U))
        } else if r.contains(x + 1, y) {
            Some((f64::from(r.x0) * U, cy))
        } else if r.contains(x - 1, y) {
            Some((f64::from(r.x1) * U, cy))
        } else {
            None
        }
    };
    let mut out: Vec<(f64, f64)> = vec![];
    if let Some(first) = cells.first().and_then(|c| edge(*c, &p.boxes[e.from])) {
        out.push(first);
    }
    out.extend(cells.iter().map(|c| px(*c)));
    if let Some(last) = cells.last().and_then(|c| edge(*c, &p.boxes[e.to])) {
        out.push(last);
    }
    // points on a straight line go
    let mut kept: Vec<(f64, f64)> = vec![];
    for q in out {
        while kept.len() > 1 {
            let (a, b) = (kept[kept.len() - 2], kept[kept.len() - 1]);
            let line = (b.0 - a.0) * (q.1 - b.1) - (b.1 - a.1) * (q.0 - b.0);
            if line.abs() > 0.01 {
                break;
            }
            kept.pop();
        }
        kept.push(q);
    }
    kept
}

fn path(points: &[(f64, f64)]) -> String {
    const R: f64 = 5.0;
    let mut d = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        if i == 0 {
            let _ = write!(d, "M{x:.1} {y:.1}");
        } else if i + 1 == points.len() {
            let _ = write!(d, "L{x:.1} {y:.1}");
        } else {
            // a rounded corner
            let towards = |(ax, ay): (f64, f64)| {
                let l = ((ax - x).powi(2) + (ay - y).powi(2)).sqrt().max(0.01);
                let r = R.min(l / 2.0);
                (x + (ax - x) / l * r, y + (ay - y) / l * r)
            };
            let (a, b) = (towards(points[i - 1]), towards(points[i + 1]));
            let _ = write!(d, "L{:.1} {:.1}Q{x:.1} {y:.1} {:.1} {:.1}", a.0, a.1, b.0, b.1);
        }
    }
    d
}

fn wire(o: &mut String, s: &Scene, p: &Picture, i: usize, halo: bool) {
    let e = &s.edges[i];
    let mut points = corners(p, e, &p.wires[i]);
    // the line ends inside the arrowhead
    if points.len() > 1 && !matches!(e.link, Link::Loss) {
        let n = points.len();
        let (a, b) = (points[n - 2], points[n - 1]);
        let l = ((a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)).sqrt().max(0.01);
        let back = 5.0f64.min(l);
        points[n - 1] = (b.0 + (a.0 - b.0) / l * back, b.1 + (a.1 - b.1) / l * back);
    }
    let d = path(&points);
    if halo {
        // a white edge shows which of two crossing lines goes on
        let _ = writeln!(o, "<path d=\"{d}\" fill=\"none\" stroke=\"#fff\" stroke-width=\"5\"/>");
        return;
    }
    stroke(o, &d, style(e));
    // a dot where it leaves another wire of its net
    if let Some(first) = p.wires[i].first()
        && !p.boxes[e.from].touches(*first)
        && let Some((x, y)) = points.first()
    {
        let r = if e.link == Link::Arrow { 3.0 } else { 2.4 };
        let _ = writeln!(o, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r}\" fill=\"{}\"/>", color(style(e)));
    }
}

fn head(o: &mut String, s: &Scene, p: &Picture, i: usize) {
    let e = &s.edges[i];
    if e.link == Link::Loss {
        return;
    }
    let points = corners(p, e, &p.wires[i]);
    let n = points.len();
    if n < 2 {
        return;
    }
    triangle(o, points[n - 2], points[n - 1], color(style(e)));
    if e.link == Link::Share {
        triangle(o, points[1], points[0], color(style(e)));
    }
}

fn triangle(o: &mut String, a: (f64, f64), b: (f64, f64), color: &str) {
    let l = ((a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)).sqrt().max(0.01);
    let (ux, uy) = ((b.0 - a.0) / l, (b.1 - a.1) / l);
    let (long, half) = (7.5, 3.4);
    let (bx, by) = (b.0 - ux * long, b.1 - uy * long);
    let _ = writeln!(
        o,
        "<path d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z\" fill=\"{color}\"/>",
        b.0,
        b.1,
        bx - uy * half,
        by + ux * half,
        bx + uy * half,
        by - ux * half
    );
}

fn node(o: &mut String, n: &Node, r: &Rect) {
    let (x, y) = (f64::from(r.x0) * U, f64::from(r.y0) * U);
    let (w, h) = (f64::from(r.width()) * U, f64::from(r.y1 - r.y0) * U);
    let (fill, line, round) = match n.kind {
        Kind::Text => ("#fff", "#999", 2.0),
        Kind::Encoder => ("#ececec", "#000", 3.0),
        Kind::Let => ("#fff", "#777", 3.0),
        Kind::Task => ("#fff", "#000", 9.0),
        Kind::Loss => ("#fff", "#777", 14.0),
    };
    let dash = match n.phase {
        Some(Phase::Train) => " stroke-dasharray=\"6 4\"",
        Some(Phase::Test) => " stroke-dasharray=\"1 3\"",
        None => "",
    };
    let wide = if n.kind == Kind::Task { 1.6 } else { 1.0 };
    let copies = if n.members > 1 { 2 } else { 0 };
    for k in (0..=copies).rev() {
        let off = f64::from(k) * 3.0;
        let _ = writeln!(
            o,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.0}\" height=\"{h:.0}\" rx=\"{round}\" fill=\"{fill}\" stroke=\"{line}\" stroke-width=\"{wide}\"{dash}/>",
            x + off,
            y - off
        );
    }
    let high = NAME_HIGH + n.lines.len() as f64 * LINE_HIGH;
    let top = y + (h - high) / 2.0;
    let cx = x + w / 2.0;
    let name = escape(&title(n));
    let ty = match n.ty.as_str() {
        "" => String::new(),
        t => format!("<tspan dx=\"6\" font-size=\"{LINE}\" font-weight=\"normal\" fill=\"#444\">{}</tspan>", escape(t)),
    };
    let weight = if n.kind == Kind::Text { "normal" } else { "bold" };
    let _ = writeln!(
        o,
        "<text x=\"{cx:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"{NAME}\" font-weight=\"{weight}\">{name}{ty}</text>",
        top + 13.0
    );
    for (k, l) in n.lines.iter().enumerate() {
        let y = top + NAME_HIGH + k as f64 * LINE_HIGH + 10.5;
        let _ =
            writeln!(o, "<text x=\"{cx:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" fill=\"#222\">{}</text>", escape(l));
    }
}

fn label(o: &mut String, e: &Edge, r: &Rect) {
    let (x, y) = (f64::from(r.x0) * U, f64::from(r.y0) * U);
    let (w, h) = (f64::from(r.width()) * U, f64::from(r.y1 - r.y0) * U);
    let first = Some((e.label.as_str(), LINE)).filter(|(t, _)| !t.is_empty());
    let lines: Vec<(&str, f64)> = first.into_iter().chain(e.detail.iter().map(|d| (d.as_str(), SMALL))).collect();
    let high = lines.len() as f64 * LABEL_HIGH;
    let top = y + (h - high) / 2.0;
    for (k, (text, size)) in lines.iter().enumerate() {
        let y = top + k as f64 * LABEL_HIGH + 10.0;
        let style = if *size == LINE { " font-style=\"italic\"" } else { "" };
        let fill = if *size == LINE { "#000" } else { "#444" };
        let _ = writeln!(
            o,
            "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"middle\" font-size=\"{size}\" fill=\"{fill}\" stroke=\"#fff\" stroke-width=\"3\" paint-order=\"stroke\"{style}>{}</text>",
            x + w / 2.0,
            escape(text)
        );
    }
}
