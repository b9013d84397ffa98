//! The front end on generated programs: each stage, and the whole.
//!
//! `cargo bench --no-default-features --features bench --bench front_end` builds no burn. `FULL=1` goes up to 100,000 tasks. `TABLE=1`
//! prints the processor time of the best of three runs of each instead: on a machine that does other work too, that is steadier.
//! `ONLY=chains` takes one kind of program, `SIZES=500,5000` other sizes.

#![allow(missing_docs, clippy::expect_used, reason = "a bench")]

mod programs;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

unsafe extern "C" {
    /// mimalloc's own; sets a number, whatever the option.
    safe fn mi_option_set(option: std::ffi::c_int, value: std::ffi::c_long);
}

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use mtlc::diagnostics::render;
use mtlc::driver::{self, Disk};
use mtlc::hir::{self, Options};
use mtlc::source::{FileId, Sources};
use mtlc::{check, syntax};
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

fn sizes() -> Vec<usize> {
    if let Ok(sizes) = std::env::var("SIZES") {
        return sizes.split(',').map(|n| n.parse().expect("SIZES holds numbers")).collect();
    }
    match std::env::var_os("FULL") {
        Some(_) => vec![100, 1_000, 10_000, 100_000],
        None => vec![100, 1_000, 10_000],
    }
}

/// Every kind of program that grows with its tasks, or the one that `ONLY` names (`relay` too).
fn kinds() -> impl Iterator<Item = (&'static str, programs::Program)> {
    let only = std::env::var("ONLY").ok();
    let more: [(&str, programs::Program); 2] = [("faulty", programs::faulty), ("relay", programs::relay)];
    programs::PROGRAMS.into_iter().chain(more).filter(move |p| only.as_deref().map_or(p.0 != "relay", |o| o == p.0))
}

fn whole(text: &str) -> driver::Compilation {
    driver::compile(Path::new("spec.mtl"), text, &Disk, &Options::default())
}

/// Parse, expand, check and the whole, for each kind of program and size.
fn stages(c: &mut Criterion) {
    for (name, program) in kinds().filter(|k| k.0 != "faulty") {
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
        // a name that is unknown everywhere is one
        assert!(found.diagnostics.len() > n / 2, "{} findings of {n}", found.diagnostics.len());
        group.bench_function(BenchmarkId::new("render", n), |b| {
            b.iter(|| render::render_plain(&found.sources, &found.diagnostics));
        });
    }
    group.finish();
}

criterion_group!(benches, stages, faults);

/// Processor time of this thread where the system tells it, else time passed.
fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let clock = || {
        // the system counts up to the last time that it looked at this thread
        std::thread::yield_now();
        let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
        let nanos = spent.and_then(|s| s.split(' ').next().and_then(|n| n.parse().ok()));
        nanos.map_or_else(|| start.elapsed(), Duration::from_nanos)
    };
    let before = clock();
    let out = f();
    (out, clock().saturating_sub(before))
}

/// The shortest of three runs of each stage.
fn table() {
    println!(
        "{:<12} {:>7} {:>7} {:>9} {:>9} {:>9} {:>9}",
        "program", "tasks", "lines", "parse", "expand", "check", "sum"
    );
    for (name, program) in kinds() {
        for n in sizes() {
            let text = program(n);
            let mut best = [Duration::MAX; 3];
            for _ in 0..3 {
                let options = Options::default();
                let mut sources = Sources::default();
                let (parsed, parse) = timed(|| syntax::parse(FileId(0), &text));
                let (expanded, expand) =
                    timed(|| hir::expand(&parsed.file, Path::new("spec.mtl"), &Disk, &mut sources, &options));
                let (_, check) = timed(|| check::check(&expanded.0, &options));
                best = [best[0].min(parse), best[1].min(expand), best[2].min(check)];
            }
            let ms = |d: Duration| format!("{:.1} ms", d.as_secs_f64() * 1e3);
            let [parse, expand, check] = best.map(ms);
            let (lines, sum) = (text.lines().count(), ms(best.iter().sum()));
            println!("{name:<12} {n:>7} {lines:>7} {parse:>9} {expand:>9} {check:>9} {sum:>9}");
        }
    }
}

/// Chains are followed by recursion: on a stack as deep as the driver's.
fn main() {
    // as in `src/main.rs`: freed memory stays with the process
    mi_option_set(15, -1);
    let bench = || {
        if std::env::var_os("TABLE").is_some() {
            return table();
        }
        benches();
        Criterion::default().configure_from_args().final_summary();
    };
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(bench).expect("a thread");
    thread.join().expect("the benches");
}
