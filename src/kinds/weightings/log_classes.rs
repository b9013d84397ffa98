//! `log_classes`: each loss divided by the logarithm of the number of classes that its task tells apart, which is its loss by
//! guessing (Aghajanyan et al. 2021, equation 2): Σ w·L / ln n. The loss of a task without classes stays as it is.

use super::{WEIGHTING, Weighting};
use crate::words::c;

pub(super) const LOG_CLASSES: Weighting = Weighting {
    row: c("log_classes", &[], true, "log_classes"),
    #[cfg(feature = "train")]
    weigh: Some(&model::LogClasses),
    ..WEIGHTING
};

#[cfg(feature = "train")]
mod model {
    use crate::kinds::weightings::model::{Memory, Step, Weigh};

    #[derive(Debug)]
    pub struct LogClasses;

    impl Weigh for LogClasses {
        fn factors(&self, step: &Step<'_>, _: &mut Memory) -> Vec<f64> {
            step.times(|l| l.classes.filter(|n| *n > 1).map_or(1.0, |n| 1.0 / (n as f64).ln()))
        }
    }
}
