//! `gradvac(beta)`: gradient vaccine (Wang et al. 2021, algorithm 1). As `pcgrad`, but each gradient is turned towards the other until
//! their cosine is at least φ̂ᵢⱼ, the mean of those of the steps before, φ̂ ← (1 − β)·φ̂ + β·φ from 0:
//! gᵢ' += ‖gᵢ'‖·(φ̂·√(1 − φ²) − φ·√(1 − φ̂²)) / (‖gⱼ‖·√(1 − φ̂²))·gⱼ where φ = cos(gᵢ', gⱼ) < φ̂.

use super::pcgrad::one_by_one;
use super::{AT, Combine, Gram, Memory, Method, Place};
use crate::words::Takes::Number;
use crate::words::numbers::SOME;
use crate::words::{c, may};

pub(super) const GRADVAC: Method =
    Method { row: c("gradvac", &[may("beta", Number(SOME)), AT], true, "gradvac(beta = 1%)"), combine: Some(&Gradvac) };

#[derive(Debug)]
struct Gradvac;

impl Combine for Gradvac {
    fn factors(&self, gram: &Gram, at: &Place<'_>, memory: &mut Memory) -> Vec<f64> {
        let beta = at.setting("beta", 0.01);
        one_by_one(gram, at, |own, i, j| {
            let (along, length) = (gram.times(own)[j], gram.square(own).sqrt());
            if length == 0.0 {
                return;
            }
            let cosine = (along / (length * gram.norm(j))).clamp(-1.0, 1.0);
            let mean = &mut memory.entry(format!("{} {}", at.whose[i], at.whose[j])).or_insert_with(|| vec![0.0])[0];
            let aim = *mean;
            if cosine < aim {
                let (aside, beside) = ((1.0 - cosine * cosine).sqrt(), (1.0 - aim * aim).max(1e-12).sqrt());
                own[j] += length * (aim * aside - cosine * beside) / (gram.norm(j) * beside);
            }
            *mean = (1.0 - beta) * aim + beta * cosine;
        })
    }
}
