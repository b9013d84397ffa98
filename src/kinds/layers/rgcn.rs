//! Relational graph convolution.

use super::{Function, Kind, Layer};
use crate::words::Takes::Number;
use crate::words::may;
use crate::words::numbers::{LAYERS, SIZE};

/// Relational graph convolution.
pub(super) const KIND: Kind = Kind { functions: &[RGCN], layers: &[LAYER] };

const RGCN: Function = Function {
    name: "rgcn",
    args: &[may("layers", Number(LAYERS)), may("d", Number(SIZE))],
    deep: true,
    runs: false,
    example: "rgcn(g, 2)",
    doc: "relational graph convolution",
};

const LAYER: Layer = Layer { name: "rgcn", ..Layer::NONE };
