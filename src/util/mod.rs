//! Small things that any stage may use.

pub mod memory;
pub mod regular;
mod small_list;

pub use small_list::{SmallList, SmallSet};
