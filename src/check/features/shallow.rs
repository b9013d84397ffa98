//! Functions of one value that are no layers of a stack.

use super::*;

impl<'p> Checker<'p> {
    /// Functions that are no layers of a stack.
    pub(super) fn shallow(
        &mut self,
        row: &'static builtins::Function,
        span: Span,
        args: &[ast::Arg],
        whole: Span,
        cx: &Cx,
    ) -> Out {
        let site = Site { span: whole, sub: 0, word: row.name, numbered: false };
        match row.name {
            "embed" | "chars" => self.embedding(row, span, args, whole, cx),
            "match" | "dot" | "cosine" | "bilinear" | "add" | "gate" | "mix" | "concat" => {
                self.interaction(row, span, args, whole, cx)
            }
            "mix_layers" => {
                let v = cx.input.clone().ok_or(Poison).or_else(|_| self.input(row, span, cx))?;
                if v.kind == VKind::Opaque {
                    return Ok(v);
                }
                let parts = v.parts.clone();
                if parts.len() < 2 {
                    let d = Diagnostic::new("E0417", "`mix_layers` mixes several layers").at(span, "one value only");
                    return Err(self.report(d.help("write `enc@* |> mix_layers`")));
                }
                let pairs: Vec<(Val, Span)> = parts.iter().map(|p| (p.clone(), span)).collect();
                for p in &pairs[1..] {
                    self.same_width(&pairs[0], p)?;
                }
                let refs: Vec<&Val> = parts.iter().collect();
                let mut out = Self::merged(&refs, parts[0].kind, parts[0].width.clone());
                out.star = v.star;
                let (owner, n) = (cx.owner.clone(), parts.len());
                self.layer(cx, site, "mix_layers", Settings::new(), &refs, out, &|s, name| {
                    vec![
                        s.param(format!("{name}.weights"), vec![Dim::of(n)], InitRule::Fixed(Init::Zeros), &owner),
                        s.param(
                            format!("{name}.gamma"),
                            vec![Dim::of(1)],
                            InitRule::Fixed(Init::Constant(1.0)),
                            &owner,
                        ),
                    ]
                })
            }
            "union" => {
                let d = Diagnostic::new("E0408", "`union` joins data sets, not features").at(span, "");
                Err(self.report(d.help("write `of union(a, b).field`")))
            }
            _ => {
                // one input, from the pipe or as the one unnamed argument that is features
                let (v, rest) = self.unary_input(row, span, args, cx)?;
                let o = self.options(row, &rest, whole)?;
                if v.kind == VKind::Opaque {
                    return Ok(v);
                }
                match row.name {
                    "dropout" => {
                        let p = match o.get("p") {
                            Some(e) => self.rate(e, &cx.env, "`dropout`")?,
                            None => 0.0,
                        };
                        Ok(self.dropout(v, p, cx))
                    }
                    "last" | "first" | "mean" | "max" => {
                        self.need_seq(&v, row, span)?;
                        let set = settings([("bidirectional", Setting::Bool(v.halves.is_some()))]);
                        let set = if matches!(row.name, "mean" | "max") { Settings::new() } else { set };
                        let out = Val { kind: VKind::Vec, halves: None, ..v.clone() };
                        Ok(self.plain(cx, row.name, set, &[&v], out))
                    }
                    "attend" => {
                        self.need_seq(&v, row, span)?;
                        let out = Val { kind: VKind::Vec, halves: None, ..v.clone() };
                        let (owner, w) = (cx.owner.clone(), v.width.clone());
                        match o.get("query") {
                            None => self.layer(cx, site, "attend", Settings::new(), &[&v], out, &|s, name| {
                                let rule = InitRule::FanIn(w.clone());
                                vec![
                                    s.param(
                                        format!("{name}.weight"),
                                        vec![w.clone(), Dim::of(1)],
                                        rule.clone(),
                                        &owner,
                                    ),
                                    s.param(format!("{name}.bias"), vec![Dim::of(1)], rule, &owner),
                                ]
                            }),
                            Some(q) => {
                                let query = self.eval(q, &Cx { input: None, ..cx.clone() })?;
                                if query.kind == VKind::Opaque {
                                    return Ok(query);
                                }
                                if query.kind != VKind::Vec {
                                    let d = Diagnostic::new("E0405", "a query is one vector for each example");
                                    return Err(self.report(
                                        d.at(q.span, Self::shape_words(&query)).help("pool it: `.last`, `|> mean`"),
                                    ));
                                }
                                let out = Self::merged(&[&v, &query], VKind::Vec, v.width.clone());
                                let dq = query.width.clone();
                                self.layer(cx, site, "attend", Settings::new(), &[&v, &query], out, &|s, name| {
                                    vec![s.param(
                                        format!("{name}.weight"),
                                        vec![dq.clone(), w.clone()],
                                        InitRule::FanIn(dq.clone()),
                                        &owner,
                                    )]
                                })
                            }
                        }
                    }
                    "attention" => {
                        self.need_seq(&v, row, span)?;
                        let out = Val { width: Dim::of(1), halves: None, ..v.clone() };
                        let (owner, w) = (cx.owner.clone(), v.width.clone());
                        self.layer(cx, site, "attention", Settings::new(), &[&v], out, &|s, name| {
                            let rule = InitRule::FanIn(w.clone());
                            vec![
                                s.param(format!("{name}.weight"), vec![w.clone(), Dim::of(1)], rule.clone(), &owner),
                                s.param(format!("{name}.bias"), vec![Dim::of(1)], rule, &owner),
                            ]
                        })
                    }
                    "norm" => {
                        let (owner, w) = (cx.owner.clone(), v.width.clone());
                        self.layer(cx, site, "norm", Settings::new(), &[&v], v.clone(), &|s, name| {
                            vec![
                                s.param(
                                    format!("{name}.g"),
                                    vec![w.clone()],
                                    InitRule::Fixed(Init::Constant(1.0)),
                                    &owner,
                                ),
                                s.param(format!("{name}.b"), vec![w.clone()], InitRule::Fixed(Init::Zeros), &owner),
                            ]
                        })
                    }
                    "reverse" => {
                        let l = match o.get("lambda") {
                            Some(e) => self.number(e, &cx.env, "`reverse`")?,
                            None => 1.0,
                        };
                        if l < 0.0 {
                            let e = o.get("lambda").map_or(span, |e| e.span);
                            let d = Diagnostic::new("E0207", "the strength of a reversal cannot be negative").at(e, "");
                            return Err(self.report(d.help("write `reverse(0.05)`")));
                        }
                        let out = Val { reversed: true, ..v.clone() };
                        Ok(self.plain(cx, "reverse", settings([("lambda", Setting::Real(l))]), &[&v], out))
                    }
                    "stop" => Ok(self.plain(cx, "stop", Settings::new(), &[&v], v.clone())),
                    "shift" => {
                        self.need_seq(&v, row, span)?;
                        let k = match o.get("k") {
                            Some(e) => self.number(e, &cx.env, "`shift`")?,
                            None => 1.0,
                        };
                        Ok(self.plain(cx, "shift", settings([("by", Setting::Int(k as i64))]), &[&v], v.clone()))
                    }
                    _ => Err(Poison),
                }
            }
        }
    }
}
