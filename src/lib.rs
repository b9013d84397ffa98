//! `mtlc`: a compiler for multi-task learning.
//!
//! ```text
//! &str ─syntax→ File ─check→ Checked ─graph→ TaskGraph ─plan→ Plan ─model→ Network ─train→ Run
//! ```
//! | module | takes | gives |
//! |---|---|---|
//! | [`source`] | texts | places in them |
//! | [`diagnostics`] | findings | text for people and machines |
//! | [`syntax`] | a text | a tree that says what stands there |
//! | [`fmt`] | a text | its canonical layout |
//! | [`data`] | `data` declarations and files | typed columns |
//! | [`mend`] | a spec | the same with its safe fixes |
//! | [`kinds::metrics`] | gold and predictions | the field's figures |
//! | [`plan`] | a checked program and its tables | dataflow, parameters, schedule as data |
//! | `ops` | – | operations on ragged batches, values, parameters, devices |
//! | `model` | a plan | heads, optimisers |
//! | `network` | a plan and a batch | the values of its nodes |
//! | `train` | a plan and its examples | a run folder, a report |

pub mod analysis;
pub mod ast;
pub mod batches;
pub mod builtins;
pub mod check;
pub mod cli;
pub mod columns;
pub mod data;
pub mod diagnostics;
pub mod driver;
mod elaborate;
pub mod encode;
pub mod fmt;
pub mod hir;
pub mod kinds;
mod lint;
pub mod lower;
pub mod mend;
#[cfg(feature = "train")]
pub mod model;
#[cfg(feature = "train")]
pub mod network;
#[cfg(feature = "train")]
pub mod ops;
pub mod passes;
pub mod plan;
pub mod present;
pub mod random;
pub mod records;
mod resolve;
mod schedule;
pub mod source;
pub mod syntax;
#[cfg(feature = "train")]
pub mod train;
pub mod types;
pub mod util;
pub mod words;
