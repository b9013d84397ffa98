//! Untrained retrieval.

use super::{Function, Kind, Layer};

/// Untrained retrieval.
pub(super) const KIND: Kind = Kind { functions: &[TFIDF, BM25], layers: &[TFIDF_LAYER, BM25_LAYER] };

const TFIDF: Function = Function {
    name: "tfidf",
    args: &[],
    deep: false,
    runs: false,
    example: "tfidf(q, docs)",
    doc: "untrained retrieval",
};

const BM25: Function = Function {
    name: "bm25",
    args: &[],
    deep: false,
    runs: false,
    example: "bm25(q, docs)",
    doc: "untrained retrieval",
};

const TFIDF_LAYER: Layer = Layer { name: "tfidf", ..Layer::NONE };

const BM25_LAYER: Layer = Layer { name: "bm25", ..Layer::NONE };
