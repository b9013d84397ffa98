//! What a task learns: `of corpus.field`.

use super::*;
use crate::hir::TaskDef;
use crate::kinds::heads::Reads;
use crate::kinds::layers;

impl<'p> Resolver<'p> {
    /// `of corpus.field`, `of union(a, b).source`, `of family[*].field`, `of field` with `on corpus`.
    pub(super) fn gold(&mut self, def: &'p TaskDef, info: &mut TaskInfo) {
        let Some(of) = &def.ast.of else {
            self.no_target(def);
            info.poisoned = true;
            return;
        };
        info.gold_text = path_words(of);
        let on: Vec<usize> = match def.ast.on.as_ref().map(|e| self.corpora_of(e, &def.env)) {
            None => vec![],
            Some(Ok(c)) => c,
            Some(Err(Reported)) => {
                info.poisoned = true;
                return;
            }
        };
        let Ok(golds) = self.fields_of_target(def, of, &on, info) else {
            info.poisoned = true;
            return;
        };
        if self.one_type(of, &golds).is_err() {
            info.poisoned = true;
        }
        info.golds = golds;
        if !info.golds.is_empty() {
            info.corpora = info.golds.iter().map(|g| g.0).collect();
        } else if !on.is_empty() {
            info.corpora = on;
        }
        info.corpora.sort_unstable();
        info.corpora.dedup();
        if info.gold.is_none()
            && let Some((c, f)) = info.golds.first().copied()
        {
            self.head_learns(def, info, c, f);
        }
    }

    /// E0224: a task without `of`.
    fn no_target(&mut self, def: &TaskDef) {
        let d = Diagnostic::new("E0224", format!("`{}` has no target", def.name));
        let d = match def.ast.on.as_ref().filter(|on| self.field_path(on, &def.env).is_some()) {
            Some(on) => d
                .at(on.span, "a field, after `on`")
                .help(format!("a target is named with `of`: write `of {}`", path_words(on))),
            None => d.at(def.ast.name.span, "").help("say what it learns: `of corpus.field`"),
        };
        self.report(d);
    }

    /// The fields that a target names, by data set; none where it is computed.
    fn fields_of_target(
        &mut self,
        def: &'p TaskDef,
        of: &'p Expr,
        on: &[usize],
        info: &mut TaskInfo,
    ) -> Result<Vec<(usize, usize)>, Reported> {
        let env = &def.env;
        match &*of.value {
            ExprKind::Dot(base, field) if self.is_let(base) => {
                self.unsupported(of.span, "data that are computed");
                self.computed(base, Some(field), env, info)
            }
            ExprKind::Dot(base, field) if self.field_path(base, env).is_some() => {
                let whole = path_words(base);
                let d = Diagnostic::new("E0226", format!("`{whole}` is a field, and a field has no parts"));
                let d = d.at(field.span, "one part too many").help(format!("write `of {whole}`"));
                Err(self.report(d.fix(of.span, whole, false)))
            }
            ExprKind::Dot(base, field) => self.field_of_data(def, of, base, field, info),
            ExprKind::Name(n) if !on.is_empty() && !self.p.names.get(n).is_some_and(|s| s.kind == Kind::Let) => {
                let name = ast::Node::new(n.clone(), of.span);
                on.iter().map(|c| self.field_of(*c, &name).map(|f| (*c, f))).collect()
            }
            ExprKind::Name(n) if self.p.names.get(n).is_some_and(|s| s.kind == Kind::Let) => {
                self.unsupported(of.span, "a target that is computed");
                self.computed(of, None, env, info)
            }
            ExprKind::Call(f, _) if crate::hir::names_of(f).iter().any(|n| self.is_encoder(n)) => {
                Err(self.features_as_target(def, of))
            }
            ExprKind::Call(..) => {
                self.walk(of, env);
                self.unsupported(of.span, "a target that is computed");
                self.computed(of, None, env, info)
            }
            ExprKind::Name(n) => Err(self.no_field(n, of.span)),
            ExprKind::Error => Err(Reported),
            _ => {
                let d = Diagnostic::new("E0226", "a target is a field of a data set").at(of.span, "");
                Err(self.report(d.help("write `of corpus.field`")))
            }
        }
    }

    /// `corpus.field`, `family[*].field`, `union(a, b).source`
    fn field_of_data(
        &mut self,
        def: &'p TaskDef,
        of: &'p Expr,
        base: &'p Expr,
        field: &'p ast::Name,
        info: &mut TaskInfo,
    ) -> Result<Vec<(usize, usize)>, Reported> {
        let corpora = self.named_data(def, of, base, field)?;
        let several = corpora.len() > 1 || matches!(&*base.value, ExprKind::Index(_, None) | ExprKind::Call(..));
        if field.value == "source" && !corpora.iter().any(|c| self.p.field(*c, "source").is_some()) {
            if !several {
                let d = Diagnostic::new("E0225", "`source` is a field of several corpora");
                return Err(self.report(
                    d.at(field.span, "which member an example comes from")
                        .help("write `family[*].source` or `union(a, b).source`"),
                ));
            }
            info.gold = Some(FieldType::Label);
            return Ok(corpora.into_iter().map(|c| (c, SOURCE_FIELD)).collect());
        }
        corpora.into_iter().map(|c| self.field_of(c, field).map(|f| (c, f))).collect()
    }

    /// E0244: `from ende.tgt of english(src)`.
    fn features_as_target(&mut self, def: &TaskDef, of: &Expr) -> Reported {
        let whole = path_words(of);
        let d = Diagnostic::new("E0244", format!("`{whole}` are features, not a field of a data set"));
        let d = d.at(of.span, "a target is a field");
        let from = def.ast.from.as_ref().filter(|from| self.field_path(from, &def.env).is_some());
        self.report(match from {
            Some(from) => {
                d.help(format!("`of` and `from` are exchanged: write `of {} from {whole}`", path_words(from)))
            }
            None => d.help("name a field of a data set, such as `corpus.field`"),
        })
    }

    /// A bare name as a target: a field without its data set, a data set without its field, or nothing.
    fn no_field(&mut self, n: &str, at: Span) -> Reported {
        let p = self.p;
        if let Some(owner) = p.has_field(n).map(|c| &p.data[c].name) {
            let d = Diagnostic::new("E0226", format!("`{n}` does not say of which data set"));
            let d = d.at(at, "a field without its data set");
            let to = format!("{}.{n}", owner.split('[').next().unwrap_or(owner));
            return self.report(d.help(format!("write `of {to}`")).fix(at, to, true));
        }
        if p.data_names.contains_key(n) {
            let d = Diagnostic::new("E0226", format!("`{n}` is a data set; its target is a field"));
            let fields = p.data.iter().find(|d| d.name == *n).map_or(vec![], |d| d.fields.iter().collect());
            let fields: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
            let d = d.at(at, "which field?");
            return self.report(d.help(format!("write `of {n}.field`; its fields are {}", fields.join(", "))));
        }
        self.unknown(n, at, &[Kind::Data], &[], "a field of a data set, such as `corpus.field`")
    }

    /// E0401: whether the head of a task learns a field of this type.
    fn head_learns(&mut self, def: &TaskDef, info: &mut TaskInfo, c: usize, f: usize) {
        let (ty, field) = (self.p.data[c].fields[f].ty.clone(), self.p.data[c].fields[f].span);
        let kind = type_word(&ty);
        // an unknown type or head has its finding already
        if kind == "?" {
            info.poisoned = true;
        }
        if !info.poisoned && !info.head.golds.contains(&kind) {
            let d = self.other_heads(def, info.head, &ty);
            self.report(d.with(field, format!("this field is `{kind}`")));
            info.poisoned = true;
        }
        if !info.poisoned
            && let Some(d) = (info.rule.gold)(&def.ast.head, &info.settings, &ty, field)
        {
            self.report(d);
        }
        info.gold = Some(ty);
    }

    fn other_heads(&self, def: &TaskDef, head: &heads::Row, ty: &FieldType) -> Diagnostic {
        let kind = type_word(ty);
        let fits: Vec<&str> = heads::rows()
            .filter(|h| h.golds.contains(&kind) && (!h.self_supervised || ty.is_text()))
            .map(|h| h.name)
            .collect();
        let wants: Vec<String> = head.golds.iter().map(|g| format!("`{g}`")).collect();
        let d = Diagnostic::new("E0401", format!("the head `{}` cannot learn `{kind}`", head.name))
            .at(def.ast.head.span, format!("learns {}", wants.join(" or ")));
        match fits.as_slice() {
            [] => d.help(format!("no head learns `{kind}`: declare the field as another type, or name another field")),
            [one] if matches!(&*def.ast.head.value, ExprKind::Name(_)) => {
                let pooled = def.ast.from.as_ref().map(|e| self.pooled(e));
                let reads = heads::row(one).map(|h| h.reads);
                d.help(match (reads, pooled) {
                    (Some(Reads::Seq), Some(true)) => format!("write `{one}`, and read the features without pooling"),
                    (Some(Reads::Vec), Some(false)) => {
                        format!("write `{one}`, and pool what it reads: `from ... |> attend`")
                    }
                    _ => format!("write `{one}`"),
                })
                .fix(def.ast.head.span, *one, false)
            }
            [one] => d.help(format!("write `{one}`")),
            many => d.help(format!("heads for `{kind}`: {}", many.join(", "))),
        }
    }

    /// E0403: the golds of one task are of one type in all of its data sets.
    fn one_type(&mut self, of: &Expr, golds: &[(usize, usize)]) -> Result<(), Reported> {
        let p = self.p;
        let field = |(c, f): (usize, usize)| (&p.data[c], p.data[c].fields.get(f));
        let Some((&first, rest)) = golds.split_first() else { return Ok(()) };
        for &other in rest {
            let ((data, Some(a)), (there, Some(b))) = (field(first), field(other)) else { continue };
            let (here, other) = (type_word(&a.ty), type_word(&b.ty));
            let texts = |t: &str| matches!(t, "text" | "tokens");
            if here == other || texts(here) && texts(other) || [here, other].contains(&"?") {
                continue;
            }
            let d = Diagnostic::new(
                "E0403",
                format!("`{}` is `{here}` in `{}` and `{other}` in `{}`", a.name, data.name, there.name),
            )
            .at(of.span, "two types")
            .with(a.span, format!("`{here}`"))
            .with(b.span, format!("`{other}`"));
            return Err(self.report(d.help("one task needs golds of one type")));
        }
        Ok(())
    }

    fn is_encoder(&self, name: &str) -> bool {
        self.p.names.get(name).is_some_and(|s| s.kind == Kind::Encoder)
    }

    /// The data sets of `corpus.field`, beside which no `on` says them again.
    fn named_data(
        &mut self,
        def: &'p TaskDef,
        of: &Expr,
        base: &Expr,
        field: &ast::Name,
    ) -> Result<Vec<usize>, Reported> {
        let corpora = self.corpora_of(base, &def.env)?;
        let Some(on) = &def.ast.on else { return Ok(corpora) };
        let (of_words, on_words) = (path_words(of), path_words(on));
        let d = Diagnostic::new("E0223", format!("`of {of_words}` names the data already"));
        let d = d.at(on.span, "names them again").with(base.span, "named here");
        let help = match path_words(base) == on_words {
            true => format!("leave out `on {on_words}`"),
            false => format!("leave out `on {on_words}`, or write `of {} on {on_words}`", field.value),
        };
        Err(self.report(d.help(help)))
    }

    /// The data set and the field of `corpus.field`, if it is one.
    fn field_path(&self, e: &Expr, env: &Env) -> Option<(usize, usize)> {
        let ExprKind::Dot(base, field) = &*e.value else { return None };
        let p = path(base).filter(|p| p.dots.is_empty())?;
        let corpus = match p.index {
            None => match self.p.lookup_data(p.name, env)? {
                Meaning::One(Kind::Data, c) => c,
                Meaning::Family(Kind::Data, all) => *all.first()?,
                _ => return None,
            },
            Some(_) => *self.p.members(p.name, None, true).filter(|(k, _)| *k == Kind::Data)?.1.first()?,
        };
        Some((corpus, self.p.field(corpus, &field.value)?))
    }

    fn is_let(&self, e: &Expr) -> bool {
        path(e).is_some_and(|p| {
            self.p.names.get(p.name).is_some_and(|s| s.kind == Kind::Let) && !self.p.data_names.contains_key(p.name)
        })
    }

    /// A gold that data functions make: `of rouge(a, b)`, `of pair.is_next`, `of store`.
    fn computed(
        &mut self,
        e: &Expr,
        field: Option<&ast::Name>,
        env: &Env,
        info: &mut TaskInfo,
    ) -> Result<Vec<(usize, usize)>, Reported> {
        let (mut word, mut named) = (None, vec![]);
        self.inside(e, env, &mut word, &mut named, 0);
        named.dedup();
        info.corpora = named.iter().map(|n| n.0).collect();
        let target = word.and_then(|w| layers::function(&w)?.marks.gold);
        if let Some(f) = field {
            if let Some((c, i)) = named.iter().copied().find(|(c, i)| self.p.data[*c].fields[*i].name == f.value) {
                info.corpora = vec![c];
                return Ok(vec![(c, i)]);
            }
            let known: Vec<String> = named.iter().map(|(c, i)| self.p.data[*c].fields[*i].name.clone()).collect();
            let mut known: Vec<&str> = known.iter().map(String::as_str).collect();
            known.extend(target.map(|t| t.0));
            if target.is_none_or(|t| t.0 != f.value) {
                let what = format!("a field of `{}`", path_words(e));
                return Err(self.unknown_word("E0217", &what, &f.value, f.span, &known));
            }
            info.compares = named.iter().map(|n| n.1).collect();
        }
        let kind = target.map_or("list", |t| t.1);
        info.gold = Some(match kind {
            "real" => FieldType::Real,
            "label" => FieldType::Label,
            kind => FieldType::Other { kind: kind.into(), on: None, of: None },
        });
        if !info.head.golds.contains(&kind) && !info.poisoned {
            let wants: Vec<String> = info.head.golds.iter().map(|g| format!("`{g}`")).collect();
            let d = Diagnostic::new("E0401", format!("the head `{}` cannot learn `{kind}`", info.head.name))
                .at(info.gold_span, format!("makes `{kind}`"))
                .with(info.span, format!("learns {}", wants.join(" or ")));
            let fits = heads::rows().filter(|h| h.golds.contains(&kind) && !h.self_supervised);
            let fits: Vec<&str> = fits.map(|h| h.name).collect();
            return Err(self.report(d.help(format!("heads for `{kind}`: {}", fits.join(", ")))));
        }
        Ok(vec![])
    }

    /// The data function and the fields that stand in an expression, through `let`s.
    fn inside(&self, e: &Expr, env: &Env, word: &mut Option<String>, named: &mut Vec<(usize, usize)>, depth: usize) {
        if depth > 100 {
            return;
        }
        match &*e.value {
            ExprKind::Name(n) => {
                if let Some(Meaning::One(Kind::Let, i)) = self.p.lookup(n, env) {
                    self.inside(&self.p.lets[i].value, &self.p.lets[i].env, word, named, depth + 1);
                }
            }
            ExprKind::Call(f, args) => {
                if let ExprKind::Name(n) = &*f.value {
                    word.get_or_insert_with(|| n.clone());
                }
                args.iter().for_each(|a| self.inside(&a.value, env, word, named, depth + 1));
            }
            ExprKind::Pipe(a, b) => {
                self.inside(a, env, word, named, depth + 1);
                self.inside(b, env, word, named, depth + 1);
            }
            ExprKind::Paren(a) => self.inside(a, env, word, named, depth + 1),
            ExprKind::Dot(base, field) => {
                if let Some(p) = path(base)
                    && let Some(Meaning::One(Kind::Data, c)) = self.p.lookup_data(p.name, env)
                    && let Some(i) = self.p.data[c].fields.iter().position(|f| f.name == field.value)
                {
                    named.push((c, i));
                }
            }
            _ => {}
        }
    }

    /// The corpora that `atis`, `reviews["books"]`, `reviews[*]` or `union(a, b)` names.
    pub(crate) fn corpora_of(&mut self, e: &Expr, env: &Env) -> Result<Vec<usize>, Reported> {
        if let ExprKind::Call(f, args) = &*e.value
            && crate::hir::is_name(f, layers::UNION)
        {
            let mut out: Vec<usize> = vec![];
            for a in args {
                let members = self.corpora_of(&a.value, env)?;
                if let Some(c) = members.iter().find(|c| out.contains(c)) {
                    let d = Diagnostic::new("E0228", format!("`{}` is in this union twice", self.p.data[*c].name));
                    return Err(self.report(d.at(a.value.span, "again").help("name each data set once")));
                }
                out.extend(members);
            }
            return Ok(out);
        }
        if let ExprKind::List(items) = &*e.value
            && items.len() > 1
        {
            let all = format!("union({})", items.iter().map(path_words).collect::<Vec<_>>().join(", "));
            let d = Diagnostic::new("E0226", "several data sets are named by `union`").at(e.span, "a list");
            return Err(self.report(d.help(format!("write `{all}`")).fix(e.span, all, true)));
        }
        if path(e).is_none() && !matches!(&*e.value, ExprKind::List(_) | ExprKind::Text(_) | ExprKind::Error) {
            let d = Diagnostic::new("E0226", "this names no data set").at(e.span, "");
            return Err(self.report(d.help("name a data set, or one member of a family: `reviews[\"books\"]`")));
        }
        let path = self.path_of(e, "a data set")?;
        if self.p.names.get(path.name).is_some_and(|s| s.kind == Kind::Let)
            && !self.p.data_names.contains_key(path.name)
        {
            self.unsupported(e.span, "data that is computed");
            return Ok(vec![]);
        }
        Ok(self.named(&path, env, &[Kind::Data], "a data set", &[])?.into_iter().map(|(_, i)| i).collect())
    }
}
