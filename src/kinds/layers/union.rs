//! Several data sets as one.

use super::{Function, Kind};

/// Several data sets as one.
pub(super) const KIND: Kind = Kind { functions: &[UNION], layers: &[] };

const UNION: Function = Function {
    name: "union",
    args: &[],
    deep: false,
    runs: true,
    example: "union(a, b)",
    doc: "several corpora as one",
};
