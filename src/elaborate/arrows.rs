//! Arrows: what they carry and how it joins the destination.

use super::*;
use crate::resolve::pipe_stages;

impl<'p> Elaborator<'p> {
    /// What an arrow carries on the destination's example, after its `via` (without a final `gate`, `add`, `concat`).
    pub(super) fn payload(&mut self, edge: usize, cx: &Cx) -> Result<(Val, Join), Reported> {
        let e = self.r.edges[edge].clone();
        let source = e.source;
        // A runs on B's own example: on its own text where the corpus is A's too, else on the text that B reads
        let into_encoder = matches!(e.target, Target::Encoder(..));
        let reads = !cx.text.is_empty() && (into_encoder || !graph_has_gold(&self.r.tasks[source], cx.corpus));
        let text = if reads {
            cx.text.clone()
        } else {
            let own = self.default_text(source, cx.corpus)?;
            if own.is_empty() { cx.text.clone() } else { own }
        };
        let round = match e.rounds {
            None => cx.round,
            Some(_) if cx.round == 0 => 0,
            Some(n) => (cx.round - 1).min(n.saturating_sub(1)),
        };
        let first_round = e.rounds.is_some() && cx.round == 0;
        let graph = cx.graph;
        if self.r.tasks[source].when.is_some_and(|w| w != cx.phase) && e.rounds.is_some() {
            // feedback from a task that does not exist in this phase never arrives
            return Ok((self.opaque(cx), Join::Concat));
        }
        if self.r.tasks[source].when.is_some_and(|w| w != cx.phase) {
            let phase = if cx.phase == Phase::Test { "at test" } else { "in training" };
            let name = self.r.tasks[source].name.clone();
            let only = if self.r.tasks[source].when == Some(Phase::Train) { "train" } else { "test" };
            let d = Diagnostic::new("E0503", format!("`{name}` does not exist {phase}"))
                .at(e.span, format!("is fed by `{name}` in both phases"))
                .with(self.r.tasks[source].span, format!("declared `when {only}`"));
            return Err(
                self.report(d.help(format!("add `{{ when {only} }}` to the arrow, and an arrow for the other phase")))
            );
        }
        if matches!(e.train, Mode::Gold | Mode::Scheduled(..)) {
            match cx.phase {
                Phase::Train => _ = self.gold_here(source, &e, cx)?,
                // one mistake is not said of both phases
                Phase::Test if self.r.reports.said("E0501", e.span) => return Err(Reported),
                Phase::Test => {}
            }
        }
        let mut v = if first_round {
            // before the first round nothing has come back: zeros of the payload's width
            self.zeros(&e, &text, cx)?
        } else {
            let before = self.run_by.replace(e.span);
            let run = self.task_on(source, graph, round, text);
            self.run_by = before;
            let (features, head) = run?;
            if features.is_opaque() {
                let (_, join) = self.join_of(&e);
                return Ok(((*features).clone(), join));
            }
            self.here = e.span;
            self.port(&e, &features, head, cx)?
        };
        match e.grad {
            Grad::Stop if e.port != "labels" => v = self.plain(cx, layers::STOP, Settings::new(), &[&v], v.clone()),
            Grad::Reverse(l) => {
                let out = Val { reversed: true, ..v.clone() };
                v = self.plain(cx, layers::REVERSE, settings([("lambda", Setting::Real(l))]), &[&v], out);
            }
            _ => {}
        }
        let sends = self.type_of(&v, cx.corpus);
        let (v, join) = self.via(v, &e, cx)?;
        let arrives = self.type_of(&v, cx.corpus);
        let join_word = if matches!(e.target, Target::Slot(..)) { "slot" } else { join.word() };
        let carried = Carried { sends, arrives, join: join_word };
        let known = &mut self.out.carried[edge];
        match known.binary_search_by_key(&cx.graph, |k| k.0) {
            Err(at) => {
                known.reserve_exact(if known.is_empty() { 2 } else { 0 });
                known.insert(at, (cx.graph, SmallList::one(carried)));
            }
            // seldom more than one
            Ok(at) if !known[at].1.contains(&carried) => {
                known[at].1 = known[at].1.iter().cloned().chain([carried]).collect();
            }
            Ok(_) => {}
        }
        Ok((v, join))
    }

    /// What arrives after the stages of `via`, and how it joins the destination.
    pub(super) fn via(&mut self, mut v: Val, e: &Edge, cx: &Cx) -> Result<(Val, Join), Reported> {
        let def = &self.p.edges[e.def];
        let (stages, join) = self.join_of(e);
        for stage in stages {
            let (owner, env) = (e.name.clone(), def.env.clone());
            let inner = Cx { owner, env, encoder: None, arrow: true, ..cx.fed(Some(v)) };
            v = self.eval(stage, &inner)?;
            if v.is_opaque() {
                break;
            }
        }
        if e.dropout > 0.0 {
            v = dropout::apply(self, v, e.dropout, cx);
        }
        Ok((v, join))
    }

    /// Zeros in place of what a feedback arrow carries, before anything has come back.
    pub(super) fn zeros(&mut self, e: &Edge, text: &SmallList<usize>, cx: &Cx) -> Out {
        let width = match e.port {
            "hidden" => self.hidden_width(e, text, cx, &mut vec![])?,
            _ => self.head_width(e.source),
        };
        Ok(self.blank(e, width, text, cx))
    }

    pub(super) fn blank(&mut self, e: &Edge, width: Dim, text: &SmallList<usize>, cx: &Cx) -> Val {
        let kind = match self.head_takes(e.source) {
            Takes::Tokens | Takes::Passages | Takes::Words | Takes::PastWords => VKind::Seq,
            Takes::Example | Takes::Members | Takes::Joined(_) | Takes::Any => VKind::Vec,
        };
        let donor = self.text_value(text.clone(), cx);
        let shape = if kind == VKind::Seq { "seq" } else { "vec" };
        // the width itself may wait for the data; until then these say whose it is
        let set = settings([
            ("shape", Setting::Text(shape.into())),
            ("task", Setting::Int(e.source as i64)),
            ("port", Setting::Text(e.port.into())),
        ]);
        let out = Val { kind, width, tops: SmallSet::none(), classes: e.port != "hidden", ..donor.clone() };
        self.plain(cx, layers::ZEROS, set, &[&donor], out)
    }

    /// Width of the features of an arrow's source, with all that arrows add to them, before any of it is computed.
    pub(super) fn hidden_width(
        &mut self,
        e: &Edge,
        text: &SmallList<usize>,
        cx: &Cx,
        open: &mut Vec<usize>,
    ) -> Result<Dim, Reported> {
        let task = e.source;
        if let Some((w, _)) = &self.out.inputs[task].width {
            return Ok(w.clone());
        }
        if open.contains(&task) {
            let name = self.r.tasks[task].name.clone();
            let d = Diagnostic::new("E0407", format!("the width of `{name}.hidden` depends on itself"));
            let d = d.at(e.span, format!("makes `{}` wider by its own width", name));
            return Err(self.report(d.help("let the states enter by `via gate` or `via add`")));
        }
        open.push(task);
        let def = &self.p.tasks[self.r.tasks[task].def];
        let from = def.ast.from.as_ref().ok_or(Reported)?;
        let inner = Cx {
            text: text.clone(),
            owner: self.r.tasks[task].name.as_str().into(),
            env: def.env.clone(),
            encoder: None,
            input: None,
            task,
            ..cx.clone()
        };
        let mut width = self.eval(from, &inner)?.width;
        for k in self.edges_into(task, cx.phase) {
            let into = self.r.edges[k].clone();
            if self.join_of(&into).1 != Join::Concat {
                continue;
            }
            let carried = match into.port {
                "hidden" => self.hidden_width(&into, text, &inner, open)?,
                _ => self.head_width(into.source),
            };
            let blank = self.blank(&into, carried, text, &inner);
            width = width.plus(&self.via(blank, &into, &inner)?.0.width);
        }
        open.pop();
        Ok(width)
    }

    /// E0501: gold is wanted where the destination's data has none.
    pub(super) fn gold_here(&mut self, source: usize, e: &Edge, cx: &Cx) -> Result<usize, Reported> {
        if let Some((_, f)) = self.r.tasks[source].golds.iter().find(|g| g.0 == cx.corpus) {
            return Ok(*f);
        }
        if self.r.tasks[source].poisoned {
            return Err(Reported);
        }
        let (name, target) = (self.r.tasks[source].gold_text.clone(), self.p.data[cx.corpus].name.clone());
        let fields: Vec<&str> = self.p.data[cx.corpus].fields.iter().map(|f| f.name.as_str()).collect();
        let d = Diagnostic::new("E0501", format!("`{target}` has no gold for `{}`", self.r.tasks[source].name))
            .at(e.span, format!("wants gold on the examples of `{target}`"))
            .with(self.p.data[cx.corpus].span, format!("its fields are {}", fields.join(", ")))
            .with(self.r.tasks[source].gold_span, format!("the gold is `{name}`"));
        let runs = !cx.text.is_empty() || self.default_text(source, cx.corpus).is_ok_and(|t| !t.is_empty());
        Err(self.report(match runs {
            true => d.help("write `train predicted`: the source runs on these examples too"),
            false => d.help("remove the arrow: its source can read no text there either"),
        }))
    }

    /// The value of a port.
    pub(super) fn port(&mut self, e: &Edge, features: &Val, head: usize, cx: &Cx) -> Out {
        let task = e.source;
        let width = self.head_width(task);
        let t = &self.r.tasks[task];
        let number = (t.rule.measures)(&t.settings) == Some(crate::kinds::metrics::REALS);
        let probs_less = number && width == Dim::of(1);
        if probs_less && matches!(e.port, "probs" | "labels") {
            let d = Diagnostic::new("E0304", format!("`{}` gives a number, no distribution", self.r.tasks[task].name));
            return Err(self.report(
                d.at(e.span, format!("sends `.{}`", e.port)).help("use `regress(bins = 5)`, or send `.hidden`"),
            ));
        }
        if !(t.rule.sends)(&t.settings) && e.port != "hidden" {
            let from = format!("an arrow from `{}`", t.head_text);
            self.unsupported(e.span, from);
        }
        let scores = self.answer(task, features, cx.corpus);
        let own = self.r.tasks[task].rule.ports.iter().find(|p| p.name == e.port);
        if let Some(value) = own.and_then(|p| p.value) {
            let v = value(&self.r.tasks[task].headed(), &Sent { features, scores: &scores, arg: e.arg });
            let set = settings([("task", Setting::Int(task as i64)), ("port", Setting::Text(e.port.into()))]);
            let from = Val { node: head, ..scores };
            let v = self.plain(cx, layers::PORT, set, &[&from], v);
            let name = format!("{}.{}", self.r.tasks[task].name, e.port);
            return Ok(self.called(v, cx, &name));
        }
        let which = match (e.port, e.grad) {
            ("logits", _) => Port::Logits,
            ("probs", _) => Port::Probs,
            ("labels", Grad::Straight) => Port::Straight,
            ("labels", _) => Port::Labels,
            _ => return Ok(features.clone()),
        };
        let node = self.node(cx, Op::Port { task, port: which }, &[head], &scores);
        let mut out = Val { node, ..scores };
        let share = match e.train {
            Mode::Gold => Some((1.0, 1.0)),
            Mode::Scheduled(a, b) => Some((a, b)),
            _ => None,
        };
        if let Some(share) = share
            && cx.phase == Phase::Train
        {
            let field = self.gold_here(task, e, cx)?;
            out.node = self.node(cx, Op::Gold { task, field, share }, &[out.node], &out);
        }
        Ok(out)
    }

    /// The stages of `via` and how its value joins the destination.
    pub(super) fn join_of(&self, e: &Edge) -> (Vec<&'p Expr>, Join) {
        let p = self.p;
        let def = &p.edges[e.def];
        let mut stages = vec![];
        if let Some(via) = &def.ast.via {
            pipe_stages(via, &mut stages);
        }
        let joins = |s: &&Expr| match &*s.value {
            ExprKind::Name(n) => layers::function(n)?.marks.joins,
            _ => None,
        };
        let Some(join) = stages.last().and_then(joins) else { return (stages, Join::Concat) };
        if !join.computes() {
            stages.pop();
        }
        (stages, join)
    }

    /// Joins what an arrow carries into `h`.
    pub(super) fn enter(&mut self, h: Val, edge: usize, cx: &Cx) -> Out {
        let (payload, join) = self.payload(edge, cx)?;
        let e = self.r.edges[edge].clone();
        if let Some(v) = Val::opaque_of(&[&h, &payload]) {
            return Ok(v);
        }
        self.here = e.span;
        if let Target::Slot(task, slot) = &e.target {
            return self.enter_slot(h, payload, &e, *task, slot, cx);
        }
        if let Target::Task(task) = e.target
            && let Some(v) = self.enter_head(&h, &payload, &e, task, join, cx)?
        {
            return Ok(v);
        }
        if join == Join::Query {
            let d = Diagnostic::new("E0425", "only a pointer is asked with queries").at(e.span, "ends elsewhere");
            return Err(self.report(d.help("let the arrow end at a `point` task, or remove `query`")));
        }
        let c = self.fit(payload, e.span, &h, cx)?;
        let site_span = e.target_span;
        let inner = || Cx { owner: e.name.clone(), ..cx.clone() };
        // what an arrow brings does not raise the depth of the layer below
        let keep_tops = |mut v: Val, h: &Val| {
            v.depth = h.depth;
            v.tops.clone_from(&h.tops);
            v
        };
        let v = match join {
            Join::Concat => {
                let width = h.width.plus(&c.width);
                let out = Val::merged(&[&h, &c], h.kind, width);
                self.plain(cx, layers::CONCAT, Settings::new(), &[&h, &c], out)
            }
            Join::Weight | Join::Mask => {
                let out = Val::merged(&[&h, &c], h.kind, h.width.clone());
                self.plain(cx, join.word(), Settings::new(), &[&h, &c], out)
            }
            // refused above
            Join::Query => return Err(Reported),
            Join::Gate => {
                let out = Val::merged(&[&h, &c], h.kind, h.width.clone());
                gate::apply(
                    self,
                    &inner(),
                    Site { span: site_span, sub: 1, word: "gate", numbered: false },
                    &h,
                    &[&c],
                    out,
                )?
            }
            Join::Add => {
                let out = Val::merged(&[&h, &c], h.kind, h.width.clone());
                let site = Site { span: site_span, sub: 1, word: "add", numbered: false };
                add::projected(self, &inner(), site, &h, &c, out)?
            }
        };
        Ok(keep_tops(v, &h))
    }

    /// E0305: an arrow into a layer that its encoder does not have.
    pub(crate) fn check_layers_entered(&mut self) {
        let mut tops: HashMap<usize, usize> = HashMap::default();
        for (key, done) in &self.out.encoders {
            if let Ok((v, taps)) = done.as_deref()
                && !v.is_opaque()
                && !v.model
            {
                let top = tops.entry(key.0).or_insert(0);
                *top = (*top).max(taps.len() - 1);
            }
        }
        for k in 0..self.r.edges.len() {
            let Target::Encoder(i, layer) = self.r.edges[k].target else { continue };
            if !self.r.edges[k].alive {
                continue;
            }
            let Some(top) = tops.get(&i).copied() else { continue };
            let k0 = layer.unwrap_or(1) as usize;
            if k0 <= top {
                continue;
            }
            let name = self.p.encoders[i].name.clone();
            let d = match top {
                0 => Diagnostic::new("E0305", format!("`{name}` has no layer that an arrow could enter")),
                1 => Diagnostic::new("E0305", format!("`{name}` has 1 layer")),
                n => Diagnostic::new("E0305", format!("`{name}` has {n} layers")),
            };
            let d = d
                .at(self.r.edges[k].target_span, format!("there is no layer {k0}"))
                .with(self.p.encoders[i].span, "declared here");
            self.report(match top {
                0 => d.help("let the arrow end at an encoder with a layer, or at a task"),
                n => d.help(format!("write `{name}@{n}`")),
            });
        }
    }
}
