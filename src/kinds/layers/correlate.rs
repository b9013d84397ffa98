//! Candidates in the light of each other.

use super::{Function, Kind, Layer};

/// Candidates in the light of each other.
pub(super) const KIND: Kind = Kind { functions: &[CORRELATE], layers: &[LAYER] };

const CORRELATE: Function = Function {
    name: "correlate",
    args: &[],
    deep: false,
    runs: false,
    example: "correlate",
    doc: "correlation of candidates",
};

const LAYER: Layer = Layer { name: "correlate", ..Layer::NONE };
