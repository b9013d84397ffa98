//! The types of the language: widths that may wait for data, the forms of values and what is known of each, arrows.

mod arrow;
pub mod dim;
mod elaborate;
mod env;
mod space;
mod value;

pub use arrow::{Edge, Grad, Mode, Target};
pub use elaborate::Function;
pub(crate) use elaborate::{
    Arguments, Call, Cx, Elaborate, Gives, Join, MakeParams, Marks, Named, Out, Placed, Resolve, Rule, Site, Stacked,
    settings,
};
pub use env::{Binding, Env, Item};
pub(crate) use space::Space;
pub use value::{Carried, Flow, Form, NodeType, Place, TaskType, Type};
pub(crate) use value::{Latent, Outer, TRIPLE, VIEWS, VKind, Val};
