//! What people see of a program: the picture in four forms, the explanation in sentences, sizes, costs, the summary of a plan, comparisons.

pub mod comparison;
pub mod cost;
pub mod draw;
pub mod outline;
pub mod prose;
pub mod scene;
pub mod sizes;
