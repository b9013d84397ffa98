//! Two vectors side by side, with their difference and their product.

use super::common::vectors;
use super::{Kind, Layer};
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, VKind, Val};

/// Two vectors side by side, with their difference and their product.
pub(super) const KIND: Kind = Kind { functions: &[MATCH], layers: &[LAYER] };

const MATCH: Function = Function {
    name: "match",
    args: &[],
    deep: false,
    runs: true,
    example: "match(u, v)",
    doc: "[u; v; |u - v|; u * v]",
    rule: Rule::Value(matched),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer {
    name: "match",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

/// `match(u, v)` = [u; v; |u − v|; u ∘ v]
fn matched(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (pair, rest) = vectors(c, call)?;
    c.options(call.row, &rest, call.whole)?;
    let Some((a, b)) = pair else { return Ok(c.opaque(call.cx)) };
    c.same_width(&a, &b)?;
    let out = Val::merged(&[&a.0, &b.0], VKind::Vec, a.0.width.times(4));
    Ok(c.plain(call.cx, "match", Settings::new(), &[&a.0, &b.0], out))
}

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::common::model::pair;
    use crate::ops::layer::{Built, Spec};
    use burn::tensor::Tensor;

    /// [a; b; |a−b|; a∘b] (Mou et al. 2016).
    pub fn build(_: &Spec) -> Built {
        pair(|a, b| Tensor::cat(vec![a.clone(), b.clone(), (a.clone() - b.clone()).abs(), a * b], 1))
    }
}
