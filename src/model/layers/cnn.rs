//! Convolutions over tokens.

use crate::ops::layer::{Built, Spec, function, layout, like, matrix};
use crate::ops::rows::{Activation, dense, gather};
use crate::ops::value::Layout;
use crate::plan::Setting;
use burn::tensor::Tensor;
use std::sync::Arc;

/// The rows of a window around each token side by side: `[N, w·d]`, zeros beyond the text's ends.
pub(super) fn windows(x: &Tensor<2>, layout: &Layout, w: usize) -> Tensor<2> {
    let [n, d] = x.dims();
    if w == 1 {
        return x.clone();
    }
    let left = (w - 1) / 2;
    let mut rows = Vec::with_capacity(n * w);
    for r in layout.rows() {
        for t in r.clone() {
            let row = |k: usize| (t + k).checked_sub(left).filter(|i| r.contains(i)).map_or(-1, |i| i as i32);
            rows.extend((0..w).map(row));
        }
    }
    gather(x, Arc::new(rows)).reshape([n, w * d])
}

/// One filter bank for each window, with ReLU, side by side (Kim 2014).
pub(super) fn build(s: &Spec) -> Built {
    let widths = s.get("windows", |v| match v {
        Setting::Ints(v) => v.iter().map(|&w| usize::try_from(w).ok().filter(|&w| w > 0)).collect::<Option<Vec<_>>>(),
        Setting::Int(_) => v.as_usize().filter(|&w| w > 0).map(|w| vec![w]),
        _ => None,
    })?;
    let params = s.0.params.clone();
    if params.len() != 2 * widths.len() {
        return Err(format!("{} windows need two parameters each, not {}", widths.len(), params.len()));
    }
    function(move |inputs, cx| {
        let (x, texts) = (matrix(inputs[0]), layout(inputs[0]));
        let banks = widths.iter().zip(params.chunks_exact(2)).map(|(&w, p)| {
            let filter = cx.params.get2(p[0]);
            dense(&windows(x, texts, w), &filter, Some(&cx.params.get1(p[1])), Activation::Relu)
        });
        like(inputs[0], Tensor::cat(banks.collect(), 1))
    })
}
