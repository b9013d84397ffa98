//! A number for each example.

#[cfg(feature = "train")]
mod model;

use super::{Fit, HEAD, HeadKind, Said};
use crate::columns::Column;
use crate::kinds::metrics::REALS;
use crate::plan::{Init, Setting, Settings};
use crate::records::Records;
use serde_json::json;

pub(super) const REGRESS: HeadKind = HeadKind {
    name: "regress",
    gold: |_, column| match column {
        Column::Real(v) => Some(Records::numbers(v.iter().map(|x| x.filter(|x| x.is_finite()).unwrap_or(f64::NAN)))),
        _ => None,
    },
    measures: |_| REALS,
    right: |_, _, _| None,
    say: |_, said, example, _| {
        let x = said.real(example);
        Said::of(json!(x), x.to_string())
    },
    squared: |s| bins(s) < 2,
    formula: |s| match s.contains_key("bins") {
        true => "KL(bins of y ‖ softmax(W h + b))",
        false => "(w·h + b − y)²",
    },
    fit,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..HEAD
};

/// Number of bins, 0: none.
fn bins(settings: &Settings) -> usize {
    settings.get("bins").and_then(Setting::as_usize).unwrap_or(0)
}

fn fit(f: &mut Fit<'_>) {
    let Some(range) = f.range else { return };
    f.task.settings.insert("low", Setting::Real(range.low));
    f.task.settings.insert("high", Setting::Real(range.high));
    // a plain regression starts at the mean, so that it need not learn the scale first
    if !f.task.settings.contains_key("bins")
        && let Some(bias) = f.task.params.get(1)
    {
        f.params[*bias].init = Init::Constant(range.mean);
    }
}
