//! Recurrence over the turns of a dialogue.

use super::{Function, Kind, Layer};
use crate::words::Takes::Own;
use crate::words::must;

/// Recurrence over the turns of a dialogue.
pub(super) const KIND: Kind = Kind { functions: &[OVER_TURNS], layers: &[LAYER] };

const OVER_TURNS: Function = Function {
    name: "over_turns",
    args: &[must("cell", Own)],
    deep: false,
    runs: false,
    example: "over_turns(gru(128))",
    doc: "recurrence over turns",
};

const LAYER: Layer = Layer { name: "over_turns", ..Layer::NONE };
