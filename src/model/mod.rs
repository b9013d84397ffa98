//! The plan as tensors: layers, heads and the network that executes a graph. With `train`, the only user of burn.

pub mod value;
