//! Values side by side: `&`, arithmetic, and what must agree.

use super::*;

impl<'p> Elaborator<'p> {
    /// Brings values to the same lists: one that belongs to no list is repeated for each member, one that belongs to
    /// no text for each token of a sequence beside it.
    pub(super) fn beside(&mut self, vals: &[(Val, Span)], cx: &Cx) -> Result<Vec<(Val, Span)>, Reported> {
        let Some(most) = vals.iter().rev().max_by_key(|(v, _)| v.outer.len()) else { return Ok(vec![]) };
        let (mut outer, outer_span) = (most.0.outer.clone(), most.1);
        for (v, _) in vals {
            for (here, o) in outer.iter_mut().zip(&v.outer).filter(|(_, o)| o.turns) {
                here.clone_from(o);
            }
        }
        for (v, span) in vals {
            if let Some((a, b)) = v.outer.iter().zip(&outer).find(|(a, b)| !a.fits(b)) {
                let d = Diagnostic::new(
                    "E0424",
                    format!("`{}` and `{}` are different lists, member by member", b.name, a.name),
                )
                .at(*span, format!("one value for each of `{}`", a.name))
                .with(outer_span, format!("one value for each of `{}`", b.name));
                return Err(self
                    .report(d.help("pool one of the lists first: `|> mean`, `|> max`, or `mix(list, weights = p)`")));
            }
        }
        let like = vals.iter().find(|(v, _)| v.kind == VKind::Seq).map(|(v, _)| v.clone());
        let mut out = vec![];
        for (v, span) in vals {
            let mut v = v.clone();
            if let Some(like) = &like
                && v.is_condition()
            {
                let wide = Val { kind: VKind::Seq, axis: like.axis.clone(), flow: Flow::Local, ..v.clone() };
                v = self.plain(cx, layers::BROADCAST, Settings::new(), &[&v, like], wide);
            }
            v.outer.clone_from(&outer);
            out.push((v, *span));
        }
        Ok(out)
    }

    pub(super) fn concat(&mut self, vals: Vec<(Val, Span)>, cx: &Cx) -> Out {
        let refs: Vec<&Val> = vals.iter().map(|(v, _)| v).collect();
        if let Some(v) = Val::opaque_of(&refs) {
            return Ok(v);
        }
        let vals = self.beside(&vals, cx)?;
        let (first, first_span) = &vals[0];
        for (v, span) in &vals[1..] {
            self.same_kind(first, *first_span, v, *span, cx)?;
        }
        let all: Vec<&Val> = vals.iter().map(|(v, _)| v).collect();
        if all.len() == 1 {
            return Ok(all[0].clone());
        }
        let width = all.iter().fold(Dim::of(0), |w, v| w.plus(&v.width));
        let out = Val::merged(&all, first.kind, width);
        Ok(self.plain(cx, layers::CONCAT, Settings::new(), &all, out))
    }

    /// Both per token of one text, or both per example; else an axis error that shows both.
    pub(super) fn same_kind(&mut self, a: &Val, a_span: Span, b: &Val, b_span: Span, cx: &Cx) -> Result<(), Reported> {
        for (v, span) in [(a, a_span), (b, b_span)] {
            self.vectors(v, span)?;
        }
        if a.kind != b.kind {
            let d = Diagnostic::new("E0409", "a sequence and a single vector cannot stand side by side")
                .at(b_span, b.words())
                .with(a_span, a.words());
            return Err(self.report(d.help("pool the sequence first: `|> attend`, `mean`, `max` or `last`")));
        }
        if a.kind == VKind::Seq && a.axis != b.axis {
            let (x, y) = (self.axis_name(cx.corpus, &a.axis), self.axis_name(cx.corpus, &b.axis));
            let d = Diagnostic::new("E0410", format!("`{x}` and `{y}` are different texts, token by token"))
                .at(b_span, format!("runs over `{y}`"))
                .with(a_span, format!("runs over `{x}`"));
            return Err(self.report(d.help("pool one of them first: `|> attend`, `mean`, `max` or `last`")));
        }
        Ok(())
    }

    /// E0404: only vectors stand beside vectors.
    pub(super) fn vectors(&mut self, v: &Val, span: Span) -> Result<(), Reported> {
        let (what, place, help) = match v.kind {
            VKind::Text => ("words are", "a text", "embed them first: `embed(100)`"),
            VKind::Label => ("classes are", "a class", "embed it first: `embed(16)(class)`"),
            VKind::Spans => ("spans are", "spans", "take their states first: `via span_attend`, or `h |> at(span)`"),
            VKind::Graph => ("a graph is", "a graph", "encode its nodes first: `rgcn(graph, 2)`"),
            VKind::Seq | VKind::Vec | VKind::Opaque => return Ok(()),
        };
        let d = Diagnostic::new("E0404", format!("{what} no vectors yet")).at(span, place);
        if v.kind == VKind::Label
            && let Some(arrow) = v.reads.iter().find_map(|f| self.r.gold_arrow_at(span, *f))
        {
            return Err(self.report(d.help(format!("gold is sent by the task that learns it: {arrow}"))));
        }
        Err(self.report(d.help(help)))
    }

    pub(super) fn arithmetic(&mut self, op: &ast::Node<ast::BinOp>, a: &Expr, b: &Expr, cx: &Cx) -> Out {
        use ast::BinOp::*;
        let factor = |e: &Expr| match self.p.constant(e, &cx.env) {
            Some(Item::Number(n)) => Some(n),
            _ => None,
        };
        match (op.value, factor(a), factor(b)) {
            (Mul, Some(k), None) | (Mul, None, Some(k)) | (Div, None, Some(k)) => {
                let e = if factor(a).is_some() { b } else { a };
                let v = self.eval(e, cx)?;
                self.vectors(&v, e.span)?;
                if v.is_opaque() {
                    return Ok(v);
                }
                if op.value == Div && k == 0.0 {
                    let d = Diagnostic::new("E0207", "features are divided by zero").at(b.span, "zero");
                    return Err(self.report(d.help("divide by another number")));
                }
                let k = if op.value == Div { 1.0 / k } else { k };
                Ok(self.plain(cx, layers::SCALE, settings([("factor", Setting::Real(k))]), &[&v], v.clone()))
            }
            (Add | Sub | Mul, None, None) => {
                let (x, y) = (self.eval(a, cx)?, self.eval(b, cx)?);
                let kind = match op.value {
                    Add => add::ADD_LAYER.name,
                    Sub => add::SUB.name,
                    _ => add::MUL.name,
                };
                add::pointwise(self, kind, (x, a.span), (y, b.span), cx)
            }
            _ => {
                let d = Diagnostic::new("E0408", "features cannot be combined like this").at(op.span, "");
                let help = match (op.value, factor(a), factor(b)) {
                    (Gt, ..) => "to pipe the one into the other write `|>`",
                    (Add | Sub | Mul | Div, Some(_), _) | (Add | Sub, _, Some(_)) => {
                        "a number can only scale features: `2 * f`, `f / 3`"
                    }
                    _ => "use `&`, `+`, `-` or `*`",
                };
                Err(self.report(d.help(help)))
            }
        }
    }

    /// Brings `v` to the kind and axis of `like`: a vector is spread over tokens, a sequence is averaged.
    pub(super) fn fit(&mut self, v: Val, span: Span, like: &Val, cx: &Cx) -> Out {
        if v.outer.len() > like.outer.len() {
            let name = v.outer.last().map(|o| o.name.clone()).unwrap_or_default();
            let d =
                Diagnostic::new("E0424", format!("a value for each of `{name}` enters where there is no such list"))
                    .at(span, v.words());
            return Err(self.report(
                d.help("pool the list on the way: `via mean`, `via mix(list)`, or send one member: `.top(1)`"),
            ));
        }
        let v = self.beside(&[(v, span), (like.clone(), span)], cx)?.swap_remove(0).0;
        self.vectors(&v, span)?;
        match (v.kind, like.kind) {
            (VKind::Vec, VKind::Seq) => {
                let out = Val { kind: VKind::Seq, axis: like.axis.clone(), flow: Flow::Full, ..v.clone() };
                Ok(self.plain(cx, layers::BROADCAST, Settings::new(), &[&v, like], out))
            }
            (VKind::Seq, VKind::Vec) => {
                let out = Val { kind: VKind::Vec, halves: None, ..v.clone() };
                Ok(self.plain(cx, layers::MEAN, Settings::new(), &[&v], out))
            }
            (VKind::Seq, VKind::Seq) if v.axis != like.axis => {
                let (x, y) = (self.axis_name(cx.corpus, &v.axis), self.axis_name(cx.corpus, &like.axis));
                let d = Diagnostic::new("E0410", format!("`{x}` and `{y}` are different texts, token by token"))
                    .at(span, format!("carries a value for each token of `{x}`"));
                Err(self.report(d.help("pool it on the way: `via embed(32) |> attend`")))
            }
            _ => Ok(v),
        }
    }
}
