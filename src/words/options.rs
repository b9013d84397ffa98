//! Options in the braces of a declaration.

use super::Takes::{self, Number, Own, Word};
use super::numbers::{FACTOR, RATE, ROUNDS};

/// An option in the braces of a declaration.
#[derive(Debug)]
pub struct OptionRow {
    /// `weight`
    pub name: &'static str,
    /// its value
    pub takes: Takes,
    /// several values may stand behind it, with commas
    pub several: bool,
    /// as written
    pub example: &'static str,
}

const fn o(name: &'static str, takes: Takes, example: &'static str) -> OptionRow {
    OptionRow { name, takes, several: false, example }
}

const fn several(name: &'static str, example: &'static str) -> OptionRow {
    OptionRow { name, takes: Own, several: true, example }
}

/// Options in the braces of a task.
pub const TASK_OPTIONS: &[OptionRow] = &[
    several("metric", "metric accuracy"),
    o("weight", Number(FACTOR), "weight 0.5"),
    o("loss", Own, "loss none"),
    several("class_weights", "class_weights balanced"),
    o("when", Word(&["train", "test"]), "when train"),
    several("also", "also other_corpus"),
    o("dropout", Number(RATE), "dropout 30%"),
];

/// Options in the braces of an arrow.
pub const EDGE_OPTIONS: &[OptionRow] = &[
    o("train", Own, "train predicted"),
    o("test", Own, "test predicted"),
    o("when", Word(&["train", "test"]), "when train"),
    o("grad", Own, "grad stop"),
    o("dropout", Number(RATE), "dropout 30%"),
    o("rounds", Number(ROUNDS), "rounds 1"),
];

/// Options in the braces of a `loss`.
pub const LOSS_OPTIONS: &[OptionRow] = &[o("weight", Number(FACTOR), "weight 0.1")];
