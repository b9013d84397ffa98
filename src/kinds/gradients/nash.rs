//! `nash`: the Nash bargaining solution (Navon et al. 2022): c > 0 with G·c = 1/c, each division entry by entry, G divided by the mean
//! square of the gradients. It is `fairgrad(1)`.

use super::fairgrad::fair;
use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::c;

pub(super) const NASH: Method = Method { row: c("nash", &[AT], true, "nash(at = features)"), combine: Some(&Nash) };

#[derive(Debug)]
struct Nash;

impl Combine for Nash {
    fn factors(&self, gram: &Gram, _: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        fair(gram, 1.0)
    }
}
