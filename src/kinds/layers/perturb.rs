//! The worst small change of a value, for a view.
//!
//! The layer itself passes its input on. What is added to it at a step is found by whoever trains, in a pass of its own: the
//! losses that depend on the layer are computed at a tenth of `eps` from the input in a random direction, since a divergence is
//! flat where both sides are equal, and for each text eps·g/‖g‖ is added, g their gradient there over all tokens of the text.

use super::{Kind, Layer};

/// The worst small change of a value.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[LAYER] };

pub(super) const LAYER: Layer = Layer {
    name: "perturb",
    shifted: Some("eps"),
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function};

    /// Its input.
    pub fn build(_: &Spec) -> Built {
        function(|inputs, _| inputs[0].clone())
    }
}
