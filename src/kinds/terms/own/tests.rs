//! The losses of tasks against plain computations.

use super::*;
use crate::ops::host::{tensor, to_vec};
use crate::plan::{OwnLoss, Setting, Settings};
use burn::tensor::Device;

const Z: [f32; 6] = [0.5, -1.0, 2.0, 0.1, 0.3, -0.4];

fn judged(gold: Gold, target: [f32; 6], weights: &[f64]) -> Judged {
    let scores = tensor::<2>(Z.to_vec(), [2, 3], &Device::flex().autodiff()).require_grad();
    Judged { scores, target: target.to_vec(), has: vec![true; 2], gold, weights: weights.to_vec() }
}

/// The loss, whose gradient is held to differences.
fn loss(kind: &str, settings: &[(&'static str, f64)], j: &Judged) -> f64 {
    let settings = settings.iter().map(|(n, v)| (*n, Setting::Real(*v))).collect();
    let l = OwnLoss { kind: kind.into(), settings, factor: 1.0 };
    let (value, count) = of(&l, j).unwrap();
    assert_eq!(count, j.has.iter().filter(|h| **h).count());
    let grads = value.clone().backward();
    let slope = to_vec(&j.scores.grad(&grads).unwrap());
    let z = to_vec(&j.scores);
    for (i, own) in slope.iter().enumerate() {
        let at = |d: f32| {
            let mut moved = z.clone();
            moved[i] += d;
            let scores = tensor::<2>(moved, j.scores.dims(), &Device::flex().autodiff());
            let moved =
                Judged { scores, target: j.target.clone(), has: j.has.clone(), weights: j.weights.clone(), ..*j };
            f64::from(to_vec(&of(&l, &moved).unwrap().0)[0])
        };
        let difference = (at(1e-2) - at(-1e-2)) / 2e-2;
        assert!((difference - f64::from(*own)).abs() < 1e-3, "{kind} {i}: {own} {difference}");
    }
    f64::from(to_vec(&value)[0])
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-5, "{a} {b}");
}

fn p(row: usize) -> [f64; 3] {
    let e = [0, 1, 2].map(|k| f64::from(Z[row * 3 + k]).exp());
    e.map(|x| x / e.iter().sum::<f64>())
}

fn sigma(i: usize) -> f64 {
    1.0 / (1.0 + (-f64::from(Z[i])).exp())
}

#[test]
fn of_one_class() {
    let target = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let j = judged(Gold::One, target, &[]);
    let (a, b) = (p(0)[0], p(1)[1]);
    close(loss("ce", &[], &j), -(a.ln() + b.ln()) / 2.0);
    let smooth = |row: [f64; 3], y: usize| -> f64 {
        (0..3).map(|k| -((if k == y { 0.7 } else { 0.0 }) + 0.1) * row[k].ln()).sum()
    };
    close(loss("ce", &[("smoothing", 0.3)], &j), (smooth(p(0), 0) + smooth(p(1), 1)) / 2.0);
    let focal = |p: f64| -(1.0 - p).powi(3) * p.ln();
    close(loss("focal", &[("gamma", 3.0)], &j), (focal(a) + focal(b)) / 2.0);
    close(loss("focal", &[("gamma", 0.0)], &j), loss("ce", &[], &j));
    let margin = |row: [f64; 3], y: usize| -> f64 {
        let part = |k: usize| {
            if k == y { (0.8 - row[k]).max(0.0).powi(2) } else { 0.5 * (row[k] - 0.2).max(0.0).powi(2) }
        };
        (0..3).map(part).sum()
    };
    close(loss("margin", &[("positive", 0.8), ("negative", 0.2)], &j), (margin(p(0), 0) + margin(p(1), 1)) / 2.0);
    // weights of classes weigh rows
    let j = judged(Gold::One, target, &[3.0, 1.0, 9.0]);
    close(loss("ce", &[], &j), -(3.0 * a.ln() + b.ln()) / 4.0);
    let mut j = judged(Gold::One, target, &[]);
    j.has = vec![false, true];
    close(loss("ce", &[], &j), -b.ln());
    j.has = vec![false, false];
    assert!(of(&OwnLoss { kind: "ce".into(), settings: Settings::new(), factor: 1.0 }, &j).is_none());
}

#[test]
fn of_classes_by_themselves_and_numbers() {
    let target = [1.0, 0.0, 1.0, 0.0, 0.0, 1.0];
    let right = |i: usize| if target[i] > 0.0 { sigma(i) } else { 1.0 - sigma(i) };
    let j = judged(Gold::Each, target, &[]);
    close(loss("ce", &[], &j), (0..6).map(|i| -right(i).ln()).sum::<f64>() / 6.0);
    close(loss("focal", &[], &j), (0..6).map(|i| -(1.0 - right(i)).powi(2) * right(i).ln()).sum::<f64>() / 6.0);
    let w = [2.0, 0.5, 1.0];
    let j = judged(Gold::Each, target, &w);
    close(loss("ce", &[], &j), (0..6).map(|i| -w[i % 3] * right(i).ln()).sum::<f64>() / 6.0);
    let scores = tensor::<2>(vec![1.0, -2.0], [2, 1], &Device::flex().autodiff()).require_grad();
    let j = Judged { scores, target: vec![0.5, 0.0], has: vec![true; 2], gold: Gold::Number, weights: vec![] };
    close(loss("mse", &[], &j), (0.25 + 4.0) / 2.0);
}

#[test]
fn what_runs_is_whole() {
    for l in TASK_LOSSES.iter().filter(|l| l.row.name != NO_LOSS) {
        assert_eq!(l.row.runs, l.each.is_some(), "{}", l.row.name);
    }
}
