//! Scores of governors and relations, their likelihood, the tree.

use super::super::model::{Head, LogP, classes, ids, weighted};
use super::{dropout, mst, sizes};
use crate::ops::host::{Back, Grads, fused, hosts, read, tensor};
use crate::ops::layer::{Cx, axis, like, matrix};
use crate::ops::loss::{argmax, one_hot};
use crate::ops::matmul::{Mat, mm};
use crate::ops::rows::{Activation, dense, dense_dropout, gather};
use crate::ops::value::{Axis, Value};
use crate::plan::{LabelSpec, Task};
use crate::records::Records;
use burn::tensor::{Tensor, activation};
use rayon::prelude::*;
use std::sync::Arc;

pub(super) fn build(task: &Task, labels: &[LabelSpec]) -> Result<Box<dyn Head>, String> {
    let params = task.params.as_slice().try_into().map_err(|_| "it has fifteen parameters".to_string())?;
    let (arc, label) = sizes(&task.settings);
    let (dropout, relations) = (dropout(&task.settings), classes(task, task.labels, labels)?);
    let root = relations.iter().position(|r| r == ROOT);
    Ok(Box::new(Parse { params, arc, label, dropout, r: relations.len(), root }))
}

/// The relation to the root, as Universal Dependencies call it.
const ROOT: &str = "root";

/// Its scores are the states that are compared: `[N, 2·arc + 2·label]`, dependants before governors.
struct Parse {
    params: [usize; 15],
    arc: usize,
    label: usize,
    dropout: f64,
    /// number of relations
    r: usize,
    /// the one that a token has to the root and to nothing else, if the data have it
    root: Option<usize>,
}

/// What is compared, as matrices.
struct States {
    /// d·U + u: `[N, arc]`
    query: Tensor<2>,
    /// governors: `[N, arc]`
    key: Tensor<2>,
    /// the root as a governor: `[1, arc]`
    root: Tensor<2>,
    /// dependants: `[N, label]`
    dep: Tensor<2>,
    /// governors, the root after all tokens: `[N + 1, label]`
    head: Tensor<2>,
}

impl Parse {
    /// One of the four layers, with dropout while training.
    fn layer(&self, x: &Tensor<2>, at: usize, cx: &Cx) -> Tensor<2> {
        let [w, b] = [self.params[2 * at], self.params[2 * at + 1]];
        let drop = cx.training.then(|| (self.dropout, cx.key(at as u64)));
        dense_dropout(x, &cx.params.get2(w), Some(&cx.params.get1(b)), Activation::Relu, drop)
    }

    /// One of the four layers of the root, which stands beside every text of the batch: nothing of it is dropped.
    fn of_root(&self, at: usize, cx: &Cx) -> Tensor<2> {
        self.layer(&cx.params.get2(self.params[8]), at, &Cx { training: false, ..*cx })
    }

    fn states(&self, scores: &Value, cx: &Cx) -> States {
        let (x, a, l) = (matrix(scores), self.arc, self.label);
        let part = |from: usize, len: usize| x.clone().narrow(1, from, len);
        let [u, bias] = [self.params[9], self.params[10]];
        let plain = Activation::None;
        States {
            query: dense(&part(0, a), &cx.params.get2(u), Some(&cx.params.get1(bias)), plain),
            key: part(a, a),
            root: self.of_root(1, cx),
            dep: part(2 * a, l),
            head: Tensor::cat(vec![part(2 * a + l, l), self.of_root(3, cx)], 0),
        }
    }

    /// Scores of the relations `[N, R]` between each token and its governor; `heads`: 0 is the root.
    fn relations(&self, s: &States, layout: &Axis, heads: &[i32], cx: &Cx) -> Tensor<2> {
        let [n, l] = s.dep.dims();
        let mut rows = vec![-1; n];
        for text in layout.rows() {
            for t in text.clone() {
                rows[t] = match heads[t] {
                    0 => n as i32,
                    h if h > 0 => text.start as i32 + h - 1,
                    _ => -1,
                };
            }
        }
        let head = gather(&s.head, Arc::new(rows)); // [N, l]
        let [u, of_head, of_dep, bias] = [11, 12, 13, 14].map(|i| self.params[i]);
        let plain = Activation::None;
        let left = dense(&s.dep, &cx.params.get2(u), None, plain).reshape([n, self.r, l]); // [N, R, l]
        let pair = (left * head.clone().reshape([n, 1, l])).sum_dim(2).reshape([n, self.r]); // [N, R]
        pair + dense(&head, &cx.params.get2(of_head), None, plain)
            + dense(&s.dep, &cx.params.get2(of_dep), Some(&cx.params.get1(bias)), plain)
    }

    /// Log-probabilities `[N, 1]` of governors and of relations, and how many tokens have each.
    fn likelihoods(&self, scores: &Value, gold: &Records, cx: &Cx) -> ([Tensor<2>; 2], [Vec<bool>; 2]) {
        let s = self.states(scores, cx);
        let pairs = || gold.ids.chunks_exact(2);
        let heads: Vec<i32> = pairs().map(|p| p[0]).collect();
        // a relation that training never showed, or without its governor, is none
        let known = |p: &[i32]| if p[0] >= 0 && (p[1] as usize) < self.r { p[1] } else { -1 };
        let relations: Vec<i32> = pairs().map(known).collect();
        let arcs = arc_logp(&s.query, &s.key, &s.root, axis(scores), &heads);
        let scored = self.relations(&s, axis(scores), &heads, cx);
        let labels = weighted(&activation::log_softmax(scored, 1), one_hot(&relations, self.r));
        let has = |ids: Vec<i32>| ids.into_iter().map(|i| i >= 0).collect();
        ([arcs, labels], [has(heads), has(relations)])
    }
}

impl Head for Parse {
    fn scores(&self, inputs: &[&Value], cx: &Cx) -> Value {
        // as one matrix: d → arc, arc, label, label
        let x = matrix(inputs[0]);
        like(inputs[0], Tensor::cat([0, 1, 2, 3].map(|i| self.layer(x, i, cx)).to_vec(), 1))
    }

    /// The sum of two means: over the tokens that have a governor, and over those that have a relation.
    fn loss(&self, scores: &Value, gold: &Records, cx: &Cx) -> Option<(Tensor<1>, usize)> {
        let (logp, has) = self.likelihoods(scores, gold, cx);
        let [tokens, labels] = has.map(|h| h.into_iter().filter(|h| *h).count());
        let mean = |x: &Tensor<2>, n: usize| x.clone().sum().mul_scalar(-1.0 / n.max(1) as f64);
        (tokens > 0).then(|| (mean(&logp[0], tokens) + mean(&logp[1], labels), tokens))
    }

    /// A row for each token: log p(governor) + log p(relation | governor).
    fn logp(&self, scores: &Value, gold: &Records, cx: &Cx) -> LogP {
        let ([arcs, labels], [has, _]) = self.likelihoods(scores, gold, cx);
        LogP { values: arcs + labels, has, weight: 1 }
    }

    fn decide(&self, scores: &Value, cx: &Cx) -> Records {
        let s = self.states(scores, cx);
        let layout = axis(scores);
        let mut heads: Vec<i32> = Vec::with_capacity(layout.total());
        read(&s.query, |q| {
            read(&s.key, |k| {
                read(&s.root, |root| {
                    let tree = |r: std::ops::Range<usize>| {
                        let mut p = arc_scores(q, k, root, r.clone(), self.arc);
                        log_softmax(&mut p, r.len());
                        mst::tree(&p, r.len())
                    };
                    let rows: Vec<_> = layout.rows().collect();
                    let trees: Vec<Vec<u32>> = rows.into_par_iter().map(tree).collect();
                    heads.extend(trees.iter().flat_map(|t| ids(t)));
                })
            })
        });
        let relations = read(&self.relations(&s, layout, &heads, cx), |s| {
            let mut s = s.to_vec();
            if let Some(root) = self.root {
                for (row, head) in s.chunks_exact_mut(self.r).zip(&heads) {
                    row[root] = if *head == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
                }
            }
            argmax(&s, self.r)
        });
        let mut said = Records::new(2);
        for r in layout.rows() {
            said.push(true, r.flat_map(|t| [heads[t], relations[t] as i32]));
        }
        said
    }
}

/// `[n, n + 1]`: the scores of the root and of every token of a text as governors of each; no token governs itself.
fn arc_scores(q: &[f32], k: &[f32], root: &[f32], text: std::ops::Range<usize>, a: usize) -> Vec<f32> {
    let (n, width) = (text.len(), text.len() + 1);
    let rows = text.start * a..text.end * a;
    let mut s = vec![0f32; n * width];
    if n > 0 {
        let query = Mat::new(&q[rows.clone()], n, a);
        mm(&mut s, width, query, Mat::new(root, 1, a).t(), false, false);
        mm(&mut s[1..], width, query, Mat::new(&k[rows], n, a).t(), false, false);
        (0..n).for_each(|t| s[t * width + t + 1] = f32::NEG_INFINITY);
    }
    s
}

/// Log-softmax of each of the rows of a text of `n` tokens.
fn log_softmax(s: &mut [f32], n: usize) {
    for row in s.chunks_exact_mut(n + 1) {
        let max = row.iter().fold(f32::NEG_INFINITY, |m, v| m.max(*v));
        let norm = row.iter().map(|v| f64::from(*v - max).exp()).sum::<f64>().ln() as f32 + max;
        row.iter_mut().for_each(|v| *v -= norm);
    }
}

/// log softmax_i(q_j·[root; k_1 … k_n]_i)[heads_j] for each token j `[N, 1]`, zero where it has none. Equation 5 of Dozat
/// and Manning (2017), the dependants' side being multiplied by U and u already.
pub(super) fn arc_logp(q: &Tensor<2>, k: &Tensor<2>, root: &Tensor<2>, layout: &Arc<Axis>, heads: &[i32]) -> Tensor<2> {
    let [n, a] = q.dims();
    let Some(inputs) = hosts!(q, k, root) else { return arc_logp_reference(q, k, root, layout, heads) };
    let (layout, heads) = (layout.clone(), heads.to_vec());
    fused(inputs, move |inputs| {
        let [q, k, root] = [inputs[0], inputs[1], inputs[2]];
        let rows: Vec<_> = layout.rows().collect();
        let logs: Vec<Vec<f32>> = rows
            .par_iter()
            .map(|r| {
                let mut p = arc_scores(q, k, root, r.clone(), a);
                log_softmax(&mut p, r.len());
                p
            })
            .collect();
        let mut out = vec![0f32; n];
        for (r, p) in rows.iter().zip(&logs) {
            for (t, row) in r.clone().zip(p.chunks_exact(r.len() + 1)) {
                out[t] = usize::try_from(heads[t]).ok().and_then(|h| row.get(h)).copied().unwrap_or(0.0);
            }
        }
        let back = move |b: Back| -> Grads {
            let [q, k, root] = [b.inputs[0], b.inputs[1], b.inputs[2]];
            // of each text: gradients of its queries, its keys and the root
            let part = |(r, p): (&std::ops::Range<usize>, &Vec<f32>)| {
                let (len, width) = (r.len(), r.len() + 1);
                let mut ds: Vec<f32> = p.iter().map(|p| -p.exp()).collect();
                for (t, row) in r.clone().zip(ds.chunks_exact_mut(width)) {
                    match usize::try_from(heads[t]).ok().filter(|h| *h < width) {
                        Some(h) => {
                            row[h] += 1.0;
                            row.iter_mut().for_each(|v| *v *= b.grad[t]);
                        }
                        None => row.fill(0.0),
                    }
                }
                let own = r.start * a..r.end * a;
                let (mut dq, mut dk, mut dr) = (vec![0f32; len * a], vec![0f32; len * a], vec![0f32; a]);
                if len > 0 {
                    let of_root = Mat::strided(&ds, len, 1, width);
                    let of_keys = Mat::strided(&ds[1..], len, len, width);
                    let query = Mat::new(&q[own.clone()], len, a);
                    mm(&mut dq, a, of_keys, Mat::new(&k[own], len, a), false, false);
                    mm(&mut dq, a, of_root, Mat::new(root, 1, a), true, false);
                    mm(&mut dk, a, of_keys.t(), query, false, false);
                    mm(&mut dr, a, of_root.t(), query, false, false);
                }
                (dq, dk, dr)
            };
            let parts: Vec<_> = rows.par_iter().zip(&logs).map(part).collect();
            let (mut dq, mut dk, mut dr) = (vec![], vec![], vec![0f32; a]);
            for (q, k, r) in parts {
                dq.extend(q);
                dk.extend(k);
                dr.iter_mut().zip(r).for_each(|(d, r)| *d += r);
            }
            vec![Some(dq), Some(dk), Some(dr)]
        };
        (out, [n, 1], back)
    })
}

/// [`arc_logp`] in tensor operations.
pub(super) fn arc_logp_reference(
    q: &Tensor<2>,
    k: &Tensor<2>,
    root: &Tensor<2>,
    layout: &Axis,
    heads: &[i32],
) -> Tensor<2> {
    let device = q.device();
    let mut all = vec![];
    for r in layout.rows().filter(|r| !r.is_empty()) {
        let n = r.len();
        let own = |x: &Tensor<2>| x.clone().narrow(0, r.start, n);
        let keys = Tensor::cat(vec![root.clone(), own(k)], 0); // [n + 1, a]
        let itself: Vec<f32> =
            (0..n * (n + 1)).map(|i| if i % (n + 1) == i / (n + 1) + 1 { -1e30 } else { 0.0 }).collect();
        let scores = own(q).matmul(keys.transpose()) + tensor(itself, [n, n + 1], &device); // [n, n + 1]
        all.push(weighted(&activation::log_softmax(scores, 1), one_hot(&heads[r], n + 1)));
    }
    if all.is_empty() { Tensor::zeros([0, 1], &device) } else { Tensor::cat(all, 0) }
}
