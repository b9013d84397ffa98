//! Word vectors from characters. Each distinct token is computed once.

use super::{Function, Kind, Layer};
use crate::words::Takes::{Number, Word};
use crate::words::numbers::SIZE;
use crate::words::{may, must};

/// Word vectors from characters. Each distinct token is computed once.
pub(super) const KIND: Kind = Kind { functions: &[CHARS], layers: &[CHARS_CNN, CHARS_LSTM, CHARS_NGRAM] };

const CHARS: Function = Function {
    name: "chars",
    args: &[
        must("kind", Word(&["cnn", "lstm", "ngram"])),
        must("d", Number(SIZE)),
        may("width", Number(SIZE)),
        may("embed", Number(SIZE)),
    ],
    deep: false,
    runs: true,
    example: "chars(cnn, 50)",
    doc: "a vector for each word from its characters: `cnn` or `lstm`",
};

const CHARS_CNN: Layer = Layer {
    name: "chars_cnn",
    #[cfg(feature = "train")]
    build: Some(model::cnn),
    ..Layer::NONE
};

const CHARS_LSTM: Layer = Layer {
    name: "chars_lstm",
    #[cfg(feature = "train")]
    build: Some(model::lstm),
    ..Layer::NONE
};

const CHARS_NGRAM: Layer = Layer { name: "chars_ngram", ..Layer::NONE };

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, text};
    use crate::ops::rnn::{Cell, Weights, rnn};
    use crate::ops::rows::{self, Activation, dense, ends, gather, windows};
    use crate::ops::value::{CharBatch, TextBatch, Value};
    use std::sync::Arc;

    fn chars(batch: &TextBatch, vocab: usize) -> &Arc<CharBatch> {
        match batch.chars.get(&vocab) {
            Some(c) => c,
            None => unreachable!("the batch has characters of every vocabulary read"),
        }
    }

    /// Convolution over characters, then the maximum (Ma and Hovy 2016).
    pub fn cnn(s: &Spec) -> Built {
        let (vocab, [table, filter, bias]) = (s.size("vocab")?, s.params()?);
        let window = if s.0.settings.contains_key("window") { s.size("window")? } else { 3 };
        function(move |inputs, cx| {
            let batch = text(inputs[0]);
            let c = chars(batch, vocab);
            let layout = Arc::new(c.layout.clone());
            let x = cx.params.rows(table, &Arc::new(c.ids.clone()));
            let x = windows(&x, &layout, window);
            let y = dense(&x, &cx.params.get2(filter), Some(&cx.params.get1(bias)), Activation::Relu);
            let words = rows::max(&y, &layout);
            Value::Seq(gather(&words, Arc::new(c.index.clone())), batch.layout.clone())
        })
    }

    /// The last states of a bidirectional LSTM over characters (Ling et al. 2015).
    pub fn lstm(s: &Spec) -> Built {
        let (vocab, [table, f_ih, f_hh, f_b, b_ih, b_hh, b_b]) = (s.size("vocab")?, s.params()?);
        function(move |inputs, cx| {
            let batch = text(inputs[0]);
            let c = chars(batch, vocab);
            let x = cx.params.rows(table, &Arc::new(c.ids.clone()));
            let weights = [[f_ih, f_hh, f_b], [b_ih, b_hh, b_b]].map(|[ih, hh, b]| Weights {
                w_ih: cx.params.get2(ih),
                w_hh: cx.params.get2(hh),
                b: cx.params.get1(b),
                b_hh: None,
            });
            let states = rnn(&x, &c.layout, Cell::Lstm, &weights, false);
            let words = ends(&states, &c.layout, true);
            Value::Seq(gather(&words, Arc::new(c.index.clone())), batch.layout.clone())
        })
    }
}
