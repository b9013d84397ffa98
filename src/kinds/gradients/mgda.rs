//! `mgda`: the multiple-gradient descent algorithm (Désidéri 2012, Sener and Koltun 2018). T times the shortest Σ wᵢ gᵢ with w ≥ 0 and
//! Σ w = 1: no task gets worse along it. A short gradient weighs much, so a task that has learned holds the others back.

use super::gram::on_simplex;
use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::c;

pub(super) const MGDA: Method = Method { row: c("mgda", &[AT], true, "mgda(at = features)"), combine: Some(&Mgda) };

#[derive(Debug)]
struct Mgda;

impl Combine for Mgda {
    fn factors(&self, gram: &Gram, _: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        let n = gram.len();
        on_simplex(n, |w| gram.times(w)).iter().map(|w| w * n as f64).collect()
    }
}
