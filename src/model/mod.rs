//! The kinds of heads and optimisers that a plan names.

pub mod optim;
