//! Maps of single rows.

use crate::ops::layer::{Built, Spec, function, like, matrix};
use crate::ops::rows::{self, Activation};

/// f(x·w + b)
pub(super) fn build(s: &Spec) -> Built {
    let name = s.word("activation").unwrap_or("none");
    let f = Activation::parse(name).ok_or_else(|| format!("there is no activation `{name}`"))?;
    let (w, b) = match *s.0.params.as_slice() {
        [w] => (w, None),
        [w, b] => (w, Some(b)),
        _ => return Err("`dense` has one or two parameters".to_string()),
    };
    function(move |inputs, cx| {
        let b = b.map(|b| cx.params.get1(b));
        like(inputs[0], rows::dense(matrix(inputs[0]), &cx.params.get2(w), b.as_ref(), f))
    })
}

/// Layer normalisation.
pub(super) fn norm(s: &Spec) -> Built {
    let [g, b] = s.params()?;
    function(move |inputs, cx| {
        like(inputs[0], rows::layer_norm(matrix(inputs[0]), &cx.params.get1(g), &cx.params.get1(b)))
    })
}

/// Inverted dropout, while training.
pub(super) fn dropout(s: &Spec) -> Built {
    let p = s.real("p")?;
    function(move |inputs, cx| {
        let x = matrix(inputs[0]);
        like(inputs[0], if cx.training { rows::dropout_parts(x, p, cx.keys(0, x.dims()[0])) } else { x.clone() })
    })
}
