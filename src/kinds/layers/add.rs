//! Sums, differences and products, value by value; and a value projected into the states that it joins.

use super::{Kind, Layer};
use crate::ast::path_words;
use crate::diagnostics::{Diagnostic, Reported};
use crate::plan::Settings;
use crate::source::Span;
use crate::types::dim::InitRule;
use crate::types::{Call, Cx, Elaborate, Function, Join, Marks, Out, Rule, Site, Val};

/// Sums, differences and products, value by value; and a value projected into the states that it joins.
pub(super) const KIND: Kind = Kind { functions: &[ADD], layers: &[ADD_LAYER, SUB, MUL, ADD_PROJECTED] };

const ADD: Function = Function {
    name: "add",
    args: &[],
    deep: false,
    runs: true,
    example: "add(u, v)",
    doc: "the sum",
    rule: Rule::Value(add),
    marks: Marks { joins: Some(Join::Add), ..Marks::NONE },
};

pub(crate) const ADD_LAYER: Layer = Layer {
    name: "add",
    #[cfg(feature = "train")]
    build: Some(model::add),
    ..Layer::NONE
};

pub(crate) const SUB: Layer = Layer {
    name: "sub",
    #[cfg(feature = "train")]
    build: Some(model::sub),
    ..Layer::NONE
};

pub(crate) const MUL: Layer = Layer {
    name: "mul",
    #[cfg(feature = "train")]
    build: Some(model::mul),
    ..Layer::NONE
};

const ADD_PROJECTED: Layer = Layer {
    name: "add_projected",
    joins: true,
    #[cfg(feature = "train")]
    build: Some(model::projected),
    ..Layer::NONE
};

fn add(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (a, b, rest) = c.two(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    // `via add(embed(4))`
    if let (true, Some(_), [one]) = (call.cx.arrow, &call.cx.input, call.args)
        && a.0.width != b.0.width
    {
        let d = Diagnostic::new("E0411", format!("widths {} and {} do not agree", a.0.width, b.0.width));
        let d = d.at(b.1, format!("{} numbers", b.0.width)).with(a.1, format!("{} numbers", a.0.width));
        let help = format!("to embed what comes and then add it, write `via {} |> add`", path_words(&one.value));
        return Err(c.report(d.help(help)));
    }
    pointwise(c, "add", a, b, call.cx)
}

pub(crate) fn pointwise(c: &mut dyn Elaborate, kind: &'static str, a: (Val, Span), b: (Val, Span), cx: &Cx) -> Out {
    if let Some(v) = Val::opaque_of(&[&a.0, &b.0]) {
        return Ok(v);
    }
    let mut both = c.beside(&[a, b], cx)?.into_iter();
    let (Some(a), Some(b)) = (both.next(), both.next()) else { return Err(Reported) };
    c.same_kind(&a.0, a.1, &b.0, b.1, cx)?;
    c.same_width(&a, &b)?;
    let out = Val::merged(&[&a.0, &b.0], a.0.kind, a.0.width.clone());
    Ok(c.plain(cx, kind, Settings::new(), &[&a.0, &b.0], out))
}

/// h + c·u: what an arrow brings is projected to the states that it joins.
pub(crate) fn projected(e: &mut dyn Elaborate, cx: &Cx, site: Site, h: &Val, c: &Val, out: Val) -> Out {
    let (owner, dh, dc) = (cx.owner.clone(), h.width.clone(), c.width.clone());
    e.layer(cx, site, "add_projected", Settings::new(), &[h, c], out, &|s, name| {
        vec![s.param(format!("{name}.u"), vec![dc.clone(), dh.clone()], InitRule::FanIn(dc.clone()), &owner)]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::common::model::pair;
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense};
    use crate::ops::value::Value;

    /// a + b
    pub fn add(_: &Spec) -> Built {
        pair(|a, b| a + b)
    }

    /// a − b
    pub fn sub(_: &Spec) -> Built {
        pair(|a, b| a - b)
    }

    /// a∘b
    pub fn mul(_: &Spec) -> Built {
        pair(|a, b| a * b)
    }

    /// h + c·u
    pub fn projected(s: &Spec) -> Built {
        let [u] = s.params()?;
        function(move |inputs, cx| -> Value {
            let c = dense(matrix(inputs[1]), &cx.params.get2(u), None, Activation::None);
            like(inputs[0], matrix(inputs[0]).clone() + c)
        })
    }
}
