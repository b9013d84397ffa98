//! Likelihood against a plain form, finite differences, trees out of decisions, figures by hand.

use super::super::{AnswerCx, GoldCx, HeadKind, LogP, build};
use super::*;
use crate::kinds::metrics::Scored;
use crate::ops::host::{tensor, to_vec};
use crate::ops::kernels::{mix, uniform};
use crate::ops::layer::Cx;
use crate::ops::params::Params;
use crate::ops::value::{Axis, Value};
use crate::plan::{Factor, LabelSpec, Param, Task};
use crate::records::{Forms, LabelSet};
use burn::tensor::{Device, Tensor};
use std::collections::HashMap;
use std::sync::Arc;

const D: usize = 3;
const LENGTHS: [usize; 3] = [3, 0, 2];
const RELATIONS: [&str; 3] = ["nsubj", "obl", "root"];

fn random(n: usize, seed: u64) -> Vec<f32> {
    (0..n).map(|i| (4.0 * uniform(mix(seed), i) - 2.0) as f32).collect()
}

fn task() -> (Task, Vec<Param>, LabelSpec) {
    let settings: Settings =
        [("arc", 4), ("label", 2)].map(|(n, v)| (n.to_string(), Setting::Int(v))).into_iter().collect();
    let [a, l, r] = [4, 2, RELATIONS.len()];
    let mut shapes = vec![];
    for d in [a, a, l, l] {
        shapes.extend([vec![D, d], vec![d]]);
    }
    shapes.extend([vec![1, D], vec![a, a], vec![a], vec![l, r * l], vec![l, r], vec![l, r], vec![r]]);
    let param =
        |(i, shape)| Param { name: format!("p{i}"), shape, init: Init::Uniform(1.0), owner: "t".into(), also: vec![] };
    let params: Vec<Param> = shapes.into_iter().enumerate().map(param).collect();
    let labels = LabelSpec {
        name: "l".into(),
        fields: vec![],
        layer_names: false,
        words: None,
        classes: RELATIONS.map(String::from).to_vec(),
    };
    let task = Task {
        name: "t".into(),
        head: "parse".into(),
        settings,
        params: (0..params.len()).collect(),
        labels: Some(0),
        layers: None,
        weight: Factor::Fixed(1.0),
        loss: None,
        class_weights: None,
        golds: vec![],
        metrics: vec![],
        step: 0,
    };
    (task, params, labels)
}

/// Runs the head on random features, and gives the gradient of what `f` makes of it in the features.
fn with<R>(
    features: Vec<f32>,
    f: impl FnOnce(&dyn super::super::Head, &Value, &Cx) -> (Tensor<1>, R),
) -> (Vec<f32>, R) {
    let (task, params, labels) = task();
    let head = build(&task, &[labels]).unwrap();
    let params = Params::new(&params, 2, &Device::flex(), &|_, _| None);
    let n: usize = LENGTHS.iter().sum();
    let leaf = tensor::<2>(features, [n, D], &Device::flex().autodiff()).require_grad();
    let value = Value::Rows(leaf.clone(), Arc::new(Axis::from_lengths(LENGTHS)));
    let (forms, counts) = (Forms::default(), HashMap::new());
    let cx = Cx {
        params: &params,
        training: true,
        dropout_key: 1,
        node: 0,
        progress: 0.0,
        forms: &forms,
        step: 0,
        vocab_counts: &counts,
        pieces: &[],
    };
    let (sum, out) = f(&*head, &head.scores(&[&value], &cx), &cx);
    let grads = (sum + leaf.clone().sum().mul_scalar(0.0)).backward();
    (to_vec(&leaf.grad(&grads).unwrap()), out)
}

fn gold() -> Records {
    // the last relation was never seen in training; the second text is empty; one token has no gold
    Records::rows(2, [vec![2, 0, 0, 2, 2, 7], vec![], vec![-1, -1, 1, 1]])
}

fn loss_of(features: Vec<f32>) -> f32 {
    with(features, |h, s, cx| {
        let (loss, n) = h.loss(s, &gold(), cx).unwrap();
        assert_eq!(n, 4);
        (loss.clone(), to_vec(&loss)[0])
    })
    .1
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let x = random(5 * D, 3);
    let (slope, _) = with(x.clone(), |h, s, cx| (h.loss(s, &gold(), cx).unwrap().0, ()));
    for i in 0..x.len() {
        let at = |by: f32| {
            let mut x = x.clone();
            x[i] += by;
            f64::from(loss_of(x))
        };
        let numeric = (at(1e-3) - at(-1e-3)) / 2e-3;
        assert!((numeric - f64::from(slope[i])).abs() < 5e-3, "{i}: {numeric} {}", slope[i]);
    }
    assert!(slope.iter().any(|g| g.abs() > 1e-3));
}

#[test]
fn governors_are_as_likely_as_in_plain_operations() {
    let (n, a) = (5, 4);
    let device = Device::flex().autodiff();
    let leaf = |rows: usize, seed| tensor::<2>(random(rows * a, seed), [rows, a], &device).require_grad();
    let layout = Arc::new(Axis::from_lengths(LENGTHS));
    let heads = [2, 0, 2, -1, 1];
    let weights = tensor::<2>(random(n, 9), [n, 1], &device);
    let run = |fused: bool| {
        let (q, k, root) = (leaf(n, 1), leaf(n, 2), leaf(1, 3));
        let p = match fused {
            true => model::arc_logp(&q, &k, &root, &layout, &heads),
            false => model::arc_logp_reference(&q, &k, &root, &layout, &heads),
        };
        let grads = (p.clone() * weights.clone()).sum().backward();
        let slopes = [q, k, root].map(|x| to_vec(&x.grad(&grads).unwrap())).concat();
        (to_vec(&p), slopes)
    };
    let ((p, slopes), (plain, plain_slopes)) = (run(true), run(false));
    assert_eq!(p[3], 0.0);
    for (x, y) in p.iter().chain(&slopes).zip(plain.iter().chain(&plain_slopes)) {
        assert!((x - y).abs() < 1e-4, "{x} {y}");
    }
}

#[test]
fn log_probabilities_add_up_to_the_loss() {
    let x = random(5 * D, 4);
    let (_, logp): (_, LogP) =
        with(x.clone(), |h, s, cx| (Tensor::zeros([1], &Device::flex().autodiff()), h.logp(s, &gold(), cx)));
    assert_eq!(logp.has, [true, true, true, false, true]);
    // of four tokens with a governor three have a relation that the head knows
    let full = Records::rows(2, [vec![2, 0, 0, 2, 2, 1], vec![], vec![0, 2, 1, 1]]);
    with(x, |h, s, cx| {
        let (loss, _) = h.loss(s, &full, cx).unwrap();
        let (mean, n) = h.logp(s, &full, cx).mean().unwrap();
        assert!(n == 5 && (to_vec(&loss)[0] - to_vec(&mean)[0]).abs() < 1e-5);
        (loss, ())
    });
}

#[test]
fn decisions_are_trees_that_are_said_and_read_again() {
    for seed in 0..20 {
        let (_, said) =
            with(random(5 * D, seed), |h, s, cx| (Tensor::zeros([1], &Device::flex().autodiff()), h.decide(s, cx)));
        assert_eq!((said.width, said.len()), (2, 3));
        for (e, n) in LENGTHS.into_iter().enumerate() {
            let heads: Vec<i32> = said.row(e).chunks_exact(2).map(|p| p[0]).collect();
            assert_eq!(heads.len(), n);
            assert_eq!(heads.iter().filter(|h| **h == 0).count(), n.min(1));
            // what hangs on the root is `root`, and nothing else is
            assert!(said.row(e).chunks_exact(2).all(|p| (p[0] == 0) == (RELATIONS[p[1] as usize] == "root")));
        }
        let labels = LabelSet::new("l", RELATIONS.map(String::from).to_vec(), vec![]);
        let (settings, none) = (Settings::new(), LabelSet::default());
        let cx = AnswerCx {
            settings: &settings,
            labels: &labels,
            layers: &none,
            shown: Default::default(),
            sets: (",", ""),
        };
        let column = Column::Heads(
            (0..3)
                .map(|e| {
                    let json = (PARSE.say)(&cx, &said, e, &[]).json;
                    let list = |key: &str| json[key].as_array().unwrap().clone();
                    let heads = list("head").iter().map(|h| h.as_u64().unwrap() as usize).collect();
                    Some((heads, list("deprel").iter().map(|r| r.as_str().unwrap().to_string()).collect()))
                })
                .collect(),
        );
        let gold = GoldCx { labels: &labels, layers: &none, lengths: &|e| LENGTHS.get(e).copied() };
        let again = (PARSE.gold)(&gold, &column).unwrap();
        assert_eq!((again.ids, again.offsets), (said.ids, said.offsets));
    }
}

#[test]
fn figures_by_hand() {
    let labels = ["nsubj", "nsubj:pass", "obl"].map(String::from);
    let gold = Records::rows(2, [vec![2, 0, 0, 2, -1, -1], vec![0, 2]]);
    // right but for the subtype; right governor, wrong relation; no gold; cut off
    let pred = Records::rows(2, [vec![2, 1, 0, 0, 1, 1], vec![]]);
    let s = Scored { kind: TREES, gold: &gold, pred: &pred, labels: &labels, ranking: None, likelihood: None };
    let figure = |name: &str| {
        let head: &HeadKind = &PARSE;
        head.metrics.iter().find(|m| m.name == name).unwrap().compute(&s, &[], &[]).unwrap()
    };
    assert!((figure("las") - 1.0 / 3.0).abs() < 1e-12 && (figure("uas") - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn dropout_acts_while_training_alone() {
    let (mut task, params, labels) = task();
    task.settings.insert("dropout", Setting::Real(0.5));
    let head = build(&task, &[labels]).unwrap();
    let params = Params::new(&params, 2, &Device::flex(), &|_, _| None);
    let n: usize = LENGTHS.iter().sum();
    let features = tensor::<2>(random(n * D, 7), [n, D], &Device::flex());
    let value = Value::Rows(features, Arc::new(Axis::from_lengths(LENGTHS)));
    let (forms, counts) = (Forms::default(), HashMap::new());
    let states = |training: bool, dropout_key: u64| {
        let cx = Cx {
            params: &params.valid(),
            training,
            dropout_key,
            node: 0,
            step: 0,
            progress: 0.0,
            forms: &forms,
            vocab_counts: &counts,
            pieces: &[],
        };
        to_vec(crate::ops::layer::matrix(&head.scores(&[&value], &cx)))
    };
    let (whole, dropped) = (states(false, 1), states(true, 1));
    assert_eq!(whole, states(false, 2));
    assert_eq!(dropped, states(true, 1));
    assert_ne!(dropped, states(true, 2));
    assert!(dropped.iter().zip(&whole).all(|(d, w)| *d == 0.0 || *d == 2.0 * w));
    assert!(dropped.iter().zip(&whole).any(|(d, w)| *d == 0.0 && *w != 0.0));
}
