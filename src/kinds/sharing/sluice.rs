//! Cross-stitch between parts of each layer (Ruder et al. 2017): each part of a member's states becomes a learned mixture
//! of the parts of all members. `orthogonal` adds a penalty that keeps the parts of a member apart.

use super::{Alike, Apart, How, Mixing, Scheme, cross_stitch};
use crate::diagnostics::Diagnostic;
use crate::kinds::layers::stitch::{self, Blend};
use crate::plan::{Setting, Settings};
use crate::types::{Elaborate, Out};
use crate::words::Takes::Number;
use crate::words::numbers::{NOT_NEGATIVE, SIZE};
use crate::words::{c, may};

pub(super) const SCHEME: Scheme = Scheme {
    row: c(
        "sluice",
        &[may("subspaces", Number(SIZE)), may("orthogonal", Number(NOT_NEGATIVE))],
        false,
        "sluice(subspaces = 2)",
    ),
    alike: Alike::Widths,
    how: How::Mix(mix),
    apart: |s| {
        let weight = s.get("orthogonal").and_then(Setting::as_f64).filter(|w| *w > 0.0)?;
        Some(Apart { weight, subspaces: subspaces(s) })
    },
};

/// The parts of each layer, where their number is not given: those of the paper.
const SUBSPACES: usize = 2;

fn subspaces(s: &Settings) -> usize {
    s.get("subspaces").and_then(Setting::as_usize).unwrap_or(SUBSPACES)
}

fn mix(c: &mut dyn Elaborate, m: &Mixing<'_>) -> Out {
    let subspaces = subspaces(m.settings);
    let own = m.own();
    let sides = stitch::sides(own);
    if let Some(w) = own.width.known().filter(|w| !w.is_multiple_of(subspaces * sides)) {
        let d = Diagnostic::new("E0420", format!("a layer of {w} has no {subspaces} equal parts"));
        let d = d.at(m.site.span, if sides > 1 { "each direction is parted" } else { "" });
        let w = (w / (subspaces * sides)).max(1) * subspaces;
        return Err(c.report(d.help(format!("make the layers as wide as a multiple of {subspaces}, for example {w}"))));
    }
    let blend = Blend { own: m.own, init: cross_stitch::INIT, subspaces };
    stitch::apply(c, m.cx, m.site, m.states, m.out(), blend)
}
