//! A bilinear form of two vectors.

use super::common::vectors;
use super::{Kind, Layer};
use crate::diagnostics::Diagnostic;
use crate::plan::Setting;
use crate::types::dim::{Dim, InitRule, Size};
use crate::types::{Call, Elaborate, Function, Gives, Marks, Out, Rule, VKind, Val, settings};
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::SIZE;

/// A bilinear form of two vectors.
pub(super) const KIND: Kind = Kind { functions: &[BILINEAR], layers: &[LAYER] };

const BILINEAR: Function = Function {
    name: "bilinear",
    args: &[may("d", Number(SIZE))],
    deep: false,
    runs: true,
    example: "bilinear(u, v)",
    doc: "u W v",
    rule: Rule::Value(bilinear),
    marks: Marks { gives: Gives::Scores, ..Marks::NONE },
};

const LAYER: Layer = Layer {
    name: "bilinear",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn bilinear(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (pair, rest) = vectors(c, call)?;
    let o = c.options(call.row, &rest, call.whole)?;
    let Some(((a, _), (b, b_span))) = pair else { return Ok(c.opaque(call.cx)) };
    let d = c.opt_size(call, &o, "d", 1)?;
    let out = Val::merged(&[&a, &b], VKind::Vec, Dim::of(d));
    if b.width.sizes.iter().any(|(s, _)| matches!(s, Size::Open(..))) {
        let set = settings([("width", Setting::Int(d as i64))]);
        return Ok(c.plain(call.cx, "bilinear", set, &[&a, &b], out));
    }
    let Some(wb) = b.width.known() else {
        let e = Diagnostic::new("E0411", "`bilinear` needs widths that do not depend on labels");
        return Err(c.report(e.at(b_span, b.words()).help("put `|> dense(64)` before it")));
    };
    let (owner, wa) = (call.cx.owner.clone(), a.width.clone());
    let set = settings([("width", Setting::Int(d as i64))]);
    c.layer(call.cx, call.site(), "bilinear", set, &[&a, &b], out, &|c, name| {
        let shape = vec![wa.clone(), Dim::of(wb * d)];
        vec![c.param(format!("{name}.weight"), shape, InitRule::FanIn(wa.clone()), &owner)]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense};

    /// aᵀ·W_k·b for each of `width` matrices.
    pub fn build(s: &Spec) -> Built {
        let [w] = s.params()?;
        let width = s.size("width")?;
        function(move |inputs, cx| {
            let (a, b) = (matrix(inputs[0]), matrix(inputs[1]));
            let [n, db] = b.dims();
            let left = dense(a, &cx.params.get2(w), None, Activation::None).reshape([n, width, db]);
            let y = (left * b.clone().reshape([n, 1, db])).sum_dim(2);
            like(inputs[0], y.reshape([n, width]))
        })
    }
}
