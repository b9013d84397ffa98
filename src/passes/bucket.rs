//! Batches are cut from pools that are sorted by length, so that the texts of a batch end at about the same time and a
//! recurrent layer works on many of them at every step. Without the pass a batch is any part of the shuffle. This is
//! the one pass that decides which examples meet in a batch; an epoch holds the same examples either way.

use super::Found;
use crate::plan::Plan;

/// Examples within a pool of so many batches are sorted by length; pools keep the order of the shuffle.
pub(crate) const POOL: usize = 50;

pub(super) fn find(_: &Plan) -> Found {
    Found { what: format!("sorted by length within {POOL} batches"), counts: vec![("batches in a pool", POOL)] }
}
