//! Arrows that end at a slot, or bring a head more than features.

use super::*;

impl Elaborator<'_> {
    /// E0503: a slot of a head that is fed while training only. An input field has the data's own value at test.
    pub(super) fn slots_fed_at_test(&mut self) {
        let mut fed: BTreeMap<(usize, &str), (bool, &Edge)> = BTreeMap::new();
        for e in self.r.edges.iter().filter(|e| e.alive) {
            let Target::Slot(task, slot) = &e.target else { continue };
            if self.r.tasks[*task].head.slots.contains(&slot.as_str()) && self.r.tasks[*task].when != Some(Phase::Train)
            {
                fed.entry((*task, slot)).or_insert((false, e)).0 |= e.when != Some(Phase::Train);
            }
        }
        let mut found = vec![];
        for ((task, slot), (_, e)) in fed.iter().filter(|(_, (at_test, _))| !at_test) {
            let name = &self.r.tasks[*task].name;
            let d = Diagnostic::new("E0503", format!("nothing feeds `{name}.{slot}` at test"));
            let d = d.at(e.span, "feeds it while training only");
            let help =
                format!("add an arrow for the other phase, as in `prior.probs -> {name}.{slot} {{ when test }}`");
            found.push(d.help(help));
        }
        for d in found {
            self.report(d);
        }
    }

    /// What arrives at a slot of a head, or in place of an input field. The features stay of their type.
    pub(super) fn enter_slot(&mut self, h: Val, v: Val, e: &Edge, task: usize, slot: &str, cx: &Cx) -> Out {
        let name = self.r.tasks[task].name.clone();
        let field = self.p.data[cx.corpus].fields.iter().position(|f| f.name == slot);
        let state = matches!(v.kind, VKind::Seq | VKind::Vec);
        let (fits, wanted, help) = match field {
            // an input field is replaced by texts, or by the vectors that stand for their words
            Some(f) if is_texty(&self.p.data[cx.corpus].fields[f].ty) => (
                v.kind == VKind::Text || v.kind == VKind::Seq && !v.classes,
                "a text",
                "send `.text`, `.filled`, `.soft` or `.top(k)`",
            ),
            Some(_) => (state, "a vector", "send `.probs`, `.hidden` or `.value`"),
            None if slot == "init" => (
                v.kind == VKind::Vec && v.outer.is_empty(),
                "one vector for each example",
                "pool it on the way: `via embed(32) |> mean`",
            ),
            None => (
                state || v.kind == VKind::Text || v.kind == VKind::Spans,
                "states or texts",
                "send `.hidden`, `.states` or `.top(k)`",
            ),
        };
        if !fits {
            let d = Diagnostic::new("E0425", format!("`{name}.{slot}` takes {wanted}"))
                .at(e.span, format!("brings {}", v.words()));
            return Err(self.report(d.help(help)));
        }
        let mut out = h.clone();
        // a text that replaces an input says what it says: what its writer has read is not read here
        if field.is_none() {
            out.reads.join(&v.reads);
        }
        out.reversed |= v.reversed;
        let set = settings([("slot", Setting::Text(slot.into()))]);
        let out = self.plain(cx, layers::SLOT, set, &[&h, &v], out);
        Ok(self.called(out, cx, &format!("{name}.{slot}")))
    }

    /// An arrow into a head that takes it as something other than features: candidates, or queries of a pointer.
    pub(super) fn enter_head(
        &mut self,
        h: &Val,
        v: &Val,
        e: &Edge,
        task: usize,
        join: Join,
        cx: &Cx,
    ) -> Result<Option<Val>, Reported> {
        let t = &self.r.tasks[task];
        let points = (t.rule.answers)(&t.settings) == Answers::GoldTokens;
        let candidates = self.head_takes(task) == Takes::Members
            && v.kind == VKind::Vec
            && !v.outer.is_empty()
            && join == Join::Concat
            && (h.kind == VKind::Seq || h.outer.iter().zip(&v.outer).any(|(a, b)| !a.fits(b)));
        if candidates {
            let mut out = Val::merged(&[h, v], VKind::Vec, v.width.clone());
            out.outer.clone_from(&v.outer);
            out.tops.clone_from(&h.tops);
            return Ok(Some(self.plain(cx, layers::CANDIDATES, Settings::new(), &[h, v], out)));
        }
        if !points || !matches!(join, Join::Query | Join::Mask) {
            return Ok(None);
        }
        let axis = self.answer(task, h, cx.corpus).axis;
        if v.kind != VKind::Seq || v.axis != axis && v.axis != h.axis {
            let (x, y) = (self.axis_name(cx.corpus, &axis), self.axis_name(cx.corpus, &v.axis));
            let d = Diagnostic::new(
                "E0410",
                format!("`{}` points from `{x}`, the arrow brings values of `{y}`", self.r.tasks[task].name),
            );
            let d = d
                .at(e.span, v.words())
                .with(self.r.tasks[task].gold_span, format!("a position for each token of `{x}`"));
            return Err(
                self.report(d.help(format!("send what stands on `{x}`: the states or labels of a task over it")))
            );
        }
        let mut out = h.clone();
        out.reads.join(&v.reads);
        let word = if join == Join::Query { layers::QUERY } else { layers::MASK };
        Ok(Some(self.plain(cx, word, Settings::new(), &[h, v], out)))
    }
}
