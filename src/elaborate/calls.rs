//! Calls of functions over features: arguments and inputs.

use super::*;
use crate::kinds::layers::{ARGUMENT_WORDS, function};

impl<'p> Elaborator<'p> {
    pub(super) fn function(&mut self, name: &str, span: Span, args: &[ast::Arg], whole: Span, cx: &Cx) -> Out {
        let Some(row) = function(name) else { return Err(Reported) };
        if !row.runs {
            self.unsupported(whole, format!("`{name}`"));
        }
        let call = Call { row, span, args, whole, cx };
        match row.rule {
            Rule::Layer(_) => {
                if let Some(first) = args.first().filter(|a| a.name.is_none()) {
                    self.r.no_features(row, &first.value, &cx.env)?;
                }
                let Some(count) = self.repeated(row, args, cx) else { return self.one_layer(&call, 0, 1) };
                let mut v = self.input(row, span, cx)?;
                for k in 0..count {
                    let inner = cx.fed(Some(v));
                    v = self.one_layer(&Call { cx: &inner, ..call }, k, count)?;
                }
                Ok(v)
            }
            Rule::Value(rule) if row.deep => {
                let out = rule(self, &call)?;
                let below = out.tops.clone();
                self.on_top(out, below, cx)
            }
            Rule::Value(rule) | Rule::Family(rule) => rule(self, &call),
        }
    }

    /// One layer of the encoder's stack; on two directions that know nothing of each other, one on each.
    pub(super) fn one_layer(&mut self, call: &Call<'_>, k: usize, count: usize) -> Out {
        let Some(both) = call.cx.input.as_ref().filter(|v| v.flow == Flow::Sides) else {
            return self.layer_on(call, k, count, k);
        };
        let mut done = vec![];
        for (side, flow) in [Flow::Fwd, Flow::Bwd].into_iter().enumerate() {
            let half = self.half(both, side, flow, call.cx);
            let cx = call.cx.fed(Some(half));
            done.push(self.layer_on(&Call { cx: &cx, ..*call }, k, count, k + side * count)?);
        }
        let [fwd, bwd] = done.as_slice() else { return Err(Reported) };
        let flow = if (fwd.flow, bwd.flow) == (Flow::Fwd, Flow::Bwd) { Flow::Sides } else { Flow::Full };
        let out = Val { flow, ..Val::merged(&[fwd, bwd], fwd.kind, fwd.width.plus(&bwd.width)) };
        Ok(self.plain(call.cx, layers::CONCAT, Settings::new(), &[fwd, bwd], out))
    }

    /// One layer of the stack; `sub`: which of those that stand at this place.
    fn layer_on(&mut self, call: &Call<'_>, k: usize, count: usize, sub: usize) -> Out {
        let Rule::Layer(rule) = call.row.rule else { return Err(Reported) };
        let o = self.options(call.row, call.args, call.whole)?;
        let input = self.input(call.row, call.span, call.cx)?;
        if input.is_opaque() {
            return Ok(Val { depth: input.depth + 1, ..input });
        }
        let below = input.tops.clone();
        let v = self.layer_input(input, call.cx)?;
        if v.is_opaque() {
            return Ok(Val { depth: v.depth + 1, ..v });
        }
        let ask: &mut dyn Elaborate = self;
        let d = ask.opt_size(call, &o, "d", 0)?;
        let rate = ask.opt_number(call, &o, "dropout", ask.rate())?;
        let out = Val { depth: v.depth + 1, halves: None, classes: false, parts: vec![], latent: None, ..v.clone() };
        let site = Site { sub, numbered: count > 1, ..call.site() };
        let before = self.out.layers.len();
        let out = rule(self, Stacked { call, o, v, out, site, d, k, rate })?;
        if let Some(i) = call.cx.encoder {
            let new = (before..self.out.layers.len()).filter(|l| !self.out.layers[*l].params.is_empty());
            self.out.stacks.entry((i, out.depth)).or_default().extend(new);
            let sides = if out.halves.is_some() { 2 } else { 1 };
            if let Some(w) = out.width.known() {
                self.out.side_widths.insert((i, out.depth), w / sides);
            }
        }
        self.on_top(out, below, call.cx)
    }

    /// Notes that a layer of the encoder that is being elaborated stands on others. What it goes on with.
    fn on_top(&mut self, mut out: Val, below: SmallSet<(usize, u32)>, cx: &Cx) -> Out {
        if let Some(i) = cx.encoder
            && !out.model
        {
            let here = (i, out.depth);
            self.out.below.entry(here).or_default().extend(below.iter().copied());
            if out.depth > 1 {
                self.out.below.entry(here).or_default().insert((i, out.depth - 1));
            }
            out.tops = SmallSet::one(here);
            return self.mixed(out, i, cx);
        }
        Ok(out)
    }

    /// The features of a call in order: what flows in, then the arguments that are no numbers, strings or words, then
    /// those called one of `named`; and the arguments that are left.
    pub(super) fn features(
        &mut self,
        call: &Call<'_>,
        named: &[&str],
    ) -> Result<(Vec<Placed>, Vec<ast::Arg>), Reported> {
        let mut vals: Vec<(Val, Span)> = vec![];
        let mut rest: Vec<ast::Arg> = vec![];
        if let Some(v) = &call.cx.input {
            vals.push((v.clone(), call.span));
        }
        let free = call.cx.fed(None);
        let mut failed = false;
        for a in call.args {
            let feature = match (&a.name, &*a.value.value) {
                (Some(n), _) => named.contains(&n.value.as_str()),
                (None, ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::List(_)) => false,
                (None, ExprKind::Name(n)) => !ARGUMENT_WORDS.contains(&n.as_str()),
                _ => true,
            };
            if feature {
                match self.eval(&a.value, &free) {
                    Ok(v) => vals.push((v, a.value.span)),
                    Err(Reported) => failed = true,
                }
            } else {
                rest.push(a.clone());
            }
        }
        if failed {
            return Err(Reported);
        }
        for (v, s) in &vals {
            if let Some(p) = self.parts_error(v, *s) {
                return Err(p);
            }
        }
        Ok((vals, rest))
    }

    /// What a function reads from the left of `|>`: else the text that is meant.
    pub(super) fn input(&mut self, row: &'static Function, span: Span, cx: &Cx) -> Out {
        let v = match &cx.input {
            Some(v) => v.clone(),
            None => self.implicit_text(span, cx)?,
        };
        if let Some(p) = self.parts_error(&v, span) {
            return Err(p);
        }
        self.need_vectors(&v, row, span)?;
        Ok(v)
    }

    /// The one input of a function, and its other arguments: what flows in, or its first argument when that is no
    /// option (`last(enc)`).
    pub(super) fn one<'a>(&mut self, call: &Call<'a>) -> Result<(Val, Arguments<'a>), Reported> {
        if call.cx.input.is_none()
            && let Some(first) = call.args.first()
            && first.name.is_none()
            && !matches!(&*first.value.value, ExprKind::Number(_))
        {
            let v = self.eval(&first.value, call.cx)?;
            let v = self.input(call.row, call.span, &call.cx.fed(Some(v)))?;
            return Ok((v, self.options(call.row, &call.args[1..], call.whole)?));
        }
        let v = self.input(call.row, call.span, call.cx)?;
        Ok((v, self.options(call.row, call.args, call.whole)?))
    }

    /// E0404: words, classes, spans and graphs are no vectors yet.
    pub(super) fn need_vectors(&mut self, v: &Val, row: &'static Function, span: Span) -> Result<(), Reported> {
        let (what, place, help) = match v.kind {
            VKind::Text => ("words", "reads a text", format!("embed the words first: `embed(100) |> {}`", row.example)),
            VKind::Label => {
                ("classes", "reads a class", format!("embed the class first: `embed(16) |> {}`", row.example))
            }
            VKind::Spans => {
                ("spans", "reads spans", format!("take their states first: `span_attend |> {}`", row.example))
            }
            VKind::Graph => {
                ("a graph", "reads a graph", format!("encode its nodes first: `rgcn(graph, 2) |> {}`", row.example))
            }
            VKind::Seq | VKind::Vec | VKind::Opaque => return Ok(()),
        };
        let d = Diagnostic::new("E0404", format!("`{}` reads vectors, not {what}", row.name)).at(span, place);
        Err(self.report(d.help(help)))
    }

    pub(super) fn need_seq(&mut self, v: &Val, call: &Call<'_>, span: Span) -> Result<(), Reported> {
        if v.kind == VKind::Vec {
            // `enc(topic)`: nothing was pooled, what the encoder is applied to has no tokens
            let fields = &self.p.data[call.cx.corpus].fields;
            if let ([f], Some(named)) = (call.cx.text.as_slice(), call.cx.named)
                && !is_texty(&fields[*f].ty)
                && v.axis.is_empty()
            {
                let (name, ty) = (&fields[*f].name, type_word(&fields[*f].ty));
                let d = Diagnostic::new("E0416", format!("`{name}` is `{ty}`, not a text")).at(named.at, "");
                return Err(self.report(d.help("an encoder is applied to `text` or `tokens`")));
            }
            let d = Diagnostic::new("E0405", format!("`{}` needs a vector for each token", call.row.name));
            return Err(self.report(d.at(span, v.words()).help(match self.r.brought_pooled(span) {
                true => format!("remove `{}`: the arrow brings one vector for each example", call.row.name),
                false => "remove the pooling before it".to_string(),
            })));
        }
        Ok(())
    }
}
