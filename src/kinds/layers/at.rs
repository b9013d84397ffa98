//! States at spans that the data give.

use super::{Function, Kind, Layer};

/// States at spans that the data give.
pub(super) const KIND: Kind = Kind { functions: &[AT], layers: &[LAYER] };

const AT: Function =
    Function { name: "at", args: &[], deep: false, runs: false, example: "at(pair)", doc: "states at spans" };

const LAYER: Layer = Layer { name: "at", ..Layer::NONE };
