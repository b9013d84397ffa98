//! What stands behind a figure: each class by itself, means over the classes, what is taken for what.

use super::{Counts, SETS, Scored, TAGS, span_counts};
use crate::records::is_bio;
use serde::Serialize;
use std::collections::HashMap;

/// Precision, recall and F1 of a class, or their means over classes. Of nothing by nothing they are 0, as in scikit-learn.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Row {
    /// the class, or the type of a chunk
    pub name: String,
    /// hits among what was predicted so
    pub precision: f64,
    /// hits among what is so
    pub recall: f64,
    /// their harmonic mean
    pub f1: f64,
    /// how many are so: scikit-learn's `support`
    pub support: u64,
}

/// A gold class and another that was predicted instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confused {
    /// what it is
    pub gold: String,
    /// what was said
    pub predicted: String,
    /// how often
    pub count: u64,
}

/// The figures of single classes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Details {
    /// what is counted: `examples`, `tokens`, `chunks`
    pub counted: &'static str,
    /// every class that occurs in the gold or among the predictions, in the order of the label set
    pub classes: Vec<Row>,
    /// the mean over them
    pub macro_mean: Row,
    /// the mean weighted by their support
    pub weighted_mean: Row,
    /// wrong decisions by gold and predicted class, most frequent first; of tags, token by token; none of sets
    pub confused: Vec<Confused>,
}

fn row(name: &str, c: &Counts) -> Row {
    let support = c.hits + c.misses;
    Row { name: name.into(), precision: c.precision(), recall: c.recall(), f1: c.f(1.0), support }
}

fn mean_of(name: &str, rows: &[Row], weight: impl Fn(&Row) -> f64) -> Row {
    let all: f64 = rows.iter().map(&weight).sum();
    let mean = |of: fn(&Row) -> f64| match all > 0.0 {
        true => rows.iter().map(|r| weight(r) * of(r)).sum::<f64>() / all,
        false => 0.0,
    };
    Row {
        name: name.into(),
        precision: mean(|r| r.precision),
        recall: mean(|r| r.recall),
        f1: mean(|r| r.f1),
        support: rows.iter().map(|r| r.support).sum(),
    }
}

/// The figures of each class, `None` of what has no classes or no gold. Tags of spans are counted as chunks by type, as
/// `span_f1` does.
pub fn details(s: &Scored<'_>) -> Option<Details> {
    let labels = s.label_counts()?;
    if s.labels.is_empty() {
        return None;
    }
    let spans = s.kind == TAGS && is_bio(s.labels.iter().map(String::as_str));
    let classes: Vec<Row> = match spans {
        true => span_counts(s).iter().map(|(name, c)| row(name, c)).collect(),
        false => s.labels.iter().zip(&labels).filter(|(_, c)| c.occurs()).map(|(name, c)| row(name, c)).collect(),
    };
    let mut cells: HashMap<(i32, i32), u64> = HashMap::new();
    s.decisions().filter(|(g, p)| g != p).for_each(|cell| *cells.entry(cell).or_default() += 1);
    let mut cells: Vec<_> = cells.into_iter().collect();
    cells.sort_by_key(|((g, p), n)| (std::cmp::Reverse(*n), *g, *p));
    let name =
        |id: i32| usize::try_from(id).ok().and_then(|id| s.labels.get(id)).map_or("-", String::as_str).to_string();
    let confused =
        cells.into_iter().map(|((g, p), count)| Confused { gold: name(g), predicted: name(p), count }).collect();
    Some(Details {
        counted: match s.kind {
            TAGS if spans => "chunks",
            TAGS => "tokens",
            SETS => "decisions",
            _ => "examples",
        },
        macro_mean: mean_of("macro", &classes, |_| 1.0),
        weighted_mean: mean_of("weighted", &classes, |r| r.support as f64),
        classes,
        confused,
    })
}
