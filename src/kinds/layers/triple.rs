//! Triples of a knowledge graph.

use super::{Function, Kind, Layer};

/// Triples of a knowledge graph.
pub(super) const KIND: Kind = Kind { functions: &[TRIPLE], layers: &[LAYER] };

const TRIPLE: Function = Function {
    name: "triple",
    args: &[],
    deep: false,
    runs: false,
    example: "triple(h, r, t)",
    doc: "a knowledge-graph triple",
};

const LAYER: Layer = Layer { name: "triple", ..Layer::NONE };
