//! Each weighting against numbers that are reckoned here by hand.

use super::{Loss, Memory, Step, Told, WEIGHTINGS, Weigh, find};
use crate::plan::{Setting, Settings};

#[expect(clippy::unwrap_used, reason = "a word of the list")]
fn weigh(word: &str) -> &'static dyn Weigh {
    find(word).and_then(|w| w.weigh).unwrap()
}

/// Tasks 0, 1, ... with these losses.
fn step<'a>(values: &[f64], settings: &'a Settings, of_stage: &'a [usize]) -> Step<'a> {
    let loss = |(task, value): (usize, &f64)| Loss { task, value: *value, weight: 1.0, ..Loss::default() };
    let losses = values.iter().enumerate().map(loss).collect();
    Step { losses, told: vec![], of_stage, tasks: of_stage.len(), settings, seed: 1, step: 0, epoch: 0 }
}

#[track_caller]
fn near(found: &[f64], expected: &[f64]) {
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(found.len() == expected.len() && close, "{found:?}, not {expected:?}");
}

#[test]
fn what_runs_is_whole() {
    for w in WEIGHTINGS {
        assert_eq!(w.row.runs, w.weigh.is_some(), "{}", w.row.name);
    }
}

#[test]
fn every_factor_is_times_the_own_weight() {
    let none = Settings::new();
    for w in WEIGHTINGS.iter().filter(|w| w.row.runs) {
        let mut s = step(&[2.0, 0.5], &none, &[0, 1]);
        let plain = weigh(w.row.name).factors(&s, &mut Memory::new());
        s.losses[1].weight = 3.0;
        let more = weigh(w.row.name).factors(&s, &mut Memory::new());
        near(&more, &[plain[0], 3.0 * plain[1]]);
    }
}

#[test]
fn dwa_by_the_paper() {
    let settings = Settings::from([("temperature", Setting::Real(2.0))]);
    let mut memory = Memory::new();
    let mut of = |epoch: u64, losses: [f64; 2]| {
        weigh("dwa").factors(&Step { epoch, ..step(&losses, &settings, &[0, 1]) }, &mut memory)
    };
    near(&of(0, [4.0, 2.0]), &[1.0, 1.0]);
    near(&of(0, [2.0, 2.0]), &[1.0, 1.0]);
    near(&of(1, [1.5, 1.8]), &[1.0, 1.0]);
    // means 3 and 2, then 1.5 and 1.8: r = 0.5 and 0.9; 2·exp(0.25) / (exp(0.25) + exp(0.45)) = 0.900332
    near(&of(2, [1.0, 1.0]), &[0.900_332, 1.099_668]);
    near(&of(2, [9.0, 9.0]), &[0.900_332, 1.099_668]);
}

#[test]
fn random_weights_sum_to_the_tasks_and_depend_on_the_step() {
    let none = Settings::new();
    let at = |n: u64| {
        let s = Step { step: n, ..step(&[1.0, 1.0, 1.0], &none, &[0, 1, 2]) };
        weigh("random").factors(&s, &mut Memory::new())
    };
    assert_eq!(at(5), at(5));
    assert_ne!(at(5), at(6));
    assert!((at(5).iter().sum::<f64>() - 3.0).abs() < 1e-9);
    // the logarithms of two factors differ by the difference of two normals: variance 2
    let differences: Vec<f64> = (0..2000).map(|n| (at(n)[0] / at(n)[1]).ln()).collect();
    let mean = differences.iter().sum::<f64>() / 2000.0;
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 2000.0;
    assert!(mean.abs() < 0.1 && (variance - 2.0).abs() < 0.2, "{mean} {variance}");
}

#[test]
fn geometric_is_the_gradient_of_the_geometric_mean() {
    let none = Settings::new();
    let losses = [4.0, 1.0, 0.5];
    let found = weigh("geometric").factors(&step(&losses, &none, &[0, 1, 2]), &mut Memory::new());
    let mean = |l: [f64; 3]| (l[0] * l[1] * l[2]).cbrt();
    let slope = |i: usize| {
        let (mut up, mut down) = (losses, losses);
        up[i] += 1e-6;
        down[i] -= 1e-6;
        (mean(up) - mean(down)) / 2e-6
    };
    near(&found, &[slope(0), slope(1), slope(2)]);
}

#[test]
fn scale_invariance() {
    let none = Settings::new();
    let of = |l: [f64; 2]| weigh("scale_invariant").factors(&step(&l, &none, &[0, 1]), &mut Memory::new());
    near(&of([4.0, 0.5]), &[0.25, 2.0]);
    // what a loss adds to the gradient is the same in another unit
    assert_eq!(of([4.0, 0.5])[0] * 4.0, of([400.0, 0.5])[0] * 400.0);
}

#[test]
fn logarithms_of_classes() {
    let none = Settings::new();
    let mut s = step(&[1.0, 1.0, 1.0], &none, &[0, 1, 2]);
    (s.losses[0].classes, s.losses[1].classes) = (Some(3), Some(1));
    near(&weigh("log_classes").factors(&s, &mut Memory::new()), &[1.0 / 3.0f64.ln(), 1.0, 1.0]);
}

#[test]
fn famo_by_the_algorithm() {
    let none = Settings::new();
    let mut memory = Memory::new();
    let s = step(&[2.0, 1.0], &none, &[0, 1]);
    // z = ½ and ½, c = 1 / (½/2 + ½/1) = 4/3; 2·c·z/L
    near(&weigh("famo").factors(&s, &mut memory), &[2.0 / 3.0, 4.0 / 3.0]);
    weigh("famo").after(&s, &[1.8, 0.5], &mut memory);
    // the second fell faster; the first step of Adam is the learning rate: ξ = ±0.025
    near(&memory["logits"], &[0.025, -0.025]);
    // z = 1 / (1 + exp(−0.05)) = 0.512497; c·z/L: 0.512497/2 and 0.487503, over their sum, times 2
    near(&weigh("famo").factors(&s, &mut memory), &[0.689_071, 1.310_929]);
    weigh("famo").after(&s, &[1.8, 0.5], &mut memory);
    // δ = 0.105361, 0.693147; z₁z₂(δ₁ − δ₂) = −0.146855, with 0.01·ξ: −0.146605 and 0.146605, after −0.146947 and 0.146947: the
    // means of Adam are as large as its roots of squares, to a thousandth
    assert!((memory["logits"][0] - 0.05).abs() < 2e-4, "{:?}", memory["logits"]);
}

#[test]
fn what_stalls_counts_less_and_less() {
    let settings = Settings::from([("main", Setting::Int(0)), ("decay", Setting::Real(0.5))]);
    let mut memory = Memory::new();
    let mut of = |epoch: u64, losses: [f64; 3]| {
        weigh("stalled").factors(&Step { epoch, ..step(&losses, &settings, &[0, 1, 2]) }, &mut memory)
    };
    assert_eq!(of(0, [1.0, 1.0, 1.0]), [1.0, 1.0, 1.0]);
    assert_eq!(of(1, [2.0, 0.5, 0.995]), [1.0, 1.0, 1.0]);
    // the main task got worse, the second better, the third by less than a hundredth
    assert_eq!(of(2, [3.0, 0.4, 0.9]), [1.0, 1.0, 0.5]);
    assert_eq!(of(3, [4.0, 0.6, 0.95]), [1.0, 1.0, 0.5]);
    assert_eq!(of(4, [4.0, 0.6, 0.95]), [1.0, 0.5, 0.25]);
}

#[test]
fn gradnorm_by_the_algorithm() {
    let none = Settings::new();
    let mut memory = Memory::new();
    let of = |epoch: u64, losses: [f64; 2], memory: &mut Memory| {
        let s = Step { epoch, ..step(&losses, &none, &[0, 1]) };
        let factors = weigh("gradnorm").factors(&s, memory);
        weigh("gradnorm").slopes(&s, &[1.0, 1.0], memory);
        factors
    };
    // in the first epoch L(0) is taken: 2 and 1
    near(&of(0, [3.0, 1.0], &mut memory), &[1.0, 1.0]);
    near(&of(0, [1.0, 1.0], &mut memory), &[1.0, 1.0]);
    // then half and all of it are left: r = ⅔ and 4/3, aims ⅔^1.5 = 0.544 and 1.540 against 1 and 1
    near(&of(1, [1.0, 1.0], &mut memory), &[1.0, 1.0]);
    // the first step of Adam is the learning rate
    near(&of(1, [1.0, 1.0], &mut memory), &[0.975, 1.025]);
    for _ in 0..1000 {
        of(1, [1.0, 1.0], &mut memory);
    }
    let w = memory["weights"].clone();
    assert!(w[0] >= 1e-4 && w[0] < 0.1 && (w[0] + w[1] - 2.0).abs() < 1e-9, "{w:?}");
}

#[test]
fn relatedness_by_the_discriminator() {
    let none = Settings::new();
    let mut memory = Memory::new();
    let mut s = step(&[1.0, 1.0, 1.0, 1.0], &none, &[0, 1, 2, 3]);
    s.losses.iter_mut().for_each(|l| l.corpora = if l.task < 3 { vec![l.task] } else { vec![0, 1, 2] });
    let said = [[0.5, 0.4, 0.1], [0.25, 0.5, 0.25], [0.0, 0.2, 0.8]];
    let told = |corpus: usize| Told { corpus, class: corpus, said: said[corpus].to_vec() };
    s.told = (0..3).map(told).collect();
    // R = [1, 0.8, 0.2; 0.5, 1, 0.5; 0, 0.25, 1]: columns 1.5, 2.05, 1.7 of 5.25, times 3
    let expected = [1.5 / 1.75, 2.05 / 1.75, 1.7 / 1.75, 1.0];
    near(&weigh("relatedness").factors(&s, &mut memory), &expected);
    // what was said before stays for the greater part
    s.told = vec![Told { corpus: 0, class: 0, said: vec![1.0, 0.0, 0.0] }];
    weigh("relatedness").factors(&s, &mut memory);
    near(&memory["said of 0"], &[0.55, 0.36, 0.09]);
}
