//! The front end takes time in proportion to the text: a bound that a quadratic step breaks, not a figure (those come
//! from `cargo bench --no-default-features`).

use mtlc::driver::{self, Disk};
use mtlc::hir::{self, Options};
use mtlc::source::{FileId, Sources};
use mtlc::{check, syntax};
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../benches/front_end/programs.rs"]
mod programs;

/// Time spent by this thread where the system tells it (on a busy machine it is steadier), else time passed.
fn clock(start: Instant) -> Duration {
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

/// Parse, expand, check and whole, on a stack like the driver's.
fn stages(text: &str) -> [Duration; 4] {
    let work = || {
        let (parsed, parse) = timed(|| syntax::parse(FileId(0), text));
        let (mut sources, options) = (Sources::default(), Options::default());
        let path = Path::new("spec.mtl");
        let ((program, _), expand) = timed(|| hir::expand(&parsed.file, path, &Disk, &mut sources, &options));
        let (_, check) = timed(|| check::check(&program, &options));
        let (_, whole) = timed(|| driver::compile(path, text, &Disk, &options));
        [parse, expand, check, whole]
    };
    std::thread::scope(|s| {
        let thread = std::thread::Builder::new().stack_size(256 << 20);
        thread.spawn_scoped(s, work).unwrap().join().unwrap()
    })
}

#[test]
#[ignore = "prints a table"]
fn table() {
    let max: usize = std::env::var("TASKS").ok().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let only = std::env::var("PROGRAM").ok();
    for (name, program) in programs::PROGRAMS.iter().chain(&[("faulty", programs::faulty as programs::Program)]) {
        if only.as_deref().is_some_and(|o| o != *name) {
            continue;
        }
        let mut n = max.min(100);
        while n <= max {
            let text = program(n);
            let [parse, expand, check, whole] = stages(&text);
            println!(
                "{name:<12} {n:>7} tasks {:>7} lines: parse {parse:>9.1?} expand {expand:>9.1?} check {check:>9.1?} whole {whole:>9.1?}",
                text.lines().count()
            );
            n *= 10;
        }
    }
}
