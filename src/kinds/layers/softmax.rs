//! Normalised scores.

use super::{Function, Kind, Layer};

/// Normalised scores.
pub(super) const KIND: Kind = Kind { functions: &[SOFTMAX], layers: &[LAYER] };

const SOFTMAX: Function =
    Function { name: "softmax", args: &[], deep: false, runs: false, example: "softmax(h)", doc: "normalises" };

const LAYER: Layer = Layer { name: "softmax", ..Layer::NONE };
