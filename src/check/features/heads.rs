//! A task's features on a corpus, and the head on top of them.

use super::*;

impl<'p> Checker<'p> {
    /// A task's features and head on one corpus and text.
    pub(crate) fn task_on(
        &mut self,
        task: usize,
        graph: usize,
        round: u32,
        text: Vec<usize>,
    ) -> Result<(Val, usize), Poison> {
        let key = (task, graph, round, text.clone());
        if let Some(done) = self.task_memo.get(&key) {
            return done.clone();
        }
        let out = self.nested(self.tasks[task].span, |c| c.task_anew(task, graph, round, text));
        self.task_memo.insert(key, out.clone());
        out
    }

    pub(super) fn task_anew(
        &mut self,
        task: usize,
        graph: usize,
        round: u32,
        text: Vec<usize>,
    ) -> Result<(Val, usize), Poison> {
        if self.tasks[task].poisoned {
            return Err(Poison);
        }
        let def = &self.p.tasks[self.tasks[task].def];
        let from = def.ast.from.as_ref().ok_or(Poison)?;
        let (corpus, phase) = (self.graphs[graph].corpus, self.graphs[graph].phase);
        let cx = Cx {
            graph,
            corpus,
            phase,
            round,
            text,
            input: None,
            owner: self.tasks[task].name.clone(),
            env: def.env.clone(),
            encoder: None,
            task,
        };
        let mut h = self.eval(from, &cx)?;
        if let Some(several) = self.parts_error(&h, from.span) {
            return Err(several);
        }
        let own = graph_has_gold(&self.tasks[task], corpus);
        if own || self.tasks[task].tops.is_empty() {
            self.tasks[task].tops.extend(h.tops.iter().copied());
            self.tasks[task].star |= h.star;
            self.tasks[task].reversed |= h.reversed;
        }
        // a head that does not run, or features that do not: types beyond this point are not computed
        let head = self.tasks[task].head;
        if head.runs.is_none() || h.kind == VKind::Opaque {
            self.language_model_leak(task, &h, from.span);
            // arrows are still looked at, so that their faults are found
            for e in self.edges_into(task, phase) {
                let _ = self.payload(e, &cx);
            }
            let mut o = self.opaque(&cx);
            o.reads = h.reads;
            return Ok((o, 0));
        }
        match (self.reads_kind(task), h.kind) {
            (_, VKind::Text) => {
                let d = Diagnostic::new("E0404", format!("`{}` reads words, not vectors", self.tasks[task].name));
                return Err(self
                    .report(d.at(from.span, "a text").help("put an encoder before it: `embed(100) |> bilstm(128)`")));
            }
            (Reads::Vec, VKind::Seq) => {
                let w = path_words(from);
                let d = Diagnostic::new("E0405", format!("`{}` needs one vector for each example", head.name))
                    .at(from.span, Self::shape_words(&h))
                    .with(def.ast.head.span, "one answer for each example");
                let better = format!("{w} |> attend");
                let d = d.help(format!("pool over the tokens: `from {better}` (or `mean`, `max`, `last`)"));
                let end = crate::source::Span { start: from.span.end, ..from.span };
                return Err(self.report(d.fix(end, " |> attend", false)));
            }
            (Reads::Seq, VKind::Vec) => {
                let d = Diagnostic::new("E0405", format!("`{}` needs a vector for each token", head.name))
                    .at(from.span, Self::shape_words(&h))
                    .with(def.ast.head.span, "one answer for each token");
                return Err(self
                    .report(d.help("read the encoder without pooling: remove `|> attend`, `mean`, `max` or `last`")));
            }
            _ => {}
        }
        if self.reads_kind(task) == Reads::Seq && own {
            let gold = self.tasks[task].golds.iter().find(|g| g.0 == corpus).map(|g| g.1);
            if let Some(axis) =
                gold.and_then(|f| self.p.data[corpus].fields.get(f)).and_then(|f| f.ty.axis().map(String::from))
            {
                let here = self.axis_name(corpus, &h.axis);
                let known = self.p.field(corpus, &axis).is_some();
                if here != axis && known {
                    let d =
                        Diagnostic::new("E0406", format!("the labels stand on `{axis}` and the features on `{here}`"))
                            .at(from.span, format!("runs over `{here}`"))
                            .with(self.tasks[task].gold_span, format!("labels of the tokens of `{axis}`"));
                    return Err(self.report(d.help(format!("encode the other text: `enc({axis})`"))));
                }
            }
        }
        let dropout = self.tasks[task].dropout;
        if dropout > 0.0 {
            h = self.dropout(h, dropout, &cx);
        }
        // the text of the features themselves, where they name one, is that on which sources run
        let text = match h.kind {
            VKind::Seq => h.axis.clone(),
            _ if h.axis.len() == h.reads.len() => h.axis.clone(),
            _ => cx.text.clone(),
        };
        let cx = Cx { text, ..cx };
        for e in self.edges_into(task, phase) {
            h = self.enter(h, e, &cx)?;
        }
        self.head_params(task, &h, phase)?;
        let width = self.head_width(task);
        let shape = |w: usize| if h.kind == VKind::Seq { Shape::Seq(w) } else { Shape::Vec(w) };
        let name = format!("{}({})", self.tasks[task].name, self.axis_name(corpus, &h.axis));
        let node = self.node(&cx, Op::Head { task }, vec![h.node], shape(width.n), width, name);
        let new = self.graphs[graph].tasks.len();
        let place = self.place(graph, task);
        if place == new {
            self.graphs[graph].tasks[place].head = node;
        }
        Ok((h, node))
    }

    pub(super) fn edges_into(&self, task: usize, phase: Phase) -> Vec<usize> {
        let flows = |i: &usize| self.edges[*i].alive && self.edges[*i].when.is_none_or(|w| w == phase);
        self.into_task.get(&task).into_iter().flatten().copied().filter(flows).collect()
    }

    pub(super) fn language_model_leak(&mut self, task: usize, h: &Val, span: Span) {
        if self.tasks[task].head.name != "lm" || h.kind == VKind::Opaque {
            return;
        }
        if h.flow == Flow::Full {
            let d = Diagnostic::new("E0504", "a language model may not see the words that it predicts")
                .at(span, "these states have seen both sides")
                .with(self.tasks[task].span, "predicts the next word");
            self.report(d.help(
                "read one direction of the first layer: `enc@1.fwd`, `enc@1.sides` (above layer 1 both directions are mixed)",
            ));
        }
    }

    /// Width of a head's scores.
    pub(crate) fn head_width(&self, task: usize) -> Dim {
        let t = &self.tasks[task];
        match (t.labels, t.settings.get("bins").and_then(Setting::as_usize)) {
            (_, Some(n)) => Dim::of(n),
            (Some(l), _) => Dim::size(Size::Labels(l)),
            _ => Dim::of(1),
        }
    }

    pub(super) fn head_params(&mut self, task: usize, h: &Val, phase: Phase) -> Result<(), Poison> {
        if let Some((w, seen, _)) = &self.tasks[task].width {
            if *w != h.width {
                let t = &self.tasks[task];
                let (a, b, seen) = (w.clone(), h.width.clone(), *seen);
                let into = self.into_task.get(&task).into_iter().flatten();
                let one_phase = into.map(|i| &self.edges[*i]).find(|e| e.when.is_some());
                let d = match one_phase {
                    Some(e) if seen != phase => {
                        Diagnostic::new("E0503", format!("`{}` is not the same in training and at test", t.name))
                            .at(e.span, "feeds only one of the two phases")
                            .with(t.span, format!("reads {a} numbers in one phase and {b} in the other"))
                            .help("add an arrow of the same width for the other phase, or remove `when`")
                    }
                    _ => Diagnostic::new("E0407", format!("`{}` has features of two widths", t.name))
                        .at(t.span, format!("{a} on one data set and {b} on another"))
                        .help("make the encoders equally wide, or declare two tasks"),
                };
                return Err(self.report(d));
            }
            return Ok(());
        }
        self.tasks[task].width = Some((h.width.clone(), phase, 0));
        let name = self.tasks[task].name.clone();
        let k = self.head_width(task);
        // of several layers of tags there are R·K columns: that product is made with the plan
        let out = k.clone();
        let fan = InitRule::FanIn(h.width.clone());
        let mut ids = vec![
            self.param(format!("{name}.out.weight"), vec![h.width.clone(), out.clone()], fan.clone(), &name),
            self.param(format!("{name}.out.bias"), vec![out], fan, &name),
        ];
        if self.tasks[task].settings.get("crf").and_then(Setting::as_bool) == Some(true) {
            let zero = InitRule::Fixed(Init::Zeros);
            ids.push(self.param(format!("{name}.transitions"), vec![k.clone(), k.clone()], zero.clone(), &name));
            ids.push(self.param(format!("{name}.start"), vec![k.clone()], zero.clone(), &name));
            ids.push(self.param(format!("{name}.end"), vec![k], zero, &name));
        }
        self.tasks[task].params = ids;
        Ok(())
    }
}
