//! Passes over a [`Plan`]: what is computed less often, together or not at all, without another result.
//!
//! Each pass is a row of [`PASSES`] and a file. [`apply`] records in the plan which are on and what they find to do; the
//! trainer reads from there whether a pass acts, so that a resumed run acts as the first one did. Results with and
//! without a pass agree up to rounding.
//!
//! That a batch is never padded is no pass but the form of the data (see [`crate::plan`]): there is nothing to turn off.

pub(crate) mod bucket;
pub mod flow;
mod frozen;
mod gradients;
pub mod merge;
mod prune;
mod share;

use crate::plan::{Applied, Plan};

/// One encoding, and one forward and backward pass, for all tasks that read a text.
pub const SHARE: &str = "share-encodings";
/// Batches of several corpora through one encoder at once.
pub const MERGE: &str = "merge-corpora";
/// Texts of similar lengths in one batch.
pub const BUCKET: &str = "bucket-lengths";
/// Only nodes that a loss or an answer needs.
pub const PRUNE: &str = "prune-nodes";
/// No gradient where nothing learns from it.
pub const GRADIENTS: &str = "cut-gradients";
/// Outputs of what does not learn are kept.
pub const FROZEN: &str = "cache-frozen";

/// A pass.
#[derive(Debug)]
pub struct Pass {
    /// as after `--no-pass`
    pub name: &'static str,
    /// one line for people
    pub doc: &'static str,
    /// what it finds to do in a plan
    find: fn(&Plan) -> Found,
}

/// What a pass finds to do.
#[derive(Debug, Default)]
struct Found {
    what: String,
    counts: Vec<(&'static str, usize)>,
}

/// Every pass, in the order in which they are shown.
pub const PASSES: &[Pass] = &[
    Pass {
        name: SHARE,
        doc: "tasks of a batch share what they read: one encoding, one forward and one backward pass",
        find: share::find,
    },
    Pass {
        name: MERGE,
        doc: "batches of several data sets in one step go through a shared encoder as one",
        find: merge::find,
    },
    Pass { name: BUCKET, doc: "a batch holds texts of similar lengths", find: bucket::find },
    Pass { name: PRUNE, doc: "a stage computes only what its losses need", find: prune::find },
    Pass { name: GRADIENTS, doc: "no gradient is computed where nothing learns from it", find: gradients::find },
    Pass {
        name: FROZEN,
        doc: "outputs of encoders that do not learn are computed once for each example, then read from a cache",
        find: frozen::find,
    },
];

/// Records in the plan what each pass does; those named in `off` do nothing.
pub fn apply(plan: &mut Plan, off: &[String]) {
    let record = |p: &Pass| {
        let found = (p.find)(plan);
        Applied {
            name: p.name.into(),
            on: !off.iter().any(|o| o == p.name),
            what: found.what,
            counts: found.counts.into_iter().map(|(k, n)| (k.into(), n)).collect(),
        }
    };
    plan.passes = PASSES.iter().map(record).collect();
}

/// Some names for people, the others as a number: `a, b and 3 more`.
fn names(all: &[String]) -> String {
    const SHOWN: usize = 4;
    let mut distinct: Vec<&str> = vec![];
    for n in all {
        if !distinct.contains(&n.as_str()) {
            distinct.push(n);
        }
    }
    let shown = distinct.iter().take(SHOWN).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    match distinct.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_few() {
        let all: Vec<String> = ["a", "b", "a", "c", "d", "e", "f"].iter().map(|s| s.to_string()).collect();
        assert_eq!(names(&all), "`a`, `b`, `c`, `d` and 2 more");
        assert_eq!(names(&all[..3]), "`a`, `b`");
    }
}
