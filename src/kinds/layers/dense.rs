//! Linear layers.

use super::dropout;
use super::{Kind, Layer};
use crate::ast::{ExprKind, path_words};
use crate::plan::Setting;
use crate::types::dim::{Dim, InitRule};
use crate::types::{Cx, Elaborate, Function, Marks, Out, Rule, Site, Stacked, Val, settings};
use crate::words::Takes::{Number, Word};
use crate::words::numbers::SIZE;
use crate::words::{may, must};

/// Linear layers.
pub(super) const KIND: Kind = Kind { functions: &[DENSE], layers: &[LAYER] };

const DENSE: Function = Function {
    name: "dense",
    args: &[must("d", Number(SIZE)), may("activation", Word(&["relu", "tanh", "gelu", "sigmoid", "none"]))],
    deep: true,
    runs: true,
    example: "dense(64, tanh)",
    doc: "a linear layer with an activation",
    rule: Rule::Layer(dense),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer {
    name: "dense",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn dense(c: &mut dyn Elaborate, s: Stacked<'_>) -> Out {
    let known = s.call.row.words("activation");
    let activation = match s.o.get("activation").map(|e| (&*e.value, path_words(e), e.span)) {
        None => "relu".to_string(),
        Some((ExprKind::Name(n), ..)) if known.contains(&n.as_str()) => n.clone(),
        Some((_, word, span)) => return Err(c.unknown_word("E0237", "an activation", &word, span, known)),
    };
    let out = Val { width: Dim::of(s.d), ..s.out };
    let out = linear(c, s.call.cx, s.site, &s.v, out, s.d, &activation)?;
    Ok(dropout::apply(c, out, s.rate, s.call.cx))
}

/// A linear layer with a bias and an activation.
pub(super) fn linear(c: &mut dyn Elaborate, cx: &Cx, site: Site, v: &Val, out: Val, d: usize, activation: &str) -> Out {
    let set = settings([
        ("width", Setting::Int(d as i64)),
        ("activation", Setting::Text(activation.into())),
        ("bias", Setting::Bool(true)),
    ]);
    let (owner, w) = (cx.owner.clone(), v.width.clone());
    c.layer(cx, site, "dense", set, &[v], out, &|c, name| {
        let rule = InitRule::FanIn(w.clone());
        vec![
            c.param(format!("{name}.weight"), vec![w.clone(), Dim::of(d)], rule.clone(), &owner),
            c.param(format!("{name}.bias"), vec![Dim::of(d)], rule, &owner),
        ]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{self, Activation};

    /// f(x·w + b)
    pub fn build(s: &Spec) -> Built {
        let name = s.word("activation").unwrap_or("none");
        let f = Activation::parse(name).ok_or_else(|| format!("there is no activation `{name}`"))?;
        let (w, b) = match *s.0.params.as_slice() {
            [w] => (w, None),
            [w, b] => (w, Some(b)),
            _ => return Err("`dense` has one or two parameters".to_string()),
        };
        function(move |inputs, cx| {
            let b = b.map(|b| cx.params.get1(b));
            like(inputs[0], rows::dense(matrix(inputs[0]), &cx.params.get2(w), b.as_ref(), f))
        })
    }
}
