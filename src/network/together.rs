//! Several batches of a step computed as one where they go through the same layers.

use super::{Job, Known, Needed, Network, Values, text, with_gradient};
use crate::ops::layer::{Piece, axis};
use crate::ops::parts::{Begun, part};
use crate::ops::value::Value;
use crate::passes::flow::Wanted;
use crate::passes::merge::{self, Class, Place};
use crate::plan::{Graph, NodeId, Op};
use std::collections::HashMap;
use std::sync::Arc;

/// A job, what is wanted of it, and what is known beforehand.
pub struct Share<'a> {
    /// the graph and its batch
    pub job: Job<'a>,
    /// tasks and losses
    pub wanted: Wanted,
    /// values and gradients
    pub known: Known<'a>,
}

/// The value of a class on all its members' rows.
struct Merged {
    value: Value,
    /// `starts[k]..starts[k + 1]` are the examples of member k
    starts: Vec<usize>,
    begun: Begun,
}

impl Network {
    /// Computes what each share needs, as [`Network::forward`] does for one, and once for all where several go through
    /// the same layer. All shares have the same parameters. A node that only merged ones read gets no value.
    pub fn forward_together(&self, shares: &[Share<'_>]) -> Vec<Values> {
        let Some(first) = shares.first() else { return vec![] };
        let needed: Vec<Needed> = shares.iter().map(|s| self.needed(&s.job, &s.wanted, &s.known)).collect();
        let graphs: Vec<&Graph> = shares.iter().map(|s| s.job.graph).collect();
        let usable = |g: usize, n: NodeId| {
            let computed = needed[g].nodes[n] && !shares[g].known.values.contains_key(&n);
            computed.then(|| shares[g].known.gradient(&shares[g].job, n))
        };
        let classes = merge::classes(first.job.plan, &graphs, usable);
        let mut merged: Vec<Merged> = Vec::with_capacity(classes.len());
        let mut places: HashMap<Place, (usize, usize)> = HashMap::new();
        for (c, class) in classes.iter().enumerate() {
            let value = self.class(class, shares, &merged);
            merged.push(value);
            places.extend(class.members.iter().enumerate().map(|(k, place)| (*place, (c, k))));
        }
        let mut all = Vec::with_capacity(shares.len());
        for (g, share) in shares.iter().enumerate() {
            let graph = share.job.graph;
            let mut values: Values = vec![None; graph.nodes.len()];
            let cx = self.cx(&share.job, 0);
            for i in (0..values.len()).filter(|&i| needed[g].nodes[i]) {
                values[i] = match places.get(&(g, i)) {
                    None => Some(self.known_or_computed(share, i, &values, &needed[g], cx)),
                    Some(&(c, k)) => {
                        let reads = |n: &usize| needed[g].nodes[*n] && !places.contains_key(&(g, *n));
                        let alone = (i..values.len()).any(|n| graph.nodes[n].inputs.contains(&i) && reads(&n));
                        alone.then(|| merged[c].of(k))
                    }
                };
            }
            all.push(values);
        }
        all
    }

    fn class(&self, class: &Class, shares: &[Share<'_>], merged: &[Merged]) -> Merged {
        let (g0, n0) = class.members[0];
        let first = &shares[g0];
        let tracked = first.known.gradient(&first.job, n0);
        let mut inputs = vec![];
        for (slot, input) in class.inputs.iter().enumerate() {
            inputs.push(match input {
                Some(c) => with_gradient(&merged[*c].value, &first.job, tracked),
                None => {
                    let texts = class.members.iter().filter_map(|(g, n)| {
                        let graph = shares[*g].job.graph;
                        match &graph.nodes[graph.nodes[*n].inputs[slot]].op {
                            Op::Text { fields } => Some((shares[*g].job.batch, fields.as_slice())),
                            _ => None,
                        }
                    });
                    Value::Text(Arc::new(text(texts)))
                }
            });
        }
        let mut starts = vec![0];
        for (g, _) in &class.members {
            starts.push(starts[starts.len() - 1] + shares[*g].job.batch.examples.len());
        }
        let rows = |k: usize| axis(&inputs[0]).cut(starts[k]..starts[k + 1]).0.len();
        let piece = |(k, (g, n)): (usize, &Place)| Piece { key: self.cx(&shares[*g].job, *n).base(), rows: rows(k) };
        let pieces: Vec<Piece> = class.members.iter().enumerate().map(piece).collect();
        let mut cx = self.cx(&first.job, n0);
        cx.pieces = &pieces;
        if let (false, Some(plain)) = (tracked, first.known.plain()) {
            cx.params = plain;
        }
        let value = self.layer(class.layer, &inputs.iter().collect::<Vec<_>>(), &cx);
        Merged { value, starts, begun: Begun::default() }
    }
}

impl Merged {
    /// The rows of a member.
    fn of(&self, k: usize) -> Value {
        let examples = self.starts[k]..self.starts[k + 1];
        match &self.value {
            Value::Rows(t, axis) => {
                let (rows, own) = axis.cut(examples);
                Value::Rows(part(t, rows, &self.begun), Arc::new(own))
            }
            Value::Text(t) => Value::Text(t.clone()),
        }
    }
}
