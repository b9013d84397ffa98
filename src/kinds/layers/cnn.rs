//! Convolutions over tokens.

use super::{Function, Kind, Layer, Sees};
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
};

const LAYER: Layer = Layer {
    name: "cnn",
    sees: |_| Sees::All,
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, layout, like, matrix};
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
            let (x, texts) = (matrix(inputs[0]), layout(inputs[0]));
            let banks = widths.iter().zip(params.chunks_exact(2)).map(|(&w, p)| {
                let filter = cx.params.get2(p[0]);
                dense(&windows(x, texts, w), &filter, Some(&cx.params.get1(p[1])), Activation::Relu)
            });
            like(inputs[0], Tensor::cat(banks.collect(), 1))
        })
    }
}
