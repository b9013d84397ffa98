//! Priors of weights.

#[cfg(feature = "train")]
pub(super) mod model;
