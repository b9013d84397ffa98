//! `share A, B by SCHEME`: what is shared, and whether the shapes allow it.

use super::tasks::{Part, path_words};
use super::*;
use crate::ast::Tap;
use crate::hir::{self, Meaning};
use crate::kinds::sharing;

/// A member of a `share`, after families are expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    /// an encoder, or one layer of it
    Encoder(usize, Option<u64>),
    /// the decoder of a task, or one layer of it
    Decoder(usize, Option<u64>),
}

/// Schemes whose members must have the same shapes: they add, mix or compare weights or states one by one.
const OF_EQUALS: &[&str] = &["tie", "l2", "cross_stitch", "sluice"];

impl<'p> Checker<'p> {
    /// The members and the scheme of each `share`. Shapes are known only after elaboration: see
    /// [`Checker::check_shared_shapes`].
    pub(crate) fn check_shares(&mut self) {
        let p = self.p;
        for s in &p.shares {
            if let Some((row, args)) = self.chosen("a scheme of sharing", &s.scheme, sharing::SHARES) {
                self.arguments(row, s.scheme.span, args, &s.env);
            }
            let Some(members) = self.members_of(s) else { continue };
            let kind = |m: &Member| matches!(m, Member::Encoder(..));
            if let Some((other, span)) = members.iter().find(|(m, _)| kind(m) != kind(&members[0].0)) {
                let (a, b) = if kind(other) { ("a decoder", "an encoder") } else { ("an encoder", "a decoder") };
                let d = Diagnostic::new("E0245", format!("{a} and {b} cannot share"));
                self.report(
                    d.at(*span, b).with(members[0].1, a).help("share encoders with encoders, decoders with decoders"),
                );
                continue;
            }
            let twice = (1..members.len()).find(|i| members[..*i].iter().any(|(m, _)| *m == members[*i].0));
            if let Some(i) = twice {
                let d =
                    Diagnostic::new("E0245", format!("`{}` is shared with itself", self.member_words(members[i].0)));
                self.report(d.at(members[i].1, "named again").help("name each member once"));
            } else if let [(one, span)] = members.as_slice() {
                if hir::is_guessed(&self.member_words(*one)) {
                    continue;
                }
                let d = Diagnostic::new("E0245", format!("`{}` is shared with nothing", self.member_words(*one)));
                self.report(d.at(*span, "the only member").help("name at least two: `share a, b by tie`"));
            }
        }
    }

    fn members_of(&mut self, s: &'p crate::hir::ShareDef) -> Option<Vec<(Member, Span)>> {
        let mut out = vec![];
        let mut fine = true;
        for m in &s.members {
            match self.member(m, &s.env) {
                Ok(found) => out.extend(found.into_iter().map(|f| (f, m.span))),
                Err(Poison) => fine = false,
            }
        }
        fine.then_some(out)
    }

    fn member(&mut self, m: &Expr, env: &Env) -> Result<Vec<Member>, Poison> {
        let what = "an encoder, or the decoder of a task";
        let p = self.path_of(m, what)?;
        let kinds = [Kind::Encoder, Kind::Task];
        // a whole family may share
        let found = match self.p.lookup(p.name, env) {
            Some(Meaning::Family(kind, all)) if p.index.is_none() && kinds.contains(&kind) => {
                all.into_iter().map(|i| (kind, i)).collect()
            }
            _ => self.named(&p, env, &kinds, what, &[Part::Rest])?,
        };
        if p.args.is_some() {
            let d = Diagnostic::new("E0245", "parameters are shared, not values").at(m.span, "applied to something");
            return Err(self.report(d.help(format!("write `{}`", p.name))));
        }
        let layer = match p.tap.map(|t| (&t.value, t.span)) {
            None => None,
            Some((Tap::Layer(k), _)) if *k >= 1 => Some(*k),
            Some((_, span)) => {
                let d = Diagnostic::new("E0414", "one layer is shared, or the whole stack").at(span, "");
                return Err(self.report(d.help(format!("write `{}@1`, or leave the layer out", p.name))));
            }
        };
        let task = matches!(found.first(), Some((Kind::Task, _)));
        match (task, p.dots.as_slice()) {
            (true, [one]) if one.value == "decoder" => {}
            (_, []) => {}
            (true, [first, extra, ..]) if first.value == "decoder" => {
                let whole = format!("{}.decoder", p.name);
                let d = Diagnostic::new("E0244", format!("`{whole}` stands here without `.{}`", extra.value));
                return Err(self.report(d.at(extra.span, "one part too many").help(format!("write `{whole}`"))));
            }
            (true, [first, ..]) => {
                return Err(self.unknown_word(
                    "E0304",
                    "a part of a task that can be shared",
                    &first.value,
                    first.span,
                    &["decoder"],
                ));
            }
            (false, [first, ..]) => {
                let d = Diagnostic::new(
                    "E0415",
                    format!("an encoder is shared whole, or by layer, not by `.{}`", first.value),
                );
                return Err(self.report(d.at(first.span, "").help(format!("write `{0}` or `{0}@1`", p.name))));
            }
        }
        Ok(found
            .into_iter()
            .map(|(kind, i)| match kind {
                Kind::Task => Member::Decoder(i, layer),
                _ => Member::Encoder(i, layer),
            })
            .collect())
    }

    fn member_words(&self, m: Member) -> String {
        let tap = |k: Option<u64>| k.map(|k| format!("@{k}")).unwrap_or_default();
        match m {
            Member::Encoder(i, k) => format!("{}{}", self.p.encoders[i].name, tap(k)),
            Member::Decoder(i, k) => format!("{}.decoder{}", self.tasks[i].name, tap(k)),
        }
    }

    /// E0420, E0414: members of a scheme that sets weights side by side have the same layers and widths.
    pub(crate) fn check_shared_shapes(&mut self) {
        let p = self.p;
        for s in &p.shares {
            if self.reports.within(s.span).next().is_some() {
                continue;
            }
            let Some(members) = self.members_of(s) else { continue };
            for (m, span) in &members {
                let Member::Encoder(i, Some(k)) = *m else { continue };
                self.layer_exists(i, k, *span);
            }
            let scheme = super::words::word_of(&s.scheme).map_or("", |(w, ..)| w);
            if !OF_EQUALS.contains(&scheme) {
                continue;
            }
            let Some((first, first_span)) = members.first().copied() else { continue };
            for (m, span) in &members[1..] {
                let weights = matches!(scheme, "tie" | "l2");
                let Some((a, b)) = self.differ(first, *m, weights) else { continue };
                let (x, y) = (self.member_words(first), self.member_words(*m));
                let d =
                    Diagnostic::new("E0420", format!("`{x}` and `{y}` differ in shape, and `{scheme}` needs equals"));
                self.report(
                    d.at(*span, b).with(first_span, a).help("give both the same layers and widths, or share by `gate`"),
                );
            }
        }
    }

    /// What stands on both sides, where it differs; `None` where it agrees or cannot be told.
    fn differ(&self, a: Member, b: Member, weights: bool) -> Option<(String, String)> {
        match (a, b) {
            (Member::Encoder(i, k), Member::Encoder(j, l)) => {
                let wrong = |e: &Expr| hir::unreadable(e) || self.reports.any_error_within(e.span);
                if [i, j].iter().any(|e| wrong(&self.p.encoders[*e].value)) {
                    return None;
                }
                let (x, y) = (self.layers_of(i)?, self.layers_of(j)?);
                let part = |all: &[Dim], k: Option<u64>| match k {
                    None => Some(all.to_vec()),
                    Some(k) => all.get(k as usize - 1).map(|d| vec![d.clone()]),
                };
                let (x, y) = (part(&x, k)?, part(&y, l)?);
                let words = |all: &[Dim]| match all {
                    [] => "no layers".to_string(),
                    [one] => format!("a layer of {one}"),
                    many => {
                        let widths: Vec<String> = many.iter().map(Dim::to_string).collect();
                        format!("{} layers of {}", many.len(), widths.join(", "))
                    }
                };
                if x != y {
                    return Some((words(&x), words(&y)));
                }
                // equal widths, but an LSTM here and a GRU there
                let shapes = |i: usize| -> Vec<Vec<Dim>> {
                    let own = self.params.iter().filter(|p| *p.owner == *self.p.encoders[i].name);
                    own.map(|p| p.shape.iter().map(any_vocabulary).collect()).collect()
                };
                let text = |i: usize| format!("`{}`", path_words(&self.p.encoders[i].value));
                (weights && k.is_none() && l.is_none() && shapes(i) != shapes(j)).then(|| (text(i), text(j)))
            }
            (Member::Decoder(i, _), Member::Decoder(j, _)) => {
                let (t, u) = (&self.tasks[i], &self.tasks[j]);
                if [t, u].iter().any(|t| t.poisoned || hir::unreadable(&self.p.tasks[t.def].ast.head)) {
                    return None;
                }
                let texts = |h: &str| matches!(h, "generate" | "denoise");
                if t.head.name != u.head.name && !(texts(t.head.name) && texts(u.head.name)) {
                    return Some((format!("the head `{}`", t.head.name), format!("the head `{}`", u.head.name)));
                }
                let head = |t: &TaskInfo| path_words(&self.p.tasks[t.def].ast.head);
                if t.head.name == u.head.name && head(t) != head(u) {
                    return Some((format!("`{}`", head(t)), format!("`{}`", head(u))));
                }
                if let (Some((x, ..)), Some((y, ..))) = (&t.width, &u.width)
                    && x != y
                {
                    return Some((format!("reads {x} numbers"), format!("reads {y} numbers")));
                }
                if t.labels.is_some() && u.labels.is_some() && t.labels != u.labels {
                    return Some((
                        format!("chooses among `{}`", t.gold_text),
                        format!("chooses among `{}`", u.gold_text),
                    ));
                }
                None
            }
            _ => None,
        }
    }

    /// E0414: an encoder has the layer that is named, as far as it is known.
    pub(crate) fn layer_exists(&mut self, encoder: usize, k: u64, at: Span) {
        let Some(n) = self.layers_of(encoder).map(|l| l.len()).filter(|n| k as usize > *n) else { return };
        let (name, declared) = (self.p.encoders[encoder].name.clone(), self.p.encoders[encoder].span);
        let d = Diagnostic::new("E0414", format!("`{name}` has {n} layer{}", if n == 1 { "" } else { "s" }));
        let d = d.at(at, format!("there is no layer {k}")).with(declared, "declared here");
        self.report(d.help(match n {
            0 => format!("write `{name}`"),
            n => format!("write `{name}@{n}`"),
        }));
    }

    /// An encoder as it was elaborated first.
    fn encoded(&self, encoder: usize) -> Option<&Encoded> {
        let all = self.encoder_memo.iter().filter(|(k, v)| k.0 == encoder && v.is_ok());
        all.min_by_key(|(k, _)| *k).and_then(|(_, v)| v.as_deref().ok())
    }

    /// The width of an encoder, or of one of its layers, where it is known.
    pub(crate) fn width_after(&self, encoder: usize, layer: Option<usize>) -> Option<Dim> {
        let (value, taps) = self.encoded(encoder)?;
        let v = match layer {
            None => value,
            Some(k) => taps.get(k)?.as_ref()?,
        };
        (v.kind != VKind::Opaque).then(|| v.width.clone())
    }

    /// The widths of an encoder's layers, where it was elaborated through and through.
    fn layers_of(&self, encoder: usize) -> Option<Vec<Dim>> {
        let (value, taps) = self.encoded(encoder)?;
        if value.kind == VKind::Opaque {
            return None;
        }
        taps.iter().skip(1).map(|t| t.as_ref().filter(|t| t.kind != VKind::Opaque).map(|t| t.width.clone())).collect()
    }
}

/// Two vocabularies count as one: how many words they hold is not known yet.
fn any_vocabulary(d: &Dim) -> Dim {
    let one = |s: &dim::Size| if let dim::Size::Vocab(_) = s { dim::Size::Vocab(0) } else { *s };
    let sizes: BTreeMap<dim::Size, u32> = d.sizes.iter().map(|(s, k)| (one(s), *k)).collect();
    Dim { n: d.n, sizes: sizes.into_iter().collect() }
}
