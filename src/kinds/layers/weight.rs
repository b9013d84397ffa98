//! Weights of the members of a list.

use super::{Function, Kind, Layer};

/// Weights of the members of a list.
pub(super) const KIND: Kind = Kind { functions: &[WEIGHT], layers: &[LAYER] };

const WEIGHT: Function = Function {
    name: "weight",
    args: &[],
    deep: false,
    runs: false,
    example: "weight",
    doc: "weights the members of a list",
};

const LAYER: Layer = Layer { name: "weight", ..Layer::NONE };
