//! Attention over the tokens of a text: a weighted mean.

use super::pools::pooled;
use super::{Kind, Layer, Sees};
use crate::diagnostics::Diagnostic;
use crate::plan::Settings;
use crate::types::dim::{Dim, InitRule};
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, VKind, Val};
use crate::words::Takes::Own;
use crate::words::may;

/// Attention over the tokens of a text: a weighted mean.
pub(super) const KIND: Kind = Kind { functions: &[ATTEND], layers: &[LAYER] };

const ATTEND: Function = Function {
    name: "attend",
    args: &[may("query", Own)],
    deep: false,
    runs: true,
    example: "attend",
    doc: "an attention-weighted mean over tokens",
    rule: Rule::Value(attend),
    marks: Marks { pools: true, keeps_width: true, ..Marks::NONE },
};

const LAYER: Layer = Layer {
    name: "attend",
    sees: |_| Sees::All,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

/// One score per token: a linear layer without activation.
pub(super) fn scorer(c: &mut dyn Elaborate, call: &Call<'_>, v: &Val, out: Val) -> Out {
    let (owner, w) = (call.cx.owner.clone(), v.width.clone());
    c.layer(call.cx, call.site(), call.row.name, Settings::new(), &[v], out, &|c, name| {
        let rule = InitRule::FanIn(w.clone());
        vec![
            c.param(format!("{name}.weight"), vec![w.clone(), Dim::of(1)], rule.clone(), &owner),
            c.param(format!("{name}.bias"), vec![Dim::of(1)], rule, &owner),
        ]
    })
}

fn attend(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, o) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = pooled(c, call, &v)?;
    let Some(q) = o.get("query") else { return scorer(c, call, &v, out) };
    let query = c.eval(q, &call.cx.fed(None))?;
    if query.is_opaque() {
        return Ok(query);
    }
    if query.kind != VKind::Vec {
        let d = Diagnostic::new("E0405", "a query is one vector for each example");
        return Err(c.report(d.at(q.span, query.words()).help("pool it: `.last`, `|> mean`")));
    }
    let out = Val { outer: out.outer.clone(), ..Val::merged(&[&v, &query], VKind::Vec, v.width.clone()) };
    let (owner, w, dq) = (call.cx.owner.clone(), v.width.clone(), query.width.clone());
    c.layer(call.cx, call.site(), "attend", Settings::new(), &[&v, &query], out, &|c, name| {
        let rule = InitRule::FanIn(dq.clone());
        vec![c.param(format!("{name}.weight"), vec![dq.clone(), w.clone()], rule, &owner)]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, above, axis, function, matrix};
    use crate::ops::rows::{Activation, dense, gather, text_softmax, weighted_sum};

    /// The mean of the tokens weighted by a softmax over the text: of h·w + b, or, with a query q, of (q·w)·h.
    pub fn build(s: &Spec) -> Built {
        let (w, b) = match *s.0.params.as_slice() {
            [w] => (w, None),
            [w, b] => (w, Some(b)),
            _ => return Err("`attend` has one or two parameters".to_string()),
        };
        function(move |inputs, cx| {
            let (h, texts) = (matrix(inputs[0]), axis(inputs[0]));
            let w = cx.params.get2(w);
            let scores = match inputs.get(1) {
                Some(query) => {
                    let q = dense(matrix(query), &w, None, Activation::None);
                    (gather(&q, texts.owners_at(axis(query).depth())) * h.clone()).sum_dim(1)
                }
                None => dense(h, &w, b.map(|b| cx.params.get1(b)).as_ref(), Activation::None),
            };
            above(inputs[0], weighted_sum(h, &text_softmax(&scores, texts), texts))
        })
    }
}
