//! What models are made of: operations on ragged batches, the values that flow, parameters, devices, and the traits that a
//! layer and a head fill in. An operation is one node of the autodiff graph when its inputs are in host memory ([`host`]),
//! and has a plain form in tensor operations (`*_reference`) for other devices and as the measure of its tests.

pub(crate) mod attention;
pub(crate) mod buffer;
pub(crate) mod crf;
pub mod devices;
pub(crate) mod host;
pub(crate) mod kernels;
pub mod layer;
pub(crate) mod loss;
pub(crate) mod matmul;
pub mod pairs;
pub mod params;
pub(crate) mod parts;
#[cfg(test)]
mod properties;
pub(crate) mod rnn;
pub(crate) mod rows;
#[cfg(test)]
mod tests;
pub mod value;
pub(crate) mod words;

#[doc(hidden)]
pub use pairs::{Pair, pairs};

/// A tensor's values, row-major.
pub fn floats<const D: usize>(t: &burn::tensor::Tensor<D>) -> Vec<f32> {
    host::to_vec(t)
}
