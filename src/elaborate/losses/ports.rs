//! Ports of tasks and of views in losses.

use super::*;
use crate::plan::Port;

impl<'p> Elaborator<'p> {
    /// A task's features, scores and head where a loss is computed.
    pub(super) fn task_here(&mut self, task: usize, cx: &Cx) -> Result<(Val, Val, usize), Gap> {
        if self.r.tasks[task].left_out {
            return Err(Gap::LeftOut);
        }
        let text = self.default_text(task, cx.corpus)?;
        let (features, head) = self.task_on(task, cx.graph, cx.round, text)?;
        if features.is_opaque() {
            return Err(Gap::Elsewhere);
        }
        let scores = Val { node: head, ..self.answer(task, &features, cx.corpus) };
        Ok(((*features).clone(), scores, head))
    }

    pub(super) fn port_of(&mut self, task: usize, port: &str, span: Span, cx: &Cx) -> Result<Lowered, Gap> {
        let here = self.task_here(task, cx)?;
        self.port_at(task, port, here, span, cx)
    }

    /// A port of a task whose features, scores and head these are.
    fn port_at(
        &mut self,
        task: usize,
        port: &str,
        (features, scores, head): (Val, Val, usize),
        span: Span,
        cx: &Cx,
    ) -> Result<Lowered, Gap> {
        self.here = span;
        let t = &self.r.tasks[task];
        let number = (t.rule.measures)(&t.settings) == Some(crate::kinds::metrics::REALS);
        let (which, is) = match port {
            "hidden" => return Ok(Lowered { v: features, span, is: Is::Features }),
            "logp" => (Port::Logp, Is::Number),
            "loss" => (Port::Loss, Is::OneNumber),
            "value" if number => (Port::Value, Is::Number),
            _ => answers(t, port)?,
        };
        if matches!(which, Port::Logp | Port::Loss) && !graph_has_gold(t, cx.corpus) {
            let (name, data) = (t.name.clone(), self.p.data[cx.corpus].name.clone());
            let d = Diagnostic::new("E0501", format!("`{data}` has no gold for `{name}`"));
            let d = d.at(span, format!("reads the gold on the examples of `{data}`"));
            return Err(self.report(d.help(format!("name a port that needs none, such as `{name}.probs`"))).into());
        }
        let out = match is.number() {
            true => Val { kind: VKind::Vec, width: Dim::of(1), axis: SmallList::none(), classes: false, ..scores },
            false => scores,
        };
        let node = self.node(cx, Op::Port { task, port: which }, &[head], &out);
        Ok(Lowered { v: Val { node, ..out }, span, is })
    }

    /// A port of a view: of the task on a changed input, or of a head of the task's kind on features that the task does not
    /// read.
    pub(super) fn view_port(
        &mut self,
        task: usize,
        option: usize,
        port: &str,
        span: Span,
        cx: &Cx,
    ) -> Result<Lowered, Gap> {
        if self.r.tasks[task].left_out {
            return Err(Gap::LeftOut);
        }
        if let Some((name, view, args, at)) = self.view_on_changed_input(task, option) {
            self.out.changed.insert((task, option));
            let (features, scores, head) = self.task_here(task, cx)?;
            let Some((f, head)) = self.changed(task, (view, name), args, at, (&features, head), cx)? else {
                let (t, word) = (self.r.tasks[task].name.clone(), view.row.name);
                let d = Diagnostic::new("E0223", format!("the view `{name}` changes nothing that `{t}` reads"));
                let d = d.at(at, format!("what `{word}` changes is no part of its features")).with(span, "read here");
                return Err(self.report(d.help("change what the task reads, or remove the view")).into());
            };
            let here = (Val { node: f, ..features }, Val { node: head, ..scores }, head);
            return self.port_at(task, port, here, span, cx);
        }
        let def = &self.p.tasks[self.r.tasks[task].def];
        let Some(SettingKind::View { name, value, .. }) = def.ast.options.get(option).map(|s| &s.value) else {
            return Err(Gap::Reported);
        };
        let name = format!("{}.view.{}", self.r.tasks[task].name, name.value);
        let text = self.default_text(task, cx.corpus)?;
        let own = Cx { text, owner: name.as_str().into(), env: def.env.clone(), task, ..cx.clone() };
        let mut h = self.eval(value, &own)?;
        if let Some(several) = self.parts_error(&h, value.span) {
            return Err(several.into());
        }
        if h.is_opaque() {
            return Err(Gap::Elsewhere);
        }
        let gold = graph_has_gold(&self.r.tasks[task], cx.corpus);
        self.fits(task, &h, value, cx.corpus, gold)?;
        let rate = self.r.tasks[task].dropout;
        if rate > 0.0 {
            h = dropout::apply(self, h, rate, &own);
        }
        let known = self.out.views.iter().position(|v| (v.task, v.option) == (task, option));
        let view = match known {
            Some(v) if self.out.views[v].width != h.width => {
                let d = Diagnostic::new("E0407", format!("`{name}` has features of two widths"));
                let d = d.at(value.span, format!("{} here, {} elsewhere", h.width, self.out.views[v].width));
                return Err(self.report(d.help("make the encoders equally wide, or declare two views")).into());
            }
            Some(v) => v,
            None => {
                let t = &self.r.tasks[task];
                let params = (t.rule.params)(&Headed { name: &name, ..t.headed() }, &h, self.head_width(task));
                let ids = (self.out.params.len()..self.out.params.len() + params.len()).collect();
                self.out.params.extend(params);
                let width = h.width.clone();
                self.out.views.push(ViewHead { task, option, name, width, params: ids });
                self.out.views.len() - 1
            }
        };
        self.here = span;
        // views are numbered on from the tasks
        let number = self.r.tasks.len() + view;
        let scores = self.answer(task, &h, cx.corpus);
        let head = self.node(cx, Op::Head { task: number }, &[h.node], &scores);
        if port == "hidden" {
            return Ok(Lowered { v: h, span, is: Is::Features });
        }
        let (which, is) = answers(&self.r.tasks[task], port)?;
        let node = self.node(cx, Op::Port { task: number, port: which }, &[head], &scores);
        Ok(Lowered { v: Val { node, ..scores }, span, is })
    }
}

/// A port of what a head answers for each of its rows.
fn answers(t: &TaskInfo, port: &str) -> Result<(Port, Is), Gap> {
    let is = Is::Distribution { tokens: false, each: (t.rule.each)(&t.settings) };
    match port {
        _ if !(t.rule.sends)(&t.settings) => Err(Gap::Later),
        "logits" => Ok((Port::Logits, Is::Features)),
        "probs" => Ok((Port::Probs, is)),
        "labels" => Ok((Port::Labels, is)),
        _ => Err(Gap::Later),
    }
}
