//! `random`: a task drawn uniformly at each step (Søgaard and Goldberg 2016).

use super::order::Drawn;
use super::{SAMPLER, Sampler, Unit};
use crate::plan;
use crate::words::c;

pub(super) const RANDOM: Sampler = Sampler {
    row: c("random", &[], true, "random"),
    unit: Unit::Tasks,
    plan: Some(|_, _| Ok(Some(plan::Sampler::new("random")))),
    order: Some(|_, units| Box::new(Drawn(vec![1.0; units.examples.len()]))),
    ..SAMPLER
};
