//! Convolutions over tokens.

use super::dropout;
use super::{Kind, Layer, Sees};
use crate::ast::ExprKind;
use crate::diagnostics::Diagnostic;
use crate::plan::Setting;
use crate::types::dim::{Dim, InitRule};
use crate::types::{Elaborate, Flow, Function, Item, Marks, Out, Rule, Stacked, Val, settings};
use crate::words::Takes::{Number, Own};
use crate::words::numbers::SIZE;
use crate::words::{may, must};

/// Convolutions over tokens.
pub(super) const KIND: Kind = Kind { functions: &[CNN], layers: &[LAYER] };

const CNN: Function = Function {
    name: "cnn",
    args: &[must("d", Number(SIZE)), may("widths", Own)],
    deep: true,
    runs: true,
    example: "cnn(100, widths = [3, 4, 5])",
    doc: "convolutions over tokens; d for each width",
    rule: Rule::Layer(cnn),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer {
    name: "cnn",
    sees: |_| Sees::All,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn cnn(c: &mut dyn Elaborate, s: Stacked<'_>) -> Out {
    c.need_seq(&s.v, s.call, s.call.span)?;
    let (cx, d, w) = (s.call.cx, s.d, s.v.width.clone());
    let whole = |i: &Item| match i {
        Item::Number(n) if (1.0..=1000.0).contains(n) && n.fract() == 0.0 => Some(*n as i64),
        _ => None,
    };
    let widths: Vec<i64> = match s.o.get("widths") {
        None => vec![3],
        Some(e) => {
            let items = c.list(e, &cx.env).unwrap_or_default();
            let widths: Vec<i64> = items.iter().filter_map(|(i, _)| whole(i)).collect();
            if items.is_empty() || widths.len() < items.len() {
                let d = Diagnostic::new("E0207", "`widths` is a list of sizes").at(e.span, "");
                let one = c.constant(e, &cx.env).filter(|i| whole(i).is_some());
                return Err(c.report(match (one, &*e.value) {
                    (Some(Item::Number(n)), ExprKind::Number(_)) => {
                        let right = format!("[{n}]");
                        d.help(format!("write `widths = {right}`")).fix(e.span, right, true)
                    }
                    _ => d.help("for example `widths = [3, 4, 5]`"),
                }));
            }
            // one set of filters for each width
            if let Some(k) = (1..widths.len()).find(|k| widths[..*k].contains(&widths[*k])) {
                let d = Diagnostic::new("E0228", format!("the width {} is given twice", widths[k]));
                return Err(c.report(d.at(items[k].1, "again").help("give each width once, and a larger d")));
            }
            widths
        }
    };
    let out = Val { width: Dim::of(d * widths.len()), flow: Flow::Full, ..s.out };
    let set = settings([("width", Setting::Int(d as i64)), ("windows", Setting::Ints(widths.clone()))]);
    let owner = cx.owner.clone();
    let out = c.layer(cx, s.site, "cnn", set, &[&s.v], out, &|c, name| {
        let mut ids = vec![];
        for win in &widths {
            let fan = w.times(*win as usize);
            let rule = InitRule::FanIn(fan.clone());
            ids.push(c.param(format!("{name}.w{win}.filter"), vec![fan, Dim::of(d)], rule.clone(), &owner));
            ids.push(c.param(format!("{name}.w{win}.bias"), vec![Dim::of(d)], rule, &owner));
        }
        ids
    })?;
    Ok(dropout::apply(c, out, s.rate, cx))
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, axis, function, like, matrix};
    use crate::ops::rows::{Activation, dense, windows};
    use crate::plan::Setting;
    use burn::tensor::Tensor;

    /// One filter bank for each window, with ReLU, side by side (Kim 2014).
    pub fn build(s: &Spec) -> Built {
        let widths = s.get("windows", |v| match v {
            Setting::Ints(v) => {
                v.iter().map(|&w| usize::try_from(w).ok().filter(|&w| w > 0)).collect::<Option<Vec<_>>>()
            }
            Setting::Int(_) => v.as_usize().filter(|&w| w > 0).map(|w| vec![w]),
            _ => None,
        })?;
        let params = s.0.params.clone();
        if params.len() != 2 * widths.len() {
            return Err(format!("{} windows need two parameters each, not {}", widths.len(), params.len()));
        }
        function(move |inputs, cx| {
            let (x, texts) = (matrix(inputs[0]), axis(inputs[0]));
            let banks = widths.iter().zip(params.chunks_exact(2)).map(|(&w, p)| {
                let filter = cx.params.get2(p[0]);
                dense(&windows(x, texts, w), &filter, Some(&cx.params.get1(p[1])), Activation::Relu)
            });
            like(inputs[0], Tensor::cat(banks.collect(), 1))
        })
    }
}
