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
    apply(c, call.cx, call.site(), &a, &[&b], out)
}

/// Each of several values is let in through a gate of its own.
pub(crate) fn apply(e: &mut dyn Elaborate, cx: &Cx, site: Site, h: &Val, others: &[&Val], out: Val) -> Out {
    let (owner, dh) = (cx.owner.clone(), h.width.clone());
    let inputs: Vec<&Val> = [h].into_iter().chain(others.iter().copied()).collect();
    e.layer(cx, site, "gate", Settings::new(), &inputs, out, &|s, name| {
        let mut all = vec![];
        for (k, c) in others.iter().enumerate() {
            let (dc, both) = (c.width.clone(), dh.plus(&c.width));
            let name = if k == 0 { name.to_string() } else { format!("{name}.{}", k + 1) };
            all.extend([
                s.param(format!("{name}.w"), vec![both.clone(), dh.clone()], InitRule::FanIn(both.clone()), &owner),
                s.param(format!("{name}.b"), vec![dh.clone()], InitRule::FanIn(both), &owner),
                s.param(format!("{name}.u"), vec![dc.clone(), dh.clone()], InitRule::FanIn(dc), &owner),
            ]);
        }
        all
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense};
    use burn::tensor::Tensor;

    /// h + Σ_j σ([h; c_j]·w_j + b_j) ∘ (c_j·u_j)
    pub fn build(s: &Spec) -> Built {
        let (gates, []) = s.0.params.as_chunks::<3>() else {
            return Err("`gate` has three parameters for each value that it lets in".to_string());
        };
        let gates = gates.to_vec();
        function(move |inputs, cx| {
            let h = matrix(inputs[0]);
            let mut sum = h.clone();
            for ([w, b, u], c) in gates.iter().zip(&inputs[1..]) {
                let both = Tensor::cat(vec![h.clone(), matrix(c).clone()], 1);
                let open = dense(&both, &cx.params.get2(*w), Some(&cx.params.get1(*b)), Activation::Sigmoid);
                sum = sum + open * dense(matrix(c), &cx.params.get2(*u), None, Activation::None);
            }
            like(inputs[0], sum)
        })
    }
}
