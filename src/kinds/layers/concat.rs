//! Values side by side.

use super::{Kind, Layer};
use crate::types::{Call, Elaborate, Function, Join, Marks, Out, Rule};

/// Values side by side.
pub(super) const KIND: Kind = Kind { functions: &[CONCAT], layers: &[LAYER] };

const CONCAT: Function = Function {
    name: "concat",
    args: &[],
    deep: false,
    runs: true,
    example: "concat",
    doc: "concatenation (as `&`)",
    rule: Rule::Value(concat),
    marks: Marks { joins: Some(Join::Concat), ..Marks::NONE },
};

pub(super) const LAYER: Layer = Layer {
    name: "concat",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn concat(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (vals, _) = c.features(call, &[])?;
    if vals.is_empty() {
        return Err(c.number_of_values(call, "joins several values"));
    }
    c.concat(vals, call.cx)
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use burn::tensor::Tensor;

    /// Side by side.
    pub fn build(_: &Spec) -> Built {
        function(|inputs, _| match inputs {
            [one] => (*one).clone(),
            all => like(all[0], Tensor::cat(all.iter().map(|v| matrix(v).clone()).collect(), 1)),
        })
    }
}
