//! Draws from a distribution.

use super::{Function, Kind, Layer};

/// Draws from a distribution.
pub(super) const KIND: Kind = Kind { functions: &[SAMPLE], layers: &[LAYER] };

const SAMPLE: Function = Function {
    name: "sample",
    args: &[],
    deep: false,
    runs: false,
    example: "sample",
    doc: "draws from the distribution",
};

const LAYER: Layer = Layer { name: "sample", ..Layer::NONE };
