//! Arrows, extra losses, soft sharing.

use super::build::{Builder, Key, fold};
use super::{Edge, Gradient, Kind, Link, Node};
use crate::analysis::reads::Source;
use crate::ast::ExprKind;
use crate::types::{Edge as Arrow, Grad, Mode, Target};

impl Builder<'_> {
    pub(super) fn arrows(&mut self) {
        for a in self.checked.arrows() {
            let Some(from) = self.keys.get(&Key::Task(a.source)).copied() else { continue };
            let mut slot = String::new();
            let to = match &a.target {
                Target::Task(t) => self.keys.get(&Key::Task(*t)).copied(),
                Target::Slot(t, s) => {
                    slot = format!(" into {s}");
                    self.keys.get(&Key::Task(*t)).copied()
                }
                Target::Encoder(i, k) => {
                    let cuts = self.slabs.get(i).cloned().unwrap_or_default();
                    let part = cuts.iter().position(|c| *c >= k.unwrap_or(1)).unwrap_or(0);
                    self.keys.get(&Key::Slab(*i, part)).copied()
                }
            };
            let Some(to) = to else { continue };
            let def = &self.p.edges[a.def];
            let port = def.ast.source.clone();
            let port = self.reader.text(&port);
            let port = port.split_once('.').map_or(a.port, |(_, p)| p).to_string();
            let via = def.ast.via.as_ref().map(|v| self.reader.text(v)).unwrap_or_default();
            let shape = self.arrow_type(a);
            let seen = match &a.train {
                Mode::Gold => "train: gold".to_string(),
                Mode::Scheduled(x, y) => format!("train: gold {x} → {y}"),
                Mode::Other(w) if w != "predicted" => format!("train: {w}"),
                _ => String::new(),
            };
            let what: Vec<&str> = [via.as_str(), shape.as_str()].into_iter().filter(|s| !s.is_empty()).collect();
            let mut detail = vec![what.join(", "), slot.trim_start().to_string(), seen];
            detail.retain(|d| !d.is_empty());
            let hard = a.port == "labels" || !matches!(a.port, "hidden" | "states" | "probs" | "logits" | "soft");
            let gradient = match a.grad {
                Grad::Stop => Gradient::None,
                Grad::Reverse(_) => Gradient::Reverse,
                Grad::Straight => Gradient::Through,
                Grad::Through if hard && !self.says_through(a) => Gradient::None,
                Grad::Through => Gradient::Through,
            };
            let words = match a.rounds {
                Some(_) => format!("{}.{port} ~> {}{slot}", self.nodes[from].name, self.nodes[to].name),
                None => format!("{}.{port} -> {}{slot}", self.nodes[from].name, self.nodes[to].name),
            };
            let link = if a.rounds.is_some() { Link::Feedback } else { Link::Arrow };
            self.edges.push(Edge { from, to, link, label: port, detail, phase: a.when, gradient, words });
        }
    }

    /// Whether an arrow says how a gradient passes a hard port.
    fn says_through(&self, a: &Arrow) -> bool {
        self.p.edges[a.def]
            .ast
            .options
            .iter()
            .any(|o| matches!(&o.value, crate::ast::SettingKind::Attr { name, .. } if name.value == "grad"))
    }

    /// The shape of what arrives.
    fn arrow_type(&self, a: &Arrow) -> String {
        let after = self.type_of_owner(&a.name);
        if !after.is_empty() {
            return after;
        }
        let def = &self.p.edges[a.def];
        match (a.port, &def.ast.via) {
            (_, Some(_)) => String::new(),
            ("probs" | "labels" | "logits", None) => self.task_type(a.source),
            _ => String::new(),
        }
    }

    /// Arrows that begin at a `let` or at data: no dependency between tasks.
    pub(super) fn data_arrows(&mut self) {
        for def in &self.p.edges {
            let reads = self.reader.reads(&def.ast.source, &def.env);
            if !reads.iter().all(|r| matches!(r.source, Source::Let(_) | Source::FieldOf(..))) || reads.is_empty() {
                continue;
            }
            for target in &def.ast.targets {
                let (base, slot) = match &*target.value {
                    ExprKind::Dot(b, n) => (b, n.value.as_str()),
                    _ => (target, ""),
                };
                for t in self.reader.reads(base, &def.env) {
                    let Source::Task(i, _) = t.source else { continue };
                    let Some(k) = self.task(&self.p.tasks[i].name) else { continue };
                    let Some(to) = self.keys.get(&Key::Task(k)).copied() else { continue };
                    let on = self.texts(k);
                    let mut reads = reads.clone();
                    if !slot.is_empty() {
                        reads.iter_mut().for_each(|r| r.path.push(format!("into {slot}")));
                    }
                    self.reads(to, &reads, &on, false);
                }
            }
        }
    }

    /// Extra losses and soft sharing.
    pub(super) fn terms(&mut self) {
        for (i, l) in self.p.losses.iter().enumerate() {
            let reads = self.reader.reads(&l.value, &l.env);
            let lines = fold(&self.reader.text(&l.value));
            let node = Node {
                kind: Kind::Loss,
                name: l.name.clone(),
                lines,
                ty: String::new(),
                members: 1,
                step: usize::MAX,
                phase: None,
            };
            let mut ends: Vec<usize> = vec![];
            for r in &reads {
                let end = match &r.source {
                    Source::Encoder(i, _) => {
                        let top = self.slabs.get(i).map_or(0, |c| c.len().saturating_sub(1));
                        self.keys.get(&Key::Slab(*i, top)).copied()
                    }
                    Source::Let(i) => self.keys.get(&Key::Let(*i)).copied(),
                    Source::Task(i, _) => {
                        self.task(&self.p.tasks[*i].name).and_then(|t| self.keys.get(&Key::Task(t)).copied())
                    }
                    _ => None,
                };
                ends.extend(end.filter(|e| !ends.contains(e)));
            }
            if ends.is_empty() {
                continue;
            }
            let id = self.add(Key::Loss(i), || node);
            for e in ends {
                self.link(e, id, Link::Loss, String::new());
            }
        }
        for s in &self.p.shares {
            let scheme = self.reader.text(&s.scheme);
            let mut ends: Vec<usize> = vec![];
            for m in &s.members {
                for r in self.reader.reads(m, &s.env) {
                    let end = match &r.source {
                        Source::Encoder(i, _) => {
                            let top = self.slabs.get(i).map_or(0, |c| c.len().saturating_sub(1));
                            self.keys.get(&Key::Slab(*i, top)).copied()
                        }
                        Source::Task(i, _) => {
                            self.task(&self.p.tasks[*i].name).and_then(|t| self.keys.get(&Key::Task(t)).copied())
                        }
                        _ => None,
                    };
                    ends.extend(end);
                }
            }
            for w in ends.windows(2) {
                self.link(w[0], w[1], Link::Share, scheme.clone());
            }
        }
    }
}
