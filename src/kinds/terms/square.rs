//! `square(x)`.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Own;
use crate::words::{c, must};

pub(super) const SQUARE: TermKind = TermKind {
    row: c("square", &[must("x", Own)], true, "square(a.logp - b.logp)"),
    rule: Rule::Number,
    lowers: Lowers::Node,
    #[cfg(feature = "train")]
    build: Some(model::build),
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, function, like, matrix};
    use crate::plan::Term;

    /// x², of each number.
    pub fn build(_: &Term) -> Built {
        function(|inputs, _| like(inputs[0], matrix(inputs[0]).clone() * matrix(inputs[0]).clone()))
    }
}
