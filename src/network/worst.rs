//! The worst small change of a value: by which the losses behind it grow most.

use super::{Known, Network};
use crate::kinds::layers;
use crate::network::together::Share;
use crate::ops::kernels::{mix, uniform};
use crate::ops::value::Value;
use crate::ops::{floats, params::Params};
use crate::passes::flow::{Wanted, needed};
use crate::plan::{Drawn, NodeId, Op, Setting};
use burn::tensor::{Tensor, TensorData};
use std::collections::HashMap;
use std::ops::Range;

/// So much of the change the search begins away from the value: there the gradient of a divergence is not zero.
const AWAY: f64 = 0.1;

impl Network {
    /// What is to be added to the values of the layers that views perturb, for what a share wants: for each text eps·g/‖g‖, g the
    /// gradient of the weighed losses that depend on these layers, at a random point near. Everything else is as in the step.
    pub fn worst(&self, share: &Share<'_>, weight: &dyn Fn(usize) -> f64) -> HashMap<NodeId, Tensor<2>> {
        let (job, plan, graph) = (share.job, share.job.plan, share.job.graph);
        let length = |n: NodeId| match graph.nodes[n].op {
            Op::Layer { layer } => {
                let l = &plan.layers[layer];
                l.settings.get(layers::layer(&l.kind)?.shifted?).and_then(Setting::as_f64)
            }
            _ => None,
        };
        let of_share = needed(graph, share.wanted.nodes(graph), &[]);
        let shifted: Vec<(NodeId, f64)> =
            (0..graph.nodes.len()).filter(|n| of_share[*n]).filter_map(|n| Some((n, length(n)?))).collect();
        if shifted.is_empty() {
            return HashMap::new();
        }
        let mut behind = vec![false; graph.nodes.len()];
        for n in 0..behind.len() {
            behind[n] = length(n).is_some() || graph.nodes[n].inputs.iter().any(|i| behind[*i]);
        }
        let counts = |l: &&crate::plan::GraphLoss| share.wanted.losses.contains(&l.loss) && behind[l.node];
        let losses: Vec<usize> = graph.losses.iter().filter(counts).map(|l| l.loss).collect();
        let wanted = Wanted { tasks: vec![], losses };
        let own: Option<Params> = share.known.plain().is_none().then(|| job.params.valid());
        let Some(plain) = share.known.plain().or(own.as_ref()) else { return HashMap::new() };
        let nothing = vec![false; behind.len()];
        let known = |gradients| Known { values: share.known.values.clone(), gradients, ..Known::default() };
        let still = Share { job, wanted: wanted.clone(), known: known(Some((nothing.as_slice(), plain))) };
        let inputs: Vec<NodeId> = shifted.iter().map(|(n, _)| graph.nodes[*n].inputs[0]).collect();
        let values = self.nodes_of(&still, &inputs);
        let mut found = Share { job, wanted, known: known(Some((behind.as_slice(), plain))) };
        let mut leaves = vec![];
        for ((n, eps), value) in shifted.into_iter().zip(values) {
            let Some(Value::Rows(t, rows)) = value else { continue };
            let texts: Vec<Range<usize>> = match rows.up {
                Some(_) => rows.rows().collect(),
                None => (0..rows.total()).map(|r| r..r + 1).collect(),
            };
            let key = self.cx(&job, n).key(0);
            let [count, width] = t.dims();
            let away = lengthened(random(count * width, key), &texts, width, AWAY * eps);
            let t = if t.is_autodiff() { t.inner() } else { t };
            let away = Tensor::<2>::from_data(TensorData::new(away, [count, width]), &t.device());
            let leaf = Tensor::from_inner(t + away).require_grad();
            found.known.values.insert(n, Value::Rows(leaf.clone(), rows));
            leaves.push((n, eps, leaf, texts));
        }
        let (job, wanted) = (found.job, found.wanted.clone());
        let values = self.forward_with(found);
        let term = |l: super::BatchLoss| match l.of {
            Drawn::Loss(i) => l.mean.mul_scalar(weight(i)),
            Drawn::Task(_) => l.mean,
        };
        let total = self.losses(&job, &wanted, &values).into_iter().map(term).reduce(|a, b| a + b);
        let Some(grads) = total.filter(Tensor::is_tracked).map(|t| t.backward()) else { return HashMap::new() };
        let shift = |(n, eps, leaf, texts): (NodeId, f64, Tensor<2>, Vec<Range<usize>>)| {
            let g = leaf.grad(&grads)?;
            let [count, width] = g.dims();
            let values = lengthened(floats(&g), &texts, width, eps);
            Some((n, Tensor::<2>::from_data(TensorData::new(values, [count, width]), &g.device())))
        };
        leaves.into_iter().filter_map(shift).collect()
    }
}

/// Numbers of a standard normal.
fn random(n: usize, key: u64) -> Vec<f32> {
    // Box and Muller 1958
    let (a, b) = (mix(key ^ 1), mix(key ^ 2));
    let normal = |i: usize| {
        let (u, v) = (1.0 - uniform(a, i), uniform(b, i));
        ((-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()) as f32
    };
    (0..n).map(normal).collect()
}

/// The rows of each text together brought to a length; those that are zero stay it.
fn lengthened(mut values: Vec<f32>, texts: &[Range<usize>], width: usize, length: f64) -> Vec<f32> {
    for rows in texts {
        let own = &mut values[rows.start * width..rows.end * width];
        let norm = own.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if norm > 0.0 {
            own.iter_mut().for_each(|x| *x = (f64::from(*x) / norm * length) as f32);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_brought_to_a_length() {
        let values = lengthened(vec![3.0, 0.0, 0.0, 4.0, 0.0, 0.0, 1.0, 1.0], &[0..2, 2..3, 3..4], 2, 10.0);
        let side = 50f32.sqrt();
        assert_eq!(values[..6], [6.0, 0.0, 0.0, 8.0, 0.0, 0.0]);
        assert!((values[6] - side).abs() < 1e-5 && (values[7] - side).abs() < 1e-5);
        let drawn = random(20_000, 7);
        let mean = drawn.iter().sum::<f32>() / 20_000.0;
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }
}
