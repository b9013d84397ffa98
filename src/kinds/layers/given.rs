//! Values that are given and not computed here: fields, ports, values of other data sets.

use super::{Kind, Layer};

/// Values that are given and not computed here: fields, ports, values of other data sets.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[FIELD, PORT, ELSEWHERE] };

const FIELD: Layer = Layer { name: "field", ..Layer::NONE };

const PORT: Layer = Layer { name: "port", ..Layer::NONE };

const ELSEWHERE: Layer = Layer { name: "elsewhere", ..Layer::NONE };
