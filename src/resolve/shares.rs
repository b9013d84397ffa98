//! `share A, B by SCHEME`: what is shared.

use super::*;
use crate::ast::Tap;
use crate::hir;
use crate::kinds::sharing::{self, Scheme};
use crate::plan::{Setting, Settings};
use crate::types::Item;

/// A member of a `share`, after families are expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// an encoder, or one layer of it
    Encoder(usize, Option<u64>),
    /// the decoder of a task, or one layer of it
    Decoder(usize, Option<u64>),
}

/// A `share` that has no fault.
#[derive(Clone)]
pub(crate) struct Shared {
    pub scheme: &'static Scheme,
    /// its arguments
    pub settings: Settings,
    pub members: Vec<Member>,
    /// place of the statement
    pub span: Span,
}

impl<'p> Resolver<'p> {
    /// The members and the scheme of each `share`. Shapes are known only after elaboration: see
    /// the schedule.
    pub(crate) fn check_shares(&mut self) {
        let p = self.p;
        for s in &p.shares {
            let scheme = self.chosen("a scheme of sharing", &s.scheme, sharing::SHARES);
            let given = scheme.and_then(|(row, args)| self.arguments(&row.row, s.scheme.span, args, &s.env));
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
            } else if let (Some((scheme, _)), Some(given)) = (scheme, given) {
                let setting = |e: &Expr| match self.p.constant(e, &s.env) {
                    Some(Item::Number(n)) if n.fract() == 0.0 => Setting::Int(n as i64),
                    Some(Item::Number(n)) => Setting::Real(n),
                    _ => Setting::Bool(hir::is_name(e, "true")),
                };
                let settings = given.into_iter().map(|(name, e)| (name.to_string(), setting(e))).collect();
                let members = members.into_iter().map(|(m, _)| m).collect();
                self.shared.push(Shared { scheme, settings, members, span: s.span });
            }
        }
    }

    /// Of `--only`, and of a twin: what only tasks that are left out read does not share.
    pub(crate) fn drop_unread_members(&mut self) {
        if self.shared.is_empty() || self.tasks.iter().all(|t| !t.left_out) {
            return;
        }
        let mut read = HashSet::default();
        for t in self.tasks.iter().filter(|t| !t.left_out) {
            let def = &self.p.tasks[t.def];
            let views = def.ast.options.iter().filter_map(|o| match &o.value {
                SettingKind::View { from: true, value, .. } => Some(value),
                _ => None,
            });
            def.ast.from.iter().chain(views).for_each(|e| self.read_in(e, &def.env, &mut read));
        }
        for e in self.edges.iter().filter(|e| e.alive) {
            let def = &self.p.edges[e.def];
            def.ast.via.iter().for_each(|e| self.read_in(e, &def.env, &mut read));
        }
        let tasks: Vec<bool> = self.tasks.iter().map(|t| !t.left_out).collect();
        for s in &mut self.shared {
            s.members.retain(|m| match *m {
                Member::Encoder(i, _) => read.contains(&(Kind::Encoder, i)),
                Member::Decoder(t, _) => tasks[t],
            });
        }
        self.shared.retain(|s| s.members.len() > 1);
    }

    /// The encoders and `let`s that an expression names, and those that they name.
    fn read_in(&self, e: &Expr, env: &Env, read: &mut HashSet<(Kind, usize)>) {
        for name in hir::names_of(e) {
            let found = match self.p.lookup(name, env) {
                Some(Meaning::One(kind, i)) => vec![(kind, i)],
                Some(Meaning::Family(kind, all)) => all.into_iter().map(|i| (kind, i)).collect(),
                _ => vec![],
            };
            for (kind, i) in found {
                if !matches!(kind, Kind::Encoder | Kind::Let) || !read.insert((kind, i)) {
                    continue;
                }
                match kind {
                    Kind::Encoder => self.read_in(&self.p.encoders[i].value, &self.p.encoders[i].env, read),
                    _ => self.read_in(&self.p.lets[i].value, &self.p.lets[i].env, read),
                }
            }
        }
    }

    pub(crate) fn members_of(&mut self, s: &'p crate::hir::ShareDef) -> Option<Vec<(Member, Span)>> {
        let mut out = vec![];
        let mut fine = true;
        for m in &s.members {
            match self.member(m, &s.env) {
                Ok(found) => out.extend(found.into_iter().map(|f| (f, m.span))),
                Err(Reported) => fine = false,
            }
        }
        fine.then_some(out)
    }

    fn member(&mut self, m: &Expr, env: &Env) -> Result<Vec<Member>, Reported> {
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

    pub(crate) fn member_words(&self, m: Member) -> String {
        let tap = |k: Option<u64>| k.map(|k| format!("@{k}")).unwrap_or_default();
        match m {
            Member::Encoder(i, k) => format!("{}{}", self.p.encoders[i].name, tap(k)),
            Member::Decoder(i, k) => format!("{}.decoder{}", self.tasks[i].name, tap(k)),
        }
    }
}
