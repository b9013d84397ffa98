//! Probes: reports that are made while a stage trains, or instead of it. They alter nothing.

use crate::plan::Probe;
use crate::words::Takes::{Number, Task, Texts};
use crate::words::numbers::SIZE;
use crate::words::{Choice, Row, Values, c, may, must};
use std::collections::HashSet;

/// A probe.
#[derive(Debug)]
pub struct Kind {
    /// the word and its arguments
    pub row: Choice,
    /// its part of the plan
    pub plan: fn(&Values) -> Option<Probe>,
}

/// Probes.
pub static PROBES: &[Kind] = &[
    Kind {
        row: c("affinity", &[may("every", Number(SIZE))], true, "affinity(every = 10)"),
        plan: |v| Some(Probe::Affinity { every: v.number("every").map_or(EVERY, |n| n as u64) }),
    },
    Kind {
        row: c(
            "groups",
            &[must("networks", Number(SIZE)), may("size", Number(SIZE))],
            false,
            "groups(networks = 2, size = 3)",
        ),
        plan: |_| None,
    },
    Kind {
        row: c(
            "transfer",
            &[must("main", Task), may("features", Texts)],
            true,
            "transfer(main = a, features = [\"size\"])",
        ),
        plan: |v| {
            let given = v.texts("features");
            let all = || FEATURES.iter().map(|f| f.name.to_string()).collect();
            let features = if given.is_empty() { all() } else { given.to_vec() };
            Some(Probe::Transfer { main: v.task("main")?, features })
        },
    },
];

/// Steps between two measurements, where nothing is said.
const EVERY: u64 = 10;

impl Row for Kind {
    fn choice(&self) -> &Choice {
        &self.row
    }
}

/// The training texts of a task.
#[derive(Debug, Default)]
pub struct Corpus {
    /// with gold
    pub examples: usize,
    /// tokens of their texts
    pub tokens: usize,
    /// the distinct ones
    pub types: HashSet<i32>,
}

/// What is compared of the data of two tasks (Lin et al. 2019, §3.1).
#[derive(Debug)]
pub struct Feature {
    /// as written
    pub name: &'static str,
    /// whether a source with more of it comes first
    pub more: bool,
    /// of a source and the main task
    pub of: fn(&Corpus, &Corpus) -> f64,
}

/// Features of data.
pub static FEATURES: &[Feature] = &[
    Feature { name: "size", more: true, of: |s, m| s.examples as f64 / m.examples.max(1) as f64 },
    Feature {
        name: "word overlap",
        more: true,
        of: |s, m| s.types.intersection(&m.types).count() as f64 / (s.types.len() + m.types.len()).max(1) as f64,
    },
    Feature {
        name: "type-token ratio",
        more: false,
        of: |s, m| {
            let ratio = |c: &Corpus| c.types.len() as f64 / c.tokens.max(1) as f64;
            (1.0 - ratio(s) / ratio(m).max(f64::MIN_POSITIVE)).powi(2)
        },
    },
];

/// A source with its features, in their order, and the mean of its ranks by them; the best first, of equals the first.
pub fn ranked(sources: &[Corpus], main: &Corpus, features: &[&Feature]) -> Vec<(usize, Vec<f64>, f64)> {
    let values: Vec<Vec<f64>> = sources.iter().map(|s| features.iter().map(|f| (f.of)(s, main)).collect()).collect();
    let rank = |s: usize| {
        let before = |(k, f): (usize, &&Feature)| {
            let better = |o: &&Vec<f64>| if f.more { o[k] > values[s][k] } else { o[k] < values[s][k] };
            1 + values.iter().filter(better).count()
        };
        features.iter().enumerate().map(before).sum::<usize>() as f64 / features.len().max(1) as f64
    };
    let mut all: Vec<_> = (0..sources.len()).map(|s| (s, values[s].clone(), rank(s))).collect();
    all.sort_by(|a, b| a.2.total_cmp(&b.2));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus(examples: usize, tokens: usize, types: std::ops::Range<i32>) -> Corpus {
        Corpus { examples, tokens, types: types.collect() }
    }

    #[test]
    fn sources_are_ranked_by_what_is_asked() {
        let main = corpus(10, 100, 0..20);
        // half of the words and the same ratio; more data but other words
        let sources = [corpus(20, 100, 10..30), corpus(80, 200, 100..180), corpus(5, 100, 0..20)];
        let by = |name: &str| {
            let f = FEATURES.iter().find(|f| f.name == name).unwrap();
            ranked(&sources, &main, &[f]).into_iter().map(|(s, v, _)| (s, v[0])).collect::<Vec<_>>()
        };
        assert_eq!(by("size"), [(1, 8.0), (0, 2.0), (2, 0.5)]);
        assert_eq!(by("word overlap"), [(2, 0.5), (0, 0.25), (1, 0.0)]);
        assert_eq!(by("type-token ratio"), [(0, 0.0), (2, 0.0), (1, 1.0)]);
        let all: Vec<&Feature> = FEATURES.iter().collect();
        let ranks: Vec<f64> = ranked(&sources, &main, &all).iter().map(|r| r.2).collect();
        assert_eq!(ranks, [5.0 / 3.0, 5.0 / 3.0, 7.0 / 3.0]);
    }
}
