//! The field's metrics: gold beside prediction, one figure out.
//!
//! One row of [`METRICS`] is one metric: its names, what it reads, its arguments, its range. `docs/metrics.md` says
//! the same at length, and a test holds the two together.
//!
//! **Labels that training never saw are errors, not gaps.** The label list of a [`Scored`] is the model's own list
//! followed by every further label that the gold holds, so such a gold label has an id that no prediction can equal.
//! −1 in the gold means that there is none: it is left out. A prediction that is missing (shorter than its gold, say
//! because the text was cut) is wrong.

use crate::records::Records;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap};

mod chunks;
mod details;
mod ranks;
#[cfg(test)]
mod tests;

pub use chunks::{Chunk, chunks, span_counts};
pub use details::{Confused, Details, Row, details};
pub use ranks::Ranking;

/// An id that no gold has: what stands for a prediction that is missing.
const MISSING: i32 = -2;

/// Gold beside prediction, for one task over one split, example by example.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    /// how they are counted
    pub kind: Kind,
    /// ids in `labels`, −1: none; examples that are not present are left out
    pub gold: &'a Records,
    /// ids in `labels`
    pub pred: &'a Records,
    /// the model's labels, then those that only the gold holds
    pub labels: &'a [String],
    /// what examples are ranked by, for a metric of rankings
    pub ranking: Option<Ranking<'a>>,
    /// of the gold, for a metric of likelihood: the sum of the log-probabilities of so many decisions
    pub likelihood: Option<(f64, usize)>,
}

/// What records stand for when they are counted. An open set: a head may bring a kind of its own, with its metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind(
    /// as in `docs/metrics.md`
    pub &'static str,
);

/// One class per example.
pub const CLASSES: Kind = Kind("classes");
/// A set of classes per example; order and repetition do not matter.
pub const SETS: Kind = Kind("sets");
/// One class per token of each sentence.
pub const TAGS: Kind = Kind("tags");
/// A set of labelled pairs per example: records of (first, second, label).
pub const PAIRS: Kind = Kind("pairs");
/// One number per example.
pub const REALS: Kind = Kind("reals");
/// One word per token.
pub const WORDS: Kind = Kind("words");

/// What labels a metric may be given by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// none
    No,
    /// the positive labels: only these count, averaged if there are several
    Positive,
    /// labels that do not count, such as `"no_relation"`
    Excluded,
}

/// One metric.
#[derive(Debug)]
pub struct Metric {
    /// as in `metric span_f1` and in every report
    pub name: &'static str,
    /// other accepted spellings
    pub aliases: &'static [&'static str],
    /// one line for `explain` and completion
    pub doc: &'static str,
    /// what it can be computed from
    pub kinds: &'static [Kind],
    /// numeric parameters (all positive) with their defaults
    pub numbers: &'static [(&'static str, f64)],
    /// label names that it takes after the numbers
    pub names: Names,
    /// it is the mean over groups of examples, which are ranked by the probability of the named labels
    pub ranks: bool,
    /// it is made of the probability of the gold, not of decisions
    pub likelihood: bool,
    /// whether more is better
    pub higher_is_better: bool,
    /// least and greatest possible value
    pub range: (f64, f64),
    /// the figure; none where there is nothing to score
    pub score: Score,
}

/// Arguments after defaults are filled in.
#[derive(Debug)]
pub struct Given<'a> {
    /// in the order of [`Metric::numbers`]
    pub numbers: Vec<f64>,
    /// labels
    pub names: &'a [String],
}

/// A row with the most common range and direction.
pub const fn row(name: &'static str, doc: &'static str, kinds: &'static [Kind], score: Score) -> Metric {
    let range = (0.0, 1.0);
    Metric {
        name,
        aliases: &[],
        doc,
        kinds,
        numbers: &[],
        names: Names::No,
        ranks: false,
        likelihood: false,
        higher_is_better: true,
        range,
        score,
    }
}

/// How a figure is computed.
pub type Score = fn(&Scored, &Given) -> Option<f64>;
const LABELLED: &[Kind] = &[CLASSES, SETS, TAGS];
const COUNTED: &[Kind] = &[CLASSES, SETS, TAGS, PAIRS];

/// Every metric, in the order of the documentation.
pub const METRICS: &[Metric] = &[
    Metric {
        aliases: &["acc"],
        ..row("accuracy", "share of examples (of tokens, for tags) that are right", LABELLED, accuracy)
    },
    row("exact_match", "share of examples whose whole set of labels is right", &[SETS], exact),
    row("sentence_accuracy", "share of sentences whose tags are all right", &[TAGS], exact),
    row("span_f1", "F1 over labelled chunks, counted as conlleval counts them", &[TAGS], |s, _| Some(spans(s)?.f(1.0))),
    row("span_precision", "precision over labelled chunks, as conlleval", &[TAGS], |s, _| Some(spans(s)?.precision())),
    row("span_recall", "recall over labelled chunks, as conlleval", &[TAGS], |s, _| Some(spans(s)?.recall())),
    Metric {
        names: Names::Positive,
        ..row("f1", "F1 of the named labels; unnamed: micro for sets and pairs, macro otherwise", COUNTED, |s, g| {
            averaged(s, g, |c| c.f(1.0))
        })
    },
    Metric {
        names: Names::Positive,
        ..row("precision", "precision, averaged as for `f1`", COUNTED, |s, g| averaged(s, g, Counts::precision))
    },
    Metric {
        names: Names::Positive,
        ..row("recall", "recall, averaged as for `f1`", COUNTED, |s, g| averaged(s, g, Counts::recall))
    },
    Metric {
        numbers: &[("beta", 1.0)],
        names: Names::Positive,
        ..row("f", "F-beta, averaged as for `f1`: beta < 1 favours precision", COUNTED, |s, g| {
            averaged(s, g, |c| c.f(g.numbers[0]))
        })
    },
    Metric {
        names: Names::Excluded,
        ..row("macro_f1", "mean of the labels' F1, without the named labels", COUNTED, |s, g| {
            mean(counted(s, g)?.iter().filter(|c| c.occurs()).map(|c| c.f(1.0)))
        })
    },
    Metric {
        names: Names::Excluded,
        ..row("micro_f1", "F1 of all decisions together, without the named labels", COUNTED, |s, g| {
            Some(counted(s, g)?.into_iter().sum::<Counts>().f(1.0))
        })
    },
    row("jaccard", "mean over examples of |gold ∩ predicted| / |gold ∪ predicted|", &[SETS], jaccard),
    Metric {
        aliases: &["hamming_loss"],
        higher_is_better: false,
        ..row("hamming", "share of wrong yes/no decisions over examples × labels", &[SETS], hamming)
    },
    Metric {
        aliases: &["mcc"],
        range: (-1.0, 1.0),
        ..row("matthews", "Matthews correlation (R_K with more than two classes)", &[CLASSES, TAGS], matthews)
    },
    Metric {
        range: (-1.0, 1.0),
        ..row("pearson", "linear correlation", &[REALS], |s, _| s.reals().and_then(|(g, p)| pearson(&g, &p)))
    },
    Metric {
        range: (-1.0, 1.0),
        ..row("spearman", "rank correlation, ties sharing their mean rank", &[REALS], |s, _| {
            s.reals().and_then(|(g, p)| pearson(&ranks(&g), &ranks(&p)))
        })
    },
    Metric {
        higher_is_better: false,
        range: (0.0, f64::INFINITY),
        ..row("mse", "mean squared error", &[REALS], |s, _| error(s, |d| d * d))
    },
    Metric {
        higher_is_better: false,
        range: (0.0, f64::INFINITY),
        ..row("rmse", "root of the mean squared error", &[REALS], |s, _| error(s, |d| d * d).map(f64::sqrt))
    },
    Metric {
        higher_is_better: false,
        range: (0.0, f64::INFINITY),
        ..row("mae", "mean absolute error", &[REALS], |s, _| error(s, f64::abs))
    },
    Metric {
        aliases: &["perplexity"],
        likelihood: true,
        higher_is_better: false,
        range: (1.0, f64::INFINITY),
        ..row("ppl", "perplexity: exp of minus the mean log-probability of a word", &[WORDS], |s, _| {
            s.likelihood.filter(|(_, n)| *n > 0).map(|(sum, n)| (-sum / n as f64).exp())
        })
    },
    ranked("map", "mean average precision of the groups, ranked by how likely the label is", &[], ranks::map),
    ranked("mrr", "mean over groups of one over the rank of the first example of the label", &[], ranks::mrr),
    Metric {
        aliases: &["p_at"],
        ..ranked(
            "precision_at",
            "share of the label among the first k of each group",
            &[("k", 1.0)],
            ranks::precision_at,
        )
    },
];

/// A metric of rankings.
const fn ranked(
    name: &'static str,
    doc: &'static str,
    numbers: &'static [(&'static str, f64)],
    score: Score,
) -> Metric {
    Metric { numbers, names: Names::Positive, ranks: true, ..row(name, doc, &[CLASSES], score) }
}

/// The metric of this name or alias.
pub fn find(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|m| m.is(name))
}

impl Metric {
    /// Whether it can be computed from this kind of prediction.
    pub fn accepts(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// Whether it has this name or alias.
    pub fn is(&self, name: &str) -> bool {
        self.name == name || self.aliases.contains(&name)
    }

    /// Whether `a` is strictly better than `b`.
    pub fn better(&self, a: f64, b: f64) -> bool {
        if self.higher_is_better { a > b } else { a < b }
    }

    /// How it is called: `f(beta = 1, "label", ...)`.
    pub fn signature(&self) -> String {
        let mut parts: Vec<String> = self.numbers.iter().map(|(name, default)| format!("{name} = {default}")).collect();
        if self.names != Names::No {
            parts.push("\"label\", ...".into());
        }
        if self.ranks {
            parts.push("by = field".into());
        }
        if parts.is_empty() { self.name.into() } else { format!("{}({})", self.name, parts.join(", ")) }
    }

    /// What is wrong with `f(numbers, names)`, as one lower-case sentence; with `labels`, names must be among them.
    pub fn check_args(&self, numbers: &[f64], names: &[String], labels: Option<&[String]>) -> Result<(), String> {
        if numbers.len() > self.numbers.len() {
            return Err(match self.numbers.len() {
                0 => format!("metric `{}` takes no number", self.name),
                _ => format!("metric `{}` is called `{}`", self.name, self.signature()),
            });
        }
        if let Some(bad) = numbers.iter().position(|v| !(v.is_finite() && *v > 0.0)) {
            return Err(format!("`{}` of metric `{}` must be above 0", self.numbers[bad].0, self.name));
        }
        if self.names == Names::No && !names.is_empty() {
            return Err(format!("metric `{}` takes no label", self.name));
        }
        if self.ranks && names.is_empty() {
            return Err(format!("metric `{}` ranks by the probability of a label, and none is named", self.name));
        }
        match names.iter().find(|name| labels.is_some_and(|known| !known.contains(name))) {
            Some(name) => Err(format!("metric `{}` names the label `{name}`, which does not occur", self.name)),
            None => Ok(()),
        }
    }

    /// The figure `f(numbers, names)`, defaults standing for numbers that are not given. `None` when there is none:
    /// nothing to score, another kind of prediction, unusable arguments, a correlation with a constant, or numbers
    /// that are not finite.
    pub fn compute(&self, s: &Scored, numbers: &[f64], names: &[String]) -> Option<f64> {
        if !self.accepts(s.kind) || self.check_args(numbers, names, None).is_err() {
            return None;
        }
        let defaults = self.numbers.iter().map(|n| n.1).skip(numbers.len());
        let given = Given { numbers: numbers.iter().copied().chain(defaults).collect(), names };
        (self.score)(s, &given).filter(|v| v.is_finite())
    }
}

impl<'a> Scored<'a> {
    /// The examples that have gold.
    fn examples(&self) -> impl Iterator<Item = usize> + 'a {
        let gold = self.gold;
        (0..gold.len()).filter(|i| gold.present(*i))
    }

    /// For each example whether everything about it that has gold is right, `None` without any gold. Numbers are never
    /// simply right: no entries.
    pub fn correct(&self) -> Vec<Option<bool>> {
        let of = |i: usize| match self.kind {
            SETS => self.set_pair(i).map(|(g, p)| g == p),
            PAIRS => self.triples(i).map(|(g, p)| g == p),
            _ => pairs(self.gold, self.pred, i).filter(|(g, _)| *g >= 0).map(|(g, p)| g == p).reduce(|a, b| a && b),
        };
        if self.kind == REALS { vec![] } else { (0..self.gold.len()).map(of).collect() }
    }

    /// The two sets of an example; none where it has no gold.
    fn set_pair(&self, i: usize) -> Option<(BTreeSet<i32>, BTreeSet<i32>)> {
        let set = |ids: &[i32]| ids.iter().copied().collect();
        // a missing prediction is wrong even where the gold set is empty, hence the impossible member
        let said = if self.pred.present(i) { set(self.pred.row(i)) } else { BTreeSet::from([MISSING]) };
        self.gold.present(i).then(|| (set(self.gold.row(i)), said))
    }

    /// The two sets of labelled pairs of an example; none where it has no gold.
    fn triples(&self, i: usize) -> Option<(Triples, Triples)> {
        let set = |ids: &[i32]| ids.chunks_exact(3).map(|p| (p[0], p[1], p[2])).collect();
        self.gold.present(i).then(|| (set(self.gold.row(i)), set(self.pred.row(i))))
    }

    /// Single decisions that have gold, as (gold, prediction): examples, or tokens.
    fn decisions(&self) -> Box<dyn Iterator<Item = (i32, i32)> + 'a> {
        let (gold, pred) = (self.gold, self.pred);
        match self.kind {
            CLASSES | TAGS => {
                Box::new(self.examples().flat_map(move |i| pairs(gold, pred, i)).filter(|(g, _)| *g >= 0))
            }
            _ => Box::new(std::iter::empty()),
        }
    }

    /// For each label: hits, false alarms, misses; `None` without a single gold decision.
    pub fn label_counts(&self) -> Option<Vec<Counts>> {
        let mut counts = vec![Counts::default(); self.labels.len()];
        let mut any = false;
        let mut add = |id: i32, field: fn(&mut Counts) -> &mut u64| {
            if let Some(c) = usize::try_from(id).ok().and_then(|id| counts.get_mut(id)) {
                *field(c) += 1;
            }
        };
        for (g, p) in self.decisions() {
            any = true;
            if g == p {
                add(g, |c| &mut c.hits);
            } else {
                add(g, |c| &mut c.misses);
                add(p, |c| &mut c.false_alarms);
            }
        }
        if self.kind == SETS {
            for (g, p) in self.examples().filter_map(|i| self.set_pair(i)) {
                any = true;
                g.iter().for_each(|id| add(*id, if p.contains(id) { |c| &mut c.hits } else { |c| &mut c.misses }));
                p.iter().filter(|id| !g.contains(id)).for_each(|id| add(*id, |c| &mut c.false_alarms));
            }
        }
        if self.kind == PAIRS {
            for (g, p) in self.examples().filter_map(|i| self.triples(i)) {
                any = true;
                g.iter().for_each(|t| add(t.2, if p.contains(t) { |c| &mut c.hits } else { |c| &mut c.misses }));
                p.iter().filter(|t| !g.contains(t)).for_each(|t| add(t.2, |c| &mut c.false_alarms));
            }
        }
        any.then_some(counts)
    }

    /// Gold and predicted numbers; none where a prediction is missing.
    fn reals(&self) -> Option<(Vec<f64>, Vec<f64>)> {
        if self.kind != REALS || self.pred.len() != self.gold.len() {
            return None;
        }
        let both: (Vec<f64>, Vec<f64>) = self.examples().map(|i| (self.gold.real(i), self.pred.real(i))).unzip();
        (!both.0.is_empty()).then_some(both)
    }
}

/// Labelled pairs.
type Triples = BTreeSet<(i32, i32, i32)>;

/// (gold, prediction) of every id of an example.
fn pairs<'a>(gold: &'a Records, pred: &'a Records, i: usize) -> impl Iterator<Item = (i32, i32)> + 'a {
    let pred = pred.row(i);
    gold.row(i).iter().enumerate().map(|(t, &g)| (g, pred.get(t).copied().unwrap_or(MISSING)))
}

/// Hits, false alarms and misses of one label, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// predicted and gold
    pub hits: u64,
    /// predicted, not gold
    pub false_alarms: u64,
    /// gold, not predicted
    pub misses: u64,
}

impl Counts {
    /// hits / predicted; 0 when nothing was predicted.
    pub fn precision(&self) -> f64 {
        ratio(self.hits as f64, (self.hits + self.false_alarms) as f64)
    }

    /// hits / gold; 0 when there is no gold.
    pub fn recall(&self) -> f64 {
        ratio(self.hits as f64, (self.hits + self.misses) as f64)
    }

    /// F-beta of precision and recall; 0 when there is no hit.
    pub fn f(&self, beta: f64) -> f64 {
        let b = beta * beta;
        let hits = (1.0 + b) * self.hits as f64;
        ratio(hits, hits + b * self.misses as f64 + self.false_alarms as f64)
    }

    fn occurs(&self) -> bool {
        *self != Counts::default()
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(counts: I) -> Counts {
        counts.fold(Counts::default(), |a, c| Counts {
            hits: a.hits + c.hits,
            false_alarms: a.false_alarms + c.false_alarms,
            misses: a.misses + c.misses,
        })
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
    (n > 0.0).then(|| sum / n)
}

fn share(right: impl Iterator<Item = bool>) -> Option<f64> {
    mean(right.map(|r| f64::from(u8::from(r))))
}

fn accuracy(s: &Scored, g: &Given) -> Option<f64> {
    if s.kind == SETS {
        return exact(s, g);
    }
    share(s.decisions().map(|(g, p)| g == p))
}

fn exact(s: &Scored, _: &Given) -> Option<f64> {
    share(s.correct().into_iter().flatten())
}

fn spans(s: &Scored) -> Option<Counts> {
    s.decisions().next()?;
    Some(span_counts(s).into_values().sum())
}

/// Counts of the labels that an average runs over: not the outside label of tags, not the excluded ones.
fn counted(s: &Scored, g: &Given) -> Option<Vec<Counts>> {
    let outside = |label: &str| s.kind == TAGS && label == chunks::OUTSIDE;
    let counts = s.label_counts()?.into_iter().zip(s.labels);
    Some(counts.filter(|(_, label)| !outside(label) && !g.names.contains(label)).map(|(c, _)| c).collect())
}

fn averaged(s: &Scored, g: &Given, figure: impl Fn(&Counts) -> f64) -> Option<f64> {
    if !g.names.is_empty() {
        let counts = s.label_counts()?;
        let place = |name: &String| s.labels.iter().position(|l| l == name);
        return mean(g.names.iter().map(place).collect::<Option<Vec<_>>>()?.into_iter().map(|i| figure(&counts[i])));
    }
    let counts = counted(s, g)?;
    match s.kind {
        SETS | PAIRS => Some(figure(&counts.into_iter().sum())),
        _ => mean(counts.iter().filter(|c| c.occurs()).map(figure)),
    }
}

fn jaccard(s: &Scored, _: &Given) -> Option<f64> {
    mean(s.examples().filter_map(|i| s.set_pair(i)).map(|(g, p)| {
        let union = g.union(&p).count();
        if union == 0 { 1.0 } else { g.intersection(&p).count() as f64 / union as f64 }
    }))
}

fn hamming(s: &Scored, _: &Given) -> Option<f64> {
    let counts = s.label_counts()?;
    let examples = s.examples().count();
    let wrong: Counts = counts.iter().copied().sum();
    let decisions = examples * counts.len();
    (decisions > 0).then(|| (wrong.false_alarms + wrong.misses) as f64 / decisions as f64)
}

/// Gorodkin's R_K from the margins of the confusion matrix; 0 when either side is constant.
fn matthews(s: &Scored, _: &Given) -> Option<f64> {
    let (mut right, mut n) = (0.0, 0.0);
    let mut margins: HashMap<i32, (f64, f64)> = HashMap::new();
    for (g, p) in s.decisions() {
        n += 1.0;
        right += f64::from(u8::from(g == p));
        margins.entry(g).or_default().0 += 1.0;
        margins.entry(p).or_default().1 += 1.0;
    }
    // counts are whole numbers, so these sums are exact in any order
    let sum = |f: fn(&(f64, f64)) -> f64| margins.values().map(f).sum::<f64>();
    let (both, gold, pred) = (sum(|m| m.0 * m.1), sum(|m| m.0 * m.0), sum(|m| m.1 * m.1));
    (n > 0.0).then(|| ratio(right * n - both, ((n * n - gold) * (n * n - pred)).sqrt()).clamp(-1.0, 1.0))
}

fn error(s: &Scored, of: impl Fn(f64) -> f64) -> Option<f64> {
    let (gold, pred) = s.reals()?;
    mean(gold.iter().zip(&pred).map(|(g, p)| of(g - p)))
}

fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    // asked of the values, not of the variance, which rounding keeps from being exactly 0
    let constant = |v: &[f64]| v.iter().all(|a| *a == v[0]);
    if constant(x) || constant(y) {
        return None;
    }
    let (mx, my) = (mean(x.iter().copied())?, mean(y.iter().copied())?);
    let dot = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(a, b)| f(a - mx, b - my)).sum::<f64>();
    let r = dot(&|a, b| a * b) / (dot(&|a, _| a * a).sqrt() * dot(&|_, b| b * b).sqrt());
    Some(r.clamp(-1.0, 1.0))
}

/// Ranks from 1; equal values share the mean of their places. Not-a-number stays what it is.
fn ranks(v: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..v.len()).collect();
    order.sort_by(|&a, &b| v[a].total_cmp(&v[b]));
    let mut ranks = vec![f64::NAN; v.len()];
    let mut from = 0;
    for tie in order.chunk_by(|&a, &b| v[a] == v[b]) {
        let shared = from as f64 + (tie.len() as f64 + 1.0) / 2.0;
        tie.iter().filter(|&&i| !v[i].is_nan()).for_each(|&i| ranks[i] = shared);
        from += tie.len();
    }
    ranks
}

/// Mean and sample standard deviation over runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeanSd {
    /// arithmetic mean
    pub mean: f64,
    /// with n − 1 in the denominator; `None` for a single run, which says nothing of the spread
    pub sd: Option<f64>,
    /// number of runs
    pub n: usize,
}

/// Mean and sample standard deviation; `None` of nothing.
pub fn aggregate(values: &[f64]) -> Option<MeanSd> {
    let m = mean(values.iter().copied())?;
    let n = values.len();
    let squares: f64 = values.iter().map(|v| (v - m).powi(2)).sum();
    Some(MeanSd { mean: m, sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()), n })
}
