//! Pools: from the states of a text to one vector, or from the members of a list to one.

use super::{Kind, Layer};
use crate::plan::{Setting, Settings};
use crate::types::{Call, Elaborate, Function, Marks, Out, Rule, VKind, Val, settings};

/// Pools: from the states of a text to one vector, or from the members of a list to one.
pub(super) const KIND: Kind =
    Kind { functions: &[LAST, FIRST, MEAN, MAX], layers: &[LAST_LAYER, FIRST_LAYER, MEAN_LAYER, MAX_LAYER] };

const LAST: Function = Function {
    name: "last",
    args: &[],
    deep: false,
    runs: true,
    example: "last",
    doc: "the last state of each direction",
    rule: Rule::Value(end),
    marks: Marks { pools: true, keeps_width: true, ..Marks::NONE },
};

const FIRST: Function = Function {
    name: "first",
    args: &[],
    deep: false,
    runs: true,
    example: "first",
    doc: "the first state",
    rule: Rule::Value(end),
    marks: Marks { pools: true, keeps_width: true, ..Marks::NONE },
};

const MEAN: Function = Function {
    name: "mean",
    args: &[],
    deep: false,
    runs: true,
    example: "mean",
    doc: "the mean over tokens",
    rule: Rule::Value(whole),
    marks: Marks { pools: true, keeps_width: true, ..Marks::NONE },
};

const MAX: Function = Function {
    name: "max",
    args: &[],
    deep: false,
    runs: true,
    example: "max",
    doc: "the maximum over tokens",
    rule: Rule::Value(whole),
    marks: Marks { pools: true, keeps_width: true, ..Marks::NONE },
};

const LAST_LAYER: Layer = Layer {
    name: "last",
    #[cfg(feature = "train")]
    build: Some(model::last),
    ..Layer::NONE
};

const FIRST_LAYER: Layer = Layer {
    name: "first",
    #[cfg(feature = "train")]
    build: Some(model::first),
    ..Layer::NONE
};

pub(super) const MEAN_LAYER: Layer = Layer {
    name: "mean",
    #[cfg(feature = "train")]
    build: Some(model::mean),
    ..Layer::NONE
};

const MAX_LAYER: Layer = Layer {
    name: "max",
    #[cfg(feature = "train")]
    build: Some(model::max),
    ..Layer::NONE
};

/// The value of a pool over `v`: the tokens go first, then the members of the innermost list.
pub(super) fn pooled(c: &mut dyn Elaborate, call: &Call<'_>, v: &Val) -> Out {
    let mut out = Val { kind: VKind::Vec, halves: None, latent: None, classes: false, ..v.clone() };
    if v.kind == VKind::Vec && out.outer.pop().is_none() {
        c.need_seq(v, call, call.span)?;
    }
    Ok(out)
}

/// `last`, `first`
fn end(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = pooled(c, call, &v)?;
    let set = settings([("bidirectional", Setting::Bool(v.halves.is_some()))]);
    Ok(c.plain(call.cx, call.row.name, set, &[&v], out))
}

/// `mean`, `max`
fn whole(c: &mut dyn Elaborate, call: &Call<'_>) -> Out {
    let (v, _) = c.one(call)?;
    if v.is_opaque() {
        return Ok(v);
    }
    let out = pooled(c, call, &v)?;
    Ok(c.plain(call.cx, call.row.name, Settings::new(), &[&v], out))
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, above, axis, function, matrix};
    use crate::ops::rows::{self, gather};
    use std::sync::Arc;

    /// The last state of each direction.
    pub fn last(s: &Spec) -> Built {
        let bidirectional = s.flag("bidirectional");
        function(move |inputs, _| above(inputs[0], rows::ends(matrix(inputs[0]), axis(inputs[0]), bidirectional)))
    }

    /// The first state; of both directions the same as [`last`].
    pub fn first(s: &Spec) -> Built {
        if s.flag("bidirectional") {
            return last(s);
        }
        function(|inputs, _| {
            let at = axis(inputs[0]).rows().map(|r| if r.is_empty() { -1 } else { r.start as i32 }).collect();
            above(inputs[0], gather(matrix(inputs[0]), Arc::new(at)))
        })
    }

    /// The mean of the tokens.
    pub fn mean(_: &Spec) -> Built {
        function(|inputs, _| above(inputs[0], rows::mean(matrix(inputs[0]), axis(inputs[0]))))
    }

    /// The greatest value of each column.
    pub fn max(_: &Spec) -> Built {
        function(|inputs, _| above(inputs[0], rows::max(matrix(inputs[0]), axis(inputs[0]))))
    }
}
