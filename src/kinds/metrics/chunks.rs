//! Labelled chunks, found and counted as the CoNLL-2000 script `conlleval` finds and counts them.

use super::{Counts, Scored, pairs};
use std::collections::BTreeMap;

/// The label of tokens outside every chunk.
pub const OUTSIDE: &str = "O";

/// A chunk: first token, token after the last, type.
pub type Chunk<'a> = (usize, usize, &'a str);

/// The part of a tag before its type.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Outside,
    /// `B`, `S`, and plain labels: a chunk starts here whatever came before
    Start,
    /// `I`: continues a chunk of its type, otherwise starts one
    Inside,
    /// `E`: as `I`, and the chunk ends here
    End,
}

/// `B-city` as (start, `city`). Labels without a prefix are chunks of one token, as under `conlleval -r`; bare `B`
/// and `I` are prefixes only if no label is anything else (`bare`).
fn parse(label: &str, bare: bool) -> (Place, bool, &str) {
    let (prefix, kind) = match label.split_once('-') {
        Some((p, kind)) => (p, kind),
        None if bare => (label, ""),
        None => ("", label),
    };
    match prefix {
        _ if label == OUTSIDE => (Place::Outside, false, ""),
        "B" => (Place::Start, false, kind),
        "S" => (Place::Start, true, kind),
        "I" => (Place::Inside, false, kind),
        "E" => (Place::End, true, kind),
        _ => (Place::Start, true, label),
    }
}

/// The chunks of one sentence. Tags may be inconsistent: `I-X` after `O`, or after another type, starts a chunk.
/// Ids outside `labels` (−1 too) are outside every chunk.
pub fn chunks<'a>(tags: impl IntoIterator<Item = i32>, labels: &'a [String]) -> Vec<Chunk<'a>> {
    let bare = is_bare(labels);
    find(tags, &labels.iter().map(|l| parse(l, bare)).collect::<Vec<_>>())
}

fn is_bare(labels: &[String]) -> bool {
    labels.iter().all(|l| matches!(l.as_str(), "O" | "B" | "I" | "E" | "S"))
}

fn find<'a>(tags: impl IntoIterator<Item = i32>, parsed: &[(Place, bool, &'a str)]) -> Vec<Chunk<'a>> {
    let mut found: Vec<Chunk<'a>> = Vec::new();
    // type of the chunk that the next token may continue
    let mut open: Option<&str> = None;
    for (t, id) in tags.into_iter().enumerate() {
        let (place, last, kind) =
            usize::try_from(id).ok().and_then(|id| parsed.get(id)).copied().unwrap_or((Place::Outside, false, ""));
        if place == Place::Outside {
            open = None;
            continue;
        }
        match found.last_mut() {
            Some(chunk) if place != Place::Start && open == Some(kind) => chunk.1 = t + 1,
            _ => found.push((t, t + 1, kind)),
        }
        open = (!last).then_some(kind);
    }
    found
}

/// For each type, chunks found (same borders and same type), wrongly predicted, and missed. A masked token is outside
/// every chunk on both sides.
pub fn span_counts<'a>(s: &Scored<'a>) -> BTreeMap<&'a str, Counts> {
    let bare = is_bare(s.labels);
    let parsed: Vec<_> = s.labels.iter().map(|l| parse(l, bare)).collect();
    let mut counts: BTreeMap<&str, Counts> = BTreeMap::new();
    for i in s.examples() {
        let side = |predicted: bool| {
            let pick = move |(g, p)| if g < 0 || !predicted { g } else { p };
            find(pairs(s.gold, s.pred, i).map(pick), &parsed)
        };
        let (g, p) = (side(false), side(true));
        // chunks of a sentence come sorted and disjoint
        for chunk in &g {
            let entry = counts.entry(chunk.2).or_default();
            match p.binary_search(chunk) {
                Ok(_) => entry.hits += 1,
                Err(_) => entry.misses += 1,
            }
        }
        for chunk in p.iter().filter(|c| g.binary_search(c).is_err()) {
            counts.entry(chunk.2).or_default().false_alarms += 1;
        }
    }
    counts
}
