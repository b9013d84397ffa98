//! What terms compute with: numbers for each token, each example, or the batch.

use super::{EACH, TOKENS};
use crate::ops::host::tensor;
use crate::ops::layer::{Cx, above, axis, like, matrix};
use crate::ops::rows;
use crate::ops::value::{Axis, Value};
use crate::plan::{Setting, Term};
use burn::tensor::Tensor;
use std::sync::Arc;

/// What distributions range over.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Over {
    /// the tokens of a text, one number for each; else the columns
    pub tokens: bool,
    /// each column is by itself
    pub each: bool,
}

impl Over {
    pub fn of(t: &Term) -> Self {
        let on = |name: &str| t.settings.get(name).and_then(Setting::as_bool).unwrap_or(false);
        Self { tokens: on(TOKENS), each: on(EACH) }
    }
}

/// A number among the settings.
pub(super) fn real(t: &Term, name: &str) -> Result<f64, String> {
    let found = t.settings.get(name).and_then(Setting::as_f64);
    found.ok_or_else(|| format!("`{}` needs the number `{name}`", t.kind))
}

/// One number for the batch.
pub(super) fn number(x: f64, cx: &Cx) -> Value {
    one(Tensor::full([1], x, cx.params.device()))
}

/// The same, computed.
pub fn one(x: Tensor<1>) -> Value {
    Value::Rows(x.unsqueeze(), Axis::examples(1))
}

/// The sum over the rows of each text.
pub fn sum_by_text(x: &Tensor<2>, texts: &Arc<Axis>) -> Tensor<2> {
    let lengths: Vec<f32> = texts.rows().map(|r| r.len() as f32).collect();
    rows::mean(x, texts) * tensor(lengths, [texts.groups(), 1], &x.device())
}

/// One number for each distribution, of numbers that are sums over columns: of distributions over tokens the sum over
/// those of each text.
pub(super) fn within(of: &Value, over: Over, x: Tensor<2>) -> Tensor<2> {
    if over.tokens { sum_by_text(&x, axis(of)) } else { x }
}

/// Numbers that [`within`] gave, as a value.
pub(super) fn rows(of: &Value, over: Over, x: Tensor<2>) -> Value {
    if over.tokens { above(of, x) } else { like(of, x) }
}

/// Probabilities below this count as this: their logarithm stays finite.
const LEAST: f64 = 1e-8;

/// KL(p ‖ q) of each distribution.
pub(super) fn divergence(p: &Value, q: &Value, over: Over) -> Tensor<2> {
    let part = |a: Tensor<2>, b: Tensor<2>| {
        let log = |x: Tensor<2>| x.clamp_min(LEAST).log();
        (a.clone() * (log(a) - log(b))).sum_dim(1)
    };
    let (a, b) = (matrix(p).clone(), matrix(q).clone());
    let yes = part(a.clone(), b.clone());
    let all = if over.each { yes + part(a.neg().add_scalar(1.0), b.neg().add_scalar(1.0)) } else { yes };
    within(p, over, all)
}

/// The mean of a number over the examples that count, or over their tokens, and how many; `None` without any. What is one
/// number for the batch counts as many examples.
pub fn mean(value: &Value, counts: &[bool]) -> Option<(Tensor<1>, usize)> {
    let x = matrix(value);
    let rows = axis(value);
    let share = |c: bool| f32::from(u8::from(c));
    let share: Vec<f32> = match rows.depth() {
        0 => counts.iter().map(|c| share(*c)).collect(),
        _ => rows.owners_at(0).iter().map(|e| share(counts[*e as usize])).collect(),
    };
    let n = share.iter().filter(|s| **s > 0.0).count();
    if n == 0 || x.dims()[0] == 0 {
        return None;
    }
    if n == share.len() || rows.depth() == 0 && x.dims()[0] == 1 {
        return Some((x.clone().mean(), n));
    }
    let share = tensor(share, x.dims(), &x.device());
    Some(((x.clone() * share).sum().div_scalar(n as f64), n))
}
