//! Each term against a plain computation, and its gradient against differences.

use super::*;
use crate::ops::host::{tensor, to_vec};
use crate::ops::kernels::{mix, uniform};
use crate::ops::layer::{Cx, axis, matrix};
use crate::ops::params::Params;
use crate::ops::value::{Axis, Value};
use crate::plan::{Init, Param, Setting, Term};
use crate::records::Forms;
use burn::tensor::{Device, Tensor};
use std::collections::HashMap;
use std::sync::Arc;

const LENGTHS: [usize; 3] = [3, 0, 2];
const N: usize = 5;

fn random(n: usize, seed: u64) -> Vec<f32> {
    (0..n).map(|i| (4.0 * uniform(mix(seed), i) - 2.0) as f32).collect()
}

/// Rows that sum to one.
fn rows_of(x: &[f32], k: usize) -> Vec<f32> {
    let row = |r: &[f32]| {
        let e: Vec<f32> = r.iter().map(|v| v.exp()).collect();
        let sum: f32 = e.iter().sum();
        e.into_iter().map(move |v| v / sum).collect::<Vec<_>>()
    };
    x.chunks(k).flat_map(row).collect()
}

fn value(x: Tensor<2>, per_token: bool) -> Value {
    let axis = if per_token { Arc::new(Axis::from_lengths(LENGTHS)) } else { Axis::examples(x.dims()[0]) };
    Value::Rows(x, axis)
}

fn with_cx<R>(step: u64, params: &Params, f: impl FnOnce(&Cx) -> R) -> R {
    let (counts, forms) = (HashMap::new(), Forms::default());
    f(&Cx {
        params,
        training: true,
        dropout_key: 1,
        node: 0,
        progress: 0.0,
        forms: &forms,
        step,
        vocab_counts: &counts,
        pieces: &[],
    })
}

fn term(kind: &str, settings: &[(&'static str, Setting)], params: usize) -> Term {
    let settings = settings.iter().map(|(n, v)| (*n, v.clone())).collect();
    Term { kind: kind.into(), settings, params: (0..params).collect() }
}

/// The value of a term, and the gradient of a weighting of it in its inputs, which is held to differences.
fn computed(t: &Term, inputs: &[(Vec<f32>, usize, bool)]) -> Vec<f32> {
    let layer = build(t).unwrap();
    let params = Params::new(&[], 1, &Device::flex(), &|_, _| None);
    let device = Device::flex().autodiff();
    let run = |inputs: &[(Vec<f32>, usize, bool)]| {
        let leaves: Vec<Tensor<2>> =
            inputs.iter().map(|(x, k, _)| tensor::<2>(x.clone(), [x.len() / k, *k], &device).require_grad()).collect();
        let values: Vec<Value> = leaves.iter().zip(inputs).map(|(x, i)| value(x.clone(), i.2)).collect();
        let out = with_cx(0, &params, |cx| layer.forward(&values.iter().collect::<Vec<_>>(), cx));
        assert_eq!(matrix(&out).dims()[0], axis(&out).total());
        let y = matrix(&out).clone();
        let weights = tensor(random(to_vec(&y).len(), 8), y.dims(), &device);
        (to_vec(&y), (y * weights).sum(), leaves)
    };
    let (out, sum, leaves) = run(inputs);
    let grads = sum.backward();
    for (i, leaf) in leaves.iter().enumerate() {
        let slope = to_vec(&leaf.grad(&grads).unwrap());
        assert!(slope.iter().any(|g| *g != 0.0), "{} {i}", t.kind);
        for (j, own) in slope.iter().enumerate() {
            let at = |d: f32| {
                let mut moved = inputs.to_vec();
                moved[i].0[j] += d;
                f64::from(run(&moved).1.into_scalar::<f32>())
            };
            let h = 2e-3;
            let difference = (at(h) - at(-h)) / f64::from(2.0 * h);
            let near = (difference - f64::from(*own)).abs() <= 2e-2 * (1.0 + difference.abs());
            assert!(near, "{} input {i} at {j}: {own} and {difference}", t.kind);
        }
    }
    out
}

fn near(a: &[f32], b: &[f64]) {
    assert_eq!(a.len(), b.len(), "{a:?} {b:?}");
    assert!(a.iter().zip(b).all(|(x, y)| (f64::from(*x) - y).abs() < 1e-5 * (1.0 + y.abs())), "{a:?} {b:?}");
}

fn kl(p: &[f32], q: &[f32]) -> f64 {
    p.iter().zip(q).map(|(p, q)| f64::from(*p) * (f64::from(*p).ln() - f64::from(*q).ln())).sum()
}

#[test]
fn divergences() {
    let (p, q) = (rows_of(&random(N * 3, 1), 3), rows_of(&random(N * 3, 2), 3));
    for per_token in [true, false] {
        let inputs = [(p.clone(), 3, per_token), (q.clone(), 3, per_token)];
        let rows: Vec<f64> = p.chunks(3).zip(q.chunks(3)).map(|(p, q)| kl(p, q)).collect();
        near(&computed(&term("kl", &[], 0), &inputs), &rows);
        let js = |p: &[f32], q: &[f32]| {
            let m: Vec<f32> = p.iter().zip(q).map(|(a, b)| (a + b) / 2.0).collect();
            (kl(p, &m) + kl(q, &m)) / 2.0
        };
        let rows: Vec<f64> = p.chunks(3).zip(q.chunks(3)).map(|(p, q)| js(p, q)).collect();
        near(&computed(&term("js", &[], 0), &inputs), &rows);
    }
    // of classes each by itself the complements count too
    let half = |x: &[f32]| x.iter().map(|v| 1.0 / (1.0 + v.exp())).collect::<Vec<f32>>();
    let (p, q) = (half(&random(6, 3)), half(&random(6, 4)));
    let both = |p: f32, q: f32| kl(&[p, 1.0 - p], &[q, 1.0 - q]);
    let rows: Vec<f64> = p.chunks(2).zip(q.chunks(2)).map(|(p, q)| both(p[0], q[0]) + both(p[1], q[1])).collect();
    near(&computed(&term("kl", &[(EACH, Setting::Bool(true))], 0), &[(p, 2, false), (q, 2, false)]), &rows);
    // three are drawn to their mean
    let all: Vec<Vec<f32>> = (5..8).map(|s| rows_of(&random(4, s), 4)).collect();
    let m: Vec<f32> = (0..4).map(|k| all.iter().map(|p| p[k]).sum::<f32>() / 3.0).collect();
    let mean = all.iter().map(|p| kl(p, &m)).sum::<f64>() / 3.0;
    let inputs: Vec<_> = all.into_iter().map(|p| (p, 4, false)).collect();
    near(&computed(&term("js", &[], 0), &inputs), &[mean]);
}

#[test]
fn distributions_over_tokens() {
    let text = |x: &[f32]| [rows_of(&x[..3], 3), rows_of(&x[3..], 2)].concat();
    let (p, q) = (text(&random(N, 1)), text(&random(N, 2)));
    let over = [(TOKENS, Setting::Bool(true))];
    let inputs = [(p.clone(), 1, true), (q.clone(), 1, true)];
    near(&computed(&term("kl", &over, 0), &inputs), &[kl(&p[..3], &q[..3]), 0.0, kl(&p[3..], &q[3..])]);
    let dot = |p: &[f32], q: &[f32]| p.iter().zip(q).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let cosine = |p: &[f32], q: &[f32]| dot(p, q) / (dot(p, p) * dot(q, q)).sqrt();
    near(&computed(&term("cosine", &over, 0), &inputs), &[cosine(&p[..3], &q[..3]), 0.0, cosine(&p[3..], &q[3..])]);
    let squared = |r: std::ops::Range<usize>| dot(&p[r.clone()], &q[r]).powi(2);
    near(&computed(&term("orthogonal", &over, 0), &inputs), &[squared(0..3), 0.0, squared(3..5)]);
}

#[test]
fn features() {
    let (u, v, w) = (random(N * 3, 1), random(N * 3, 2), random(N * 2, 3));
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let cosine = |(a, b): (&[f32], &[f32])| dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
    let rows: Vec<f64> = u.chunks(3).zip(v.chunks(3)).map(cosine).collect();
    near(&computed(&term("cosine", &[], 0), &[(u.clone(), 3, true), (v, 3, true)]), &rows);
    // ‖UᵀW/n‖²: widths may differ
    let common =
        |i: usize, j: usize| (0..N).map(|r| f64::from(u[r * 3 + i]) * f64::from(w[r * 2 + j])).sum::<f64>() / N as f64;
    let all: f64 = (0..3).flat_map(|i| (0..2).map(move |j| (i, j))).map(|(i, j)| common(i, j).powi(2)).sum();
    near(&computed(&term("orthogonal", &[], 0), &[(u, 3, false), (w, 2, false)]), &[all]);
}

#[test]
fn numbers() {
    let x = random(N, 1);
    let of = |f: fn(f64) -> f64| x.iter().map(|v| f(f64::from(*v))).collect::<Vec<f64>>();
    near(&computed(&term("square", &[], 0), &[(x.clone(), 1, true)]), &of(|v| v * v));
    // one number for the batch goes with each
    let one = (vec![0.5f32], 1, false);
    for (word, f) in ARITHMETIC.iter().zip([|v| v + 0.5, |v| v - 0.5, |v| v * 0.5, |v| v / 0.5] as [fn(f64) -> f64; 4])
    {
        near(&computed(&term(word, &[], 0), &[(x.clone(), 1, true), one.clone()]), &of(f));
    }
    let mean = |r: std::ops::Range<usize>| r.clone().map(|i| f64::from(x[i])).sum::<f64>() / r.len() as f64;
    near(&computed(&term(BY_EXAMPLE, &[], 0), &[(x.clone(), 1, true)]), &[mean(0..3), 0.0, mean(3..5)]);
    let gold = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let layer = build(&term("uniform", &[], 0)).unwrap();
    let params = Params::new(&[], 1, &Device::flex(), &|_, _| None);
    let gold = value(tensor::<2>(gold.to_vec(), [2, 4], &Device::flex()), false);
    let out = with_cx(0, &params, |cx| layer.forward(&[&gold], cx));
    assert_eq!(to_vec(matrix(&out)), [0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let set = FACTOR_SETTINGS.into_iter().zip([0.0, 1.0, 4.0].map(Setting::Real)).collect::<Vec<_>>();
    let layer = build(&term(ANNEAL, &set, 0)).unwrap();
    let at = |step| with_cx(step, &params, |cx| to_vec(matrix(&layer.forward(&[], cx)))[0]);
    assert_eq!([0, 1, 3, 9].map(at), [0.0, 0.25, 0.75, 1.0]);
}

#[test]
fn means_are_over_what_counts() {
    let x = |n: usize| tensor::<2>((0..n).map(|i| i as f32).collect(), [n, 1], &Device::flex());
    let of = |v: &Value, counts: &[bool]| mean(v, counts).map(|(m, n)| (to_vec(&m)[0], n));
    assert_eq!(of(&value(x(3), false), &[true, true, true]), Some((1.0, 3)));
    assert_eq!(of(&value(x(3), false), &[false, true, true]), Some((1.5, 2)));
    assert_eq!(of(&value(x(3), false), &[false; 3]), None);
    assert_eq!(of(&value(x(5), true), &[true, true, false]), Some((1.0, 3)));
    assert_eq!(of(&value(x(5), true), &[false, true, false]), None);
    // one number for the batch
    assert_eq!(of(&one(Tensor::full([1], 7.0, &Device::flex())), &[false, true, true]), Some((7.0, 2)));
}

#[test]
fn what_runs_is_whole() {
    for t in TERMS {
        let whole = t.build.is_some() || t.lowers == Lowers::Stop;
        assert_eq!((t.row.runs, t.row.runs), (whole, t.lowers != Lowers::Later), "{}", t.row.name);
    }
    let error = |t: Term| build(&t).err().unwrap();
    assert!(error(term("marginal", &[], 0)).contains("no term `marginal`"));
    assert!(error(term("number", &[], 0)).contains("needs the number `value`"));
}

/// The value of a prior, and its gradient in each member.
fn prior(kind: &str, shape: [usize; 2], values: &[Vec<f32>]) -> (f64, Vec<Vec<f32>>) {
    let specs: Vec<Param> = (0..values.len())
        .map(|i| Param {
            name: format!("w{i}"),
            shape: shape.to_vec(),
            init: Init::Zeros,
            owner: "t".into(),
            also: vec![],
        })
        .collect();
    let members = [(MEMBERS, Setting::Int(values.len() as i64))];
    let layer = build(&term(kind, &members, values.len())).unwrap();
    let mut params = Params::new(&specs, 1, &Device::flex(), &|_, _| None);
    values.iter().enumerate().for_each(|(i, v)| params.update(i, |b| b.copy_from_slice(v)));
    let out = with_cx(0, &params, |cx| matrix(&layer.forward(&[], cx)).clone());
    let grads = out.clone().sum().backward();
    let slopes = (0..values.len()).map(|i| to_vec(&params.get2(i).grad(&grads).unwrap())).collect();
    (f64::from(to_vec(&out)[0]), slopes)
}

fn differences(kind: &str, shape: [usize; 2], values: &[Vec<f32>], tolerance: f64) {
    let (_, slopes) = prior(kind, shape, values);
    for (i, j) in (0..values.len()).flat_map(|i| (0..values[0].len()).map(move |j| (i, j))) {
        let at = |d: f32| {
            let mut moved = values.to_vec();
            moved[i][j] += d;
            prior(kind, shape, &moved).0
        };
        let difference = (at(1e-2) - at(-1e-2)) / 2e-2;
        let slope = f64::from(slopes[i][j]);
        assert!((slope - difference).abs() <= tolerance * (1.0 + difference.abs()), "{kind}: {slope} {difference}");
    }
}

#[test]
fn a_covariance_is_the_best_one() {
    // columns at a right angle: the root of the Gram matrix is that of their lengths
    let (value, slopes) = prior("covariance", [2, 1], &[vec![3.0, 0.0], vec![0.0, 4.0]]);
    assert!((value - 49.0).abs() < 1e-3, "{value}");
    // 2 W Ω⁻¹ with Ω = diag(3/7, 4/7)
    assert!((slopes[0][0] - 14.0).abs() < 1e-3 && slopes[0][1].abs() < 1e-3, "{slopes:?}");
    // members that agree have a covariance of rank one, whose norm is that of all their weights
    let one = random(6, 1);
    let squares: f64 = one.iter().map(|v| f64::from(*v).powi(2)).sum();
    let (value, _) = prior("covariance", [2, 3], &[one.clone(), one.clone(), one]);
    assert!((value - 3.0 * squares).abs() < 2e-2 * value, "{value} {squares}");
    differences("covariance", [2, 3], &[random(6, 2), random(6, 3), random(6, 4)], 1e-2);
}

#[test]
fn a_tensor_normal_has_the_covariances_of_its_modes() {
    let values = [random(12, 5), random(12, 6), random(12, 7)];
    let (value, slopes) = prior("tensor_normal", [4, 3], &values);
    assert!(value.is_finite());
    // with a variance of one input set last, vec(W)ᵀ Σ⁻¹ vec(W) is the number of weights
    let row: Vec<Vec<f32>> = values.iter().map(|v| v[..3].to_vec()).collect();
    let (value_of_row, of_row) = prior("tensor_normal", [1, 3], &row);
    let dot: f64 = row.iter().zip(&of_row).flat_map(|(w, g)| w.iter().zip(g)).map(|(w, g)| f64::from(w * g)).sum();
    assert!((dot - 1.0).abs() < 1e-3, "{dot}");
    // two numbers: a covariance of members of which a tenth is their mean variance
    let (a, b) = (2.0f64, -1.0);
    let (mean, share) = ((a * a + b * b) / 2.0, 0.1);
    let [x, y, z] = [a * a, b * b, a * b].map(|v| v * (1.0 - share));
    let determinant = (x + share * mean) * (y + share * mean) - z * z;
    let quadratic = (a * a * (y + share * mean) + b * b * (x + share * mean) - 2.0 * a * b * z) / determinant;
    let expected = 0.5 * (2.0 + determinant.ln() + 2.0 * (quadratic / 2.0).ln()) / 2.0;
    let (two, _) = prior("tensor_normal", [1, 1], &[vec![a as f32], vec![b as f32]]);
    assert!((two - expected).abs() < 1e-4 && value_of_row.is_finite(), "{two} {expected}");
    // weights that are twice as large are no less probable but for the size of what is integrated over
    let double: Vec<Vec<f32>> = values.iter().map(|v| v.iter().map(|x| 2.0 * x).collect()).collect();
    let (twice, _) = prior("tensor_normal", [4, 3], &double);
    assert!((twice - value - 2f64.ln()).abs() < 1e-3, "{value} {twice}");
    // the gradient of a step goes down
    let down: Vec<Vec<f32>> =
        values.iter().zip(&slopes).map(|(v, g)| v.iter().zip(g).map(|(v, g)| v - 0.5 * g).collect()).collect();
    assert!(prior("tensor_normal", [4, 3], &down).0 < value);
    let error = build(&term("covariance", &[], 2)).err().unwrap();
    assert!(error.contains("a matrix of each of several members"), "{error}");
}

#[test]
fn distances_of_parameters() {
    let shapes = [vec![2, 3], vec![4], vec![2, 3], vec![4], vec![2, 3], vec![4]];
    let spec = |(i, shape): (usize, Vec<usize>)| Param {
        name: format!("p{i}"),
        shape,
        init: Init::Uniform(1.0),
        owner: "x".into(),
        also: vec![],
    };
    let specs: Vec<Param> = shapes.into_iter().enumerate().map(spec).collect();
    let params = Params::new(&specs, 3, &Device::flex(), &|_, _| None);
    let layer = build(&term("distance", &[(MEMBERS, Setting::Int(3))], 6)).unwrap();
    let member = |m: usize| -> Vec<f32> { [params.values(2 * m), params.values(2 * m + 1)].concat() };
    let pair =
        |a: usize, b: usize| -> f64 { member(a).iter().zip(member(b)).map(|(x, y)| f64::from(x - y).powi(2)).sum() };
    let y = with_cx(0, &params, |cx| layer.forward(&[], cx));
    near(&to_vec(matrix(&y)), &[pair(0, 1) + pair(0, 2) + pair(1, 2)]);
    // 2 Σ_j (θ_i − θ_j)
    let grads = matrix(&y).clone().sum().backward();
    let slope = to_vec(&params.get2(0).grad(&grads).unwrap());
    let expected = |k: usize| f64::from(2.0 * (2.0 * member(0)[k] - member(1)[k] - member(2)[k]));
    near(&slope, &(0..6).map(expected).collect::<Vec<_>>());
    assert!(build(&term("distance", &[(MEMBERS, Setting::Int(4))], 6)).is_err());
}

#[test]
fn overlap_of_the_parts_of_matrices() {
    let spec = Param { name: "w".into(), shape: vec![3, 8], init: Init::Uniform(1.0), owner: "x".into(), also: vec![] };
    let params = Params::new(&[spec], 3, &Device::flex(), &|_, _| None);
    // two gates of four columns, each of two parts
    let set = [("subspaces", Setting::Int(2)), ("width", Setting::Int(4))];
    let layer = build(&term("overlap", &set, 1)).unwrap();
    let w = params.values(0);
    let columns = [[0, 1, 4, 5], [2, 3, 6, 7]];
    let dot = |a: usize, b: usize| (0..3).map(|r| f64::from(w[r * 8 + a] * w[r * 8 + b])).sum::<f64>();
    let expected: f64 = columns[0].iter().flat_map(|a| columns[1].map(|b| dot(*a, b).powi(2))).sum();
    near(&with_cx(0, &params, |cx| to_vec(matrix(&layer.forward(&[], cx)))), &[expected]);
    assert!(build(&term("overlap", &[], 1)).is_err());
}
