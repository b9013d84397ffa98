//! Counts of words.

use super::{Function, Kind, Layer};

/// Counts of words.
pub(super) const KIND: Kind = Kind { functions: &[BOW], layers: &[LAYER] };

const BOW: Function =
    Function { name: "bow", args: &[], deep: false, runs: false, example: "bow(x)", doc: "counts of words" };

const LAYER: Layer = Layer { name: "bow", ..Layer::NONE };
