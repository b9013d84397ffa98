//! A value let in through a gate.

use super::{Kind, Layer};
use crate::plan::Settings;
use crate::types::dim::InitRule;
use crate::types::{Call, Cx, Elaborate, Function, Join, Marks, Out, Rule, Site, Val};
use crate::words::Takes::Own;
use crate::words::may;

/// A value let in through a gate.
pub(super) const KIND: Kind = Kind { functions: &[GATE], layers: &[LAYER] };

const GATE: Function = Function {
    name: "gate",
    args: &[may("by", Own)],
    deep: false,
    runs: true,
    example: "gate(h, by = c)",
    doc: "h with c let in through a gate",
    rule: Rule::Value(gate),
    marks: Marks { joins: Some(Join::Gate), ..Marks::NONE },
};

const LAYER: Layer = Layer {
    name: "gate",
    joins: true,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

/// `gate(h, by = c)`; `gate(shared)` lets the value in through a gate of its own.
fn gate(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (mut vals, rest) = c.features(call, &["by"])?;
    if vals.len() == 1 && call.args.len() <= 1 {
        vals.push(vals[0].clone());
    }
    let (Some((b, b_span)), Some((a, a_span)), true) = (vals.pop(), vals.pop(), vals.is_empty()) else {
        return Err(c.number_of_values(call, "joins two values"));
    };
    c.options(call.row, &rest, call.whole)?;
    if let Some(v) = Val::opaque_of(&[&a, &b]) {
        return Ok(v);
    }
    c.vectors(&a, a_span)?;
    let b = c.fit(b, b_span, &a, call.cx)?;
    let out = Val::merged(&[&a, &b], a.kind, a.width.clone());
    apply(c, call.cx, call.site(), &a, &b, out)
}

pub(crate) fn apply(e: &mut dyn Elaborate, cx: &Cx, site: Site, h: &Val, c: &Val, out: Val) -> Out {
    let (owner, dh, dc) = (cx.owner.clone(), h.width.clone(), c.width.clone());
    e.layer(cx, site, "gate", Settings::new(), &[h, c], out, &|s, name| {
        let both = dh.plus(&dc);
        vec![
            s.param(format!("{name}.w"), vec![both.clone(), dh.clone()], InitRule::FanIn(both.clone()), &owner),
            s.param(format!("{name}.b"), vec![dh.clone()], InitRule::FanIn(both), &owner),
            s.param(format!("{name}.u"), vec![dc.clone(), dh.clone()], InitRule::FanIn(dc.clone()), &owner),
        ]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense};
    use burn::tensor::Tensor;

    /// h + σ([h; c]·w + b) ∘ (c·u)
    pub fn build(s: &Spec) -> Built {
        let [w, b, u] = s.params()?;
        function(move |inputs, cx| {
            let (h, c) = (matrix(inputs[0]), matrix(inputs[1]));
            let both = Tensor::cat(vec![h.clone(), c.clone()], 1);
            let open = dense(&both, &cx.params.get2(w), Some(&cx.params.get1(b)), Activation::Sigmoid);
            like(inputs[0], h.clone() + open * dense(c, &cx.params.get2(u), None, Activation::None))
        })
    }
}
