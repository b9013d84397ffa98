//! Recurrent layers.

use super::dropout;
use super::{Kind, Layer, Sees};
use crate::plan::{Init, Setting, Settings};
use crate::types::dim::{Dim, InitRule};
use crate::types::{Elaborate, Flow, Function, Marks, Out, Rule, Stacked, Val, settings};
use crate::words::Takes::Number;
use crate::words::numbers::{LAYERS, RATE, SIZE};
use crate::words::{Arg, may, must};

/// Recurrent layers.
pub(super) const KIND: Kind = Kind { functions: &[LSTM, GRU, BILSTM, BIGRU], layers: &[LAYER] };

const ARGS: &[Arg] = &[must("d", Number(SIZE)), may("layers", Number(LAYERS)), may("dropout", Number(RATE))];

const LSTM: Function = Function {
    name: "lstm",
    args: ARGS,
    deep: true,
    runs: true,
    example: "lstm(128)",
    doc: "a recurrent layer, left to right",
    rule: Rule::Layer(lstm),
    marks: Marks::NONE,
};

const GRU: Function = Function {
    name: "gru",
    args: ARGS,
    deep: true,
    runs: true,
    example: "gru(128)",
    doc: "a recurrent layer, left to right",
    rule: Rule::Layer(gru),
    marks: Marks::NONE,
};

const BILSTM: Function = Function {
    name: "bilstm",
    args: ARGS,
    deep: true,
    runs: true,
    example: "bilstm(128)",
    doc: "both directions; width 2d",
    rule: Rule::Layer(bilstm),
    marks: Marks { both_ways: true, ..Marks::NONE },
};

const BIGRU: Function = Function {
    name: "bigru",
    args: ARGS,
    deep: true,
    runs: true,
    example: "bigru(128)",
    doc: "both directions; width 2d",
    rule: Rule::Layer(bigru),
    marks: Marks { both_ways: true, ..Marks::NONE },
};

const LAYER: Layer = Layer {
    name: "rnn",
    sees,
    // gates, cells, states
    held: |_, width| 7 * width,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn sees(settings: &Settings) -> Sees {
    if settings.get("bidirectional").and_then(Setting::as_bool) == Some(true) { Sees::All } else { Sees::Left }
}

fn lstm(c: &mut dyn Elaborate, s: Stacked<'_>) -> Out {
    rnn(c, s, "lstm", 4, false)
}

fn gru(c: &mut dyn Elaborate, s: Stacked<'_>) -> Out {
    rnn(c, s, "gru", 3, false)
}

fn bilstm(c: &mut dyn Elaborate, s: Stacked<'_>) -> Out {
    rnn(c, s, "lstm", 4, true)
}

fn bigru(c: &mut dyn Elaborate, s: Stacked<'_>) -> Out {
    rnn(c, s, "gru", 3, true)
}

/// A recurrent layer with so many gates, in one direction or both.
fn rnn(c: &mut dyn Elaborate, s: Stacked<'_>, cell: &str, gates: usize, bi: bool) -> Out {
    c.need_seq(&s.v, s.call, s.call.span)?;
    let causal = |f: Flow, dir: Flow| match f {
        Flow::Local => dir,
        f if f == dir => dir,
        _ => Flow::Full,
    };
    let (fwd, bwd) = (causal(s.v.flow, Flow::Fwd), causal(s.v.flow, Flow::Bwd));
    let (cx, d, w) = (s.call.cx, s.d, s.v.width.clone());
    let out = Val {
        width: Dim::of(if bi { 2 * d } else { d }),
        flow: if bi { Flow::Full } else { fwd },
        halves: bi.then_some((fwd, bwd)),
        ..s.out
    };
    let set = settings([
        ("cell", Setting::Text(cell.into())),
        ("hidden", Setting::Int(d as i64)),
        ("bidirectional", Setting::Bool(bi)),
    ]);
    let owner = cx.owner.clone();
    let out = c.layer(cx, s.site, "rnn", set, &[&s.v], out, &|c, name| {
        let init = InitRule::Fixed(Init::Uniform(1.0 / (d as f64).sqrt()));
        let mut ids = vec![];
        for dir in if bi { &["fwd", "bwd"][..] } else { &["fwd"][..] } {
            let mut p = |part: &str, shape: Vec<Dim>| {
                ids.push(c.param(format!("{name}.{dir}.{part}"), shape, init.clone(), &owner));
            };
            p("w_ih", vec![w.clone(), Dim::of(gates * d)]);
            p("w_hh", vec![Dim::of(d), Dim::of(gates * d)]);
            if cell == "lstm" {
                p("b", vec![Dim::of(gates * d)]);
            } else {
                p("b_ih", vec![Dim::of(gates * d)]);
                p("b_hh", vec![Dim::of(gates * d)]);
            }
        }
        ids
    })?;
    Ok(dropout::apply(c, out, s.rate, cx))
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, axis, function, like, matrix};
    use crate::ops::rnn::{Cell, Weights, rnn};

    /// LSTM or GRU, in one or both directions.
    pub fn build(s: &Spec) -> Built {
        let (cell, per) = match s.word("cell") {
            Some("lstm") => (Cell::Lstm, 3),
            Some("gru") => (Cell::Gru, 4),
            other => return Err(format!("`cell` cannot be {other:?}")),
        };
        let (sides, reverse) = (if s.flag("bidirectional") { 2 } else { 1 }, s.flag("reverse"));
        let params = s.0.params.clone();
        if params.len() != per * sides {
            return Err(format!("this `rnn` has {} parameters, not {}", per * sides, params.len()));
        }
        function(move |inputs, cx| {
            let weights: Vec<_> = params
                .chunks_exact(per)
                .map(|p| Weights {
                    w_ih: cx.params.get2(p[0]),
                    w_hh: cx.params.get2(p[1]),
                    b: cx.params.get1(p[2]),
                    b_hh: p.get(3).map(|&i| cx.params.get1(i)),
                })
                .collect();
            like(inputs[0], rnn(matrix(inputs[0]), axis(inputs[0]), cell, &weights, reverse))
        })
    }
}
