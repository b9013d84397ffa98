//! A learned mixture of the states of several stacks.

use super::{Kind, Layer};
use crate::plan::{Init, Setting};
use crate::types::dim::{Dim, InitRule};
use crate::types::{Cx, Elaborate, Out, Site, Val, settings};

/// A learned mixture of the states of several stacks.
pub(super) const KIND: Kind = Kind { functions: &[], layers: &[LAYER] };

const LAYER: Layer = Layer {
    name: "stitch",
    #[cfg(feature = "train")]
    build: Some(model::build),
    ..Layer::NONE
};

/// How states are mixed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blend {
    /// which of the stacks goes on with the mixture
    pub own: usize,
    /// the share of its own with which it begins; the others share the rest
    pub init: f64,
    /// parts of each layer that are mixed apart from each other
    pub subspaces: usize,
}

/// Directions that stand side by side in a value: each is parted by itself.
pub(crate) fn sides(v: &Val) -> usize {
    if v.halves.is_some() { 2 } else { 1 }
}

/// α_p·[u_1; u_2; …] for each part p: `[subspaces, stacks · subspaces]` weights.
pub(crate) fn apply(c: &mut dyn Elaborate, cx: &Cx, site: Site, states: &[Val], out: Val, blend: Blend) -> Out {
    let Blend { own, init, subspaces } = blend;
    let (owner, columns) = (cx.owner.clone(), states.len() * subspaces);
    let sides = sides(&out);
    let set = settings([("subspaces", Setting::Int(subspaces as i64)), ("sides", Setting::Int(sides as i64))]);
    c.layer(cx, site, LAYER.name, set, &states.iter().collect::<Vec<_>>(), out, &|c, name| {
        let rule = InitRule::Fixed(Init::Blend { own: init, from: own * subspaces });
        vec![c.param(format!("{name}.alpha"), vec![Dim::of(subspaces), Dim::of(columns)], rule, &owner)]
    })
}

#[cfg(feature = "train")]
mod model {
    use crate::ops::layer::{Built, Spec, function, like, matrix};
    use crate::ops::rows::{Parts, mixture};

    /// Equation 1 of Misra et al. (2016), for one of the tasks; with parts, equation 2 of Ruder et al. (2017).
    pub fn build(s: &Spec) -> Built {
        let parts = Parts { subspaces: s.size("subspaces")?, sides: s.size("sides")? };
        let [alpha] = s.params()?;
        function(move |inputs, cx| {
            let states: Vec<_> = inputs.iter().map(|v| matrix(v).clone()).collect();
            like(inputs[0], mixture(&states, &cx.params.get2(alpha), parts))
        })
    }
}
