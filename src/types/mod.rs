//! The types of the language: widths that may wait for data, the forms of values and what is known of each, arrows.

mod arrow;
pub mod dim;
mod space;
mod value;

pub use arrow::{Edge, Grad, Mode, Target};
pub(crate) use space::Space;
pub use value::{Carried, Flow, Form, NodeType, Type};
pub(crate) use value::{Latent, Outer, TRIPLE, VIEWS, VKind, Val};
