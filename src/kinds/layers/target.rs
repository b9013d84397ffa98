//! What a task may learn or a loss compare, and no features.

use super::{Function, Kind};

/// What a task may learn or a loss compare, and no features.
pub(super) const KIND: Kind = Kind { functions: &[NEXT_SENTENCE, ROUGE, UNIFORM], layers: &[] };

const NEXT_SENTENCE: Function = Function {
    name: "next_sentence",
    args: &[],
    deep: false,
    runs: false,
    example: "next_sentence(a, b)",
    doc: "true and random successors",
};

const ROUGE: Function =
    Function { name: "rouge", args: &[], deep: false, runs: false, example: "rouge(a, b)", doc: "ROUGE between texts" };

const UNIFORM: Function = Function {
    name: "uniform",
    args: &[],
    deep: false,
    runs: false,
    example: "uniform(y)",
    doc: "a uniform distribution over gold",
};
