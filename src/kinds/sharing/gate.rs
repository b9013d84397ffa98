//! The states of the others, let in through gates (Xiao et al. 2018): h + Σ_j σ([h; h_j]·w_j + b_j) ∘ (h_j·u_j).

use super::{How, Mixing, Scheme};
use crate::kinds::layers::gate;
use crate::types::{Elaborate, Out, Val};
use crate::words::c;

pub(super) const SCHEME: Scheme = Scheme { row: c("gate", &[], false, "gate"), how: How::Mix(mix), ..super::SCHEME };

fn mix(c: &mut dyn Elaborate, m: &Mixing<'_>) -> Out {
    let others: Vec<&Val> = (0..m.states.len()).filter(|i| *i != m.own).map(|i| &m.states[i]).collect();
    gate::apply(c, m.cx, m.site, m.own(), &others, m.out())
}
