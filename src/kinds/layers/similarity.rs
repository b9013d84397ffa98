//! One number for two vectors.

use super::common::vectors;
use super::{Kind, Layer};
use crate::plan::Settings;
use crate::types::dim::Dim;
use crate::types::{Call, Elaborate, Function, Gives, Marks, Out, Rule, VKind, Val};

/// One number for two vectors.
pub(super) const KIND: Kind = Kind { functions: &[DOT, COSINE], layers: &[DOT_LAYER, COSINE_LAYER, PROJECT] };

const DOT: Function = Function {
    name: "dot",
    args: &[],
    deep: false,
    runs: true,
    example: "dot(u, v)",
    doc: "the inner product",
    rule: Rule::Value(dot),
    marks: Marks { gives: Gives::Scores, ..Marks::NONE },
};

const COSINE: Function = Function {
    name: "cosine",
    args: &[],
    deep: false,
    runs: true,
    example: "cosine(u, v)",
    doc: "the cosine",
    rule: Rule::Value(dot),
    marks: Marks::NONE,
};

const DOT_LAYER: Layer = Layer {
    name: "dot",
    #[cfg(feature = "train")]
    build: Some(model::dot),
    ..Layer::NONE
};

const COSINE_LAYER: Layer = Layer {
    name: "cosine",
    #[cfg(feature = "train")]
    build: Some(model::cosine),
    ..Layer::NONE
};

const PROJECT: Layer = Layer { name: "project", weights_to_come: true, ..Layer::NONE };

/// `dot`, `cosine`. Against the members of a list a wider or narrower vector is brought to their width first: a query
/// is often made of several.
fn dot(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (pair, rest) = vectors(c, call)?;
    c.options(call.row, &rest, call.whole)?;
    let Some((mut a, b)) = pair else { return Ok(c.opaque(call.cx)) };
    if !b.0.outer.is_empty() && a.0.width != b.0.width {
        let out = Val { width: b.0.width.clone(), ..a.0.clone() };
        a.0 = c.plain(call.cx, "project", Settings::new(), &[&a.0, &b.0], out);
    }
    c.same_width(&a, &b)?;
    let out = Val::merged(&[&a.0, &b.0], VKind::Vec, Dim::of(1));
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&a.0, &b.0], out))
}

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::common::model::pair;
    use crate::ops::layer::{Built, Spec};
    use burn::tensor::Tensor;

    /// a·b
    pub fn dot(_: &Spec) -> Built {
        pair(|a, b| (a * b).sum_dim(1))
    }

    /// a·b / |a||b|
    pub fn cosine(_: &Spec) -> Built {
        pair(|a, b| {
            // the small number keeps the gradient finite at zero
            let norm = |x: &Tensor<2>| (x.clone() * x.clone()).sum_dim(1).add_scalar(1e-12).sqrt();
            let norms = norm(&a) * norm(&b);
            (a * b).sum_dim(1) / norms
        })
    }
}
