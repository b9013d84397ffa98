//! The kinds of layers, heads and optimisers that a plan names.

pub mod heads;
pub mod layers;
pub mod optim;
