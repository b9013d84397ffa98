//! Word vectors from characters. Each distinct token is computed once.

use crate::model::layers::cnn::windows;
use crate::ops::layer::{Built, Spec, function, text};
use crate::ops::rnn::{Cell, Weights, rnn};
use crate::ops::rows::{self, Activation, dense, gather};
use crate::ops::value::{CharBatch, TextBatch, Value};
use burn::tensor::Tensor;
use std::sync::Arc;

fn chars(batch: &TextBatch, vocab: usize) -> &Arc<CharBatch> {
    match batch.chars.get(&vocab) {
        Some(c) => c,
        None => unreachable!("the batch has characters of every vocabulary read"),
    }
}

/// Convolution over characters, then the maximum (Ma and Hovy 2016).
pub(super) fn cnn(s: &Spec) -> Built {
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
pub(super) fn lstm(s: &Spec) -> Built {
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

/// The forward half at the end of each text beside the backward half at its beginning; with one direction, the row at
/// the end. Zeros for an empty text.
pub(super) fn ends(x: &Tensor<2>, layout: &crate::ops::value::Layout, bidirectional: bool) -> Tensor<2> {
    let at = |f: fn(&std::ops::Range<usize>) -> usize| {
        Arc::new(layout.rows().map(|r| if r.is_empty() { -1 } else { f(&r) as i32 }).collect::<Vec<_>>())
    };
    let last = gather(x, at(|r| r.end - 1));
    if !bidirectional {
        return last;
    }
    let h = x.dims()[1] / 2;
    let first = gather(x, at(|r| r.start));
    Tensor::cat(vec![last.narrow(1, 0, h), first.narrow(1, h, h)], 1)
}
