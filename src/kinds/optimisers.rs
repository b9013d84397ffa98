//! Optimisers, their settings, and how the learning rate falls.

use crate::words::Takes::*;
use crate::words::numbers::*;
use crate::words::{Arg, Choice, c, may};

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
