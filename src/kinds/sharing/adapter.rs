//! The same parameters but for small layers of each member's own, after every layer (Houlsby et al. 2019; for several tasks Stickland
//! and Murray 2019).

use super::{Alike, How, Scheme};
use crate::kinds::layers::adapter;
use crate::plan::{Setting, Settings};
use crate::types::{Cx, Elaborate, Out, Site, Val};
use crate::words::Takes::Number;
use crate::words::numbers::SIZE;
use crate::words::{c, must};

pub(super) const SCHEME: Scheme = Scheme {
    row: c("adapter", &[must("d", Number(SIZE))], false, "adapter(64)"),
    alike: Alike::Shapes,
    how: How::TieWith(own),
    ..super::SCHEME
};

fn own(c: &mut dyn Elaborate, cx: &Cx, site: Site, settings: &Settings, h: &Val) -> Out {
    adapter::apply(c, cx, site, h, settings.get("d").and_then(Setting::as_usize).unwrap_or(1))
}
