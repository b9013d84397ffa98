//! One binary for all integration tests: it links once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod cases;
mod docs;
mod edges;
mod example_data;
mod faults;
mod formats;
mod fuzz;
mod grammar;
mod growth;
#[cfg(feature = "train")]
mod proofs;
mod recovery;
mod slips;
mod systems;
mod tidy;
mod tools;
mod tutorial;
mod types;
mod ui;
mod views;
