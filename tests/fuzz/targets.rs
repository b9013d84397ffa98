//! What must hold of any text. Shared by the test suite (`tests/fuzz.rs`) and by the fuzzer (`tests/fuzz/Cargo.toml`).

use mtlc::diagnostics::{Diagnostic, render};
use mtlc::driver;
use mtlc::fmt;
use mtlc::hir::{Options, World};
use mtlc::source::{Sources, Span};
use mtlc::syntax;
use std::path::Path;
use std::time::{Duration, Instant};

struct Nothing;

impl World for Nothing {
    fn read(&self, _: &Path) -> std::io::Result<String> {
        Err(std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such file"))
    }
}

/// Runs what must end in time: some seconds, and a little for each byte.
fn in_time<T>(text: &str, what: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = what();
    let limit = Duration::from_secs(20) + Duration::from_millis(text.len() as u64);
    assert!(start.elapsed() < limit, "{} bytes take {:?}", text.len(), start.elapsed());
    out
}

fn inside(sources: &Sources, span: Span) {
    let file = sources.get(span.file).expect("the file of a span");
    let (start, end) = (span.start as usize, span.end as usize);
    assert!(start <= end && end <= file.text.len(), "{span:?} is outside a text of {} bytes", file.text.len());
    assert!(file.text.is_char_boundary(start) && file.text.is_char_boundary(end), "{span:?} cuts a character");
}

/// Findings stand in the text, can be shown in every format, and their fixes can be applied.
fn sound(sources: &Sources, findings: &[Diagnostic]) {
    for d in findings {
        assert!(!d.message.is_empty() && d.code.len() == 5, "{d:?}");
        d.primary.iter().chain(&d.secondary).for_each(|l| inside(sources, l.span));
        if let Some(fix) = &d.fix {
            fix.places().for_each(|s| inside(sources, s));
            let mut text = sources.get(fix.span.file).expect("the file of a fix").text.to_string();
            text.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
            let _ = syntax::parse(mtlc::source::FileId(0), &text);
        }
    }
    for color in [false, true] {
        assert_eq!(render::render_human(sources, findings, color).is_empty(), findings.is_empty());
    }
    assert_eq!(render::render_plain(sources, findings).is_empty(), findings.is_empty());
    for text in [render::render_json(sources, findings), render::render_sarif(sources, findings)] {
        serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
    }
}

/// The parser.
pub fn parse(text: &str) {
    let mut sources = Sources::default();
    let file = sources.add("spec.mtl", text);
    let parsed = in_time(text, || syntax::parse(file, text));
    parsed.comments.iter().for_each(|c| inside(&sources, c.span));
    parsed.file.items.iter().for_each(|i| inside(&sources, i.span));
    sound(&sources, &parsed.diagnostics);
}

/// The checker, and all before it.
pub fn check(text: &str) {
    let c = in_time(text, || driver::compile(Path::new("spec.mtl"), text, &Nothing, &Options::default()));
    assert!(c.checked.is_some() || c.has_errors(), "neither a program nor an error");
    sound(&c.sources, &c.diagnostics);
}

/// The formatter: what it gives reads as the same tree and is its own layout.
pub fn format(text: &str) {
    let out = in_time(text, || fmt::format(text));
    // a text with faults may stay as it is
    assert!(!out.refused || !out.diagnostics.is_empty(), "the formatter does not prove its own work");
    let tree = |text: &str| syntax::parse(mtlc::source::FileId(0), text).file;
    assert!(tree(text) == tree(&out.text), "another tree");
    assert_eq!(fmt::format(&out.text).text, out.text, "not its own layout");
}
