//! Queries of a pointer.

use super::{Function, Kind, Layer};

/// Queries of a pointer.
pub(super) const KIND: Kind = Kind { functions: &[QUERY], layers: &[LAYER] };

const QUERY: Function =
    Function { name: "query", args: &[], deep: false, runs: false, example: "query", doc: "queries of a pointer" };

const LAYER: Layer = Layer { name: "query", ..Layer::NONE };
