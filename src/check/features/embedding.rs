//! From words to vectors.

use super::*;

impl<'p> Checker<'p> {
    pub(super) fn embedding(
        &mut self,
        row: &'static builtins::Function,
        span: Span,
        args: &[ast::Arg],
        whole: Span,
        cx: &Cx,
    ) -> Out {
        let o = self.options(row, args, whole)?;
        let v = match &cx.input {
            Some(v) => v.clone(),
            None => self.implicit_text(span, cx)?,
        };
        if v.kind == VKind::Opaque {
            return Ok(v);
        }
        if v.kind != VKind::Text {
            let d = Diagnostic::new("E0419", format!("`{}` reads words, not vectors", row.name))
                .at(whole, Self::shape_words(&v));
            return Err(self.report(d.help("put it first, and join with `&`: `embed(100) & chars(cnn, 50)`")));
        }
        let d = self.opt_size(&o, "d", 0, cx)?;
        let site = Site { span: whole, sub: 0, word: row.name, numbered: false };
        let key = format!("{}|{}", cx.owner, site.key());
        let out = Val { kind: VKind::Seq, width: Dim::of(d), flow: Flow::Local, ..v.clone() };
        let owner = cx.owner.clone();
        let rate = self.dropout;
        let out = if row.name == "embed" {
            let vectors = match o.get("vectors").map(|e| (self.p.constant(e, &cx.env), e.span)) {
                None => None,
                Some((Some(Item::Text(t)), _)) => Some(t),
                Some((_, s)) => {
                    let d = Diagnostic::new("E0207", "`vectors` names a file").at(s, "");
                    return Err(self.report(d.help("write `vectors = \"glove.6B.100d.txt\"`")));
                }
            };
            let lower = self.opt_flag(&o, "lower")?;
            let min_count = self.opt_size(&o, "min_count", 1, cx)?;
            let max_size = self.opt_size(&o, "max_size", 0, cx)?;
            let unk = match o.get("unk") {
                Some(e) => match self.number(e, &cx.env, "`unk`")? {
                    a if (0.0..=100.0).contains(&a) => a,
                    a => {
                        let d =
                            Diagnostic::new("E0207", "`unk` lies between 0 and 100").at(e.span, format!("this is {a}"));
                        return Err(self.report(d.help(
                            "a word seen n times becomes unknown with probability unk/(unk + n); write `unk = 1`",
                        )));
                    }
                },
                None => 1.0,
            };
            let spec = VocabSpec {
                name: format!("{}.words", cx.owner),
                unit: Unit::Word,
                fields: vec![],
                lower,
                min_count,
                max_size,
                vectors: vectors.clone(),
                size: 0,
            };
            let vocab = self.vocab(&key, spec, cx, &v.axis);
            let set = settings([
                ("vocab", Setting::Int(vocab as i64)),
                ("width", Setting::Int(d as i64)),
                ("unk", Setting::Real(unk)),
            ]);
            self.layer(cx, site, "embed", set, &[&v], out, &|s, name| {
                let init = match &vectors {
                    Some(_) => Init::Vectors(vocab, 0.1),
                    None => Init::Normal(1.0),
                };
                vec![s.param(
                    format!("{name}.weight"),
                    vec![Dim::size(Size::Vocab(vocab)), Dim::of(d)],
                    InitRule::Fixed(init),
                    &owner,
                )]
            })?
        } else {
            let kind = match o.get("kind").map(|e| (path_words(e), e.span)) {
                Some((k, _)) if k == "cnn" || k == "lstm" => k,
                Some((k, s)) if k == "ngram" => {
                    self.later(s, "`chars(ngram, ...)`");
                    return Ok(Val { reads: v.reads, ..self.opaque(cx) });
                }
                Some((k, s)) => {
                    return Err(self.unknown_word(
                        "E0237",
                        "a way to read characters",
                        &k,
                        s,
                        &["cnn", "lstm", "ngram"],
                    ));
                }
                None => return Err(Poison),
            };
            let e = self.opt_size(&o, "embed", 25.min(d.max(1)), cx)?;
            let window = self.opt_size(&o, "width", 3, cx)?;
            if window % 2 == 0 {
                let x = Diagnostic::new("E0418", "a window over characters needs an odd width")
                    .at(whole, format!("this is {window}"));
                return Err(self.report(x.help(format!("write `width = {}`", window + 1))));
            }
            let spec = VocabSpec {
                name: format!("{}.chars", cx.owner),
                unit: Unit::Char,
                fields: vec![],
                lower: false,
                min_count: 1,
                max_size: 0,
                vectors: None,
                size: 0,
            };
            let vocab = self.vocab(&key, spec, cx, &v.axis);
            let mut set = settings([
                ("vocab", Setting::Int(vocab as i64)),
                ("embed", Setting::Int(e as i64)),
                ("width", Setting::Int((if kind == "lstm" { d + d % 2 } else { d }) as i64)),
            ]);
            let table = vec![Dim::size(Size::Vocab(vocab)), Dim::of(e)];
            // both directions are equally wide: an odd width leaves out the last column
            let even = d + d % 2;
            let out = if kind == "lstm" { Val { width: Dim::of(even), ..out } } else { out };
            if kind == "cnn" {
                set.insert("window".into(), Setting::Int(window as i64));
                self.layer(cx, site, "chars_cnn", set, &[&v], out, &|s, name| {
                    let rule = InitRule::FanIn(Dim::of(window * e));
                    vec![
                        s.param(format!("{name}.char"), table.clone(), InitRule::Fixed(Init::Normal(1.0)), &owner),
                        s.param(format!("{name}.filter"), vec![Dim::of(window * e), Dim::of(d)], rule.clone(), &owner),
                        s.param(format!("{name}.bias"), vec![Dim::of(d)], rule, &owner),
                    ]
                })?
            } else {
                self.layer(cx, site, "chars_lstm", set, &[&v], out, &|s, name| {
                    let h = even / 2;
                    let rule = InitRule::Fixed(Init::Uniform(1.0 / (h as f64).sqrt()));
                    let mut ids = vec![s.param(
                        format!("{name}.char"),
                        table.clone(),
                        InitRule::Fixed(Init::Normal(1.0)),
                        &owner,
                    )];
                    for dir in ["fwd", "bwd"] {
                        ids.push(s.param(
                            format!("{name}.{dir}.w_ih"),
                            vec![Dim::of(e), Dim::of(4 * h)],
                            rule.clone(),
                            &owner,
                        ));
                        ids.push(s.param(
                            format!("{name}.{dir}.w_hh"),
                            vec![Dim::of(h), Dim::of(4 * h)],
                            rule.clone(),
                            &owner,
                        ));
                        ids.push(s.param(format!("{name}.{dir}.b"), vec![Dim::of(4 * h)], rule.clone(), &owner));
                    }
                    ids
                })?
            }
        };
        let out = match out.width.known() {
            Some(w) if w > d => {
                let set = settings([("start", Setting::Int(0)), ("len", Setting::Int(d as i64))]);
                let narrow = Val { width: Dim::of(d), ..out.clone() };
                self.plain(cx, "slice", set, &[&out], narrow)
            }
            _ => out,
        };
        Ok(self.dropout(out, rate, cx))
    }

    /// The vocabulary of an embedding; the texts it is applied to are added as they are met.
    pub(super) fn vocab(&mut self, site: &str, spec: VocabSpec, cx: &Cx, axis: &[usize]) -> usize {
        let key = format!("vocab|{site}");
        let i = match self.layer_keys.get(&key) {
            Some((i, _)) => *i,
            None => {
                self.vocabs.push(spec);
                let i = self.vocabs.len() - 1;
                self.layer_keys.insert(key, (i, vec![]));
                i
            }
        };
        for f in axis {
            let pair = (cx.corpus, *f);
            if !self.vocabs[i].fields.contains(&pair) {
                self.vocabs[i].fields.push(pair);
            }
        }
        i
    }
}
