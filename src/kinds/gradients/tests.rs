//! Each method against numbers reckoned here, and what its paper proves of it.

use super::{Combine, GRADIENTS, Gram, Memory, Place, find};
use crate::plan::{Setting, Settings};
use crate::random::generator;
use rand::RngExt;

type Rows = Vec<Vec<f64>>;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn gram(rows: &Rows) -> Gram {
    let products: Vec<f64> = rows.iter().flat_map(|a| rows.iter().map(|b| dot(a, b))).collect();
    Gram::new(rows.len(), &products)
}

fn method(word: &str) -> &'static dyn Combine {
    find(word).and_then(|m| m.combine).unwrap()
}

/// Factors of a method, and its direction.
fn run(word: &str, settings: &[(&'static str, f64)], rows: &Rows) -> (Vec<f64>, Vec<f64>) {
    let settings: Settings = settings.iter().map(|(n, x)| (*n, Setting::Real(*x))).collect();
    let whose: Vec<usize> = (0..rows.len()).collect();
    let place = Place { settings: &settings, whose: &whose, seed: 1, step: 0 };
    let c = method(word).factors(&gram(rows), &place, &mut Memory::new());
    let direction = (0..rows[0].len()).map(|k| c.iter().zip(rows).map(|(c, r)| c * r[k]).sum()).collect();
    (c, direction)
}

#[track_caller]
fn near(found: &[f64], expected: &[f64]) {
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + b.abs()));
    assert!(found.len() == expected.len() && close, "{found:?}, not {expected:?}");
}

/// The vectors with which the peer library shows its aggregators.
fn known() -> Rows {
    vec![vec![-4.0, 1.0, 1.0], vec![6.0, 1.0, 1.0]]
}

/// Gradients of unlike lengths, most of which conflict.
fn drawn(n: usize, d: usize, seed: u64) -> Rows {
    let mut rng = generator(seed, "gradients", &[]);
    (0..n).map(|i| (0..d).map(|_| (i + 1) as f64 * (rng.random::<f64>() - 0.5)).collect()).collect()
}

const COMBINING: [&str; 11] =
    ["pcgrad", "gradvac", "mgda", "cagrad", "nash", "fairgrad", "aligned", "imtl", "upgrad", "dualproj", "config"];

#[test]
fn every_method_is_tested_here() {
    let all: Vec<&str> = GRADIENTS.iter().filter(|m| m.combine.is_some()).map(|m| m.row.name).collect();
    assert_eq!(all, COMBINING);
    assert!(GRADIENTS.iter().all(|m| m.row.runs));
}

#[test]
fn what_does_not_conflict_is_summed() {
    let rows = vec![vec![2.0, 0.0, 0.0], vec![0.0, 2.0, 0.0], vec![0.0, 0.0, 2.0]];
    for word in COMBINING {
        let c = run(word, &[("c", 0.0)], &rows).0;
        near(&c, &[1.0, 1.0, 1.0]);
    }
}

#[test]
fn factors_do_not_depend_on_the_size_of_all() {
    let rows = drawn(4, 6, 3);
    let larger: Rows = rows.iter().map(|r| r.iter().map(|x| 1000.0 * x).collect()).collect();
    for word in COMBINING {
        near(&run(word, &[], &larger).0, &run(word, &[], &rows).0);
    }
}

#[test]
fn one_gradient_alone_stays() {
    for word in COMBINING {
        near(&run(word, &[("c", 0.0)], &vec![vec![3.0, 4.0]]).0, &[1.0]);
    }
}

#[test]
fn dependent_gradients_give_numbers() {
    let opposite = vec![vec![1.0, 2.0], vec![-1.0, -2.0]];
    let equal = vec![vec![1.0, 2.0], vec![1.0, 2.0], vec![1.0, 2.0]];
    for word in COMBINING {
        for rows in [&opposite, &equal] {
            let c = run(word, &[], rows).0;
            assert!(c.iter().all(|c| c.is_finite()), "{word}: {c:?}");
        }
    }
    // nothing helps one without harm to the other
    for word in ["mgda", "upgrad", "dualproj"] {
        assert!(run(word, &[], &opposite).1.iter().all(|d| d.abs() < 1e-6), "{word}");
    }
}

#[test]
fn upgrad_and_dualproj_as_the_library_says() {
    // TorchJD gives [0.2929, 1.9004, 1.9004] by the factors [1.1109, 0.7894] for the mean; here it is the sum
    let (c, d) = run("upgrad", &[], &known());
    near(&c, &[2.2222, 1.5789]);
    near(&d, &[0.5848, 3.8012, 3.8012]);
    // g₁·(g₁ + g₂) = −4 < 0: v = (1 + 4/18, 1)
    near(&run("dualproj", &[], &known()).0, &[1.2222, 1.0]);
    for seed in 0..20 {
        let rows = drawn(5, 7, seed);
        for word in ["upgrad", "dualproj"] {
            let (c, d) = run(word, &[], &rows);
            let size = dot(&d, &d).sqrt();
            assert!(rows.iter().all(|g| dot(g, &d) >= -1e-6 * size * dot(g, g).sqrt()), "{word}, {seed}");
            assert!(c.iter().all(|c| *c >= 1.0 - 1e-9));
        }
    }
}

#[test]
fn pcgrad_by_the_algorithm() {
    // g₁' = g₁ + 22/38·g₂, g₂' = g₂ + 22/18·g₁
    near(&run("pcgrad", &[], &known()).0, &[1.0 + 22.0 / 18.0, 1.0 + 22.0 / 38.0]);
    for seed in 0..20 {
        let rows = drawn(2, 5, seed);
        let (_, d) = run("pcgrad", &[], &rows);
        assert!(rows.iter().all(|g| dot(g, &d) >= -1e-9), "two tasks never lose by it: {seed}");
    }
    // the order in which more than two are projected is drawn at every step
    let rows = drawn(4, 5, 2);
    let at = |step: u64| {
        let whose = [0, 1, 2, 3];
        let place = Place { settings: &Settings::new(), whose: &whose, seed: 1, step };
        method("pcgrad").factors(&gram(&rows), &place, &mut Memory::new())
    };
    assert_eq!(at(1), at(1));
    assert!((2..20).any(|s| at(s) != at(1)));
}

#[test]
fn gradvac_turns_gradients_to_the_mean_cosine() {
    let (settings, whose) = (Settings::from([("beta", Setting::Real(0.5))]), [0, 1]);
    let place = Place { settings: &settings, whose: &whose, seed: 1, step: 0 };
    let mut memory = Memory::new();
    let mut of = |rows: &Rows| method("gradvac").factors(&gram(rows), &place, &mut memory);
    // cosine ½, above 0: nothing changes, and the mean is ¼ then
    near(&of(&vec![vec![1.0, 0.0], vec![0.5, 0.75f64.sqrt()]]), &[1.0, 1.0]);
    // orthogonal, and turned until the cosine is ¼: + ‖g₁‖·¼ / (‖g₂‖·√(1 − ¹⁄₁₆))
    let rows = vec![vec![2.0, 0.0], vec![0.0, 1.0]];
    let c = of(&rows);
    let (to, fro) = (2.0 * 0.25 / (15.0f64 / 16.0).sqrt(), 0.5 * 0.25 / (15.0f64 / 16.0).sqrt());
    near(&c, &[1.0 + fro, 1.0 + to]);
    let turned = [2.0, to];
    assert!((turned[1] / dot(&turned, &turned).sqrt() - 0.25).abs() < 1e-9);
    near(&memory["0 1"], &[0.125]);
}

/// The least value of a function over the simplex of three, on a grid.
fn least_on_grid(f: impl Fn(&[f64]) -> f64) -> f64 {
    let n = 400;
    let mut least = f64::INFINITY;
    for a in 0..=n {
        for b in 0..=n - a {
            let w = [a as f64 / n as f64, b as f64 / n as f64, (n - a - b) as f64 / n as f64];
            least = least.min(f(&w));
        }
    }
    least
}

#[test]
fn mgda_is_the_shortest_mean() {
    // two: γ = ((g₂ − g₁)·g₂) / ‖g₁ − g₂‖² = (38 + 22) / 100
    near(&run("mgda", &[], &known()).0, &[1.2, 0.8]);
    // one of two lies behind the other: all weight
    near(&run("mgda", &[], &vec![vec![1.0, 0.0], vec![5.0, 1.0]]).0, &[2.0, 0.0]);
    for seed in 0..10 {
        let rows = drawn(3, 4, seed);
        let g = gram(&rows);
        let w: Vec<f64> = run("mgda", &[], &rows).0.iter().map(|c| c / 3.0).collect();
        assert!(w.iter().all(|w| *w >= 0.0) && (w.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let grid = least_on_grid(|w| g.square(w));
        assert!(g.square(&w) <= grid + 1e-9 && g.square(&w) >= grid - 1e-3, "{seed}");
    }
}

#[test]
fn cagrad_is_the_best_for_the_worst_within_its_radius() {
    for seed in 0..10 {
        let (rows, c) = (drawn(3, 4, seed), 0.4);
        let g = gram(&rows);
        let (factors, _) = run("cagrad", &[("c", c)], &rows);
        let mean = [1.0 / 3.0; 3];
        let radius = c * g.square(&mean).sqrt();
        // with T and 1 + c² taken out: inside the ball, and as good for the worst-off task as the dual says
        let plain: Vec<f64> = factors.iter().map(|f| f * (1.0 + c * c) / 3.0).collect();
        let away: Vec<f64> = plain.iter().map(|p| p - 1.0 / 3.0).collect();
        assert!((g.square(&away).sqrt() - radius).abs() < 1e-6, "{seed}");
        let worst = g.times(&plain).into_iter().fold(f64::INFINITY, f64::min);
        let dual = least_on_grid(|w| {
            w.iter().zip(g.times(&mean)).map(|(w, m)| w * m).sum::<f64>() + radius * g.square(w).sqrt()
        });
        assert!((worst - dual).abs() < 1e-3, "{seed}: {worst} and {dual}");
    }
}

#[test]
fn nash_and_fairness_solve_their_equations() {
    // orthogonal: ‖g‖²·c = 1/c, over the mean square 2.5
    near(&run("nash", &[], &vec![vec![1.0, 0.0], vec![0.0, 2.0]]).0, &[2.5f64.sqrt(), 2.5f64.sqrt() / 2.0]);
    for seed in 0..20 {
        let rows = drawn(4, 6, seed);
        for (word, alpha) in [("nash", 1.0), ("fairgrad", 0.5), ("fairgrad", 1.0), ("fairgrad", 2.0), ("fairgrad", 8.0)]
        {
            let (c, _) = run(word, &[("alpha", alpha)], &rows);
            assert!(c.iter().all(|c| *c > 0.0), "{word} {alpha} {seed}: {c:?}");
            let expected: Vec<f64> = c.iter().map(|c| c.powf(-1.0 / alpha)).collect();
            near(&gram(&rows).times(&c), &expected);
        }
    }
}

#[test]
fn aligned_gradients_are_orthogonal_and_equally_long() {
    let rows = known();
    let (c, _) = run("aligned", &[], &rows);
    // c = σ·G^(−½)·1 with σ² the least eigenvalue of G; so cᵀGc = 2σ², and (G^½ c)ᵢ = σ
    let (trace, det): (f64, f64) = (18.0 + 38.0, 18.0 * 38.0 - 22.0 * 22.0);
    let least = (trace - (trace * trace - 4.0 * det).sqrt()) / 2.0;
    let square = 18.0 * c[0] * c[0] - 44.0 * c[0] * c[1] + 38.0 * c[1] * c[1];
    assert!((square - 2.0 * least).abs() < 1e-6, "{square} and {least}");
    // the square root of a 2 × 2 matrix: (G + √det) / √(trace + 2√det)
    let root = det.sqrt();
    let scale = (trace + 2.0 * root).sqrt();
    let half = [(18.0 + root) * c[0] - 22.0 * c[1], -22.0 * c[0] + (38.0 + root) * c[1]].map(|x| x / scale);
    near(&half, &[least.sqrt(), least.sqrt()]);
}

#[test]
fn imtl_projects_equally_on_all() {
    for seed in 0..20 {
        let rows = drawn(4, 6, seed);
        let (c, d) = run("imtl", &[], &rows);
        let along: Vec<f64> = rows.iter().map(|g| dot(g, &d) / dot(g, g).sqrt()).collect();
        near(&along, &[along[0]; 4]);
        assert!(along[0] > 0.0, "{seed}");
        let sum: f64 = c.iter().sum();
        assert!(sum <= 4.0 + 1e-9, "{seed}: {sum}");
    }
    // two: α₁‖g₁‖·(1 − cos) = α₂‖g₂‖·(1 − cos), α₁ + α₂ = 1, times 2
    let (a, b) = (18f64.sqrt(), 38f64.sqrt());
    near(&run("imtl", &[], &known()).0, &[2.0 * b / (a + b), 2.0 * a / (a + b)]);
}

#[test]
fn config_has_one_cosine_with_all() {
    for seed in 0..20 {
        let rows = drawn(4, 6, seed);
        let (_, d) = run("config", &[], &rows);
        let length = dot(&d, &d).sqrt();
        let along: Vec<f64> = rows.iter().map(|g| dot(g, &d) / dot(g, g).sqrt() / length).collect();
        near(&along, &[along[0]; 4]);
        assert!(along[0] > 0.0);
        // as long as all projections on it
        let projected: f64 = rows.iter().map(|g| dot(g, &d) / length).sum();
        near(&[length], &[projected]);
    }
}

#[test]
fn eigenvalues_give_the_matrix_back() {
    let g = gram(&drawn(6, 9, 4));
    let spectrum = g.eigen();
    for i in 0..6 {
        for j in 0..6 {
            let sum: f64 = spectrum.iter().map(|(l, v)| l * v[i] * v[j]).sum();
            assert!((sum - g.at(i, j)).abs() < 1e-9);
        }
    }
}
