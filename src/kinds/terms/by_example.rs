//! The mean of a number within each text, where it meets a number for each example.

use super::{Lowers, TERM, TermKind};
use crate::words::c;

pub(super) const BY_EXAMPLE: TermKind = TermKind {
    row: c("by_example", &[], true, "by_example"),
    lowers: Lowers::Node,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..TERM
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, above, axis, function, matrix};
    use crate::ops::rows;
    use crate::plan::Term;

    /// 1/n Σ_t x_t over the n tokens of each text.
    pub fn build(_: &Term) -> Built {
        function(|inputs, _| above(inputs[0], rows::mean(matrix(inputs[0]), axis(inputs[0]))))
    }
}
