//! `+ - * /` and numbers. One number for the batch goes with each of the others.

use super::{Lowers, TERM, TermKind};
use crate::words::c;

macro_rules! operation {
    ($name:ident, $word:literal, $build:ident) => {
        pub(super) const $name: TermKind = TermKind {
            row: c($word, &[], true, $word),
            lowers: Lowers::Node,
            #[cfg(feature = "train")]
            build: Some(model::$build),
            ..TERM
        };
    };
}

operation!(PLUS, "plus", plus);
operation!(MINUS, "minus", minus);
operation!(TIMES, "times", times);
operation!(OVER, "over", over);
operation!(NUMBER, "number", number);

#[cfg(feature = "train")]
mod model {
    use crate::kinds::terms::model;
    use crate::ops::layer::{Built, function, like, matrix};
    use crate::plan::Term;
    use burn::tensor::Tensor;

    fn pair(f: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<2> + Send + Sync + 'static) -> Built {
        function(move |inputs, _| {
            let (a, b) = (matrix(inputs[0]).clone(), matrix(inputs[1]).clone());
            let wide = if a.dims()[0] >= b.dims()[0] { inputs[0] } else { inputs[1] };
            like(wide, f(a, b))
        })
    }

    /// a + b
    pub fn plus(_: &Term) -> Built {
        pair(|a, b| a + b)
    }

    /// a − b
    pub fn minus(_: &Term) -> Built {
        pair(|a, b| a - b)
    }

    /// a · b
    pub fn times(_: &Term) -> Built {
        pair(|a, b| a * b)
    }

    /// a / b
    pub fn over(_: &Term) -> Built {
        pair(|a, b| a / b)
    }

    /// A number that is written.
    pub fn number(t: &Term) -> Built {
        let value = model::real(t, "value")?;
        function(move |_, cx| model::number(value, cx))
    }
}
