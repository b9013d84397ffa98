//! Every operation against its form in tensor operations for shapes, lengths, gold and masks drawn at random; and the same
//! bits for any number of threads.

use super::attention::{self, Attention, attention};
use super::crf;
use super::host::{tensor, to_vec};
use super::loss;
use super::matmul::{Mat, product};
use super::rnn::{self, Cell, Weights, rnn};
use super::rows::{self, Activation};
use super::tests::{agree, chain, leaf, one, random};
use crate::ops::params::Params;
use crate::ops::value::Axis;
use crate::plan::{self, Init};
use burn::tensor::{Device, Tensor};
use proptest::prelude::*;
use std::sync::Arc;

fn layout() -> impl Strategy<Value = Arc<Axis>> {
    prop::collection::vec(0usize..7, 0..7).prop_map(|l| Arc::new(Axis::from_lengths(l)))
}

fn activation() -> impl Strategy<Value = Activation> {
    use Activation::{Gelu, None as Plain, Relu, Sigmoid, Tanh};
    prop::sample::select(vec![Plain, Relu, Tanh, Gelu, Sigmoid])
}

fn dropout() -> impl Strategy<Value = Option<(f64, u64)>> {
    prop::option::of((0.05f64..0.9, any::<u64>()))
}

/// Classes below `k` or −1, some of them at least 0.
fn gold(n: usize, k: usize, seed: u64) -> Vec<i32> {
    let class = |v: f32| ((v * 0.5 + 0.5) * (k + 1) as f32) as i32 - 1;
    random(n, seed).into_iter().map(class).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn recurrent(
        layout in layout(),
        (d, h) in (1usize..9, 1usize..21),
        gru: bool,
        sides in 1usize..3,
        reverse: bool,
    ) {
        let (cell, g) = if gru { (Cell::Gru, 3 * h) } else { (Cell::Lstm, 4 * h) };
        let mut shapes = vec![[layout.total(), d]];
        for _ in 0..sides {
            shapes.extend([[d, g], [h, g], [1, g]]);
            shapes.extend(gru.then_some([1, g]));
        }
        let weights = |l: &[Tensor<2>]| -> Vec<Weights> {
            l[1..]
                .chunks_exact((l.len() - 1) / sides)
                .map(|w| Weights {
                    // small enough that nothing saturates
                    w_ih: w[0].clone().mul_scalar(0.5),
                    w_hh: w[1].clone().mul_scalar(0.5),
                    b: one(&w[2]),
                    b_hh: w.get(3).map(one),
                })
                .collect()
        };
        agree(
            "recurrent",
            &shapes,
            |l| rnn(&l[0], &layout, cell, &weights(l), reverse),
            |l| rnn::reference(&l[0], &layout, &weights(l), reverse),
        );
    }

    #[test]
    fn attention_within_texts(
        layout in layout(),
        (heads, e) in (1usize..4, 1usize..9),
        causal: bool,
        dropout in dropout(),
    ) {
        let (how, shape) = (Attention { heads, causal, dropout }, [layout.total(), heads * e]);
        agree(
            "attention",
            &[shape; 3],
            |l| attention(&l[0], &l[1], &l[2], &layout, how),
            |l| attention::reference(&l[0], &l[1], &l[2], &layout, how),
        );
    }

    #[test]
    fn linear_maps((n, d, m) in (0usize..150, 1usize..9, 1usize..19), f in activation(), bias: bool, drop in dropout()) {
        let b = |l: &[Tensor<2>]| bias.then(|| one(&l[2]));
        agree(
            "linear map",
            &[[n, d], [d, m], [1, m]],
            |l| rows::dense_dropout(&l[0], &l[1], b(l).as_ref(), f, drop),
            |l| {
                let y = rows::dense_reference(&l[0], &l[1], b(l).as_ref(), f);
                drop.map_or(y.clone(), |(p, key)| rows::dropout_reference(&y, p, key))
            },
        );
    }

    #[test]
    fn norms((n, d) in (1usize..150, 4usize..40), drop in dropout()) {
        agree(
            "dropout, sum and norm",
            &[[n, d], [n, d], [1, d], [1, d]],
            |l| rows::add_norm(&l[0], &l[1], drop, &one(&l[2]), &one(&l[3])),
            |l| rows::add_norm_reference(&l[0], &l[1], drop, &one(&l[2]), &one(&l[3])),
        );
        agree(
            "norm",
            &[[n, d], [1, d], [1, d]],
            |l| rows::layer_norm(&l[0], &one(&l[1]), &one(&l[2])),
            |l| rows::layer_norm_reference(&l[0], &one(&l[1]), &one(&l[2])),
        );
    }

    #[test]
    fn masks((n, d) in (0usize..150, 1usize..20), p in 0f64..1.0, key: u64) {
        agree("dropout", &[[n, d]], |l| rows::dropout(&l[0], p, key), |l| rows::dropout_reference(&l[0], p, key));
    }

    #[test]
    fn lookups((n, v, d) in (0usize..30, 1usize..12, 1usize..9), twice: bool, matrix: bool, seed: u64) {
        let ids = Arc::new(gold(n, v, seed));
        agree("gather", &[[v, d]], |l| rows::gather(&l[0], ids.clone()), |l| rows::gather_reference(&l[0], &ids));
        // the table as a parameter, whose gradient holds the rows that were read
        let spec = plan::Param { name: "t".into(), shape: vec![v, d], init: Init::Normal(1.0), owner: "x".into(), also: vec![] };
        let params = Params::new(&[spec], seed, &Device::flex(), &|_, _| None);
        let gradient = |read: &dyn Fn(&Arc<Vec<i32>>) -> Tensor<2>| {
            let mut ys = vec![read(&ids)];
            ys.extend(twice.then(|| read(&Arc::new(gold(n / 2, v, seed ^ 1)))));
            ys.extend(matrix.then(|| params.get2(0)));
            let values: Vec<Vec<f32>> = ys.iter().map(to_vec).collect();
            let weigh = |(i, y): (usize, Tensor<2>)| {
                let [a, b] = y.dims();
                (a > 0).then(|| (y * tensor(random(a * b, i as u64), [a, b], params.device())).sum())
            };
            let loss = ys.into_iter().enumerate().filter_map(weigh).reduce(|a, b| a + b);
            let grad = loss.and_then(|l| params.take_grad(0, &mut l.backward())).map(|g| g.to_dense(v * d));
            (values, grad.unwrap_or_else(|| vec![0.0; v * d]))
        };
        let sparse = gradient(&|ids| params.rows(0, ids));
        let dense = gradient(&|ids| rows::gather_reference(&params.get2(0), ids));
        prop_assert_eq!(sparse.0, dense.0);
        prop_assert!(super::tests::distance(&sparse.1, &dense.1) < 1e-5);
    }

    #[test]
    fn losses((n, k) in (1usize..150, 1usize..40), seed: u64) {
        let targets = gold(n, k, seed);
        let count = targets.iter().filter(|t| **t >= 0).count();
        prop_assert_eq!(loss::cross_entropy(&leaf([n, k], 1), &targets).map(|l| l.1), (count > 0).then_some(count));
        if count > 0 {
            agree(
                "cross-entropy",
                &[[n, k]],
                |l| loss::cross_entropy(&l[0], &targets).unwrap().0,
                |l| loss::cross_entropy_reference(&l[0], &targets).unwrap().0,
            );
        }
        let has: Vec<bool> = targets.iter().map(|t| *t != 0).collect();
        if has.contains(&true) {
            let sets: Vec<f32> = random(n * k, seed).into_iter().map(|v| f32::from(u8::from(v > 0.0))).collect();
            agree(
                "binary cross-entropy",
                &[[n, k]],
                |l| loss::binary_cross_entropy(&l[0], &sets, &has).unwrap().0,
                |l| loss::binary_cross_entropy_reference(&l[0], &sets, &has).unwrap().0,
            );
        }
    }

    #[test]
    fn fields(layout in layout(), k in 1usize..7, seed: u64) {
        let n = layout.total();
        let (gold, shapes) = (gold(n, k, seed), [[n, k], [k, k], [1, k], [1, k]]);
        if gold.iter().any(|y| *y >= 0) {
            agree(
                "likelihood",
                &shapes,
                |l| crf::nll(&l[0], &chain(l), &gold, &layout).unwrap().0,
                |l| crf::nll_reference(&l[0], &chain(l), &gold, &layout).unwrap().0,
            );
        }
        agree(
            "marginals",
            &shapes,
            |l| crf::marginals(&l[0], &chain(l), &layout),
            |l| crf::marginals_reference(&l[0], &chain(l), &layout),
        );
    }

    #[test]
    fn mixtures(n in 0usize..5, k in 1usize..4, subspaces in 1usize..4, sides in 1usize..3, w in 1usize..5) {
        let parts = rows::Parts { subspaces, sides };
        let mut shapes = vec![[n, subspaces * sides * w]; k];
        shapes.push([subspaces, k * subspaces]);
        agree(
            "mixture",
            &shapes,
            |l| rows::mixture(&l[..k], &l[k], parts),
            |l| rows::mixture_reference(&l[..k], &l[k], parts),
        );
    }

    #[test]
    fn pools(layout in layout(), d in 1usize..20) {
        let n = layout.total();
        agree("mean", &[[n, d]], |l| rows::mean(&l[0], &layout), |l| rows::mean_reference(&l[0], &layout));
        agree("max", &[[n, d]], |l| rows::max(&l[0], &layout), |l| rows::max_reference(&l[0], &layout));
        agree(
            "softmax over texts",
            &[[n, 1]],
            |l| rows::text_softmax(&l[0], &layout),
            |l| rows::text_softmax_reference(&l[0], &layout),
        );
        agree(
            "weighted sum",
            &[[n, d], [n, 1]],
            |l| rows::weighted_sum(&l[0], &l[1], &layout),
            |l| rows::weighted_sum_reference(&l[0], &l[1], &layout),
        );
    }
}

/// Values and gradients of large layers, by a pool of so many threads.
fn with_threads(threads: usize) -> Vec<Vec<f32>> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let mut out = vec![];
        let mut run = |shapes: &[[usize; 2]], f: &dyn Fn(&[Tensor<2>]) -> Tensor<2>| {
            let leaves: Vec<_> = shapes.iter().enumerate().map(|(i, s)| leaf(*s, 10 + i as u64)).collect();
            let y = f(&leaves);
            out.push(to_vec(&y));
            let grads = (y.clone() * y).sum().backward();
            out.extend(leaves.iter().filter_map(|l| l.grad(&grads)).map(|g| to_vec(&g)));
        };
        let layout = Arc::new(Axis::from_lengths((0..24).map(|i| 10 + i % 9)));
        let (n, d) = (layout.total(), 256);
        let drop = Some((0.3, 7));
        run(&[[n, d], [d, 3 * d], [1, 3 * d]], &|l| {
            rows::dense_dropout(&l[0], &l[1], Some(&one(&l[2])), Activation::Gelu, drop)
        });
        run(&[[n, d], [n, d], [1, d], [1, d]], &|l| {
            rows::add_norm(&l[0], &l[1], drop, &one(&l[2]), &one(&l[3])).mul_scalar(0.5)
        });
        run(&[[n, d]], &|l| rows::dropout(&l[0], 0.5, 3));
        let how = Attention { heads: 4, causal: false, dropout: Some((0.2, 3)) };
        run(&[[n, d]; 3], &|l| attention(&l[0], &l[1], &l[2], &layout, how));
        let targets = gold(n, 120, 5);
        run(&[[n, 120]], &|l| loss::cross_entropy(&l[0], &targets).unwrap().0.unsqueeze());
        run(&[[n, 40], [40, 40], [1, 40], [1, 40]], &|l| {
            crf::nll(&l[0], &chain(l), &gold(n, 40, 6), &layout).unwrap().0.unsqueeze()
        });
        for (sides, layout) in [(1, layout.clone()), (2, layout), (1, Arc::new(Axis::from_lengths([n])))] {
            let mut shapes = vec![[n, d]];
            (0..sides).for_each(|_| shapes.extend([[d, 400], [100, 400], [1, 400]]));
            run(&shapes, &|l| {
                let weights: Vec<_> = l[1..]
                    .chunks_exact(3)
                    .map(|w| Weights { w_ih: w[0].clone(), w_hh: w[1].clone(), b: one(&w[2]), b_hh: None })
                    .collect();
                rnn(&l[0], &layout, Cell::Lstm, &weights, false)
            });
        }
        for (m, k, n) in [(1, 700, 700), (700, 1, 700), (700, 700, 1), (65, 300, 513), (384, 1100, 384), (3, 9000, 5)] {
            let (a, b) = (random(m * k, 1), random(k * n, 2));
            out.push(product(Mat::new(&a, m, k), Mat::new(&b, k, n), true));
            out.push(product(Mat::new(&a, k, m).t(), Mat::new(&b, n, k).t(), true));
        }
        out
    })
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let one = with_threads(1);
    for threads in [2, 3, 8] {
        for (i, (a, b)) in one.iter().zip(with_threads(threads)).enumerate() {
            assert!(a.iter().map(|v| v.to_bits()).eq(b.iter().map(|v| v.to_bits())), "result {i}, {threads} threads");
        }
    }
}
