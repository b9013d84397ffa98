//! Every operation against its form in tensor operations, in value and gradient; fields against enumeration.

use super::attention::{self, Attention, attention};
use super::crf::{self, Chain, Legal};
use super::host::{tensor, to_vec};
use super::kernels::{self, Mask, uniform};
use super::loss;
use super::rnn::{self, Cell, Weights, rnn};
use super::rows::{self, Activation};
use crate::ops::value::Axis;
use burn::tensor::{Device, Tensor};
use std::sync::Arc;

fn device() -> Device {
    Device::flex().autodiff()
}

/// Values in (−1, 1), the same for the same seed.
pub(super) fn random(n: usize, seed: u64) -> Vec<f32> {
    (0..n).map(|i| (2.0 * uniform(kernels::mix(seed), i) - 1.0) as f32).collect()
}

pub(super) fn leaf(shape: [usize; 2], seed: u64) -> Tensor<2> {
    tensor(random(shape[0] * shape[1], seed), shape, &device()).require_grad()
}

pub(super) fn one(t: &Tensor<2>) -> Tensor<1> {
    t.clone().flatten(0, 1)
}

/// The greatest difference relative to 1 + size.
pub(super) fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs() / (1.0 + b.abs()))
        .fold(0.0, |m, d| if d.is_nan() { d } else { m.max(d) })
}

/// Both functions of the same leaves, by value and by the gradient of a random weighting.
pub(super) fn agree<const D: usize>(
    what: &str,
    shapes: &[[usize; 2]],
    f: impl Fn(&[Tensor<2>]) -> Tensor<D>,
    g: impl Fn(&[Tensor<2>]) -> Tensor<D>,
) {
    let run = |f: &dyn Fn(&[Tensor<2>]) -> Tensor<D>| {
        let leaves: Vec<_> = shapes.iter().enumerate().map(|(i, s)| leaf(*s, 10 + i as u64)).collect();
        let y = f(&leaves);
        let mut out = vec![to_vec(&y)];
        let n = out[0].len();
        if n > 0 {
            let weights = tensor(random(n, 99), y.dims(), &device());
            let loss = (y * weights).sum();
            // of empty texts only, the plain form depends on nothing
            let grads = loss.is_tracked().then(|| loss.backward());
            let of = |l: &Tensor<2>| grads.as_ref().and_then(|g| l.grad(g)).map(|g| to_vec(&g));
            out.extend(leaves.iter().map(|l| of(l).unwrap_or_else(|| vec![0.0; l.dims().iter().product()])));
        }
        out
    };
    let (a, b) = (run(&f), run(&g));
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(&b).enumerate() {
        let d = distance(a, b);
        assert!(d < 1e-5, "{what}: {} differs by {d}", if i == 0 { "value".into() } else { format!("gradient {i}") });
    }
}

fn layouts() -> Vec<Arc<Axis>> {
    let lengths: [&[usize]; 5] = [&[3, 5, 1, 0, 2], &[1], &[7], &[0, 0, 4], &[4, 4, 4]];
    lengths.iter().map(|l| Arc::new(Axis::from_lengths(l.iter().copied()))).collect()
}

#[test]
fn elementary_functions() {
    for i in -400..400 {
        let x = i as f32 / 20.0;
        let close = |a: f32, b: f64| (f64::from(a) - b).abs() < 3e-7 * (1.0 + b.abs());
        assert!(close(kernels::exp(x), f64::from(x).exp()), "exp {x}");
        assert!(close(kernels::tanh(x), f64::from(x).tanh()), "tanh {x}");
        assert!(close(kernels::sigmoid(x), 1.0 / (1.0 + (-f64::from(x)).exp())), "sigmoid {x}");
    }
    assert!(kernels::exp(f32::NAN).is_nan() && kernels::exp(-1e9) < 1e-37 && kernels::exp(1e9).is_finite());
    assert!((kernels::erf(0.5) - 0.520_499_9).abs() < 3e-7 && (kernels::erf(-2.0) + 0.995_322_3).abs() < 3e-7);
}

#[test]
fn lookup() {
    for ids in [vec![0, 3, 3, -1, 2], vec![], vec![-1], vec![4; 9]] {
        let rows = Arc::new(ids);
        agree("gather", &[[5, 3]], |l| rows::gather(&l[0], rows.clone()), |l| rows::gather_reference(&l[0], &rows));
    }
}

#[test]
fn recurrent() {
    for layout in layouts() {
        let (n, d, h) = (layout.total(), 3, 5);
        for sides in [1, 2] {
            for reverse in [false, true] {
                for cell in [Cell::Lstm, Cell::Gru] {
                    let g = if cell == Cell::Lstm { 4 * h } else { 3 * h };
                    let mut shapes = vec![[n, d]];
                    for _ in 0..sides {
                        shapes.extend([[d, g], [h, g], [1, g]]);
                        shapes.extend((cell == Cell::Gru).then_some([1, g]));
                    }
                    let weights = |l: &[Tensor<2>]| -> Vec<Weights> {
                        l[1..]
                            .chunks_exact((l.len() - 1) / sides)
                            .map(|w| Weights {
                                w_ih: w[0].clone(),
                                w_hh: w[1].clone(),
                                b: one(&w[2]),
                                b_hh: w.get(3).map(one),
                            })
                            .collect()
                    };
                    agree(
                        &format!("{cell:?} {sides} {reverse} {:?}", layout.offsets),
                        &shapes,
                        |l| rnn(&l[0], &layout, cell, &weights(l), reverse),
                        |l| rnn::reference(&l[0], &layout, &weights(l), reverse),
                    );
                }
            }
        }
    }
}

/// The recurrences as they stand in PyTorch's manual, one number at a time.
fn by_hand(x: &[f32], w: &[Vec<f32>], d: usize, h: usize, cell: Cell) -> Vec<f32> {
    let g = w[2].len();
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let (mut state, mut memory, mut out) = (vec![0f64; h], vec![0f64; h], vec![]);
    for row in x.chunks_exact(d) {
        let times = |v: &[f64], m: &[f32], j: usize| -> f64 {
            v.iter().enumerate().map(|(i, v)| v * f64::from(m[i * g + j])).sum()
        };
        let row: Vec<f64> = row.iter().map(|&v| f64::from(v)).collect();
        let a = |j: usize| times(&row, &w[0], j) + f64::from(w[2][j]);
        let b = |j: usize| times(&state, &w[1], j) + w.get(3).map_or(0.0, |b| f64::from(b[j]));
        let next: Vec<f64> = (0..h)
            .map(|j| match cell {
                Cell::Lstm => {
                    let pre = |k: usize| a(k * h + j) + b(k * h + j);
                    memory[j] = sigmoid(pre(1)) * memory[j] + sigmoid(pre(0)) * pre(2).tanh();
                    sigmoid(pre(3)) * memory[j].tanh()
                }
                Cell::Gru => {
                    let (r, z) = (sigmoid(a(j) + b(j)), sigmoid(a(h + j) + b(h + j)));
                    let n = (a(2 * h + j) + r * b(2 * h + j)).tanh();
                    (1.0 - z) * n + z * state[j]
                }
            })
            .collect();
        state = next;
        out.extend(state.iter().map(|&v| v as f32));
    }
    out
}

#[test]
fn recurrent_by_hand() {
    let (d, h) = (3, 5);
    for layout in layouts() {
        for cell in [Cell::Lstm, Cell::Gru] {
            let g = if cell == Cell::Lstm { 4 * h } else { 3 * h };
            let x = random(layout.total() * d, 1);
            let sides: Vec<Vec<Vec<f32>>> = (0..2)
                .map(|s| {
                    let sizes = [d * g, h * g, g, g];
                    let n = if cell == Cell::Lstm { 3 } else { 4 };
                    (0..n).map(|i| random(sizes[i], 10 * s + 20 + i as u64)).collect()
                })
                .collect();
            let device = Device::flex();
            let weights: Vec<Weights> = sides
                .iter()
                .map(|w| Weights {
                    w_ih: tensor(w[0].clone(), [d, g], &device),
                    w_hh: tensor(w[1].clone(), [h, g], &device),
                    b: tensor(w[2].clone(), [g], &device),
                    b_hh: w.get(3).map(|b| tensor(b.clone(), [g], &device)),
                })
                .collect();
            let y = to_vec(&rnn(&tensor(x.clone(), [layout.total(), d], &device), &layout, cell, &weights, false));
            for r in layout.rows() {
                let text = &x[r.start * d..r.end * d];
                let turned: Vec<f32> = text.chunks_exact(d).rev().flatten().copied().collect();
                let forwards = by_hand(text, &sides[0], d, h, cell);
                let backwards = by_hand(&turned, &sides[1], d, h, cell);
                for t in 0..r.len() {
                    let row = &y[(r.start + t) * 2 * h..][..2 * h];
                    assert!(distance(&row[..h], &forwards[t * h..][..h]) < 1e-5, "{cell:?} forwards");
                    let back = r.len() - 1 - t;
                    assert!(distance(&row[h..], &backwards[back * h..][..h]) < 1e-5, "{cell:?} backwards");
                }
            }
        }
    }
}

#[test]
fn maps_of_rows() {
    use Activation::{Gelu, None as Plain, Relu, Sigmoid, Tanh};
    for n in [0, 1, 6] {
        for f in [Plain, Relu, Tanh, Gelu, Sigmoid] {
            agree(
                &format!("dense {f:?} {n}"),
                &[[n, 4], [4, 3], [1, 3]],
                |l| rows::dense(&l[0], &l[1], Some(&one(&l[2])), f),
                |l| rows::dense_reference(&l[0], &l[1], Some(&one(&l[2])), f),
            );
            agree(
                "dense without bias",
                &[[n, 4], [4, 3]],
                |l| rows::dense(&l[0], &l[1], None, f),
                |l| rows::dense_reference(&l[0], &l[1], None, f),
            );
        }
        if n > 0 {
            agree(
                "layer norm",
                &[[n, 19], [1, 19], [1, 19]],
                |l| rows::layer_norm(&l[0], &one(&l[1]), &one(&l[2])),
                |l| rows::layer_norm_reference(&l[0], &one(&l[1]), &one(&l[2])),
            );
            agree("dropout", &[[n, 7]], |l| rows::dropout(&l[0], 0.4, 5), |l| rows::dropout_reference(&l[0], 0.4, 5));
            agree(
                "softmax",
                &[[n, 19]],
                |l| loss::softmax(&l[0]),
                |l| burn::tensor::activation::softmax(l[0].clone(), 1),
            );
        }
    }
}

#[test]
fn pools() {
    for layout in layouts() {
        let n = layout.total();
        agree("mean", &[[n, 4]], |l| rows::mean(&l[0], &layout), |l| rows::mean_reference(&l[0], &layout));
        agree("max", &[[n, 4]], |l| rows::max(&l[0], &layout), |l| rows::max_reference(&l[0], &layout));
        agree(
            "softmax over texts",
            &[[n, 1]],
            |l| rows::text_softmax(&l[0], &layout),
            |l| rows::text_softmax_reference(&l[0], &layout),
        );
        agree(
            "weighted sum",
            &[[n, 4], [n, 1]],
            |l| rows::weighted_sum(&l[0], &l[1], &layout),
            |l| rows::weighted_sum_reference(&l[0], &l[1], &layout),
        );
    }
}

#[test]
fn attention_within_texts() {
    for layout in layouts() {
        let n = layout.total();
        for heads in [1, 2] {
            for causal in [false, true] {
                for dropout in [None, Some((0.3, 17))] {
                    let how = Attention { heads, causal, dropout };
                    agree(
                        &format!("{how:?} {:?}", layout.offsets),
                        &[[n, 6], [n, 6], [n, 6]],
                        |l| attention(&l[0], &l[1], &l[2], &layout, how),
                        |l| attention::reference(&l[0], &l[1], &l[2], &layout, how),
                    );
                }
            }
        }
    }
}

#[test]
fn losses() {
    let targets = [2, -1, 0, 3, -1];
    agree(
        "cross-entropy",
        &[[5, 4]],
        |l| loss::cross_entropy(&l[0], &targets).unwrap().0,
        |l| loss::cross_entropy_reference(&l[0], &targets).unwrap().0,
    );
    assert_eq!(loss::cross_entropy(&leaf([5, 4], 1), &targets).unwrap().1, 3);
    assert!(loss::cross_entropy(&leaf([2, 4], 1), &[-1, -1]).is_none());
    let (gold, has) = ([1.0, 0.0, 0.0, 1.0, 1.0, 1.0], [true, false, true]);
    agree(
        "binary cross-entropy",
        &[[3, 2]],
        |l| loss::binary_cross_entropy(&l[0], &gold, &has).unwrap().0,
        |l| loss::binary_cross_entropy_reference(&l[0], &gold, &has).unwrap().0,
    );
    let zero = tensor::<2>(vec![0.0, 900.0, -900.0], [3, 1], &device()).require_grad();
    let (y, _) = loss::binary_cross_entropy(&zero, &[1.0, 1.0, 0.0], &[true; 3]).unwrap();
    assert!(to_vec(&y)[0].is_finite());
    assert!((to_vec(&zero.grad(&y.backward()).unwrap())[0] + 0.5 / 3.0).abs() < 1e-7);
}

pub(super) fn chain(l: &[Tensor<2>]) -> Chain {
    Chain { transitions: l[1].clone(), start: one(&l[2]), end: one(&l[3]) }
}

#[test]
fn fields_against_tensor_operations() {
    let k = 3;
    for layout in layouts() {
        let n = layout.total();
        let shapes = [[n, k], [k, k], [1, k], [1, k]];
        let golds: [Vec<i32>; 2] =
            [(0..n).map(|i| (i % k) as i32).collect(), (0..n).map(|i| (i % (k + 1)) as i32 - 1).collect()];
        for gold in golds.iter().filter(|g| g.iter().any(|&y| y >= 0)) {
            agree(
                &format!("likelihood {gold:?}"),
                &shapes,
                |l| crf::nll(&l[0], &chain(l), gold, &layout).unwrap().0,
                |l| crf::nll_reference(&l[0], &chain(l), gold, &layout).unwrap().0,
            );
        }
        agree(
            &format!("marginals {:?}", layout.offsets),
            &shapes,
            |l| crf::marginals(&l[0], &chain(l), &layout),
            |l| crf::marginals_reference(&l[0], &chain(l), &layout),
        );
        assert!(crf::nll(&leaf([n, k], 1), &chain(&shapes.map(|s| leaf(s, 1))), &vec![-1; n], &layout).is_none());
    }
}

/// Every sequence of `n` classes.
fn sequences(n: usize, k: usize) -> Vec<Vec<usize>> {
    (0..k.pow(n as u32)).map(|i| (0..n).map(|t| i / k.pow(t as u32) % k).collect()).collect()
}

#[test]
fn fields_against_enumeration() {
    for k in [3, 4] {
        for n in 1..=5 {
            for strong in [1.0, 30.0] {
                let part = |m: usize, seed| random(m, seed).iter().map(|v| v * strong).collect::<Vec<f32>>();
                let (s, t, a, e) = (part(n * k, 1), part(k * k, 2), part(k, 3), part(k, 4));
                let score = |y: &[usize]| -> f64 {
                    let mut sum = f64::from(a[y[0]]) + f64::from(e[y[n - 1]]);
                    sum += y.iter().enumerate().map(|(i, &j)| f64::from(s[i * k + j])).sum::<f64>();
                    sum + y.windows(2).map(|p| f64::from(t[p[0] * k + p[1]])).sum::<f64>()
                };
                let all = sequences(n, k);
                let top = all.iter().map(|y| score(y)).fold(f64::MIN, f64::max);
                let z = top + all.iter().map(|y| (score(y) - top).exp()).sum::<f64>().ln();
                let mut marginals = vec![0f64; n * k];
                for y in &all {
                    y.iter().enumerate().for_each(|(i, &j)| marginals[i * k + j] += (score(y) - z).exp());
                }
                let layout = Arc::new(Axis::from_lengths([n]));
                let d = Device::flex();
                let field = Chain {
                    transitions: tensor(t.clone(), [k, k], &d),
                    start: tensor(a.clone(), [k], &d),
                    end: tensor(e.clone(), [k], &d),
                };
                let scores = tensor(s.clone(), [n, k], &d);
                let gold: Vec<i32> = (0..n).map(|i| ((i * 2 + 1) % k) as i32).collect();
                let path: Vec<usize> = gold.iter().map(|&y| y as usize).collect();
                let (nll, count) = crf::nll(&scores, &field, &gold, &layout).unwrap();
                assert_eq!(count, n);
                let expected = (z - score(&path)) / n as f64;
                assert!((f64::from(to_vec(&nll)[0]) - expected).abs() < 1e-5 * (1.0 + expected), "log Z");
                let p = to_vec(&crf::marginals(&scores, &field, &layout));
                for (a, b) in p.iter().zip(&marginals) {
                    assert!((f64::from(*a) - b).abs() < 1e-5, "marginals {p:?} {marginals:?}");
                }
                let classes: Vec<String> = ["O", "B-x", "I-x", "I-y"][..k].iter().map(|c| c.to_string()).collect();
                for legal in [Legal::default(), Legal::bio(&classes)] {
                    let ok = |y: &[usize]| {
                        legal.start.get(y[0]).copied().unwrap_or(true)
                            && y.windows(2).all(|p| legal.transitions.get(p[0] * k + p[1]).copied().unwrap_or(true))
                    };
                    let best = all.iter().filter(|y| ok(y)).max_by(|a, b| score(a).total_cmp(&score(b))).unwrap();
                    let found = crf::viterbi([&s, &t, &a, &e], &layout, &legal);
                    assert_eq!(found, best.iter().map(|&y| y as u32).collect::<Vec<_>>());
                }
            }
        }
    }
}

#[test]
fn bio_rules() {
    let classes: Vec<String> = ["O", "B-x", "B-y", "I-x", "I-y"].iter().map(|c| c.to_string()).collect();
    let legal = Legal::bio(&classes);
    assert_eq!(legal.start, [true, true, true, false, false]);
    // into I-x: only from B-x and I-x
    let into: Vec<bool> = (0..5).map(|from| legal.transitions[from * 5 + 3]).collect();
    assert_eq!(into, [false, true, false, true, false]);
}

#[test]
fn dropout_is_fair_and_the_same_for_any_number_of_threads() {
    let n = 200_000;
    let mask = Mask::new(0.3, 12345).unwrap();
    let values: Vec<f64> = (0..n).map(|i| f64::from(mask.at(i))).collect();
    let mean = values.iter().sum::<f64>() / n as f64;
    let var = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64;
    assert!((mean - 1.0).abs() < 0.01, "{mean}");
    assert!((var - 0.3 / 0.7).abs() < 0.01, "{var}");
    let other = Mask::new(0.3, 12346).unwrap();
    let same = (0..n).filter(|&i| (mask.at(i) == 0.0) == (other.at(i) == 0.0)).count() as f64 / n as f64;
    assert!((same - (0.49 + 0.09)).abs() < 0.01, "masks of two keys are independent: {same}");
    assert!(Mask::new(0.0, 1).is_none());
    assert!((0..100).all(|i| Mask::new(1.0, 1).unwrap().at(i) == 0.0));

    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let layout = Arc::new(Axis::from_lengths((0..40).map(|i| i % 9)));
            let x = rows::dropout(&leaf([layout.total(), 16], 1), 0.5, 7);
            let how = Attention { heads: 2, causal: false, dropout: Some((0.2, 3)) };
            let y = attention(&x, &x, &x, &layout, how);
            let w = [2, 3, 4].map(|s| leaf([if s == 2 { 16 } else { 1 }, 32], s));
            let hh = leaf([8, 32], 9);
            let weights = Weights { w_ih: w[0].clone(), w_hh: hh.clone(), b: one(&w[1]), b_hh: None };
            let z = rnn(&y, &layout, Cell::Lstm, &[weights.clone(), weights], false);
            let grads = (z.clone() * z.clone()).sum().backward();
            (to_vec(&z), to_vec(&hh.grad(&grads).unwrap()))
        })
    };
    assert_eq!(run(1), run(2));
    assert_eq!(run(2), run(4));

    let large = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let (x, w) = (leaf([390, 300], 1), leaf([300, 250], 2));
            let y = rows::dense(&x, &w, None, Activation::Tanh);
            let grads = (y.clone() * y.clone()).sum().backward();
            (to_vec(&y), to_vec(&x.grad(&grads).unwrap()), to_vec(&w.grad(&grads).unwrap()))
        })
    };
    assert_eq!(large(1), large(2));
    assert_eq!(large(2), large(3));
}

/// `cargo test --release --lib field_step -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn field_step() {
    let k = 127;
    let layout = Arc::new(Axis::from_lengths((0..32).map(|i| 8 + i % 9)));
    let n = layout.total();
    let gold: Vec<i32> = (0..n).map(|i| (i % k) as i32).collect();
    let leaves = [leaf([n, k], 1), leaf([k, k], 2), leaf([1, k], 3), leaf([1, k], 4)];
    let values: Vec<Vec<f32>> = leaves.iter().map(to_vec).collect();
    let median = |f: &dyn Fn()| {
        let mut times: Vec<f64> = (0..30)
            .map(|_| {
                let start = std::time::Instant::now();
                f();
                start.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times[15]
    };
    let nll = median(&|| {
        let _ = crf::nll(&leaves[0], &chain(&leaves), &gold, &layout).unwrap().0.backward();
    });
    let marginals = median(&|| {
        let p = crf::marginals(&leaves[0], &chain(&leaves), &layout);
        let _ = (p.clone() * p).sum().backward();
    });
    let best = median(&|| {
        let _ = crf::viterbi([&values[0], &values[1], &values[2], &values[3]], &layout, &Legal::default());
    });
    println!("{n} tokens, {k} classes: likelihood {nll:.2} ms, marginals {marginals:.2} ms, Viterbi {best:.2} ms");
}

#[test]
fn axes_of_any_depth() {
    // two examples: one of two texts with 2 and 0 tokens, one of three with 1, 3 and 1
    let members = Arc::new(Axis::from_lengths([2, 3]));
    let tokens = Axis::below(members.clone(), [2, 0, 1, 3, 1]);
    assert_eq!((tokens.depth(), tokens.groups(), tokens.total()), (2, 5, 7));
    assert_eq!(*tokens.owners(), [0, 0, 2, 3, 3, 3, 4]);
    assert_eq!(*tokens.owners_at(1), [0, 0, 2, 3, 3, 3, 4]);
    assert_eq!(*tokens.owners_at(0), [0, 0, 1, 1, 1, 1, 1]);
    let (first, second) = (tokens.cut(0..1), tokens.cut(1..2));
    assert_eq!((first.0, second.0), (0..2, 2..7));
    assert_eq!(second.1, Axis::below(Arc::new(Axis::from_lengths([3])), [1, 3, 1]));
    assert_eq!(Axis::join(&[first.1, second.1]), Some(tokens.clone()));
    assert_eq!(tokens.cut(0..2), (0..7, tokens.clone()));
    assert_eq!(
        Axis::join(&[(*Axis::examples(2)).clone(), (*Axis::examples(1)).clone()]),
        Some((*Axis::examples(3)).clone())
    );
    assert_eq!(Axis::join(&[]), None);
    let pooled = rows::mean(&tensor((0..7).map(|i| i as f32).collect(), [7, 1], &Device::flex()), &Arc::new(tokens));
    assert_eq!(to_vec(&pooled), [0.5, 0.0, 2.0, 4.0, 6.0]);
    assert_eq!(to_vec(&rows::mean(&pooled, &members)), [0.25, 4.0]);
}
