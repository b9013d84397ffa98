//! The front end takes time in proportion to the text: a bound that a quadratic step breaks, not a figure (those come
//! from `cargo bench --no-default-features --features bench`).

use mtlc::diagnostics::render;
use mtlc::driver::Disk;
use mtlc::hir::{self, Options};
use mtlc::source::{FileId, Sources};
use mtlc::{check, syntax};
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../benches/front_end/programs.rs"]
mod programs;

/// Time spent by this thread where the system tells it (on a busy machine it is steadier), else time passed.
fn clock(start: Instant) -> Duration {
    // the system counts up to the last time that it looked at this thread
    std::thread::yield_now();
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = spent.and_then(|s| s.split(' ').next().and_then(|n| n.parse().ok()));
    nanos.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let before = clock(start);
    let out = f();
    (out, clock(start).saturating_sub(before))
}

/// Parsing, expanding and checking, on a stack like the driver's.
fn stages(text: &str) -> [Duration; 3] {
    let work = || {
        let (parsed, parse) = timed(|| syntax::parse(FileId(0), text));
        let (mut sources, options) = (Sources::default(), Options::default());
        let path = Path::new("spec.mtl");
        let ((program, _), expand) = timed(|| hir::expand(&parsed.file, path, &Disk, &mut sources, &options));
        let (_, check) = timed(|| check::check(&program, &options));
        [parse, expand, check]
    };
    std::thread::scope(|s| {
        let thread = std::thread::Builder::new().stack_size(256 << 20);
        thread.spawn_scoped(s, work).unwrap().join().unwrap()
    })
}

#[test]
fn programs_are_right() {
    let more = [("relay", programs::relay as programs::Program), ("lets", programs::lets as programs::Program)];
    for (name, program) in programs::PROGRAMS.into_iter().chain(more) {
        let c = mtlc::driver::compile(Path::new("spec.mtl"), &program(40), &Disk, &Options::default());
        assert!(!c.has_errors(), "{name}: {:?}", c.diagnostics.first());
    }
}

/// Showing eight times as many findings takes about eight times as long.
#[test]
fn findings_are_shown_in_time() {
    let spent = |n: usize| {
        let c = mtlc::driver::compile(Path::new("spec.mtl"), &programs::faulty(n), &Disk, &Options::default());
        // a quarter of the tasks read one unknown name, another an unknown field, which are two findings
        assert!(c.diagnostics.len() >= n / 2);
        (0..2).map(|_| timed(|| render::render_human(&c.sources, &c.diagnostics, false)).1).min().unwrap()
    };
    let (small, large) = (spent(200), spent(1600));
    println!("{small:?} for 200 faulty tasks, {large:?} for 1600");
    assert!(large < small * 24 + Duration::from_millis(50), "{small:?} for 200 faulty tasks, {large:?} for 1600");
}

/// Eight times the program takes about eight times as long; a quadratic step would take 64 times.
#[test]
fn time_grows_with_the_text() {
    for (name, program) in programs::PROGRAMS
        .iter()
        .chain(&[("faulty", programs::faulty as programs::Program), ("lets", programs::lets as programs::Program)])
    {
        let spent = |n: usize| {
            let text = program(n);
            let [parse, expand, check] = stages(&text);
            parse + expand + check
        };
        // the shortest of a few: other work on the machine only adds
        let small = (0..3).map(|_| spent(200)).min().unwrap();
        let large = (0..2).map(|_| spent(1600)).min().unwrap();
        println!("{name}: {small:?} for 200 tasks, {large:?} for 1600");
        assert!(large < small * 24 + Duration::from_millis(50), "{name}: {small:?} for 200 tasks, {large:?} for 1600");
    }
}
