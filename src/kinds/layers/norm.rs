//! Layer normalisation.

use super::{Kind, Layer};
use crate::plan::{Init, Settings};
use crate::types::dim::InitRule;
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, Val};

/// Layer normalisation.
pub(super) const KIND: Kind = Kind { functions: &[NORM], layers: &[LAYER] };

const NORM: Function = Function {
    name: "norm",
    args: &[],
    deep: false,
    runs: true,
    example: "norm",
    doc: "layer normalisation",
    rule: Rule::Value(norm),
    marks: Marks { keeps_width: true, ..Marks::NONE },
};

const LAYER: Layer = Layer {
    name: "norm",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn norm(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let (owner, w) = (call.cx.owner.clone(), v.width.clone());
    // mean and variance are of both directions
    let flow = if v.flow == Flow::Sides { Flow::Full } else { v.flow };
    let out = Val { flow, ..v.clone() };
    c.layer(call.cx, call.site(), "norm", Settings::new(), &[&v], out, &|c, name| {
        let one = InitRule::Fixed(Init::Constant(1.0));
        vec![
            c.param(format!("{name}.g"), vec![w.clone()], one, &owner),
            c.param(format!("{name}.b"), vec![w.clone()], InitRule::Fixed(Init::Zeros), &owner),
        ]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::layer_norm;

    /// Layer normalisation.
    pub fn build(s: &Spec) -> Built {
        let [g, b] = s.params()?;
        function(move |inputs, cx| {
            like(inputs[0], layer_norm(matrix(inputs[0]), &cx.params.get1(g), &cx.params.get1(b)))
        })
    }
}
