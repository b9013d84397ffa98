//! Samplers that the trainer does not run yet.

use super::{SAMPLER, Sampler};
use crate::words::Takes::{Dev, Number, Port, Task, Word};
use crate::words::numbers::{SHARE, SIZE};
use crate::words::{c, may, must};

pub(super) const BANDIT: Sampler = Sampler {
    row: c(
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
    measures: true,
    ..SAMPLER
};

pub(super) const EPISODES: Sampler = Sampler {
    row: c(
        "episodes",
        &[must("tasks", Number(SIZE)), must("shots", Number(SIZE)), may("queries", Number(SIZE))],
        false,
        "episodes(tasks = 3, shots = 5, queries = 15)",
    ),
    ..SAMPLER
};

pub(super) const POLICY: Sampler = Sampler {
    row: c(
        "policy",
        &[must("features", Port), must("reward", Dev)],
        false,
        "policy(features = a.hidden, reward = dev(a.f1))",
    ),
    ..SAMPLER
};
