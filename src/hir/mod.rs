//! Names and families: from the syntax tree to a flat list of declarations.
//!
//! `use` is followed, families (`for d in ...`) become one declaration per member, parameters take their overrides,
//! and every name is known by kind. What a declaration *means* is the checker's business.

mod data;
mod expand;
mod used;

pub(crate) use used::{names_of, unreadable};

pub use crate::types::{Binding, Env, Item};
pub use expand::{Options, World, expand, is_name};

use crate::ast::{self, Expr, ExprKind, Setting, Text, TextPart};
use crate::columns::CorpusDecl;
use crate::source::Span;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

/// The key of a family whose list cannot be read.
pub const UNKNOWN_MEMBER: &str = "?";

/// The name of a declaration without the keys of its families: `private` of `private["books"]`.
pub fn base_name(name: &str) -> &str {
    name.split('[').next().unwrap_or(name)
}

/// Whether a name is that of a member of a family whose list cannot be read.
pub(crate) fn is_guessed(name: &str) -> bool {
    name.contains("[\"?\"]")
}

/// Kinds of name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Data,
    Encoder,
    Let,
    Task,
    Loss,
    Param,
}

impl Kind {
    /// As said to users, with an article.
    pub fn a(self) -> &'static str {
        match self {
            Kind::Data => "a data set",
            Kind::Encoder => "an encoder",
            Kind::Let => "a `let`",
            Kind::Task => "a task",
            Kind::Loss => "a loss",
            Kind::Param => "a parameter",
        }
    }
}

/// A declared name: one declaration, or one for each member of a family.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// of what kind
    pub kind: Kind,
    /// where it was declared first
    pub span: Span,
    /// (family bindings, index in its table)
    members: Vec<(Env, usize)>,
    /// members by all of their bindings, and by each of them
    by_env: HashMap<String, usize>,
    by_key: HashMap<String, Vec<usize>>,
}

impl Symbol {
    fn new(kind: Kind, span: Span) -> Self {
        Self { kind, span, members: vec![], by_env: HashMap::default(), by_key: HashMap::default() }
    }

    fn push(&mut self, env: &Env, index: usize) {
        if !env.is_empty() {
            self.by_env.insert(bindings(env.iter()), index);
            for (at, b) in env.iter().enumerate() {
                // two variables may have one value
                if !env[..at].iter().any(|o| o.value == b.value) {
                    self.by_key.entry(b.value.key()).or_default().push(index);
                }
            }
        }
        self.members.push((env.clone(), index));
    }

    /// The member of the families in which we stand.
    fn here(&self, env: &Env) -> Option<usize> {
        let (first, _) = self.members.first()?;
        let common = env.iter().filter(|b| first.iter().any(|f| f.family == b.family));
        self.by_env.get(&bindings(common)).copied()
    }

    fn all(&self) -> Vec<usize> {
        self.members.iter().map(|(_, i)| *i).collect()
    }

    /// Whether it was declared in a `for`.
    pub fn is_family(&self) -> bool {
        self.members.first().is_some_and(|(e, _)| !e.is_empty())
    }
}

/// A named expression: encoder, let or parameter.
#[derive(Clone, Debug)]
pub struct Named {
    /// `private["books"]`
    pub name: String,
    /// place of the name
    pub span: Span,
    /// its value
    pub value: Expr,
    /// family variables in scope
    pub env: Env,
}

/// A task after expansion.
#[derive(Clone, Debug)]
pub struct TaskDef {
    /// `sent["books"]`
    pub name: String,
    /// as written
    pub ast: Arc<ast::Task>,
    /// family variables in scope
    pub env: Env,
}

/// An arrow after expansion.
#[derive(Clone, Debug)]
pub struct EdgeDef {
    /// as written
    pub ast: Arc<ast::Edge>,
    /// place of the whole statement
    pub span: Span,
    /// family variables in scope
    pub env: Env,
}

/// A `loss`.
#[derive(Clone, Debug)]
pub struct LossDef {
    /// its name
    pub name: String,
    /// place of the name
    pub span: Span,
    /// its value
    pub value: Expr,
    /// after `on`
    pub on: Option<Expr>,
    /// in braces
    pub options: Vec<Setting>,
    /// family variables in scope
    pub env: Env,
}

/// A `share`.
#[derive(Clone, Debug)]
pub struct ShareDef {
    /// what is shared
    pub members: Vec<Expr>,
    /// how
    pub scheme: Expr,
    /// place of the statement
    pub span: Span,
    /// family variables in scope
    pub env: Env,
}

/// A longer string, in bytes, is no name or path that anybody means: each `let` of a chain may double the one before.
pub const LONGEST_TEXT: usize = 1 << 16;

/// The whole program, flat.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// data sets
    pub data: Arc<Vec<CorpusDecl>>,
    /// encoders, members of families one by one
    pub encoders: Vec<Named>,
    /// lists and named intermediate values
    pub lets: Vec<Named>,
    /// parameters, overrides applied
    pub params: Vec<Named>,
    /// tasks
    pub tasks: Vec<TaskDef>,
    /// arrows
    pub edges: Vec<EdgeDef>,
    /// extra losses
    pub losses: Vec<LossDef>,
    /// soft sharing
    pub shares: Vec<ShareDef>,
    /// the settings of `train`
    pub train: Vec<Setting>,
    /// place of `train`, if there is one
    pub train_span: Option<Span>,
    /// claims
    pub expects: Vec<(Expr, Env)>,
    /// every name but those of data sets
    pub names: HashMap<String, Symbol>,
    /// words of what could not be read: names among them may be declared there
    pub lost: BTreeSet<String>,
    /// places of used files that were read as what was probably meant
    pub guessed: Vec<Span>,
    /// declarations of used files whose name is missing
    pub nameless: usize,
    /// a part of the text was refused: what depends on it may be missing without a finding of its own
    pub faulty: bool,
    /// names that some expression reads
    pub read: HashSet<String>,
    /// names of data sets: a task may be called as its data
    pub data_names: HashMap<String, Symbol>,
    /// parameters and `let` that are neither a constant nor a list, found once: a chain of them is not followed again
    opaque: HashSet<(Kind, usize)>,
    /// name of a field → data set → its place there
    fields: HashMap<String, BTreeMap<usize, usize>>,
}

impl Program {
    /// Every name with its kind.
    pub fn all_names(&self) -> impl Iterator<Item = (&str, Kind)> {
        self.names.iter().chain(&self.data_names).map(|(n, s)| (n.as_str(), s.kind))
    }
}

impl Program {
    fn push_data(&mut self, decl: CorpusDecl) {
        let corpus = self.data.len();
        for (i, f) in decl.fields.iter().enumerate() {
            if !self.fields.contains_key(&f.name) {
                self.fields.insert(f.name.clone(), BTreeMap::new());
            }
            if let Some(places) = self.fields.get_mut(&f.name) {
                places.entry(corpus).or_insert(i);
            }
            if f.ty.is_unreadable() {
                self.fields.entry(ast::UNREADABLE.into()).or_default().insert(corpus, i);
            }
        }
        Arc::make_mut(&mut self.data).push(decl);
    }

    /// The place of a field in a data set.
    pub fn field(&self, corpus: usize, name: &str) -> Option<usize> {
        self.fields.get(name)?.get(&corpus).copied()
    }

    /// The first data set that has such a field.
    pub fn has_field(&self, name: &str) -> Option<usize> {
        self.fields.get(name)?.keys().next().copied()
    }

    /// Whether a field of this data set could not be read.
    pub fn unreadable_field(&self, corpus: usize) -> bool {
        self.fields.get(ast::UNREADABLE).is_some_and(|places| places.contains_key(&corpus))
    }

    /// The names of all fields.
    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }
}

/// What a name means in some place.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// one declaration
    One(Kind, usize),
    /// a family that was not indexed
    Family(Kind, Vec<usize>),
    /// a family variable
    Var(Item),
}

impl Program {
    /// What `name` means where the family variables `env` are in scope.
    pub fn lookup(&self, name: &str, env: &Env) -> Option<Meaning> {
        if let Some(b) = env.iter().rev().find(|b| b.var == name) {
            return Some(Meaning::Var(b.value.clone()));
        }
        let symbol = self.names.get(name).or_else(|| self.data_names.get(name))?;
        self.meaning(symbol, env)
    }

    /// As [`Program::lookup`], among data sets alone.
    pub fn lookup_data(&self, name: &str, env: &Env) -> Option<Meaning> {
        if let Some(b) = env.iter().rev().find(|b| b.var == name) {
            return Some(Meaning::Var(b.value.clone()));
        }
        self.meaning(self.data_names.get(name)?, env)
    }

    fn meaning(&self, symbol: &Symbol, env: &Env) -> Option<Meaning> {
        if !symbol.is_family() {
            return symbol.members.first().map(|(_, i)| Meaning::One(symbol.kind, *i));
        }
        Some(match symbol.here(env) {
            Some(one) => Meaning::One(symbol.kind, one),
            None => Meaning::Family(symbol.kind, symbol.all()),
        })
    }

    /// The members of `name[key]`; all of them for `name[*]`.
    pub fn members(&self, name: &str, key: Option<&str>, data: bool) -> Option<(Kind, Vec<usize>)> {
        let (first, second) = if data { (&self.data_names, &self.names) } else { (&self.names, &self.data_names) };
        let symbol = first.get(name).or_else(|| second.get(name))?;
        let found = match key {
            Some(k) => symbol.by_key.get(k).cloned().unwrap_or_default(),
            None => symbol.all(),
        };
        Some((symbol.kind, found))
    }

    /// The keys of a family, in order.
    pub fn keys(&self, name: &str) -> Vec<String> {
        let Some(symbol) = self.names.get(name).or_else(|| self.data_names.get(name)) else { return vec![] };
        symbol.members.iter().filter_map(|(e, _)| e.last().map(|b| b.value.key())).collect()
    }

    /// A text with its interpolations filled in; the names that are unknown otherwise.
    pub fn text(&self, text: &Text, env: &Env) -> Result<String, Vec<ast::Name>> {
        let mut out = String::new();
        let mut unknown = vec![];
        for part in &text.parts {
            match part {
                TextPart::Plain(s) => out.push_str(s),
                TextPart::Var(v) => match self.lookup(&v.value, env) {
                    Some(Meaning::Var(item)) => out.push_str(&item.key()),
                    _ => match self.named_constant(&v.value, env) {
                        Some(item) => out.push_str(&item.key()),
                        None => unknown.push(v.clone()),
                    },
                },
            }
        }
        if unknown.is_empty() { Ok(out) } else { Err(unknown) }
    }

    /// A number or text that is known before anything runs: literals, parameters, family variables, arithmetic.
    pub fn constant(&self, e: &Expr, env: &Env) -> Option<Item> {
        match &*e.value {
            ExprKind::Number(n) => Some(Item::Number(n.value)),
            ExprKind::Text(t) => self.text(t, env).ok().map(Item::Text),
            ExprKind::Paren(e) => self.constant(e, env),
            ExprKind::Neg(e) => match self.constant(e, env)? {
                Item::Number(n) => Some(Item::Number(-n)),
                _ => None,
            },
            ExprKind::Binary(op, a, b) => {
                let (Item::Number(a), Item::Number(b)) = (self.constant(a, env)?, self.constant(b, env)?) else {
                    return None;
                };
                Some(Item::Number(match op.value {
                    ast::BinOp::Add => a + b,
                    ast::BinOp::Sub => a - b,
                    ast::BinOp::Mul => a * b,
                    ast::BinOp::Div => a / b,
                    _ => return None,
                }))
            }
            ExprKind::Name(n) => self.named_constant(n, env),
            _ => None,
        }
    }

    fn named_constant(&self, name: &str, env: &Env) -> Option<Item> {
        match self.lookup(name, env)? {
            Meaning::Var(Item::Expr(_)) => None,
            Meaning::Var(item) => Some(item),
            Meaning::One(kind, i) if self.opaque.contains(&(kind, i)) => None,
            Meaning::One(Kind::Param, i) => self.constant(&self.params[i].value, &Env::default()),
            Meaning::One(Kind::Let, i) => self.constant(&self.lets[i].value, &self.lets[i].env),
            _ => None,
        }
    }

    /// The members of a list expression: a literal, a `let`, or a range.
    pub fn list(&self, e: &Expr, env: &Env) -> Option<Vec<(Item, Span)>> {
        match &*e.value {
            ExprKind::Paren(e) => self.list(e, env),
            ExprKind::List(items) => {
                let one = |e: &Expr| (self.constant(e, env).unwrap_or(Item::Expr(e.clone())), e.span);
                Some(items.iter().map(one).collect())
            }
            ExprKind::Range(a, Some(b)) if b >= a && b - a < 1_000_000 => {
                Some((*a..=*b).map(|i| (Item::Number(i as f64), e.span)).collect())
            }
            ExprKind::Name(n) => match self.lookup(n, env)? {
                Meaning::One(kind, i) if self.opaque.contains(&(kind, i)) => None,
                Meaning::One(Kind::Let, i) => self.list(&self.lets[i].value, &self.lets[i].env),
                Meaning::One(Kind::Param, i) => self.list(&self.params[i].value, &Env::default()),
                Meaning::Var(Item::Expr(e)) => self.list(&e, env),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Bindings as a key.
fn bindings<'a>(env: impl Iterator<Item = &'a Binding>) -> String {
    let mut out = String::new();
    for b in env {
        let _ = write!(out, "{}={}\u{1}", b.family, b.value.key());
    }
    out
}

/// `name` or `name["key"]`.
pub fn member_name(name: &str, env: &Env) -> String {
    let keys: Vec<String> = env
        .iter()
        .map(|b| match &b.value {
            Item::Number(n) => n.to_string(),
            item => format!("\"{}\"", item.key()),
        })
        .collect();
    if keys.is_empty() { name.to_string() } else { format!("{name}[{}]", keys.join(", ")) }
}
