//! From a vector for each token to one for each example.

use super::chars;
use crate::ops::layer::{Built, Spec, function, layout, like, matrix};
use crate::ops::rows::{self, Activation, dense, gather, text_softmax, weighted_sum};
use crate::ops::value::{Layout, Value};
use std::sync::Arc;

/// `last` and `first`.
pub(super) fn ends(s: &Spec) -> Built {
    let (bidirectional, first) = (s.flag("bidirectional"), s.0.kind == "first");
    function(move |inputs, _| {
        let (x, texts) = (matrix(inputs[0]), layout(inputs[0]));
        if first && !bidirectional {
            let at = texts.rows().map(|r| if r.is_empty() { -1 } else { r.start as i32 }).collect();
            return Value::Vec(gather(x, Arc::new(at)));
        }
        Value::Vec(chars::ends(x, texts, bidirectional))
    })
}

/// The mean of the tokens.
pub(super) fn mean(_: &Spec) -> Built {
    function(|inputs, _| Value::Vec(rows::mean(matrix(inputs[0]), layout(inputs[0]))))
}

/// The greatest value of each column.
pub(super) fn max(_: &Spec) -> Built {
    function(|inputs, _| Value::Vec(rows::max(matrix(inputs[0]), layout(inputs[0]))))
}

/// For each token, the index of its example.
pub(super) fn owners(layout: &Layout) -> Arc<Vec<i32>> {
    Arc::new(layout.rows().enumerate().flat_map(|(i, r)| r.map(move |_| i as i32)).collect())
}

/// The mean of the tokens weighted by a softmax over the text: of h·w + b, or, with a query q, of (q·w)·h.
pub(super) fn attend(s: &Spec) -> Built {
    let (w, b) = match *s.0.params.as_slice() {
        [w] => (w, None),
        [w, b] => (w, Some(b)),
        _ => return Err("`attend` has one or two parameters".to_string()),
    };
    function(move |inputs, cx| {
        let (h, texts) = (matrix(inputs[0]), layout(inputs[0]));
        let w = cx.params.get2(w);
        let scores = match inputs.get(1) {
            Some(query) => {
                let q = dense(matrix(query), &w, None, Activation::None);
                (gather(&q, owners(texts)) * h.clone()).sum_dim(1)
            }
            None => dense(h, &w, b.map(|b| cx.params.get1(b)).as_ref(), Activation::None),
        };
        Value::Vec(weighted_sum(h, &text_softmax(&scores, texts), texts))
    })
}

/// The weights of [`attend`] by themselves.
pub(super) fn attention(s: &Spec) -> Built {
    let [w, b] = s.params()?;
    function(move |inputs, cx| {
        let scores = dense(matrix(inputs[0]), &cx.params.get2(w), Some(&cx.params.get1(b)), Activation::None);
        like(inputs[0], text_softmax(&scores, layout(inputs[0])))
    })
}

/// Σ_t w_t·h_t with given weights.
pub(super) fn mix(_: &Spec) -> Built {
    function(|inputs, _| Value::Vec(weighted_sum(matrix(inputs[0]), matrix(inputs[1]), layout(inputs[0]))))
}
