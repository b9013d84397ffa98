//! Views on a changed input: all that a task computes from what is changed stands in the graph once more, with the same
//! parameters.

use super::*;
use crate::ast::SettingKind;
use crate::kinds::views::{self, Changes, View};

impl<'p> Elaborator<'p> {
    /// The features and the head of a task on the input as a view changes it; `None` where nothing of it is changed.
    pub(super) fn changed(
        &mut self,
        task: usize,
        (view, name): (&'static View, &str),
        args: &[ast::Arg],
        span: Span,
        (features, head): (&Val, usize),
        cx: &Cx,
    ) -> Result<Option<(usize, usize)>, Reported> {
        let env = self.p.tasks[self.r.tasks[task].def].env.clone();
        let given = self.r.arguments(&view.row, span, args, &env).ok_or(Reported)?;
        let graph = cx.graph;
        let of = self.ancestors(graph, head);
        let place = |n: usize| of[n];
        let starts: Vec<usize> = match view.changes {
            Changes::Words => (0..=head).filter(|n| place(*n) && self.is_text(graph, *n)).collect(),
            Changes::Vectors => {
                let reads = |n: usize| self.out.graphs[graph].nodes[n].inputs.iter().any(|i| self.is_text(graph, *i));
                (0..=head).filter(|n| place(*n) && !self.is_text(graph, *n) && reads(*n)).collect()
            }
            Changes::Encoder(arg) => {
                let Some(e) = given.get(arg) else { return Err(Reported) };
                let Some(p) = path(e) else { return Err(Reported) };
                let found = self.r.named(&p, &env, &[Kind::Encoder], "an encoder", &[])?;
                let named = |k: &EncoderKey| k.1 == graph && found.contains(&(Kind::Encoder, k.0));
                let values = self.out.encoders.iter().filter(|(k, _)| named(k)).filter_map(|(_, v)| v.as_ref().ok());
                let mut nodes: Vec<usize> = values.map(|v| v.0.node).filter(|n| *n <= head && place(*n)).collect();
                nodes.sort_unstable();
                nodes.dedup();
                nodes
            }
        };
        if starts.is_empty() {
            return Ok(None);
        }
        let mut set = Settings::new();
        for arg in view.row.args {
            match (given.get(arg.name).map(|e| (&*e.value, self.p.constant(e, &env))), arg.takes) {
                (Some((_, Some(Item::Number(x)))), _) => set.insert(arg.name, Setting::Real(x)),
                (Some((ExprKind::Name(word), _)), crate::words::Takes::Word(_)) => {
                    set.insert(arg.name, Setting::Text(word.clone()));
                }
                (None, crate::words::Takes::Number(_)) => set.insert(arg.name, Setting::Real(USUAL_SHARE)),
                _ => {}
            }
        }
        // one encoder has one worst change, whoever names it
        if !matches!(view.changes, Changes::Encoder(_)) {
            set.insert("view", Setting::Text(name.into()));
        }
        let mut new: HashMap<usize, usize> = HashMap::default();
        let marked: Vec<usize> = of.iter().take(head + 1).enumerate().filter(|(_, m)| **m).map(|(n, _)| n).collect();
        for n in marked {
            let node = &self.out.graphs[graph].nodes[n];
            let mut at = n;
            if node.inputs.iter().any(|i| new.contains_key(i)) {
                let (op, inputs) = (node.op.clone(), node.inputs.clone());
                let inputs: Vec<usize> = inputs.into_iter().map(|i| new.get(&i).copied().unwrap_or(i)).collect();
                at = self.like_node(graph, n, op, &inputs);
                if at != n && !self.out.graphs[graph].twins.iter().any(|t| t.node == at) {
                    self.out.graphs[graph].twins.push(Twin { node: at, of: n });
                }
                new.insert(n, at);
            }
            if starts.contains(&n) {
                let layer = self.plain_layer(view.layer, set.clone());
                new.insert(n, self.like_node(graph, at, Op::Layer { layer }, &[at]));
            }
        }
        let of = |n: usize| new.get(&n).copied().unwrap_or(n);
        Ok(Some((of(features.node), of(head))))
    }

    /// The nodes of a graph that one needs, itself included.
    fn ancestors(&self, graph: usize, node: usize) -> Vec<bool> {
        let nodes = &self.out.graphs[graph].nodes;
        let mut of = vec![false; nodes.len()];
        of[node] = true;
        for n in (0..=node).rev() {
            if of[n] {
                nodes[n].inputs.iter().for_each(|i| of[*i] = true);
            }
        }
        of
    }

    fn is_text(&self, graph: usize, node: usize) -> bool {
        self.out.graphs[graph].nodes[node].shape.is_text()
    }

    /// A node of the type of another, unless an equal one stands already.
    fn like_node(&mut self, graph: usize, of: usize, op: Op, inputs: &[usize]) -> usize {
        let (hash, nodes) = (nodes::node_hash(&op, inputs), &self.out.graphs[graph].nodes);
        let same = |n: &u32| nodes[*n as usize].op == op && nodes[*n as usize].inputs == inputs;
        if let Some(known) = self.places.nodes[graph].find(hash, same) {
            return *known as usize;
        }
        let (id, shape) = (nodes.len(), nodes[of].shape.clone());
        self.places.nodes[graph].insert_unique(hash, id as u32, nodes::hasher(nodes));
        let node = Node { op, inputs: inputs.to_vec(), shape, name: String::new() };
        self.out.graphs[graph].nodes.push(node);
        let (width, ty) = (self.out.widths[graph][of].clone(), self.out.types[graph][of].clone());
        self.out.widths[graph].push(width);
        self.out.types[graph].push(ty);
        id
    }

    /// What a view is called, its row and its arguments; `None`: it stands on other features.
    pub(super) fn view_on_changed_input(
        &mut self,
        task: usize,
        option: usize,
    ) -> Option<(&'p str, &'static View, &'p [ast::Arg], Span)> {
        let def = &self.p.tasks[self.r.tasks[task].def];
        let SettingKind::View { name, from: false, value } = &def.ast.options.get(option)?.value else { return None };
        let (word, _, args) = crate::resolve::word_of(value)?;
        Some((&name.value, views::find(word)?, args, value.span))
    }
}

/// The share of a view that names none.
const USUAL_SHARE: f64 = 0.15;
