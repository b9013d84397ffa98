//! Heads: every word that the language knows of them stands here once, with what the checker, `explain`,
//! completion and the reference need.

mod heads;

pub use heads::*;
