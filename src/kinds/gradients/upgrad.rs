//! `upgrad`: the unconflicting projection of gradients (Quinton and Rey 2024). Each gradient is projected on the directions that are
//! against no gradient; the sum of the projections is the direction.

use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::c;

pub(super) const UPGRAD: Method =
    Method { row: c("upgrad", &[AT], true, "upgrad(at = features)"), combine: Some(&Upgrad) };

#[derive(Debug)]
struct Upgrad;

impl Combine for Upgrad {
    fn factors(&self, gram: &Gram, _: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        let mut sum = vec![0.0; gram.len()];
        for i in 0..gram.len() {
            let mut own = vec![0.0; gram.len()];
            own[i] = 1.0;
            sum.iter_mut().zip(gram.shortest_above(&own)).for_each(|(s, c)| *s += c);
        }
        sum
    }
}
