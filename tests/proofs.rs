//! Proofs that what a spec says is what is computed: from `.mtl` text through checker, tables and plan to gradients,
//! values and figures. Data are made in the test; whoever reads a failure needs nothing but the spec above it.
#![cfg(feature = "train")]

#[path = "proofs/arrows.rs"]
mod arrows;
#[path = "proofs/bottleneck.rs"]
mod bottleneck;
#[path = "proofs/gradients.rs"]
mod gradients;
#[path = "proofs/resume.rs"]
mod resume;
#[path = "proofs/robustness.rs"]
mod robustness;
#[path = "proofs/sharing.rs"]
mod sharing;
#[path = "proofs/world.rs"]
mod world;
