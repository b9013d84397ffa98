//! Schemes of `share`: what becomes of encoders, layers or decoders that share. Each is a room of its own and a line of
//! [`SHARES`].

mod adapter;
mod cross_stitch;
mod gate;
mod l2;
mod layer_choice;
mod sluice;
mod tie;

use crate::plan::Settings;
use crate::types::{Cx, Elaborate, Out, Site, Val};
use crate::words::{Choice, Row, c};

/// A scheme.
pub struct Scheme {
    /// the word and its arguments
    pub row: Choice,
    /// how alike its members must be
    pub alike: Alike,
    /// what it does
    pub(crate) how: How,
    /// whether the parts of each layer are kept apart
    pub(crate) apart: fn(&Settings) -> Option<Apart>,
}

/// How the parts of a layer are kept apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Apart {
    /// of the penalty
    pub weight: f64,
    /// parts of each layer
    pub subspaces: usize,
}

/// What most schemes share.
const SCHEME: Scheme = Scheme { row: c("", &[], false, ""), alike: Alike::No, how: How::Later, apart: |_| None };

/// How alike the members of a scheme must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// not at all
    No,
    /// states are added, mixed or compared one by one: the same layers and widths
    Widths,
    /// so are weights: the same shapes
    Shapes,
}

/// What a scheme does.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// the members have the same parameters
    Tie,
    /// so they have, and after every layer one of their own
    TieWith(fn(&mut dyn Elaborate, &Cx, Site, &Settings, &Val) -> Out),
    /// what a term makes of the members' parameters is added to the loss, as often as the argument `weight` says
    Penalty(&'static str),
    /// after every layer, what a member goes on with
    Mix(fn(&mut dyn Elaborate, &Mixing<'_>) -> Out),
    /// the trainer does not run it
    Later,
}

/// The states of all members after the same layer, where one of them goes on.
pub(crate) struct Mixing<'a> {
    /// within the member
    pub cx: &'a Cx,
    /// the statement, numbered by the layer
    pub site: Site,
    /// the arguments of the scheme
    pub settings: &'a Settings,
    /// whose turn it is: an index into `states`
    pub own: usize,
    /// before they are mixed, in the order of the statement
    pub states: &'a [Val],
}

impl Mixing<'_> {
    /// The states of the member whose turn it is.
    pub fn own(&self) -> &Val {
        &self.states[self.own]
    }

    /// A value like its own that has read what all have.
    pub fn out(&self) -> Val {
        let all: Vec<&Val> = self.states.iter().collect();
        let own = self.own();
        let alike = self.states.iter().all(|v| v.halves == own.halves);
        let merged = Val::merged(&all, own.kind, own.width.clone());
        Val { flow: merged.flow, reads: merged.reads, halves: own.halves.filter(|_| alike), ..own.clone() }
    }
}

/// Schemes of `share`.
pub static SHARES: &[Scheme] = &[
    tie::SCHEME,
    l2::SCHEME,
    cross_stitch::SCHEME,
    sluice::SCHEME,
    gate::SCHEME,
    layer_choice::SCHEME,
    adapter::SCHEME,
];

/// The row of a scheme.
pub fn find(name: &str) -> Option<&'static Scheme> {
    SHARES.iter().find(|s| s.row.name == name)
}

impl Scheme {
    /// Whether something stands after every layer.
    pub fn mixes(&self) -> bool {
        matches!(self.how, How::Mix(_) | How::TieWith(_))
    }

    /// Whether the members have the same parameters.
    pub fn ties(&self) -> bool {
        matches!(self.how, How::Tie | How::TieWith(_))
    }

    /// Whether the trainer runs it.
    pub fn runs(&self) -> bool {
        !matches!(self.how, How::Later)
    }
}

impl Row for Scheme {
    fn choice(&self) -> &Choice {
        &self.row
    }
}
