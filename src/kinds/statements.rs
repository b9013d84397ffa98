//! Statements of `train` and of its stages.

use crate::words::Takes::*;
use crate::words::numbers::*;
use crate::words::{Choice, Takes, c, may, must};

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
    /// only outside stages: it belongs to the whole run
    pub whole_run: bool,
    /// so many values may stand behind it
    pub most: usize,
    /// what makes one value of several: `mean(a, b)`
    pub joined_by: Option<&'static str>,
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
    SettingRow { name, takes, runs, stage_only, whole_run: false, most: 1, joined_by: None, example, doc }
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
    s(
        "sample",
        Own,
        true,
        false,
        "sample proportional",
        "joint, alternate, random, proportional, smoothed, mix, bandit",
    ),
    s("weights", Own, true, false, "weights uncertainty", "how much the losses of tasks count"),
    s("gradients", Own, true, false, "gradients pcgrad", "how gradients of tasks are combined"),
    s("clip", Number(POSITIVE), true, false, "clip 5", "largest global norm of the gradients"),
    s("dropout", Number(RATE), true, false, "dropout 30%", "after embeddings and after each layer of an encoder"),
    SettingRow {
        whole_run: true,
        joined_by: Some("mean"),
        ..s("objective", Own, true, false, "objective slot.span_f1", "what chooses the model that is kept")
    },
    s("early_stop", Number(SIZE), true, false, "early_stop 5", "evaluations without progress before stopping"),
    s("eval", Number(STEPS_OR_TIME), true, false, "eval every 500", "steps between evaluations (default: each epoch)"),
    SettingRow { whole_run: true, ..s("seed", Number(SEED), true, false, "seed 1", "of everything random") },
    SettingRow { most: usize::MAX, ..s("tasks", Own, true, false, "tasks pos, chunk", "which tasks learn") },
    SettingRow { most: usize::MAX, ..s("freeze", Own, true, false, "freeze enc", "what does not learn") },
    s("anchor", Own, true, true, "anchor l2(1e-2)", "pull towards the weights before the stage"),
    SettingRow { most: 0, ..s("fork", Own, true, true, "fork", "one copy of the model per member") },
    s("keep", Own, true, true, "keep tasks(utility > 0.5)", "what remains for later stages"),
    SettingRow { most: 0, ..s("restart", Own, true, true, "restart", "fresh weights") },
    s(
        "search",
        Own,
        true,
        true,
        "search gaussian_process(ratio = 1..9, trials = 12, objective = t.f1)",
        "trials of the stage, with rates of its tasks",
    ),
    s("pseudo", Own, false, true, "pseudo squad(q = ask(raw))", "examples made by the model"),
    s("then", Own, true, true, "then freeze", "what it trained does not move afterwards"),
    s("shots", Number(SIZE), false, true, "shots 5", "examples per class"),
    s("inner", Own, false, false, "inner sgd(lr = 0.1, steps = 5)", "the inner loop of meta-learning"),
    SettingRow {
        most: 2,
        ..s("reweight", Own, false, false, "reweight t, cross_entropy_difference(main = m)", "weights of examples")
    },
    SettingRow {
        most: 2,
        ..s(
            "constrain",
            Own,
            false,
            false,
            "constrain domain.loss >= 0.69, augmented_lagrangian(0.1)",
            "a constraint on losses",
        )
    },
    s("probe", Own, true, false, "probe affinity(every = 10)", "a report while training"),
];

/// The row of a setting.
pub fn row(word: &str) -> Option<&'static SettingRow> {
    SETTINGS.iter().find(|r| r.name == word)
}

/// Whether a word is a setting that takes no value.
pub fn stands_alone(word: &str) -> bool {
    row(word).is_some_and(|r| r.most == 0)
}

/// Whether a word is a setting that takes a list of values.
pub fn takes_many(word: &str) -> bool {
    row(word).is_some_and(|r| r.most == usize::MAX)
}

/// Whether a word is a setting of `train` or of a stage.
pub fn is_setting(word: &str) -> bool {
    SETTINGS.iter().any(|s| s.name == word)
}

/// How a stage is tied to the weights before it.
pub const ANCHORS: &[Choice] = &[c("l2", &[must("weight", Number(POSITIVE))], true, "l2(1e-2)")];

/// What is done after a stage.
pub const AFTERS: &[Choice] = &[c("freeze", &[], true, "freeze")];

/// What a stage may keep of tasks or of made examples.
pub const KEEPS: &[Choice] = &[
    c("tasks", &[must("utility", Own)], true, "tasks(utility > 0.5)"),
    c("confidence", &[must("top", Number(SOME))], false, "confidence(top = 20%)"),
];

/// Weights of single examples.
pub const REWEIGHTS: &[Choice] =
    &[c("cross_entropy_difference", &[must("main", Task)], false, "cross_entropy_difference(main = a)")];

/// How a constraint is kept.
pub const CONSTRAINTS: &[Choice] =
    &[c("augmented_lagrangian", &[must("rho", Number(POSITIVE))], false, "augmented_lagrangian(0.1)")];

/// Optimisers of an inner loop.
pub const INNERS: &[Choice] = &[c(
    "sgd",
    &[must("lr", Number(LEARNING_RATE)), must("steps", Number(SIZE)), may("only", Word(&["heads", "encoders"]))],
    false,
    "sgd(lr = 0.1, steps = 5, only = heads)",
)];
