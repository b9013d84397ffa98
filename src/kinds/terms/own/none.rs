//! `loss none`: others train the task.

use super::{OWN, OwnKind};
use crate::words::c;

pub(super) const NONE: OwnKind = OwnKind { row: c("none", &[], true, "none"), ..OWN };
