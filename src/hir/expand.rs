//! Following `use`, expanding families, collecting names.

use super::*;
use crate::ast::{ItemKind, Name, TextPart};
use crate::diagnostics::{Diagnostic, suggest, thousands};
use crate::source::Sources;
use crate::words;
use std::path::{Path, PathBuf};

/// The outside world: the only way in which the front end reads files.
pub trait World: Sync {
    /// The text of a file.
    fn read(&self, path: &Path) -> std::io::Result<String>;
}

/// What the command line adds to a program.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--set name=value`: name and value as given
    pub set: Vec<(String, String)>,
    /// `--without 'pos -> chunk'`
    pub without: Vec<(String, String)>,
    /// `--without domain`: tasks and losses
    pub dropped: Vec<String>,
    /// `--only task`
    pub only: Vec<String>,
    /// `--no-pass name`: rows of [`crate::passes::PASSES`] that do nothing
    pub no_pass: Vec<String>,
}

pub(super) struct Expander<'a> {
    world: &'a dyn World,
    sources: &'a mut Sources,
    options: &'a Options,
    pub(super) program: Program,
    diagnostics: Vec<Diagnostic>,
    /// names in strings that have no value, and what is in scope there
    pub(super) unresolved: Vec<(Name, Env)>,
    /// what was reported: code, place, message
    said: HashSet<(&'static str, Option<Span>, String)>,
    open: Vec<PathBuf>,
    done: Vec<PathBuf>,
    families: usize,
    /// members of all families so far
    expanded: usize,
}

/// Most members of all families together.
const MOST_MEMBERS: usize = 10_000;

/// Expands a parsed file. `path` is where it was read from (relative `use` paths start in its folder).
pub fn expand(
    file: &ast::File,
    path: &Path,
    world: &dyn World,
    sources: &mut Sources,
    options: &Options,
) -> (Program, Vec<Diagnostic>) {
    let mut ex = Expander {
        world,
        sources,
        options,
        program: Program::default(),
        diagnostics: vec![],
        unresolved: vec![],
        said: HashSet::default(),
        open: vec![path.to_path_buf()],
        done: vec![],
        families: 0,
        expanded: 0,
    };
    let items = ex.follow_uses(file, path);
    ex.program.read = super::used::names(&items);
    // lists and parameters first: families need them, and order in the text is free
    ex.collect(&items, &Env::default(), &mut 0, true);
    ex.cut_circles();
    // what stands in families is not known yet
    ex.program.opaque.clear();
    ex.families = 0;
    let mut family = 0;
    ex.collect(&items, &Env::default(), &mut family, false);
    ex.cut_circles();
    ex.unknown_vars();
    ex.family_vars(&items, &mut vec![]);
    ex.check_set();
    ex.program.faulty = !ex.diagnostics.is_empty();
    (ex.program, ex.diagnostics)
}

impl Expander<'_> {
    /// What `--set` gives the parameter `name`, whose value in the program is `given`; the last `--set` of a name
    /// counts. Each value is a text of its own, `--set`, at which its findings stand. Where the program has a string,
    /// the value is one, with quotes or without.
    fn set_value(&mut self, name: &str, given: &ast::Expr) -> Option<ast::Expr> {
        let (_, value) = self.options.set.iter().rev().find(|(n, _)| n == name)?;
        let value = value.trim();
        let text = match &*given.value {
            ExprKind::Text(_) if !value.starts_with('"') => format!("{name}=\"{value}\""),
            _ => format!("{name}={value}"),
        };
        let id = self.sources.add("--set", text.as_str());
        // the value stands where it stands behind the name
        let padded = format!("{}{}", " ".repeat(name.len() + 1), &text[name.len() + 1..]);
        crate::syntax::parse_expr(id, &padded).map_err(|d| self.diagnostics.push(d)).ok()
    }

    /// Every `--set` that names no parameter.
    fn check_set(&mut self) {
        let known: Vec<String> =
            self.program.names.iter().filter(|(_, s)| s.kind == Kind::Param).map(|(n, _)| n.clone()).collect();
        for (name, value) in &self.options.set {
            if known.contains(name) {
                continue;
            }
            let id = self.sources.add("--set", format!("{name}={value}"));
            let near = suggest::near(name, known.iter().map(String::as_str));
            let d = Diagnostic::new("E0210", format!("`--set {name}` names no `param` of the program"))
                .at(Span::new(id, 0, name.len()), "");
            self.diagnostics.push(match suggest::question(&near) {
                Some(q) => d.help(q),
                None if known.is_empty() => d.help(format!("declare it: `param {name} = ...`")),
                None => d.help(format!("parameters are: {}", known.join(", "))),
            });
        }
    }

    fn follow_uses(&mut self, file: &ast::File, path: &Path) -> Vec<ast::Item> {
        let mut out = vec![];
        for item in &file.items {
            let ItemKind::Use(text) = &item.value else {
                out.push(item.clone());
                continue;
            };
            let name = match self.program.text(&text.value, &Env::default()) {
                Ok(name) => name,
                Err(names) => {
                    let d =
                        Diagnostic::new("E0209", "the path of a `use` holds no names: files are read before all else");
                    let at = names.first().map_or(text.span, |n| n.span);
                    self.diagnostics.push(d.at(at, "has no value yet").help("write the path itself"));
                    continue;
                }
            };
            let target = path.parent().unwrap_or(Path::new("")).join(&name);
            if self.open.contains(&target) {
                let d = Diagnostic::new("E0208", format!("`{name}` uses itself"));
                self.diagnostics.push(d.at(text.span, "this file is being read already").help("remove this line"));
                continue;
            }
            if self.done.contains(&target) {
                continue;
            }
            match self.world.read(&target) {
                Ok(content) => {
                    let id = self.sources.add(target.to_string_lossy(), content.as_str());
                    let parsed = crate::syntax::parse(id, &content);
                    self.diagnostics.extend(parsed.diagnostics);
                    self.program.lost.extend(parsed.lost);
                    self.program.guessed.extend(parsed.guessed);
                    self.program.nameless += parsed.nameless;
                    self.open.push(target.clone());
                    out.extend(self.follow_uses(&parsed.file, &target));
                    self.open.pop();
                    self.done.push(target);
                }
                Err(e) => {
                    let d = Diagnostic::new("E0209", format!("the file `{name}` cannot be read"));
                    self.diagnostics.push(
                        d.at(text.span, e.to_string()).help("paths are relative to the file in which the `use` stands"),
                    );
                }
            }
        }
        out
    }

    fn declare(&mut self, name: &Name, kind: Kind, env: &Env, index: usize) -> bool {
        if words::is_reserved(&name.value) {
            let d = Diagnostic::new("E0203", format!("`{}` is a word of the language", name.value));
            self.diagnostics.push(d.at(name.span, "cannot be a name").help(format!("call it `my_{}`", name.value)));
            return false;
        }
        let table = if kind == Kind::Data { &mut self.program.data_names } else { &mut self.program.names };
        match table.get_mut(&name.value) {
            None => {
                let mut symbol = Symbol::new(kind, name.span);
                symbol.push(env, index);
                table.insert(name.value.clone(), symbol);
                true
            }
            // another member of the same family
            Some(s) if s.span == name.span => {
                s.push(env, index);
                true
            }
            Some(s) => {
                let (first, was) = (s.span, s.kind);
                let d = Diagnostic::new("E0202", format!("`{}` is declared twice", name.value))
                    .at(name.span, "declared again here")
                    .with(first, format!("first declared here, as {}", was.a()))
                    .help("give one of the two another name");
                self.push_once(d);
                false
            }
        }
    }

    /// E0202: a family variable that hides a declaration, or the variable of a family around it.
    fn family_vars<'i>(&mut self, items: &'i [ast::Item], around: &mut Vec<&'i Name>) {
        for item in items {
            match &item.value {
                ItemKind::For { var, items, .. } => {
                    self.hides_nothing(var, around);
                    around.push(var);
                    self.family_vars(items, around);
                    around.pop();
                }
                ItemKind::Train(settings) => self.stage_vars(settings),
                _ => {}
            }
        }
    }

    fn stage_vars(&mut self, settings: &[ast::Setting]) {
        for s in settings {
            match &s.value {
                ast::SettingKind::Stage { family: Some((var, _)), .. } => self.hides_nothing(var, &[]),
                ast::SettingKind::Repeat { body, .. } => self.stage_vars(body),
                _ => {}
            }
        }
    }

    fn hides_nothing(&mut self, var: &Name, around: &[&Name]) {
        let outer = around.iter().find(|o| o.value == var.value).map(|o| (o.span, "a family variable"));
        let declared = self.program.names.get(&var.value).map(|s| (s.span, s.kind.a()));
        let Some((first, was)) = outer.or(declared) else { return };
        let d = Diagnostic::new("E0202", format!("`{}` is declared twice", var.value));
        let d = d.at(var.span, "here as a family variable").with(first, format!("here as {was}"));
        self.push_once(d.help("give the variable another name"));
    }

    /// `let`s and parameters in terms of themselves are cut (E0306), and constants are computed once, so that whoever
    /// follows a name comes to an end.
    fn cut_circles(&mut self) {
        let p = &self.program;
        let mut graph = petgraph::graph::DiGraph::<(Kind, usize), ()>::new();
        let mut nodes = HashMap::default();
        let declared = [(Kind::Param, &p.params), (Kind::Let, &p.lets)];
        for (kind, list) in declared {
            for i in 0..list.len() {
                nodes.insert((kind, i), graph.add_node((kind, i)));
            }
        }
        for (kind, list) in declared {
            for (i, named) in list.iter().enumerate() {
                for name in super::used::names_of(&named.value) {
                    let meant = match p.lookup(name, &named.env) {
                        Some(Meaning::One(k, j)) => vec![(k, j)],
                        Some(Meaning::Family(k, all)) => all.into_iter().map(|j| (k, j)).collect(),
                        _ => vec![],
                    };
                    for to in meant.iter().filter_map(|m| nodes.get(m)) {
                        graph.update_edge(nodes[&(kind, i)], *to, ());
                    }
                }
            }
        }
        let mut found = vec![];
        self.program.opaque.clear();
        // what is read comes before who reads it
        for component in petgraph::algo::tarjan_scc(&graph) {
            let circle = component.len() > 1 || component.iter().any(|n| graph.contains_edge(*n, *n));
            let mut spans = vec![];
            for (kind, i) in component.iter().map(|n| graph[*n]) {
                let list = if kind == Kind::Param { &self.program.params } else { &self.program.lets };
                let (value, env, span) = (list[i].value.clone(), list[i].env.clone(), list[i].span);
                let filled = |t: &ast::Text| t.parts.iter().all(|part| matches!(part, TextPart::Plain(_)));
                let literal = match &*value.value {
                    ExprKind::Number(_) | ExprKind::List(_) => true,
                    ExprKind::Text(t) => filled(t),
                    _ => false,
                };
                let new = match (circle, literal) {
                    (true, _) => Some(ExprKind::Error),
                    (false, true) => None,
                    (false, false) => match self.program.constant(&value, &env) {
                        Some(Item::Number(n)) => {
                            Some(ExprKind::Number(ast::Number { value: n, unit: None, raw: n.to_string() }))
                        }
                        Some(Item::Text(t)) if t.len() > super::LONGEST_TEXT => {
                            let message = format!("a string of {} bytes", thousands(t.len()));
                            let d = Diagnostic::new("E0207", message).at(value.span, "too long for a name or a path");
                            found.push(d.help(format!("at most {} bytes are read", thousands(super::LONGEST_TEXT))));
                            Some(ExprKind::Error)
                        }
                        Some(Item::Text(t)) => Some(ExprKind::Text(ast::Text { parts: vec![TextPart::Plain(t)] })),
                        // of a string that was refused
                        None if self.reads_error(&value, &env) => Some(ExprKind::Error),
                        None if self.program.list(&value, &env).is_none() => {
                            self.program.opaque.insert((kind, i));
                            None
                        }
                        _ => None,
                    },
                };
                spans.push(span);
                let list = if kind == Kind::Param { &mut self.program.params } else { &mut self.program.lets };
                if let Some(new) = new {
                    list[i].value = ast::Node::new(Box::new(new), value.span);
                }
            }
            if circle {
                spans.sort_by_key(|s| (s.file.0, s.start));
                spans.dedup();
                let message =
                    if spans.len() == 1 { "this is defined by itself" } else { "these are defined by each other" };
                let d = Diagnostic::new("E0306", message).at(spans[0], "needs itself");
                let d = spans[1..].iter().fold(d, |d, s| d.with(*s, "part of the circle"));
                found.push(d.help("give one of them a value of its own"));
            }
        }
        found.into_iter().for_each(|d| self.push_once(d));
    }

    /// Whether a string holds a `let` or a parameter that has its finding already.
    fn reads_error(&self, value: &Expr, env: &Env) -> bool {
        let ExprKind::Text(t) = &*value.value else { return false };
        t.parts.iter().any(|part| match part {
            TextPart::Plain(_) => false,
            TextPart::Var(v) => match self.program.lookup(&v.value, env) {
                Some(Meaning::One(Kind::Let, i)) => matches!(&*self.program.lets[i].value.value, ExprKind::Error),
                Some(Meaning::One(Kind::Param, i)) => matches!(&*self.program.params[i].value.value, ExprKind::Error),
                _ => false,
            },
        })
    }

    /// Whether a list has its finding already.
    fn cut(&self, list: &Expr, named: &Option<(&String, Option<Meaning>)>) -> bool {
        let value = match named {
            Some((_, Some(Meaning::One(Kind::Let, i)))) => &self.program.lets[*i].value,
            Some((_, Some(Meaning::One(Kind::Param, i)))) => &self.program.params[*i].value,
            _ => list,
        };
        matches!(&*value.value, ExprKind::Error)
    }

    pub(super) fn push_once(&mut self, d: Diagnostic) {
        if self.said.insert((d.code, d.primary.as_ref().map(|l| l.span), d.message.clone())) {
            self.diagnostics.push(d);
        }
    }

    /// Adds what items declare to the program.
    fn collect(&mut self, items: &[ast::Item], env: &Env, family: &mut usize, early: bool) {
        for item in items {
            match &item.value {
                ItemKind::Let { name, value } if early && env.is_empty() => {
                    let i = self.program.lets.len();
                    if self.declare(name, Kind::Let, env, i) {
                        let (name, span) = (name.value.clone(), name.span);
                        self.program.lets.push(Named { name, span, value: value.clone(), env: env.clone() });
                    }
                }
                ItemKind::Param { name, value } if early => {
                    let i = self.program.params.len();
                    if self.declare(name, Kind::Param, env, i) {
                        let value = self.set_value(&name.value, value).unwrap_or_else(|| value.clone());
                        let (name, span) = (name.value.clone(), name.span);
                        self.program.params.push(Named { name, span, value, env: Env::default() });
                    }
                }
                _ if early => {}
                ItemKind::Let { name, value } => {
                    if !env.is_empty() {
                        let i = self.program.lets.len();
                        if self.declare(name, Kind::Let, env, i) {
                            let named = Named {
                                name: member_name(&name.value, env),
                                span: name.span,
                                value: value.clone(),
                                env: env.clone(),
                            };
                            self.program.lets.push(named);
                        }
                    }
                }
                ItemKind::Param { .. } | ItemKind::Use(_) => {}
                ItemKind::For { var, list, items } => self.family(var, list, items, env, family),
                ItemKind::Data { name, reader, fields } => {
                    let i = self.program.data.len();
                    let decl = self.corpus(name, reader, fields, env);
                    if self.declare(name, Kind::Data, env, i) {
                        self.program.push_data(decl);
                    }
                }
                ItemKind::Encoder { name, value } => {
                    let i = self.program.encoders.len();
                    if self.declare(name, Kind::Encoder, env, i) {
                        let named = Named {
                            name: member_name(&name.value, env),
                            span: name.span,
                            value: value.clone(),
                            env: env.clone(),
                        };
                        self.program.encoders.push(named);
                    }
                }
                ItemKind::Task(task) => {
                    let i = self.program.tasks.len();
                    if self.declare(&task.name, Kind::Task, env, i) {
                        let name = member_name(&task.name.value, env);
                        self.program.tasks.push(TaskDef { name, ast: task.clone(), env: env.clone() });
                    }
                }
                ItemKind::Loss { name, value, on, options } => {
                    let i = self.program.losses.len();
                    if self.declare(name, Kind::Loss, env, i) {
                        self.program.losses.push(LossDef {
                            name: member_name(&name.value, env),
                            span: name.span,
                            value: value.clone(),
                            on: on.clone(),
                            options: options.clone(),
                            env: env.clone(),
                        });
                    }
                }
                ItemKind::Share { members, scheme } => self.program.shares.push(ShareDef {
                    members: members.clone(),
                    scheme: scheme.clone(),
                    span: item.span,
                    env: env.clone(),
                }),
                ItemKind::Edge(edge) => {
                    self.program.edges.push(EdgeDef { ast: edge.clone(), span: item.span, env: env.clone() })
                }
                ItemKind::Expect(e) => self.program.expects.push((e.clone(), env.clone())),
                ItemKind::Train(settings) => match self.program.train_span {
                    Some(first) if first != item.span => {
                        let d = Diagnostic::new("E0202", "there are two `train` blocks")
                            .at(item.span, "this is the second")
                            .with(first, "the first")
                            .help("put all settings into one block");
                        self.push_once(d);
                    }
                    _ => {
                        self.program.train = settings.clone();
                        self.program.train_span = Some(item.span);
                    }
                },
            }
        }
    }

    /// The members of a family, each with what is declared inside.
    fn family(&mut self, var: &Name, list: &Expr, items: &[ast::Item], env: &Env, family: &mut usize) {
        *family += 1;
        let id = *family;
        let inner_start = *family;
        let listed = self.program.list(list, env);
        self.no_list(var, list, listed.is_some(), env);
        // one member of unknown name, so that what is declared inside is known
        let unknown = vec![(Item::Text(UNKNOWN_MEMBER.into()), list.span)];
        let mut members = listed.unwrap_or_else(|| unknown.clone());
        if members.is_empty() {
            let d = Diagnostic::new("E0211", "this family has no members");
            self.push_once(d.at(list.span, "the list is empty").help("name at least one member"));
            members = unknown;
        }
        let mut seen: HashSet<String> = HashSet::default();
        let mut end = inner_start;
        for (value, span) in members {
            if seen.contains(&value.key()) {
                let d = Diagnostic::new("E0202", format!("the family has two members `{}`", value.key()));
                self.push_once(d.at(span, "named again here").help("remove one of them"));
                continue;
            }
            seen.insert(value.key());
            self.expanded += 1;
            if self.expanded > MOST_MEMBERS {
                let d = Diagnostic::new("E0211", format!("families have more than {MOST_MEMBERS} members"));
                self.push_once(d.at(list.span, "one too many").help("shorten the list"));
                break;
            }
            let mut inner = (**env).clone();
            inner.push(Binding { family: id, var: var.value.clone(), value });
            let mut f = inner_start;
            self.collect(items, &Env::new(inner), &mut f, false);
            end = end.max(f);
        }
        *family = end;
    }

    /// E0201, E0211: what stands in place of the list of a family.
    fn no_list(&mut self, var: &Name, list: &Expr, listed: bool, env: &Env) {
        let named = match &*list.value {
            ExprKind::Name(n) => Some((n, self.program.lookup(n, env))),
            _ => None,
        };
        if let Some((n, None)) = &named {
            let lists = self.program.lets.iter().chain(&self.program.params).map(|l| l.name.as_str());
            let near = suggest::near(n, lists);
            let d = Diagnostic::new("E0201", format!("nothing is called `{n}`")).at(list.span, "expected a list");
            let d = match near.as_slice() {
                [one] => d.fix(list.span, *one, true),
                _ => d,
            };
            let help = suggest::question(&near)
                .unwrap_or_else(|| format!("write the members: `for {} in [\"a\", \"b\"] {{ ... }}`", var.value));
            self.push_once(d.help(help));
        } else if !listed && !self.cut(list, &named) {
            let d = match &*list.value {
                ExprKind::Range(a, Some(b)) if a > b => {
                    let d = Diagnostic::new("E0211", "this range runs backwards").at(list.span, "");
                    let right = format!("{b}..{a}");
                    d.help(format!("write `{right}`")).fix(list.span, right, false)
                }
                _ => Diagnostic::new("E0211", "a family needs a list of names or numbers")
                    .at(list.span, "this is not a list")
                    .help(format!("write the members: `for {} in [\"a\", \"b\"] {{ ... }}`", var.value)),
            };
            self.push_once(d);
        }
    }
}

/// Whether an expression is just this name.
pub fn is_name(e: &Expr, name: &str) -> bool {
    matches!(&*e.value, ExprKind::Name(n) if n == name)
}
