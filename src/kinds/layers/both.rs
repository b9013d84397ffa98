//! Two views of one example.

use super::{Function, Kind, Layer};

/// Two views of one example.
pub(super) const KIND: Kind = Kind { functions: &[BOTH], layers: &[LAYER] };

const BOTH: Function =
    Function { name: "both", args: &[], deep: false, runs: false, example: "both(u, v)", doc: "two views" };

const LAYER: Layer = Layer { name: "both", ..Layer::NONE };
