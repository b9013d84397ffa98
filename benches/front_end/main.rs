//! The front end on generated programs: each stage, and the whole.
//!
//! `cargo bench --no-default-features --bench front_end` builds no burn. `FULL=1` goes up to 100,000 tasks.

#![allow(missing_docs, clippy::expect_used, reason = "a bench")]

mod programs;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use mtlc::diagnostics::render;
use mtlc::driver::{self, Disk};
use mtlc::hir::{self, Options};
use mtlc::source::{FileId, Sources};
use mtlc::{check, syntax};
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

fn sizes() -> Vec<usize> {
    match std::env::var_os("FULL") {
        Some(_) => vec![100, 1_000, 10_000, 100_000],
        None => vec![100, 1_000, 10_000],
    }
}

fn whole(text: &str) -> driver::Compilation {
    driver::compile(Path::new("spec.mtl"), text, &Disk, &Options::default())
}

/// Parse, expand, check and the whole, for each kind of program and size.
fn stages(c: &mut Criterion) {
    for (name, program) in programs::PROGRAMS {
        let mut group = c.benchmark_group(name);
        group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(2));
        for n in sizes() {
            let text = program(n);
            let first = whole(&text);
            assert!(!first.has_errors(), "{name} of {n}: {:?}", first.diagnostics.first());
            group.throughput(Throughput::Elements(n as u64));
            group.bench_with_input(BenchmarkId::new("parse", n), &text, |b, text| {
                b.iter(|| syntax::parse(FileId(0), black_box(text)));
            });
            let parsed = syntax::parse(FileId(0), &text);
            let expand = || {
                let (mut sources, options) = (Sources::default(), Options::default());
                hir::expand(&parsed.file, Path::new("spec.mtl"), &Disk, &mut sources, &options)
            };
            group.bench_function(BenchmarkId::new("expand", n), |b| b.iter(expand));
            let (expanded, _) = expand();
            group.bench_function(BenchmarkId::new("check", n), |b| {
                b.iter(|| check::check(black_box(&expanded), &Options::default()));
            });
            group.bench_with_input(BenchmarkId::new("whole", n), &text, |b, text| b.iter(|| whole(black_box(text))));
        }
        group.finish();
    }
}

/// A program with a fault in each task: finding, and showing what was found.
fn faults(c: &mut Criterion) {
    let mut group = c.benchmark_group("faulty");
    group.sample_size(10).warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(2));
    for n in [100, 1_000, 10_000] {
        let text = programs::faulty(n);
        group.bench_with_input(BenchmarkId::new("whole", n), &text, |b, text| b.iter(|| whole(black_box(text))));
        let found = whole(&text);
        assert!(found.diagnostics.len() >= n, "{} findings of {n}", found.diagnostics.len());
        group.bench_function(BenchmarkId::new("render", n), |b| {
            b.iter(|| render::render_plain(&found.sources, &found.diagnostics));
        });
    }
    group.finish();
}

criterion_group!(benches, stages, faults);

/// Chains are followed by recursion: on a stack as deep as the driver's.
fn main() {
    let bench = || {
        benches();
        Criterion::default().configure_from_args().final_summary();
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(bench).expect("a thread");
    thread.join().expect("the benches");
}
