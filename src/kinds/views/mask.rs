//! `mask(p)`: every token of a text is, with the probability `p` (15% unless said), a word that nobody knows.

use super::{Changes, View};
use crate::kinds::layers;
use crate::words::Takes::Number;
use crate::words::numbers::PART;
use crate::words::{c, may};

pub(super) const MASK: View = View {
    row: c("mask", &[may("p", Number(PART))], true, "mask(15%)"),
    changes: Changes::Words,
    layer: layers::MASK_WORDS,
};
