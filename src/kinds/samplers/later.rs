//! Samplers that the trainer does not run yet.

use super::{SAMPLER, Sampler};
use crate::words::Takes::{Dev, Number, Port};
use crate::words::numbers::SIZE;
use crate::words::{c, may, must};

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
