//! Searches over schedules: what a stage tries next, given what came of the trials before.

use crate::random::generator;
use crate::words::Takes::{Between, Figure, Number};
use crate::words::numbers::SIZE;
use crate::words::{Choice, Row, c, must};
use rand::RngExt;

/// A search.
#[derive(Debug)]
pub struct Search {
    /// the word and its arguments
    pub row: Choice,
    /// whole numbers between the bounds, as many as there are to choose
    pub next: fn(&Asked<'_>) -> Vec<f64>,
}

/// What a search is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// of everything random
    pub seed: u64,
    /// the stage
    pub stage: u64,
    /// how many numbers
    pub numbers: usize,
    /// least and greatest
    pub bounds: (f64, f64),
    /// what was tried, and how good it was: more is better; none where there was no figure
    pub tried: &'a [(Vec<f64>, Option<f64>)],
}

/// Searches.
pub static SEARCHES: &[Search] = &[Search {
    row: c(
        "gaussian_process",
        &[must("ratio", Between), must("trials", Number(SIZE)), must("objective", Figure)],
        true,
        "gaussian_process(ratio = 1..9, trials = 12, objective = a.accuracy)",
    ),
    next: gaussian_process,
}];

/// The row of a search.
pub fn find(name: &str) -> Option<&'static Search> {
    SEARCHES.iter().find(|s| s.row.name == name)
}

impl Row for Search {
    fn choice(&self) -> &Choice {
        &self.row
    }
}

/// Trials that are drawn before there is something to go by.
const DRAWN: usize = 3;
/// Draws among which the most promising is tried.
const CANDIDATES: usize = 512;
/// Over bounds that are 0 and 1.
const LENGTH: f64 = 0.4;
/// Variance of a figure beside that of the process, which is 1.
const NOISE: f64 = 1e-2;

/// By expected improvement under a Gaussian process with a Matérn 5/2 kernel (Snoek et al. 2012; Guo et al. 2019).
fn gaussian_process(a: &Asked<'_>) -> Vec<f64> {
    let (low, high) = a.bounds;
    let mut rng = generator(a.seed, "search", &[a.stage, a.tried.len() as u64]);
    let mut draw = || -> Vec<f64> {
        (0..a.numbers).map(|_| (low + rng.random::<f64>() * (high - low + 1.0)).floor().min(high)).collect()
    };
    let unit = |x: &[f64]| x.iter().map(|x| (x - low) / (high - low).max(1e-9)).collect::<Vec<f64>>();
    let known: Vec<(Vec<f64>, f64)> = a.tried.iter().filter_map(|(x, y)| Some((unit(x), (*y)?))).collect();
    if known.len() < DRAWN {
        return draw();
    }
    let process = Process::of(&known);
    let mut best: Option<(f64, Vec<f64>)> = None;
    for x in (0..CANDIDATES).map(|_| draw()) {
        let gain = process.improvement(&unit(&x));
        if best.as_ref().is_none_or(|(most, _)| gain > *most) {
            best = Some((gain, x));
        }
    }
    best.map_or_else(Vec::new, |(_, x)| x)
}

/// A Gaussian process that has seen some figures.
struct Process<'a> {
    known: &'a [(Vec<f64>, f64)],
    /// mean and standard deviation of the figures
    scale: (f64, f64),
    /// the lower half of K + noise, K = L·Lᵀ, row by row
    lower: Vec<Vec<f64>>,
    /// (K + noise)⁻¹ y
    weights: Vec<f64>,
}

impl<'a> Process<'a> {
    fn of(known: &'a [(Vec<f64>, f64)]) -> Self {
        let n = known.len();
        let mean = known.iter().map(|k| k.1).sum::<f64>() / n as f64;
        let sd = (known.iter().map(|k| (k.1 - mean).powi(2)).sum::<f64>() / n as f64).sqrt().max(1e-9);
        // Cholesky
        let mut lower: Vec<Vec<f64>> = vec![];
        for (i, (x, _)) in known.iter().enumerate() {
            let mut row: Vec<f64> = vec![];
            for (j, (other, _)) in known.iter().enumerate().take(i + 1) {
                let known_by = |below: &[f64]| row.iter().zip(below).take(j).map(|(a, b)| a * b).sum::<f64>();
                let value = match lower.get(j) {
                    Some(below) => (kernel(x, other) - known_by(below)) / below.last().copied().unwrap_or(1.0),
                    None => (kernel(x, other) + NOISE - known_by(&row)).max(1e-12).sqrt(),
                };
                row.push(value);
            }
            lower.push(row);
        }
        let y: Vec<f64> = known.iter().map(|k| (k.1 - mean) / sd).collect();
        let mut weights = forwards(&lower, &y);
        // and backwards
        for i in (0..n).rev() {
            let rest: f64 = (i + 1..n).map(|k| lower[k][i] * weights[k]).sum();
            weights[i] = (weights[i] - rest) / lower[i][i];
        }
        Self { known, scale: (mean, sd), lower, weights }
    }

    /// Mean and standard deviation at a place, in units of the figures' own.
    fn at(&self, x: &[f64]) -> (f64, f64) {
        let k: Vec<f64> = self.known.iter().map(|(at, _)| kernel(at, x)).collect();
        let mean = k.iter().zip(&self.weights).map(|(k, w)| k * w).sum();
        let v = forwards(&self.lower, &k);
        let variance = 1.0 - v.iter().map(|v| v * v).sum::<f64>();
        (mean, variance.max(0.0).sqrt())
    }

    /// By how much a place is expected to exceed the best one so far.
    fn improvement(&self, x: &[f64]) -> f64 {
        let best = self.known.iter().map(|k| (k.1 - self.scale.0) / self.scale.1).fold(f64::NEG_INFINITY, f64::max);
        let (mean, sd) = self.at(x);
        if sd < 1e-9 {
            return (mean - best).max(0.0);
        }
        let z = (mean - best) / sd;
        let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
        sd * (z * normal(z) + density)
    }
}

/// L⁻¹ y
fn forwards(lower: &[Vec<f64>], y: &[f64]) -> Vec<f64> {
    let mut out: Vec<f64> = vec![];
    for (row, y) in lower.iter().zip(y) {
        let rest: f64 = row.iter().zip(&out).map(|(l, o)| l * o).sum();
        out.push((y - rest) / row.get(out.len()).copied().unwrap_or(1.0));
    }
    out
}

/// Matérn 5/2
fn kernel(a: &[f64], b: &[f64]) -> f64 {
    let r = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt() / LENGTH * 5f64.sqrt();
    (1.0 + r + r * r / 3.0) * (-r).exp()
}

/// The distribution function of N(0, 1) (Abramowitz and Stegun 1964, 26.2.17).
fn normal(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let poly =
        t * (0.319_381_53 + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let upper = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt() * poly;
    if z < 0.0 { upper } else { 1.0 - upper }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figure is best at (7, 2); twenty trials come nearer than draws do, and are a function of seed and history.
    #[test]
    fn trials_gather_where_the_figure_is_best() {
        let figure = |x: &[f64]| -((x[0] - 7.0).powi(2) + (x[1] - 2.0).powi(2));
        let (mut found, mut random) = (0.0, 0.0);
        for seed in 0..6 {
            let mut tried: Vec<(Vec<f64>, Option<f64>)> = vec![];
            for _ in 0..20 {
                let asked = Asked { seed, stage: 1, numbers: 2, bounds: (1.0, 9.0), tried: &tried };
                let x = gaussian_process(&asked);
                assert_eq!(x, gaussian_process(&asked));
                assert!(x.iter().all(|x| (1.0..=9.0).contains(x) && x.fract() == 0.0), "{x:?}");
                tried.push((x.clone(), Some(figure(&x))));
            }
            let best = |of: &[(Vec<f64>, Option<f64>)]| of.iter().filter_map(|t| t.1).fold(f64::MIN, f64::max);
            found += best(&tried);
            let mut rng = generator(seed, "draws", &[]);
            let draws: Vec<_> = (0..20)
                .map(|_| [0, 1].map(|_| (1.0 + rng.random::<f64>() * 9.0).floor()).to_vec())
                .map(|x| (x.clone(), Some(figure(&x))))
                .collect();
            random += best(&draws);
        }
        assert!(found / 6.0 > -1.1 && found > random, "{found} {random}");
    }

    #[test]
    fn a_process_passes_near_what_it_saw() {
        let known = vec![(vec![0.1], 3.0), (vec![0.5], 5.0), (vec![0.9], 4.0)];
        let p = Process::of(&known);
        for (x, y) in &known {
            let (mean, sd) = p.at(x);
            assert!((p.scale.0 + mean * p.scale.1 - y).abs() < 0.05 && sd < 0.15);
        }
        assert!(p.at(&[3.0]).1 > 0.99);
        assert!((normal(1.96) - 0.975).abs() < 1e-4 && (normal(-1.0) - 0.158_66).abs() < 1e-4);
    }
}
