//! The vector of an example at each of its tokens.

use super::{Kind, Layer, Sees};

/// The vector of an example at each of its tokens.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[LAYER] };

pub(super) const LAYER: Layer = Layer {
    name: "broadcast",
    sees: |_| Sees::All,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, axis, function, matrix};
    use crate::ops::rows::gather;
    use crate::ops::value::Value;

    /// The vector of an example at each of its tokens.
    pub fn build(_: &Spec) -> Built {
        function(|inputs, _| {
            let to = axis(inputs[1]);
            Value::Rows(gather(matrix(inputs[0]), to.owners_at(axis(inputs[0]).depth())), to.clone())
        })
    }
}
