//! Encoders from a file.

use super::{Function, Kind, Layer};
use crate::words::Takes::Own;
use crate::words::must;

/// Encoders from a file.
pub(super) const KIND: Kind = Kind { functions: &[PRETRAINED], layers: &[PRETRAINED_LAYER, LAYER] };

const PRETRAINED: Function = Function {
    name: "pretrained",
    args: &[must("path", Own)],
    deep: true,
    runs: false,
    example: "pretrained(\"models/mini-bert\")",
    doc: "a pretrained Transformer",
};

const PRETRAINED_LAYER: Layer = Layer { name: "pretrained", ..Layer::NONE };

const LAYER: Layer = Layer { name: "layer", ..Layer::NONE };
