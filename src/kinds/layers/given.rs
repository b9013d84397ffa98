//! Values that are given and not computed here: fields, ports, values of other data sets, what arrows bring to a
//! head.

use super::{Kind, Layer};

/// Values that are given and not computed here.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[FIELD, PORT, ELSEWHERE, SLOT, CANDIDATES] };

pub(super) const FIELD: Layer = Layer { name: "field", ..Layer::NONE };

pub(super) const PORT: Layer = Layer { name: "port", ..Layer::NONE };

pub(super) const ELSEWHERE: Layer = Layer { name: "elsewhere", ..Layer::NONE };

pub(super) const SLOT: Layer = Layer { name: "slot", ..Layer::NONE };

pub(super) const CANDIDATES: Layer = Layer { name: "candidates", ..Layer::NONE };
