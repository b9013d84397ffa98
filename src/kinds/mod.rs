//! The open sets: one room for each, with one explicit list of its members.

pub mod gradients;
pub(crate) mod head_types;
pub mod layers;
pub mod lexicon;
pub mod metrics;
pub mod optimisers;
pub mod readers;
pub mod samplers;
pub mod sharing;
pub mod statements;
pub mod terms;
pub mod views;
pub mod weightings;
