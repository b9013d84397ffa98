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
    use crate::ops::layer::{Built, Spec, function, layout};
    use crate::ops::value::Value;
    use burn::tensor::Tensor;

    /// Zeros in the place of what a feedback arrow has not brought yet; the input gives the layout alone.
    pub fn build(s: &Spec) -> Built {
        let width = s.size("width")?;
        let per_token = s.get("shape", |v| v.as_str().map(|t| t == "seq"))?;
        function(move |inputs, cx| {
            let texts = layout(inputs[0]);
            let device = cx.params.device();
            match per_token {
                true => Value::Seq(Tensor::zeros([texts.tokens(), width], device), texts.clone()),
                false => Value::Vec(Tensor::zeros([texts.examples(), width], device)),
            }
        })
    }
}
