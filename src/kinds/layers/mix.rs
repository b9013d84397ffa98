//! Sums weighted from outside.

use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::dim::Dim;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, VKind, Val};
use crate::words::Takes::Own;
use crate::words::may;

/// Sums weighted from outside.
pub(super) const KIND: Kind = Kind { functions: &[MIX], layers: &[LAYER] };

const MIX: Function = Function {
    name: "mix",
    args: &[may("weights", Own)],
    deep: false,
    runs: true,
    example: "mix(h, weights = a)",
    doc: "the weighted sum over tokens",
    rule: Rule::Value(mix),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer {
    name: "mix",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

/// `mix(h, weights = p)`: the sum of h over its tokens, or over the members of a list, weighted by p.
fn mix(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (a, b, rest) = c.two(call, &["weights"])?;
    c.options(call.row, &rest, call.whole)?;
    if let Some(v) = Val::opaque_of(&[&a.0, &b.0]) {
        return Ok(v);
    }
    // `via mix(list)`: the weights are what flows in
    let named = call.args.iter().any(|a| a.name.is_some());
    let ((a, a_span), (b, b_span)) = if call.cx.input.is_some() && !named && a.0.classes { (b, a) } else { (a, b) };
    for (v, s) in [(&a, a_span), (&b, b_span)] {
        c.vectors(v, s)?;
    }
    let mut out = Val::merged(&[&a, &b], VKind::Vec, a.width.clone());
    if a.kind == VKind::Vec && !a.outer.is_empty() {
        c.beside(&[(a.clone(), a_span), (b.clone(), b_span)], call.cx)?;
        out.outer.clone_from(&a.outer);
        out.outer.pop();
    } else {
        for (v, s) in [(&a, a_span), (&b, b_span)] {
            c.need_seq(v, call, s)?;
        }
        c.same_kind(&a, a_span, &b, b_span, call.cx)?;
    }
    let scores = b.width == Dim::of(1) || b.classes && a.outer.len() == b.outer.len() && !a.outer.is_empty();
    if !scores {
        let d = Diagnostic::new("E0411", "weights are one number for each token").at(b_span, b.words());
        return Err(c.report(d.help("write `mix(h, weights = attention(h))`")));
    }
    Ok(c.plain(call.cx, "mix", Settings::new(), &[&a, &b], out))
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, above, axis, function, matrix};
    use crate::ops::rows::weighted_sum;

    /// Σ_t w_t·h_t with given weights.
    pub fn build(_: &Spec) -> Built {
        function(|inputs, _| above(inputs[0], weighted_sum(matrix(inputs[0]), matrix(inputs[1]), axis(inputs[0]))))
    }
}
