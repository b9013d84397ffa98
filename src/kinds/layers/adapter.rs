//! A small layer of a member's own, after a layer that it shares.

use super::{Kind, Layer};
use crate::plan::{Init, Settings};
use crate::types::dim::{Dim, InitRule};
use crate::types::{Cx, Elaborate, Out, Site, Val};

/// A small layer of a member's own.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[LAYER] };

const LAYER: Layer = Layer {
    name: "adapter",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

/// h + relu(h·down + b)·up + c through `d` numbers; `up` and `c` begin at zero, so that it begins as the identity.
pub(crate) fn apply(e: &mut dyn Elaborate, cx: &Cx, site: Site, h: &Val, d: usize) -> Out {
    let (owner, w, d) = (cx.owner.clone(), h.width.clone(), Dim::of(d));
    e.layer(cx, site, "adapter", Settings::new(), &[h], h.clone(), &|s, name| {
        let zero = || InitRule::Fixed(Init::Zeros);
        vec![
            s.param(format!("{name}.down"), vec![w.clone(), d.clone()], InitRule::FanIn(w.clone()), &owner),
            s.param(format!("{name}.b"), vec![d.clone()], zero(), &owner),
            s.param(format!("{name}.up"), vec![d.clone(), w.clone()], zero(), &owner),
            s.param(format!("{name}.c"), vec![w.clone()], zero(), &owner),
        ]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Activation, dense};

    /// h + relu(h·down + b)·up + c (Houlsby et al. 2019).
    pub fn build(s: &Spec) -> Built {
        let [down, b, up, c] = s.params()?;
        function(move |inputs, cx| {
            let h = matrix(inputs[0]);
            let small = dense(h, &cx.params.get2(down), Some(&cx.params.get1(b)), Activation::Relu);
            let back = dense(&small, &cx.params.get2(up), Some(&cx.params.get1(c)), Activation::None);
            like(inputs[0], h.clone() + back)
        })
    }
}
