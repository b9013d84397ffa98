//! Proofs that what a spec says is what is computed: from `.mtl` text through checker, tables and plan to gradients,
//! values and figures. Data are made in the test; whoever reads a failure needs nothing but the spec above it.

mod arrows;
mod bottleneck;
mod cache;
mod folders;
mod gradients;
mod layers;
mod limits;
mod losses;
mod methods;
mod own_losses;
mod passes;
mod probes;
mod relations;
mod resume;
mod robustness;
mod schemes;
mod sharing;
mod studies;
mod trees;
mod views;
mod weightings;
mod words;
mod world;
