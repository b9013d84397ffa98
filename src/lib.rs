//! `mtlc`: a compiler for multi-task learning.
//!
//! ```text
//! text ─syntax→ File ─hir→ Program ─resolve, elaborate, schedule, lint→ Checked ─lower→ Plan ─network, train→ Run
//! ```
//! A module imports only what stands above it here; `docs/architecture.md` says of each what it may never know.
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`source`] | texts | places in them |
//! | [`random`] | seed, purpose, counters | a generator |
//! | [`util`] | – | small lists |
//! | [`diagnostics`] | findings | text for people and machines |
//! | [`ast`] | – | the tree: what a text says |
//! | [`words`] | – | what the row of a word says |
//! | [`columns`] | – | examples as typed columns |
//! | [`records`] | – | gold, answers, label sets as rows of ids |
//! | [`plan`] | – | dataflow, parameters, schedule as data |
//! | [`types`] | – | widths, forms of values, arrows |
//! | `ops` | – | operations on ragged batches, values, parameters, devices |
//! | [`kinds`] | – | the open sets: one room each |
//! | [`data`] | `data` declarations and files | typed columns |
//! | [`encode`] | columns | vocabularies, label sets, encoded examples |
//! | [`syntax`] | a text | its tree |
//! | [`fmt`] | a text | its canonical layout |
//! | [`hir`] | trees | a flat program |
//! | [`analysis`] | a program and its arrows | cycles, joint or multi-step |
//! | `resolve` | a program | tasks and arrows with ids for names |
//! | `elaborate` | resolved tasks | graphs of typed nodes |
//! | `schedule` | resolved tasks, widths | stages, objective, claims |
//! | `lint` | what the stages before gave | findings |
//! | [`check`] | a program | a checked program, from those four |
//! | [`passes`] | a plan | what is computed once, together or not at all |
//! | [`batches`] | a plan and examples | which examples the next step sees |
//! | [`lower`] | a checked program and its tables | a plan |
//! | `model` | a plan | optimisers |
//! | `network` | a plan and a batch | the values of its nodes |
//! | `train` | a plan and its examples | a run folder, a report |
//! | [`present`] | a checked program, a plan | pictures, sentences, sizes, costs |
//! | [`driver`] | a text | every finding, a plan |
//! | [`mend`] | a spec | the same with its safe fixes |
//! | [`cli`] | arguments | exit codes |

pub mod analysis;
pub mod ast;
pub mod batches;
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
