//! Arrows as declared: source, port, target and options.

use super::*;
use crate::hir::EdgeDef;
use crate::kinds::layers;
use crate::util::SmallList;
use crate::words;
use crate::words::numbers::{FACTOR, SHARE, SIZE};

/// An arrow that begins at no task: `found -> read.docs`.
#[derive(Clone, Debug)]
pub(crate) struct DataArrow<'p> {
    /// as an arrow; its source means nothing
    pub edge: Edge,
    /// what it brings
    pub value: &'p Expr,
}

/// Where an arrow begins.
struct Origin<'p> {
    tasks: Vec<usize>,
    port: Option<&'p ast::Name>,
    /// at no task
    from_data: bool,
    /// nothing is wrong with the arrow so far
    fine: bool,
}

impl<'p> Resolver<'p> {
    pub(crate) fn collect_edges(&mut self) {
        for (i, def) in self.p.edges.iter().enumerate() {
            self.edge(i, def);
        }
        self.into_task.resize_with(self.tasks.len(), Vec::new);
        let edges = std::mem::take(&mut self.edges);
        let mut alike: HashMap<(usize, &str, &Target), SmallList<usize>> = HashMap::default();
        for (b, e) in edges.iter().enumerate() {
            match e.target {
                Target::Task(t) | Target::Slot(t, _) => self.into_task[t].push(b),
                Target::Encoder(i, k) => self.into_layer.entry((i, k.unwrap_or(1))).or_default().push(b),
            }
            let before = alike.entry((e.source, e.port, &e.target)).or_default();
            let twice = before
                .iter()
                .map(|a| &edges[*a])
                .find(|o| o.span != e.span && (o.when.is_none() || e.when.is_none() || o.when == e.when));
            *before = before.iter().copied().chain([b]).collect();
            let within = |s: Span| self.reports.within(s).next().is_some();
            if let Some(first) = twice
                && !within(e.span)
                && !within(first.span)
            {
                let d = Diagnostic::new("E0202", format!("the arrow `{}` is drawn twice", e.name))
                    .at(e.span, "again")
                    .with(first.span, "first here");
                self.report(d.help("remove one of the two"));
            }
        }
        self.edges = edges;
    }

    fn edge(&mut self, index: usize, def: &'p EdgeDef) {
        let mut proto = Edge {
            def: index,
            source: 0,
            port: "",
            arg: None,
            target: Target::Task(0),
            train: Mode::Predicted,
            when: None,
            grad: Grad::Through,
            dropout: 0.0,
            rounds: def.ast.feedback.then_some(1),
            turns: false,
            name: "".into(),
            span: def.span,
            target_span: def.span,
            alive: true,
        };
        let mut origin = self.origin(def);
        if let Some(port) = origin.port {
            self.port(&mut origin, port, &mut proto);
            self.port_argument(def, &mut origin, port, &mut proto);
        }
        origin.fine &= self.edge_options(def, &mut proto, &origin.tasks) & self.joins_last(def);
        let mut ends: Vec<(Target, Span)> = vec![];
        for t in &def.ast.targets {
            let what = "a task or an encoder";
            let Ok(p) = self.path_of(t, what) else { continue };
            let kinds = [Kind::Task, Kind::Encoder];
            let Ok(found) = self.named(&p, &def.env, &kinds, what, &[Part::Layer, Part::Dot]) else { continue };
            for (kind, i) in found {
                let Some(target) = self.target(&p, kind, i) else { continue };
                if let Some((_, first)) = ends.iter().find(|(end, _)| *end == target) {
                    let d = Diagnostic::new("E0202", format!("the arrow ends at `{}` twice", path_words(t)));
                    self.report(d.at(t.span, "again").with(*first, "first here").help("name it once"));
                    continue;
                }
                ends.push((target.clone(), t.span));
                if matches!(target, Target::Slot(..)) {
                    self.unsupported(t.span, "an arrow into a slot");
                }
                if origin.from_data {
                    self.data_arrow(def, target, t, &proto);
                } else if origin.fine {
                    for s in &origin.tasks {
                        let mut e = Edge { source: *s, target: target.clone(), target_span: t.span, ..proto.clone() };
                        e.name = self.arrow_name(&e, def.ast.feedback).into();
                        self.edges.push(Arc::new(e));
                    }
                }
            }
        }
    }

    /// Where an arrow begins.
    fn origin(&mut self, def: &'p EdgeDef) -> Origin<'p> {
        let source = &def.ast.source;
        let mut out = Origin { tasks: vec![], port: None, from_data: false, fine: true };
        let Some(p) = path(source) else {
            if !matches!(&*source.value, ExprKind::Error) {
                let d = Diagnostic::new("E0303", "an arrow begins at a port of a task").at(source.span, "");
                self.report(d.help("for example `pos.probs -> chunk`"));
            }
            return Origin { fine: false, ..out };
        };
        if self.p.names.get(p.name).is_some_and(|s| s.kind == Kind::Let)
            || !self.p.names.contains_key(p.name) && self.p.data_names.contains_key(p.name)
        {
            // an untrained value that enters a slot: a data edge
            self.unsupported(source.span, "an arrow from data");
            return Origin { from_data: true, fine: false, ..out };
        }
        match self.named(&p, &def.env, &[Kind::Task], "a task", &[Part::Dot, Part::Call]) {
            Ok(found) => out.tasks = found.into_iter().map(|(_, i)| i).collect(),
            Err(Reported) => out.fine = false,
        }
        out.port = p.dots.first().copied();
        if out.fine && out.port.is_none() {
            let name = p.name;
            let d = Diagnostic::new("E0303", format!("the arrow does not say what `{name}` sends"));
            let d = d.at(source.span, "a task, not one of its ports");
            self.report(d.help(format!("write `{name}.probs`, `{name}.hidden` or `{name}.labels`")));
            out.fine = false;
        }
        out
    }

    /// The port by which an arrow leaves its tasks.
    fn port(&mut self, origin: &mut Origin<'p>, port: &ast::Name, proto: &mut Edge) {
        for s in &origin.tasks {
            let head = self.tasks[*s].head;
            // of a poisoned one it is not known which head it is
            let any = heads::rows().filter(|_| self.tasks[*s].poisoned).flat_map(|h| h.ports);
            let known = || heads::PORTS.iter().chain(head.ports).chain(any.clone()).copied();
            let found = known().find(|k| *k == port.value);
            proto.port = found.unwrap_or_default();
            if found.is_none() {
                let known: Vec<&str> = known().filter(|p| !["loss", "logp"].contains(p)).collect();
                let what = format!("a port of `{}`", self.tasks[*s].name);
                self.unknown_word("E0304", &what, &port.value, port.span, &known);
                origin.fine = false;
            } else if matches!(port.value.as_str(), "loss" | "logp") {
                let d = Diagnostic::new("E0304", format!("`.{}` does not travel along an arrow", port.value));
                self.report(d.at(port.span, "a scalar for `loss` lines").help("send `.probs` or `.hidden`"));
                origin.fine = false;
            } else if !matches!(port.value.as_str(), "hidden" | "logits" | "probs" | "labels") {
                self.unsupported(port.span, format!("the port `.{}`", port.value));
            }
        }
    }

    /// What stands in the brackets of a port: 5 of `.top(5)`.
    fn port_argument(&mut self, def: &EdgeDef, origin: &mut Origin<'p>, port: &ast::Name, proto: &mut Edge) {
        let mut rules = origin.tasks.iter().flat_map(|s| self.tasks[*s].rule.ports);
        let own = rules.find(|p| p.name == port.value);
        let args = path(&def.ast.source).and_then(|p| p.args);
        if !origin.fine {
            return;
        }
        origin.fine = match (own.and_then(|p| p.arg), args) {
            (Some(arg), Some([first, ..])) => {
                let (e, env) = (&first.value, &def.env);
                let given = match arg {
                    "k" => self.in_range(e, env, SIZE, "how many to take", "for example `.top(5)`"),
                    _ => self.number(e, env, "the argument of a port"),
                };
                proto.arg = given.ok().or(proto.arg);
                given.is_ok()
            }
            (Some(arg), _) => {
                let (name, what) = (&port.value, if arg == "k" { "how many to take" } else { "its temperature" });
                let d = Diagnostic::new("E0236", format!("`.{name}` needs {what}")).at(port.span, "");
                let example = if arg == "k" { "5" } else { "0.1" };
                self.report(d.help(format!("for example `.{name}({example})`")));
                false
            }
            // the port of an unknown head
            (None, Some(_)) if origin.tasks.iter().any(|s| self.tasks[*s].poisoned) => false,
            (None, Some([first, ..])) => {
                let d = Diagnostic::new("E0215", format!("`.{}` takes no arguments", port.value));
                self.report(d.at(first.value.span, "one too many").help(format!("write `.{}`", port.value)));
                false
            }
            (None, _) => true,
        };
    }

    /// Where an arrow ends that names this task or encoder.
    fn target(&mut self, p: &Path<'_>, kind: Kind, i: usize) -> Option<Target> {
        if kind == Kind::Task {
            let Some(slot) = p.dots.first() else { return Some(Target::Task(i)) };
            return self.slot(i, slot).then(|| Target::Slot(i, slot.value.clone()));
        }
        match p.tap.map(|t| (&t.value, t.span)) {
            None => Some(Target::Encoder(i, None)),
            Some((ast::Tap::Layer(k), _)) if *k >= 1 => Some(Target::Encoder(i, Some(*k as u32))),
            Some((_, span)) => {
                let d = Diagnostic::new("E0305", "an arrow enters one layer of an encoder");
                self.report(d.at(span, "").help(format!("write `{}@2`", p.name)));
                None
            }
        }
    }

    /// An arrow that begins at no task: it ends at a slot.
    fn data_arrow(&mut self, def: &'p EdgeDef, target: Target, end: &Expr, proto: &Edge) {
        let source = &def.ast.source;
        let from = path_words(source);
        if let Target::Slot(t, slot) = &target {
            let name = format!("{from} -> {}.{slot}", self.tasks[*t].name);
            let edge = Edge { target, target_span: end.span, name: name.into(), ..proto.clone() };
            self.data_arrows.push(DataArrow { edge, value: source });
            return;
        }
        let d = Diagnostic::new("E0305", format!("an arrow from `{from}`, which no task makes, ends at a slot"));
        let d = d.at(end.span, "no slot").with(source.span, "no port of a task");
        let gold = path(source).and_then(|p| {
            let Some(Meaning::One(Kind::Data, c)) = self.p.lookup_data(p.name, &def.env) else { return None };
            let f = self.p.field(c, &p.dots.first()?.value)?;
            self.gold_arrow(c, f, &path_words(end))
        });
        self.report(d.help(match gold {
            Some(arrow) => format!("gold is sent by the task that learns it: {arrow}"),
            None => format!("name a slot, `{}.docs`, or read it after `from`", path_words(end)),
        }));
    }

    /// E0236: what says how a value joins is the last word of `via`.
    fn joins_last(&mut self, def: &'p EdgeDef) -> bool {
        let Some(via) = &def.ast.via else { return true };
        let mut stages = vec![];
        pipe_stages(via, &mut stages);
        let own = |j: &str| self.p.lookup(j, &def.env).is_some();
        let joins = |e: &Expr| match &*e.value {
            ExprKind::Name(n) => {
                !own(n) && layers::function(n).and_then(|f| f.marks.joins).is_some_and(|j| !j.computes())
            }
            _ => false,
        };
        let Some(at) = stages.iter().rev().skip(1).find(|e| joins(e)) else { return true };
        let mut right: Vec<String> = stages.iter().filter(|e| !joins(e)).map(|e| path_words(e)).collect();
        right.push(path_words(at));
        let right = right.join(" |> ");
        let d = Diagnostic::new("E0236", format!("`{}` is the last word of `via`", path_words(at)));
        let d = d.at(at.span, "says how the value joins").help(format!("write `via {right}`"));
        self.report(d.fix(via.span, right, false));
        false
    }

    /// `pos.probs -> chunk`, with resolved names: members of a family have arrows, and parameters, of their own.
    fn arrow_name(&self, e: &Edge, feedback: bool) -> String {
        let name = |t: usize| self.tasks[t].name.as_str();
        let (to, more) = match &e.target {
            Target::Task(t) => (name(*t), String::new()),
            Target::Slot(t, slot) => (name(*t), format!(".{slot}")),
            Target::Encoder(i, None) => (self.p.encoders[*i].name.as_str(), String::new()),
            Target::Encoder(i, Some(k)) => (self.p.encoders[*i].name.as_str(), format!("@{k}")),
        };
        [name(e.source), ".", e.port, if feedback { " ~> " } else { " -> " }, to, &more].concat()
    }

    /// Whether `slot` is a slot of the task or a field that its features read.
    pub(super) fn slot(&mut self, task: usize, slot: &ast::Name) -> bool {
        let info = &self.tasks[task];
        if info.poisoned {
            return false;
        }
        let fields: Vec<String> =
            info.corpora.iter().flat_map(|c| self.p.data[*c].fields.iter().map(|f| f.name.clone())).collect();
        if info.head.slots.contains(&slot.value.as_str()) || fields.contains(&slot.value) {
            return true;
        }
        let mut known: Vec<&str> = info.head.slots.to_vec();
        known.extend(fields.iter().map(String::as_str));
        known.sort_unstable();
        known.dedup();
        let what = format!("a slot or an input field of `{}`", info.name);
        self.unknown_word("E0305", &what, &slot.value, slot.span, &known);
        false
    }

    pub(super) fn edge_options(&mut self, def: &'p EdgeDef, e: &mut Edge, sources: &[usize]) -> bool {
        let env = &def.env;
        let hard = heads::HARD_PORTS.contains(&e.port);
        if hard {
            e.grad = Grad::Stop;
        }
        let mut train_given = false;
        for s in &def.ast.options {
            if !matches!(s.value, SettingKind::Attr { .. }) {
                let d = Diagnostic::new("E0233", "an arrow has no stages and no views").at(s.span, "");
                self.report(d.help("remove this"));
            }
        }
        // an option that is not known may be `rounds`
        let rounds = |word: &str| word == "rounds" || !words::EDGE_OPTIONS.iter().any(|o| o.name == word);
        let named = |o: &ast::Setting| matches!(&o.value, SettingKind::Attr { name, .. } if rounds(&name.value));
        let rounds_given = def.ast.options.iter().any(named);
        let mut forward = true;
        for o in self.options_in_braces(&def.ast.options, words::EDGE_OPTIONS, "E0233", "an arrow") {
            let GivenOption { row, first: v, span, .. } = o;
            let word = match &*v.value {
                ExprKind::Name(n) => n.as_str(),
                ExprKind::Call(f, _) => match &*f.value {
                    ExprKind::Name(n) => n.as_str(),
                    _ => "",
                },
                _ => "",
            };
            match row.name {
                "train" => {
                    train_given = true;
                    match self.train_mode(def, e, v, env) {
                        Some(mode) => e.train = mode,
                        None => continue,
                    }
                }
                "test" => self.test_mode(def, e, v, env),
                "when" => e.when = self.phase_of(v).ok().or(e.when),
                "grad" => self.gradient(def, e, span, v, word),
                "rounds" => forward &= self.rounds(def, e, &o, word),
                _ => {
                    if let Ok(p) = self.in_range(v, env, row.takes.ranges(), "`dropout`", "for example `30%`") {
                        e.dropout = p;
                    }
                }
            }
        }
        if def.ast.feedback && !rounds_given {
            let d = Diagnostic::new("E0235", "`~>` does not say how often it goes round").at(def.ast.arrow, "");
            let d = d.help("add `{ rounds 1 }`");
            self.report(self.with_option(d, def, "rounds 1", true));
            return false;
        }
        let gold_exists = sources.iter().any(|s| {
            let t = &self.tasks[*s];
            let known = |g: &FieldType| !matches!(g, FieldType::Other { kind, .. } if kind == "list");
            !t.head.self_supervised && !t.golds.is_empty() && t.gold.as_ref().is_some_and(known)
        });
        if !forward {
            return false;
        }
        let open = !train_given && gold_exists && !def.ast.feedback && e.when != Some(Phase::Test);
        if open && matches!(e.port, "labels" | "top") {
            let what = if e.port == "top" { "candidates" } else { "labels" };
            let d = Diagnostic::new("E0507", format!("the arrow does not say which {what} it carries while training"))
                .at(def.ast.source.span, format!("gold or predicted {what}?"));
            let d = d.help(
                "add `{ train predicted }` or `{ train gold }` (gold trains faster, but the destination never sees errors)",
            );
            // as at test
            self.report(self.with_option(d, def, "train predicted", true));
            return false;
        }
        true
    }

    /// `grad stop`, `grad reverse(0.05)`: what flows back.
    fn gradient(&mut self, def: &EdgeDef, e: &mut Edge, span: Span, v: &Expr, word: &str) {
        let hard = heads::HARD_PORTS.contains(&e.port);
        let args = word_of(v).map_or(&[][..], |(.., args)| args);
        if matches!(word, "through" | "stop" | "straight") && !self.bare(word, args) {
            return;
        }
        match word {
            // spans and passages carry their states with them
            "through" if hard && e.port == "top" && def.ast.via.is_some() => e.grad = Grad::Through,
            "through" if hard => {
                let help = match e.port {
                    "labels" => "write `grad straight`, or send `.probs`",
                    _ => "write `grad straight`, use `.gumbel(τ)`, or add a `loss ... = reinforce(...)`",
                };
                let d = Diagnostic::new("E0505", format!("no gradient passes through `.{}`", e.port))
                    .at(span, "asks for a gradient")
                    .with(def.ast.source.span, "a hard decision");
                self.report(d.help(help));
            }
            "through" => e.grad = Grad::Through,
            "stop" => e.grad = Grad::Stop,
            "straight" if e.port == "labels" || !hard && e.port != "probs" && e.port != "hidden" => {
                e.grad = Grad::Straight;
            }
            "straight" if hard => {
                e.grad = Grad::Straight;
                self.unsupported(span, "a straight-through gradient of this port");
            }
            "straight" => {
                let d = Diagnostic::new("E0505", "`grad straight` belongs to a hard port");
                let d = d.at(span, "").with(def.ast.source.span, "soft already");
                self.report(d.help("send `.labels`, or write `grad through`"));
            }
            "reverse" if hard => {
                let d = Diagnostic::new("E0505", format!("no gradient passes through `.{}`", e.port));
                let d = d.at(span, "reverses a gradient").with(def.ast.source.span, "a hard decision");
                self.report(d.help("send `.probs`, or remove `grad reverse`"));
            }
            "reverse" => {
                let help = "write `grad reverse(0.05)`";
                let l = match args {
                    [] => Ok(1.0),
                    [one] => self.in_range(&one.value, &def.env, FACTOR, "`reverse`", help),
                    [_, extra, ..] => {
                        let d = Diagnostic::new("E0215", "`reverse` has too many arguments");
                        Err(self.report(d.at(extra.value.span, "one too many").help(help)))
                    }
                };
                if let Ok(l) = l {
                    e.grad = Grad::Reverse(l);
                }
            }
            _ => {
                let known = ["through", "stop", "straight", "reverse"];
                self.unknown_word("E0234", "a kind of gradient", word, v.span, &known);
            }
        }
    }

    /// `rounds 2` of feedback; false where the arrow is none.
    fn rounds(&mut self, def: &EdgeDef, e: &mut Edge, o: &GivenOption<'_>, word: &str) -> bool {
        if !def.ast.feedback {
            let d = Diagnostic::new("E0235", "only a `~>` has rounds").at(o.span, "");
            self.report(d.help("write `~>` instead of `->`, or remove `rounds`"));
            return false;
        }
        if word == "turns" {
            e.turns = true;
            self.unsupported(o.first.span, "rounds over turns");
        } else if let Ok(n) = self.in_range(o.first, &def.env, o.row.takes.ranges(), "`rounds`", "write `rounds 1`") {
            e.rounds = Some(n as u32);
        }
        true
    }

    pub(super) fn scheduled(&mut self, v: &Expr, env: &Env) -> Result<Mode, Reported> {
        let arg = match &*v.value {
            ExprKind::Call(_, args) if args.len() == 1 => match &*args[0].value.value {
                ExprKind::Arrow(a, b) => Some((a.clone(), b.clone())),
                _ => None,
            },
            _ => None,
        };
        let Some((a, b)) = arg else {
            let d = Diagnostic::new("E0234", "`scheduled` needs the shares of gold at start and end").at(v.span, "");
            return Err(self.report(d.help("write `train scheduled(1 -> 0)`")));
        };
        let mut share =
            |e: &Expr| self.in_range(e, env, SHARE, "each share of gold", "write `train scheduled(1 -> 0)`");
        let (x, y) = (share(&a), share(&b));
        let (x, y) = (x?, y?);
        Ok(Mode::Scheduled(x, y))
    }

    /// The fix that adds an option to an arrow.
    fn with_option(&self, d: Diagnostic, def: &EdgeDef, option: &str, safe: bool) -> Diagnostic {
        let (span, text) = match def.ast.options.first() {
            Some(first) => (Span { end: first.span.start, ..first.span }, format!("{option}; ")),
            // after the last word of the arrow: the statement's own span may end with blanks or empty braces
            None => {
                let last = def.ast.via.as_ref().or(def.ast.targets.last()).map_or(def.span, |e| e.span);
                if last.end < def.span.end {
                    return d;
                }
                (Span { start: last.end, ..last }, format!(" {{ {option} }}"))
            }
        };
        d.fix(span, text, safe)
    }
}

/// The stages of a pipe, from left to right.
pub(crate) fn pipe_stages<'e>(e: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &*e.value {
        ExprKind::Pipe(a, b) => {
            pipe_stages(a, out);
            pipe_stages(b, out);
        }
        ExprKind::Paren(e) => pipe_stages(e, out),
        _ => out.push(e),
    }
}
