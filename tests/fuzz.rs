//! The fuzz targets on damaged specs, for a few seconds: parser, checker, formatter.
//!
//! `FUZZ_SECONDS=600 cargo test --release fuzz` goes on for longer, `FUZZ_SEED=n` begins elsewhere. A failure names its
//! seed and shows the text. `tests/fuzz/Cargo.toml` holds the same targets for a coverage-guided fuzzer.

mod targets;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Pieces of a text: words, signs, blanks, line breaks.
fn pieces(text: &str) -> Vec<&str> {
    let mut out = vec![];
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let len = match c {
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            ' ' => rest.find(|c| c != ' ').unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        out.push(&rest[..len]);
        rest = &rest[len..];
    }
    out
}

/// Characters that break readers.
const ODD: [&str; 16] =
    ["\u{0}", "\u{feff}", "é", "𝛼", "\r\n", "\r", "\t", "\"", "'", "{", "}", "(", "]", "#", "/*", "\u{2028}"];

/// A spec of the corpus after a few edits: pieces removed, doubled, moved, taken from another spec, odd characters put in.
fn damaged(corpus: &[(String, String)], rng: &mut ChaCha8Rng) -> String {
    let text = &corpus[rng.random_range(0..corpus.len())].1;
    let other = &corpus[rng.random_range(0..corpus.len())].1;
    let mut out = pieces(text);
    let donor = pieces(other);
    for _ in 0..rng.random_range(1..8) {
        if out.is_empty() {
            break;
        }
        let (i, j) = (rng.random_range(0..out.len()), rng.random_range(0..out.len()));
        let len = rng.random_range(1..20);
        match rng.random_range(0..7) {
            0 => drop(out.drain(i..(i + len).min(out.len()))),
            1 => out.insert(j, out[i]),
            2 => out.swap(i, j),
            3 => out.insert(i, ODD[rng.random_range(0..ODD.len())]),
            4 => {
                let from = rng.random_range(0..donor.len());
                let part = donor[from..(from + len).min(donor.len())].to_vec();
                out.splice(i..i, part);
            }
            5 => out[i] = donor[rng.random_range(0..donor.len())],
            _ => out.truncate(i),
        }
    }
    out.concat()
}

fn fuzz(name: &str, target: fn(&str)) {
    let corpus = crate::recovery::corpus();
    let seed = number("FUZZ_SEED", 1);
    let limit = Duration::from_secs(number("FUZZ_SECONDS", 3));
    let start = Instant::now();
    let mut tried = 0;
    while start.elapsed() < limit {
        let mut rng = ChaCha8Rng::seed_from_u64(seed + tried);
        let text = damaged(&corpus, &mut rng);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(&text))) {
            println!("{name} fails with FUZZ_SEED={} on\n{text}\n{text:?}", seed + tried);
            std::panic::resume_unwind(panic);
        }
        tried += 1;
    }
    println!("{name}: {tried} texts");
}

#[test]
fn parser() {
    fuzz("parser", targets::parse);
}

#[test]
fn checker() {
    fuzz("checker", targets::check);
}

#[test]
fn formatter() {
    fuzz("formatter", targets::format);
}
