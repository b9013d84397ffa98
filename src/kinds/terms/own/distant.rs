//! `loss distant`: the sum over all places where the answer occurs.

use super::{OWN, OwnKind};
use crate::words::c;

pub(super) const DISTANT: OwnKind = OwnKind { row: c("distant", &[], false, "distant"), ..OWN };
