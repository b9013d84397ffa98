//! What a text and a selection of it agree on.

use super::{Function, Kind, Layer};

/// What a text and a selection of it agree on.
pub(super) const KIND: Kind = Kind { functions: &[CO_SELECT], layers: &[LAYER] };

const CO_SELECT: Function = Function {
    name: "co_select",
    args: &[],
    deep: false,
    runs: false,
    example: "co_select",
    doc: "co-selective encoding",
};

const LAYER: Layer = Layer { name: "co_select", ..Layer::NONE };
