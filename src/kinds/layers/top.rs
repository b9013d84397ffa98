//! The best members of a list.

use super::{Function, Kind, Layer};
use crate::words::Takes::Number;
use crate::words::must;
use crate::words::numbers::SIZE;

/// The best members of a list.
pub(super) const KIND: Kind = Kind { functions: &[TOP], layers: &[LAYER] };

const TOP: Function = Function {
    name: "top",
    args: &[must("k", Number(SIZE))],
    deep: false,
    runs: false,
    example: "top(5)",
    doc: "the best k",
};

const LAYER: Layer = Layer { name: "top", ..Layer::NONE };
