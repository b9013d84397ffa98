//! Nodes, layers and parameters: equal expressions become one node, one place one layer.

use super::*;

/// A place in the text where a layer stands.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub span: Span,
    /// which of several layers that stand at one place
    pub sub: usize,
    pub word: &'a str,
    /// named `bilstm1` even when it is the first
    pub numbered: bool,
}

/// What makes two layers one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LayerKey {
    /// for whom, of what kind, where in the text, which of several there
    At(Arc<str>, &'static str, Span, usize),
    /// without parameters: the kind
    Bare(&'static str),
    /// without parameters: the kind and its settings
    Set(String),
}

impl<'p> Checker<'p> {
    pub(crate) fn param(&mut self, name: String, shape: Vec<Dim>, init: InitRule, owner: &str) -> usize {
        self.params.push(SymParam { name, shape, init, owner: owner.to_string() });
        self.params.len() - 1
    }

    pub(super) fn opaque(&self, cx: &Cx) -> Val {
        Val {
            kind: VKind::Opaque,
            node: 0,
            width: Dim::of(0),
            axis: cx.text.clone(),
            outer: vec![],
            flow: Flow::Local,
            halves: None,
            classes: false,
            latent: None,
            model: false,
            depth: cx.input.as_ref().map_or(0, |v| v.depth),
            tops: cx.input.as_ref().map(|v| v.tops.clone()).unwrap_or_default(),
            star: false,
            reversed: cx.input.as_ref().is_some_and(|v| v.reversed),
            reads: cx.input.as_ref().map(|v| v.reads.clone()).unwrap_or_default(),
            parts: vec![],
        }
    }

    pub(super) fn axis_name(&self, corpus: usize, axis: &Few<usize>) -> Arc<str> {
        let name = || {
            let fields = axis.iter().filter_map(|f| self.p.data[corpus].fields.get(*f));
            fields.map(|f| f.name.as_str()).collect::<Vec<_>>().join("·").into()
        };
        self.axis_names.borrow_mut().entry((corpus, axis.clone())).or_insert_with(name).clone()
    }

    /// Adds a node unless an equal one stands already.
    pub(super) fn node(
        &mut self,
        cx: &Cx,
        op: Op,
        inputs: Vec<usize>,
        v: &Val,
        name: impl FnOnce(&Self) -> String,
    ) -> usize {
        let key = node_key(&op, &inputs);
        if let Some(n) = self.node_keys[cx.graph].get(&key) {
            return *n;
        }
        let id = self.graphs[cx.graph].nodes.len();
        let ty = self.type_of(v, cx.corpus);
        let name = name(self);
        self.graphs[cx.graph].nodes.push(Node { op, inputs, shape: Self::shape(v), name });
        self.widths[cx.graph].push(v.width.clone());
        self.types[cx.graph].push(NodeType { ty, span: self.here });
        self.node_keys[cx.graph].insert(key, id);
        id
    }

    /// A value's type, for people.
    pub(in crate::check) fn type_of(&self, v: &Val, corpus: usize) -> Type {
        Type {
            form: v.kind,
            lists: v.outer.iter().map(|o| o.name.clone()).collect(),
            axis: self.axis_name(corpus, &v.axis),
            width: self.width_name(&v.width),
            flow: (v.kind == VKind::Seq).then_some(v.flow),
        }
    }

    fn width_name(&self, width: &Dim) -> Arc<str> {
        let mut known = self.width_names.borrow_mut();
        if let Some(name) = known.get(width) {
            return name.clone();
        }
        let name: Arc<str> = width.to_string().into();
        known.insert(width.clone(), name.clone());
        name
    }

    /// Applies a layer that stands at `site`. The same site on another text, corpus or phase is the same layer.
    #[expect(clippy::too_many_arguments, reason = "a layer has this many independent facets")]
    pub(super) fn layer(
        &mut self,
        cx: &Cx,
        site: Site<'_>,
        kind: &'static str,
        settings: Settings,
        inputs: &[&Val],
        out: Val,
        params: &dyn Fn(&mut Self, &str) -> Vec<usize>,
    ) -> Out {
        let key = LayerKey::At(cx.owner.clone(), kind, site.span, site.sub);
        let index = match self.layer_keys.get(&key) {
            Some((i, widths)) => {
                if !widths.iter().eq(inputs.iter().map(|v| &v.width)) {
                    let show = |w: &[&Dim]| w.iter().map(|d| d.to_string()).collect::<Vec<_>>().join(", ");
                    let here: Vec<&Dim> = inputs.iter().map(|v| &v.width).collect();
                    let elsewhere: Vec<&Dim> = widths.iter().collect();
                    let d = Diagnostic::new("E0407", format!("`{}` is applied to inputs of two widths", site.word));
                    let d = d.at(site.span, format!("{} here, {} elsewhere", show(&here), show(&elsewhere)));
                    return Err(self.report(
                        d.help("a layer is shared by all who name it: declare a second encoder for the other input"),
                    ));
                }
                *i
            }
            None => {
                let base = format!("{}.{}", cx.owner, site.word);
                let n = self.layer_names.entry(base.clone()).or_insert(0);
                *n += 1;
                let name = if *n == 1 && !site.numbered { base } else { format!("{base}{n}") };
                let ids = params(self, &name);
                let layer = Layer { kind: kind.into(), name, settings, params: ids };
                self.layers.push(layer);
                let i = self.layers.len() - 1;
                self.layer_keys.insert(key, (i, inputs.iter().map(|v| v.width.clone()).collect()));
                i
            }
        };
        let name = |c: &Self| format!("{}({})", c.layers[index].name, c.axis_name(cx.corpus, &out.axis));
        let ids = inputs.iter().map(|v| v.node).collect();
        let node = self.node(cx, Op::Layer { layer: index }, ids, &out, name);
        Ok(Val { node, ..out })
    }

    /// A layer without parameters: equal settings are the same layer wherever they stand.
    pub(super) fn plain(&mut self, cx: &Cx, kind: &'static str, settings: Settings, inputs: &[&Val], out: Val) -> Val {
        let key =
            if settings.is_empty() { LayerKey::Bare(kind) } else { LayerKey::Set(format!("{kind}|{settings:?}")) };
        let index = match self.layer_keys.get(&key) {
            Some((i, _)) => *i,
            None => {
                self.layers.push(Layer { kind: kind.into(), name: kind.into(), settings, params: vec![] });
                let i = self.layers.len() - 1;
                self.layer_keys.insert(key, (i, vec![]));
                i
            }
        };
        let name = |c: &Self| {
            let axis = c.axis_name(cx.corpus, &out.axis);
            if axis.is_empty() { kind.to_string() } else { format!("{kind}({axis})") }
        };
        let ids = inputs.iter().map(|v| v.node).collect();
        let node = self.node(cx, Op::Layer { layer: index }, ids, &out, name);
        Val { node, ..out }
    }

    /// Merges what is known of several inputs.
    pub(super) fn merged(inputs: &[&Val], kind: VKind, width: Dim) -> Val {
        let first = inputs[0];
        let mut out = Val { kind, width, halves: None, classes: false, latent: None, parts: vec![], ..first.clone() };
        for v in inputs {
            out.flow = out.flow.join(v.flow);
            out.model |= v.model;
            if v.outer.len() > out.outer.len() {
                out.outer.clone_from(&v.outer);
            }
            out.depth = out.depth.max(v.depth);
            out.tops.join(&v.tops);
            out.star |= v.star;
            out.reversed |= v.reversed;
            out.reads.join(&v.reads);
            if v.kind == VKind::Seq || out.axis.is_empty() {
                out.axis.clone_from(&v.axis);
            }
        }
        out
    }

    pub(super) fn dropout(&mut self, v: Val, p: f64, cx: &Cx) -> Val {
        if p <= 0.0 || v.kind == VKind::Opaque || cx.phase == Phase::Test {
            return v;
        }
        let out = v.clone();
        self.plain(cx, "dropout", settings([("p", Setting::Real(p))]), &[&v], out)
    }
}

/// An operation and its inputs as a key: equal keys are one node.
fn node_key(op: &Op, inputs: &[usize]) -> Vec<u64> {
    let mut key: Vec<u64> = Vec::with_capacity(inputs.len() + 6);
    match op {
        Op::Text { fields } => {
            key.push(0);
            key.extend(fields.iter().map(|f| *f as u64));
        }
        Op::Layer { layer } => key.extend([1, *layer as u64]),
        Op::Head { task } => key.extend([2, *task as u64]),
        Op::Port { task, port } => key.extend([3, *task as u64, *port as u64]),
        Op::Gold { task, field, share } => {
            key.extend([4, *task as u64, *field as u64, share.0.to_bits(), share.1.to_bits()]);
        }
    }
    key.push(u64::MAX);
    key.extend(inputs.iter().map(|i| *i as u64));
    key
}

pub(crate) fn settings<const N: usize>(items: [(&str, Setting); N]) -> Settings {
    items.into_iter().map(|(k, v)| (k.to_string(), v)).collect()
}
