//! Layers of an encoder's stack.

use super::*;

impl<'p> Checker<'p> {
    /// One layer of the encoder's stack.
    #[expect(clippy::too_many_arguments, reason = "the call, its place and its position in a repeated layer")]
    pub(super) fn one_layer(
        &mut self,
        name: &str,
        span: Span,
        args: &[ast::Arg],
        whole: Span,
        k: usize,
        count: usize,
        cx: &Cx,
    ) -> Out {
        let Some(row) = builtins::function(name) else { return Err(Poison) };
        let o = self.options(row, args, whole)?;
        let input = self.input(row, span, cx)?;
        if input.kind == VKind::Opaque {
            return Ok(Val { depth: input.depth + 1, ..input });
        }
        let below = input.tops.clone();
        let v = self.layer_input(input, cx)?;
        if v.kind == VKind::Opaque {
            return Ok(Val { depth: v.depth + 1, ..v });
        }
        if name != "dense" {
            self.need_seq(&v, row, span)?;
        }
        let site = Site { span: whole, sub: k, word: name, numbered: count > 1 };
        let d = self.opt_size(&o, "d", 0, cx)?;
        let mut out = Val { depth: v.depth + 1, halves: None, parts: vec![], ..v.clone() };
        let w = v.width.clone();
        let mut rate = self.dropout;
        if let Some(e) = o.get("dropout") {
            rate = self.rate(e, &cx.env, "`dropout`")?;
        }
        let mut out = match name {
            "lstm" | "gru" | "bilstm" | "bigru" => {
                let bi = name.starts_with("bi");
                let cell = if name.ends_with("lstm") { "lstm" } else { "gru" };
                let gates = if cell == "lstm" { 4 } else { 3 };
                let causal = |f: Flow, dir: Flow| match f {
                    Flow::Local => dir,
                    f if f == dir => dir,
                    _ => Flow::Full,
                };
                out.width = Dim::of(if bi { 2 * d } else { d });
                out.flow = if bi { Flow::Full } else { causal(v.flow, Flow::Fwd) };
                out.halves = bi.then(|| (causal(v.flow, Flow::Fwd), causal(v.flow, Flow::Bwd)));
                let set = settings([
                    ("cell", Setting::Text(cell.into())),
                    ("hidden", Setting::Int(d as i64)),
                    ("bidirectional", Setting::Bool(bi)),
                ]);
                let owner = cx.owner.clone();
                self.layer(cx, site, "rnn", set, &[&v], out, &|s, name| {
                    let init = InitRule::Fixed(Init::Uniform(1.0 / (d as f64).sqrt()));
                    let mut ids = vec![];
                    for dir in if bi { &["fwd", "bwd"][..] } else { &["fwd"][..] } {
                        let mut p = |part: &str, shape: Vec<Dim>| {
                            ids.push(s.param(format!("{name}.{dir}.{part}"), shape, init.clone(), &owner));
                        };
                        p("w_ih", vec![w.clone(), Dim::of(gates * d)]);
                        p("w_hh", vec![Dim::of(d), Dim::of(gates * d)]);
                        if cell == "lstm" {
                            p("b", vec![Dim::of(gates * d)]);
                        } else {
                            p("b_ih", vec![Dim::of(gates * d)]);
                            p("b_hh", vec![Dim::of(gates * d)]);
                        }
                    }
                    ids
                })?
            }
            "cnn" => {
                let widths = match o.get("widths") {
                    None => vec![3],
                    Some(e) => match self.p.list(e, &cx.env) {
                        Some(items)
                            if !items.is_empty()
                                && items
                                    .iter()
                                    .all(|(i, _)| matches!(i, Item::Number(n) if *n >= 1.0 && *n <= 1000.0 && n.fract() == 0.0)) =>
                        {
                            items
                                .iter()
                                .filter_map(|(i, _)| if let Item::Number(n) = i { Some(*n as i64) } else { None })
                                .collect()
                        }
                        _ => {
                            let d = Diagnostic::new("E0207", "`widths` is a list of sizes").at(e.span, "");
                            return Err(self.report(d.help("write `widths = [3, 4, 5]`")));
                        }
                    },
                };
                out.width = Dim::of(d * widths.len());
                out.flow = Flow::Full;
                let set = settings([("width", Setting::Int(d as i64)), ("windows", Setting::Ints(widths.clone()))]);
                let owner = cx.owner.clone();
                self.layer(cx, site, "cnn", set, &[&v], out, &|s, name| {
                    let mut ids = vec![];
                    for win in &widths {
                        let fan = w.times(*win as usize);
                        let rule = InitRule::FanIn(fan.clone());
                        ids.push(s.param(format!("{name}.w{win}.filter"), vec![fan, Dim::of(d)], rule.clone(), &owner));
                        ids.push(s.param(format!("{name}.w{win}.bias"), vec![Dim::of(d)], rule, &owner));
                    }
                    ids
                })?
            }
            "dense" => {
                let act = match o.get("activation").map(|e| (&*e.value, e.span)) {
                    None => "relu".to_string(),
                    Some((ExprKind::Name(n), _))
                        if ["none", "relu", "tanh", "gelu", "sigmoid"].contains(&n.as_str()) =>
                    {
                        n.clone()
                    }
                    Some((_, s)) => {
                        let word = self.word_at(&o, "activation");
                        return Err(self.unknown_word(
                            "E0237",
                            "an activation",
                            &word,
                            s,
                            &["relu", "tanh", "gelu", "sigmoid", "none"],
                        ));
                    }
                };
                out.width = Dim::of(d);
                out.depth = if v.kind == VKind::Seq { out.depth } else { v.depth + 1 };
                self.dense(cx, site, &v, out, d, &act, true)?
            }
            "transformer" => self.transformer(cx, site, row, &o, &v, out, d, k)?,
            _ => {
                // self_attend
                let width = if d == 0 {
                    match w.known() {
                        Some(n) => n,
                        None => {
                            let e = Diagnostic::new("E0236", "`self_attend` needs its width here").at(span, "");
                            return Err(self.report(e.help("write `self_attend(128)`")));
                        }
                    }
                } else {
                    d
                };
                let heads = self.opt_size(&o, "heads", 1, cx)?;
                self.divides(width, heads, whole)?;
                out.width = Dim::of(width);
                out.flow = Flow::Full;
                let set = settings([("width", Setting::Int(width as i64)), ("heads", Setting::Int(heads as i64))]);
                let owner = cx.owner.clone();
                self.layer(cx, site, "self_attend", set, &[&v], out, &|s, name| {
                    let mut ids = vec![];
                    for part in ["q", "k", "v"] {
                        let rule = InitRule::FanIn(w.clone());
                        ids.push(s.param(
                            format!("{name}.w{part}"),
                            vec![w.clone(), Dim::of(width)],
                            rule.clone(),
                            &owner,
                        ));
                        ids.push(s.param(format!("{name}.b{part}"), vec![Dim::of(width)], rule, &owner));
                    }
                    ids
                })?
            }
        };
        if let Some(i) = cx.encoder {
            let here = (i, out.depth);
            self.below.entry(here).or_default().extend(below);
            if out.depth > 1 {
                self.below.entry(here).or_default().insert((i, out.depth - 1));
            }
            out.tops = BTreeSet::from([here]);
        }
        if name != "transformer" {
            out = self.dropout(out, rate, cx);
        }
        Ok(out)
    }

    #[expect(clippy::too_many_arguments, reason = "as `layer`")]
    pub(super) fn dense(&mut self, cx: &Cx, site: Site<'_>, v: &Val, out: Val, d: usize, act: &str, bias: bool) -> Out {
        let set = settings([
            ("width", Setting::Int(d as i64)),
            ("activation", Setting::Text(act.into())),
            ("bias", Setting::Bool(bias)),
        ]);
        let (owner, w) = (cx.owner.clone(), v.width.clone());
        self.layer(cx, site, "dense", set, &[v], out, &|s, name| {
            let rule = InitRule::FanIn(w.clone());
            let mut ids = vec![s.param(format!("{name}.weight"), vec![w.clone(), Dim::of(d)], rule.clone(), &owner)];
            if bias {
                ids.push(s.param(format!("{name}.bias"), vec![Dim::of(d)], rule, &owner));
            }
            ids
        })
    }

    #[expect(clippy::too_many_arguments, reason = "as `layer`")]
    pub(super) fn transformer(
        &mut self,
        cx: &Cx,
        site: Site<'_>,
        row: &'static builtins::Function,
        o: &HashMap<&'static str, &Expr>,
        v: &Val,
        out: Val,
        d: usize,
        k: usize,
    ) -> Out {
        let heads = self.opt_size(o, "heads", if d.is_multiple_of(64) { (d / 64).max(1) } else { 1 }, cx)?;
        self.divides(d, heads, site.span)?;
        let ffn = self.opt_size(o, "ffn", 4 * d, cx)?;
        let causal = self.opt_flag(o, "causal")?;
        let norm_first = self.opt_flag(o, "norm_first")?;
        let rate = match o.get("dropout") {
            Some(e) => self.rate(e, &cx.env, "`dropout`")?,
            None => self.dropout,
        };
        let mut v = v.clone();
        if k == 0 {
            // into the model's width, and positions
            if v.width != Dim::of(d) {
                let into = Site { span: site.span, sub: 900, word: "into", numbered: false };
                let wide = Val { width: Dim::of(d), ..v.clone() };
                v = self.dense(cx, into, &v, wide, d, "none", true)?;
            }
            v = self.plain(cx, "positions", Settings::new(), &[&v], v.clone());
            v = self.dropout(v, rate, cx);
        }
        let set = settings([
            ("heads", Setting::Int(heads as i64)),
            ("ffn", Setting::Int(ffn as i64)),
            ("causal", Setting::Bool(causal)),
            ("norm_first", Setting::Bool(norm_first)),
            ("dropout", Setting::Real(rate)),
        ]);
        let flow = match (causal, v.flow) {
            (true, Flow::Local | Flow::Fwd) => Flow::Fwd,
            _ => Flow::Full,
        };
        let out = Val { width: Dim::of(d), flow, ..out };
        let owner = cx.owner.clone();
        let _ = row;
        self.layer(cx, site, "transformer", set, &[&v], out, &|s, name| {
            let mut ids = vec![];
            let mut lin = |s: &mut Self, n: &str, i: usize, j: usize| {
                ids.push(s.param(
                    format!("{name}.w{n}"),
                    vec![Dim::of(i), Dim::of(j)],
                    InitRule::Fixed(Init::Xavier),
                    &owner,
                ));
                ids.push(s.param(format!("{name}.b{n}"), vec![Dim::of(j)], InitRule::Fixed(Init::Zeros), &owner));
            };
            for n in ["q", "k", "v", "o"] {
                lin(s, n, d, d);
            }
            let norm = |s: &mut Self, ids: &mut Vec<usize>, n: &str| {
                ids.push(s.param(
                    format!("{name}.{n}.g"),
                    vec![Dim::of(d)],
                    InitRule::Fixed(Init::Constant(1.0)),
                    &owner,
                ));
                ids.push(s.param(format!("{name}.{n}.b"), vec![Dim::of(d)], InitRule::Fixed(Init::Zeros), &owner));
            };
            norm(s, &mut ids, "ln1");
            let mut lin = |s: &mut Self, n: &str, i: usize, j: usize| {
                ids.push(s.param(
                    format!("{name}.w{n}"),
                    vec![Dim::of(i), Dim::of(j)],
                    InitRule::Fixed(Init::Xavier),
                    &owner,
                ));
                ids.push(s.param(format!("{name}.b{n}"), vec![Dim::of(j)], InitRule::Fixed(Init::Zeros), &owner));
            };
            lin(s, "1", d, ffn);
            lin(s, "2", ffn, d);
            norm(s, &mut ids, "ln2");
            ids
        })
    }
}
