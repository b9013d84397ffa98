//! Attention over a graph.

use super::{Function, Kind, Layer};
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::SIZE;

/// Attention over a graph.
pub(super) const KIND: Kind = Kind { functions: &[GRAPH_ATTEND], layers: &[LAYER] };

const GRAPH_ATTEND: Function = Function {
    name: "graph_attend",
    args: &[may("heads", Number(SIZE))],
    deep: true,
    runs: false,
    example: "graph_attend(g)",
    doc: "attention over a graph",
};

const LAYER: Layer = Layer { name: "graph_attend", ..Layer::NONE };
