//! `pcgrad`: gradient surgery (Yu et al. 2020, algorithm 1). From each gradient, for the others in random order, the part that points
//! against the other as it was is taken away: gᵢ' −= (gᵢ'·gⱼ / ‖gⱼ‖²)·gⱼ where gᵢ'·gⱼ < 0. Σ gᵢ' is the direction.

use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::random::generator;
use crate::words::c;
use rand::seq::SliceRandom;

pub(super) const PCGRAD: Method =
    Method { row: c("pcgrad", &[AT], true, "pcgrad(at = features)"), combine: Some(&Pcgrad) };

#[derive(Debug)]
struct Pcgrad;

impl Combine for Pcgrad {
    fn factors(&self, gram: &Gram, at: &Place<'_>, _: &mut Memory) -> Vec<f64> {
        one_by_one(gram, at, |own, _, j| {
            let along = gram.times(own)[j];
            if along < 0.0 {
                own[j] -= along / gram.at(j, j);
            }
        })
    }
}

/// Changes each gradient, given as factors of the original ones, by each other in an order drawn at every step: own factors, its
/// place, the place of the other. The sum.
pub(super) fn one_by_one(gram: &Gram, at: &Place<'_>, mut change: impl FnMut(&mut [f64], usize, usize)) -> Vec<f64> {
    let mut rng = generator(at.seed, "order of gradients", &[at.step]);
    let mut sum = vec![0.0; gram.len()];
    for i in 0..gram.len() {
        let mut others: Vec<usize> = (0..gram.len()).filter(|j| *j != i).collect();
        others.shuffle(&mut rng);
        let mut own = vec![0.0; gram.len()];
        own[i] = 1.0;
        others.into_iter().for_each(|j| change(&mut own, i, j));
        sum.iter_mut().zip(&own).for_each(|(s, o)| *s += o);
    }
    sum
}
