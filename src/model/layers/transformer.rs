//! Attention within a text.

use crate::ops::attention::{Attention, attention};
use crate::ops::host::tensor;
use crate::ops::layer::{Built, Cx, Spec, function, layout, like, matrix};
use crate::ops::rows::{Activation, add_norm, dense_dropout, dropout, layer_norm};
use burn::tensor::Tensor;

fn linear(x: &Tensor<2>, w: usize, b: usize, f: Activation, drop: Option<(f64, u64)>, cx: &Cx) -> Tensor<2> {
    dense_dropout(x, &cx.params.get2(w), Some(&cx.params.get1(b)), f, drop)
}

fn heads(s: &Spec) -> Result<usize, String> {
    s.size("heads").and_then(|h| if h == 0 { Err("`heads` cannot be 0".to_string()) } else { Ok(h) })
}

/// A layer of the Transformer's encoder (Vaswani et al. 2017), with GELU; `norm_first`: Xiong et al. 2020.
pub(super) fn build(s: &Spec) -> Built {
    let (heads, causal, norm_first) = (heads(s)?, s.flag("causal"), s.flag("norm_first"));
    let p = if s.0.settings.contains_key("dropout") { s.real("dropout")? } else { 0.0 };
    let [wq, bq, wk, bk, wv, bv, wo, bo, g1, b1, w1, c1, w2, c2, g2, b2] = s.params()?;
    function(move |inputs, cx| {
        let drop = |salt| (cx.training && p > 0.0).then(|| (p, cx.key(salt)));
        let how = Attention { heads, causal, dropout: drop(0) };
        let attend = |x: &Tensor<2>| {
            let part = |w, b| linear(x, w, b, Activation::None, None, cx);
            let y = attention(&part(wq, bq), &part(wk, bk), &part(wv, bv), layout(inputs[0]), how);
            linear(&y, wo, bo, Activation::None, None, cx)
        };
        let feed = |x: &Tensor<2>| {
            let inner = linear(x, w1, c1, Activation::Gelu, drop(2), cx);
            linear(&inner, w2, c2, Activation::None, None, cx)
        };
        let (first, second) = ((g1, b1), (g2, b2));
        let norm = |x: &Tensor<2>, (g, b)| layer_norm(x, &cx.params.get1(g), &cx.params.get1(b));
        let after = |x: &Tensor<2>, y: &Tensor<2>, salt, (g, b)| {
            add_norm(x, y, drop(salt), &cx.params.get1(g), &cx.params.get1(b))
        };
        let dropped = |y: Tensor<2>, salt| drop(salt).map_or(y.clone(), |(p, key)| dropout(&y, p, key));
        let x = matrix(inputs[0]).clone();
        let y = if norm_first {
            let x = x.clone() + dropped(attend(&norm(&x, first)), 1);
            x.clone() + dropped(feed(&norm(&x, second)), 3)
        } else {
            let x = after(&x, &attend(&x), 1, first);
            after(&x, &feed(&x), 3, second)
        };
        like(inputs[0], y)
    })
}

/// Scaled dot-product attention without anything around it.
pub(super) fn self_attend(s: &Spec) -> Built {
    let heads = heads(s)?;
    let [wq, bq, wk, bk, wv, bv] = s.params()?;
    function(move |inputs, cx| {
        let part = |w, b| linear(matrix(inputs[0]), w, b, Activation::None, None, cx);
        let how = Attention { heads, causal: false, dropout: None };
        let y = attention(&part(wq, bq), &part(wk, bk), &part(wv, bv), layout(inputs[0]), how);
        like(inputs[0], y)
    })
}

/// Adds sinusoidal positions: sin and cos of t/10000^(2i/d) in turn.
pub(super) fn positions(_: &Spec) -> Built {
    function(|inputs, _| {
        let (x, texts) = (matrix(inputs[0]), layout(inputs[0]));
        let [n, d] = x.dims();
        let longest = texts.rows().map(|r| r.len()).max().unwrap_or(0);
        let at = |t: usize, j: usize| {
            let angle = t as f64 / 10_000f64.powf((j - j % 2) as f64 / d as f64);
            if j.is_multiple_of(2) { angle.sin() as f32 } else { angle.cos() as f32 }
        };
        let table: Vec<f32> = (0..longest * d).map(|i| at(i / d, i % d)).collect();
        let values = texts.rows().flat_map(|r| table[..r.len() * d].iter().copied()).collect();
        like(inputs[0], x.clone() + tensor(values, [n, d], &x.device()))
    })
}
