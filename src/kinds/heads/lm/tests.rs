//! Which word each token predicts, and the loss against a plain form.

use super::super::{GoldCx, build};
use super::*;
use crate::ops::host::{tensor, to_vec};
use crate::ops::kernels::{mix, uniform};
use crate::ops::layer::Cx;
use crate::ops::params::Params;
use crate::ops::value::{Axis, Value};
use crate::plan::{Factor, LabelSpec, Param, Task};
use crate::records::{EDGE, Forms, LabelSet};
use burn::tensor::Device;
use std::collections::HashMap;
use std::sync::Arc;

const WORDS: [&str; 5] = [UNKNOWN, EDGE, "a", "b", "c"];
const D: usize = 3;

fn random(n: usize, seed: u64) -> Vec<f32> {
    (0..n).map(|i| (4.0 * uniform(mix(seed), i) - 2.0) as f32).collect()
}

fn task(flow: Flow) -> (Task, Vec<Param>, LabelSpec) {
    let outputs = if flow == Flow::Sides { 2 } else { 1 };
    let shapes = (0..outputs).flat_map(|_| [vec![D, WORDS.len()], vec![WORDS.len()]]);
    let param =
        |(i, shape)| Param { name: format!("p{i}"), shape, init: Init::Uniform(1.0), owner: "t".into(), also: vec![] };
    let params: Vec<Param> = shapes.enumerate().map(param).collect();
    let classes = WORDS.map(String::from).to_vec();
    let labels = LabelSpec { name: "w".into(), fields: vec![], layer_names: false, words: Some(0), classes };
    let task = Task {
        name: "t".into(),
        head: "lm".into(),
        settings: Settings::from([(DIRECTION, Setting::Text(direction(flow).into()))]),
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

/// Two texts with one without gold between them.
#[test]
fn each_token_predicts_the_word_beside_it() {
    let labels = LabelSet::new("w", WORDS.map(String::from).to_vec(), vec![]);
    let texts: Vec<Vec<String>> = ["a b zebra", "", "c"].map(|t| t.split(' ').map(String::from).collect()).to_vec();
    let cx = GoldCx { labels: &labels, layers: LabelSet::none(), lengths: &|_| None };
    let gold = gold(&cx, &Column::Tokens(texts)).unwrap();
    assert_eq!((gold.row(0), gold.present(1), gold.row(2)), (&[2, 3, 0][..], false, &[4][..]));
    let texts = Arc::new(Axis::from_lengths([3, 1, 1]));
    let (n, edge) = (5, 1);
    let next = vec![3, 0, edge, -1, edge];
    let previous = vec![edge, 2, 3, -1, edge];
    for (flow, sides) in [(Flow::Fwd, vec![&next]), (Flow::Bwd, vec![&previous]), (Flow::Sides, vec![&next, &previous])]
    {
        let (task, specs, labels) = task(flow);
        let params = Params::new(&specs, 3, &Device::flex(), &|_, _| None);
        let width = D * sides.len();
        let x = random(n * width, 9);
        let states = Value::Rows(tensor(x.clone(), [n, width], params.device()), texts.clone());
        let forms = Forms::default();
        let counts = HashMap::new();
        let cx = Cx {
            params: &params,
            training: true,
            dropout_key: 0,
            node: 0,
            progress: 0.0,
            forms: &forms,
            step: 0,
            vocab_counts: &counts,
            pieces: &[],
        };
        let head = build(&task, &[labels]).unwrap();
        let scores = head.scores(&[&states], &cx);
        // log p of each target, by hand
        let mut sum = 0.0f64;
        for (k, targets) in sides.iter().enumerate() {
            let (w, b) = (params.values(2 * k), params.values(2 * k + 1));
            for t in (0..n).filter(|t| targets[*t] >= 0) {
                let h = &x[t * width + k * D..][..D];
                let score = |v: usize| (0..D).map(|i| h[i] * w[i * WORDS.len() + v]).sum::<f32>() + b[v];
                let all: Vec<f64> = (0..WORDS.len()).map(|v| f64::from(score(v))).collect();
                sum += all[targets[t] as usize] - all.iter().map(|s| s.exp()).sum::<f64>().ln();
            }
        }
        let (loss, count) = head.loss(&scores, &gold, &cx).unwrap();
        assert_eq!(count, 4);
        let by_hand = -sum / (4 * sides.len()) as f64;
        let found = f64::from(to_vec(&loss)[0]);
        assert!((found - by_hand).abs() < 1e-5, "{flow:?}: {found} {by_hand}");
        let logp = head.logp(&scores, &gold, &cx);
        assert_eq!((logp.has.as_slice(), logp.weight), (&[true, true, true, false, true][..], sides.len()));
        let total: f32 = to_vec(&logp.values).iter().sum();
        assert!((f64::from(total) - sum).abs() < 1e-4);
        let (mean, _) = logp.mean().unwrap();
        assert!((f64::from(to_vec(&mean)[0]) - by_hand).abs() < 1e-5);
        assert_eq!(
            (head.decide(&scores, &cx).width, head.decide(&scores, &cx).row(0).len()),
            (sides.len(), 3 * sides.len())
        );
        let mut grads = loss.backward();
        assert!((0..specs.len()).all(|p| params.take_grad(p, &mut grads).is_some()));
    }
}
