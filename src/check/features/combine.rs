//! Values side by side: `&`, arithmetic, and what must agree.

use super::*;

impl<'p> Checker<'p> {
    pub(super) fn concat(&mut self, vals: Vec<(Val, Span)>, cx: &Cx) -> Out {
        if vals.iter().any(|(v, _)| v.kind == VKind::Opaque) {
            let all: Vec<&Val> = vals.iter().map(|(v, _)| v).collect();
            return Ok(Val { kind: VKind::Opaque, ..Self::merged(&all, VKind::Opaque, Dim::of(0)) });
        }
        let (first, first_span) = &vals[0];
        for (v, span) in &vals[1..] {
            self.same_kind(first, *first_span, v, *span, cx)?;
        }
        let all: Vec<&Val> = vals.iter().map(|(v, _)| v).collect();
        if all.len() == 1 {
            return Ok(all[0].clone());
        }
        let width = all.iter().fold(Dim::of(0), |w, v| w.plus(&v.width));
        let out = Self::merged(&all, first.kind, width);
        Ok(self.plain(cx, "concat", Settings::new(), &all, out))
    }

    /// Both per token of one text, or both per example; else an axis error that shows both.
    pub(super) fn same_kind(&mut self, a: &Val, a_span: Span, b: &Val, b_span: Span, cx: &Cx) -> Result<(), Poison> {
        for (v, span) in [(a, a_span), (b, b_span)] {
            if v.kind == VKind::Text {
                let d = Diagnostic::new("E0404", "words are no vectors yet").at(span, "a text");
                return Err(self.report(d.help("embed them first: `embed(100)`")));
            }
        }
        if a.kind != b.kind {
            let d = Diagnostic::new("E0409", "a sequence and a single vector cannot stand side by side")
                .at(b_span, Self::shape_words(b))
                .with(a_span, Self::shape_words(a));
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

    pub(super) fn arithmetic(&mut self, op: &ast::Node<ast::BinOp>, a: &Expr, b: &Expr, cx: &Cx) -> Out {
        use ast::BinOp::*;
        let factor = |e: &Expr| match self.p.constant(e, &cx.env) {
            Some(Item::Number(n)) => Some(n),
            _ => None,
        };
        match (op.value, factor(a), factor(b)) {
            (Mul, Some(k), None) | (Mul, None, Some(k)) | (Div, None, Some(k)) => {
                let v = self.eval(if factor(a).is_some() { b } else { a }, cx)?;
                let k = if op.value == Div { 1.0 / k } else { k };
                Ok(self.plain(cx, "scale", settings([("factor", Setting::Real(k))]), &[&v], v.clone()))
            }
            (Add | Sub | Mul, None, None) => {
                let (x, y) = (self.eval(a, cx)?, self.eval(b, cx)?);
                let kind = match op.value {
                    Add => "add",
                    Sub => "sub",
                    _ => "mul",
                };
                self.pointwise(kind, (x, a.span), (y, b.span), cx)
            }
            _ => {
                let d = Diagnostic::new("E0408", "features cannot be combined like this").at(op.span, "");
                Err(self.report(d.help("use `&`, `+`, `-` or `*`")))
            }
        }
    }

    pub(super) fn pointwise(&mut self, kind: &str, a: (Val, Span), b: (Val, Span), cx: &Cx) -> Out {
        if a.0.kind == VKind::Opaque || b.0.kind == VKind::Opaque {
            return Ok(Val { kind: VKind::Opaque, ..Self::merged(&[&a.0, &b.0], VKind::Opaque, Dim::of(0)) });
        }
        self.same_kind(&a.0, a.1, &b.0, b.1, cx)?;
        self.same_width(&a, &b)?;
        let out = Self::merged(&[&a.0, &b.0], a.0.kind, a.0.width.clone());
        Ok(self.plain(cx, kind, Settings::new(), &[&a.0, &b.0], out))
    }

    pub(super) fn same_width(&mut self, a: &(Val, Span), b: &(Val, Span)) -> Result<(), Poison> {
        if a.0.width == b.0.width {
            return Ok(());
        }
        let d = Diagnostic::new("E0411", format!("widths {} and {} do not agree", a.0.width, b.0.width))
            .at(b.1, format!("{} numbers", b.0.width))
            .with(a.1, format!("{} numbers", a.0.width));
        Err(self.report(d.help(format!("bring them together: `|> dense({})`", a.0.width))))
    }

    /// Brings `v` to the kind and axis of `like`: a vector is spread over tokens, a sequence is averaged.
    pub(super) fn fit(&mut self, v: Val, span: Span, like: &Val, cx: &Cx) -> Out {
        match (v.kind, like.kind) {
            (VKind::Vec, VKind::Seq) => {
                let out = Val { kind: VKind::Seq, axis: like.axis.clone(), flow: Flow::Full, ..v.clone() };
                Ok(self.plain(cx, "broadcast", Settings::new(), &[&v, like], out))
            }
            (VKind::Seq, VKind::Vec) => {
                let out = Val { kind: VKind::Vec, halves: None, ..v.clone() };
                Ok(self.plain(cx, "mean", Settings::new(), &[&v], out))
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
