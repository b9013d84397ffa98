//! Which names a program reads: what no expression names is declared in vain.

use super::*;
use crate::ast::{FieldSource, Item, ItemKind, SettingKind, Text, TextPart};

/// Every name that stands in an expression or between the braces of a string.
pub(super) fn names(items: &[Item]) -> HashSet<String> {
    let mut out = Names { arguments: true, ..Names::default() };
    items.iter().for_each(|i| out.item(i));
    out.found.into_iter().map(String::from).collect()
}

/// The names that one expression reads, in the order of the alphabet.
pub(crate) fn names_of(e: &Expr) -> Vec<&str> {
    let mut out = Names::default();
    out.expr(e);
    let mut found: Vec<&str> = out.found.into_iter().collect();
    found.sort_unstable();
    found
}

/// Whether a part of an expression could not be read.
pub(crate) fn unreadable(e: &Expr) -> bool {
    let mut out = Names::default();
    out.expr(e);
    out.unreadable
}

#[derive(Default)]
struct Names<'e> {
    found: HashSet<&'e str>,
    /// something could not be read
    unreadable: bool,
    /// the names of arguments, too: `mix(a = 2)` names a task
    arguments: bool,
}

impl<'e> Names<'e> {
    fn item(&mut self, item: &'e Item) {
        match &item.value {
            ItemKind::Use(t) => self.text(&t.value),
            ItemKind::Param { value, .. } | ItemKind::Let { value, .. } | ItemKind::Encoder { value, .. } => {
                self.expr(value);
            }
            ItemKind::Data { reader, fields, .. } => {
                self.expr(reader);
                for source in fields.iter().filter_map(|f| f.source.as_ref()) {
                    match &source.value {
                        FieldSource::Text(t) => self.text(t),
                        FieldSource::Name(n) => {
                            _ = self.found.insert(n);
                        }
                        FieldSource::Number(_) => {}
                    }
                }
            }
            ItemKind::Task(t) => {
                self.expr(&t.head);
                [&t.of, &t.from, &t.on].into_iter().flatten().for_each(|e| self.expr(e));
                self.settings(&t.options);
            }
            ItemKind::Share { members, scheme } => {
                members.iter().for_each(|e| self.expr(e));
                self.expr(scheme);
            }
            ItemKind::Loss { value, on, options, .. } => {
                self.expr(value);
                on.iter().for_each(|e| self.expr(e));
                self.settings(options);
            }
            ItemKind::For { list, items, .. } => {
                self.expr(list);
                items.iter().for_each(|i| self.item(i));
            }
            ItemKind::Train(settings) => self.settings(settings),
            ItemKind::Expect(e) => self.expr(e),
            ItemKind::Edge(e) => {
                self.expr(&e.source);
                e.targets.iter().chain(&e.via).for_each(|e| self.expr(e));
                self.settings(&e.options);
            }
        }
    }

    fn settings(&mut self, settings: &'e [ast::Setting]) {
        for s in settings {
            match &s.value {
                SettingKind::Stage { family, body, .. } => {
                    family.iter().for_each(|(_, list)| self.expr(list));
                    self.settings(body);
                }
                SettingKind::Repeat { body, .. } => self.settings(body),
                SettingKind::View { value, .. } => self.expr(value),
                SettingKind::Attr { values, .. } => values.iter().for_each(|e| self.expr(e)),
            }
        }
    }

    fn text(&mut self, t: &'e Text) {
        for part in &t.parts {
            if let TextPart::Var(n) = part {
                _ = self.found.insert(&n.value);
            }
        }
    }

    fn expr(&mut self, e: &'e Expr) {
        match &*e.value {
            ExprKind::Name(n) => _ = self.found.insert(n),
            ExprKind::Text(t) => self.text(t),
            ExprKind::List(items) => items.iter().for_each(|e| self.expr(e)),
            ExprKind::Call(f, args) => {
                self.expr(f);
                for a in args {
                    self.found.extend(a.name.iter().filter(|_| self.arguments).map(|n| n.value.as_str()));
                    self.expr(&a.value);
                }
            }
            ExprKind::Index(a, key) => {
                self.expr(a);
                key.iter().for_each(|k| self.expr(k));
            }
            ExprKind::Paren(a) | ExprKind::Neg(a) | ExprKind::Tap(a, _) | ExprKind::Dot(a, _) => self.expr(a),
            ExprKind::Pipe(a, b) | ExprKind::Cat(a, b) | ExprKind::Binary(_, a, b) | ExprKind::Arrow(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Error => self.unreadable = true,
            ExprKind::Number(_) | ExprKind::Range(..) => {}
        }
    }
}
