//! What an expression over features reads, and by which functions on the way.

use crate::ast::{Expr, ExprKind, Tap};
use crate::hir::{Env, Kind, Meaning, Program};
use crate::kinds::layers;
use crate::source::Sources;

/// What is read.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// an encoder, at a layer or at its end
    Encoder(usize, Layer),
    /// a `let` that holds features
    Let(usize),
    /// a port of a task (in `loss` lines)
    Task(usize, String),
    /// a text by its field's name, of the data set that the task reads
    Field(String),
    /// a field of a named data set
    FieldOf(usize, String),
    /// the text that is meant when none is named: the expression begins with an embedding
    Text,
}

/// Where an encoder is tapped.
#[derive(Clone, Debug, PartialEq)]
pub enum Layer {
    /// its end
    Top,
    /// after layer k
    At(u32),
    /// `@*`, `@2..3`: as written
    Several(String, u32),
}

/// One read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// of what
    pub source: Source,
    /// functions on the way, in order: `max`, `match`
    pub path: Vec<String>,
    /// on which texts an encoder is run; empty: on the text that is meant
    pub on: Vec<Read>,
}

/// Reads expressions.
pub struct Reader<'a> {
    /// names
    pub program: &'a Program,
    /// texts, from which functions are quoted
    pub sources: &'a Sources,
}

impl Reader<'_> {
    /// Whether a `let` holds features rather than a list or a number.
    pub fn holds_features(&self, i: usize) -> bool {
        let l = &self.program.lets[i];
        self.program.list(&l.value, &l.env).is_none() && self.program.constant(&l.value, &l.env).is_none()
    }

    /// The text of an expression on one line, without comments.
    pub fn text(&self, e: &Expr) -> String {
        let raw = self.sources.slice(e.span);
        let lines = raw.lines().map(|l| l.split('#').next().unwrap_or(l));
        lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
    }

    /// Everything that an expression reads.
    pub fn reads(&self, e: &Expr, env: &Env) -> Vec<Read> {
        let mut out = vec![];
        self.walk(e, env, false, &mut out);
        out
    }

    fn push(out: &mut Vec<Read>, source: Source, on: Vec<Read>) {
        out.push(Read { source, path: vec![], on });
    }

    /// `fed`: something flows in from the left of a pipe, so that an embedding reads no text of its own.
    fn walk(&self, e: &Expr, env: &Env, fed: bool, out: &mut Vec<Read>) {
        match &*e.value {
            ExprKind::Name(n) => self.name(n, Layer::Top, None, env, fed, out),
            ExprKind::Paren(e) | ExprKind::Neg(e) => self.walk(e, env, fed, out),
            ExprKind::Cat(a, b) | ExprKind::Binary(_, a, b) => {
                self.walk(a, env, fed, out);
                self.walk(b, env, fed, out);
            }
            ExprKind::List(items) => items.iter().for_each(|i| self.walk(i, env, fed, out)),
            ExprKind::Pipe(a, b) => {
                let first = out.len();
                self.walk(a, env, fed, out);
                let word = self.word(b, env);
                let end = out.len();
                self.walk(b, env, true, out);
                match word {
                    Some(w) => out[first..end].iter_mut().for_each(|r| r.path.push(w.clone())),
                    // piped into an encoder: that is what it runs on
                    None if out.len() > end => {
                        let fed: Vec<Read> = out.drain(first..end).collect();
                        if let Some(r) = out.get_mut(first) {
                            r.on.extend(fed);
                        }
                    }
                    None => {}
                }
            }
            ExprKind::Tap(b, t) => {
                let layer = match &t.value {
                    Tap::Layer(k) => Layer::At(small(*k)),
                    Tap::Range(a, b) => {
                        let text = b.map_or(format!("@{a}.."), |b| format!("@{a}..{b}"));
                        Layer::Several(text, b.map_or(u32::MAX, small))
                    }
                    Tap::All => Layer::Several("@*".into(), u32::MAX),
                    Tap::Name(n) => Layer::Several(format!("@{n}"), u32::MAX),
                };
                match &*b.value {
                    ExprKind::Name(n) => self.name(n, layer, None, env, fed, out),
                    ExprKind::Index(n, k) => {
                        if let ExprKind::Name(n) = &*n.value {
                            self.name(n, layer, Some(k.as_ref()), env, fed, out);
                        }
                    }
                    _ => self.walk(b, env, fed, out),
                }
            }
            ExprKind::Index(b, k) => {
                if let ExprKind::Name(n) = &*b.value {
                    self.name(n, Layer::Top, Some(k.as_ref()), env, fed, out);
                }
            }
            ExprKind::Dot(b, port) => self.dot(b, &port.value, env, fed, out),
            ExprKind::Call(f, args) => {
                let first = out.len();
                let before = out.len();
                let function = matches!(&*f.value, ExprKind::Name(n) if layers::function(n).is_some());
                if !function {
                    self.walk(f, env, true, out);
                }
                if !function && out.len() > before {
                    // an encoder applied to texts
                    let mut on = vec![];
                    args.iter().for_each(|a| self.walk(&a.value, env, false, &mut on));
                    out[before..].iter_mut().for_each(|r| r.on.extend(on.iter().cloned()));
                    return;
                }
                for a in args {
                    self.walk(&a.value, env, fed, out);
                }
                let ExprKind::Name(n) = &*f.value else { return };
                let found = out.len() > first;
                out[first..].iter_mut().for_each(|r| r.path.push(n.clone()));
                if !found && !fed && reads_text(n) {
                    Self::push(out, Source::Text, vec![]);
                }
            }
            _ => {}
        }
    }

    fn dot(&self, b: &Expr, port: &str, env: &Env, fed: bool, out: &mut Vec<Read>) {
        let base = match &*b.value {
            ExprKind::Name(n) => Some((n, None)),
            ExprKind::Index(n, k) => match &*n.value {
                ExprKind::Name(n) => Some((n, Some(k.as_ref()))),
                _ => None,
            },
            _ => None,
        };
        if let Some((n, key)) = base {
            let data = match key {
                None => match self.program.lookup_data(n, env) {
                    Some(Meaning::One(Kind::Data, i)) => vec![i],
                    _ => vec![],
                },
                Some(k) => {
                    let key = k.and_then(|k| self.program.constant(k, env)).map(|i| i.key());
                    match self.program.members(n, key.as_deref(), true) {
                        Some((Kind::Data, m)) => m,
                        _ => vec![],
                    }
                }
            };
            let fields: Vec<usize> =
                data.into_iter().filter(|i| self.program.data[*i].fields.iter().any(|f| f.name == *port)).collect();
            if !fields.is_empty() {
                fields.into_iter().for_each(|i| Self::push(out, Source::FieldOf(i, port.into()), vec![]));
                return;
            }
        }
        let first = out.len();
        self.walk(b, env, fed, out);
        for r in &mut out[first..] {
            match &mut r.source {
                Source::Task(_, p) if p.is_empty() => *p = port.into(),
                _ => r.path.push(format!(".{port}")),
            }
        }
    }

    fn name(&self, n: &str, layer: Layer, index: Option<Option<&Expr>>, env: &Env, fed: bool, out: &mut Vec<Read>) {
        let p = self.program;
        let found: Vec<(Kind, usize)> = match index {
            Some(key) => {
                let key = key.and_then(|k| p.constant(k, env)).map(|i| i.key());
                let members = p.members(n, key.as_deref(), false);
                members.map(|(k, m)| m.into_iter().map(|i| (k, i)).collect()).unwrap_or_default()
            }
            None => match p.lookup(n, env) {
                Some(Meaning::One(k, i)) => vec![(k, i)],
                Some(Meaning::Family(k, all)) => all.into_iter().map(|i| (k, i)).collect(),
                _ => vec![],
            },
        };
        let known = !found.is_empty();
        for (kind, i) in found {
            match kind {
                Kind::Encoder => Self::push(out, Source::Encoder(i, layer.clone()), vec![]),
                Kind::Let if self.holds_features(i) => Self::push(out, Source::Let(i), vec![]),
                Kind::Task => Self::push(out, Source::Task(i, String::new()), vec![]),
                _ => {}
            }
        }
        if !known {
            if p.data.iter().any(|d| d.fields.iter().any(|f| f.name == n)) {
                Self::push(out, Source::Field(n.into()), vec![]);
            } else if !fed && reads_text(n) {
                Self::push(out, Source::Text, vec![]);
            }
        }
    }

    /// What a stage of a pipe is called; nothing where it is an encoder.
    fn word(&self, e: &Expr, env: &Env) -> Option<String> {
        let name = match &*e.value {
            ExprKind::Name(n) => Some(n),
            ExprKind::Call(f, _) => match &*f.value {
                ExprKind::Name(n) => Some(n),
                _ => None,
            },
            _ => None,
        };
        if let Some(n) = name
            && layers::function(n).is_none()
            && self.program.lookup(n, env).is_some()
        {
            return None;
        }
        let text = self.text(e);
        Some(if text.chars().count() > 22 { name.cloned().unwrap_or_else(|| "…".into()) } else { text })
    }
}

/// Functions that begin with words.
fn reads_text(name: &str) -> bool {
    layers::function(name).is_some_and(|f| f.marks.reads_words)
}

fn small(k: u64) -> u32 {
    u32::try_from(k).unwrap_or(u32::MAX)
}
