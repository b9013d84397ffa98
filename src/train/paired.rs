//! What a difference between two programs is worth: figures of the same test examples, over the same seeds.
//!
//! Two things move a difference: which seed it was, and which examples happen to be in the test set. The first is seen in
//! the differences of the seeds; the second by a paired bootstrap (Efron and Tibshirani 1993; Berg-Kirkpatrick et al.
//! 2012): both programs are scored on the same examples, drawn again and again with replacement.

use super::evaluate::{Answered, Draw, Figures};
use super::report;
use crate::encode::Tables;
use crate::plan::{Plan, Score};
use crate::random::generator;
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Samples of the examples.
const SAMPLES: u64 = 1000;
/// So many examples at least, or groups of them, say something of those that are not there.
const FEWEST: usize = 2;

/// A program with what its runs answered to the test split, or to dev where there is no test.
#[derive(Clone, Debug)]
pub struct Answers {
    /// what was computed
    pub plan: Plan,
    /// its labels
    pub tables: Tables,
    /// by seed
    pub by_seed: Vec<Answered>,
}

impl Answers {
    /// The figures of a seed, by the tasks, metrics and corpora of another plan: of what bears the same names.
    fn figures(&self, of: &Plan, answered: &Answered) -> Figures {
        let own = answered.figures(&self.plan, &self.tables);
        let mut out = Figures::default();
        for (t, task) in of.tasks.iter().enumerate() {
            let Some(there) = self.plan.tasks.iter().position(|o| o.name == task.name) else { continue };
            let Some(values) = own.tasks.get(&there) else { continue };
            let value = |label: &str| {
                let m = self.plan.tasks[there].metrics.iter().position(|m| m.label == label)?;
                values.get(m).copied().flatten()
            };
            out.tasks.insert(t, task.metrics.iter().map(|m| value(&m.label)).collect());
        }
        for (c, corpus) in of.corpora.iter().enumerate() {
            if let Some(value) = self.corpus(&corpus.name).and_then(|there| own.frames.get(&there)) {
                out.frames.insert(c, *value);
            }
        }
        out
    }

    fn corpus(&self, name: &str) -> Option<usize> {
        self.plan.corpora.iter().position(|c| c.name == name)
    }

    fn task(&self, name: &str) -> Option<usize> {
        self.plan.tasks.iter().position(|t| t.name == name)
    }
}

/// The value of a score for each seed, read from one program or from several which have a part of its tasks each.
fn by_seed(score: &Score, plan: &Plan, parts: &[Answers], sample: &Sample<'_>) -> Option<Vec<f64>> {
    let seeds = parts.iter().map(|p| p.by_seed.len()).min()?;
    let value = |seed: usize| {
        let mut all = Figures::default();
        for part in parts {
            let answered = &part.by_seed[seed];
            let figures = match sample {
                Sample::All => part.figures(plan, answered),
                Sample::Drawn { tasks, frames, drawn } => {
                    let tasks: Vec<usize> = tasks.iter().filter_map(|t| part.task(&plan.tasks[*t].name)).collect();
                    let frames: Vec<usize> =
                        frames.iter().filter_map(|c| part.corpus(&plan.corpora[*c].name)).collect();
                    let here = |(c, d): (&usize, &Vec<Draw>)| Some((part.corpus(&plan.corpora[*c].name)?, d.clone()));
                    let drawn = drawn.iter().filter_map(here).collect();
                    part.figures(plan, &answered.sample(&tasks, &frames, &drawn))
                }
            };
            all.tasks.extend(figures.tasks);
            all.frames.extend(figures.frames);
        }
        report::score(score, &all)
    };
    (0..seeds).map(value).collect()
}

/// Of which examples a score is taken.
enum Sample<'a> {
    All,
    Drawn {
        tasks: &'a [usize],
        frames: &'a [usize],
        /// by corpus
        drawn: &'a BTreeMap<usize, Vec<Draw>>,
    },
}

/// A figure of two programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// of the program, by seed
    pub with: Vec<f64>,
    /// of the other, by seed
    pub without: Vec<f64>,
    /// what the choice of test examples does to it; none where that cannot be known
    pub examples: Option<OverExamples>,
}

/// What the choice of test examples does to a mean difference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OverExamples {
    /// the variance that it gives the difference
    pub variance: f64,
    /// of how many examples, or groups of them, the smallest test set is
    pub units: usize,
}

impl Comparison {
    /// Compares a score of a program with the same of another, whose tasks and metrics bear the same names; the other may
    /// be several programs with a part of the tasks each. None where either has no such figure.
    pub fn new(score: &Score, with: &Answers, without: &[Answers]) -> Option<Self> {
        let (plan, own) = (&with.plan, std::slice::from_ref(with));
        let (own, other) = (by_seed(score, plan, own, &Sample::All)?, by_seed(score, plan, without, &Sample::All)?);
        let examples = variance(score, with, without);
        (!own.is_empty() && own.len() == other.len()).then_some(Self { with: own, without: other, examples })
    }

    /// The mean difference.
    pub fn mean(&self) -> f64 {
        mean(&self.differences())
    }

    fn differences(&self) -> Vec<f64> {
        self.with.iter().zip(&self.without).map(|(a, b)| a - b).collect()
    }

    /// The variance of the difference from seed to seed; none of a single one.
    fn seeds(&self) -> Option<f64> {
        let (d, m) = (self.differences(), self.mean());
        (d.len() > 1).then(|| d.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (d.len() - 1) as f64)
    }

    /// Where the mean difference lies with a probability of 95 %: the variance of its seeds and that of its examples add
    /// up, with the degrees of freedom of Welch and Satterthwaite. Where the examples say nothing, nothing is said.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let half = self.half(self.with.len() as f64, self.seeds().unwrap_or(0.0), self.examples?);
        Some((self.mean() - half, self.mean() + half))
    }

    /// Half of the interval of so many seeds whose differences have this variance.
    fn half(&self, n: f64, seeds: f64, examples: OverExamples) -> f64 {
        let (a, b) = (seeds / n, examples.variance);
        if a + b == 0.0 {
            return 0.0;
        }
        let part = |variance: f64, freedom: f64| if variance > 0.0 { variance.powi(2) / freedom.max(1.0) } else { 0.0 };
        let freedom = (a + b).powi(2) / (part(a, n - 1.0) + part(b, examples.units as f64 - 1.0));
        student(freedom) * (a + b).sqrt()
    }

    /// How many seeds would tell this difference from another, if it stays what it is; none where no number would, since
    /// the test examples alone leave it open.
    pub fn seeds_to_tell(&self, from: f64) -> Option<u64> {
        let (seeds, examples) = (self.seeds()?, self.examples?);
        let distance = (self.mean() - from).abs();
        let enough = |n: &u64| self.half(*n as f64, seeds, examples) < distance;
        (self.with.len() as u64 + 1..=1000).find(enough)
    }

    /// How many times the test examples would tell the difference from another, whatever the number of seeds.
    pub fn examples_to_tell(&self, from: f64) -> Option<f64> {
        let distance = (self.mean() - from).abs();
        let times = NORMAL.powi(2) * self.examples?.variance / distance.powi(2);
        times.is_finite().then_some(times)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The variance of the mean difference over samples of the examples, drawn for both programs and all seeds alike.
fn variance(score: &Score, with: &Answers, without: &[Answers]) -> Option<OverExamples> {
    let plan = &with.plan;
    let (metrics, frames) = score.reads();
    let tasks: Vec<usize> = metrics.iter().map(|(t, _)| *t).collect();
    let first = with.by_seed.first()?;
    let mut corpora = first.corpora(&tasks);
    corpora.extend(&frames);
    corpora.sort_unstable();
    corpora.dedup();
    // by corpus, what is drawn as one
    let mut units: BTreeMap<usize, Vec<Vec<usize>>> = BTreeMap::new();
    for c in corpora {
        let n = first.examples(c)?;
        let name = &plan.corpora[c].name;
        // by number the examples are those of the other side: its test set must be the same
        let same = |part: &Answers| {
            let there = part.corpus(name);
            there.is_none_or(|there| part.by_seed.iter().all(|a| first.same_examples(c, a, there)))
        };
        if !same(with) || !without.iter().all(same) {
            return None;
        }
        let own = match first.groups(c, &metrics) {
            None => (0..n).map(|e| vec![e]).collect(),
            Some(groups) => {
                let mut by: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
                let known = groups.iter().enumerate().filter_map(|(e, g)| Some((e, (*g)?)));
                known.for_each(|(e, g)| by.entry(g).or_default().push(e));
                by.into_values().collect()
            }
        };
        units.insert(c, own);
    }
    let fewest = units.values().map(Vec::len).min().filter(|n| *n >= FEWEST)?;
    let sample = |k: u64| -> Option<f64> {
        let mut random = generator(k, "paired bootstrap", &[]);
        let mut drawn = BTreeMap::new();
        for (c, units) in &units {
            let mut draws = vec![];
            for group in 0..units.len() as u64 {
                let unit = &units[random.random_range(0..units.len())];
                draws.extend(unit.iter().map(|e| Draw { example: *e, group }));
            }
            drawn.insert(*c, draws);
        }
        let sample = Sample::Drawn { tasks: &tasks, frames: &frames, drawn: &drawn };
        let own = by_seed(score, plan, std::slice::from_ref(with), &sample)?;
        Some(mean(&own) - mean(&by_seed(score, plan, without, &sample)?))
    };
    // a sample without a single span, say, has no figure
    let all: Vec<f64> = (0..SAMPLES).into_par_iter().filter_map(sample).collect();
    let m = mean(&all);
    // of n units a sample varies by (n − 1)/n of what they do
    let fair = fewest as f64 / (fewest - 1) as f64;
    let variance = || fair * all.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (all.len() - 1) as f64;
    (all.len() as u64 > SAMPLES / 2).then(|| OverExamples { variance: variance(), units: fewest })
}

/// 97.5 % point of the normal distribution.
const NORMAL: f64 = 1.959_964;

/// 97.5 % points of Student's t, by degrees of freedom from 1.
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// 97.5 % point of Student's t: between whole degrees of freedom, and beyond 30, its logarithm along 1/freedom, which is
/// nearly straight: 3 % too far at 1.5, less elsewhere.
fn student(freedom: f64) -> f64 {
    let last = STUDENT.len();
    let at = |k: usize| STUDENT[k.clamp(1, last) - 1];
    let (low, high, share) = match freedom {
        f if f < 1.0 => return at(1),
        f if f >= last as f64 => (at(last), NORMAL, 1.0 - last as f64 / f),
        f => {
            let k = f.floor();
            (at(k as usize), at(k as usize + 1), (1.0 / k - 1.0 / f) / (1.0 / k - 1.0 / (k + 1.0)))
        }
    };
    low * (high / low).powf(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(with: &[f64], without: &[f64], variance: Option<f64>) -> Comparison {
        let examples = variance.map(|variance| OverExamples { variance, units: 1_000_000 });
        Comparison { with: with.into(), without: without.into(), examples }
    }

    #[test]
    fn intervals_over_seeds_and_examples() {
        let near = |c: Comparison, low: f64, high: f64| {
            let (a, b) = c.interval().unwrap();
            assert!((a - low).abs() < 1e-4 && (b - high).abs() < 1e-4, "{a} {b}");
        };
        // 1.96 · √0.0033 = 0.1126
        near(of(&[0.80], &[0.78], Some(0.0033)), 0.02 - 0.1126, 0.02 + 0.1126);
        assert_eq!(of(&[3.0], &[2.0], None).interval(), None);
        // differences 0.02, 0.04: sd 0.01414, t(1) = 12.706, so ± 0.12706 about 0.03
        near(of(&[0.80, 0.80], &[0.78, 0.76], Some(0.0)), -0.097_06, 0.157_06);
        assert_eq!(of(&[0.80, 0.80], &[0.78, 0.76], None).interval(), None);
        // one seed of two groups: 12.706 · √0.0001
        let few = Some(OverExamples { variance: 0.0001, units: 2 });
        near(Comparison { examples: few, ..of(&[0.80], &[0.78], None) }, 0.02 - 0.127_06, 0.02 + 0.127_06);
        // of equal size, the variances have 4 degrees of freedom: 2.776 · √0.0002
        near(of(&[0.80, 0.80], &[0.78, 0.76], Some(0.0001)), 0.03 - 0.039_26, 0.03 + 0.039_26);
        // seeds that agree leave the examples alone
        near(of(&[0.80, 0.80], &[0.78, 0.78], Some(0.0001)), 0.02 - 0.0196, 0.02 + 0.0196);
    }

    #[test]
    fn points_of_student() {
        for (freedom, point) in
            [(1.0, 12.706), (1.5, 6.017), (2.0, 4.303), (30.0, 2.042), (60.0, 2.000), (120.0, 1.980)]
        {
            let tolerance = if freedom == 1.5 { 0.2 } else { 0.003 };
            assert!((student(freedom) - point).abs() < tolerance, "{freedom}: {}", student(freedom));
        }
        assert!((student(f64::INFINITY) - NORMAL).abs() < 1e-9);
    }
}
