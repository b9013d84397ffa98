//! States moved along their text.

use super::{Function, Kind, Layer};
use crate::words::Takes::Number;
use crate::words::must;
use crate::words::numbers::STEPS;

/// States moved along their text.
pub(super) const KIND: Kind = Kind { functions: &[SHIFT], layers: &[LAYER] };

const SHIFT: Function = Function {
    name: "shift",
    args: &[must("k", Number(STEPS))],
    deep: false,
    runs: true,
    example: "shift(1)",
    doc: "moves states by k tokens",
};

const LAYER: Layer = Layer {
    name: "shift",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, layout, like, matrix};
    use crate::ops::rows::gather;
    use crate::plan::Setting;
    use std::sync::Arc;

    /// Row t becomes row t − by of the same text.
    pub fn build(s: &Spec) -> Built {
        let by = s.get("by", |v| if let Setting::Int(i) = v { Some(*i) } else { None })?;
        function(move |inputs, _| {
            let from = |t: usize, r: &std::ops::Range<usize>| {
                usize::try_from(t as i64 - by).ok().filter(|i| r.contains(i)).map_or(-1, |i| i as i32)
            };
            let rows = layout(inputs[0]).rows().flat_map(|r| r.clone().map(move |t| from(t, &r))).collect();
            like(inputs[0], gather(matrix(inputs[0]), Arc::new(rows)))
        })
    }
}
