//! Word vectors from characters. Each distinct token is computed once.

use super::common::{vocab_of, words_of};
use super::dropout;
use super::{Kind, Layer};
use crate::ast::path_words;
use crate::diagnostics::{Diagnostic, Reported};
use crate::plan::{Init, Setting, Unit};
use crate::types::dim::{Dim, InitRule, Size};
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, VKind, Val, settings};
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
    rule: Rule::Value(chars),
    marks: Marks { reads_words: true, ..Marks::NONE },
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

const CHARS_NGRAM: Layer = Layer { name: "chars_ngram", weights_to_come: true, ..Layer::NONE };

/// Options of `chars` that belong to another way of reading characters.
const ODD: &[(&str, &str)] = &[("lstm", "width"), ("ngram", "width"), ("ngram", "embed")];

/// `chars(cnn, 50)`
fn chars(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let o = c.options(call.row, call.args, call.whole)?;
    let v = words_of(c, call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let (cx, owner, rate) = (call.cx, call.cx.owner.clone(), c.rate());
    let d = c.opt_size(call, &o, "d", 0)?;
    let out = Val { kind: VKind::Seq, width: Dim::of(d), flow: Flow::Local, ..v.clone() };
    let ways = call.row.words("kind");
    let (way, place) = match o.get("kind").map(|e| (path_words(e), e.span)) {
        Some((k, s)) if ways.contains(&k.as_str()) => (k, s),
        Some((k, s)) => return Err(c.unknown_word("E0237", "a way to read characters", &k, s, ways)),
        None => return Err(Reported),
    };
    let e = c.opt_size(call, &o, "embed", 25.min(d.max(1)))?;
    let window = c.opt_size(call, &o, "width", 3)?;
    let odd = ODD.iter().filter(|(w, _)| *w == way).find_map(|(_, option)| Some((option, o.get(option)?)));
    if let Some((key, e)) = odd {
        let x = Diagnostic::new("E0223", format!("`chars({way}, ...)` has no `{key}`")).at(e.span, "changes nothing");
        return Err(c.report(x.help(format!("remove it, or write `chars(cnn, {d}, {key} = 3)`"))));
    }
    if way == "ngram" {
        c.unsupported(place, "`chars(ngram, ...)`");
        let out = c.plain(cx, "chars_ngram", settings([("width", Setting::Int(d as i64))]), &[&v], out);
        return Ok(dropout::apply(c, out, rate, cx));
    }
    if window.is_multiple_of(2) {
        let x = Diagnostic::new("E0418", "a window over characters needs an odd width")
            .at(o.get("width").map_or(call.whole, |e| e.span), format!("this is {window}"));
        return Err(c.report(x.help(format!("write `width = {}`", window + 1))));
    }
    let vocab = c.vocab(call, vocab_of(cx, "chars", Unit::Char), &v.axis);
    let table = vec![Dim::size(Size::vocab(vocab)), Dim::of(e)];
    // both directions are equally wide: an odd width leaves out the last column
    let even = d + d % 2;
    let mut set = settings([
        ("vocab", Setting::Int(vocab as i64)),
        ("embed", Setting::Int(e as i64)),
        ("width", Setting::Int((if way == "lstm" { even } else { d }) as i64)),
    ]);
    let out = if way == "cnn" {
        set.insert("window", Setting::Int(window as i64));
        c.layer(cx, call.site(), "chars_cnn", set, &[&v], out, &|c, name| {
            let rule = InitRule::FanIn(Dim::of(window * e));
            let normal = InitRule::Fixed(Init::Normal(1.0));
            vec![
                c.param(format!("{name}.char"), table.clone(), normal, &owner),
                c.param(format!("{name}.filter"), vec![Dim::of(window * e), Dim::of(d)], rule.clone(), &owner),
                c.param(format!("{name}.bias"), vec![Dim::of(d)], rule, &owner),
            ]
        })?
    } else {
        let wide = Val { width: Dim::of(even), ..out };
        c.layer(cx, call.site(), "chars_lstm", set, &[&v], wide, &|c, name| {
            let h = even / 2;
            let rule = InitRule::Fixed(Init::Uniform(1.0 / (h as f64).sqrt()));
            let normal = InitRule::Fixed(Init::Normal(1.0));
            let mut ids = vec![c.param(format!("{name}.char"), table.clone(), normal, &owner)];
            for dir in ["fwd", "bwd"] {
                let mut p = |part: &str, shape: Vec<Dim>| {
                    ids.push(c.param(format!("{name}.{dir}.{part}"), shape, rule.clone(), &owner));
                };
                p("w_ih", vec![Dim::of(e), Dim::of(4 * h)]);
                p("w_hh", vec![Dim::of(h), Dim::of(4 * h)]);
                p("b", vec![Dim::of(4 * h)]);
            }
            ids
        })?
    };
    let out = match out.width.known() {
        Some(w) if w > d => {
            let set = settings([("start", Setting::Int(0)), ("len", Setting::Int(d as i64))]);
            let narrow = Val { width: Dim::of(d), ..out.clone() };
            c.plain(cx, "slice", set, &[&out], narrow)
        }
        _ => out,
    };
    Ok(dropout::apply(c, out, rate, cx))
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::Cx;
    use crate::ops::layer::{Built, Spec, function, text};
    use crate::ops::rnn::{Cell, Weights, rnn};
    use crate::ops::rows::{self, Activation, dense, ends, gather, windows};
    use crate::ops::value::{Axis, Text, Value};
    use burn::tensor::Tensor;
    use std::sync::Arc;

    /// The characters of the distinct tokens, begin and end marks included, and where each token's begin.
    fn chars(text: &Text, vocab: usize, cx: &Cx) -> (Arc<Vec<i32>>, Arc<Axis>) {
        let spelling = |f: &i32| cx.forms.chars.get(&vocab).map_or(&[][..], |c| c.row(*f as usize));
        let forms = &text.distinct().forms;
        let ids = forms.iter().flat_map(spelling).copied().collect();
        (Arc::new(ids), Arc::new(Axis::from_lengths(forms.iter().map(|f| spelling(f).len()))))
    }

    /// The vectors of the distinct tokens, at each token.
    fn at_tokens(words: &Tensor<2>, text: &Text) -> Value {
        Value::Rows(gather(words, text.distinct().index.clone()), text.axis.clone())
    }

    /// Convolution over characters, then the maximum (Ma and Hovy 2016).
    pub fn cnn(s: &Spec) -> Built {
        let (vocab, [table, filter, bias]) = (s.size("vocab")?, s.params()?);
        let window = if s.0.settings.contains_key("window") { s.size("window")? } else { 3 };
        function(move |inputs, cx| {
            let text = text(inputs[0]);
            let (ids, axis) = chars(text, vocab, cx);
            let x = windows(&cx.params.rows(table, &ids), &axis, window);
            let y = dense(&x, &cx.params.get2(filter), Some(&cx.params.get1(bias)), Activation::Relu);
            at_tokens(&rows::max(&y, &axis), text)
        })
    }

    /// The last states of a bidirectional LSTM over characters (Ling et al. 2015).
    pub fn lstm(s: &Spec) -> Built {
        let (vocab, [table, f_ih, f_hh, f_b, b_ih, b_hh, b_b]) = (s.size("vocab")?, s.params()?);
        function(move |inputs, cx| {
            let text = text(inputs[0]);
            let (ids, axis) = chars(text, vocab, cx);
            let x = cx.params.rows(table, &ids);
            let weights = [[f_ih, f_hh, f_b], [b_ih, b_hh, b_b]].map(|[ih, hh, b]| Weights {
                w_ih: cx.params.get2(ih),
                w_hh: cx.params.get2(hh),
                b: cx.params.get1(b),
                b_hh: None,
            });
            let states = rnn(&x, &axis, Cell::Lstm, &weights, false);
            at_tokens(&ends(&states, &axis, true), text)
        })
    }
}
