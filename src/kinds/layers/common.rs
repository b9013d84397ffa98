//! What several kinds share.

use crate::ast::{self};
use crate::diagnostics::{Diagnostic, Reported};
use crate::plan::{Unit, VocabSpec};
use crate::source::Span;
use crate::types::{Call, Cx, Elaborate, Out, VKind, Val};

/// E0419: an embedding of vectors.
pub(super) fn reads_words(c: &mut dyn Elaborate, call: &Call<'_>, v: &Val) -> Reported {
    let d = Diagnostic::new("E0419", format!("`{}` reads words, not vectors", call.row.name))
        .at(call.cx.place(v).unwrap_or(call.whole), v.words());
    c.report(d.help(match &call.cx.input {
        Some(v) if v.classes || call.cx.arrow => {
            "`embed` gives classes a vector: send `.probs` or `.labels`, or write `via dense(32)`"
        }
        _ if call.cx.place(v).is_some() => "what begins with words comes first in a pipe: join the two with `&`",
        _ => "put it first, and join with `&`: `embed(100) & chars(cnn, 50)`",
    }))
}

/// The words that a function of texts reads.
pub(super) fn words_of(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let v = match &call.cx.input {
        Some(v) => v.clone(),
        None => c.implicit_text(call.span, call.cx)?,
    };
    match v.kind {
        VKind::Text | VKind::Opaque => Ok(v),
        _ => Err(reads_words(c, call, &v)),
    }
}

pub(super) fn vocab_of(cx: &Cx, what: &str, unit: Unit) -> VocabSpec {
    VocabSpec {
        name: format!("{}.{what}", cx.owner),
        unit,
        fields: vec![],
        lower: false,
        min_count: 1,
        max_size: 0,
        vectors: None,
        size: 0,
    }
}

/// Two vectors, or vectors for each member of lists; `None` when nothing is known of one.
pub(super) type Pair = Option<((Val, Span), (Val, Span))>;

pub(super) fn vectors(c: &mut dyn Elaborate, call: &Call<'_>) -> Result<(Pair, Vec<ast::Arg>), Reported> {
    let (a, b, rest) = c.two(call, &[])?;
    if Val::opaque_of(&[&a.0, &b.0]).is_some() {
        return Ok((None, rest));
    }
    for (v, s) in [(&a.0, a.1), (&b.0, b.1)] {
        if v.kind == VKind::Text {
            let d = Diagnostic::new("E0404", "words are no vectors yet").at(s, "a text");
            return Err(c.report(d.help("encode and pool it: `enc(a) |> max`")));
        }
        c.vectors(v, s)?;
        if v.kind == VKind::Seq {
            let d = Diagnostic::new("E0405", format!("`{}` joins one vector with another", call.row.name));
            return Err(c.report(d.at(s, v.words()).help("pool it: `enc(a) |> max`")));
        }
    }
    let mut both = c.beside(&[a, b], call.cx)?.into_iter();
    let (Some(a), Some(b)) = (both.next(), both.next()) else { return Err(Reported) };
    Ok((Some((a, b)), rest))
}

/// The one value of a function that stands behind `via`.
pub(super) fn picked(c: &mut dyn Elaborate, call: &Call<'_>, what: &str, help: &str) -> Out {
    let (mut vals, rest) = c.features(call, &[])?;
    c.options(call.row, &rest, call.whole)?;
    match (vals.pop(), vals.is_empty()) {
        (Some((v, _)), true) => Ok(v),
        _ => {
            // `enc(query)`: a text is meant
            let texts: Vec<String> = c.texts(call.cx.corpus).into_iter().map(|name| format!("`{name}`")).collect();
            if !call.cx.arrow && call.args.is_empty() && !texts.is_empty() {
                let d = Diagnostic::new("E0244", format!("`{}` is a function of arrows, not a text", call.row.name));
                return Err(c.report(d.at(call.whole, "no text").help(format!("its texts are {}", texts.join(", ")))));
            }
            let d = Diagnostic::new("E0236", format!("`{}` reads {what}", call.row.name)).at(call.whole, "");
            Err(c.report(d.help(help)))
        }
    }
}

/// What their models share.
#[cfg(feature = "train")]
pub(super) mod model {
    use crate::ops::layer::{Built, Cx, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense_dropout};
    use burn::tensor::Tensor;

    /// A function of two matrices; the result is of the kind of the first.
    pub fn pair(f: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<2> + Send + Sync + 'static) -> Built {
        function(move |inputs, _| like(inputs[0], f(matrix(inputs[0]).clone(), matrix(inputs[1]).clone())))
    }

    /// x·w + b through an activation, with dropout.
    pub fn linear(x: &Tensor<2>, w: usize, b: usize, f: Activation, drop: Option<(f64, u64)>, cx: &Cx) -> Tensor<2> {
        dense_dropout(x, &cx.params.get2(w), Some(&cx.params.get1(b)), f, drop)
    }

    /// The number of heads: at least one.
    pub fn heads(s: &Spec) -> Result<usize, String> {
        s.size("heads").and_then(|h| if h == 0 { Err("`heads` cannot be 0".to_string()) } else { Ok(h) })
    }
}
