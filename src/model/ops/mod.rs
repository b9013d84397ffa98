//! Operations on ragged batches. Each is one node of the autodiff graph when its inputs are in host memory ([`host`]),
//! and has a plain form in tensor operations (`*_reference`) for other devices and as the measure of its tests.

pub(crate) mod attention;
pub(crate) mod buffer;
pub(crate) mod crf;
pub(crate) mod host;
pub(crate) mod kernels;
pub(crate) mod loss;
pub(crate) mod matmul;
pub mod pairs;
pub(crate) mod parts;
#[cfg(test)]
mod properties;
pub(crate) mod rnn;
pub(crate) mod rows;
#[cfg(test)]
mod tests;
