//! Neighbouring lines as a table: parts of one kind stand below each other.

/// A declaration or setting on one line, in parts.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// rows of one kind are aligned
    pub kind: &'static str,
    /// column and text, ascending
    pub cells: Vec<(u8, String)>,
}

/// Parts that would stand further apart than this are not brought in line: a wide gap is harder to read than a ragged
/// edge.
const WIDEST_GAP: usize = 16;

impl Row {
    pub fn flat(&self) -> String {
        let parts: Vec<&str> = self.cells.iter().map(|c| c.1.as_str()).collect();
        parts.join(" ")
    }
}

fn width(s: &str) -> usize {
    s.chars().count()
}

/// Where each line goes on when neighbours go on in one column: as many neighbours together as end close to each
/// other, and as have room for `rest` behind within `limit`.
fn columns(ends: &[usize], rest: &[usize], limit: usize) -> Vec<usize> {
    let mut out = vec![];
    while out.len() < ends.len() {
        let from = out.len();
        let (mut low, mut high, mut to) = (ends[from], ends[from], from + 1);
        while to < ends.len() {
            let (l, h) = (low.min(ends[to]), high.max(ends[to]));
            if h - l > WIDEST_GAP || rest[from..=to].iter().any(|r| h + r > limit) {
                break;
            }
            (low, high, to) = (l, h, to + 1);
        }
        out.resize(to, high);
    }
    out
}

/// The rows of a run, aligned.
pub(super) fn align(rows: &[Row], limit: usize) -> Vec<String> {
    let mut out = vec![String::new(); rows.len()];
    let mut names: Vec<u8> = rows.iter().flat_map(|r| &r.cells).map(|c| c.0).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let here: Vec<(usize, usize)> =
            rows.iter().enumerate().filter_map(|(i, r)| Some((i, r.cells.iter().position(|c| c.0 == name)?))).collect();
        let ends: Vec<usize> = here.iter().map(|&(i, _)| width(&out[i])).collect();
        let rest: Vec<usize> =
            here.iter().map(|&(i, k)| rows[i].cells[k..].iter().map(|c| width(&c.1) + 1).sum()).collect();
        for ((i, k), to) in here.into_iter().zip(columns(&ends, &rest, limit)) {
            if k > 0 {
                let gap = to + 1 - width(&out[i]);
                out[i].extend(std::iter::repeat_n(' ', gap));
            }
            out[i].push_str(&rows[i].cells[k].1);
        }
    }
    out
}

/// Spaces before the comments of neighbouring lines of these lengths: they stand below each other under the same rule.
pub(super) fn gaps(lines: &[usize]) -> Vec<usize> {
    let to = columns(lines, &vec![0; lines.len()], usize::MAX);
    lines.iter().zip(to).map(|(line, to)| to - line + 2).collect()
}
