//! `fixed`: each task's own `weight`, unless the stage names another. Σ w·L.

use super::{WEIGHTING, Weighting};
use crate::words::{Naming, c};

pub(super) const FIXED: Weighting = Weighting {
    row: c("fixed", &[], true, "fixed(slot = 1, intent = 0.5)"),
    names: Naming::Numbers("a weight"),
    #[cfg(feature = "train")]
    weigh: Some(|l| super::model::times(l.value.clone(), l.given.unwrap_or(l.weight))),
    ..WEIGHTING
};
