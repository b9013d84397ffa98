//! Values without their gradient.

use super::{Function, Gradient, Kind, Layer};

/// Values without their gradient.
pub(super) const KIND: Kind = Kind { functions: &[STOP], layers: &[LAYER] };

const STOP: Function =
    Function { name: "stop", args: &[], deep: false, runs: true, example: "stop", doc: "identity without gradient" };

const LAYER: Layer = Layer {
    name: "stop",
    gradient: Gradient::Stopped,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::value::Value;

    /// The value without its gradient.
    pub fn build(_: &Spec) -> Built {
        function(|inputs, _| match inputs[0] {
            Value::Text(_) => inputs[0].clone(),
            v => like(v, matrix(v).clone().detach()),
        })
    }
}
