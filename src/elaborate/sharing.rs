//! Stacks that share after every layer, and parameters that are the same.
//!
//! A member goes on with a mixture of what all members give after a layer. So each is elaborated up to that layer first:
//! again, since what stands below it is mixed too, but every node of it stands already.

use super::*;
use crate::kinds::sharing::{Alike, How, Mixing};
use crate::kinds::terms::{ARITHMETIC, MEMBERS, OVERLAP};
use crate::plan::{Factor, Loss, Penalty, Term, Train};
use crate::resolve::{Member, Shared};

/// An encoder whose body is being elaborated.
pub(crate) struct Body {
    /// where it was named
    cx: Cx,
    /// the layer at which it ends, as it is before it is mixed
    until: Option<u32>,
}

impl<'p> Elaborator<'p> {
    /// Elaborates a body; `until`: up to a layer.
    pub(super) fn in_body<T>(&mut self, cx: &Cx, until: Option<u32>, f: impl FnOnce(&mut Self) -> T) -> T {
        self.bodies.push(Body { cx: cx.clone(), until });
        let out = f(self);
        self.bodies.pop();
        out
    }

    /// Whether the body that is being elaborated ends here.
    pub(super) fn ends_at(&self, v: &Val) -> bool {
        self.bodies.last().and_then(|b| b.until).is_some_and(|until| v.depth >= until)
    }

    /// Whether the whole body is being elaborated.
    pub(super) fn whole(&self) -> bool {
        self.bodies.last().is_none_or(|b| b.until.is_none())
    }

    /// What encoder `i` goes on with after a layer.
    pub(super) fn mixed(&mut self, v: Val, i: usize, cx: &Cx) -> Out {
        if v.is_opaque() || self.ends_at(&v) {
            return Ok(v);
        }
        let mut v = v;
        for k in 0..self.r.shared.len() {
            let s = self.r.shared[k].clone();
            let depth = u64::from(v.depth);
            let own = |m: &Member| matches!(*m, Member::Encoder(e, k) if e == i && k.is_none_or(|k| k == depth));
            v = match (s.scheme.how, s.members.iter().position(own)) {
                (How::Mix(mix), Some(own)) => self.mixed_by(v, &s, mix, own, cx)?,
                (How::TieWith(layer), Some(_)) => {
                    let site = Site { span: s.span, sub: v.depth as usize, word: s.scheme.row.name, numbered: true };
                    let (inner, before) = (cx.fed(None), self.out.layers.len());
                    let out = layer(self, &inner, site, &s.settings, &v)?;
                    self.out.mixtures.extend(before..self.out.layers.len());
                    out
                }
                _ => v,
            };
        }
        Ok(v)
    }

    fn mixed_by(
        &mut self,
        v: Val,
        s: &Shared,
        mix: fn(&mut dyn Elaborate, &Mixing<'_>) -> Out,
        own: usize,
        cx: &Cx,
    ) -> Out {
        let Some(outer) = self.bodies.last().map(|b| b.cx.clone()) else { return Ok(v) };
        let mut states = vec![];
        let mut place = 0;
        for (j, m) in s.members.iter().enumerate() {
            let Member::Encoder(e, layer) = *m else { continue };
            if j == own {
                place = states.len();
                states.push(v.clone());
                continue;
            }
            let depth = layer.and_then(|k| u32::try_from(k).ok()).unwrap_or(v.depth);
            let peer = self.unmixed(e, depth, s, &outer)?;
            // it has fewer layers, or nothing is known of it
            if peer.is_opaque() || peer.depth != depth {
                continue;
            }
            if peer.kind != v.kind || peer.axis != v.axis || peer.outer != v.outer {
                let name = |i: usize| self.p.encoders[i].name.clone();
                let (a, b) = (cx.encoder.map(name).unwrap_or_default(), name(e));
                let d = Diagnostic::new("E0420", format!("`{a}` and `{b}` stand over different things"));
                let d = d.at(s.span, format!("{}, and {}", v.words(), peer.words()));
                return Err(self.report(d.help("share between encoders that read the same text")));
            }
            states.push(peer);
        }
        // widths that differ are said of the statement
        let alike = s.scheme.alike == Alike::No || states.iter().all(|x| x.width == v.width);
        if states.len() < 2 || !alike {
            return Ok(v);
        }
        let site = Site { span: s.span, sub: v.depth as usize, word: s.scheme.row.name, numbered: true };
        let (inner, before) = (cx.fed(None), self.out.layers.len());
        let out = mix(self, &Mixing { cx: &inner, site, settings: &s.settings, own: place, states: &states });
        self.out.mixtures.extend(before..self.out.layers.len());
        out
    }

    /// An encoder after a layer, before that is mixed, on what another one reads.
    fn unmixed(&mut self, i: usize, depth: u32, s: &Shared, outer: &Cx) -> Out {
        self.out.used_encoders.insert(i);
        let input = outer.input.as_ref().map(|v| v.node);
        let key = ((i, outer.graph, outer.round, outer.text.clone(), input), depth);
        match self.unmixed.get(&key) {
            Some(Some(done)) => return done.clone(),
            Some(None) => return Err(self.waits(i, depth, s)),
            None => {}
        }
        self.unmixed.insert(key.clone(), None);
        let out = self.nested(self.p.encoders[i].span, |c| {
            let (inner, body) = (c.inner(i, outer), &c.p.encoders[i].value);
            c.in_body(outer, Some(depth), |c| c.stack(body, &inner, &mut vec![]))
        });
        // an encoder or a task that is being elaborated already
        let out = out.map_err(|found| if self.r.reports.any_error() { found } else { self.waits(i, depth, s) });
        self.unmixed.insert(key, Some(out.clone()));
        out
    }

    /// E0306: an arrow leads from what stands on one of the members back into another.
    fn waits(&mut self, i: usize, depth: u32, s: &Shared) -> Reported {
        let name = &self.p.encoders[i].name;
        let d = Diagnostic::new("E0306", format!("layer {depth} of `{name}` waits for itself"));
        let d = d.at(s.span, "each reads what the others give after every layer");
        self.report(d.help("remove the arrow that leads from one of them back into another"))
    }
}

/// Gives the members of each `tie` the parameters of its first one. Their shapes are known to agree.
pub(crate) fn tie(r: &mut Resolver<'_>, e: &mut Elaborated) {
    let tied: Vec<Shared> = r.shared.iter().filter(|s| s.scheme.ties()).cloned().collect();
    if tied.is_empty() {
        return;
    }
    // by parameter: the one in whose place it stands
    let mut same: Vec<usize> = (0..e.params.len()).collect();
    for s in &tied {
        for m in s.members.iter().skip(1) {
            let pairs = match (s.members[0], *m) {
                (Member::Encoder(i, k), Member::Encoder(j, l)) => tied_layers(r, e, (i, k), (j, l), s),
                (Member::Decoder(t, None), Member::Decoder(u, None)) => {
                    e.inputs[t].params.iter().copied().zip(e.inputs[u].params.iter().copied()).collect()
                }
                _ => vec![],
            };
            for (one, other) in pairs {
                // either may stand in the place of others already
                let (one, other) = (same[one], same[other]);
                same.iter_mut().filter(|p| **p == other).for_each(|p| *p = one);
            }
        }
    }
    for (p, one) in same.iter().enumerate().filter(|(p, one)| p != *one) {
        let owner = e.params[p].owner.clone();
        let kept = &mut e.params[*one];
        if kept.owner != owner && !kept.also.contains(&owner) {
            kept.also.push(owner);
        }
    }
    let kept: Vec<bool> = same.iter().enumerate().map(|(i, p)| i == *p).collect();
    let place: Vec<usize> = kept.iter().scan(0, |n, k| Some(std::mem::replace(n, *n + usize::from(*k)))).collect();
    let mut keep = kept.iter();
    e.params.retain(|_| keep.next() == Some(&true));
    e.param_lists().flatten().for_each(|p| *p = place[same[*p]]);
}

/// An encoder, or one of its layers.
type Stack = (usize, Option<u64>);

/// The parameters of two stacks, pair by pair.
fn tied_layers(r: &mut Resolver<'_>, e: &Elaborated, one: Stack, other: Stack, s: &Shared) -> Vec<(usize, usize)> {
    let (a, b) = (e.layers_with_params(r.p, one), e.layers_with_params(r.p, other));
    let words = |(i, k): Stack| r.member_words(Member::Encoder(i, k));
    let shapes = |l: usize| e.layers[l].params.iter().map(|p| &e.params[*p].shape);
    let alike = |(x, y): (&usize, &usize)| e.layers[*x].kind == e.layers[*y].kind && shapes(*x).eq(shapes(*y));
    if a.len() != b.len() || !a.iter().zip(&b).all(alike) {
        let d = format!("`{}` and `{}` do not look up the same words", words(one), words(other));
        let d = Diagnostic::new("E0420", d).at(s.span, "each has a vocabulary of its own");
        r.report(d.help("let both read one encoder with the `embed`, and tie what stands on it"));
        return vec![];
    }
    let params = |l: Vec<usize>| l.into_iter().flat_map(|l| e.layers[l].params.iter().copied());
    params(a).zip(params(b)).collect()
}

/// Adds what members of a `share` lose by their weights, in every stage.
pub(crate) fn sharing_penalties(r: &Resolver<'_>, e: &mut Elaborated, train: &mut Train) {
    for s in &r.shared {
        let drawn = match s.scheme.how {
            How::Penalty(kind) => Some(drawn(r, e, s, kind)),
            _ => None,
        };
        let apart = (s.scheme.apart)(&s.settings).map(|a| (a.weight, kept_apart(r, e, s, a.subspaces)));
        let weight = s.settings.get("weight").and_then(Setting::as_f64).unwrap_or(1.0);
        for (weight, terms) in drawn.map(|t| (weight, t)).into_iter().chain(apart) {
            penalty(r, e, train, s, weight, terms);
        }
    }
}

/// The distance of the members' parameters. Tables of words of which each member has its own are left out: what stands in
/// the same row of two is not the same word.
fn drawn(r: &Resolver<'_>, e: &Elaborated, s: &Shared, kind: &str) -> Vec<Term> {
    let own: Vec<Vec<usize>> = s.members.iter().map(|m| params_of(r, e, *m)).collect();
    let Some(first) = own.first() else { return vec![] };
    let shape = |p: &usize| &e.params[*p].shape;
    let same = |i: &usize| own.iter().all(|o| o.get(*i).map(shape) == first.get(*i).map(shape));
    let kept: Vec<usize> = (0..first.len()).filter(same).collect();
    let params: Vec<usize> = own.iter().flat_map(|o| kept.iter().map(|i| o[*i])).collect();
    let settings = settings([(MEMBERS, Setting::Int(own.len() as i64))]);
    if params.is_empty() { vec![] } else { vec![Term { kind: kind.into(), settings, params }] }
}

/// For each layer of each member the overlap of the parts of its matrices: those whose columns are its states, or gates of
/// them. The matrices of its mixtures are none.
fn kept_apart(r: &Resolver<'_>, e: &Elaborated, s: &Shared, subspaces: usize) -> Vec<Term> {
    let mut out = vec![];
    for m in &s.members {
        let Member::Encoder(i, layer) = *m else { continue };
        for ((_, depth), width) in e.side_widths.range((i, 0)..=(i, u32::MAX)) {
            if layer.is_some_and(|k| k != u64::from(*depth)) {
                continue;
            }
            let matrix = |p: &usize| {
                let shape = &e.params[*p].shape;
                shape.len() == 2 && shape[1].known().is_some_and(|c| c > 0 && c.is_multiple_of(*width))
            };
            let layers = e.layers_with_params(r.p, (i, Some(u64::from(*depth))));
            let params = layers.into_iter().flat_map(|l| e.layers[l].params.iter().copied()).filter(matrix).collect();
            let settings =
                settings([("subspaces", Setting::Int(subspaces as i64)), ("width", Setting::Int(*width as i64))]);
            out.push(Term { kind: OVERLAP.into(), settings, params });
        }
    }
    out
}

/// A loss that is the sum of some terms over weights.
fn penalty(r: &Resolver<'_>, e: &mut Elaborated, train: &mut Train, s: &Shared, weight: f64, terms: Vec<Term>) {
    let node = |e: &mut Elaborated, term: Term, inputs: Vec<usize>| {
        let name = term.kind.clone();
        e.terms.push(term);
        Node { op: Op::Term { term: e.terms.len() - 1 }, inputs, shape: Shape::example(1), name }
    };
    let mut nodes: Vec<Node> = vec![];
    for t in terms {
        let sum = nodes.len().checked_sub(1);
        nodes.push(node(e, t, vec![]));
        if let Some(sum) = sum {
            let plus = Term { kind: ARITHMETIC[0].into(), settings: Settings::new(), params: vec![] };
            let both = vec![sum, nodes.len() - 1];
            nodes.push(node(e, plus, both));
        }
    }
    if nodes.is_empty() {
        return;
    }
    let members: Vec<String> = s.members.iter().map(|m| r.member_words(*m)).collect();
    let name = format!("{} of {}", s.scheme.row.name, members.join(", "));
    e.losses.push(Loss { name, weight: Factor::Fixed(weight), tasks: vec![] });
    let loss = e.losses.len() - 1;
    e.penalties.push(Penalty { loss, nodes });
    train.stages.iter_mut().for_each(|stage| stage.losses.push(loss));
}

/// The parameters of a member, in the order in which they were met.
fn params_of(r: &Resolver<'_>, e: &Elaborated, m: Member) -> Vec<usize> {
    match m {
        Member::Encoder(i, k) => {
            let layers = e.layers_with_params(r.p, (i, k));
            layers.into_iter().flat_map(|l| e.layers[l].params.iter().copied()).collect()
        }
        Member::Decoder(t, _) => e.inputs[t].params.clone(),
    }
}
