//! Attention within a text.

use super::dropout;
use super::{Kind, Layer, Sees};
use crate::diagnostics::Diagnostic;
use crate::plan::Setting;
use crate::types::dim::{Dim, InitRule};
use crate::types::{Elaborate, Flow, Function, Marks, Out, Rule, Stacked, Val, settings};
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::SIZE;

/// Attention within a text.
pub(super) const KIND: Kind = Kind { functions: &[SELF_ATTEND], layers: &[LAYER] };

const SELF_ATTEND: Function = Function {
    name: "self_attend",
    args: &[may("d", Number(SIZE)), may("heads", Number(SIZE))],
    deep: true,
    runs: true,
    example: "self_attend(128)",
    doc: "one self-attention layer",
    rule: Rule::Layer(self_attend),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer {
    name: "self_attend",
    sees: |_| Sees::All,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn self_attend(c: &mut dyn Elaborate, s: Stacked<'_>) -> Out {
    c.need_seq(&s.v, s.call, s.call.span)?;
    let (cx, w) = (s.call.cx, s.v.width.clone());
    let width = match (s.d, w.known()) {
        (0, Some(n)) => n,
        (0, None) => {
            let e = Diagnostic::new("E0236", "`self_attend` needs its width here").at(s.call.span, "");
            return Err(c.report(e.help("write `self_attend(128)`")));
        }
        (d, _) => d,
    };
    let heads = c.opt_size(s.call, &s.o, "heads", 1)?;
    c.divides(width, heads, s.o.get("heads").map_or(s.call.whole, |e| e.span))?;
    let out = Val { width: Dim::of(width), flow: Flow::Full, ..s.out };
    let set = settings([("width", Setting::Int(width as i64)), ("heads", Setting::Int(heads as i64))]);
    let owner = cx.owner.clone();
    let out = c.layer(cx, s.site, "self_attend", set, &[&s.v], out, &|c, name| {
        let mut ids = vec![];
        for part in ["q", "k", "v"] {
            let rule = InitRule::FanIn(w.clone());
            ids.push(c.param(format!("{name}.w{part}"), vec![w.clone(), Dim::of(width)], rule.clone(), &owner));
            ids.push(c.param(format!("{name}.b{part}"), vec![Dim::of(width)], rule, &owner));
        }
        ids
    })?;
    Ok(dropout::apply(c, out, s.rate, cx))
}

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::common::model::{heads, linear};
    use crate::ops::attention::{Attention, attention};
    use crate::ops::layer::{Built, Spec, axis, function, like, matrix};
    use crate::ops::rows::Activation;

    /// Scaled dot-product attention without anything around it.
    pub fn build(s: &Spec) -> Built {
        let heads = heads(s)?;
        let [wq, bq, wk, bk, wv, bv] = s.params()?;
        function(move |inputs, cx| {
            let part = |w, b| linear(matrix(inputs[0]), w, b, Activation::None, None, cx);
            let how = Attention { heads, causal: false, dropout: None };
            let y = attention(&part(wq, bq), &part(wk, bk), &part(wv, bv), axis(inputs[0]), how);
            like(inputs[0], y)
        })
    }
}
