//! Every operation beside its plain form, at sizes of a usual model, for `cargo bench --features bench --bench kernels`.

use super::attention::{self, Attention, attention};
use super::crf::{self, Chain};
use super::host::tensor;
use super::kernels::{mix, uniform};
use super::loss;
use super::rnn::{self, Cell, Weights, rnn};
use super::rows::{self, Activation};
use crate::ops::value::Axis;
use burn::tensor::{Device, Tensor};
use std::sync::Arc;

/// Forward and backward pass of an operation, and of the same in tensor operations.
pub struct Pair {
    /// the operation and its size
    pub name: &'static str,
    /// as one node
    pub fused: Box<dyn Fn()>,
    /// in tensor operations
    pub plain: Box<dyn Fn()>,
}

type Forward = Box<dyn Fn(&[Tensor<2>]) -> Tensor<2>>;

fn pair(name: &'static str, shapes: &[[usize; 2]], fused: Forward, plain: Forward) -> Pair {
    let device = Device::flex().autodiff();
    let leaf = |(i, s): (usize, &[usize; 2])| {
        let values = (0..s[0] * s[1]).map(|j| (uniform(mix(i as u64), j) - 0.5) as f32).collect();
        tensor(values, *s, &device).require_grad()
    };
    let leaves: Arc<Vec<Tensor<2>>> = Arc::new(shapes.iter().enumerate().map(leaf).collect());
    let run = |f: Forward| -> Box<dyn Fn()> {
        let leaves = leaves.clone();
        Box::new(move || drop(f(&leaves).sum().backward()))
    };
    let fused = run(fused);
    Pair { name, fused, plain: run(plain) }
}

fn one(t: &Tensor<2>) -> Tensor<1> {
    t.clone().flatten(0, 1)
}

fn scalar(t: Option<(Tensor<1>, usize)>) -> Tensor<2> {
    t.map_or_else(|| Tensor::zeros([1, 1], &Device::flex()), |(t, _)| t.unsqueeze())
}

fn recurrent(name: &'static str, cell: Cell, sides: usize, layout: &Arc<Axis>) -> Pair {
    let (d, h) = (100, 128);
    let g = if cell == Cell::Lstm { 4 * h } else { 3 * h };
    let mut shapes = vec![[layout.total(), d]];
    for _ in 0..sides {
        shapes.extend([[d, g], [h, g], [1, g]]);
        shapes.extend((cell == Cell::Gru).then_some([1, g]));
    }
    let weights = move |l: &[Tensor<2>]| -> Vec<Weights> {
        let of = |w: &[Tensor<2>]| Weights {
            w_ih: w[0].clone(),
            w_hh: w[1].clone(),
            b: one(&w[2]),
            b_hh: w.get(3).map(one),
        };
        l[1..].chunks_exact((l.len() - 1) / sides).map(of).collect()
    };
    let (a, b) = (layout.clone(), layout.clone());
    pair(
        name,
        &shapes,
        Box::new(move |l| rnn(&l[0], &a, cell, &weights(l), false)),
        Box::new(move |l| rnn::reference(&l[0], &b, &weights(l), false)),
    )
}

/// All of them: 32 texts of 8 to 16 tokens.
pub fn pairs() -> Vec<Pair> {
    let layout = Arc::new(Axis::from_lengths((0..32).map(|i| 8 + i % 9)));
    let n = layout.total();
    let how = Attention { heads: 12, causal: false, dropout: Some((0.1, 1)) };
    let drop = Some((0.1, 1));
    let masked = |y: Tensor<2>| rows::dropout_reference(&y, 0.1, 1);
    let ids: Arc<Vec<i32>> = Arc::new((0..n).map(|i| (i * 7919 % 5000) as i32).collect());
    let (more, gold): (_, Arc<Vec<i32>>) = (ids.clone(), Arc::new((0..n).map(|i| (i % 120) as i32).collect()));
    let golds = [gold.clone(), gold.clone(), gold.clone(), gold];
    let [g1, g2, g3, g4] = golds;
    let [l1, l2, l3, l4] = [layout.clone(), layout.clone(), layout.clone(), layout.clone()];
    let chain = |l: &[Tensor<2>]| Chain { transitions: l[1].clone(), start: one(&l[2]), end: one(&l[3]) };
    vec![
        recurrent("LSTM, one direction, 100 to 128", Cell::Lstm, 1, &layout),
        recurrent("LSTM, two directions, 100 to 128", Cell::Lstm, 2, &layout),
        recurrent("GRU, two directions, 100 to 128", Cell::Gru, 2, &layout),
        pair(
            "attention, 12 heads of 32",
            &[[n, 384]; 3],
            Box::new(move |l| attention(&l[0], &l[1], &l[2], &l1, how)),
            Box::new(move |l| attention::reference(&l[0], &l[1], &l[2], &l2, how)),
        ),
        pair(
            "linear map, GELU and dropout, 384 to 1536",
            &[[n, 384], [384, 1536], [1, 1536]],
            Box::new(move |l| rows::dense_dropout(&l[0], &l[1], Some(&one(&l[2])), Activation::Gelu, drop)),
            Box::new(move |l| masked(rows::dense_reference(&l[0], &l[1], Some(&one(&l[2])), Activation::Gelu))),
        ),
        pair(
            "dropout, sum and layer norm, 384",
            &[[n, 384], [n, 384], [1, 384], [1, 384]],
            Box::new(move |l| rows::add_norm(&l[0], &l[1], drop, &one(&l[2]), &one(&l[3]))),
            Box::new(move |l| rows::add_norm_reference(&l[0], &l[1], drop, &one(&l[2]), &one(&l[3]))),
        ),
        pair(
            "lookup in 5000 rows of 100",
            &[[5000, 100]],
            Box::new(move |l| rows::gather(&l[0], ids.clone())),
            Box::new(move |l| rows::gather_reference(&l[0], &more)),
        ),
        pair(
            "softmax cross-entropy, 120 classes",
            &[[n, 120]],
            Box::new(move |l| scalar(loss::cross_entropy(&l[0], &g1))),
            Box::new(move |l| scalar(loss::cross_entropy_reference(&l[0], &g2))),
        ),
        pair(
            "likelihood of a field, 120 classes",
            &[[n, 120], [120, 120], [1, 120], [1, 120]],
            Box::new(move |l| scalar(crf::nll(&l[0], &chain(l), &g3, &l3))),
            Box::new(move |l| scalar(crf::nll_reference(&l[0], &chain(l), &g4, &l4))),
        ),
    ]
}
