//! A store of vectors.

use super::{Function, Kind, Layer};

/// A store of vectors.
pub(super) const KIND: Kind = Kind { functions: &[DENSE_INDEX], layers: &[LAYER] };

const DENSE_INDEX: Function = Function {
    name: "dense_index",
    args: &[],
    deep: false,
    runs: false,
    example: "dense_index(f(corpus))",
    doc: "a store of vectors",
};

const LAYER: Layer = Layer { name: "dense_index", ..Layer::NONE };
