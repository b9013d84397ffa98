//! Arguments and options: each value is held to the row that it belongs to.

mod calls;
mod functions;
mod numbers;
mod options;

pub(crate) use calls::{Given, either, word_of};
pub(crate) use functions::flag;
pub(crate) use options::GivenOption;

use super::*;
