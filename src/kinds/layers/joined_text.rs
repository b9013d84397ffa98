//! Texts beside the input that an arrow replaces.

use super::{Function, Kind, Layer};

/// Texts beside the input that an arrow replaces.
pub(super) const KIND: Kind = Kind { functions: &[APPEND, PREFIX], layers: &[APPEND_LAYER, PREFIX_LAYER] };

const APPEND: Function = Function {
    name: "append",
    args: &[],
    deep: false,
    runs: false,
    example: "append",
    doc: "puts texts behind the input",
};

const PREFIX: Function = Function {
    name: "prefix",
    args: &[],
    deep: false,
    runs: false,
    example: "prefix",
    doc: "puts texts before the input",
};

const APPEND_LAYER: Layer = Layer { name: "append", ..Layer::NONE };

const PREFIX_LAYER: Layer = Layer { name: "prefix", ..Layer::NONE };
