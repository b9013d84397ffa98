//! `scale_invariant`: Σ w·ln L, so that a loss counts the same in whatever unit it is measured. The gradient of a term is that of
//! L / L̄, L̄ the loss as a number, which is what is computed.

use super::{WEIGHTING, Weighting};
use crate::words::c;

pub(super) const SCALE_INVARIANT: Weighting = Weighting {
    row: c("scale_invariant", &[], true, "scale_invariant"),
    moves: true,
    #[cfg(feature = "train")]
    weigh: Some(&model::ScaleInvariant),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{LEAST, Memory, Step, Weigh};

    #[derive(Debug)]
    pub struct ScaleInvariant;

    impl Weigh for ScaleInvariant {
        fn factors(&self, step: &Step<'_>, _: &mut Memory) -> Vec<f64> {
            step.times(|l| 1.0 / l.value.max(LEAST))
        }
    }
}
