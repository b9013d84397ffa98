//! `dualproj`: the sum of the gradients, projected on the directions that are against none of them (Lopez-Paz and Ranzato 2017, equation
//! 11, with every task in the place of the memories).

use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::c;

pub(super) const DUALPROJ: Method =
    Method { row: c("dualproj", &[AT], true, "dualproj(at = features)"), combine: Some(&Dualproj) };

#[derive(Debug)]
struct Dualproj;

impl Combine for Dualproj {
    fn factors(&self, gram: &Gram, _: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        gram.shortest_above(&vec![1.0; gram.len()])
    }
}
