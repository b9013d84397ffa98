//! Open sets: every word of the language that has a meaning of its own is a row of one list, and a room that holds all
//! stages' parts of it. A room knows what is below it and no other room; the engines walk over the lists and know no
//! name.

pub mod gradients;
pub mod heads;
pub mod layers;
pub mod lexicon;
pub mod metrics;
pub mod optimisers;
pub mod probes;
pub mod readers;
pub mod samplers;
pub mod searches;
pub mod sharing;
pub mod statements;
pub mod terms;
pub mod views;
pub mod weightings;
pub mod writers;
