//! `perturb(embedding, eps)`: the change of an encoder's value by which the losses that name the view grow most, of the length `eps` over
//! all tokens of a text, to the first order: eps·g/‖g‖, g the gradient of these losses (Goodfellow et al. 2015, Miyato et al. 2017,
//! Bekoulis et al. 2018). See `kinds::layers::perturb`.

use super::{Changes, View};
use crate::kinds::layers;
use crate::words::Takes::{Encoder, Number};
use crate::words::numbers::POSITIVE;
use crate::words::{c, must};

pub(super) const PERTURB: View = View {
    row: c("perturb", &[must("embedding", Encoder), must("eps", Number(POSITIVE))], true, "perturb(words, eps = 0.01)"),
    changes: Changes::Encoder("embedding"),
    layer: layers::PERTURB,
};
