//! Recurrent layers.

use super::{Function, Kind, Layer, Sees};
use crate::plan::{Setting, Settings};
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
};

const GRU: Function = Function {
    name: "gru",
    args: ARGS,
    deep: true,
    runs: true,
    example: "gru(128)",
    doc: "a recurrent layer, left to right",
};

const BILSTM: Function = Function {
    name: "bilstm",
    args: ARGS,
    deep: true,
    runs: true,
    example: "bilstm(128)",
    doc: "both directions; width 2d",
};

const BIGRU: Function = Function {
    name: "bigru",
    args: ARGS,
    deep: true,
    runs: true,
    example: "bigru(128)",
    doc: "both directions; width 2d",
};

const LAYER: Layer = Layer {
    name: "rnn",
    sees,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn sees(settings: &Settings) -> Sees {
    if settings.get("bidirectional").and_then(Setting::as_bool) == Some(true) { Sees::All } else { Sees::Left }
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, layout, like, matrix};
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
            like(inputs[0], rnn(matrix(inputs[0]), layout(inputs[0]), cell, &weights, reverse))
        })
    }
}
