//! Every layer's gradient against central differences; what each computes, on small examples.

use super::*;
use crate::ops::host::{tensor, to_vec};
use crate::ops::kernels::{mix, uniform};
use crate::ops::layer::{Cx, Layer, axis, matrix};
use crate::ops::params::Params;
use crate::ops::value::{self, Axis, Value};
use crate::plan::{Init, Setting, Settings};
use crate::records::{Forms, Ragged};
use burn::tensor::{Device, Tensor};
use std::collections::HashMap;
use std::sync::Arc;

const LENGTHS: [usize; 4] = [3, 0, 1, 4];

type Case = (&'static str, Vec<(&'static str, Setting)>, Vec<&'static [usize]>, Vec<In>);

/// A kind of input.
#[derive(Clone, Copy)]
enum In {
    Text,
    Seq(usize),
    Vec(usize),
}
use In::{Seq, Text, Vec as Row};

fn text(axis: &Arc<Axis>) -> Value {
    let forms = [0, 1, 2, 3, 4, 5, 6, 1][..axis.total()].to_vec();
    Value::Text(Arc::new(value::Text::new(axis.clone(), forms)))
}

/// Seven tokens: their ids in the vocabulary of words 0, their characters in that of characters 1; two have none.
fn forms() -> Forms {
    let mut chars = Ragged::default();
    for spelling in [&[1, 3, 2][..], &[], &[1, 2], &[1, 3, 2], &[2], &[1, 2], &[]] {
        chars.push(spelling.iter().copied());
    }
    Forms { words: [(0, vec![2, 3, 2, 4, 5, 1, 0])].into(), chars: [(1, chars)].into() }
}

fn random(n: usize, seed: u64) -> Vec<f32> {
    (0..n).map(|i| (2.0 * uniform(mix(seed), i) - 1.0) as f32).collect()
}

fn settings(pairs: &[(&str, Setting)]) -> Settings {
    pairs.iter().map(|(k, v)| (k.to_string(), v.clone())).collect()
}

fn int(i: i64) -> Setting {
    Setting::Int(i)
}

/// A layer with parameters and inputs.
struct Bed {
    layer: Box<dyn Layer>,
    params: Params,
    inputs: Vec<In>,
    texts: Arc<Axis>,
    training: bool,
    key: u64,
}

impl Bed {
    fn new(kind: &str, set: &[(&str, Setting)], shapes: &[&[usize]], inputs: &[In]) -> Self {
        let spec = |(i, s): (usize, &&[usize])| plan::Param {
            name: format!("p{i}"),
            shape: s.to_vec(),
            init: Init::Uniform(0.8),
            owner: "x".into(),
            also: vec![],
        };
        let specs: Vec<_> = shapes.iter().enumerate().map(spec).collect();
        let layer = plan::Layer {
            kind: kind.into(),
            name: kind.into(),
            settings: settings(set),
            params: (0..shapes.len()).collect(),
        };
        Self {
            layer: build(&layer).unwrap(),
            params: Params::new(&specs, 5, &Device::flex(), &|_, _| None),
            inputs: inputs.to_vec(),
            texts: Arc::new(Axis::from_lengths(LENGTHS)),
            training: true,
            key: 11,
        }
    }

    fn leaves(&self, training: bool) -> Vec<Option<Tensor<2>>> {
        let device = if training { Device::flex().autodiff() } else { Device::flex() };
        let leaf = |(i, kind): (usize, &In)| {
            let shape = match *kind {
                Text => return None,
                Seq(d) => [self.texts.total(), d],
                Row(d) => [self.texts.groups(), d],
            };
            let t = tensor(random(shape[0] * shape[1], 40 + i as u64), shape, &device);
            Some(if training { t.require_grad() } else { t })
        };
        self.inputs.iter().enumerate().map(leaf).collect()
    }

    fn run(&self, params: &Params, leaves: &[Option<Tensor<2>>]) -> Value {
        let values: Vec<Value> = self
            .inputs
            .iter()
            .zip(leaves)
            .map(|(kind, leaf)| match (kind, leaf) {
                (Seq(_), Some(t)) => Value::Rows(t.clone(), self.texts.clone()),
                (Row(_), Some(t)) => Value::Rows(t.clone(), Axis::examples(self.texts.groups())),
                _ => text(&self.texts),
            })
            .collect();
        self.on(&values, params)
    }

    /// The value for some inputs.
    fn on(&self, values: &[Value], params: &Params) -> Value {
        let (forms, counts) = (forms(), HashMap::from([(0, Arc::new(vec![0, 9, 1, 1, 2, 1]))]));
        let cx = Cx {
            params,
            training: self.training,
            dropout_key: self.key,
            node: 3,
            progress: 0.5,
            forms: &forms,
            step: 0,
            vocab_counts: &counts,
            pieces: &[],
        };
        self.layer.forward(&values.iter().collect::<Vec<_>>(), &cx)
    }

    fn value(&self) -> Vec<f32> {
        to_vec(matrix(&self.run(&self.params.valid(), &self.leaves(false))))
    }

    /// The derivative in random directions of parameters and inputs, from the gradient and from two values.
    fn check(&self, what: &str) {
        let leaves = self.leaves(true);
        let y = self.run(&self.params, &leaves);
        let weights = random(to_vec(matrix(&y)).len(), 70);
        let y = matrix(&y);
        let mut grads = (y.clone() * tensor(weights.clone(), y.dims(), &y.device())).sum().backward();
        let loss = |params: &Params, leaves: &[Option<Tensor<2>>]| -> f64 {
            let y = to_vec(matrix(&self.run(params, leaves)));
            y.iter().zip(&weights).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let step = 4e-3f32;
        let plain = self.leaves(false);
        for (i, leaf) in leaves.iter().enumerate() {
            let Some(leaf) = leaf else { continue };
            let direction = random(leaf.dims().iter().product(), 80 + i as u64);
            let slope = dot(&leaf.grad(&grads).map_or(vec![0.0; direction.len()], |g| to_vec(&g)), &direction);
            let at = |step: f32| {
                let mut moved = plain.clone();
                let t = tensor(direction.clone(), leaf.dims(), &Device::flex()).mul_scalar(step);
                moved[i] = moved[i].clone().map(|x| x + t);
                loss(&self.params.valid(), &moved)
            };
            let measured = (at(step) - at(-step)) / f64::from(2.0 * step);
            assert!((slope - measured).abs() < 6e-3 * (1.0 + slope.abs()), "{what} input {i}: {slope} {measured}");
        }
        for id in 0..self.params.len() {
            let n = self.params.values(id).len();
            let direction = random(n, 90 + id as u64);
            let slope = self.params.take_grad(id, &mut grads).map_or(0.0, |g| dot(&g.to_dense(n), &direction));
            let at = |step: f32| {
                let mut moved = self.params.valid();
                moved.update(id, |p| p.iter_mut().zip(&direction).for_each(|(p, d)| *p += step * d));
                loss(&moved, &plain)
            };
            let measured = (at(step) - at(-step)) / f64::from(2.0 * step);
            assert!((slope - measured).abs() < 6e-3 * (1.0 + slope.abs()), "{what} parameter {id}: {slope} {measured}");
        }
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// Every layer in every form.
// long: a case a line
fn cases() -> Vec<Case> {
    let yes = Setting::Bool(true);
    let text = |s: &str| Setting::Text(s.into());
    let lstm: &[&'static [usize]] = &[&[3, 8], &[2, 8], &[8]];
    let gru: &[&'static [usize]] = &[&[3, 6], &[2, 6], &[6], &[6]];
    let attend: &[&'static [usize]] = &[&[3, 4], &[4], &[3, 4], &[4], &[3, 4], &[4]];
    let block: Vec<&'static [usize]> = vec![
        &[4, 4],
        &[4],
        &[4, 4],
        &[4],
        &[4, 4],
        &[4],
        &[4, 4],
        &[4],
        &[4],
        &[4],
        &[4, 6],
        &[6],
        &[6, 4],
        &[4],
        &[4],
        &[4],
    ];
    vec![
        ("embed", vec![("vocab", int(0)), ("width", int(3)), ("unk", Setting::Real(0.5))], vec![&[6, 3]], vec![Text]),
        (
            "chars_cnn",
            vec![("vocab", int(1)), ("embed", int(2)), ("width", int(5)), ("window", int(3))],
            vec![&[4, 2], &[6, 5], &[5]],
            vec![Text],
        ),
        (
            "chars_lstm",
            vec![("vocab", int(1)), ("embed", int(2)), ("width", int(6))],
            vec![&[4, 2], &[2, 12], &[3, 12], &[12], &[2, 12], &[3, 12], &[12]],
            vec![Text],
        ),
        ("rnn", vec![("cell", text("lstm")), ("hidden", int(2))], lstm.to_vec(), vec![Seq(3)]),
        (
            "rnn",
            vec![("cell", text("lstm")), ("hidden", int(2)), ("bidirectional", yes.clone())],
            [lstm, lstm].concat(),
            vec![Seq(3)],
        ),
        ("rnn", vec![("cell", text("gru")), ("hidden", int(2)), ("reverse", yes.clone())], gru.to_vec(), vec![Seq(3)]),
        (
            "cnn",
            vec![("windows", Setting::Ints(vec![1, 2, 3]))],
            vec![&[3, 2], &[2], &[6, 2], &[2], &[9, 2], &[2]],
            vec![Seq(3)],
        ),
        (
            "transformer",
            vec![("heads", int(2)), ("ffn", int(6)), ("dropout", Setting::Real(0.2))],
            block.clone(),
            vec![Seq(4)],
        ),
        (
            "transformer",
            vec![("heads", int(1)), ("ffn", int(6)), ("causal", yes.clone()), ("norm_first", yes.clone())],
            block,
            vec![Seq(4)],
        ),
        ("positions", vec![], vec![], vec![Seq(4)]),
        ("self_attend", vec![("heads", int(2)), ("width", int(4))], attend.to_vec(), vec![Seq(3)]),
        ("dense", vec![("activation", text("tanh"))], vec![&[3, 4], &[4]], vec![Seq(3)]),
        ("dense", vec![("activation", text("gelu"))], vec![&[3, 4]], vec![Row(3)]),
        ("norm", vec![], vec![&[3], &[3]], vec![Row(3)]),
        ("dropout", vec![("p", Setting::Real(0.5))], vec![], vec![Seq(3)]),
        ("last", vec![], vec![], vec![Seq(4)]),
        ("last", vec![("bidirectional", yes.clone())], vec![], vec![Seq(4)]),
        ("first", vec![], vec![], vec![Seq(4)]),
        ("first", vec![("bidirectional", yes.clone())], vec![], vec![Seq(4)]),
        ("mean", vec![], vec![], vec![Seq(4)]),
        ("max", vec![], vec![], vec![Seq(4)]),
        ("attend", vec![], vec![&[3, 1], &[1]], vec![Seq(3)]),
        ("attend", vec![], vec![&[2, 3]], vec![Seq(3), Row(2)]),
        ("attention", vec![], vec![&[3, 1], &[1]], vec![Seq(3)]),
        ("mix", vec![], vec![], vec![Seq(3), Seq(1)]),
        ("match", vec![], vec![], vec![Row(3), Row(3)]),
        ("dot", vec![], vec![], vec![Row(3), Row(3)]),
        ("cosine", vec![], vec![], vec![Row(3), Row(3)]),
        ("bilinear", vec![("width", int(2))], vec![&[3, 8]], vec![Row(3), Row(4)]),
        ("concat", vec![], vec![], vec![Row(3), Row(2), Row(1)]),
        ("concat", vec![], vec![], vec![Seq(3)]),
        ("add", vec![], vec![], vec![Seq(3), Seq(3)]),
        ("sub", vec![], vec![], vec![Seq(3), Seq(3)]),
        ("mul", vec![], vec![], vec![Row(3), Row(3)]),
        ("mix_layers", vec![], vec![&[3], &[1]], vec![Seq(2), Seq(2), Seq(2)]),
        ("stitch", vec![("subspaces", int(1)), ("sides", int(1))], vec![&[1, 3]], vec![Seq(2), Seq(2), Seq(2)]),
        ("stitch", vec![("subspaces", int(2)), ("sides", int(2))], vec![&[2, 4]], vec![Seq(4), Seq(4)]),
        ("gate", vec![], vec![&[5, 3], &[3], &[2, 3], &[7, 3], &[3], &[4, 3]], vec![Seq(3), Seq(2), Seq(4)]),
        ("gate", vec![], vec![&[5, 3], &[3], &[2, 3]], vec![Seq(3), Seq(2)]),
        ("add_projected", vec![], vec![&[2, 3]], vec![Row(3), Row(2)]),
        ("scale", vec![("factor", Setting::Real(0.3))], vec![], vec![Row(3)]),
        ("broadcast", vec![], vec![], vec![Row(3), Text]),
        ("shift", vec![("by", int(1))], vec![], vec![Seq(3)]),
        ("shift", vec![("by", int(-2))], vec![], vec![Seq(3)]),
        ("experts", vec![("experts", int(3))], vec![&[6, 3], &[3]], vec![Seq(2), Seq(2), Seq(2)]),
        ("experts", vec![("experts", int(2))], vec![&[4, 2], &[2]], vec![Row(3), Row(3), Row(4)]),
        ("adapter", vec![], vec![&[3, 2], &[2], &[2, 3], &[3]], vec![Seq(3)]),
        ("cutoff", vec![("kind", text("token")), ("p", Setting::Real(0.4))], vec![], vec![Seq(3)]),
        ("cutoff", vec![("kind", text("feature")), ("p", Setting::Real(0.4))], vec![], vec![Seq(5)]),
        ("perturb", vec![("eps", Setting::Real(0.1))], vec![], vec![Seq(3)]),
        ("slice", vec![("start", int(1)), ("len", int(2))], vec![], vec![Seq(4)]),
    ]
}

#[test]
fn gradients_of_every_layer() {
    let cases = cases();
    for (kind, set, shapes, inputs) in &cases {
        Bed::new(kind, set, shapes, inputs).check(kind);
    }
    // these have no derivative of their own value, and tests of their own
    let tested =
        |kind: &str| cases.iter().any(|c| c.0 == kind) || ["reverse", "stop", "zeros", "mask_words"].contains(&kind);
    assert!(built().all(|l| tested(l.name)), "a layer without a test");
}

#[test]
fn rows_agree_with_each_other() {
    let mut names = std::collections::BTreeSet::new();
    assert!(functions().all(|f| names.insert(f.name)), "two functions of one name");
    names.clear();
    assert!(layers().all(|l| names.insert(l.name)), "two layers of one name");
    for f in functions() {
        let name = f.name;
        assert!(f.deep || !f.is_layer(), "`{name}` is a layer of a stack, and its row is not `deep`");
        assert!(f.marks.joins.is_none_or(|j| j.word() == name), "`{name}` joins under another name");
        assert!(layer(name).is_none_or(|l| l.build.is_some() == f.runs), "`{name}` runs or has no builder");
    }
    assert!(built().all(|l| !l.weights_to_come), "a layer that runs has its weights");
}

#[test]
fn a_row_says_whether_its_layer_draws() {
    for (kind, set, shapes, inputs) in cases() {
        let mut bed = Bed::new(kind, &set, &shapes, &inputs);
        let at = |bed: &Bed| to_vec(matrix(&bed.run(&bed.params, &bed.leaves(true))));
        let first = at(&bed);
        let changes = (12..20).any(|key| {
            bed.key = key;
            at(&bed) != first
        });
        assert_eq!(layer(kind).unwrap().draws(&settings(&set), true), changes, "{kind}");
    }
}

#[test]
fn zeros_have_the_layout_of_their_input() {
    for (shape, rows) in [("seq", None), ("vec", Some(()))] {
        let set = [("shape", Setting::Text(shape.into())), ("width", int(3))];
        let bed = Bed::new("zeros", &set, &[], &[Text]);
        let n = if rows.is_some() { bed.texts.groups() } else { bed.texts.total() };
        assert_eq!(bed.value(), vec![0.0; 3 * n]);
    }
}

#[test]
fn texts_without_tokens() {
    for (kind, set, shapes, inputs) in cases() {
        for lengths in [vec![], vec![0], vec![0, 0]] {
            let mut bed = Bed::new(kind, &set, &shapes, &inputs);
            bed.texts = Arc::new(Axis::from_lengths(lengths));
            let y = bed.run(&bed.params, &bed.leaves(true));
            assert_eq!(matrix(&y).dims()[0], axis(&y).total(), "{kind}");
            assert_eq!(axis(&y).total(), if axis(&y).up.is_some() { 0 } else { bed.texts.groups() }, "{kind}");
            assert!(bed.value().iter().all(|v| !v.is_nan()), "{kind}");
        }
    }
}

/// A text that is the member of a list is treated as one that is an example, and a pool gives a row for each member.
#[test]
fn texts_of_lists() {
    for (kind, set, shapes, inputs) in cases() {
        let mut bed = Bed::new(kind, &set, &shapes, &inputs);
        bed.training = false;
        let (plain, flat) = (bed.run(&bed.params.valid(), &bed.leaves(false)), bed.texts.clone());
        // two examples: a list of three texts, and one of one
        let members = Arc::new(Axis::from_lengths([3, 1]));
        bed.texts = Arc::new(Axis::below(members.clone(), LENGTHS));
        let leaves = bed.leaves(false);
        let values = bed.inputs.iter().zip(leaves).map(|(kind, leaf)| match (kind, leaf) {
            (Row(_), Some(t)) => Value::Rows(t, members.clone()),
            (_, Some(t)) => Value::Rows(t, bed.texts.clone()),
            (_, None) => text(&bed.texts),
        });
        let deep = bed.on(&values.collect::<Vec<_>>(), &bed.params.valid());
        assert_eq!(to_vec(matrix(&deep)), to_vec(matrix(&plain)), "{kind}");
        let expected = if axis(&plain).depth() == 0 { members } else { bed.texts.clone() };
        assert_eq!(axis(&deep), &expected, "{kind}");
        assert_eq!(axis(&plain).total(), if axis(&plain).depth() == 0 { flat.groups() } else { flat.total() });
    }
}

#[test]
fn reversal_and_stop() {
    for (kind, factor) in [("reverse", -0.7f32), ("stop", 0.0)] {
        let bed = Bed::new(kind, &[("lambda", Setting::Real(0.7))], &[], &[Seq(3)]);
        let leaves = bed.leaves(true);
        let x = leaves[0].clone().unwrap();
        let y = matrix(&bed.run(&bed.params, &leaves)).clone();
        assert_eq!(to_vec(&y), to_vec(&x), "{kind}: the value is the same bit for bit");
        assert_eq!(bed.value(), to_vec(&x));
        let weights = random(to_vec(&y).len(), 1);
        let path = x.clone().mul_scalar(0.0).sum() + (y * tensor(weights.clone(), x.dims(), &x.device())).sum();
        let grad = to_vec(&x.grad(&path.backward()).unwrap());
        for (g, w) in grad.iter().zip(&weights) {
            assert!((g - factor * w).abs() < 1e-6, "{kind}: {g} {w}");
            assert!(kind != "stop" || *g == 0.0);
        }
    }
}

#[test]
fn small_examples() {
    let seq = |kind, set: &[(&str, Setting)]| Bed::new(kind, set, &[], &[Seq(2)]).value();
    let x = random(16, 40);
    let row = |i: usize| x[2 * i..2 * i + 2].to_vec();
    let zero = vec![0.0; 2];
    // texts: rows 0..3, none, 3..4, 4..8
    assert_eq!(seq("last", &[]), [row(2), zero.clone(), row(3), row(7)].concat());
    assert_eq!(seq("first", &[]), [row(0), zero.clone(), row(3), row(4)].concat());
    let both = [vec![x[4], x[1]], zero.clone(), row(3), vec![x[14], x[9]]].concat();
    assert_eq!(seq("last", &[("bidirectional", Setting::Bool(true))]), both);
    let shifted = [zero.clone(), row(0), row(1), zero.clone(), zero.clone(), row(4), row(5), row(6)].concat();
    assert_eq!(seq("shift", &[("by", int(1))]), shifted);
    let back = [row(1), row(2), zero.clone(), zero.clone(), row(5), row(6), row(7), zero.clone()].concat();
    assert_eq!(seq("shift", &[("by", int(-1))]), back);
    assert_eq!(seq("slice", &[("start", int(1)), ("len", int(1))])[..2], [x[1], x[3]]);
    let spread = Bed::new("broadcast", &[], &[], &[Row(2), Text]).value();
    assert_eq!(spread, [row(0), row(0), row(0), row(2), row(3), row(3), row(3), row(3)].concat());
    let placed = seq("positions", &[]);
    assert!((placed[2] - x[2] - 1f32.sin()).abs() < 1e-6 && (placed[3] - x[3] - 1f32.cos()).abs() < 1e-6);
    let concat = Bed::new("concat", &[], &[], &[Row(1), Row(2)]).value();
    assert_eq!(concat[0], random(4, 40)[0]);
    assert_eq!(concat[1..3], random(8, 41)[0..2]);
    let like = Bed::new("cosine", &[], &[], &[Row(2), Row(2)]).value();
    let (a, b) = (random(8, 40), random(8, 41));
    let cos = dot(&a[..2], &b[..2]) / (dot(&a[..2], &a[..2]) * dot(&b[..2], &b[..2])).sqrt();
    assert!((f64::from(like[0]) - cos).abs() < 1e-6);
}

#[test]
fn rare_words_become_unknown_while_training() {
    let set = [("vocab", int(0)), ("width", int(1)), ("unk", Setting::Real(1.0))];
    let mut bed = Bed::new("embed", &set, &[&[6, 1]], &[Text]);
    let table = bed.params.values(0);
    let ids = [2, 3, 2, 4, 5, 1, 0, 3];
    let counts = [0, 9, 1, 1, 2, 1];
    let mut unknown = [0u32; 8];
    let draws = 4000;
    for key in 0..draws {
        bed.key = key;
        for (i, v) in bed.value().into_iter().enumerate() {
            assert!(v == table[ids[i]] || v == table[0]);
            unknown[i] += u32::from(v == table[0]);
        }
    }
    for (i, id) in ids.into_iter().enumerate() {
        // unk/(unk + n); the unknown word itself stays what it is
        let expected = if id == 0 { 1.0 } else { 1.0 / (1.0 + f64::from(counts[id])) };
        let seen = f64::from(unknown[i]) / draws as f64;
        assert!((seen - expected).abs() < 0.04, "token {i}: {seen} instead of {expected}");
    }
    bed.training = false;
    assert_eq!(bed.value(), ids.map(|i| table[i]));
}

#[test]
fn dropout_acts_in_training_only_and_depends_on_step_and_node() {
    let mut bed = Bed::new("dropout", &[("p", Setting::Real(0.5))], &[], &[Seq(64)]);
    let x = random(8 * 64, 40);
    let y = bed.value();
    assert!(y.iter().zip(&x).all(|(y, x)| *y == 0.0 || *y == 2.0 * x));
    let kept = y.iter().filter(|y| **y != 0.0).count();
    assert!((200..312).contains(&kept), "{kept}");
    assert_eq!(y, bed.value());
    bed.training = false;
    assert_eq!(bed.value(), x);
    let (forms, counts) = (Forms::default(), HashMap::new());
    let cx = Cx {
        params: &bed.params,
        training: true,
        dropout_key: 1,
        node: 1,
        progress: 0.0,
        forms: &forms,
        step: 0,
        vocab_counts: &counts,
        pieces: &[],
    };
    assert_ne!(cx.key(0), Cx { node: 2, ..cx }.key(0));
    assert_ne!(cx.key(0), Cx { dropout_key: 2, ..cx }.key(0));
    assert_ne!(cx.key(0), cx.key(1));
}

#[test]
fn declarations_that_do_not_fit() {
    let try_build = |kind: &str, set: &[(&str, Setting)], params: usize| {
        build(&plan::Layer {
            kind: kind.into(),
            name: "enc.x".into(),
            settings: settings(set),
            params: (0..params).collect(),
        })
        .err()
    };
    assert_eq!(try_build("rnn2", &[], 0).unwrap(), "there is no layer `rnn2`");
    assert!(try_build("norm", &[], 1).unwrap().contains("has 2 parameters, not 1"));
    assert!(try_build("scale", &[], 0).unwrap().contains("needs `factor`"));
    assert!(try_build("scale", &[("factor", Setting::Bool(true))], 0).unwrap().contains("cannot be"));
    assert!(try_build("dense", &[("activation", Setting::Text("swish".into()))], 1).unwrap().contains("swish"));
}

/// `cargo test --release --lib bilstm_step -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn bilstm_step() {
    use crate::model::optim::Optimizer;
    use crate::ops::loss::cross_entropy;
    let (v, d, h, k) = (2000, 100, 128, 60);
    let mut shapes: Vec<(String, Vec<usize>)> = vec![("embed".into(), vec![v, d])];
    for (l, d) in [(1, d), (2, 2 * h)] {
        for side in ["fwd", "bwd"] {
            for (n, s) in [("w_ih", vec![d, 4 * h]), ("w_hh", vec![h, 4 * h]), ("b", vec![4 * h])] {
                shapes.push((format!("l{l}.{side}.{n}"), s));
            }
        }
    }
    shapes.extend([("tag.w".into(), vec![2 * h, k]), ("tag.b".into(), vec![k])]);
    shapes.extend([("cls.w".into(), vec![2 * h, 20]), ("cls.b".into(), vec![20])]);
    let specs: Vec<_> = shapes
        .into_iter()
        .map(|(name, shape)| plan::Param { name, shape, init: Init::Uniform(0.08), owner: "x".into(), also: vec![] })
        .collect();
    let mut params = Params::new(&specs, 1, &Device::flex(), &|_, _| None);
    let spec = plan::Optimizer {
        kind: "adam".into(),
        settings: Settings::new(),
        groups: vec![],
        warmup: 0.0,
        decay: crate::kinds::optimisers::Decay::usual(),
    };
    let layer = |kind: &str, set: &[(&str, Setting)], params: Vec<usize>| {
        build(&plan::Layer { kind: kind.into(), name: kind.into(), settings: settings(set), params }).unwrap()
    };
    let rnn = [("cell", Setting::Text("lstm".into())), ("bidirectional", Setting::Bool(true))];
    let embed = layer("embed", &[("vocab", int(0)), ("unk", Setting::Real(0.0))], vec![0]);
    let drop = layer("dropout", &[("p", Setting::Real(0.3))], vec![]);
    let (one, two) = (layer("rnn", &rnn, (1..7).collect()), layer("rnn", &rnn, (7..13).collect()));
    let (tag, mean, cls) =
        (layer("dense", &[], vec![13, 14]), layer("mean", &[], vec![]), layer("dense", &[], vec![15, 16]));
    let layout = Arc::new(Axis::from_lengths((0..32).map(|i| 8 + i % 9)));
    let n = layout.total();
    let forms = Forms { words: [(0, (0..n).map(|i| (i * 7919 % v) as i32).collect())].into(), ..Forms::default() };
    let text = Value::Text(Arc::new(value::Text::new(layout, (0..n as i32).collect())));
    let tags: Vec<i32> = (0..n).map(|i| (i % k) as i32).collect();
    let classes: Vec<i32> = (0..32).map(|i| i % 20).collect();
    let counts = HashMap::new();
    for layers in [1, 2] {
        let mut optimizer = Optimizer::new(&spec, &params).unwrap();
        let mut times = vec![];
        let mut parts = [0.0; 3];
        for step in 0..120 {
            let start = std::time::Instant::now();
            let loss = {
                let cx = Cx {
                    params: &params,
                    training: true,
                    dropout_key: step,
                    node: 0,
                    progress: 0.0,
                    forms: &forms,
                    step: 0,
                    vocab_counts: &counts,
                    pieces: &[],
                };
                let x = drop.forward(&[&embed.forward(&[&text], &cx)], &cx);
                let mut x = one.forward(&[&x], &cx);
                if layers == 2 {
                    x = two.forward(&[&x], &cx);
                }
                let (tags_loss, _) = cross_entropy(matrix(&tag.forward(&[&x], &cx)), &tags).unwrap();
                let (cls_loss, _) =
                    cross_entropy(matrix(&cls.forward(&[&mean.forward(&[&x], &cx)], &cx)), &classes).unwrap();
                tags_loss + cls_loss
            };
            let forward = start.elapsed();
            let grads = loss.backward();
            drop_value(loss);
            let backward = start.elapsed();
            optimizer.step(&mut params, grads, &|_| 1e-3, Some(5.0));
            let all = start.elapsed().as_secs_f64() * 1e3;
            if step >= 20 {
                times.push(all);
                parts[0] += forward.as_secs_f64() * 10.0;
                parts[1] += (backward - forward).as_secs_f64() * 10.0;
                parts[2] += (start.elapsed() - backward).as_secs_f64() * 10.0;
            }
        }
        times.sort_by(f64::total_cmp);
        println!(
            "{layers} layer(s), {n} tokens: {:.2} ms a step (median), {:.2} (least); forward {:.2}, backward {:.2}, optimiser {:.2}",
            times[times.len() / 2],
            times[0],
            parts[0],
            parts[1],
            parts[2]
        );
    }
}

fn drop_value<T>(_: T) {}
