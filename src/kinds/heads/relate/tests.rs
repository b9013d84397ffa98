//! The likelihood against a plain form, and decisions.

use super::super::{AnswerCx, GoldCx, Shown, build, find};
use super::RELATE;
use crate::columns::Column;
use crate::kinds::heads::Head;
use crate::ops::layer::Cx;
use crate::ops::params::Params;
use crate::ops::value::{Axis, Value};
use crate::plan::{Factor, Init, LabelSpec, Param, Setting, Settings, Task};
use crate::records::{Forms, LabelSet, Records};
use burn::tensor::{Device, Tensor};
use std::collections::HashMap;
use std::sync::Arc;

const D: usize = 3;
const L: usize = 4;
const K: usize = 2;

fn settings(words: &[&'static str]) -> Settings {
    let flags = words.iter().map(|w| (*w, Setting::Bool(true)));
    flags.chain([("width", Setting::Int(L as i64))]).collect()
}

fn head(words: &[&'static str]) -> (Box<dyn Head>, Params) {
    let biaffine = words.contains(&"biaffine");
    let mut shapes: Vec<Vec<usize>> = vec![vec![D, L], vec![L], vec![D, L], vec![L]];
    match biaffine {
        true => shapes.extend([vec![L, K * L], vec![L, K], vec![L, K]]),
        false => shapes.push(vec![L, K]),
    }
    shapes.push(vec![K]);
    let spec = |(i, shape): (usize, Vec<usize>)| Param {
        name: format!("p{i}"),
        shape,
        init: Init::Normal(1.0),
        owner: "t".into(),
        also: vec![],
    };
    let specs: Vec<Param> = shapes.into_iter().enumerate().map(spec).collect();
    let task = Task {
        name: "t".into(),
        head: "relate".into(),
        settings: settings(words),
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
    let classes = vec!["a".to_string(), "b".to_string()];
    let labels = LabelSpec { name: "r".into(), fields: vec![], layer_names: false, words: None, classes };
    let params = Params::new(&specs, 5, &Device::flex(), &|_, _| None);
    (build(&task, &[labels]).unwrap(), params)
}

fn cx<'a>(params: &'a Params, forms: &'a Forms, counts: &'a HashMap<usize, Arc<Vec<u32>>>) -> Cx<'a> {
    Cx {
        params,
        training: true,
        dropout_key: 3,
        node: 0,
        progress: 0.0,
        forms,
        step: 0,
        vocab_counts: counts,
        pieces: &[],
    }
}

fn row(p: &Params, id: usize, i: usize, width: usize) -> Vec<f64> {
    p.values(id)[i * width..(i + 1) * width].iter().map(|x| f64::from(*x)).collect()
}

/// The score of each relation from token i to token j, by the formulas.
fn plain(p: &Params, x: &[Vec<f64>], (i, j): (usize, usize), biaffine: bool) -> Vec<f64> {
    let layer = |t: usize, at: usize| -> Vec<f64> {
        (0..L)
            .map(|l| (0..D).map(|d| x[t][d] * row(p, at, d, L)[l]).sum::<f64>() + f64::from(p.values(at + 1)[l]))
            .collect()
    };
    let (from, to) = (layer(i, 0), layer(j, 2));
    (0..K)
        .map(|k| match biaffine {
            false => {
                let v = (0..L).map(|l| (from[l] + to[l]).tanh() * row(p, 4, l, K)[k]).sum::<f64>();
                v + f64::from(p.values(5)[k])
            }
            true => {
                let (from, to): (Vec<f64>, Vec<f64>) =
                    (from.iter().map(|x| x.max(0.0)).collect(), to.iter().map(|x| x.max(0.0)).collect());
                let pair: f64 = (0..L)
                    .flat_map(|a| (0..L).map(move |b| (a, b)))
                    .map(|(a, b)| from[a] * row(p, 4, a, K * L)[k * L + b] * to[b])
                    .sum();
                let linear: f64 = (0..L).map(|l| from[l] * row(p, 5, l, K)[k] + to[l] * row(p, 6, l, K)[k]).sum();
                pair + linear + f64::from(p.values(7)[k])
            }
        })
        .collect()
}

#[test]
fn likelihoods_and_decisions_as_defined() {
    let lengths = [3usize, 1, 4];
    let x: Vec<Vec<f64>> = (0..8).map(|t| (0..D).map(|d| ((t * 5 + d * 3) % 7) as f64 / 3.0 - 1.0).collect()).collect();
    let flat: Vec<f32> = x.iter().flatten().map(|v| *v as f32).collect();
    let mut gold = Records::new(3);
    gold.push(true, [0, 1, 0, 2, 0, 1, 0, 1, 1]);
    gold.push(false, []);
    // one that training never showed, and none at all
    gold.push(true, [3, 2, 7, 1, 3, 0]);
    let (forms, counts) = (Forms::default(), HashMap::new());
    for words in [&[][..], &["biaffine"], &["sigmoid"], &["multi", "sigmoid"], &["multi", "biaffine"]] {
        let (head, params) = head(words);
        let cx = cx(&params, &forms, &counts);
        let features = Tensor::<1>::from_floats(flat.as_slice(), params.device()).reshape([8, D]);
        let scores = head.scores(&[&Value::Rows(features, Arc::new(Axis::from_lengths(lengths)))], &cx);
        let (biaffine, each) = (words.contains(&"biaffine"), words.iter().any(|w| *w == "sigmoid" || *w == "multi"));
        let (mut total, mut said, mut start) = (0.0, vec![], 0);
        for (e, n) in lengths.iter().enumerate() {
            let mut own = vec![];
            for i in 0..*n {
                for j in (0..*n).filter(|j| *j != i) {
                    let s = plain(&params, &x[start..], (i, j), biaffine);
                    let held: Vec<usize> = gold
                        .row(e)
                        .chunks(3)
                        .filter(|p| (p[0], p[1]) == (i as i32, j as i32) && p[2] < 2)
                        .map(|p| p[2] as usize)
                        .collect();
                    if gold.present(e) {
                        total += match each {
                            true => (0..K)
                                .map(|k| -(1.0 + (if held.contains(&k) { -s[k] } else { s[k] }).exp()).ln())
                                .sum::<f64>(),
                            false => {
                                held.first().map_or(0.0, |k| s[*k])
                                    - (1.0 + s.iter().map(|s| s.exp()).sum::<f64>()).ln()
                            }
                        };
                    }
                    let best = (0..K).filter(|k| s[*k] > 0.0).max_by(|a, b| s[*a].total_cmp(&s[*b]));
                    let holds: Vec<usize> = match words.contains(&"multi") {
                        true => (0..K).filter(|k| s[*k] > 0.0).collect(),
                        false => best.into_iter().collect(),
                    };
                    own.extend(holds.into_iter().flat_map(|k| [i as i32, j as i32, k as i32]));
                }
            }
            said.push(own);
            start += n;
        }
        let (loss, count) = head.loss(&scores, &gold, &cx).unwrap();
        let found = f64::from(loss.into_scalar::<f32>());
        assert_eq!(count, 7, "{words:?}");
        assert!((found + total / 7.0).abs() < 1e-4 * found.abs(), "{words:?}: {found}, {}", -total / 7.0);
        let decided = head.decide(&scores, &cx);
        assert_eq!((0..3).map(|e| decided.row(e).to_vec()).collect::<Vec<_>>(), said, "{words:?}");
        assert!(said.iter().flatten().count() > 0);
    }
}

#[test]
fn gold_and_answers() {
    let labels = LabelSet::new("r", vec!["kills".into(), "lives_in".into()], vec![]);
    let none = LabelSet::new("none", vec![], vec![]);
    let lengths = |_: usize| Some(4);
    let column = Column::Pairs(vec![Some(vec![(0, 2, "lives_in".into()), (3, 0, "kills".into())]), None, Some(vec![])]);
    let gold = (RELATE.gold)(&GoldCx { labels: &labels, layers: &none, lengths: &lengths }, &column).unwrap();
    assert_eq!((gold.row(0), gold.present(1), gold.present(2)), (&[0, 2, 1, 3, 0, 0][..], false, true));
    let set = Settings::new();
    let cx = AnswerCx { settings: &set, labels: &labels, layers: &none, shown: Shown::default(), sets: (",", "") };
    let said = (RELATE.say)(&cx, &gold, 0, &[]);
    assert_eq!(said.json.to_string(), "[[0,2,\"lives_in\"],[3,0,\"kills\"]]");
    assert_eq!(said.text, "0-lives_in->2 3-kills->0");
    assert_eq!((RELATE.right)(&set, &[0, 2, 1, 3, 0, 0], &[3, 0, 0, 0, 2, 1]), Some(true));
    assert_eq!((RELATE.right)(&set, &[0, 2, 1], &[]), Some(false));
    assert_eq!(find("relate").row.name, "relate");
}
