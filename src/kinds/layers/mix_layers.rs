//! A learned mixture of layers.

use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::{Init, Settings};
use crate::source::Span;
use crate::types::dim::{Dim, InitRule};
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, Val};

/// A learned mixture of layers.
pub(super) const KIND: Kind = Kind { functions: &[MIX_LAYERS], layers: &[LAYER] };

const MIX_LAYERS: Function = Function {
    name: "mix_layers",
    args: &[],
    deep: false,
    runs: true,
    example: "enc@* |> mix_layers",
    doc: "a learned mixture of layers",
    rule: Rule::Value(mix_layers),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer {
    name: "mix_layers",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn mix_layers(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = match &call.cx.input {
        Some(v) => v.clone(),
        None => c.input(call.row, call.span, call.cx)?,
    };
    if v.is_opaque() {
        return Ok(v);
    }
    let parts = v.parts.clone();
    if parts.len() < 2 {
        let d = Diagnostic::new("E0417", "`mix_layers` mixes several layers").at(call.span, "one value only");
        return Err(c.report(d.help("write `enc@* |> mix_layers`")));
    }
    let pairs: Vec<(Val, Span)> = parts.iter().map(|p| (p.clone(), call.span)).collect();
    for p in &pairs[1..] {
        c.same_width(&pairs[0], p)?;
    }
    let refs: Vec<&Val> = parts.iter().collect();
    let mut out = Val::merged(&refs, parts[0].kind, parts[0].width.clone());
    out.star = v.star;
    let (owner, n) = (call.cx.owner.clone(), parts.len());
    c.layer(call.cx, call.site(), "mix_layers", Settings::new(), &refs, out, &|c, name| {
        let one = InitRule::Fixed(Init::Constant(1.0));
        vec![
            c.param(format!("{name}.weights"), vec![Dim::of(n)], InitRule::Fixed(Init::Zeros), &owner),
            c.param(format!("{name}.gamma"), vec![Dim::of(1)], one, &owner),
        ]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use burn::tensor::{Tensor, activation};

    /// γ·Σ softmax(w)_k·h_k (Peters et al. 2018).
    pub fn build(s: &Spec) -> Built {
        let [w, gamma] = s.params()?;
        function(move |inputs, cx| {
            let weights = activation::softmax(cx.params.get1(w), 0);
            let mut sum: Option<Tensor<2>> = None;
            for (k, v) in inputs.iter().enumerate() {
                let part = matrix(v).clone() * weights.clone().narrow(0, k, 1).unsqueeze::<2>();
                sum = Some(sum.map_or(part.clone(), |s| s + part));
            }
            match sum {
                Some(sum) => like(inputs[0], sum * cx.params.get1(gamma).unsqueeze::<2>()),
                None => unreachable!("at least one layer"),
            }
        })
    }
}
