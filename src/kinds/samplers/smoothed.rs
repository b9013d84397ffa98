//! `smoothed`: a data set drawn in proportion to size^alpha (van der Goot et al. 2021).

use super::order::{Drawn, Order};
use super::{SAMPLER, Sampler, Tasks, Units};
use crate::diagnostics::Diagnostic;
use crate::plan::{self, Setting, Settings};
use crate::words::Takes::Number;
use crate::words::numbers::SHARE;
use crate::words::{Values, c, may};

pub(super) const SMOOTHED: Sampler = Sampler {
    row: c("smoothed", &[may("alpha", Number(SHARE))], true, "smoothed(0.5)"),
    plan: Some(plan),
    order: Some(order),
    ..SAMPLER
};

/// 1: proportional, 0: uniform.
const ALPHA: f64 = 0.5;

fn plan(values: &Values, _: &Tasks<'_>) -> Result<Option<plan::Sampler>, Diagnostic> {
    let settings = Settings::from([("alpha", Setting::Real(values.number("alpha").unwrap_or(ALPHA)))]);
    Ok(Some(plan::Sampler { settings, ..plan::Sampler::new("smoothed") }))
}

fn order(settings: &Settings, units: &Units<'_>) -> Box<dyn Order> {
    let alpha = settings.get("alpha").and_then(Setting::as_f64).unwrap_or(ALPHA);
    Box::new(Drawn(units.examples.iter().map(|n| (*n as f64).powf(alpha)).collect()))
}
