//! Heads and functions: every word that the language knows of them stands here once, with what the checker, `explain`,
//! completion and the reference need.

mod functions;
mod heads;

pub use functions::*;
pub use heads::*;
