//! Sums, differences and products, value by value; and a value projected into the states that it joins.

use super::{Function, Kind, Layer};

/// Sums, differences and products, value by value; and a value projected into the states that it joins.
pub(super) const KIND: Kind = Kind { functions: &[ADD], layers: &[ADD_LAYER, SUB, MUL, ADD_PROJECTED] };

const ADD: Function =
    Function { name: "add", args: &[], deep: false, runs: true, example: "add(u, v)", doc: "the sum" };

const ADD_LAYER: Layer = Layer {
    name: "add",
    #[cfg(feature = "train")]
    build: Some(model::add),
    ..Layer::NONE
};

const SUB: Layer = Layer {
    name: "sub",
    #[cfg(feature = "train")]
    build: Some(model::sub),
    ..Layer::NONE
};

const MUL: Layer = Layer {
    name: "mul",
    #[cfg(feature = "train")]
    build: Some(model::mul),
    ..Layer::NONE
};

const ADD_PROJECTED: Layer = Layer {
    name: "add_projected",
    joins: true,
    #[cfg(feature = "train")]
    build: Some(model::projected),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::layers::common::model::pair;
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense};
    use crate::ops::value::Value;

    /// a + b
    pub fn add(_: &Spec) -> Built {
        pair(|a, b| a + b)
    }

    /// a − b
    pub fn sub(_: &Spec) -> Built {
        pair(|a, b| a - b)
    }

    /// a∘b
    pub fn mul(_: &Spec) -> Built {
        pair(|a, b| a * b)
    }

    /// h + c·u
    pub fn projected(s: &Spec) -> Built {
        let [u] = s.params()?;
        function(move |inputs, cx| -> Value {
            let c = dense(matrix(inputs[1]), &cx.params.get2(u), None, Activation::None);
            like(inputs[0], matrix(inputs[0]).clone() + c)
        })
    }
}
