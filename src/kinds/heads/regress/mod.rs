//! A number for each example.

#[cfg(feature = "train")]
mod model;

use super::prelude::*;
use super::{Fit, Said};
use crate::columns::Column;
use crate::records::Records;
use serde_json::json;

pub(super) const REGRESS: HeadKind = HeadKind {
    row: Row {
        args: &[Argument::runs(may("bins", Number(SEVERAL)), "bins = 5")],
        losses: &["mse"],
        name: "regress",
        reads: Reads::Vec,
        golds: &["real"],
        metrics: &["mse", "pearson", "spearman", "mae", "rmse"],
        ports: &["value", "top"],
        runs: true,
        loss: "squared error",
        doc: "a number per example",
        ..ROW
    },
    rule: Rule {
        takes: |_| Takes::Example,
        width: |t| t.settings.get("bins").and_then(Setting::as_usize).map_or(Dim::of(1), Dim::of),
        space: "a number",
        chooses: |_| Space::Bins,
        params: linear,
        loss: |s| s.contains_key("bins").then_some("KL to bins"),
        option: bins_option,
        ports: ports::OF_NUMBERS,
        judged: |_| true,
        measures: |_| Some(metrics::REALS),
        ..RULE
    },
    gold: |_, column| match column {
        Column::Real(v) => Some(Records::numbers(v.iter().map(|x| x.filter(|x| x.is_finite()).unwrap_or(f64::NAN)))),
        _ => None,
    },
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

fn bins_option(c: &mut dyn Resolve, a: &HeadArg<'_>, settings: &mut Settings) {
    let value = &a.arg.value;
    if a.arg.name.is_none() {
        let d = Diagnostic::new("E0229", "`bins` has no number").at(value.span, "");
        c.report(d.help("write `regress(bins = 5)`"));
    } else if let Some(Item::Number(n)) = c.constant(value, a.env) {
        settings.insert(a.word.to_string(), Setting::Int(n as i64));
    }
}
