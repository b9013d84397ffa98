//! Functions of several values.

use super::*;

impl<'p> Checker<'p> {
    /// Functions of several values.
    pub(super) fn interaction(
        &mut self,
        row: &'static builtins::Function,
        span: Span,
        args: &[ast::Arg],
        whole: Span,
        cx: &Cx,
    ) -> Out {
        let mut vals: Vec<(Val, Span)> = vec![];
        let mut rest: Vec<ast::Arg> = vec![];
        if let Some(v) = &cx.input {
            vals.push((v.clone(), span));
        }
        let free = Cx { input: None, ..cx.clone() };
        let mut failed = false;
        for a in args {
            let feature = match &a.name {
                None => !matches!(&*a.value.value, ExprKind::Number(_)),
                Some(n) => matches!(n.value.as_str(), "by" | "weights"),
            };
            if feature {
                match self.eval(&a.value, &free) {
                    Ok(v) => vals.push((v, a.value.span)),
                    Err(Poison) => failed = true,
                }
            } else {
                rest.push(a.clone());
            }
        }
        if failed {
            return Err(Poison);
        }
        for (v, s) in &vals {
            if let Some(p) = self.parts_error(&v.clone(), *s) {
                return Err(p);
            }
        }
        if row.name == "concat" {
            if vals.is_empty() {
                return Err(Poison);
            }
            return self.concat(vals, cx);
        }
        if row.name == "gate" && vals.len() == 1 && args.len() <= 1 {
            // `gate(shared)`: lets itself in through a gate of its own
            vals.push(vals[0].clone());
        }
        if vals.len() != 2 {
            let d = Diagnostic::new("E0236", format!("`{}` joins two values", row.name))
                .at(whole, format!("{} given", vals.len()));
            return Err(self.report(d.help(format!("write `{}`", row.example))));
        }
        let o = self.options(row, &rest, whole)?;
        if vals.iter().any(|(v, _)| v.kind == VKind::Opaque) {
            let all: Vec<&Val> = vals.iter().map(|(v, _)| v).collect();
            return Ok(Val { kind: VKind::Opaque, ..Self::merged(&all, VKind::Opaque, Dim::of(0)) });
        }
        let site = Site { span: whole, sub: 0, word: row.name, numbered: false };
        let owner = cx.owner.clone();
        let (b, bs) = vals.pop().ok_or(Poison)?;
        let (a, asp) = vals.pop().ok_or(Poison)?;
        match row.name {
            "add" => self.pointwise("add", (a, asp), (b, bs), cx),
            "mix" => {
                for (v, s) in [(&a, asp), (&b, bs)] {
                    if v.kind != VKind::Seq {
                        self.need_seq(v, row, s)?;
                    }
                }
                self.same_kind(&a, asp, &b, bs, cx)?;
                if b.width != Dim::of(1) {
                    let d =
                        Diagnostic::new("E0411", "weights are one number for each token").at(bs, Self::shape_words(&b));
                    return Err(self.report(d.help("write `mix(h, weights = attention(h))`")));
                }
                let out = Self::merged(&[&a, &b], VKind::Vec, a.width.clone());
                Ok(self.plain(cx, "mix", Settings::new(), &[&a, &b], out))
            }
            "gate" => {
                let b = self.fit(b, bs, &a, cx)?;
                let out = Self::merged(&[&a, &b], a.kind, a.width.clone());
                self.gate(cx, site, &a, &b, out)
            }
            _ => {
                // pairs of vectors
                for (v, s) in [(&a, asp), (&b, bs)] {
                    if v.kind == VKind::Text {
                        let d = Diagnostic::new("E0404", "words are no vectors yet").at(s, "a text");
                        return Err(self.report(d.help("encode and pool it: `enc(a) |> max`")));
                    }
                    if v.kind == VKind::Seq {
                        let d = Diagnostic::new("E0405", format!("`{}` joins one vector with another", row.name));
                        return Err(self.report(d.at(s, Self::shape_words(v)).help("pool it: `enc(a) |> max`")));
                    }
                }
                match row.name {
                    "bilinear" => {
                        let d = self.opt_size(&o, "d", 1, cx)?;
                        let out = Self::merged(&[&a, &b], VKind::Vec, Dim::of(d));
                        let Some(wb) = b.width.known() else {
                            let e = Diagnostic::new("E0411", "`bilinear` needs widths that do not depend on labels");
                            return Err(
                                self.report(e.at(bs, Self::shape_words(&b)).help("put `|> dense(64)` before it"))
                            );
                        };
                        let wa = a.width.clone();
                        let set = settings([("width", Setting::Int(d as i64))]);
                        self.layer(cx, site, "bilinear", set, &[&a, &b], out, &|s, name| {
                            vec![s.param(
                                format!("{name}.weight"),
                                vec![wa.clone(), Dim::of(wb * d)],
                                InitRule::FanIn(wa.clone()),
                                &owner,
                            )]
                        })
                    }
                    _ => {
                        self.same_width(&(a.clone(), asp), &(b.clone(), bs))?;
                        let width = if row.name == "match" { a.width.times(4) } else { Dim::of(1) };
                        let out = Self::merged(&[&a, &b], VKind::Vec, width);
                        Ok(self.plain(cx, row.name, Settings::new(), &[&a, &b], out))
                    }
                }
            }
        }
    }

    pub(super) fn gate(&mut self, cx: &Cx, site: Site<'_>, h: &Val, c: &Val, out: Val) -> Out {
        let (owner, dh, dc) = (cx.owner.clone(), h.width.clone(), c.width.clone());
        self.layer(cx, site, "gate", Settings::new(), &[h, c], out, &|s, name| {
            let both = dh.plus(&dc);
            vec![
                s.param(format!("{name}.w"), vec![both.clone(), dh.clone()], InitRule::FanIn(both.clone()), &owner),
                s.param(format!("{name}.b"), vec![dh.clone()], InitRule::FanIn(both), &owner),
                s.param(format!("{name}.u"), vec![dc.clone(), dh.clone()], InitRule::FanIn(dc.clone()), &owner),
            ]
        })
    }
}
