//! Tasks as declared: head, options, metrics.

use super::*;
use crate::kinds::heads::{self, Bare, Classes, HeadArg};
use crate::kinds::layers;
use crate::plan::Settings;
use crate::words;
use crate::words::numbers::PART;

/// A word with its place and its arguments.
type Call<'e> = (&'e str, Span, &'e [ast::Arg]);

impl<'p> Resolver<'p> {
    pub(crate) fn collect_tasks(&mut self) {
        self.labels.reserve(self.p.tasks.len());
        self.label_keys.reserve(self.p.tasks.len());
        for (i, def) in self.p.tasks.iter().enumerate() {
            let info = self.task(i, def);
            self.tasks.push(info);
        }
    }

    pub(super) fn task(&mut self, index: usize, def: &'p crate::hir::TaskDef) -> TaskInfo {
        let (word, args) = match &*def.ast.head.value {
            ExprKind::Name(n) => (n.as_str(), &[][..]),
            ExprKind::Call(f, args) => match &*f.value {
                ExprKind::Name(n) => (n.as_str(), args.as_slice()),
                _ => ("", &[][..]),
            },
            _ => ("", &[][..]),
        };
        let mut poisoned = false;
        let head = heads::row(word).unwrap_or_else(|| {
            if !matches!(&*def.ast.head.value, ExprKind::Error) {
                let known: Vec<&str> = heads::rows().map(|h| h.name).collect();
                let span = match &*def.ast.head.value {
                    ExprKind::Call(f, _) => f.span,
                    _ => def.ast.head.span,
                };
                if word.is_empty() {
                    let d = Diagnostic::new("E0221", "this is not a head").at(span, "expected the name of a head");
                    self.report(d.help(format!("known are: {}", known.join(", "))));
                } else {
                    self.unknown_word("E0221", "a head", word, span, &known);
                }
            }
            poisoned = true;
            &heads::HEADS[0].row
        });
        let rule = &heads::find(head.name).rule;
        let mut settings = crate::plan::Settings::new();
        if !poisoned {
            self.head_args(def, head, args, &mut settings);
        }
        let mut info = TaskInfo {
            name: def.name.clone(),
            def: index,
            span: def.ast.name.span,
            head,
            rule,
            head_text: path_words(&def.ast.head),
            settings,
            compares: vec![],
            golds: vec![],
            gold: None,
            gold_text: String::new(),
            gold_span: def.ast.of.as_ref().map_or(def.ast.name.span, |e| e.span),
            corpora: vec![],
            labels: None,
            layer_names: None,
            metrics: vec![],
            metric_by_data: false,
            weight: Factor::Fixed(1.0),
            loss: None,
            class_weights: None,
            when: None,
            dropout: 0.0,
            poisoned,
            left_out: false,
        };
        if !poisoned && self.reads_behind_on(def) {
            info.poisoned = true;
            return info;
        }
        self.gold(def, &mut info);
        self.masked_at(args, &info);
        self.task_options(def, &mut info);
        self.views(def);
        if !head.runs && !info.poisoned {
            self.unsupported(def.ast.head.span, format!("the head `{}`", head.name));
        }
        if def.ast.from.is_none() && !poisoned {
            let d = Diagnostic::new("E0222", format!("`{}` reads nothing", def.name)).at(def.ast.name.span, "");
            self.report(d.help("say what it reads: `from enc`"));
            info.poisoned = true;
        }
        if !info.poisoned {
            self.labels_of(&mut info);
        }
        info
    }

    /// E0222: `on enc` for `from enc`.
    fn reads_behind_on(&mut self, def: &crate::hir::TaskDef) -> bool {
        let (None, Some(on)) = (&def.ast.from, &def.ast.on) else { return false };
        let Some(p) = path(on) else { return false };
        let features = self.p.names.get(p.name).is_some_and(|s| matches!(s.kind, Kind::Encoder | Kind::Let));
        if !features || self.p.data_names.contains_key(p.name) {
            return false;
        }
        let d = Diagnostic::new("E0222", format!("`{}` reads nothing", def.name))
            .at(on.span, "features stand after `from`");
        self.report(d.help(format!("write `from {}` instead of `on {0}`", path_words(on))));
        true
    }

    pub(super) fn head_args(
        &mut self,
        def: &crate::hir::TaskDef,
        head: &'static heads::Row,
        args: &[ast::Arg],
        settings: &mut crate::plan::Settings,
    ) {
        let env = &def.env;
        let mut seen: Vec<(&str, Span)> = vec![];
        for a in args {
            // bare words, calls like `gru(256)`, numbers like `15%`, or `name = value`
            let word = match (&a.name, &*a.value.value) {
                (Some(n), _) => Some((n.value.as_str(), n.span)),
                (None, ExprKind::Name(n)) => Some((n.as_str(), a.value.span)),
                (None, ExprKind::Call(f, _)) => match &*f.value {
                    ExprKind::Name(n) => Some((n.as_str(), f.span)),
                    _ => None,
                },
                _ => None,
            };
            let Some((word, span)) = word else {
                // `mlm(15%)`, `denoise(spans, 15%, 3)`, `relate(biaffine, 64)`
                let number = match self.p.constant(&a.value, env) {
                    Some(Item::Number(_)) if matches!(head.bare, Bare::Of(_)) => {
                        if let Bare::Of(p) = head.bare {
                            let what = format!("`{p}` of `{}`", head.name);
                            let help = format!("for example `{}(15%)`", head.name);
                            let _ = self.in_range(&a.value, env, PART, &what, &help);
                        }
                        true
                    }
                    Some(Item::Number(n)) => n > 0.0,
                    _ => false,
                };
                if !number || head.bare == Bare::Never {
                    let d = Diagnostic::new("E0215", format!("`{}` cannot use this argument", head.name));
                    self.report(d.at(a.value.span, "").help(format!("its options are: {}", head.names().join(", "))));
                }
                continue;
            };
            if head.arg(word).is_none() {
                if head.args.is_empty() {
                    let d = Diagnostic::new("E0215", format!("`{}` takes no options", head.name));
                    self.report(d.at(span, "unknown").help(format!("write `{}`", head.name)));
                } else {
                    self.unknown_word("E0215", &format!("an option of `{}`", head.name), word, span, &head.names());
                }
                continue;
            }
            if let Some((_, first)) = seen.iter().find(|(w, _)| *w == word) {
                self.twice(word, span, *first);
                continue;
            }
            seen.push((word, span));
            if !self.head_value(head, word, span, a, env) {
                continue;
            }
            (heads::find(head.name).rule.option)(self, &HeadArg { word, arg: a, env }, settings);
            if head.runs && head.arg(word).is_some_and(|a| !a.runs) {
                self.unsupported(span, format!("the option `{word}` of `{}`", head.name));
            }
        }
    }

    /// Whether what follows an argument of a head is of its kind: `attention = additive`, `gru(256)`.
    fn head_value(&mut self, head: &'static heads::Row, word: &str, span: Span, a: &ast::Arg, env: &Env) -> bool {
        // a cell with its width
        if let (None, ExprKind::Call(_, args)) = (&a.name, &*a.value.value) {
            let Some(row) = layers::function(word) else {
                let d = Diagnostic::new("E0215", format!("`{word}` of `{}` takes no arguments", head.name));
                self.report(d.at(a.value.span, "").help(format!("write `{}({word})`", head.name)));
                return false;
            };
            let mut fine = true;
            for (i, x) in args.iter().enumerate() {
                let known = x.name.as_ref().is_none_or(|n| row.arg(&n.value).is_some());
                if let Some(n) = x.name.as_ref().filter(|_| !known) {
                    self.unknown_word("E0215", &format!("an option of `{word}`"), &n.value, n.span, &row.names());
                    fine = false;
                } else if i == 0 && x.name.is_none() {
                    fine &= self.size(&x.value, env, &format!("the width of `{word}`")).is_ok();
                }
            }
            return fine;
        }
        let Some((arg, example)) = head.arg(word).and_then(|a| a.value.as_ref()) else {
            return true;
        };
        let flag = arg.takes == words::Takes::Flag;
        match &a.name {
            None if flag || word == "spans" => true,
            // these have findings of their own
            None if word == "bins" => true,
            None => {
                let d = Diagnostic::new("E0229", format!("`{word}` of `{}` has no value", head.name)).at(span, "");
                self.report(d.help(format!("write `{}({example})`", head.name)));
                false
            }
            Some(_) => self.taken(arg, head.name, &format!("{}({example})", head.name), &a.value, env).is_ok(),
        }
    }

    /// Where the task says `loss none`.
    pub(crate) fn loss_none(&self, task: usize) -> Option<Span> {
        self.p.tasks[self.tasks[task].def].ast.options.iter().find_map(|s| match &s.value {
            SettingKind::Attr { name, values }
                if name.value == "loss" && values.first().is_some_and(|v| is_name(v, "none")) =>
            {
                Some(s.span)
            }
            _ => None,
        })
    }

    pub(super) fn labels_of(&mut self, info: &mut TaskInfo) {
        let needed = (info.rule.classes)(&info.settings);
        if needed == Classes::None || info.golds.is_empty() {
            return;
        }
        let words = if let Classes::Words(most) = needed { Some(most) } else { None };
        info.labels = Some(self.label_set(info.name.clone(), &info.golds, false, words));
        if needed == Classes::Layers {
            info.layer_names = Some(self.label_set(format!("{}.layers", info.name), &info.golds, true, None));
        }
    }

    pub(super) fn label_set(
        &mut self,
        name: String,
        fields: &[(usize, usize)],
        layer_names: bool,
        words: Option<usize>,
    ) -> usize {
        let fields: SmallSet<(usize, usize)> = fields.iter().copied().collect();
        let next = self.labels.len();
        let i = *self.label_keys.entry((fields.clone(), layer_names, words)).or_insert(next);
        if i < next {
            return i;
        }
        self.labels.push(LabelSpec { name, fields: fields.to_vec(), layer_names, words, classes: vec![] });
        self.labels.len() - 1
    }

    pub(super) fn task_options(&mut self, def: &'p crate::hir::TaskDef, info: &mut TaskInfo) {
        let env = &def.env;
        let word = match &*def.ast.head.value {
            ExprKind::Call(f, _) => f,
            _ => &def.ast.head,
        };
        let unknown_head = !crate::hir::is_name(word, info.head.name);
        for s in &def.ast.options {
            if matches!(s.value, SettingKind::Stage { .. } | SettingKind::Repeat { .. }) {
                let d = Diagnostic::new("E0227", "a task has no stages").at(s.span, "");
                self.report(d.help("move it into `train { ... }`"));
            }
        }
        let mut groups: Vec<ast::Name> = vec![];
        for o in self.options_in_braces(&def.ast.options, words::TASK_OPTIONS, "E0227", "a task") {
            let GivenOption { row, first, values, span } = o;
            match row.name {
                // of an unknown head nothing is known but what no head has
                "metric" if unknown_head => {
                    for v in values {
                        let _ = self.metric_word(v);
                    }
                }
                "loss" if unknown_head => {}
                "metric" => {
                    info.metrics.reserve_exact(values.len());
                    for v in values {
                        let Ok(m) = self.metric(v, env, info.head, &info.settings) else { continue };
                        if info
                            .metrics
                            .iter()
                            .any(|o| (&o.name, &o.args, &o.classes, &o.by) == (&m.name, &m.args, &m.classes, &m.by))
                        {
                            let d = Diagnostic::new("E0228", format!("the metric `{}` is given twice", m.label));
                            self.report(d.at(v.span, "again").help("keep one of the two"));
                            continue;
                        }
                        if let (Some(field), ExprKind::Call(_, args)) = (&m.by, &*v.value)
                            && let Some(by) = args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.value == "by"))
                        {
                            groups.push(ast::Node::new(field.clone(), by.value.span));
                        }
                        info.metrics.push(m);
                    }
                }
                "weight" => match self.anneal(first, env) {
                    Some(factor) => info.weight = factor.unwrap_or(info.weight),
                    None => {
                        if let Ok(w) = self.weight(first, env, row.takes.ranges(), row.example) {
                            info.weight = Factor::Fixed(w);
                        }
                    }
                },
                "loss" => {
                    let default = matches!(&*first.value, ExprKind::Name(n) if info.rule.own_loss == Some(n));
                    if !default {
                        let mut parts = vec![];
                        let read = self.task_loss(first, env, info, 1.0, &mut parts);
                        match read {
                            // one that needs nothing of its head runs wherever the head does
                            Ok(true) => info.loss = Some(parts),
                            _ => self.unsupported(span, format!("`loss {}`", path_words(first))),
                        }
                    }
                }
                "class_weights" if unknown_head => {}
                "class_weights" => self.class_weights(values, span, env, info),
                "when" => info.when = self.phase_of(first).ok().or(info.when),
                "also" => self.more_data(values, env, info),
                _ => {
                    if let Ok(p) = self.in_range(first, env, row.takes.ranges(), "`dropout`", "for example `30%`") {
                        info.dropout = p;
                    }
                }
            }
        }
        for field in &groups {
            self.groups_of(field, info);
        }
        // weights of classes need a loss that counts them
        if info.class_weights.is_some() && info.loss.is_none() {
            let kind = info.rule.own_loss.unwrap_or_default().to_string();
            info.loss = Some(vec![OwnLoss { kind, settings: Settings::new(), factor: 1.0 }]);
        }
        if info.metrics.is_empty() {
            let name = (info.rule.metric)(&info.settings).unwrap_or(info.head.metrics[0]);
            info.metrics = vec![Metric::plain(name)];
            // whether tags mark spans, the data say
            info.metric_by_data = name == "accuracy" && info.head.metrics.contains(&"span_f1");
        }
    }

    /// Whether each data set of a task has a field by whose values examples can be grouped.
    fn groups_of(&mut self, field: &ast::Name, info: &TaskInfo) {
        for c in info.corpora.clone() {
            let Ok(f) = self.field_of(c, field) else { return };
            let decl = &self.p.data[c].fields[f];
            let grouping = [FieldType::Text, FieldType::Tokens, FieldType::Label, FieldType::Id, FieldType::Real];
            if !grouping.contains(&decl.ty) && !decl.ty.is_unreadable() {
                let d = Diagnostic::new("E0232", format!("examples are not grouped by `{}`", type_word(&decl.ty)));
                let d = d.at(field.span, "groups examples").with(decl.span, "the field");
                self.report(d.help("name a text, a label, an id or a number: examples of one value are a group"));
                return;
            }
        }
    }

    /// `also b, c`: further data sets from which the same is learnt.
    fn more_data(&mut self, values: &[Expr], env: &Env, info: &mut TaskInfo) {
        for v in values {
            let Ok(corpora) = self.corpora_of(v, env) else { continue };
            for c in corpora {
                let Some((c0, f0)) = info.golds.first().copied() else { continue };
                if f0 == SOURCE_FIELD {
                    continue;
                }
                let field = ast::Node::new(self.p.data[c0].fields[f0].name.clone(), v.span);
                if let Ok(f) = self.field_of(c, &field) {
                    let (a, b) = (type_word(&self.p.data[c0].fields[f0].ty), type_word(&self.p.data[c].fields[f].ty));
                    if a != b {
                        let d = Diagnostic::new("E0403", format!("`{}` is `{b}` there and `{a}` here", field.value));
                        self.report(d.at(v.span, "another type").help("one task needs golds of one type"));
                        continue;
                    }
                    if info.golds.contains(&(c, f)) {
                        let name = &self.p.data[c].name;
                        let d = Diagnostic::new("E0228", format!("the task learns from `{name}` already"));
                        self.report(d.at(v.span, "again").help("name another data set, or remove it"));
                        continue;
                    }
                    info.golds.push((c, f));
                    info.corpora.push(c);
                }
            }
        }
        info.corpora.sort_unstable();
        info.corpora.dedup();
        info.golds.sort_unstable();
        info.golds.dedup();
    }

    /// The name of a metric that exists, its place and its arguments; nothing where no name stands.
    pub(crate) fn metric_word<'e>(&mut self, e: &'e Expr) -> Result<Option<Call<'e>>, Reported> {
        let (word, span, args) = match &*e.value {
            ExprKind::Name(n) => (n.as_str(), e.span, &[][..]),
            ExprKind::Call(f, args) => match &*f.value {
                ExprKind::Name(n) => (n.as_str(), f.span, args.as_slice()),
                _ => return Err(Reported),
            },
            ExprKind::Error => return Err(Reported),
            _ => return Ok(None),
        };
        if !heads::is_metric(word) {
            let mut known: Vec<&str> = heads::all_metrics().map(|m| m.name).collect();
            known.extend(heads::rows().flat_map(|h| h.later));
            return Err(self.unknown_word("E0231", "a metric", word, span, &known));
        }
        Ok(Some((word, span, args)))
    }

    /// `span_f1`, `f(0.5)`, `f1("yes")`.
    pub(crate) fn metric(
        &mut self,
        e: &Expr,
        env: &Env,
        head: &'static heads::Row,
        settings: &crate::plan::Settings,
    ) -> Result<Metric, Reported> {
        let (word, span, args) = match self.metric_word(e)? {
            Some(found) => found,
            None => {
                let d = Diagnostic::new("E0231", "a metric is a name").at(e.span, "");
                // `recall@5`
                if let ExprKind::Tap(name, tap) = &*e.value
                    && let (ExprKind::Name(name), ast::Tap::Layer(k)) = (&*name.value, &tap.value)
                {
                    let right = format!("{name}({k})");
                    return Err(self.report(d.help(format!("write `{right}`")).fix(e.span, right, true)));
                }
                // `metric [em, f1]`
                if let ExprKind::List(items) = &*e.value {
                    let all = items.iter().map(path_words).collect::<Vec<_>>().join(", ");
                    return Err(
                        self.report(d.help(format!("write `metric {all}`, without brackets")).fix(e.span, all, false))
                    );
                }
                if let Some(word) = ast::plain_text(e) {
                    return Err(
                        self.report(d.help(format!("write it without quotes: `{word}`")).fix(e.span, word, true))
                    );
                }
                return Err(self.report(d.help(format!("for example `metric {}`", head.metrics[0]))));
            }
        };
        // `recall(8)` of a head that ranks is not the `recall` that is computed
        let elsewhere = !head.runs && head.later.contains(&word);
        let row = heads::metric(word).filter(|_| !elsewhere);
        let canonical = row.map_or(word, |r| r.name);
        // what a running head's predictions are says which metrics measure it; for the others the head's row does
        let kind = (heads::find(head.name).rule.measures)(settings);
        let fits = match (row, kind) {
            (Some(row), Some(kind)) => row.accepts(kind),
            _ => head.metrics.contains(&canonical),
        };
        if !fits {
            let all: Vec<&str> = match kind {
                Some(k) => heads::all_metrics().filter(|m| m.accepts(k)).map(|m| m.name).collect(),
                None => head.metrics.to_vec(),
            };
            let d = Diagnostic::new("E0232", format!("`{word}` does not measure the head `{}`", head.name));
            let d = d.at(span, "another kind of prediction");
            return Err(self.report(d.help(format!("its metrics are: {}", all.join(", ")))));
        }
        if row.is_none() {
            self.unsupported(span, format!("the metric `{word}`"));
        }
        let mut m = Metric { name: canonical.into(), label: word.into(), ..Metric::plain("") };
        let ranks = row.is_some_and(|r| r.ranks);
        for a in args {
            // the field that groups examples
            if let (true, Some("by"), ExprKind::Name(field)) =
                (ranks, a.name.as_ref().map(|n| n.value.as_str()), &*a.value.value)
            {
                m.by = Some(field.clone());
                continue;
            }
            match self.p.constant(&a.value, env) {
                Some(Item::Number(n)) => m.args.push(n),
                Some(Item::Text(t)) => m.classes.push(t),
                _ => {
                    let help = format!("a class stands in quotes: `{word}(\"{}\")`", path_words(&a.value));
                    let d = Diagnostic::new("E0207", "an argument of a metric is a number or a class in quotes");
                    if !matches!(&*a.value.value, ExprKind::Error) {
                        self.report(d.at(a.value.span, "neither").help(help));
                    }
                    return Err(Reported);
                }
            }
        }
        if let Some(Err(why)) = row.map(|r| r.check_args(&m.args, &m.classes, None)) {
            let d = Diagnostic::new("E0232", why).at(e.span, "");
            return Err(self.report(d.help(format!("write `{}`", row.map_or(word.into(), |r| r.signature())))));
        }
        if ranks && m.by.is_none() {
            let d = Diagnostic::new(
                "E0232",
                format!("`{word}` is a mean over groups, and what groups the examples is not said"),
            );
            let classes = m.classes.first().map_or("yes", String::as_str);
            let help = format!("name the field whose values do, as in `{word}(\"{classes}\", by = question)`");
            return Err(self.report(d.at(e.span, "").help(help)));
        }
        if !args.is_empty() {
            let by = m.by.iter().map(|by| format!("by = {by}"));
            let classes = m.classes.iter().map(|c| format!("\"{c}\""));
            let parts: Vec<String> = m.args.iter().map(f64::to_string).chain(classes).chain(by).collect();
            m.label = format!("{word}({})", parts.join(", "));
        }
        Ok(m)
    }
}
