//! Rows of a value that several readers share out among them.

use super::host::Host;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::NoCheckpointing};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{Tensor, TensorData};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

type Raw = FloatTensor<Flex>;

/// Whether a part of the value has handed on its gradient.
pub(crate) type Begun = Arc<AtomicBool>;

/// Some rows. The parts of one value share `begun`: the first makes room for the gradient of the whole, the others add
/// to their rows of it, so that many parts cost no more than one.
pub(crate) fn part(x: &Tensor<2>, rows: Range<usize>, begun: &Begun) -> Tensor<2> {
    let [n, d] = x.dims();
    let narrow = |t: &Tensor<2>| t.clone().narrow(0, rows.start, rows.len());
    if rows == (0..n) {
        return x.clone();
    }
    let Some(Host::Tracked(t)) = Host::of(x) else { return narrow(x) };
    let (value, node) = t.into_parts();
    let value = value.to_contiguous();
    let Some(all) = value.as_slice::<f32>() else { return narrow(x) };
    let out = all[rows.start * d..rows.end * d].to_vec();
    let output = Raw::from_data(TensorData::new(out, vec![rows.len(), d]));
    let state = Part { shape: [n, d], rows, begun: begun.clone() };
    let prepared = Backward::<Flex, 1>::prepare::<NoCheckpointing>(state, [node]).compute_bound().stateful();
    let tracked = match prepared {
        OpsKind::Tracked(prep) => prep.finish((), output),
        OpsKind::UnTracked(prep) => prep.finish(output),
    };
    Tensor::from_primitive::<Autodiff<Flex, NoCheckpointing>>(tracked)
}

#[derive(Debug)]
struct Part {
    shape: [usize; 2],
    rows: Range<usize>,
    begun: Begun,
}

impl Backward<Flex, 1> for Part {
    type State = ();
    fn backward(self, ops: Ops<(), 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node).to_contiguous();
        let [Some(parent)] = ops.parents else { return };
        let [n, d] = self.shape;
        // a part is of a computed value, never of a parameter: its gradient is taken out, changed and put back
        let mut whole = match self.begun.swap(true, Ordering::Relaxed) {
            true => grads.consume::<Flex>(&parent).to_contiguous(),
            false => Raw::from_data(TensorData::new(vec![0f32; n * d], vec![n, d])),
        };
        let own = &mut whole.storage_mut::<f32>()[self.rows.start * d..self.rows.end * d];
        super::kernels::add_to(own, grad.as_slice::<f32>().unwrap_or_default());
        grads.register::<Flex>(parent.id, whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn parts_are_rows_and_their_gradients_add_up() {
        let device = Device::flex().autodiff();
        let x = Tensor::<2>::from_data([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], &device).require_grad();
        for other_reader in [false, true] {
            // a computed value, read in parts that overlap, and perhaps as a whole
            let y = x.clone().mul_scalar(2.0);
            let begun = Begun::default();
            let (a, b) = (part(&y, 0..2, &begun), part(&y, 1..3, &begun));
            assert_eq!(b.clone().into_data().try_to_vec::<f32>().unwrap(), [6.0, 8.0, 10.0, 12.0]);
            let mut loss = a.mul_scalar(3.0).sum() + b.mul_scalar(5.0).sum();
            if other_reader {
                loss = loss + y.clone().sum();
            }
            let grads = loss.backward();
            let extra = if other_reader { 2.0 } else { 0.0 };
            let got = x.grad(&grads).unwrap().into_data().try_to_vec::<f32>().unwrap();
            assert_eq!(got, [6.0, 6.0, 16.0, 16.0, 10.0, 10.0].map(|g: f32| g + extra));
        }
        let plain = x.clone().inner();
        assert_eq!(part(&plain, 2..3, &Begun::default()).into_data().try_to_vec::<f32>().unwrap(), [5.0, 6.0]);
    }
}
