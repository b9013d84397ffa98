//! Some columns of a value.

use super::{Kind, Layer};

/// Some columns of a value.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[LAYER] };

pub(super) const LAYER: Layer = Layer {
    name: "slice",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};

    /// Some columns.
    pub fn build(s: &Spec) -> Built {
        let (start, len) = (s.size("start")?, s.size("len")?);
        function(move |inputs, _| like(inputs[0], matrix(inputs[0]).clone().narrow(1, start, len)))
    }
}
