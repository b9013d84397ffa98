//! What people see of a program: the picture in four forms, the explanation in sentences.

pub mod draw;
pub mod prose;
pub mod scene;
