//! How the learning rate falls after the warm-up, over the rest of the stage.

use crate::plan::{self, Setting, Settings};
use crate::words::Takes::Number;
use crate::words::numbers::{NOT_NEGATIVE, UP_TO_ONE};
use crate::words::{Choice, Row, Values, c, may};

/// A decay.
#[derive(Debug)]
pub struct Decay {
    /// the word and its arguments
    pub row: Choice,
    /// its arguments, with their defaults
    defaults: &'static [(&'static str, f64)],
    /// the factor of the learning rate, from the share of the rest that is over and the epoch
    factor: fn(&Settings, f64, u64) -> f64,
}

/// Every decay.
pub static DECAYS: &[Decay] = &[
    Decay { row: c("none", &[], true, "none"), defaults: &[], factor: |_, _, _| 1.0 },
    // to zero
    Decay { row: c("linear", &[], true, "linear"), defaults: &[], factor: |_, rest, _| 1.0 - rest },
    // to zero along a half cosine
    Decay {
        row: c("cosine", &[], true, "cosine"),
        defaults: &[],
        factor: |_, rest, _| 0.5 * (1.0 + (std::f64::consts::PI * rest).cos()),
    },
    // multiplied by the factor after each epoch
    Decay {
        row: c("exponential", &[may("factor", Number(UP_TO_ONE))], true, "exponential(0.95)"),
        defaults: &[("factor", 0.95)],
        factor: |s, _, epoch| real(s, "factor").powf(epoch as f64),
    },
    // divided by 1 + rate·epoch
    Decay {
        row: c("inverse", &[may("rate", Number(NOT_NEGATIVE))], true, "inverse(0.05)"),
        defaults: &[("rate", 0.05)],
        factor: |s, _, epoch| 1.0 / (1.0 + real(s, "rate") * epoch as f64),
    },
];

fn real(settings: &Settings, name: &str) -> f64 {
    settings.get(name).and_then(Setting::as_f64).unwrap_or(0.0)
}

impl Row for Decay {
    fn choice(&self) -> &Choice {
        &self.row
    }
}

impl Decay {
    /// The row of a decay.
    pub fn find(name: &str) -> Option<&'static Self> {
        DECAYS.iter().find(|d| d.row.name == name)
    }

    /// None: the learning rate stays.
    pub fn usual() -> plan::Decay {
        plan::Decay { kind: "none".into(), settings: Settings::new() }
    }

    /// Its part of the plan.
    pub fn plan(&self, values: &Values) -> plan::Decay {
        let real =
            |(name, default): &(&'static str, f64)| (*name, Setting::Real(values.number(name).unwrap_or(*default)));
        plan::Decay { kind: self.row.name.into(), settings: self.defaults.iter().map(real).collect() }
    }

    /// The factor of the learning rate when `rest` of what follows the warm-up is over.
    pub fn factor(&self, settings: &Settings, rest: f64, epoch: u64) -> f64 {
        (self.factor)(settings, rest, epoch)
    }
}
