//! What was probably meant, in names of the program.

mod program;
mod unresolved;

pub(crate) use unresolved::{FEATURE, READ_BY_ENCODER, Unresolved};

use super::*;
