//! `cutoff(kind, p)`: a part of the input is erased (Shen et al. 2020): the share `p` of the tokens of a text, of the columns of its
//! vectors, or a span of that share of its tokens. What is erased is zero after the embeddings.

use super::{Changes, View};
use crate::kinds::layers;
use crate::words::Takes::{Number, Word};
use crate::words::numbers::PART;
use crate::words::{c, must};

pub(super) const CUTOFF: View = View {
    row: c(
        "cutoff",
        &[must("kind", Word(&["token", "feature", "span"])), must("p", Number(PART))],
        true,
        "cutoff(token, 5%)",
    ),
    changes: Changes::Vectors,
    layer: layers::CUTOFF,
};
