//! Settings of `train`, optimisers, and options in braces.

use super::choices::Takes::{self, Flag, Number, Own, Word};
use super::choices::{Arg, Choice, c, may};
use super::numbers::*;

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

/// A word of `train` or of a stage.
#[derive(Debug)]
pub struct SettingRow {
    /// `epochs`
    pub name: &'static str,
    /// its value
    pub takes: Takes,
    /// the trainer obeys it
    pub runs: bool,
    /// only in a stage
    pub stage_only: bool,
    /// as written
    pub example: &'static str,
    /// one line
    pub doc: &'static str,
}

const fn s(
    name: &'static str,
    takes: Takes,
    runs: bool,
    stage_only: bool,
    example: &'static str,
    doc: &'static str,
) -> SettingRow {
    SettingRow { name, takes, runs, stage_only, example, doc }
}

/// Settings of `train` and of its stages.
pub const SETTINGS: &[SettingRow] = &[
    s("batch", Number(SIZE), true, false, "batch 32", "examples per step (default 32)"),
    s("epochs", Number(EPOCHS), true, false, "epochs 20", "passes over every example (default 10)"),
    s("steps", Number(SIZE), true, false, "steps 20k", "optimiser steps, instead of epochs"),
    s("minutes", Number(MINUTES), true, false, "minutes 10", "training time, instead of epochs"),
    s(
        "optimizer",
        Own,
        true,
        false,
        "optimizer adam(lr = 1e-3, warmup = 10%)",
        "sgd, adam, adamw, adamax, adadelta (default adam)",
    ),
    s("sample", Own, true, false, "sample proportional", "joint, alternate, random, proportional, smoothed, mix"),
    s("weights", Own, true, false, "weights uncertainty", "fixed or uncertainty"),
    s("gradients", Own, false, false, "gradients pcgrad", "how gradients of tasks are combined"),
    s("clip", Number(POSITIVE), true, false, "clip 5", "largest global norm of the gradients"),
    s("dropout", Number(RATE), true, false, "dropout 30%", "after embeddings and after each layer of an encoder"),
    s("objective", Own, true, false, "objective slot.span_f1", "what chooses the model that is kept"),
    s("early_stop", Number(SIZE), true, false, "early_stop 5", "evaluations without progress before stopping"),
    s("eval", Number(STEPS_OR_TIME), true, false, "eval every 500", "steps between evaluations (default: each epoch)"),
    s("seed", Number(SEED), true, false, "seed 1", "of everything random"),
    s("tasks", Own, true, false, "tasks pos, chunk", "which tasks learn"),
    s("freeze", Own, true, false, "freeze enc", "what does not learn"),
    s("anchor", Own, false, true, "anchor l2(1e-2)", "pull towards the weights before the stage"),
    s("fork", Own, false, true, "fork", "one copy of the model per member"),
    s("keep", Own, false, true, "keep tasks(utility > 0.5)", "what survives the stage"),
    s("restart", Own, false, true, "restart", "fresh weights"),
    s("search", Own, false, true, "search gaussian_process(trials = 12)", "search over schedules"),
    s("pseudo", Own, false, true, "pseudo squad(q = ask(raw))", "examples made by the model"),
    s("then", Own, false, true, "then freeze", "after the stage"),
    s("shots", Number(SIZE), false, true, "shots 5", "examples per class"),
    s("inner", Own, false, false, "inner sgd(lr = 0.1, steps = 5)", "the inner loop of meta-learning"),
    s("reweight", Own, false, false, "reweight t, cross_entropy_difference(main = m)", "weights of examples"),
    s(
        "constrain",
        Own,
        false,
        false,
        "constrain domain.loss >= 0.69, augmented_lagrangian(0.1)",
        "a constraint on losses",
    ),
    s("probe", Own, false, false, "probe affinity(every = 10)", "a report while training"),
];

/// The settings of an optimiser, with their defaults.
pub type Defaults = &'static [(Arg, f64)];

const BETA1: (Arg, f64) = (may("beta1", Number(BELOW_ONE)), 0.9);
const BETA2: (Arg, f64) = (may("beta2", Number(BELOW_ONE)), 0.999);

const fn rate(default: f64) -> (Arg, f64) {
    (may("lr", Number(LEARNING_RATE)), default)
}

const fn epsilon(default: f64) -> (Arg, f64) {
    (may("epsilon", Number(EPSILON)), default)
}

const fn weight_decay(default: f64) -> (Arg, f64) {
    (may("weight_decay", Number(NOT_NEGATIVE)), default)
}

/// Optimisers with their settings' defaults (PyTorch's).
pub const OPTIMIZERS: &[(&str, Defaults)] = &[
    ("sgd", &[rate(0.1), (may("momentum", Number(BELOW_ONE)), 0.0), weight_decay(0.0), (may("nesterov", Flag), 0.0)]),
    ("adam", &[rate(1e-3), BETA1, BETA2, epsilon(1e-8), weight_decay(0.0)]),
    ("adamw", &[rate(1e-3), BETA1, BETA2, epsilon(1e-8), weight_decay(0.01)]),
    ("adamax", &[rate(2e-3), BETA1, BETA2, epsilon(1e-8), weight_decay(0.0)]),
    ("adadelta", &[rate(1.0), (may("rho", Number(BELOW_ONE)), 0.9), epsilon(1e-6), weight_decay(0.0)]),
];

/// Settings of every optimiser besides its own: schedule and groups.
pub const OPTIMIZER_COMMON: &[Arg] = &[may("warmup", Number(STEPS_OR_SHARE)), may("decay", Own), may("groups", Own)];

/// How the learning rate falls after the warm-up.
pub const DECAYS: &[Choice] = &[
    c("none", &[], true, "none"),
    c("linear", &[], true, "linear"),
    c("cosine", &[], true, "cosine"),
    c("exponential", &[may("factor", Number(UP_TO_ONE))], true, "exponential(0.95)"),
    c("inverse", &[may("rate", Number(NOT_NEGATIVE))], true, "inverse(0.05)"),
];
