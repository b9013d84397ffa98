//! Zeros in the place of what a feedback arrow has not brought yet.

use super::{Gradient, Kind, Layer};

/// Zeros in the place of what a feedback arrow has not brought yet.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[LAYER] };

pub(super) const LAYER: Layer = Layer {
    name: "zeros",
    gradient: Gradient::Constant,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, above, axis, function};
    use crate::ops::value::Value;
    use burn::tensor::Tensor;

    /// Zeros in the place of what a feedback arrow has not brought yet; the input gives the layout alone.
    pub fn build(s: &Spec) -> Built {
        let width = s.size("width")?;
        let per_token = s.get("shape", |v| v.as_str().map(|t| t == "seq"))?;
        function(move |inputs, cx| {
            let rows = |n: usize| Tensor::zeros([n, width], cx.params.device());
            let texts = axis(inputs[0]);
            match per_token {
                true => Value::Rows(rows(texts.total()), texts.clone()),
                false => above(inputs[0], rows(texts.groups())),
            }
        })
    }
}
