//! Losses, ports and decisions of the heads.

use super::model::*;
use super::{HEADS, rows};
use crate::ops::host::tensor;
use crate::ops::host::to_vec;
use crate::ops::kernels::{mix, uniform};
use crate::ops::layer::{Cx, matrix};
use crate::ops::params::Params;
use crate::ops::value::{Axis, Value};
use crate::plan::{Factor, Init, LabelSpec, Param, Setting, Settings, Task};
use crate::records::{Forms, Records};
use burn::tensor::{Device, Tensor};
use std::collections::HashMap;
use std::sync::Arc;

const D: usize = 3;
const LENGTHS: [usize; 3] = [3, 0, 2];

fn random(n: usize, seed: u64) -> Vec<f32> {
    (0..n).map(|i| (4.0 * uniform(mix(seed), i) - 2.0) as f32).collect()
}

/// Tags of all tokens as gold of the texts.
fn tags(ids: Vec<i32>) -> Records {
    Records::rows(1, Axis::from_lengths(LENGTHS).rows().map(|r| ids[r].to_vec()))
}

/// A head with parameters and features.
struct Bed {
    head: Box<dyn Head>,
    params: Params,
    features: Value,
    leaf: Tensor<2>,
}

fn bed(head: &str, settings: &[(&str, Setting)], classes: &[&str], width: usize) -> Bed {
    let k = classes.len();
    let crf = settings.iter().any(|(n, _)| *n == "crf");
    let mut shapes = vec![vec![D, width], vec![width]];
    if crf {
        shapes.extend([vec![k, k], vec![k], vec![k]]);
    }
    let specs: Vec<Param> = shapes
        .into_iter()
        .enumerate()
        .map(|(i, shape)| Param {
            name: format!("p{i}"),
            shape,
            init: Init::Uniform(1.0),
            owner: "t".into(),
            also: vec![],
        })
        .collect();
    let set = |names: &[&str]| LabelSpec {
        name: "l".into(),
        fields: vec![],
        layer_names: false,
        words: None,
        classes: names.iter().map(|c| c.to_string()).collect(),
    };
    let task = Task {
        name: "t".into(),
        head: head.into(),
        settings: settings.iter().map(|(k, v)| (k.to_string(), v.clone())).collect::<Settings>(),
        params: (0..specs.len()).collect(),
        labels: Some(0),
        layers: None,
        weight: Factor::Fixed(1.0),
        loss: None,
        class_weights: None,
        golds: vec![],
        metrics: vec![],
        step: 0,
    };
    let rows = if head == "tag" { LENGTHS.iter().sum() } else { LENGTHS.len() };
    let device = Device::flex().autodiff();
    let leaf = tensor::<2>(random(rows * D, 3), [rows, D], &device).require_grad();
    let features = if head == "tag" {
        Value::Rows(leaf.clone(), Arc::new(Axis::from_lengths(LENGTHS)))
    } else {
        Value::Rows(leaf.clone(), Axis::examples(leaf.dims()[0]))
    };
    Bed {
        head: build(&task, &[set(classes)]).unwrap(),
        params: Params::new(&specs, 2, &Device::flex(), &|_, _| None),
        features,
        leaf,
    }
}

impl Bed {
    fn with<R>(&self, f: impl FnOnce(&dyn Head, &Value, &Cx) -> R) -> R {
        let (forms, counts) = (Forms::default(), HashMap::new());
        let cx = Cx {
            params: &self.params,
            training: true,
            dropout_key: 1,
            node: 0,
            progress: 0.0,
            forms: &forms,
            step: 0,
            vocab_counts: &counts,
            pieces: &[],
        };
        f(&*self.head, &self.head.scores(&[&self.features], &cx), &cx)
    }
    /// The loss, which is minus the mean of the log-probabilities.
    fn loss(&self, gold: &Records) -> Option<(f32, usize)> {
        self.with(|h, s, cx| {
            let loss = h.loss(s, gold, cx).map(|(l, n)| (to_vec(&l)[0], n));
            let logp = h.logp(s, gold, cx);
            // a chain's rows are texts, its loss is a mean over tokens
            let tokens = gold.ids.iter().filter(|c| **c >= 0).count();
            let mean = logp.mean().map(|(l, n)| (to_vec(&l)[0], n));
            match (loss, mean) {
                (Some((a, n)), Some((b, rows))) if n != rows => {
                    assert!(n == tokens && (a * n as f32 - b * rows as f32).abs() < 1e-4, "{a} {n} {b} {rows}");
                }
                (Some((a, n)), Some((b, rows))) => assert!(n == rows && (a - b).abs() < 1e-5, "{a} {b}"),
                (a, b) => assert!(a.is_none() && b.is_none(), "{a:?} {b:?}"),
            }
            assert_eq!(logp.values.dims()[0], logp.has.len());
            loss
        })
    }
    /// A port's value, and the gradient of a weighting of it in the features.
    fn port(&self, port: fn(&dyn Head, &Value, &Cx) -> Value) -> (Vec<f32>, Vec<f32>) {
        self.with(|h, s, cx| {
            let y = matrix(&port(h, s, cx)).clone();
            let values = to_vec(&y);
            let weighted = y.clone() * tensor(random(values.len(), 8), y.dims(), &y.device());
            let anchor = self.leaf.clone().mul_scalar(0.0).sum();
            let grads = (weighted.sum() + anchor).backward();
            (values, to_vec(&self.leaf.grad(&grads).unwrap()))
        })
    }
}

fn yes() -> Setting {
    Setting::Bool(true)
}

fn all() -> Vec<(&'static str, Bed)> {
    let bio = ["O", "B-x", "I-x"];
    vec![
        ("tag", bed("tag", &[], &bio, 3)),
        ("crf", bed("tag", &[("crf", yes()), ("bio", yes())], &bio, 3)),
        ("per layer", bed("tag", &[("per_layer", yes())], &bio, 6)),
        ("classify", bed("classify", &[], &["a", "b", "c", "d"], 4)),
        ("multi", bed("classify", &[("multi", yes())], &["a", "b"], 2)),
        ("regress", bed("regress", &[], &[], 1)),
        (
            "bins",
            bed(
                "regress",
                &[("bins", Setting::Int(5)), ("low", Setting::Real(0.0)), ("high", Setting::Real(2.0))],
                &[],
                5,
            ),
        ),
    ]
}

#[test]
fn ports() {
    for (name, bed) in all() {
        let (probs, slope) = bed.port(|h, s, cx| h.probs(s, cx));
        let (labels, none) = bed.port(|h, s, cx| h.labels(s, cx));
        let (straight, through) = bed.port(|h, s, cx| h.straight(s, cx));
        assert!(none.iter().all(|g| *g == 0.0), "{name}: labels have no gradient");
        assert_eq!(labels, straight, "{name}");
        assert_eq!(slope, through, "{name}: the gradient of the probabilities");
        assert!(slope.iter().any(|g| *g != 0.0), "{name}");
        let k = match name {
            "classify" => 4,
            "bins" => 5,
            "multi" | "regress" => 0,
            _ => 3,
        };
        if k > 0 {
            assert!(probs.chunks(k).all(|p| (p.iter().sum::<f32>() - 1.0).abs() < 1e-5), "{name}");
            assert!(labels.chunks(k).all(|p| p.iter().sum::<f32>() == 1.0), "{name}");
        }
    }
}

#[test]
fn decisions_agree_with_labels() {
    let ones = |labels: &[f32], k: usize| -> Vec<u32> {
        labels.chunks(k).map(|r| r.iter().position(|v| *v == 1.0).unwrap() as u32).collect()
    };
    for (name, bed) in all() {
        let (labels, _) = bed.port(|h, s, cx| h.labels(s, cx));
        let said = bed.with(|h, s, cx| h.decide(s, cx));
        let ids: Vec<u32> = said.ids.iter().map(|c| *c as u32).collect();
        match name {
            "classify" => assert_eq!(ids, ones(&labels, 4)),
            "multi" => {
                let set = |r: &[f32]| (0..2).filter(|&j| r[j as usize] == 1.0).collect::<Vec<i32>>();
                let sets: Vec<Vec<i32>> = labels.chunks(2).map(set).collect();
                assert_eq!((0..said.len()).map(|e| said.row(e).to_vec()).collect::<Vec<_>>(), sets);
            }
            "regress" => assert!(said.reals.iter().zip(&labels).all(|(a, b)| *a == f64::from(*b))),
            "bins" => {
                let (p, _) = bed.port(|h, s, cx| h.probs(s, cx));
                for (y, p) in said.reals.iter().zip(p.chunks(5)) {
                    let mean: f32 = p.iter().enumerate().map(|(i, p)| p * i as f32 * 0.5).sum();
                    assert!((*y - f64::from(mean)).abs() < 1e-5);
                }
            }
            _ => {
                assert_eq!(ids, ones(&labels, 3), "{name}");
                assert_eq!(said.width, if name == "per layer" { 2 } else { 1 });
                let records: Vec<usize> = (0..said.len()).map(|e| said.range(e).len()).collect();
                assert_eq!(records, LENGTHS);
            }
        }
    }
}

#[test]
fn decisions_of_a_field_are_legal() {
    let bio = ["O", "B-x", "I-x", "B-y", "I-y"];
    for seed in 0..20 {
        let mut bed = bed("tag", &[("crf", yes()), ("bio", yes())], &bio, 5);
        bed.params.update(1, |b| b.copy_from_slice(&random(5, seed)));
        bed.params.update(2, |t| t.copy_from_slice(&random(25, seed + 100)));
        let y: Vec<u32> = bed.with(|h, s, cx| h.decide(s, cx)).ids.iter().map(|c| *c as u32).collect();
        let ok = |from: u32, to: u32| to % 2 == 1 || to == 0 || (from != 0 && from.div_ceil(2) == to.div_ceil(2));
        for r in Axis::from_lengths(LENGTHS).rows() {
            let tags = &y[r];
            assert!(tags.is_empty() || ok(0, tags[0]), "{tags:?}");
            assert!(tags.windows(2).all(|p| ok(p[0], p[1])), "{tags:?}");
        }
    }
}

#[test]
fn batches_without_rows() {
    for (name, mut bed) in all() {
        let device = Device::flex().autodiff();
        let none = tensor::<2>(vec![], [0, D], &device);
        let gold = match bed.features {
            Value::Rows(_, axis) if axis.up.is_some() => {
                bed.features = Value::Rows(none, Arc::new(Axis::from_lengths([0])));
                Records::rows(1, [vec![]])
            }
            _ => {
                bed.features = Value::Rows(none, Axis::examples(0));
                Records::classes([])
            }
        };
        assert!(bed.loss(&gold).is_none(), "{name}");
        bed.with(|h, s, cx| {
            for y in [h.probs(s, cx), h.labels(s, cx), h.straight(s, cx)] {
                assert_eq!(matrix(&y).dims()[0], 0, "{name}");
            }
            h.decide(s, cx);
        });
    }
}

#[test]
fn losses() {
    let by_name = |name: &str| all().into_iter().find(|(n, _)| *n == name).unwrap().1;
    let log = |p: f32| f64::from(p).ln();

    let bed = by_name("tag");
    let (p, _) = bed.port(|h, s, cx| h.probs(s, cx));
    let (loss, n) = bed.loss(&tags(vec![0, -1, 2, -1, 1])).unwrap();
    let expected = -(log(p[0]) + log(p[8]) + log(p[13])) / 3.0;
    assert!(n == 3 && (f64::from(loss) - expected).abs() < 1e-5);
    assert!(bed.loss(&tags(vec![-1; 5])).is_none());

    let bed = by_name("per layer");
    let (p, _) = bed.port(|h, s, cx| h.probs(s, cx));
    let gold = vec![0, 1, -1, 2, 0, 0, -1, -1, 1, 1];
    let (loss, n) = bed.loss(&Records::rows(2, [gold[..6].to_vec(), vec![], gold[6..].to_vec()])).unwrap();
    let expected: f64 =
        gold.iter().enumerate().filter(|(_, y)| **y >= 0).map(|(i, &y)| -log(p[i * 3 + y as usize])).sum();
    assert!(n == 7 && (f64::from(loss) - expected / 7.0).abs() < 1e-5);

    let bed = by_name("crf");
    let (loss, n) = bed.loss(&tags(vec![0, 1, 2, -1, -1])).unwrap();
    assert!(n == 3 && loss > 0.0);
    // a token without gold is summed over: the likelihoods of its fillings add up
    let nll = |last: i32| f64::from(bed.loss(&tags(vec![0, 1, last, -1, -1])).unwrap().0);
    let fillings: f64 = (0..3).map(|y| (-3.0 * nll(y)).exp()).sum();
    assert!((fillings.ln() + 2.0 * nll(-1)).abs() < 1e-4);

    let bed = by_name("classify");
    let (p, _) = bed.port(|h, s, cx| h.probs(s, cx));
    let (loss, n) = bed.loss(&Records::classes([1, -1, 3])).unwrap();
    assert!(n == 2 && (f64::from(loss) + (log(p[1]) + log(p[11])) / 2.0).abs() < 1e-5);

    let bed = by_name("multi");
    let (p, _) = bed.port(|h, s, cx| h.probs(s, cx));
    let gold = Records::sets([Some(vec![0]), None, Some(vec![0, 1])]);
    let (loss, n) = bed.loss(&gold).unwrap();
    let expected = -(log(p[0]) + log(1.0 - p[1]) + log(p[4]) + log(p[5])) / 4.0;
    assert!(n == 2 && (f64::from(loss) - expected).abs() < 1e-5);

    let bed = by_name("regress");
    let (x, _) = bed.port(|h, s, cx| h.probs(s, cx));
    let (loss, n) = bed.loss(&Records::numbers([0.5, f64::NAN, -1.0])).unwrap();
    assert!(n == 2 && (loss - ((x[0] - 0.5).powi(2) + (x[2] + 1.0).powi(2)) / 2.0).abs() < 1e-5);
    assert!(bed.loss(&Records::numbers([f64::NAN; 3])).is_none());

    let bed = by_name("bins");
    let (p, _) = bed.port(|h, s, cx| h.probs(s, cx));
    // 0.6 lies between the bins 0.5 and 1.0, at a fifth; 9 is beyond the last bin
    let (loss, n) = bed.loss(&Records::numbers([0.6, f64::NAN, 9.0])).unwrap();
    let near = 0.8 * (0.8f64.ln() - log(p[1])) + 0.2 * (0.2f64.ln() - log(p[2]));
    assert!(n == 2 && (f64::from(loss) - (near - log(p[14])) / 2.0).abs() < 1e-5);
}

#[test]
fn heads_that_cannot_be_built() {
    let task = |head: &str, settings: &[(&str, Setting)], params: usize| Task {
        name: "t".into(),
        head: head.into(),
        settings: settings.iter().map(|(k, v)| (k.to_string(), v.clone())).collect(),
        params: (0..params).collect(),
        labels: None,
        layers: None,
        weight: Factor::Fixed(1.0),
        loss: None,
        class_weights: None,
        golds: vec![],
        metrics: vec![],
        step: 0,
    };
    let error = |t: Task| build(&t, &[]).err().unwrap();
    assert!(error(task("energy", &[], 2)).contains("no head `energy`"));
    assert!(error(task("classify", &[], 1)).contains("a weight and a bias"));
    assert!(error(task("tag", &[], 2)).contains("label set"));
    assert!(error(task("regress", &[("bins", Setting::Int(3))], 2)).contains("`low`"));
}

#[test]
fn heads_that_run_have_a_model() {
    for h in HEADS {
        assert_eq!(h.row.runs, h.build.is_some(), "{}", h.row.name);
        let rules: Vec<&str> = h.rule.ports.iter().map(|p| p.name).collect();
        assert_eq!(h.row.ports, rules, "{}", h.row.name);
    }
    let names: std::collections::BTreeSet<&str> = rows().map(|r| r.name).collect();
    assert_eq!(names.len(), HEADS.len());
}
