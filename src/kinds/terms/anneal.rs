//! `anneal(from, to, over)`: a factor that changes over training.

use super::{Lowers, Rule, TermKind};
use crate::words::Takes::Number;
use crate::words::numbers::{FACTOR, SIZE};
use crate::words::{Choice, c, must};

pub(super) const ROW: Choice = c(
    "anneal",
    &[must("from", Number(FACTOR)), must("to", Number(FACTOR)), must("over", Number(SIZE))],
    true,
    "anneal(0, 1, over = 5k)",
);

pub(super) const ANNEAL: TermKind = TermKind {
    row: ROW,
    rule: Rule::Factor,
    lowers: Lowers::Factor,
    #[cfg(feature = "train")]
    build: Some(model::build),
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::FACTOR_SETTINGS;
    use crate::kinds::terms::model::{number, real};
    use crate::ops::layer::{Built, function};
    use crate::plan::{Factor, Term};

    /// from + (to − from) · min(step / over, 1): one number, counted in steps of the run.
    pub fn build(t: &Term) -> Built {
        let [from, to, over] = FACTOR_SETTINGS.map(|s| real(t, s));
        let factor = Factor::Anneal { from: from?, to: to?, over: over? };
        function(move |_, cx| number(factor.at(cx.step), cx))
    }
}
