//! Names in expressions: encoders, `let`s, fields, and the text that is meant when none is named.

use super::*;
use crate::kinds::layers::function;

impl<'p> Elaborator<'p> {
    pub(super) fn name(&mut self, n: &str, span: Span, cx: &Cx) -> Out {
        match self.p.lookup(n, &cx.env) {
            Some(Meaning::Var(Item::Expr(e))) => return self.eval(&e, &Cx { env: Env::default(), ..cx.clone() }),
            Some(Meaning::Var(_)) => {
                let d = Diagnostic::new("E0408", format!("`{n}` is a family variable, not features")).at(span, "");
                return Err(self.report(d.help("name an encoder")));
            }
            Some(Meaning::One(Kind::Encoder, i)) => return self.encoder(i, span, None, cx),
            Some(Meaning::One(Kind::Let, i)) => {
                let value = &self.p.lets[i].value;
                let what = match &*value.value {
                    ExprKind::List(_) | ExprKind::Range(..) => "a list",
                    ExprKind::Number(_) => "a number",
                    ExprKind::Text(_) => "a string",
                    _ => return self.let_value(i, span, cx),
                };
                let d = Diagnostic::new("E0408", format!("`{n}` is {what}, not features")).at(span, "");
                let d = d.with(value.span, format!("declared as {what}"));
                return Err(self.report(d.help("name an encoder or a layer")));
            }
            Some(Meaning::One(Kind::Task, _)) if function(n).is_some() && cx.input.is_some() => {}
            Some(Meaning::One(Kind::Task, i)) => {
                let name = self.p.tasks[i].name.clone();
                let d =
                    Diagnostic::new("E0302", format!("the task `{name}` is read without an arrow")).at(span, "a task");
                let whole = self.r.is_all_that_is_read(span);
                let help = self.r.arrow_instead(&name, "hidden", Some(&self.reader_of(cx)), whole);
                return Err(self.report(d.help(help)));
            }
            Some(Meaning::One(Kind::Data, i)) => {
                let d = Diagnostic::new("E0408", format!("`{n}` is a data set, not features")).at(span, "");
                let f = self.p.data[i].fields.first().map(|f| f.name.clone()).unwrap_or_default();
                return Err(self.report(d.help(format!("name an encoder, or a field such as `{f}`"))));
            }
            Some(Meaning::One(..)) => {
                let d = Diagnostic::new("E0408", format!("`{n}` is not features")).at(span, "");
                return Err(self.report(d.help("name an encoder or a layer")));
            }
            Some(Meaning::Family(kind, _)) => {
                let keys = self.p.keys(n);
                let d = Diagnostic::new("E0220", format!("`{n}` is a family")).at(span, "which member?");
                let key = keys.first().cloned().unwrap_or_default();
                let what = kind.a();
                return Err(self.report(d.help(format!("name {what} of it: `{n}[\"{key}\"]`"))));
            }
            None => {}
        }
        if let Some(f) = self.p.field(cx.corpus, n) {
            return self.field(f, span, cx);
        }
        if function(n).is_some() {
            return self.function(n, span, &[], span, cx);
        }
        if self.p.has_field(n).is_some() {
            let c = &self.p.data[cx.corpus];
            if self.p.lost.contains(n) || self.p.unreadable_field(cx.corpus) {
                return Err(Reported);
            }
            if let Some(arrow) = self.brought_here(cx) {
                return Err(self.field_missing_there(n, &arrow, cx));
            }
            let fields: Vec<&str> = c.fields.iter().map(|f| f.name.as_str()).collect();
            let task = self.reads_for(cx);
            let d = Diagnostic::new("E0412", format!("`{}` has no field `{n}`", c.name))
                .at(span, format!("read for `{task}` on `{}`", c.name))
                .with(c.span, format!("its fields are {}", fields.join(", ")));
            let help = match self.r.texts[cx.corpus].first() {
                Some(x) => {
                    format!("use one of its fields, such as `{}`, or declare the field there too", c.fields[*x].name)
                }
                None => "use one of its fields, or declare the field there too".to_string(),
            };
            return Err(self.report(d.help(help)));
        }
        Err(Reported)
    }

    /// The arrow for which a task runs on a data set that has none of its gold.
    fn brought_here(&self, cx: &Cx) -> Option<Arc<Edge>> {
        if self.reader.is_some() || graph_has_gold(&self.r.tasks[cx.task], cx.corpus) {
            return None;
        }
        let from_it = || self.r.edges.iter().filter(|e| e.source == cx.task && e.alive);
        let here = |e: &&Arc<Edge>| match e.target {
            Target::Task(t) | Target::Slot(t, _) => self.r.tasks[t].corpora.contains(&cx.corpus),
            Target::Encoder(..) => false,
        };
        from_it().find(here).or_else(|| from_it().next()).cloned()
    }

    /// E0412: an arrow takes its source to a data set that lacks a field which the source reads.
    fn field_missing_there(&mut self, field: &str, arrow: &Edge, cx: &Cx) -> Reported {
        let (source, there) = (&self.r.tasks[arrow.source], &self.p.data[cx.corpus]);
        let from = self.p.tasks[source.def].ast.from.as_ref();
        let mut lacks = vec![field];
        let mut named = from.map(crate::hir::names_of).unwrap_or_default();
        named.retain(|n| self.p.has_field(n).is_some() && self.p.field(cx.corpus, n).is_none());
        for n in named {
            if !lacks.contains(&n) && self.p.lookup(n, &cx.env).is_none() {
                lacks.push(n);
            }
        }
        lacks.sort_unstable();
        let lacks: Vec<String> = lacks.iter().map(|n| format!("`{n}`")).collect();
        let fields: Vec<&str> = there.fields.iter().map(|f| f.name.as_str()).collect();
        let lacks = lacks.join(" and ");
        let d = Diagnostic::new("E0412", format!("`{}` has no {lacks}, which `{}` reads", there.name, source.name))
            .at(arrow.target_span, format!("needs `{}` on the examples of `{}`", source.name, there.name))
            .with(there.span, format!("its fields are {}", fields.join(", ")));
        self.report(d.help(format!("remove the arrow, or give `{}` the fields {lacks}", there.name)))
    }

    pub(super) fn let_value(&mut self, i: usize, span: Span, cx: &Cx) -> Out {
        let key = (i, cx.graph, cx.round, cx.text.clone(), cx.input.as_ref().map(|v| v.node));
        if let Some(done) = self.out.lets.get(&key) {
            return match done {
                Err(Reported) if self.without_text.contains(&(Kind::Let, key)) => {
                    Err(self.no_text(span, &cx.within(span)))
                }
                done => done.clone(),
            };
        }
        let named = &self.p.lets[i];
        let (owner, env) = (named.name.as_str().into(), named.env.clone());
        let inner = Cx { owner, env, encoder: None, ..cx.within(span) };
        let out =
            self.nested(named.span, |c| c.noting_text((Kind::Let, key.clone()), |c| c.eval(&named.value, &inner)));
        let out = out.map(|v| Val { depth: 0, ..v });
        self.out.lets.insert(key, out.clone());
        out
    }

    /// Elaborates one declaration within another.
    pub(super) fn nested<T>(
        &mut self,
        span: Span,
        f: impl FnOnce(&mut Self) -> Result<T, Reported>,
    ) -> Result<T, Reported> {
        if self.nesting >= MOST_NESTED {
            let d = Diagnostic::new("E0114", format!("more than {MOST_NESTED} declarations are built on each other"));
            return Err(self.report(d.at(span, "the chain passes here").help("write the chain in one declaration")));
        }
        self.nesting += 1;
        let out = f(self);
        self.nesting -= 1;
        out
    }

    /// A field of the corpus as a value.
    pub(super) fn field(&mut self, f: usize, span: Span, cx: &Cx) -> Out {
        let decl = &self.p.data[cx.corpus].fields[f];
        let position = |on: &str| self.p.data[cx.corpus].fields.iter().position(|x| x.name == on);
        let axis = |on: Option<&str>| on.and_then(position).into_iter().collect::<SmallList<usize>>();
        // the lists, and what they hold
        let (mut ty, mut outer) = (&decl.ty, vec![]);
        while let FieldType::Other { kind, of: Some(of), .. } = ty
            && kind == "list"
        {
            outer.push(Outer::of(format!("{}{}", decl.name, "[]".repeat(outer.len()))));
            ty = of;
        }
        let spans = |pieces: usize, on: Option<&str>| (VKind::Spans, Dim::of(pieces), axis(on));
        let (kind, width, axis) = match ty {
            FieldType::Text | FieldType::Tokens if outer.is_empty() => {
                return Ok(self.text_value(SmallList::one(f), cx));
            }
            FieldType::Text | FieldType::Tokens => (VKind::Text, Dim::of(0), SmallList::one(f)),
            FieldType::Vec(d) => (VKind::Vec, Dim::of(*d), SmallList::none()),
            FieldType::Real => (VKind::Vec, Dim::of(1), SmallList::none()),
            FieldType::Label | FieldType::Id => (VKind::Label, Dim::of(0), SmallList::none()),
            FieldType::Labels { on } => (VKind::Label, Dim::of(0), axis(on.as_deref())),
            FieldType::Tags { on } | FieldType::Layers { on } => (VKind::Label, Dim::of(0), axis(Some(on))),
            FieldType::Other { kind, on, .. } => match kind.as_str() {
                "span" => spans(1, on.as_deref()),
                "spanpair" => spans(2, on.as_deref()),
                "spans" => {
                    outer.push(Outer::of(decl.name.clone()));
                    spans(1, on.as_deref())
                }
                "graph" => (VKind::Graph, Dim::of(0), axis(on.as_deref())),
                _ => (VKind::Opaque, Dim::of(0), SmallList::none()),
            },
            FieldType::Heads { .. } | FieldType::Pairs { .. } => (VKind::Opaque, Dim::of(0), SmallList::none()),
        };
        match outer.is_empty() {
            true => self.unsupported(span, format!("a field of type `{}` as an input", type_word(ty))),
            false => self.unsupported(span, "a list of texts"),
        }
        let fresh = cx.fed(None);
        let v = Val { kind, width, axis, outer, reads: SmallSet::one(f), ..self.opaque(&fresh) };
        Ok(self.source(cx, layers::FIELD, self.p.data[cx.corpus].fields[f].name.clone(), v))
    }

    /// A value that nothing computes.
    pub(super) fn source(&mut self, cx: &Cx, kind: &'static str, name: String, v: Val) -> Val {
        let v = self.plain(cx, kind, settings([("name", Setting::Text(name.clone()))]), &[], v);
        self.out.graphs[cx.graph].nodes[v.node].name = name;
        v
    }

    /// Gives the node of a value a name that says more than its kind.
    pub(super) fn called(&mut self, v: Val, cx: &Cx, name: &str) -> Val {
        let axis = self.axis_name(cx.corpus, &v.axis);
        self.out.graphs[cx.graph].nodes[v.node].name =
            if axis.is_empty() { name.into() } else { format!("{name}({axis})") };
        v
    }

    /// The words of one text or of several that are read as one; with a list among them, once for each member.
    pub(super) fn text_value(&mut self, fields: SmallList<usize>, cx: &Cx) -> Val {
        let mut outer = vec![];
        for f in &fields {
            let field = &self.p.data[cx.corpus].fields[*f];
            let mut ty = &field.ty;
            let mut level = 0;
            while let FieldType::Other { kind, of: Some(of), .. } = ty
                && kind == "list"
            {
                outer.push(Outer::of(format!("{}{}", field.name, "[]".repeat(level))));
                level += 1;
                ty = of;
            }
        }
        let fresh = cx.fed(None);
        let v = Val {
            kind: VKind::Text,
            reads: fields.iter().copied().collect(),
            axis: fields.clone(),
            outer,
            ..self.opaque(&fresh)
        };
        let node = self.node(cx, Op::Text { fields: fields.to_vec() }, &[], &v);
        Val { node, ..v }
    }

    /// What an arrow would name in place of features here: the task, or the encoder that stands there.
    fn reader_of(&self, cx: &Cx) -> String {
        let known = |n: &str| self.p.encoders.iter().any(|e| e.name == n) || self.p.tasks.iter().any(|t| t.name == n);
        if known(&cx.owner) { cx.owner.to_string() } else { self.reads_for(cx) }
    }

    /// For what features are elaborated: a loss, or a task.
    fn reads_for(&self, cx: &Cx) -> String {
        self.reader.clone().unwrap_or_else(|| self.r.tasks[cx.task].name.clone())
    }

    /// Whether a field says `on` another that holds no text (E0613).
    fn stands_on_no_text(&self, corpus: usize, field: &crate::columns::FieldDecl) -> bool {
        let fields = &self.p.data[corpus].fields;
        let on = field.ty.axis().and_then(|a| fields.iter().find(|f| f.name == a));
        let listlike = |ty: &FieldType| matches!(ty, FieldType::Other { kind, .. } if ["list", "graph", "?"].contains(&kind.as_str()));
        on.is_some_and(|f| !f.ty.is_text() && !listlike(&f.ty))
    }

    /// Elaborates what may lack a text.
    pub(super) fn noting_text<T>(
        &mut self,
        key: (Kind, EncoderKey),
        f: impl FnOnce(&mut Self) -> Result<T, Reported>,
    ) -> Result<T, Reported> {
        let before = std::mem::replace(&mut self.textless, false);
        let out = f(self);
        if self.textless && out.is_err() {
            self.without_text.insert(key);
        }
        self.textless |= before;
        out
    }

    /// E0413: nothing says which text is read.
    pub(super) fn no_text(&mut self, span: Span, cx: &Cx) -> Reported {
        self.textless = true;
        let c = &self.p.data[cx.corpus];
        if self.p.unreadable_field(cx.corpus) {
            return Reported;
        }
        let texts: Vec<String> = c.fields.iter().filter(|f| is_texty(&f.ty)).map(|f| f.name.clone()).collect();
        // E0613 has named the field that should be the text
        if texts.is_empty() && c.fields.iter().any(|f| self.stands_on_no_text(cx.corpus, f)) {
            return Reported;
        }
        let task = self.reads_for(cx);
        let d = Diagnostic::new("E0413", format!("which text of `{}` does `{task}` read?", c.name));
        let d = d.at(cx.named.map_or(span, |n| n.at), "no text is named").with(
            c.span,
            match texts.as_slice() {
                [] => "it has no text".to_string(),
                _ => format!("its texts are {}", texts.join(", ")),
            },
        );
        // an arrow runs the task here, on the text of the same name as its own
        let t = &self.r.tasks[cx.task];
        let own = t.golds.first().filter(|_| self.reader.is_none() && !graph_has_gold(t, cx.corpus));
        let own = own.and_then(|(c, f)| Some((&self.p.data[*c].name, self.p.data[*c].fields.get(*f)?.ty.axis()?)));
        if let (Some((data, x)), Some(word)) = (own, texts.first()) {
            let help = format!("call it as in `{data}`, which `{task}` reads: `{x}: tokens = \"{word}\"`");
            return self.report(d.help(help));
        }
        self.report(match texts.first() {
            Some(word)
                if self.reader.is_none()
                    && let Some(line) = self.r.text_called_alike(cx.task, cx.corpus, word) =>
            {
                d.help(line)
            }
            Some(word) => d.help(format!("apply the encoder to one: `enc({word})`")),
            None => d.help("declare its text: `x: tokens`"),
        })
    }

    /// The text that is meant when none is named.
    pub(super) fn implicit_text(&mut self, span: Span, cx: &Cx) -> Out {
        if cx.text.is_empty() {
            return Err(self.no_text(span, cx));
        }
        let fields = &self.p.data[cx.corpus].fields;
        if let [f] = cx.text.as_slice()
            && !fields[*f].ty.is_text()
        {
            let on_it = |g: &crate::columns::FieldDecl| g.ty.axis() == Some(fields[*f].name.as_str());
            if fields.iter().any(|g| on_it(g) && self.stands_on_no_text(cx.corpus, g)) {
                return Err(Reported);
            }
            return self.field(*f, span, cx);
        }
        if cx.text.iter().any(|f| fields[*f].ty.is_unreadable()) {
            return Err(Reported);
        }
        if let Some(f) = cx.text.iter().find(|f| !is_texty(&fields[**f].ty)) {
            let d = Diagnostic::new(
                "E0416",
                format!("`{}` is `{}`, not a text", fields[*f].name, type_word(&fields[*f].ty)),
            );
            return Err(self.report(d.at(span, "").help("only texts are read together: encode it on its own")));
        }
        if cx.text.iter().any(|f| !fields[*f].ty.is_text()) {
            self.unsupported(span, "a list of texts");
        }
        Ok(self.text_value(cx.text.clone(), cx))
    }

    /// `enc@2`, `private["a"]`, `private["a"]@1`.
    pub(super) fn reference(&mut self, e: &Expr, cx: &Cx) -> Out {
        if let ExprKind::Tap(base, tap) = &*e.value
            && path(base).is_none()
        {
            let d = Diagnostic::new("E0414", "only an encoder has layers to tap").at(tap.span, "");
            return Err(self.report(d.help("declare it: `encoder enc = ...`, then `enc@1`")));
        }
        let Some(p) = path(e) else { return Err(Reported) };
        let (kind, i) = self.one_of(&p, cx)?;
        match kind {
            Kind::Encoder => self.encoder(i, e.span, p.tap, cx),
            Kind::Let if p.tap.is_none() => self.let_value(i, e.span, cx),
            Kind::Task => {
                let name = self.p.tasks[i].name.clone();
                let d = Diagnostic::new("E0302", format!("the task `{name}` is read without an arrow"));
                let to = self.reader_of(cx);
                Err(self.report(d.at(e.span, "a task").help(format!("add a line: `{name}.hidden -> {to}`"))))
            }
            Kind::Let if matches!(&*self.p.lets[i].value.value, ExprKind::Error) => Err(Reported),
            _ => {
                let d = Diagnostic::new("E0414", format!("`{}` has no layers to tap", p.name)).at(e.span, "");
                Err(self.report(d.help("only an encoder has: `enc@1`")))
            }
        }
    }

    pub(super) fn one_of(&mut self, p: &Path<'_>, cx: &Cx) -> Result<(Kind, usize), Reported> {
        let kinds = [Kind::Encoder, Kind::Let, Kind::Task, Kind::Data];
        let found = self.r.named(p, &cx.env, &kinds, "an encoder or a `let`", &[Part::Rest])?;
        match found.as_slice() {
            [one] => Ok(*one),
            _ => {
                let d = Diagnostic::new("E0220", format!("`{}[*]` is several values", p.name)).at(p.span, "");
                Err(self.report(d.help("name one member")))
            }
        }
    }

    pub(super) fn dot(&mut self, e: &Expr, base: &Expr, port: &ast::Name, cx: &Cx) -> Out {
        if let Some(p) = path(base)
            && p.dots.is_empty()
        {
            let kind = match p.index {
                None => match self.p.lookup(p.name, &cx.env) {
                    Some(Meaning::One(k, i)) => Some((k, i)),
                    _ => None,
                },
                Some(Some(_)) => self.one_of(&p, cx).ok(),
                Some(None) => None,
            };
            match kind {
                Some((Kind::Task, i)) => return Err(self.r.port_in_features(i, e, port, Some(&self.reader_of(cx)))),
                Some((Kind::Data, c)) if p.args.is_none() => {
                    let f = self.r.field_of(c, port)?;
                    if c != cx.corpus {
                        self.unsupported(e.span, "a text of another data set");
                        let mut v = self.opaque(cx);
                        v.reads = SmallSet::none();
                        return Ok(v);
                    }
                    return self.field(f, e.span, cx);
                }
                _ => {}
            }
        }
        let v = self.eval(base, cx)?;
        if v.kind == VKind::Opaque {
            return Ok(v);
        }
        if let Some(latent) = &v.latent {
            return match port.value.as_str() {
                "prior" => Ok(latent.prior.clone()),
                "posterior" => Ok(latent.posterior.clone()),
                word => Err(self.unknown_word(
                    "E0415",
                    "a port of a latent variable",
                    word,
                    port.span,
                    &["prior", "posterior"],
                )),
            };
        }
        let ports = ["fwd", "bwd", "sides", "last"];
        match (port.value.as_str(), v.halves) {
            ("last", _) if v.kind == VKind::Seq => self.function("last", port.span, &[], e.span, &cx.fed(Some(v))),
            ("sides", Some((f, b))) => {
                let flow = if f == Flow::Full || b == Flow::Full { Flow::Full } else { Flow::Sides };
                Ok(Val { flow, halves: None, ..v })
            }
            (side @ ("fwd" | "bwd"), Some((f, b))) => {
                let (k, flow) = if side == "fwd" { (0, f) } else { (1, b) };
                Ok(self.half(&v, k, flow, cx))
            }
            ("fwd" | "bwd" | "sides", None) => {
                let d = Diagnostic::new("E0415", format!("only a bidirectional layer has `.{}`", port.value));
                Err(self.report(d.at(port.span, "one direction only").help("use `bilstm` or `bigru`")))
            }
            _ => Err(self.unknown_word("E0415", "a port of an encoder", &port.value, port.span, &ports)),
        }
    }

    /// The first or the second half of a value.
    pub(super) fn half(&mut self, v: &Val, k: usize, flow: Flow, cx: &Cx) -> Val {
        let half = v.width.n / 2;
        let out = Val { width: Dim::of(half), flow, halves: None, ..v.clone() };
        let set = settings([("start", Setting::Int((k * half) as i64)), ("len", Setting::Int(half as i64))]);
        self.plain(cx, layers::SLICE, set, &[v], out)
    }

    pub(super) fn call(&mut self, e: &Expr, callee: &Expr, args: &[ast::Arg], cx: &Cx) -> Out {
        match &*callee.value {
            ExprKind::Name(n)
                if function(n).is_some()
                    && !matches!(self.p.lookup(n, &cx.env), Some(Meaning::One(Kind::Encoder | Kind::Let, _))) =>
            {
                self.function(n, callee.span, args, e.span, cx)
            }
            ExprKind::Name(n) if self.p.lookup(n, &cx.env).is_none() => Err(Reported),
            _ if args.is_empty() => {
                let name = path_words(callee);
                let d = Diagnostic::new("E0236", format!("`{name}` is applied to nothing"));
                let d = d.at(Span { start: callee.span.end, ..e.span }, "names no text");
                let texts = &self.r.texts[cx.corpus];
                let text = texts.first().map_or("x", |f| self.p.data[cx.corpus].fields[*f].name.as_str());
                let d = d.help(format!("write `{name}` or `{name}({text})`"));
                Err(self.report(d.fix(e.span, name, false)))
            }
            // `embed(64)(question)`, `enc(a)`, `bert@3(q, docs)`
            _ => {
                let inner = self.applied(args, cx)?.within(args[0].value.span);
                let v = self.eval(callee, &inner)?;
                Ok(if inner.corpus == cx.corpus { v } else { self.elsewhere(v, &inner, cx) })
            }
        }
    }

    /// A value for each example of another data set, as seen from here.
    fn elsewhere(&mut self, v: Val, there: &Cx, cx: &Cx) -> Val {
        let name = self.p.data[there.corpus].name.clone();
        let mut out = Val { reads: SmallSet::none(), axis: SmallList::none(), parts: vec![], latent: None, ..v };
        if out.kind != VKind::Vec {
            out.kind = VKind::Opaque;
            return out;
        }
        out.outer.insert(0, Outer::of(name.clone()));
        let word = format!("{name}, value {} of graph {}", out.node, there.graph);
        let v = self.source(cx, layers::ELSEWHERE, word, out);
        self.called(v, cx, &name)
    }

    /// The context in which an encoder runs on the named texts.
    pub(super) fn applied(&mut self, args: &[ast::Arg], cx: &Cx) -> Result<Cx, Reported> {
        let mut fields = vec![];
        let mut input = None;
        for a in args {
            if let Some(n) = &a.name {
                let d = Diagnostic::new("E0215", "an encoder takes texts, no options").at(n.span, "");
                return Err(self.report(d.help("options stand where the encoder is declared")));
            }
            let field = match &*a.value.value {
                ExprKind::Name(n)
                    if !matches!(
                        self.p.lookup(n, &cx.env),
                        Some(Meaning::One(Kind::Encoder | Kind::Let, _) | Meaning::Var(_))
                    ) =>
                {
                    let here = self.p.field(cx.corpus, n);
                    match here {
                        Some(f) => Some(f),
                        None => {
                            // reports that the field is not here, or unknown
                            self.name(n, a.value.span, cx)?;
                            None
                        }
                    }
                }
                ExprKind::Dot(b, f) => match path(b).map(|p| self.p.lookup(p.name, &cx.env)) {
                    Some(Some(Meaning::One(Kind::Data, c))) => {
                        let f = self.r.field_of(c, f)?;
                        if c != cx.corpus {
                            self.unsupported(a.value.span, "a text of another data set");
                            let graph = self.graph_of(c, cx.phase);
                            return Ok(Cx { input: None, corpus: c, graph, text: SmallList::one(f), ..cx.clone() });
                        }
                        Some(f)
                    }
                    _ => None,
                },
                _ => None,
            };
            match field {
                Some(f) => {
                    let ty = &self.p.data[cx.corpus].fields[f].ty;
                    if !is_texty(ty)
                        && !matches!(ty, FieldType::Vec(_) | FieldType::Label | FieldType::Id)
                        && !matches!(ty, FieldType::Pairs { .. } | FieldType::Other { .. })
                    {
                        let (name, word) = (self.p.data[cx.corpus].fields[f].name.clone(), type_word(ty).to_string());
                        let d =
                            Diagnostic::new("E0416", format!("`{name}` is `{word}`, not a text")).at(a.value.span, "");
                        return Err(self.report(match self.r.gold_arrow(cx.corpus, f, &self.reader_of(cx)) {
                            Some(arrow) => d.help(format!("gold is sent by the task that learns it: {arrow}")),
                            None => d.help("an encoder is applied to `text` or `tokens`"),
                        }));
                    }
                    fields.push(f);
                }
                None => input = Some(self.eval(&a.value, &cx.fed(None))?),
            }
        }
        Ok(match input {
            Some(v) => cx.fed(Some(v)),
            None => Cx { input: None, text: fields.into(), ..cx.clone() },
        })
    }
}
