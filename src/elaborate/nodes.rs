//! Nodes, layers and parameters: equal expressions become one node, one place one layer.

use super::*;
use rustc_hash::FxHasher;
use std::hash::{Hash, Hasher};

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

impl<'p> Elaborator<'p> {
    pub(crate) fn param(&mut self, name: String, shape: Vec<Dim>, init: InitRule, owner: &Arc<str>) -> usize {
        self.out.params.push(SymParam { name, shape, init, owner: owner.clone(), also: vec![] });
        self.out.params.len() - 1
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

    pub(super) fn axis_name(&self, corpus: usize, axis: &SmallList<usize>) -> Arc<str> {
        let name = || {
            let fields = axis.iter().filter_map(|f| self.p.data[corpus].fields.get(*f));
            fields.map(|f| f.name.as_str()).collect::<Vec<_>>().join("·").into()
        };
        self.names.axes.borrow_mut().entry((corpus, axis.clone())).or_insert_with(name).clone()
    }

    /// Adds a node unless an equal one stands already. What it is called is asked for seldom, and said then
    /// ([`Checked::node_name`]).
    pub(super) fn node(&mut self, cx: &Cx, op: Op, inputs: &[usize], v: &Val) -> usize {
        let (hash, nodes) = (node_hash(&op, inputs), &self.out.graphs[cx.graph].nodes);
        let same = |n: &u32| nodes[*n as usize].op == op && nodes[*n as usize].inputs == inputs;
        if let Some(known) = self.places.nodes[cx.graph].find(hash, same) {
            return *known as usize;
        }
        let (id, ty) = (nodes.len(), self.type_of(v, cx.corpus));
        self.places.nodes[cx.graph].insert_unique(hash, id as u32, hasher(nodes));
        let node = Node { op, inputs: inputs.to_vec(), shape: Self::shape(v), name: String::new() };
        self.out.graphs[cx.graph].nodes.push(node);
        self.out.widths[cx.graph].push(v.width.clone());
        self.out.types[cx.graph].push(NodeType { ty, span: self.here });
        id
    }

    /// A value's type, for people.
    pub(crate) fn type_of(&self, v: &Val, corpus: usize) -> Arc<Type> {
        let width = v.width.lettered();
        let flow = (v.kind == VKind::Seq).then_some(v.flow);
        let hash = type_hash(corpus, v.kind, flow, &v.axis, &width, &v.outer);
        let same = |k: &Known| {
            (k.corpus, k.ty.form, k.ty.flow) == (corpus, v.kind, flow)
                && k.axis == v.axis
                && k.width == width
                && k.outer == v.outer
        };
        let mut known = self.names.types.borrow_mut();
        if let Some(k) = known.find(hash, same) {
            return k.ty.clone();
        }
        let ty = Arc::new(Type {
            form: v.kind,
            lists: v.outer.iter().map(|o| o.name.clone()).collect(),
            axis: self.axis_name(corpus, &v.axis),
            width: width.to_string().into(),
            flow,
        });
        let new = Known { corpus, axis: v.axis.clone(), width, outer: v.outer.clone(), ty: ty.clone() };
        known.insert_unique(hash, new, |k| type_hash(k.corpus, k.ty.form, k.ty.flow, &k.axis, &k.width, &k.outer));
        ty
    }

    /// Applies a layer that stands at `site`. The same site on another text, corpus or phase is the same layer.
    #[expect(clippy::too_many_arguments, reason = "a layer has this many independent facets")]
    pub(super) fn layer(
        &mut self,
        cx: &Cx,
        site: Site,
        kind: &'static str,
        settings: Settings,
        inputs: &[&Val],
        out: Val,
        params: &MakeParams<'_>,
    ) -> Out {
        let key = LayerKey::At(cx.owner.clone(), kind, site.span, site.sub);
        let index = match self.places.layers.get(&key) {
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
                let n = self.names.layers.entry((cx.owner.clone(), site.word)).or_insert(0);
                *n += 1;
                let name = match *n == 1 && !site.numbered {
                    true => format!("{}.{}", cx.owner, site.word),
                    false => format!("{}.{}{n}", cx.owner, site.word),
                };
                let ids = params(self, &name);
                let layer = Layer { kind: kind.into(), name, settings, params: ids };
                self.out.layers.push(layer);
                let i = self.out.layers.len() - 1;
                self.places.layers.insert(key, (i, inputs.iter().map(|v| v.width.clone()).collect()));
                i
            }
        };
        let node = self.layer_node(cx, index, inputs, &out);
        Ok(Val { node, ..out })
    }

    /// A layer without parameters: equal settings are the same layer wherever they stand, unless it will have weights.
    pub(super) fn plain(&mut self, cx: &Cx, kind: &'static str, settings: Settings, inputs: &[&Val], out: Val) -> Val {
        let key = match settings.is_empty() {
            _ if layers::layer(kind).is_some_and(|l| l.weights_to_come) => {
                LayerKey::At(cx.owner.clone(), kind, self.here, 0)
            }
            true => LayerKey::Bare(kind),
            false => LayerKey::Set(format!("{kind}|{settings:?}")),
        };
        let index = match self.places.layers.get(&key) {
            Some((i, _)) => *i,
            None => {
                self.out.layers.push(Layer { kind: kind.into(), name: kind.into(), settings, params: vec![] });
                let i = self.out.layers.len() - 1;
                self.places.layers.insert(key, (i, SmallList::none()));
                i
            }
        };
        let node = self.layer_node(cx, index, inputs, &out);
        Val { node, ..out }
    }

    /// A layer that depends on its kind and settings alone.
    pub(super) fn plain_layer(&mut self, kind: &'static str, settings: Settings) -> usize {
        let key = LayerKey::Set(format!("{kind}|{settings:?}"));
        if let Some((i, _)) = self.places.layers.get(&key) {
            return *i;
        }
        self.out.layers.push(Layer { kind: kind.into(), name: kind.into(), settings, params: vec![] });
        let i = self.out.layers.len() - 1;
        self.places.layers.insert(key, (i, SmallList::none()));
        i
    }

    /// The node of a layer on its inputs.
    fn layer_node(&mut self, cx: &Cx, layer: usize, inputs: &[&Val], out: &Val) -> usize {
        match inputs {
            [one] => self.node(cx, Op::Layer { layer }, &[one.node], out),
            [a, b] => self.node(cx, Op::Layer { layer }, &[a.node, b.node], out),
            all => self.node(cx, Op::Layer { layer }, &all.iter().map(|v| v.node).collect::<Vec<_>>(), out),
        }
    }
}

/// A type, with what of a value it is made from.
pub(crate) struct Known {
    corpus: usize,
    axis: SmallList<usize>,
    width: Dim,
    outer: Vec<Outer>,
    ty: Arc<Type>,
}

fn type_hash(
    corpus: usize,
    form: VKind,
    flow: Option<Flow>,
    axis: &SmallList<usize>,
    width: &Dim,
    outer: &[Outer],
) -> u64 {
    let mut h = FxHasher::default();
    (corpus, form, flow, axis, width, outer).hash(&mut h);
    h.finish()
}

/// The hash of a node of a graph, by its place.
pub(super) fn hasher(nodes: &[Node]) -> impl Fn(&u32) -> u64 {
    |n| node_hash(&nodes[*n as usize].op, &nodes[*n as usize].inputs)
}

/// A hash of an operation and its inputs: equal nodes have equal ones.
pub(super) fn node_hash(op: &Op, inputs: &[usize]) -> u64 {
    let mut h = FxHasher::default();
    match op {
        Op::Text { fields } => (0, fields).hash(&mut h),
        Op::Layer { layer } => (1, layer).hash(&mut h),
        Op::Head { task } => (2, task).hash(&mut h),
        Op::Port { task, port } => (3, task, port).hash(&mut h),
        Op::Term { term } => (5, term).hash(&mut h),
        Op::Gold { task, field, share } => (4, task, field, share.0.to_bits(), share.1.to_bits()).hash(&mut h),
    }
    inputs.hash(&mut h);
    h.finish()
}
