//! Experts, of which a task takes its own mixture.

use super::{Kind, Layer};
use crate::ast::Arg;
use crate::plan::{Init, Setting};
use crate::types::dim::{Dim, InitRule};
use crate::types::{Call, Elaborate, Function, Marks, Out, Placed, Rule, Val, settings};
use crate::words::Takes::Own;
use crate::words::may;

/// Experts, of which a task takes its own mixture.
pub(super) const KIND: Kind = Kind { functions: &[EXPERTS], layers: &[LAYER] };

const EXPERTS: Function = Function {
    name: "experts",
    args: &[may("by", Own)],
    deep: false,
    runs: true,
    example: "experts(a, b, by = x)",
    doc: "a mixture of several values, weighed by `by` or by all of them",
    rule: Rule::Value(experts),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer {
    name: "experts",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

/// `experts(a, b, c, by = x)`: the place where it stands has a gate of its own, so two tasks that name the same experts mix them each
/// in its way.
fn experts(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let named = |a: &&Arg| a.name.as_ref().is_some_and(|n| n.value == "by");
    let last = call.args.iter().find(named).map(|a| a.value.span);
    let (mut vals, rest) = c.features(call, &["by"])?;
    c.options(call.row, &rest, call.whole)?;
    let by = last.and_then(|span| vals.iter().position(|(_, s)| *s == span)).map(|i| vals.remove(i));
    if vals.len() < 2 {
        return Err(c.number_of_values(call, "mixes two values or more"));
    }
    let all: Vec<&Val> = vals.iter().chain(&by).map(|(v, _)| v).collect();
    if let Some(v) = Val::opaque_of(&all) {
        return Ok(v);
    }
    let n = vals.len();
    let placed: Vec<Placed> = vals.into_iter().chain(by).collect();
    for (v, span) in &placed {
        c.vectors(v, *span)?;
    }
    let all = c.beside(&placed, call.cx)?;
    let first = all[0].clone();
    for (i, other) in all.iter().enumerate().skip(1) {
        c.same_kind(&first.0, first.1, &other.0, other.1, call.cx)?;
        if i < n {
            c.same_width(&first, other)?;
        }
    }
    // without `by` the experts themselves say which of them count
    let gates = if all.len() > n { &all[n..] } else { &all[..] };
    let width = gates.iter().skip(1).fold(gates[0].0.width.clone(), |w, (v, _)| w.plus(&v.width));
    let (inputs, owner): (Vec<&Val>, _) = (all.iter().map(|(v, _)| v).collect(), call.cx.owner.clone());
    let out = Val::merged(&inputs, first.0.kind, first.0.width.clone());
    let set = settings([("experts", Setting::Int(n as i64))]);
    c.layer(call.cx, call.site(), "experts", set, &inputs, out, &|s, name| {
        let k = Dim::of(n);
        vec![
            s.param(format!("{name}.w"), vec![width.clone(), k.clone()], InitRule::FanIn(width.clone()), &owner),
            s.param(format!("{name}.b"), vec![k], InitRule::Fixed(Init::Zeros), &owner),
        ]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense};
    use burn::tensor::{Tensor, activation};

    /// Σ softmax(x·w + b)ₖ eₖ over the experts e, x what stands behind them or all of them side by side (Ma et al. 2018).
    pub fn build(s: &Spec) -> Built {
        let ([w, b], n) = (s.params()?, s.size("experts")?);
        function(move |inputs, cx| {
            let gate = match inputs.get(n) {
                Some(x) => matrix(x).clone(),
                None => Tensor::cat(inputs.iter().map(|e| matrix(e).clone()).collect(), 1),
            };
            let scores = dense(&gate, &cx.params.get2(w), Some(&cx.params.get1(b)), Activation::None);
            let shares = activation::softmax(scores, 1);
            let term = |k: usize| matrix(inputs[k]).clone() * shares.clone().narrow(1, k, 1);
            let sum = (1..n).fold(term(0), |sum, k| sum + term(k));
            like(inputs[0], sum)
        })
    }
}
