//! What leaves a head besides states, scores, probabilities and labels.

use super::rule::*;
use crate::types::dim::Dim;
use crate::types::{Flow, Outer, VKind, Val};

const fn port(name: &'static str, arg: Option<&'static str>, value: fn(&Headed<'_>, &Sent<'_>) -> Val) -> PortRule {
    PortRule { name, arg, value: Some(value) }
}

/// So many picked members of the list over which a task chooses: their texts, or one text for `k = 1`.
fn members(t: &Headed<'_>, s: &Sent<'_>) -> Val {
    let k = s.arg.unwrap_or(1.0);
    let mut out = Val { kind: VKind::Text, width: Dim::of(0), classes: true, ..s.scores.clone() };
    match out.outer.last_mut() {
        Some(list) => list.name = format!("{k} of {}", list.name),
        // of a number, or of a memory that is no list of the data
        None => out.outer.push(Outer::of(format!("{k} of {}", t.name))),
    }
    out
}

/// So many spans, with the states that they cover.
fn spans(_: &Headed<'_>, s: &Sent<'_>) -> Val {
    let k = s.arg.unwrap_or(1.0);
    let mut out = Val { kind: VKind::Spans, classes: true, halves: None, ..s.features.clone() };
    out.outer = vec![Outer::of(format!("{k} spans"))];
    out
}

/// A soft choice: the members' vectors, weighted by their probabilities.
fn expected(_: &Headed<'_>, s: &Sent<'_>) -> Val {
    let mut out = Val { classes: false, ..s.features.clone() };
    if out.kind == VKind::Vec {
        out.outer.pop();
    }
    out
}

/// A text of its own, over the field that the destination reads.
fn text(_: &Headed<'_>, s: &Sent<'_>) -> Val {
    Val { kind: VKind::Text, width: Dim::of(0), outer: vec![], classes: true, ..s.scores.clone() }
}

/// The decoder's states, one for each word that it writes.
fn states(t: &Headed<'_>, s: &Sent<'_>) -> Val {
    Val { kind: VKind::Seq, width: t.decoder_width(), flow: Flow::Fwd, classes: false, ..s.scores.clone() }
}

fn number(_: &Headed<'_>, s: &Sent<'_>) -> Val {
    Val { kind: VKind::Vec, width: Dim::of(1), classes: false, ..s.scores.clone() }
}

pub(super) const OF_SPANS: &[PortRule] = &[
    port("top", Some("k"), spans),
    port("sample", Some("k"), spans),
    port("gumbel", Some("temperature"), spans),
    port("text", None, text),
];

pub(super) const OF_RANKED: &[PortRule] = &[
    port("top", Some("k"), members),
    port("sample", Some("k"), members),
    port("gumbel", Some("temperature"), |t, s| members(t, &Sent { arg: None, ..*s })),
];

pub(super) const OF_CHOSEN: &[PortRule] = &[
    port("top", Some("k"), members),
    port("sample", Some("k"), members),
    port("gumbel", Some("temperature"), |t, s| members(t, &Sent { arg: None, ..*s })),
    port("soft", None, expected),
    port("text", None, text),
];

pub(super) const OF_NUMBERS: &[PortRule] = &[port("value", None, number), port("top", Some("k"), members)];

pub(super) const OF_WRITERS: &[PortRule] =
    &[port("text", None, text), port("soft", None, states), port("states", None, states)];

pub(super) const OF_FILLERS: &[PortRule] = &[port("filled", None, text)];

pub(super) const OF_TEXTS: &[PortRule] = &[port("text", None, text)];

pub(super) const OF_BAGS: &[PortRule] = &[PortRule { name: "attribution", arg: None, value: None }];
