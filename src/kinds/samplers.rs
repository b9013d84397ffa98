//! Samplers: which examples the next step sees.

use crate::words::Takes::*;
use crate::words::numbers::*;
use crate::words::{Choice, c, may, must};

/// Samplers.
pub const SAMPLERS: &[Choice] = &[
    c("joint", &[], true, "joint"),
    c("alternate", &[may("ratio", Numbers(SIZE)), may("every", Number(SIZE))], true, "alternate(ratio = [3, 1])"),
    c("random", &[], true, "random"),
    c(
        "proportional",
        &[may("cap", Number(SIZE)), may("temperature", Number(POSITIVE))],
        true,
        "proportional(cap = 300k)",
    ),
    c("smoothed", &[may("alpha", Number(SHARE))], true, "smoothed(0.5)"),
    c("mix", &[], true, "mix(a = 2, b = 1)"),
    c(
        "bandit",
        &[
            must("kind", Word(&["beta_thompson"])),
            must("main", Task),
            may("reward", Word(&["dev_gain"])),
            may("decay", Number(SHARE)),
        ],
        false,
        "bandit(beta_thompson, main = a, reward = dev_gain)",
    ),
    c(
        "episodes",
        &[must("tasks", Number(SIZE)), must("shots", Number(SIZE)), may("queries", Number(SIZE))],
        false,
        "episodes(tasks = 3, shots = 5, queries = 15)",
    ),
    c(
        "policy",
        &[must("features", Own), must("reward", Own)],
        false,
        "policy(features = a.hidden, reward = dev(a.f1))",
    ),
];
