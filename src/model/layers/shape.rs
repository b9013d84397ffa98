//! Rows moved, cut and passed on, with or without their gradient.

use super::pool;
use crate::ops::layer::{Built, Spec, function, layout, like, matrix};
use crate::ops::rows::gather;
use crate::ops::value::Value;
use crate::plan::Setting;
use burn::tensor::Tensor;
use std::sync::Arc;

/// Times a number.
pub(super) fn scale(s: &Spec) -> Built {
    let factor = s.real("factor")?;
    function(move |inputs, _| like(inputs[0], matrix(inputs[0]).clone().mul_scalar(factor)))
}

/// The vector of an example at each of its tokens.
pub(super) fn broadcast(_: &Spec) -> Built {
    function(|inputs, _| {
        let texts = layout(inputs[1]);
        Value::Seq(gather(matrix(inputs[0]), pool::owners(texts)), texts.clone())
    })
}

/// Gradient reversal (Ganin and Lempitsky 2015): x forwards, −λ times the gradient backwards.
pub(super) fn reverse(s: &Spec) -> Built {
    let lambda = s.real("lambda")?;
    function(move |inputs, cx| {
        let x = matrix(inputs[0]);
        if !cx.params.device().is_autodiff() {
            return inputs[0].clone();
        }
        // x − (1 + λ)·(x − stop x): the bracket is exactly zero, so the value is exactly x
        let nothing = x.clone() - x.clone().detach();
        like(inputs[0], x.clone() - nothing.mul_scalar(1.0 + lambda))
    })
}

/// The value without its gradient.
pub(super) fn stop(_: &Spec) -> Built {
    function(|inputs, _| match inputs[0] {
        Value::Text(_) => inputs[0].clone(),
        v => like(v, matrix(v).clone().detach()),
    })
}

/// Row t becomes row t − by of the same text.
pub(super) fn shift(s: &Spec) -> Built {
    let by = s.get("by", |v| if let Setting::Int(i) = v { Some(*i) } else { None })?;
    function(move |inputs, _| {
        let from = |t: usize, r: &std::ops::Range<usize>| {
            usize::try_from(t as i64 - by).ok().filter(|i| r.contains(i)).map_or(-1, |i| i as i32)
        };
        let rows = layout(inputs[0]).rows().flat_map(|r| r.clone().map(move |t| from(t, &r))).collect();
        like(inputs[0], gather(matrix(inputs[0]), Arc::new(rows)))
    })
}

/// Some columns.
pub(super) fn slice(s: &Spec) -> Built {
    let (start, len) = (s.size("start")?, s.size("len")?);
    function(move |inputs, _| like(inputs[0], matrix(inputs[0]).clone().narrow(1, start, len)))
}

/// Zeros in the place of what a feedback arrow has not brought yet; the input gives the layout alone.
pub(super) fn zeros(s: &Spec) -> Built {
    let width = s.size("width")?;
    let per_token = s.get("shape", |v| v.as_str().map(|t| t == "seq"))?;
    function(move |inputs, cx| {
        let texts = layout(inputs[0]);
        let device = cx.params.device();
        match per_token {
            true => Value::Seq(Tensor::zeros([texts.tokens(), width], device), texts.clone()),
            false => Value::Vec(Tensor::zeros([texts.examples(), width], device)),
        }
    })
}
