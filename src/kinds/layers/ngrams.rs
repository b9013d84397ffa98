//! Hashed letter n-grams.

use super::{Function, Kind, Layer};
use crate::words::Takes::Number;
use crate::words::numbers::SIZE;
use crate::words::{may, must};

/// Hashed letter n-grams.
pub(super) const KIND: Kind = Kind { functions: &[NGRAMS], layers: &[LAYER] };

const NGRAMS: Function = Function {
    name: "ngrams",
    args: &[must("n", Number(SIZE)), may("hash", Number(SIZE))],
    deep: false,
    runs: false,
    example: "ngrams(3, hash = 50k)",
    doc: "hashed letter n-grams",
};

const LAYER: Layer = Layer { name: "ngrams", ..Layer::NONE };
