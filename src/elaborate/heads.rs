//! A task's features on a corpus, and the head on top of them.

use super::*;
use std::rc::Rc;

impl<'p> Elaborator<'p> {
    /// A task's features and head on one corpus and text.
    pub(crate) fn task_on(&mut self, task: usize, graph: usize, round: u32, text: SmallList<usize>) -> Featured {
        let key = (task, graph, round, text.clone());
        if let Some(done) = self.out.tasks.get(&key) {
            return done.clone();
        }
        let out = self.nested(self.r.tasks[task].span, |c| c.task_anew(task, graph, round, text));
        let out = out.map(|(features, head)| (Rc::new(features), head));
        self.out.tasks.insert(key, out.clone());
        out
    }

    pub(super) fn task_anew(
        &mut self,
        task: usize,
        graph: usize,
        round: u32,
        text: SmallList<usize>,
    ) -> Result<(Val, usize), Reported> {
        if self.r.tasks[task].poisoned {
            return Err(Reported);
        }
        let def = &self.p.tasks[self.r.tasks[task].def];
        let from = def.ast.from.as_ref().ok_or(Reported)?;
        let (corpus, phase) = (self.out.graphs[graph].corpus, self.out.graphs[graph].phase);
        let own = graph_has_gold(&self.r.tasks[task], corpus);
        let cx = Cx {
            graph,
            corpus,
            phase,
            round,
            text,
            input: None,
            owner: self.r.tasks[task].name.as_str().into(),
            env: def.env.clone(),
            encoder: None,
            task,
            arrow: false,
            // elsewhere than on its own data it runs because of an arrow
            named: self.run_by.filter(|_| !own).map(|at| Named { at, input: None }),
        };
        let mut h = self.eval(from, &cx)?;
        if let Some(several) = self.parts_error(&h, from.span) {
            return Err(several);
        }
        // on another's text, for the sake of an arrow, there is no gold to stand beside
        let beside_gold = own && self.default_text(task, corpus)? == cx.text;
        if own || self.out.inputs[task].tops.is_empty() {
            self.out.inputs[task].tops.join(&h.tops);
            self.out.inputs[task].star |= h.star;
            self.out.inputs[task].reversed |= h.reversed;
        }
        if own && round == 0 {
            self.look_beside(task, &h, &cx, beside_gold);
        }
        // a head that does not run, or features that do not: types beyond this point are not computed
        if h.is_opaque() {
            // arrows are still looked at, so that their faults are found
            for e in self.edges_into(task, phase) {
                let _ = self.payload(e, &cx);
            }
            return Ok((Val { reads: h.reads, ..self.opaque(&cx) }, 0));
        }
        // the members among which a task picks may come along an arrow: those are looked at after it has entered
        let late = self.head_takes(task) == Takes::Members;
        if !late {
            self.fits(task, &h, from, corpus, beside_gold)?;
        }
        let dropout = self.r.tasks[task].dropout;
        if dropout > 0.0 {
            h = dropout::apply(self, h, dropout, &cx);
        }
        // the text of the features themselves, where they name one, is that on which sources run
        let text = match h.kind {
            VKind::Seq => h.axis.clone(),
            _ if h.axis.len() == h.reads.len() => h.axis.clone(),
            _ => cx.text.clone(),
        };
        let cx = Cx { text, ..cx };
        let mut failed = false;
        for e in self.edges_into(task, phase) {
            match self.enter(h.clone(), e, &cx) {
                Ok(v) => h = v,
                Err(Reported) => failed = true,
            }
        }
        if failed {
            return Err(Reported);
        }
        if h.is_opaque() {
            return Ok((h, 0));
        }
        if late {
            self.fits(task, &h, from, corpus, beside_gold)?;
        }
        self.sees_no_answer(task, &h, from)?;
        self.head_params(task, &h, phase)?;
        let scores = self.answer(task, &h, corpus);
        self.here = self.r.tasks[task].span;
        let node = self.node(&cx, Op::Head { task }, &[h.node], &scores);
        if scores.axis != h.axis {
            // it is called by the text that it reads, not by that which it answers for
            let name = format!("{}({})", self.r.tasks[task].name, self.axis_name(corpus, &h.axis));
            self.out.graphs[graph].nodes[node].name = name;
        }
        let new = self.out.graphs[graph].tasks.len();
        let place = self.place(graph, task);
        if place == new {
            self.out.graphs[graph].tasks[place].head = node;
        }
        Ok((h, node))
    }

    /// What features the head of a task takes.
    pub(crate) fn head_takes(&self, task: usize) -> Takes {
        (self.r.tasks[task].rule.takes)(&self.r.tasks[task].settings)
    }

    /// What the head of a task gives, from features `h`.
    pub(super) fn answer(&self, task: usize, h: &Val, corpus: usize) -> Val {
        let t = &self.r.tasks[task];
        let gold = t.golds.iter().find(|g| g.0 == corpus).map(|g| g.1);
        let mut out =
            Val { width: self.head_width(task), classes: true, halves: None, latent: None, parts: vec![], ..h.clone() };
        let fields = &self.p.data[corpus].fields;
        match (t.rule.answers)(&t.settings) {
            Answers::Tokens => {}
            Answers::Examples => out.kind = VKind::Vec,
            Answers::Words => {
                (out.kind, out.flow, out.outer) = (VKind::Seq, Flow::Fwd, vec![]);
                out.axis = gold.into_iter().collect();
            }
            Answers::GoldTokens => {
                let on = gold.and_then(|f| fields.get(f)).and_then(|f| f.ty.axis());
                (out.kind, out.flow, out.outer) = (VKind::Seq, Flow::Full, vec![]);
                out.axis = on.and_then(|on| fields.iter().position(|f| f.name == on)).into_iter().collect();
            }
        }
        out
    }

    pub(super) fn edges_into(&self, task: usize, phase: Phase) -> Vec<usize> {
        let flows = |i: &usize| self.r.edges[*i].alive && self.r.edges[*i].when.is_none_or(|w| w == phase);
        self.r.into_task.get(task).into_iter().flatten().copied().filter(flows).collect()
    }

    /// Width of a head's scores.
    pub(crate) fn head_width(&self, task: usize) -> Dim {
        let t = &self.r.tasks[task];
        (t.rule.width)(&t.headed())
    }

    pub(super) fn head_params(&mut self, task: usize, h: &Val, phase: Phase) -> Result<(), Reported> {
        let t = &mut self.r.tasks[task];
        (t.rule.settle)(h, &mut t.settings);
        if let Some((w, seen)) = &self.out.inputs[task].width {
            if *w != h.width {
                let t = &self.r.tasks[task];
                let (a, b, seen) = (w.clone(), h.width.clone(), *seen);
                let into = self.r.into_task.get(task).into_iter().flatten();
                let one_phase = into.map(|i| &self.r.edges[*i]).find(|e| e.when.is_some());
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
        self.out.inputs[task].width = Some((h.width.clone(), phase));
        let k = self.head_width(task);
        let t = &self.r.tasks[task];
        let own = (t.rule.params)(&t.headed(), h, k);
        self.out.inputs[task].params = (self.out.params.len()..self.out.params.len() + own.len()).collect();
        self.out.params.extend(own);
        Ok(())
    }
}
