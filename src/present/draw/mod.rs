//! From a scene to a picture: texts at the bottom, encoders above what they read, tasks on top; steps are columns.
//!
//! `layout` places boxes on a grid of whole units, `route` draws wires through the free cells between them, `labels`
//! finds room for words. A unit is a character in a terminal and a few pixels in SVG. Mermaid and DOT have layouts of
//! their own.

mod dot;
mod font;
mod labels;
mod layout;
mod mermaid;
mod route;
mod svg;
mod terminal;

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::svg;
pub use terminal::{WIDE, terminal};

use super::scene::{Edge, Node, Scene};

/// A rectangle of cells: `x0..x1`, `y0..y1`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rect {
    pub x0: i32,
    pub y0: i32,
    pub x1: i32,
    pub y1: i32,
}

impl Rect {
    fn overlaps(&self, o: &Rect) -> bool {
        self.x0 < o.x1 && o.x0 < self.x1 && self.y0 < o.y1 && o.y0 < self.y1
    }
    fn contains(&self, x: i32, y: i32) -> bool {
        self.x0 <= x && x < self.x1 && self.y0 <= y && y < self.y1
    }
    /// Whether a cell outside has this box beside it.
    fn touches(&self, (x, y): (i32, i32)) -> bool {
        [(0, 1), (0, -1), (1, 0), (-1, 0)].into_iter().any(|(dx, dy)| self.contains(x + dx, y + dy))
    }
    fn middle(&self) -> i32 {
        (self.x0 + self.x1) / 2
    }
    fn width(&self) -> i32 {
        self.x1 - self.x0
    }
}

/// Sizes in units.
pub(crate) struct Measure<'a> {
    /// width and height of a node's box
    pub node: &'a dyn Fn(&Node) -> (i32, i32),
    /// width and height of an edge's words; zero: none
    pub label: &'a dyn Fn(&Edge) -> (i32, i32),
    /// between rows
    pub row_gap: i32,
    /// between boxes of one row
    pub gap: i32,
    /// between columns
    pub gutter: i32,
    /// free cells around everything
    pub margin: i32,
    /// a cell is so much higher than wide
    pub aspect: i32,
}

/// Where everything stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Picture {
    pub width: i32,
    pub height: i32,
    /// by node
    pub boxes: Vec<Rect>,
    /// by edge: cells from the beginning, or from where it leaves a wire of its net, to the end
    pub wires: Vec<Vec<(i32, i32)>>,
    /// by edge
    pub labels: Vec<Option<Rect>>,
    /// left and right end of each column
    pub columns: Vec<(i32, i32)>,
}

/// Places and routes; nothing when the scene is too large for a picture.
pub(crate) fn picture(s: &Scene, m: &Measure<'_>) -> Option<Picture> {
    const MOST_NODES: usize = 250;
    if s.nodes.len() > MOST_NODES {
        return None;
    }
    let mut last = None;
    // where wires find no way, there is more room at the next try
    for more in 0..4 {
        let boxes = layout::place(s, m, more);
        let (wires, complete) = route::wires(s, m, &boxes);
        let labels = labels::place(s, m, &boxes, &wires);
        let clean = labels.iter().zip(&s.edges).all(|(l, e)| l.is_some() || (m.label)(e).0 == 0);
        last = Some(Picture {
            width: boxes.width,
            height: boxes.height,
            boxes: boxes.rects,
            wires,
            labels,
            columns: boxes.columns,
        });
        if complete && clean {
            break;
        }
    }
    last
}
