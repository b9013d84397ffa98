//! Forward and backward pass of each fused operation beside the same in tensor operations.
//!
//! `cargo bench --features bench --bench kernels`, or with a word of an operation's name: `cargo bench --features bench --bench kernels -- LSTM`.

#![allow(missing_docs, reason = "a bench")]

use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn kernels(c: &mut Criterion) {
    for pair in mtlc::ops::pairs() {
        let mut group = c.benchmark_group(pair.name);
        group.bench_function("fused", |b| b.iter(&pair.fused));
        group.bench_function("plain", |b| b.iter(&pair.plain));
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500));
    targets = kernels
}
criterion_main!(benches);
