//! `share A, B by SCHEME`: what is shared, and whether the shapes allow it.

use super::*;
use crate::hir;
use crate::kinds::heads::Answers;
use crate::kinds::sharing as schemes;
use crate::resolve::Member;

impl<'p> Scheduler<'_, 'p> {
    /// E0420, E0414: members of a scheme that sets weights side by side have the same layers and widths.
    pub(crate) fn check_shared_shapes(&mut self) {
        let p = self.p;
        for s in &p.shares {
            if self.r.reports.within(s.span).next().is_some() {
                continue;
            }
            let Some(members) = self.r.members_of(s) else { continue };
            for (m, span) in &members {
                let Member::Encoder(i, Some(k)) = *m else { continue };
                self.layer_exists(i, k, *span);
            }
            let Some(scheme) = word_of(&s.scheme).and_then(|(w, ..)| schemes::find(w)) else { continue };
            for (m, span) in members.iter().filter(|_| scheme.mixes()) {
                if let Member::Encoder(i, None) = *m
                    && self.e.layers_of(i).is_some_and(|l| l.is_empty())
                {
                    let name = self.r.member_words(*m);
                    let d = Diagnostic::new("E0245", format!("`{name}` has no layers after which it could share"));
                    self.report(d.at(*span, "embeddings are no layers").help(format!(
                        "give it some, as in `encoder {name} = embed(100) |> bilstm(100)`, or share by `tie`"
                    )));
                }
            }
            if scheme.alike == schemes::Alike::No || self.r.reports.within(s.span).next().is_some() {
                continue;
            }
            let Some((first, first_span)) = members.first().copied() else { continue };
            for (m, span) in &members[1..] {
                let weights = scheme.alike == schemes::Alike::Shapes;
                let Some((a, b)) = self.differ(first, *m, weights) else { continue };
                let (x, y) = (self.r.member_words(first), self.r.member_words(*m));
                let d = Diagnostic::new(
                    "E0420",
                    format!("`{x}` and `{y}` differ in shape, and `{}` needs equals", scheme.row.name),
                );
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
                let wrong = |e: &Expr| hir::unreadable(e) || self.r.reports.any_error_within(e.span);
                if [i, j].iter().any(|e| wrong(&self.p.encoders[*e].value)) {
                    return None;
                }
                let (x, y) = (self.e.layers_of(i)?, self.e.layers_of(j)?);
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
                    let own = self.e.params.iter().filter(|p| *p.owner == *self.p.encoders[i].name);
                    own.map(|p| p.shape.iter().map(any_vocabulary).collect()).collect()
                };
                let text = |i: usize| format!("`{}`", path_words(&self.p.encoders[i].value));
                (weights && k.is_none() && l.is_none() && shapes(i) != shapes(j)).then(|| (text(i), text(j)))
            }
            (Member::Decoder(i, _), Member::Decoder(j, _)) => {
                let (t, u) = (&self.r.tasks[i], &self.r.tasks[j]);
                if [t, u].iter().any(|t| t.poisoned || hir::unreadable(&self.p.tasks[t.def].ast.head)) {
                    return None;
                }
                let writes = |t: &TaskInfo| (t.rule.answers)(&t.settings) == Answers::Words;
                if t.head.name != u.head.name && !(writes(t) && writes(u)) {
                    return Some((format!("the head `{}`", t.head.name), format!("the head `{}`", u.head.name)));
                }
                let head = |t: &TaskInfo| path_words(&self.p.tasks[t.def].ast.head);
                if t.head.name == u.head.name && head(t) != head(u) {
                    return Some((format!("`{}`", head(t)), format!("`{}`", head(u))));
                }
                if let (Some((x, ..)), Some((y, ..))) = (&self.e.inputs[i].width, &self.e.inputs[j].width)
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
        let Some(n) = self.e.layers_of(encoder).map(|l| l.len()).filter(|n| k as usize > *n) else { return };
        let (name, declared) = (self.p.encoders[encoder].name.clone(), self.p.encoders[encoder].span);
        let d = Diagnostic::new("E0414", format!("`{name}` has {n} layer{}", if n == 1 { "" } else { "s" }));
        let d = d.at(at, format!("there is no layer {k}")).with(declared, "declared here");
        self.report(d.help(match n {
            0 => format!("write `{name}`"),
            n => format!("write `{name}@{n}`"),
        }));
    }
}

/// Two vocabularies count as one: how many words they hold is not known yet.
fn any_vocabulary(d: &Dim) -> Dim {
    let one = |s: &dim::Size| if let dim::Size::Vocab(_) = s { dim::Size::Vocab(0) } else { *s };
    let sizes: BTreeMap<dim::Size, u32> = d.sizes.iter().map(|(s, k)| (one(s), *k)).collect();
    Dim { n: d.n, sizes: sizes.into_iter().collect() }
}
