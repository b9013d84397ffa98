//! Several values into one.

use crate::ops::layer::{Built, Spec, function, like, matrix};
use crate::ops::rows::{Activation, dense};
use crate::ops::value::Value;
use burn::tensor::{Tensor, activation};

/// A function of two matrices; the result is of the kind of the first.
fn pair(f: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<2> + Send + Sync + 'static) -> Built {
    function(move |inputs, _| like(inputs[0], f(matrix(inputs[0]).clone(), matrix(inputs[1]).clone())))
}

/// [a; b; |a−b|; a∘b] (Mou et al. 2016).
pub(super) fn matching(_: &Spec) -> Built {
    pair(|a, b| Tensor::cat(vec![a.clone(), b.clone(), (a.clone() - b.clone()).abs(), a * b], 1))
}

/// a·b
pub(super) fn dot(_: &Spec) -> Built {
    pair(|a, b| (a * b).sum_dim(1))
}

/// a·b / |a||b|
pub(super) fn cosine(_: &Spec) -> Built {
    pair(|a, b| {
        // the small number keeps the gradient finite at zero
        let norm = |x: &Tensor<2>| (x.clone() * x.clone()).sum_dim(1).add_scalar(1e-12).sqrt();
        let norms = norm(&a) * norm(&b);
        (a * b).sum_dim(1) / norms
    })
}

/// aᵀ·W_k·b for each of `width` matrices.
pub(super) fn bilinear(s: &Spec) -> Built {
    let [w] = s.params()?;
    let width = s.size("width")?;
    function(move |inputs, cx| {
        let (a, b) = (matrix(inputs[0]), matrix(inputs[1]));
        let [n, db] = b.dims();
        let left = dense(a, &cx.params.get2(w), None, Activation::None).reshape([n, width, db]);
        let y = (left * b.clone().reshape([n, 1, db])).sum_dim(2);
        like(inputs[0], y.reshape([n, width]))
    })
}

/// Side by side.
pub(super) fn concat(_: &Spec) -> Built {
    function(|inputs, _| match inputs {
        [one] => (*one).clone(),
        all => like(all[0], Tensor::cat(all.iter().map(|v| matrix(v).clone()).collect(), 1)),
    })
}

/// a + b
pub(super) fn add(_: &Spec) -> Built {
    pair(|a, b| a + b)
}

/// a − b
pub(super) fn sub(_: &Spec) -> Built {
    pair(|a, b| a - b)
}

/// a∘b
pub(super) fn mul(_: &Spec) -> Built {
    pair(|a, b| a * b)
}

/// γ·Σ softmax(w)_k·h_k (Peters et al. 2018).
pub(super) fn mix_layers(s: &Spec) -> Built {
    let [w, gamma] = s.params()?;
    function(move |inputs, cx| {
        let weights = activation::softmax(cx.params.get1(w), 0);
        let mut sum: Option<Tensor<2>> = None;
        for (k, v) in inputs.iter().enumerate() {
            let part = matrix(v).clone() * weights.clone().narrow(0, k, 1).unsqueeze::<2>();
            sum = Some(sum.map_or(part.clone(), |s| s + part));
        }
        match sum {
            Some(sum) => like(inputs[0], sum * cx.params.get1(gamma).unsqueeze::<2>()),
            None => unreachable!("at least one layer"),
        }
    })
}

/// h + σ([h; c]·w + b) ∘ (c·u)
pub(super) fn gate(s: &Spec) -> Built {
    let [w, b, u] = s.params()?;
    function(move |inputs, cx| {
        let (h, c) = (matrix(inputs[0]), matrix(inputs[1]));
        let both = Tensor::cat(vec![h.clone(), c.clone()], 1);
        let open = dense(&both, &cx.params.get2(w), Some(&cx.params.get1(b)), Activation::Sigmoid);
        like(inputs[0], h.clone() + open * dense(c, &cx.params.get2(u), None, Activation::None))
    })
}

/// h + c·u
pub(super) fn add_projected(s: &Spec) -> Built {
    let [u] = s.params()?;
    function(move |inputs, cx| -> Value {
        let c = dense(matrix(inputs[1]), &cx.params.get2(u), None, Activation::None);
        like(inputs[0], matrix(inputs[0]).clone() + c)
    })
}
