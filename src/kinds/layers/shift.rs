//! States moved along their text.

use super::{Kind, Layer};
use crate::plan::Setting;
use crate::types::{Call, Elaborate, Flow, Function, Marks, Out, Rule, Val, settings};
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
    rule: Rule::Value(shift),
    marks: Marks::NONE,
};

const LAYER: Layer = Layer {
    name: "shift",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

fn shift(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, o) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    c.need_seq(&v, call, call.span)?;
    let k = c.opt_number(call, &o, "k", 1.0)?;
    let flow = match (v.flow, k) {
        (flow, 0.0) => flow,
        (Flow::Local | Flow::Fwd, k) if k > 0.0 => Flow::Fwd,
        (Flow::Local | Flow::Bwd, k) if k < 0.0 => Flow::Bwd,
        _ => Flow::Full,
    };
    let out = Val { flow, ..v.clone() };
    Ok(c.plain(call.cx, "shift", settings([("by", Setting::Int(k as i64))]), &[&v], out))
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, axis, function, like, matrix};
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
            let rows = axis(inputs[0]).rows().flat_map(|r| r.clone().map(move |t| from(t, &r))).collect();
            like(inputs[0], gather(matrix(inputs[0]), Arc::new(rows)))
        })
    }
}
