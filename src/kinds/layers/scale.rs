//! Values times a number.

use super::{Kind, Layer};

/// Values times a number.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[LAYER] };

pub(super) const LAYER: Layer = Layer {
    name: "scale",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};

    /// Times a number.
    pub fn build(s: &Spec) -> Built {
        let factor = s.real("factor")?;
        function(move |inputs, _| like(inputs[0], matrix(inputs[0]).clone().mul_scalar(factor)))
    }
}
