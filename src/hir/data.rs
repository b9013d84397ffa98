//! `data` declarations: reader, options, splits, fields and their types.

use super::expand::Expander;
use super::*;
use crate::ast::{FieldSource as AstSource, FieldType as AstType, Name, TypeArg};
use crate::columns::{FieldDecl, FieldSource, FieldType, OptionValue, SplitName, SplitSource};
use crate::diagnostics::{Diagnostic, suggest};
use crate::words;

impl Expander<'_> {
    pub(super) fn corpus(&mut self, name: &Name, reader: &Expr, fields: &[ast::Field], env: &Env) -> CorpusDecl {
        let mut decl = CorpusDecl {
            name: member_name(&name.value, env),
            reader: String::new(),
            path: None,
            splits: BTreeMap::new(),
            options: BTreeMap::new(),
            fields: vec![],
            span: name.span,
            reader_span: reader.span,
            option_spans: BTreeMap::new(),
        };
        let texts: Vec<&str> = fields
            .iter()
            .filter(|f| matches!(f.ty.name.value.as_str(), "text" | "tokens"))
            .map(|f| f.name.value.as_str())
            .collect();
        let unreadable = matches!(&*reader.value, ExprKind::Error);
        let missing = missing_name(fields);
        if fields.is_empty() && !unreadable {
            let d = Diagnostic::new("E0212", format!("`{}` declares no fields", name.value)).at(name.span, "");
            self.push_once(d.help("say what its columns hold: `{ x: tokens; y: label }`"));
        }
        for f in fields {
            let ty = self.field_type(&f.ty, &texts);
            let source = f.source.as_ref().and_then(|s| match &s.value {
                AstSource::Number(n) => Some(FieldSource::Number(*n)),
                AstSource::Name(n) => Some(FieldSource::Name(n.clone())),
                AstSource::Text(t) => match self.program.text(t, env) {
                    Ok(t) => Some(FieldSource::Name(t)),
                    Err(u) => {
                        self.unresolved.extend(u.into_iter().map(|n| (n, env.clone())));
                        None
                    }
                },
            });
            let span = f.name.span.to(f.ty.span);
            let axis_span = f.ty.axis.as_ref().map(|a| a.value.path.span);
            let name = match missing {
                Some(name) if f.name.value == ast::UNREADABLE => name.to_string(),
                _ => f.name.value.clone(),
            };
            decl.fields.push(FieldDecl { name, ty, source, span, axis_span });
        }
        if unreadable {
            return decl;
        }
        let ExprKind::Call(callee, args) = &*reader.value else {
            let word = match &*reader.value {
                ExprKind::Name(n) => n.as_str(),
                _ => "columns",
            };
            let d =
                Diagnostic::new("E0213", "a data set is read by a reader").at(reader.span, "no reader is called here");
            self.push_once(d.help(format!("write `{word}(\"path/to/data\")`")));
            return decl;
        };
        let ExprKind::Name(word) = &*callee.value else { return decl };
        decl.reader = word.clone();
        for arg in args {
            self.reader_argument(word, arg, env, &mut decl);
        }
        for d in crate::data::validate(&decl) {
            // of a type that the reader cannot give nothing more is said
            let place = d.primary.as_ref().filter(|_| d.code == "E0614").map(|l| l.span);
            decl.fields.iter_mut().filter(|f| Some(f.span) == place).for_each(|f| f.ty = FieldType::unreadable());
            self.push_once(d);
        }
        decl
    }

    /// An argument of a reader: a path, a split, an option.
    fn reader_argument(&mut self, word: &str, arg: &ast::Arg, env: &Env, decl: &mut CorpusDecl) {
        if let Some(n) = &arg.name
            && let Some(first) = decl.option_spans.insert(n.value.clone(), n.span)
        {
            let d = Diagnostic::new("E0228", format!("`{}` is given twice", n.value)).at(n.span, "again");
            self.push_once(d.with(first, "first here").help("keep one of the two"));
            return;
        }
        let value = self.program.constant(&arg.value, env);
        if let ExprKind::Text(t) = &*arg.value.value
            && let Err(u) = self.program.text(t, env)
        {
            self.unresolved.extend(u.into_iter().map(|n| (n, env.clone())));
            decl.path.get_or_insert_with(|| UNKNOWN_MEMBER.into());
            return;
        }
        let split = arg.name.as_ref().and_then(|n| match n.value.as_str() {
            "train" => Some(SplitName::Train),
            "dev" | "valid" | "validation" => Some(SplitName::Dev),
            "test" => Some(SplitName::Test),
            _ => None,
        });
        match (&arg.name, split, value, &*arg.value.value) {
            (None, _, Some(Item::Text(path)), _) if decl.path.is_none() => decl.path = Some(path),
            (Some(_), Some(s), Some(Item::Text(path)), _) => {
                decl.splits.insert(s, SplitSource::File(path));
            }
            (Some(n), Some(s), _, ExprKind::Call(f, share)) if is_name(f, "split") => {
                let share = match share.as_slice() {
                    [a] => self.program.constant(&a.value, env),
                    _ => None,
                };
                match share {
                    Some(Item::Number(p)) if p > 0.0 && p < 1.0 && s != SplitName::Train => {
                        decl.splits.insert(s, SplitSource::Share(p));
                    }
                    _ => {
                        let d = Diagnostic::new("E0214", "`split` takes a share of the training examples");
                        self.push_once(d.at(arg.value.span, "").help(format!("`{} = split(10%)`", n.value)));
                    }
                }
            }
            (Some(n), None, Some(Item::Text(t)), _) => {
                decl.options.insert(n.value.clone(), OptionValue::Text(t));
            }
            (Some(n), None, Some(Item::Number(x)), _) => {
                decl.options.insert(n.value.clone(), OptionValue::Number(x));
            }
            (Some(n), None, None, ExprKind::Name(w)) => {
                let v = match w.as_str() {
                    "true" | "yes" => OptionValue::Bool(true),
                    "false" | "no" => OptionValue::Bool(false),
                    _ => OptionValue::Text(w.clone()),
                };
                decl.options.insert(n.value.clone(), v);
            }
            // `columns("data", lower)`: a flag stands alone
            (None, None, None, ExprKind::Name(w)) if crate::kinds::readers::is_flag(word, w) => {
                if let Some(first) = decl.option_spans.insert(w.clone(), arg.value.span) {
                    let d = Diagnostic::new("E0228", format!("`{w}` is given twice")).at(arg.value.span, "again");
                    self.push_once(d.with(first, "first here").help("keep one of the two"));
                }
                decl.options.insert(w.clone(), OptionValue::Bool(true));
            }
            _ => {
                let d = Diagnostic::new("E0214", format!("`{word}` cannot use this argument"));
                self.push_once(d.at(arg.value.span, "expected a path in quotes, a split or an option").help(format!(
                    "`{word}(\"folder\")` or `{word}(train = \"a.txt\", dev = split(10%), test = \"b.txt\")`"
                )));
            }
        }
    }

    /// Said once everything is declared: what is of another kind is no unknown name.
    pub(super) fn unknown_vars(&mut self) {
        for (n, env) in &std::mem::take(&mut self.unresolved) {
            let declared = self.program.names.get(&n.value).or_else(|| self.program.data_names.get(&n.value));
            if let Some(symbol) = declared {
                let named = match self.program.lookup(&n.value, env) {
                    Some(Meaning::One(Kind::Param, i)) => self.program.params.get(i),
                    Some(Meaning::One(Kind::Let, i)) => self.program.lets.get(i),
                    _ => None,
                };
                // a value in terms of itself has its finding
                if named.is_some_and(|x| matches!(&*x.value.value, ExprKind::Error)) {
                    continue;
                }
                let message = format!("`{}` is {}, not a string or a number", n.value, symbol.kind.a());
                self.push_once(Diagnostic::new("E0244", message).at(n.span, "has no value that a string can hold"));
                continue;
            }
            let known: Vec<&str> = env.iter().map(|b| b.var.as_str()).collect();
            let d = Diagnostic::new("E0201", format!("nothing is called `{}`", n.value)).at(n.span, "unknown name");
            let params = self.program.params.iter().chain(&self.program.lets).map(|p| p.name.as_str());
            let near = suggest::near(&n.value, known.iter().copied().chain(params));
            self.push_once(match (near.as_slice(), known.as_slice()) {
                ([one], _) => d.help(format!("did you mean `{one}`?")).fix(n.span, *one, true),
                (_, []) => d.help("`{...}` in a string names a family variable, a `param` or a `let`"),
                _ => d.help(format!("family variables here: {}", known.join(", "))),
            });
        }
    }

    fn field_type(&mut self, t: &AstType, texts: &[&str]) -> FieldType {
        let axis = t.axis.as_ref().map(|a| (a.value.within, path_text(&a.value.path)));
        let on = axis.as_ref().map(|(_, p)| p.clone());
        if t.axis.as_ref().is_some_and(|a| matches!(&*a.value.path.value, ExprKind::Error)) {
            return FieldType::unreadable();
        }
        let word = t.name.value.as_str();
        let Some(row) = words::FIELD_TYPES.iter().find(|r| r.name == word) else {
            if word == ast::UNREADABLE {
                return FieldType::unreadable();
            }
            let near = suggest::near(word, words::FIELD_TYPES.iter().map(|r| r.name));
            let d =
                Diagnostic::new("E0204", format!("`{word}` is not a type of field")).at(t.name.span, "unknown type");
            let all: Vec<&str> = words::FIELD_TYPES.iter().map(|r| r.name).collect();
            let d = match near.as_slice() {
                [n] => d.help(format!("did you mean `{n}`?")).fix(t.name.span, *n, true),
                [] => match suggest::question(&suggest::akin(word, all.iter().copied())) {
                    Some(q) => d.help(q),
                    None => d.help(format!("types are: {}", all.join(", "))),
                },
                many => d.help(suggest::question(many).unwrap_or_default()),
            };
            self.push_once(d);
            return FieldType::unreadable();
        };
        match (row.axis, &on) {
            (words::Axis::Needed, None) => {
                let d = Diagnostic::new("E0205", format!("`{word}` must say to which text it belongs"));
                let d = d.at(t.name.span, "belongs to which field?");
                let end = Span { start: t.span.end, ..t.span };
                self.push_once(match texts {
                    // there is only one text that can be meant
                    [one] => {
                        let on = format!(" {} {one}", row.word);
                        d.help(format!("write `{word}{on}`")).fix(end, on, true)
                    }
                    _ => d.help(format!("write `{word} {} x`", row.word)),
                });
                return FieldType::unreadable();
            }
            (words::Axis::Never, Some(_)) => {
                let d = Diagnostic::new("E0205", format!("`{word}` belongs to no text"));
                self.push_once(d.at(t.span, format!("`{word}` takes no `on`")).help(format!("write `{word}`")));
            }
            _ => {}
        }
        let of = t.of.as_deref();
        if of.is_some() && !row.of {
            let d = Diagnostic::new("E0206", format!("`{word}` takes nothing in brackets")).at(t.span, "");
            let on = on.map(|x| format!(" {} {x}", row.word)).unwrap_or_default();
            self.push_once(d.help(format!("write `{word}{on}`")));
            return FieldType::unreadable();
        }
        if of.is_none() && row.of && word != "layers" {
            let d = Diagnostic::new("E0206", format!("`{word}` is written `{}`", row.example));
            self.push_once(d.at(t.span, "").help(format!("for example `{}`", row.example)));
            return FieldType::unreadable();
        }
        let need = on.clone().unwrap_or_default();
        match word {
            "text" => FieldType::Text,
            "tokens" => FieldType::Tokens,
            "label" => FieldType::Label,
            "labels" => FieldType::Labels { on },
            "real" => FieldType::Real,
            "id" => FieldType::Id,
            "tags" => FieldType::Tags { on: need },
            "layers" => FieldType::Layers { on: need },
            "heads" => FieldType::Heads { on: need },
            "pairs" => FieldType::Pairs { on: need },
            "vec" => match of {
                Some(TypeArg::Number(n)) if n.value >= 1.0 && n.value.fract() == 0.0 => {
                    FieldType::Vec(n.value as usize)
                }
                _ => {
                    let d = Diagnostic::new("E0206", "a vector needs its width").at(t.span, "");
                    self.push_once(d.help("for example `vec<300>`"));
                    FieldType::unreadable()
                }
            },
            _ => {
                let of = match of {
                    Some(TypeArg::Type(t)) => Some(Box::new(self.field_type(t, texts))),
                    _ => None,
                };
                if of.as_ref().is_some_and(|t| t.is_unreadable()) {
                    return FieldType::unreadable();
                }
                FieldType::Other { kind: word.into(), on, of }
            }
        }
    }
}

/// What the one field without a name is called by those that stand on it.
fn missing_name(fields: &[ast::Field]) -> Option<&str> {
    let mut nameless = fields.iter().filter(|f| f.name.value == ast::UNREADABLE);
    let _ = nameless.next().filter(|_| nameless.next().is_none())?;
    fields.iter().find_map(|f| match &*f.ty.axis.as_ref()?.value.path.value {
        ExprKind::Name(n) => (!fields.iter().any(|g| g.name.value == *n)).then_some(n.as_str()),
        _ => None,
    })
}

/// `x`, `a.b` as text.
fn path_text(e: &Expr) -> String {
    match &*e.value {
        ExprKind::Name(n) => n.clone(),
        ExprKind::Dot(a, b) => format!("{}.{}", path_text(a), b.value),
        ExprKind::Paren(e) => path_text(e),
        _ => String::from("?"),
    }
}
