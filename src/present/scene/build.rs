//! Nodes, and what they read.

use super::{Edge, Gradient, Kind, Link, Node};
use crate::analysis::reads::{Layer, Read, Reader, Source};
use crate::ast::{Expr, ExprKind};
use crate::check::Checked;
use crate::columns::FieldType;
use crate::hir::{Env, Program};
use crate::kinds::layers;
use crate::plan::{Op, Phase, SOURCE_FIELD, Shape};
use crate::present::sizes::Sizes;
use crate::types::dim::Dim;
use crate::types::{Place, Target};
use std::collections::{BTreeMap, BTreeSet};

/// What a node stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Text(usize, usize),
    /// encoder, number of the part between taps
    Slab(usize, usize),
    Let(usize),
    Task(usize),
    Loss(usize),
}

pub(super) struct Builder<'a> {
    pub p: &'a Program,
    pub checked: &'a Checked,
    pub sizes: &'a Sizes<'a>,
    pub reader: Reader<'a>,
    pub nodes: Vec<Node>,
    pub keys: BTreeMap<Key, usize>,
    pub edges: Vec<Edge>,
    /// last layers of the parts of each encoder; `u32::MAX`: its end
    pub slabs: BTreeMap<usize, Vec<u32>>,
    /// encoders and lets whose reads are drawn, with the texts that were meant: each is followed once, however often it is
    /// read
    pub followed: BTreeSet<(Key, Vec<(usize, usize)>)>,
}

impl Builder<'_> {
    /// Where encoders are cut: above layers that are tapped, below layers that an arrow enters.
    pub(super) fn cut(&self) -> BTreeMap<usize, Vec<u32>> {
        let mut cuts: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        let mut all: Vec<Read> = vec![];
        for t in self.p.tasks.iter().filter(|t| self.task(&t.name).is_some()) {
            let views = views(&t.ast).filter(|(_, from, _)| *from).map(|(.., e)| e);
            all.extend(t.ast.from.iter().chain(views).flat_map(|e| self.reader.reads(e, &t.env)));
        }
        for n in self.p.encoders.iter().chain(self.p.lets.iter()) {
            all.extend(self.reader.reads(&n.value, &n.env));
        }
        let mut open = all;
        while let Some(r) = open.pop() {
            open.extend(r.on);
            let Source::Encoder(i, layer) = r.source else { continue };
            cuts.entry(i).or_default().insert(match layer {
                Layer::Top => u32::MAX,
                Layer::At(k) | Layer::Several(_, k) => k,
            });
        }
        for a in self.checked.arrows() {
            if let Target::Encoder(i, Some(k)) = a.target
                && k > 1
            {
                cuts.entry(i).or_default().insert(k - 1);
            }
        }
        let mut out = BTreeMap::new();
        for (i, set) in cuts {
            let depth = self.depth(&self.p.encoders[i].value, &self.p.encoders[i].env);
            let mut list: Vec<u32> = set.into_iter().filter(|k| *k > 0).collect();
            // the last layer and the end are the same
            let end = |k: &u32| depth.is_some_and(|d| *k >= d);
            if list.iter().any(end) {
                list.retain(|k| !end(k));
                list.push(u32::MAX);
            }
            out.insert(i, list);
        }
        out
    }

    /// The number of layers of an encoder, if the text tells.
    pub(super) fn depth(&self, e: &Expr, env: &Env) -> Option<u32> {
        match &*e.value {
            ExprKind::Paren(e) => self.depth(e, env),
            ExprKind::Pipe(a, b) => Some(self.depth(a, env)? + self.depth(b, env)?),
            ExprKind::Cat(a, b) => Some(self.depth(a, env)?.max(self.depth(b, env)?)),
            ExprKind::Call(f, args) => {
                let ExprKind::Name(n) = &*f.value else { return Some(0) };
                let row = layers::function(n);
                if row.is_some_and(|f| f.marks.open_depth) {
                    return None;
                }
                let deep = row.is_some_and(|f| f.deep);
                let layers = args.iter().find(|a| a.name.as_ref().is_some_and(|n| n.value == "layers"));
                let count = layers.and_then(|a| match self.p.constant(&a.value, env) {
                    Some(crate::hir::Item::Number(n)) => Some(n as u32),
                    _ => None,
                });
                Some(if deep { count.unwrap_or(1) } else { 0 })
            }
            ExprKind::Name(n) => Some(u32::from(layers::function(n).is_some_and(|f| f.deep))),
            _ => Some(0),
        }
    }

    /// The index of a task that is kept.
    pub(super) fn task(&self, name: &str) -> Option<usize> {
        self.checked.tasks().iter().position(|t| t.name == name)
    }

    pub(super) fn add(&mut self, key: Key, node: impl FnOnce() -> Node) -> usize {
        if let Some(i) = self.keys.get(&key) {
            return *i;
        }
        self.nodes.push(node());
        self.keys.insert(key, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    pub(super) fn link(&mut self, from: usize, to: usize, link: Link, label: String) {
        self.link_through(from, to, link, label, Gradient::Through);
    }

    fn link_through(&mut self, from: usize, to: usize, link: Link, label: String, gradient: Gradient) {
        let words = format!("{} → {}", self.nodes[from].name, self.nodes[to].name);
        self.edges.push(Edge { from, to, link, label, detail: vec![], phase: None, gradient, words });
    }

    // ------------------------------------------------------------------ nodes

    pub(super) fn text_node(&mut self, corpus: usize, field: usize) -> usize {
        let d = &self.p.data[corpus];
        let f = &d.fields[field];
        let node = Node {
            kind: Kind::Text,
            name: format!("{}.{}", d.name, f.name),
            lines: vec![],
            ty: type_words(&f.ty),
            members: 1,
            step: usize::MAX,
            phase: None,
        };
        self.add(Key::Text(corpus, field), || node)
    }

    /// The part of an encoder that ends with a layer, and the parts below it.
    pub(super) fn slab(&mut self, encoder: usize, layer: u32, on: &[(usize, usize)]) -> usize {
        let cuts = self.slabs.get(&encoder).cloned().unwrap_or_else(|| vec![u32::MAX]);
        let at = cuts.iter().position(|k| *k >= layer).unwrap_or(cuts.len() - 1);
        let mut below = None;
        for k in 0..=at {
            let first = if k == 0 { 1 } else { cuts[k - 1] + 1 };
            let named = &self.p.encoders[encoder];
            let last = if k + 1 == cuts.len() { u32::MAX } else { cuts[k] };
            let name = named.name.clone();
            let mut lines = self.body(&named.value, &named.env);
            if cuts.len() > 1 {
                let depth = self.depth(&named.value, &named.env);
                let range = match (first, if last == u32::MAX { depth.unwrap_or(cuts[k]) } else { cuts[k] }) {
                    (a, b) if a == b => format!("layer {a}"),
                    (a, u32::MAX) => format!("layers {a} and up"),
                    (a, b) => format!("layers {a}–{b}"),
                };
                if k == 0 {
                    lines.insert(0, range);
                } else {
                    lines = vec![range];
                }
            }
            let ty = self.type_at(Place::Encoder(encoder, last));
            let fresh = !self.keys.contains_key(&Key::Slab(encoder, k));
            let node = Node { kind: Kind::Encoder, name, lines, ty, members: 1, step: usize::MAX, phase: None };
            let id = self.add(Key::Slab(encoder, k), || node);
            if fresh {
                if let Some(b) = below {
                    self.link(b, id, Link::Read, String::new());
                }
                if k == 0 {
                    let (value, env) = (self.p.encoders[encoder].value.clone(), self.p.encoders[encoder].env.clone());
                    let reads = self.inside(&value, &env);
                    self.reads(id, &reads, on, false);
                }
            }
            below = Some(id);
        }
        // the same encoder on another text
        if !self.followed.insert((Key::Slab(encoder, 0), on.to_vec())) {
            return below.unwrap_or(self.keys[&Key::Slab(encoder, 0)]);
        }
        let (value, env) = (self.p.encoders[encoder].value.clone(), self.p.encoders[encoder].env.clone());
        let bottom = self.keys[&Key::Slab(encoder, 0)];
        let reads = self.inside(&value, &env);
        self.reads(bottom, &reads, on, true);
        below.unwrap_or(bottom)
    }

    /// What a body reads; its functions stand in its box.
    pub(super) fn inside(&self, e: &Expr, env: &Env) -> Vec<Read> {
        let mut reads = self.reader.reads(e, env);
        reads.iter_mut().for_each(|r| r.path.clear());
        if reads.is_empty() {
            // layers alone: whatever it is applied to
            reads.push(Read { source: Source::Text, path: vec![], on: vec![] });
        }
        reads
    }

    /// The stages of an encoder that are its own, the last first, as everything rises in the picture.
    pub(super) fn body(&self, e: &Expr, env: &Env) -> Vec<String> {
        let mut stages = vec![];
        stages_of(e, &mut stages);
        let mut out: Vec<String> = vec![];
        for (i, s) in stages.iter().enumerate() {
            // a first stage of names alone is drawn as edges
            let names = self.reader.reads(s, env);
            let only = i == 0 && !names.is_empty() && !names.iter().any(|r| matches!(r.source, Source::Text));
            let plain = only && names.iter().all(|r| r.path.is_empty());
            if !plain {
                let text = self.reader.text(s);
                out.extend(fold(&text).into_iter().rev());
            }
        }
        out.reverse();
        out
    }

    /// `n×128` of the tokens of a text, `128` of one vector, nothing of a text.
    fn shaped(&self, shape: &Shape, width: &Dim) -> String {
        match shape {
            s if s.is_text() => String::new(),
            s if s.per_token() => format!("n×{}", self.sizes.dim(width)),
            _ => self.sizes.dim(width),
        }
    }

    pub(super) fn type_at(&self, place: Place) -> String {
        match self.checked.shape_at(place) {
            Some((shape, w)) => self.shaped(shape, w),
            None => String::new(),
        }
    }

    /// The shape of what an owner of layers gives, where it is elaborated.
    pub(super) fn type_of_owner(&self, owner: &str) -> String {
        for (g, widths) in self.checked.graphs.iter().zip(&self.checked.widths) {
            let mut found = None;
            for (n, w) in g.nodes.iter().zip(widths) {
                if let Op::Layer { layer } = n.op
                    && self.checked.layers[layer].name.strip_prefix(owner).is_some_and(|s| s.starts_with('.'))
                    && !layers::layer(&self.checked.layers[layer].kind).is_some_and(|l| l.joins)
                {
                    found = Some((&n.shape, w));
                }
            }
            if let Some((shape, w)) = found.filter(|(shape, _)| !shape.is_text()) {
                return self.shaped(shape, w);
            }
        }
        String::new()
    }

    pub(super) fn task_type(&self, task: usize) -> String {
        for (g, widths) in self.checked.graphs.iter().zip(&self.checked.widths) {
            for (n, w) in g.nodes.iter().zip(widths) {
                if n.op == (Op::Head { task }) {
                    return self.shaped(&n.shape, w);
                }
            }
        }
        String::new()
    }

    // ------------------------------------------------------------------ edges

    /// Draws reads into `to`. `on`: the texts that are meant. `texts_only`: the node has been drawn, but the texts that
    /// are meant may be new.
    pub(super) fn reads(&mut self, to: usize, reads: &[Read], on: &[(usize, usize)], texts_only: bool) {
        for r in reads {
            let mut label = r.path.join(" ▸ ");
            let gradient = gradient(&r.path);
            let here: Vec<(usize, usize)> = match r.on.as_slice() {
                [] => on.to_vec(),
                texts => {
                    let corpora: BTreeSet<usize> = on.iter().map(|o| o.0).collect();
                    texts.iter().flat_map(|t| self.fields(t, &corpora)).collect()
                }
            };
            match &r.source {
                Source::Encoder(i, layer) => {
                    let k = match layer {
                        Layer::Top => u32::MAX,
                        Layer::At(k) => *k,
                        Layer::Several(words, k) => {
                            label = format!("{words} {label}").trim().to_string();
                            *k
                        }
                    };
                    let from = self.slab(*i, k, &here);
                    if !texts_only {
                        self.link_through(from, to, Link::Read, label, gradient);
                    }
                    // what is no text of a data set, such as a retrieved list
                    for x in &r.on {
                        if matches!(x.source, Source::Let(_) | Source::Encoder(..)) && !texts_only {
                            let bottom = self.keys[&Key::Slab(*i, 0)];
                            self.reads(bottom, std::slice::from_ref(x), on, false);
                        }
                    }
                }
                Source::Let(i) => {
                    let from = self.let_node(*i, &here);
                    if !texts_only {
                        self.link_through(from, to, Link::Read, label, gradient);
                    }
                }
                Source::Task(i, port) => {
                    if let Some(t) = self.task(&self.p.tasks[*i].name)
                        && let Some(from) = self.keys.get(&Key::Task(t)).copied()
                        && !texts_only
                    {
                        self.link(from, to, Link::Loss, format!(".{port}").trim_end_matches('.').to_string());
                    }
                }
                Source::Text => {
                    for (c, f) in on {
                        let from = self.text_node(*c, *f);
                        if !self.edges.iter().any(|e| e.from == from && e.to == to) {
                            self.link(from, to, Link::Read, String::new());
                        }
                    }
                }
                Source::Field(_) | Source::FieldOf(..) => {
                    let corpora: BTreeSet<usize> = on.iter().map(|o| o.0).collect();
                    for (c, f) in self.fields(r, &corpora) {
                        let from = self.text_node(c, f);
                        if !self.edges.iter().any(|e| e.from == from && e.to == to) {
                            self.link_through(from, to, Link::Read, label.clone(), gradient);
                        }
                    }
                }
            }
        }
    }

    pub(super) fn fields(&self, r: &Read, corpora: &BTreeSet<usize>) -> Vec<(usize, usize)> {
        let place = |c: usize, n: &str| self.p.data[c].fields.iter().position(|f| f.name == n).map(|f| (c, f));
        match &r.source {
            // a task without gold says no data set: any that has the field
            Source::Field(n) if corpora.is_empty() => (0..self.p.data.len()).filter_map(|c| place(c, n)).collect(),
            Source::Field(n) => corpora.iter().filter_map(|c| place(*c, n)).collect(),
            Source::FieldOf(c, n) => place(*c, n).into_iter().collect(),
            _ => vec![],
        }
    }

    pub(super) fn let_node(&mut self, i: usize, on: &[(usize, usize)]) -> usize {
        let named = self.p.lets[i].clone();
        let fresh = !self.keys.contains_key(&Key::Let(i));
        let lines = fold(&self.reader.text(&named.value));
        let ty = self.type_at(Place::Let(i));
        let node =
            Node { kind: Kind::Let, name: named.name.clone(), lines, ty, members: 1, step: usize::MAX, phase: None };
        let id = self.add(Key::Let(i), || node);
        if !self.followed.insert((Key::Let(i), on.to_vec())) {
            return id;
        }
        let reads = self.inside(&named.value, &named.env);
        self.reads(id, &reads, on, !fresh);
        id
    }

    /// The texts that a task means when it names none: that of its labels, or every text of its data.
    pub(super) fn texts(&self, task: usize) -> Vec<(usize, usize)> {
        let mut out = vec![];
        let t = &self.checked.tasks()[task];
        for (c, f) in &t.golds {
            let fields = &self.p.data[*c].fields;
            let texts: Vec<usize> = (0..fields.len()).filter(|i| is_text(&fields[*i].ty)).collect();
            let axis = fields.get(*f).and_then(|f| f.ty.axis());
            let own = axis.and_then(|a| fields.iter().position(|f| f.name == a)).filter(|i| texts.contains(i));
            let gold_is_text = *f != SOURCE_FIELD && texts.contains(f);
            let others: Vec<usize> = texts.iter().copied().filter(|t| t != f).collect();
            let chosen = match own {
                Some(i) => vec![i],
                None if gold_is_text && others.len() == 1 => others,
                None if gold_is_text => vec![*f],
                None => texts,
            };
            out.extend(chosen.into_iter().map(|i| (*c, i)));
        }
        out
    }

    pub(super) fn tasks(&mut self) {
        for def in 0..self.p.tasks.len() {
            let d = &self.p.tasks[def];
            let Some(t) = self.task(&d.name) else { continue };
            let s = &self.checked.summaries()[t];
            let mut lines = fold(&s.head);
            lines.extend(Some(s.target.clone()).filter(|t| !t.is_empty()));
            for (name, _, value) in views(&d.ast) {
                lines.extend(fold(&format!("view {name}: {}", self.reader.text(value))));
            }
            let phase = d.ast.options.iter().find_map(|o| match &o.value {
                crate::ast::SettingKind::Attr { name, values } if name.value == "when" => {
                    values.first().and_then(|v| match &*v.value {
                        ExprKind::Name(n) if n == "train" => Some(Phase::Train),
                        ExprKind::Name(n) if n == "test" => Some(Phase::Test),
                        _ => None,
                    })
                }
                _ => None,
            });
            let node = Node {
                kind: Kind::Task,
                name: d.name.clone(),
                lines,
                ty: self.task_type(t),
                members: 1,
                step: self.checked.task_graph().step_of(t),
                phase,
            };
            let id = self.add(Key::Task(t), || node);
            let Some(from) = d.ast.from.clone() else { continue };
            let reads = self.reader.reads(&from, &d.env);
            let on = self.texts(t);
            self.reads(id, &reads, &on, false);
            // what only views read; the rest of a view is said in the box
            let before = self.edges.len();
            for (name, _, value) in views(&d.ast).filter(|(_, from, _)| *from) {
                let mut reads = self.reader.reads(value, &d.env);
                reads.iter_mut().for_each(|r| r.path = vec![format!("view {name}")]);
                self.reads(id, &reads, &on, false);
            }
            let new = self.edges.split_off(before);
            for e in new {
                let drawn = self.edges.iter().any(|o| o.from == e.from && o.to == id);
                if e.to != id || !drawn {
                    self.edges.push(e);
                }
            }
        }
    }

    /// Everything stands in the column of the first task that needs it; an extra loss in that of the last it looks at.
    pub(super) fn columns(&mut self) {
        let n = self.nodes.len();
        for _ in 0..n {
            let mut moved = false;
            for e in &self.edges {
                if e.link == Link::Read && self.nodes[e.from].kind != Kind::Task {
                    let s = self.nodes[e.to].step;
                    if s < self.nodes[e.from].step {
                        self.nodes[e.from].step = s;
                        moved = true;
                    }
                }
            }
            if !moved {
                break;
            }
        }
        for i in 0..n {
            if self.nodes[i].kind == Kind::Loss {
                let ends = self.edges.iter().filter(|e| e.to == i).map(|e| self.nodes[e.from].step);
                self.nodes[i].step = ends.filter(|s| *s != usize::MAX).max().unwrap_or(0);
            }
        }
        for node in &mut self.nodes {
            if node.step == usize::MAX {
                node.step = 0;
            }
        }
    }
}

/// The views of a task: name, whether it reads other features, and what stands behind it.
fn views(t: &crate::ast::Task) -> impl Iterator<Item = (&str, bool, &Expr)> {
    t.options.iter().filter_map(|o| match &o.value {
        crate::ast::SettingKind::View { name, from, value } => Some((name.value.as_str(), *from, value)),
        _ => None,
    })
}

fn is_text(t: &FieldType) -> bool {
    match t {
        FieldType::Other { kind, of, .. } => kind == "list" && of.as_deref().is_some_and(is_text),
        t => t.is_text(),
    }
}

fn type_words(t: &FieldType) -> String {
    crate::columns::type_word(t)
}

fn stages_of<'e>(e: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &*e.value {
        ExprKind::Pipe(a, b) => {
            stages_of(a, out);
            out.push(b);
        }
        _ => out.push(e),
    }
}

/// A long expression on several lines.
pub(super) fn fold(text: &str) -> Vec<String> {
    const WIDE: usize = 30;
    if text.chars().count() <= WIDE {
        return vec![text.to_string()];
    }
    let mut lines: Vec<String> = vec![];
    let mut line = String::new();
    for word in text.split(' ') {
        let long = line.chars().count() + word.chars().count() + 1 > WIDE;
        if long && !line.is_empty() && (word == "|>" || word == "&" || line.ends_with(','))
            || line.chars().count() > WIDE
        {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// What of a gradient passes the stages of a pipe.
fn gradient(path: &[String]) -> Gradient {
    let words = path.iter().flat_map(|stage| stage.split(|c: char| !c.is_alphanumeric() && c != '_'));
    let passed: Vec<layers::Gradient> = words.filter_map(|w| Some(layers::layer(w)?.gradient)).collect();
    match () {
        () if passed.contains(&layers::Gradient::Reversed) => Gradient::Reverse,
        () if passed.contains(&layers::Gradient::Stopped) => Gradient::None,
        () => Gradient::Through,
    }
}
