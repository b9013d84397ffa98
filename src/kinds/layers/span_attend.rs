//! Vectors of spans that a task has picked.

use super::{Function, Kind, Layer};

/// Vectors of spans that a task has picked.
pub(super) const KIND: Kind = Kind { functions: &[SPAN_ATTEND], layers: &[LAYER] };

const SPAN_ATTEND: Function = Function {
    name: "span_attend",
    args: &[],
    deep: false,
    runs: false,
    example: "span_attend",
    doc: "representations of spans",
};

const LAYER: Layer = Layer { name: "span_attend", ..Layer::NONE };
