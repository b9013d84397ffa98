//! Rows picked by their place in a text.

use super::gather;
use crate::ops::value::Axis;
use burn::tensor::Tensor;
use std::sync::Arc;

/// The rows of a window around each token side by side: `[N, w·d]`, zeros beyond the text's ends.
pub(crate) fn windows(x: &Tensor<2>, layout: &Axis, w: usize) -> Tensor<2> {
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

/// The forward half at the end of each text beside the backward half at its beginning; with one direction, the row at
/// the end. Zeros for an empty text.
pub(crate) fn ends(x: &Tensor<2>, layout: &Axis, bidirectional: bool) -> Tensor<2> {
    let at = |f: fn(&std::ops::Range<usize>) -> usize| {
        Arc::new(layout.rows().map(|r| if r.is_empty() { -1 } else { f(&r) as i32 }).collect::<Vec<_>>())
    };
    let last = gather(x, at(|r| r.end - 1));
    if !bidirectional {
        return last;
    }
    let h = x.dims()[1] / 2;
    let first = gather(x, at(|r| r.start));
    Tensor::cat(vec![last.narrow(1, 0, h), first.narrow(1, h, h)], 1)
}
