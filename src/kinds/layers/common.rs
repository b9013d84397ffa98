//! What several kinds share.

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
