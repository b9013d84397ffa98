//! The plan as tensors: layers, heads and the network that executes a graph. With `train`, the only user of burn.

pub mod devices;
pub mod heads;
pub mod layers;
pub mod network;
pub(crate) mod ops;
pub mod optim;
pub mod params;
pub mod together;
pub mod value;

#[doc(hidden)]
pub use ops::pairs::{Pair, pairs};

/// A tensor's values, row-major.
pub fn floats<const D: usize>(t: &burn::tensor::Tensor<D>) -> Vec<f32> {
    ops::host::to_vec(t)
}
