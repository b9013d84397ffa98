//! States of the decoding loop.

use super::{Function, Kind, Layer};

/// States of the decoding loop.
pub(super) const KIND: Kind = Kind { functions: &[STEP], layers: &[LAYER] };

const STEP: Function = Function {
    name: "step",
    args: &[],
    deep: false,
    runs: false,
    example: "step(y)",
    doc: "states of the decoding loop",
};

const LAYER: Layer = Layer { name: "step", ..Layer::NONE };
