//! Pools: from the states of a text to one vector, or from the members of a list to one.

use super::{Function, Kind, Layer};

/// Pools: from the states of a text to one vector, or from the members of a list to one.
pub(super) const KIND: Kind =
    Kind { functions: &[LAST, FIRST, MEAN, MAX], layers: &[LAST_LAYER, FIRST_LAYER, MEAN_LAYER, MAX_LAYER] };

const LAST: Function = Function {
    name: "last",
    args: &[],
    deep: false,
    runs: true,
    example: "last",
    doc: "the last state of each direction",
};

const FIRST: Function =
    Function { name: "first", args: &[], deep: false, runs: true, example: "first", doc: "the first state" };

const MEAN: Function =
    Function { name: "mean", args: &[], deep: false, runs: true, example: "mean", doc: "the mean over tokens" };

const MAX: Function =
    Function { name: "max", args: &[], deep: false, runs: true, example: "max", doc: "the maximum over tokens" };

const LAST_LAYER: Layer = Layer {
    name: "last",
    #[cfg(feature = "train")]
    build: Some(model::last),
    ..Layer::NONE
};

const FIRST_LAYER: Layer = Layer {
    name: "first",
    #[cfg(feature = "train")]
    build: Some(model::first),
    ..Layer::NONE
};

const MEAN_LAYER: Layer = Layer {
    name: "mean",
    #[cfg(feature = "train")]
    build: Some(model::mean),
    ..Layer::NONE
};

const MAX_LAYER: Layer = Layer {
    name: "max",
    #[cfg(feature = "train")]
    build: Some(model::max),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, layout, matrix};
    use crate::ops::rows::{self, gather};
    use crate::ops::value::Value;
    use std::sync::Arc;

    /// The last state of each direction.
    pub fn last(s: &Spec) -> Built {
        let bidirectional = s.flag("bidirectional");
        function(move |inputs, _| Value::Vec(rows::ends(matrix(inputs[0]), layout(inputs[0]), bidirectional)))
    }

    /// The first state; of both directions the same as [`last`].
    pub fn first(s: &Spec) -> Built {
        if s.flag("bidirectional") {
            return last(s);
        }
        function(|inputs, _| {
            let at = layout(inputs[0]).rows().map(|r| if r.is_empty() { -1 } else { r.start as i32 }).collect();
            Value::Vec(gather(matrix(inputs[0]), Arc::new(at)))
        })
    }

    /// The mean of the tokens.
    pub fn mean(_: &Spec) -> Built {
        function(|inputs, _| Value::Vec(rows::mean(matrix(inputs[0]), layout(inputs[0]))))
    }

    /// The greatest value of each column.
    pub fn max(_: &Spec) -> Built {
        function(|inputs, _| Value::Vec(rows::max(matrix(inputs[0]), layout(inputs[0]))))
    }
}
