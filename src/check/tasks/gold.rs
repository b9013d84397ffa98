//! What a task learns: `of corpus.field`.

use super::*;

impl<'p> Checker<'p> {
    /// `of corpus.field`, `of union(a, b).source`, `of family[*].field`, `of field` with `on corpus`.
    pub(super) fn gold(&mut self, def: &'p crate::hir::TaskDef, info: &mut TaskInfo) {
        let env = &def.env;
        let Some(of) = &def.ast.of else {
            let d = Diagnostic::new("E0224", format!("`{}` has no target", def.name)).at(def.ast.name.span, "");
            self.report(d.help("say what it learns: `of corpus.field`"));
            info.poisoned = true;
            return;
        };
        info.gold_text = path_words(of);
        let on: Vec<usize> = match def.ast.on.as_ref().map(|e| self.corpora_of(e, env)) {
            None => vec![],
            Some(Ok(c)) => c,
            Some(Err(Poison)) => {
                info.poisoned = true;
                return;
            }
        };
        let found = match &*of.value {
            ExprKind::Dot(base, field) => self.corpora_of(base, env).and_then(|corpora| {
                let several = corpora.len() > 1
                    || matches!(&*base.value, ExprKind::Index(_, None))
                    || matches!(&*base.value, ExprKind::Call(..));
                if field.value == "source" && !corpora.iter().any(|c| self.p.field(*c, "source").is_some()) {
                    if !several {
                        let d = Diagnostic::new("E0225", "`source` is a field of several corpora");
                        return Err(self.report(
                            d.at(field.span, "which member an example comes from")
                                .help("write `family[*].source` or `union(a, b).source`"),
                        ));
                    }
                    info.gold = Some(FieldType::Label);
                    return Ok(corpora.into_iter().map(|c| (c, SOURCE_FIELD)).collect::<Vec<_>>());
                }
                corpora.into_iter().map(|c| self.field_of(c, field).map(|f| (c, f))).collect()
            }),
            ExprKind::Name(n) if !on.is_empty() && !self.p.names.get(n).is_some_and(|s| s.kind == Kind::Let) => {
                let name = ast::Node::new(n.clone(), of.span);
                on.iter().map(|c| self.field_of(*c, &name).map(|f| (*c, f))).collect()
            }
            ExprKind::Name(n) if self.p.names.get(n).is_some_and(|s| s.kind == Kind::Let) => {
                self.later(of.span, "a target that is computed");
                Ok(vec![])
            }
            ExprKind::Call(..) => {
                self.walk(of, env);
                self.later(of.span, "a target that is computed");
                Ok(vec![])
            }
            ExprKind::Name(n) => {
                let owner = self.p.has_field(n).map(|c| self.p.data[c].name.clone());
                match owner {
                    Some(owner) => {
                        let d = Diagnostic::new("E0226", format!("`{n}` does not say of which data set"));
                        let d = d.at(of.span, "a field without its data set");
                        let owner = owner.split('[').next().unwrap_or(&owner).to_string();
                        let to = format!("{owner}.{n}");
                        Err(self.report(d.help(format!("write `of {to}`")).fix(of.span, to, true)))
                    }
                    None => {
                        let p = self.p;
                        let data = p.data_names.contains_key(n);
                        if data {
                            let d = Diagnostic::new("E0226", format!("`{n}` is a data set; its target is a field"));
                            let fields = p
                                .data
                                .iter()
                                .find(|d| d.name == *n)
                                .map(|d| d.fields.iter().map(|f| f.name.clone()).collect::<Vec<_>>().join(", "));
                            let d = d.at(of.span, "which field?");
                            Err(self.report(
                                d.help(format!("write `of {n}.field`; its fields are {}", fields.unwrap_or_default())),
                            ))
                        } else {
                            Err(self.unknown(
                                n,
                                of.span,
                                &[Kind::Data],
                                &[],
                                "a field of a data set, such as `corpus.field`",
                            ))
                        }
                    }
                }
            }
            ExprKind::Error => Err(Poison),
            _ => {
                let d = Diagnostic::new("E0226", "a target is a field of a data set").at(of.span, "");
                Err(self.report(d.help("write `of corpus.field`")))
            }
        };
        let Ok(golds) = found else {
            info.poisoned = true;
            return;
        };
        info.golds = golds;
        info.corpora = if info.golds.is_empty() { on } else { info.golds.iter().map(|g| g.0).collect() };
        info.corpora.sort_unstable();
        info.corpora.dedup();
        if info.gold.is_none()
            && let Some((c, f)) = info.golds.first().copied()
        {
            let ty = self.p.data[c].fields[f].ty.clone();
            let kind = type_word(&ty);
            // an unknown type or head has its finding already
            if kind == "?" {
                info.poisoned = true;
            }
            if !info.poisoned && !info.head.golds.contains(&kind) {
                let fspan = self.p.data[c].fields[f].span;
                let fits: Vec<&str> = builtins::HEADS
                    .iter()
                    .filter(|h| h.golds.contains(&kind) && !h.self_supervised)
                    .map(|h| h.name)
                    .collect();
                let wants: Vec<String> = info.head.golds.iter().map(|g| format!("`{g}`")).collect();
                let d = Diagnostic::new("E0401", format!("the head `{}` cannot learn `{kind}`", info.head.name))
                    .at(def.ast.head.span, format!("learns {}", wants.join(" or ")))
                    .with(fspan, format!("this field is `{kind}`"));
                let d = match fits.as_slice() {
                    [] => d.help(format!(
                        "no head learns `{kind}`: declare the field as another type, or name another field"
                    )),
                    [one] if matches!(&*def.ast.head.value, ExprKind::Name(_)) => {
                        d.help(format!("write `{one}`")).fix(def.ast.head.span, *one, false)
                    }
                    [one] => d.help(format!("write `{one}`")),
                    many => d.help(format!("heads for `{kind}`: {}", many.join(", "))),
                };
                self.report(d);
                info.poisoned = true;
            }
            let multi = info.settings.contains_key("multi");
            let per = info.settings.contains_key("per_layer");
            if !info.poisoned && info.head.name == "classify" {
                let sets = matches!(ty, FieldType::Labels { .. });
                if info.settings.contains_key("threshold") && !multi {
                    let d = Diagnostic::new("E0223", "`threshold` belongs to `classify(multi)`");
                    self.report(d.at(def.ast.head.span, "chooses the most probable class").help(match sets {
                        true => "write `classify(multi, threshold = 0.5)`",
                        false => "remove `threshold`",
                    }));
                } else if sets && !multi {
                    let d = Diagnostic::new("E0402", "several classes need a multi-label head")
                        .at(def.ast.head.span, "chooses exactly one class");
                    let d = d.with(self.p.data[c].fields[f].span, "a set of classes");
                    let d = d.help("write `classify(multi)`");
                    // options that stand there already are kept
                    let bare = matches!(&*def.ast.head.value, ExprKind::Name(_));
                    self.report(if bare { d.fix(def.ast.head.span, "classify(multi)", true) } else { d });
                } else if multi && !sets {
                    let d = Diagnostic::new("E0402", "one class per example needs no multi-label head")
                        .at(def.ast.head.span, "chooses a set of classes");
                    let d = d.with(self.p.data[c].fields[f].span, "one class");
                    let d = d.help("write `classify`, or declare the field as `labels`");
                    let alone = info.settings.len() == 1;
                    self.report(if alone { d.fix(def.ast.head.span, "classify", false) } else { d });
                }
            }
            if !info.poisoned && info.head.name == "tag" && matches!(ty, FieldType::Layers { .. }) != per {
                let d = Diagnostic::new(
                    "E0402",
                    "several layers of tags need `tag(per = relation)`, one layer needs `tag`",
                );
                let help = if per { "write `tag`" } else { "write `tag(per = relation)`" };
                let d = d.at(def.ast.head.span, "").with(self.p.data[c].fields[f].span, "the target").help(help);
                let bare = matches!(&*def.ast.head.value, ExprKind::Name(_));
                self.report(match (per, bare, info.settings.len()) {
                    (false, true, _) => d.fix(def.ast.head.span, "tag(per = relation)", true),
                    (true, _, 1) => d.fix(def.ast.head.span, "tag", true),
                    _ => d,
                });
            }
            info.gold = Some(ty);
        }
    }

    /// The corpora that `atis`, `reviews["books"]`, `reviews[*]` or `union(a, b)` names.
    pub(crate) fn corpora_of(&mut self, e: &Expr, env: &Env) -> Result<Vec<usize>, Poison> {
        if let ExprKind::Call(f, args) = &*e.value
            && crate::hir::is_name(f, "union")
        {
            let mut out = vec![];
            for a in args {
                out.extend(self.corpora_of(&a.value, env)?);
            }
            return Ok(out);
        }
        let Some(path) = path(e) else {
            let d = Diagnostic::new("E0226", "this names no data set").at(e.span, "");
            return Err(self.report(d.help("name a data set, or one member of a family: `reviews[\"books\"]`")));
        };
        if self.p.names.get(path.name).is_some_and(|s| s.kind == Kind::Let)
            && !self.p.data_names.contains_key(path.name)
        {
            self.later(e.span, "data that is computed");
            return Ok(vec![]);
        }
        Ok(self.named(&path, env, &[Kind::Data], "a data set")?.into_iter().map(|(_, i)| i).collect())
    }
}
