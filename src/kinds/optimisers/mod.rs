//! Optimisers, and how the learning rate falls after the warm-up. An optimiser is a file with its row (PyTorch's defaults
//! and, behind the feature `train`, its formula), and a line of [`OPTIMIZERS`]; a decay is a row of [`DECAYS`].

mod adadelta;
mod adam;
mod adamax;
mod decay;
#[cfg(feature = "train")]
mod model;
mod sgd;

pub use decay::{DECAYS, Decay};
#[cfg(feature = "train")]
pub use model::{Optimise, Reals, Update};

use crate::words::Takes::{Flag, Number, Own};
use crate::words::numbers::{BELOW_ONE, EPSILON, LEARNING_RATE, NOT_NEGATIVE, STEPS_OR_SHARE};
use crate::words::{Arg, may};

/// An optimiser.
#[derive(Debug)]
pub struct Optimiser {
    /// `adam`
    pub name: &'static str,
    /// its settings, with their defaults
    pub settings: Defaults,
    /// names of its state tensors
    pub state: &'static [&'static str],
    /// what moves a parameter, given its settings
    #[cfg(feature = "train")]
    pub build: fn(&Reals<'_>) -> Box<dyn Optimise>,
}

/// The settings of an optimiser, with their defaults.
pub type Defaults = &'static [(Arg, f64)];

const BETA1: (Arg, f64) = (may("beta1", Number(BELOW_ONE)), 0.9);
const BETA2: (Arg, f64) = (may("beta2", Number(BELOW_ONE)), 0.999);
const NESTEROV: (Arg, f64) = (may("nesterov", Flag), 0.0);
const MOMENTUM: (Arg, f64) = (may("momentum", Number(BELOW_ONE)), 0.0);

const fn rate(default: f64) -> (Arg, f64) {
    (may("lr", Number(LEARNING_RATE)), default)
}

const fn epsilon(default: f64) -> (Arg, f64) {
    (may("epsilon", Number(EPSILON)), default)
}

const fn weight_decay(default: f64) -> (Arg, f64) {
    (may("weight_decay", Number(NOT_NEGATIVE)), default)
}

/// Optimisers.
pub static OPTIMIZERS: &[Optimiser] = &[sgd::SGD, adam::ADAM, adam::ADAMW, adamax::ADAMAX, adadelta::ADADELTA];

/// The optimiser of a program that names none.
pub const USUAL: &str = adam::ADAM.name;

/// Settings of every optimiser besides its own: schedule and groups.
pub const OPTIMIZER_COMMON: &[Arg] = &[may("warmup", Number(STEPS_OR_SHARE)), may("decay", Own), may("groups", Own)];

/// The row of an optimiser.
pub fn find(name: &str) -> Option<&'static Optimiser> {
    OPTIMIZERS.iter().find(|o| o.name == name)
}
