//! Small things that any stage may use.

mod small_list;

pub use small_list::{SmallList, SmallSet};
