//! A whole computation over host slices as one node of the autodiff graph.
//!
//! Burn records a node for each tensor operation, allocates its result and its gradient; a recurrent layer written that
//! way spends most of its time there. [`fused`] records one node for the whole: a forward function over slices, and a
//! backward function that gets the inputs, the output and the output's gradient.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::NoCheckpointing};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{DType, Device, Tensor, TensorData};
use std::fmt;

type Raw = FloatTensor<Flex>;
type Tracked = FloatTensor<Autodiff<Flex, NoCheckpointing>>;

/// A gradient for each input that needs one.
pub(crate) type Grads = Vec<Option<Vec<f32>>>;

/// What a backward function sees.
pub(crate) struct Back<'a> {
    /// values of the inputs
    pub inputs: &'a [&'a [f32]],
    /// value of the output
    pub output: &'a [f32],
    /// its gradient
    pub grad: &'a [f32],
    /// which inputs need a gradient
    pub needs: &'a [bool],
}

/// A 32-bit float tensor in host memory, with or without autodiff.
pub(crate) enum Host {
    Tracked(Tracked),
    Plain(Raw),
}

impl Host {
    /// `None`: the tensor lives on another device or has another element type.
    pub fn of<const D: usize>(t: &Tensor<D>) -> Option<Self> {
        if t.dtype() != DType::F32 {
            return None;
        }
        if t.is_autodiff() {
            t.clone().try_into_primitive::<Autodiff<Flex, NoCheckpointing>>().ok().map(Host::Tracked)
        } else {
            t.clone().try_into_primitive::<Flex>().ok().map(Host::Plain)
        }
    }
}

/// The given tensors as [`Host`]s, or `None` if one of them is not in host memory.
macro_rules! hosts {
    ($($t:expr),* $(,)?) => {
        (|| Some(vec![$($crate::ops::host::Host::of($t)?),*]))()
    };
}
pub(crate) use hosts;

fn raw(values: Vec<f32>, shape: &[usize]) -> Raw {
    Raw::from_data(TensorData::new(values, shape.to_vec()))
}

fn slice(t: &Raw) -> &[f32] {
    // `Host::of` let only f32 through and `run` made it contiguous
    t.as_slice::<f32>().unwrap_or_default()
}

type BackwardFn = Box<dyn FnOnce(Back) -> Grads + Send>;

struct Node {
    inputs: Vec<Raw>,
    output: Raw,
    backward: BackwardFn,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("fused operation")
    }
}

impl<const N: usize> Backward<Flex, N> for Node {
    type State = ();
    fn backward(self, ops: Ops<(), N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node).to_contiguous();
        let needs: Vec<bool> = ops.parents.iter().map(Option::is_some).collect();
        let inputs: Vec<&[f32]> = self.inputs.iter().map(slice).collect();
        let back = Back { inputs: &inputs, output: slice(&self.output), grad: slice(&grad), needs: &needs };
        let results = (self.backward)(back);
        for ((parent, value), input) in ops.parents.into_iter().zip(results).zip(&self.inputs) {
            if let (Some(parent), Some(value)) = (parent, value) {
                grads.register::<Flex>(parent.id, raw(value, input.layout().shape()));
            }
        }
    }
}

fn record<const N: usize>(nodes: Vec<NodeGuard>, node: Node, output: Raw) -> Option<Tracked> {
    let nodes: [NodeGuard; N] = nodes.try_into().ok()?;
    Some(match Backward::<Flex, N>::prepare::<NoCheckpointing>(node, nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish((), output),
        OpsKind::UnTracked(prep) => prep.finish(output),
    })
}

/// Computes on the host and records one node, if any input is on an autodiff device. At most nine inputs.
pub(crate) fn fused<const D: usize, B>(
    inputs: Vec<Host>,
    forward: impl FnOnce(&[&[f32]]) -> (Vec<f32>, [usize; D], B),
) -> Tensor<D>
where
    B: FnOnce(Back) -> Grads + Send + 'static,
{
    let tracked = inputs.iter().any(|i| matches!(i, Host::Tracked(_)));
    let mut nodes = Vec::with_capacity(inputs.len());
    let mut values = Vec::with_capacity(inputs.len());
    for input in inputs {
        let value = match input {
            Host::Tracked(t) => {
                let (value, node) = t.into_parts();
                nodes.push(node);
                value
            }
            Host::Plain(value) => {
                if tracked {
                    nodes.push(Tracked::new(value.clone()).node());
                }
                value
            }
        };
        values.push(value.to_contiguous());
    }
    let (output, shape, backward) = forward(&values.iter().map(slice).collect::<Vec<_>>());
    let output = raw(output, &shape);
    if !tracked {
        return Tensor::from_primitive::<Flex>(output);
    }
    let node = Node { inputs: values, output: output.clone(), backward: Box::new(backward) };
    let recorded = match nodes.len() {
        1 => record::<1>(nodes, node, output),
        2 => record::<2>(nodes, node, output),
        3 => record::<3>(nodes, node, output),
        4 => record::<4>(nodes, node, output),
        5 => record::<5>(nodes, node, output),
        6 => record::<6>(nodes, node, output),
        7 => record::<7>(nodes, node, output),
        8 => record::<8>(nodes, node, output),
        9 => record::<9>(nodes, node, output),
        n => unreachable!("no fused operation has {n} inputs"),
    };
    match recorded {
        Some(t) => Tensor::from_primitive::<Autodiff<Flex, NoCheckpointing>>(t),
        None => unreachable!("as many nodes as inputs"),
    }
}

/// Looks at a tensor's values, without a copy where they are in host memory.
pub(crate) fn read<const D: usize, R>(t: &Tensor<D>, f: impl FnOnce(&[f32]) -> R) -> R {
    if let Ok(t) = t.clone().inner().try_into_primitive::<Flex>()
        && let Some(values) = t.to_contiguous().as_slice::<f32>()
    {
        return f(values);
    }
    f(&t.clone().inner().into_data().iter::<f32>().collect::<Vec<_>>())
}

/// A tensor's values.
pub(crate) fn to_vec<const D: usize>(t: &Tensor<D>) -> Vec<f32> {
    read(t, <[f32]>::to_vec)
}

/// A tensor from values.
pub(crate) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A tensor's values in host memory, not copied where they are there.
pub(crate) enum Values {
    Shared(Raw),
    Copied(Vec<f32>),
}

impl Values {
    pub fn of<const D: usize>(t: &Tensor<D>) -> Self {
        match t.clone().inner().try_into_primitive::<Flex>() {
            Ok(t) if t.dtype() == DType::F32 => Values::Shared(t.to_contiguous()),
            _ => Values::Copied(to_vec(t)),
        }
    }
    pub fn as_slice(&self) -> &[f32] {
        match self {
            Values::Shared(t) => slice(t),
            Values::Copied(v) => v,
        }
    }
}

/// A plain tensor taken apart so that its values can change, in place where they are in host memory and nothing else
/// shares them.
pub(crate) struct Open<const D: usize> {
    values: Values,
    shape: [usize; D],
    device: Device,
}

impl<const D: usize> Open<D> {
    pub fn new(t: Tensor<D>) -> Self {
        let (shape, device) = (t.dims(), t.device());
        if device != Device::flex() {
            return Self { values: Values::Copied(to_vec(&t)), shape, device };
        }
        match t.try_into_primitive::<Flex>() {
            Ok(t) => {
                let whole = t.as_slice::<f32>().is_some_and(|s| size_of_val(s) == t.bytes().len());
                Self { values: Values::Shared(if whole { t } else { t.to_contiguous() }), shape, device }
            }
            Err(e) => unreachable!("a tensor on the host: {e:?}"),
        }
    }
    pub fn values(&mut self) -> &mut [f32] {
        match &mut self.values {
            Values::Shared(t) => t.storage_mut::<f32>(),
            Values::Copied(v) => v,
        }
    }
    pub fn close(self) -> Tensor<D> {
        match self.values {
            Values::Shared(t) => Tensor::from_primitive::<Flex>(t),
            Values::Copied(v) => tensor(v, self.shape, &self.device),
        }
    }
}
