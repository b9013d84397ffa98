//! A learned mixture of the states of all after every layer (Misra et al. 2016).

use super::{Alike, How, Mixing, Scheme};
use crate::kinds::layers::stitch::{self, Blend};
use crate::plan::Setting;
use crate::types::{Elaborate, Out};
use crate::words::Takes::Number;
use crate::words::numbers::SHARE;
use crate::words::{c, may};

pub(super) const SCHEME: Scheme = Scheme {
    row: c("cross_stitch", &[may("init", Number(SHARE))], false, "cross_stitch(init = 0.9)"),
    alike: Alike::Widths,
    how: How::Mix(mix),
    ..super::SCHEME
};

/// The share of its own with which a member begins, where none is given.
pub(super) const INIT: f64 = 0.9;

fn mix(c: &mut dyn Elaborate, m: &Mixing<'_>) -> Out {
    let init = m.settings.get("init").and_then(Setting::as_f64).unwrap_or(INIT);
    stitch::apply(c, m.cx, m.site, m.states, m.out(), Blend { own: m.own, init, subspaces: 1 })
}
