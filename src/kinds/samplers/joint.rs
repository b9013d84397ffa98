//! `joint`: each step holds a batch of every data set; those with fewer batches are spread evenly over the epoch.

use super::order::Joint;
use super::{SAMPLER, Sampler};
use crate::plan;
use crate::words::c;

pub(super) const JOINT: Sampler = Sampler {
    row: c("joint", &[], true, "joint"),
    together: true,
    plan: Some(|_, _| Ok(Some(usual()))),
    order: Some(|_, _| Box::new(Joint)),
    ..SAMPLER
};

/// As it stands without a word.
pub(super) fn usual() -> plan::Sampler {
    plan::Sampler::new(JOINT.row.name)
}
