//! For each member and layer a learned choice to use or to skip it (Sun et al. 2020).

use super::Scheme;
use crate::words::Takes::{Flag, Number};
use crate::words::numbers::{NOT_NEGATIVE, POSITIVE};
use crate::words::{c, may};

pub(super) const SCHEME: Scheme = Scheme {
    row: c(
        "layer_choice",
        &[may("tau", Number(POSITIVE)), may("sparsity", Number(NOT_NEGATIVE)), may("curriculum", Flag)],
        false,
        "layer_choice(tau = 5, sparsity = 1e-3)",
    ),
    ..super::SCHEME
};
