//! What the formulas share.

use super::Optimiser;
use crate::plan::{Setting, Settings};

/// The settings of an optimiser: those of a plan, else its defaults.
#[derive(Debug)]
pub struct Reals<'a> {
    /// whose they are
    pub of: &'static Optimiser,
    /// as the plan has them
    pub given: &'a Settings,
}

impl Reals<'_> {
    /// A setting; 0 where neither plan nor row know it.
    pub fn get(&self, name: &str) -> f64 {
        let default = || self.of.settings.iter().find(|(a, _)| a.name == name).map_or(0.0, |(_, d)| *d);
        self.given.get(name).and_then(Setting::as_f64).unwrap_or_else(default)
    }
}

/// An optimiser with its settings.
pub trait Optimise: Send + Sync {
    /// The update of a parameter that moves for the `t`-th time, all constants worked out.
    fn at(&self, t: u64, lr: f64) -> Box<dyn Update>;

    /// Whether it needs no state after all.
    fn stateless(&self) -> bool {
        false
    }
}

/// The update of one parameter at one step.
pub trait Update: Send + Sync {
    /// Parameter, gradient (times `clip`), first and second state (empty where there is none).
    fn apply(&self, p: &mut [f32], g: &[f32], first: &mut [f32], second: &mut [f32], clip: f32);
}

/// A running mean's rate and its complement, both rounded from doubles as PyTorch does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decayed(f32, f32);

impl Decayed {
    pub(super) fn new(rate: f64) -> Self {
        Self(rate as f32, (1.0 - rate) as f32)
    }

    #[inline(always)]
    pub(super) fn mean(self, old: f32, new: f32) -> f32 {
        self.0 * old + self.1 * new
    }
}

/// Below this a running mean moves nothing that a float could show (ε is at least 10⁻⁸, of a root), but it would decay
/// into the subnormal numbers, with which processors reckon many times slower.
const SILENT: f32 = 1e-30;

#[inline(always)]
pub(super) fn audible(x: f32) -> f32 {
    if x.abs() < SILENT { 0.0 } else { x }
}
