//! Gradient methods: how the gradients of several tasks become one. A method is a file with its row, and a line of
//! [`GRADIENTS`].
//!
//! Every method here gives a direction Σ cᵢ gᵢ whose factors are a function of the inner products gᵢ·gⱼ alone. They are of a size
//! with which tasks that do not conflict move about as far as by their sum, so that one learning rate serves all methods.

mod aligned;
mod cagrad;
mod config;
mod dualproj;
mod fairgrad;
mod gradvac;
mod gram;
mod imtl;
mod mgda;
mod nash;
mod pcgrad;
mod sum;
#[cfg(test)]
mod tests;
mod upgrad;

pub use gram::Gram;

use crate::plan::{Setting, Settings};
use crate::words::Takes::Word;
use crate::words::{Arg, Choice, Row, may};
use std::collections::BTreeMap;
use std::fmt::Debug;

/// What a method remembers from step to step, by name. It is part of the state of a run.
pub type Memory = BTreeMap<String, Vec<f64>>;

/// A gradient method.
#[derive(Debug)]
pub struct Method {
    /// the word and its arguments
    pub row: Choice,
    /// how the gradients are combined; `None`: by their sum, which takes one backward pass for all
    pub combine: Option<&'static dyn Combine>,
}

/// The factors of the gradients of several tasks.
pub trait Combine: Debug + Sync {
    /// c, with Σ cᵢ gᵢ the direction.
    fn factors(&self, gram: &Gram, at: &Place<'_>, memory: &mut Memory) -> Vec<f64>;
}

/// Where a run is, and whose gradients there are.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// arguments of the method
    pub settings: &'a Settings,
    /// of each gradient the number of what it belongs to, which stays the same from step to step
    pub whose: &'a [usize],
    /// of the run
    pub seed: u64,
    /// steps of the run so far
    pub step: u64,
}

impl Place<'_> {
    /// An argument, or what it is where none was given.
    pub fn setting(&self, name: &str, usual: f64) -> f64 {
        self.settings.get(name).and_then(Setting::as_f64).unwrap_or(usual)
    }
}

/// Gradient methods.
pub static GRADIENTS: &[Method] = &[
    sum::SUM,
    pcgrad::PCGRAD,
    gradvac::GRADVAC,
    mgda::MGDA,
    cagrad::CAGRAD,
    nash::NASH,
    fairgrad::FAIRGRAD,
    aligned::ALIGNED,
    imtl::IMTL,
    upgrad::UPGRAD,
    dualproj::DUALPROJ,
    config::CONFIG,
];

/// The row of a method.
pub fn find(name: &str) -> Option<&'static Method> {
    GRADIENTS.iter().find(|m| m.row.name == name)
}

impl Row for Method {
    fn choice(&self) -> &Choice {
        &self.row
    }
}

/// What gradients are taken of: the parameters that several tasks share, or the features that they share.
const AT: Arg = may("at", Word(&["parameters", FEATURES]));
const FEATURES: &str = "features";

/// Whether the gradients are those of shared features, by the arguments of a method.
pub fn of_features(settings: &Settings) -> bool {
    settings.get(AT.name).and_then(Setting::as_str) == Some(FEATURES)
}
