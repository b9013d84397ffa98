//! Terms of the loss: losses that a task may name, functions of `loss` lines.

use crate::words::Takes::*;
use crate::words::numbers::*;
use crate::words::{Choice, c, may, must};

/// Losses that a task may name: `loss distant + mse`. Which heads have one, their rows say; `none` is for all.
pub const TASK_LOSSES: &[Choice] = &[
    c("none", &[], false, "none"),
    c("ce", &[may("negatives", Number(SHARE))], false, "ce"),
    c("margin", &[may("positive", Number(SHARE)), may("negative", Number(SHARE))], false, "margin(0.9, 0.1)"),
    c("distant", &[], false, "distant"),
    c("mse", &[], false, "mse"),
];

/// A factor that changes over training.
pub const ANNEAL: Choice = c(
    "anneal",
    &[must("from", Number(FACTOR)), must("to", Number(FACTOR)), must("over", Number(SIZE))],
    false,
    "anneal(0, 1, over = 5k)",
);

/// Functions of `loss` lines; their values are typed in `src/check/losses/`.
pub const LOSS_FUNCTIONS: &[Choice] = &[
    c("kl", &[must("p", Own), must("q", Own)], false, "kl(a.probs, b.probs)"),
    c("js", &[must("p", Own), must("q", Own)], false, "js(a.probs, b.probs)"),
    c("cosine", &[must("u", Own), must("v", Own)], false, "cosine(u, v)"),
    c("orthogonal", &[must("u", Own), must("v", Own)], false, "orthogonal(shared, private)"),
    c("square", &[must("x", Own)], false, "square(a.logp - b.logp)"),
    c("covariance", &[must("weights", Own), may("more", Own)], false, "covariance(a[*].weights)"),
    c("tensor_normal", &[must("weights", Own), may("more", Own)], false, "tensor_normal(a[*].weights)"),
    c("marginal", &[must("task", Own), must("over", Own)], false, "marginal(speak, over = find)"),
    c(
        "reinforce",
        &[must("task", Own), must("reward", Own), may("baseline", Word(&["mean", "greedy", "none"]))],
        false,
        "reinforce(read, reward = f1(read.text, qa.answer), baseline = mean)",
    ),
    c("stop", &[must("x", Own)], false, "stop(a.probs)"),
    c("uniform", &[must("gold", Own)], false, "uniform(qa.relevant)"),
    ANNEAL,
    c("f1", &[must("said", Own), must("gold", Own)], false, "f1(read.text, qa.answer)"),
    c("em", &[must("said", Own), must("gold", Own)], false, "em(read.text, qa.answer)"),
    c("rouge", &[must("said", Own), must("gold", Own)], false, "rouge(write.text, giga.y)"),
    c("bleu", &[must("said", Own), must("gold", Own)], false, "bleu(write.text, mt.tgt)"),
];

/// What `loss` lines know of a task besides its ports.
pub const LOSS_PORTS: &[&str] = &["weights", "view"];
