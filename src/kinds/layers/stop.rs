//! Values without their gradient.

use super::{Gradient, Kind, Layer};
use crate::plan::Settings;
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule};

/// Values without their gradient.
pub(super) const KIND: Kind = Kind { functions: &[STOP], layers: &[LAYER] };

const STOP: Function = Function {
    name: "stop",
    args: &[],
    deep: false,
    runs: true,
    example: "stop",
    doc: "identity without gradient",
    rule: Rule::Value(stop),
    marks: Marks { keeps_width: true, ..Marks::NONE },
};

pub(super) const LAYER: Layer = Layer {
    name: "stop",
    gradient: Gradient::Stopped,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn stop(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    Ok(c.plain(call.cx, "stop", Settings::new(), &[&v], v.clone()))
}

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
