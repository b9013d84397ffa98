//! `proportional`: a data set drawn in proportion to min(size, cap)^(1/temperature) (Raffel et al. 2020).

use super::order::{Drawn, Order};
use super::{SAMPLER, Sampler, Tasks, Units};
use crate::diagnostics::Diagnostic;
use crate::plan::{self, Setting, Settings};
use crate::words::Takes::Number;
use crate::words::numbers::{POSITIVE, SIZE};
use crate::words::{Values, c, may};

pub(super) const PROPORTIONAL: Sampler = Sampler {
    row: c(
        "proportional",
        &[may("cap", Number(SIZE)), may("temperature", Number(POSITIVE))],
        true,
        "proportional(cap = 300k)",
    ),
    plan: Some(plan),
    order: Some(order),
    ..SAMPLER
};

/// As it stands without arguments.
pub(super) fn usual() -> plan::Sampler {
    let settings = Settings::from([("temperature", Setting::Real(1.0))]);
    plan::Sampler { settings, ..plan::Sampler::new("proportional") }
}

fn plan(values: &Values, _: &Tasks<'_>) -> Result<Option<plan::Sampler>, Diagnostic> {
    let mut sampler = usual();
    for name in ["cap", "temperature"] {
        if let Some(x) = values.number(name) {
            sampler.settings.insert(name, Setting::Real(x));
        }
    }
    Ok(Some(sampler))
}

fn order(settings: &Settings, units: &Units<'_>) -> Box<dyn Order> {
    let real = |name: &str| settings.get(name).and_then(Setting::as_f64);
    let (cap, temperature) = (real("cap").unwrap_or(f64::INFINITY), real("temperature").unwrap_or(1.0));
    Box::new(Drawn(units.examples.iter().map(|n| (*n as f64).min(cap).powf(1.0 / temperature)).collect()))
}
