//! The loss of a task, and what weighs it.

use burn::tensor::Tensor;

/// The loss of a task as it counts.
pub type Weigh = fn(&Loss<'_>) -> Tensor<1>;

/// The loss of a task at a step.
#[derive(Debug)]
pub struct Loss<'a> {
    /// as it is
    pub value: &'a Tensor<1>,
    /// the weight of the task itself
    pub weight: f64,
    /// the number that the stage gives it
    pub given: Option<f64>,
    /// the number that is learned for it
    pub learned: Option<Tensor<1>>,
    /// it is a squared error, whose likelihood has half of it in the exponent
    pub squared: bool,
}

/// A loss with a weight.
pub(super) fn times(loss: Tensor<1>, weight: f64) -> Tensor<1> {
    if weight == 1.0 { loss } else { loss.mul_scalar(weight) }
}
