//! What was picked, and what was not.

use super::{Function, Kind, Layer};

/// What was picked, and what was not.
pub(super) const KIND: Kind = Kind { functions: &[MASK, SELECT], layers: &[MASK_LAYER, SELECT_LAYER] };

const MASK: Function =
    Function { name: "mask", args: &[], deep: false, runs: false, example: "mask", doc: "hides what was not picked" };

const SELECT: Function =
    Function { name: "select", args: &[], deep: false, runs: false, example: "select", doc: "keeps what was picked" };

const MASK_LAYER: Layer = Layer { name: "mask", ..Layer::NONE };

const SELECT_LAYER: Layer = Layer { name: "select", ..Layer::NONE };
