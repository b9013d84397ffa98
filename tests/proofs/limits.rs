//! What cannot fit is refused before it begins, and what may never end is not read.

use super::world::{World, rows};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The exit code and what was said; a command that hangs is killed.
fn mtlc(w: &World, args: &[&str]) -> (Option<i32>, String) {
    let mut c = Command::new(env!("CARGO_BIN_EXE_mtlc"));
    c.args(args).current_dir(w.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = c.spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("{args:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[cfg(target_os = "linux")]
#[test]
fn a_run_that_cannot_fit_does_not_begin() {
    let w = World::new();
    let data = rows(&["a b|A", "c|B"]);
    w.tsv("c", &["x", "y"], [&data, &data, &data]);
    let long = vec![vec!["a ".repeat(300_000), "A".to_string()], vec!["b".to_string(), "B".to_string()]];
    w.tsv("long", &["x", "y"], [&long, &data, &data]);
    for (corpus, encoder) in [
        ("c", "embed(4) |> bilstm(1000M) |> max"),
        ("c", "embed(1000M) |> mean"),
        ("long", "embed(16) |> transformer(16, heads = 4, layers = 2) |> mean"),
        ("long", "embed(16) |> self_attend(16, heads = 4) |> mean"),
    ] {
        w.file(
            "s.mtl",
            &format!("data d = tsv(\"{corpus}\") {{ x: tokens; y: label }}\ntask t : classify of d.y from {encoder}\n"),
        );
        let (code, said) = mtlc(&w, &["run", "s.mtl", "-q", "--out", "r"]);
        assert!(code == Some(3) && said.contains("E0815") && said.contains("help:"), "{encoder}: {said}");
        assert!(!w.path().join("r").exists(), "a run that cannot begin leaves no folder");
    }
}

#[cfg(unix)]
#[test]
fn what_may_never_end_is_not_read() {
    let w = World::new();
    let data = rows(&["a b|A", "c|B"]);
    w.tsv("c", &["x", "y"], [&data, &data, &data]);
    if !Command::new("mkfifo").arg(w.path().join("fifo")).status().is_ok_and(|s| s.success()) {
        println!("skipped: no mkfifo");
        return;
    }
    let spec = "data d = tsv(\"c\") { x: tokens; y: label }\ntask t : classify of d.y from embed(4) |> mean\n";
    for path in ["fifo", "/dev/zero"] {
        w.file("s.mtl", &format!("use \"{path}\"\n{spec}"));
        let (code, said) = mtlc(&w, &["check", "s.mtl"]);
        assert!(code == Some(1) && said.contains("not a regular file"), "{path}: {said}");
        w.file("s.mtl", &spec.replace("embed(4)", &format!("embed(4, vectors = \"{path}\")")));
        let (code, said) = mtlc(&w, &["check", "s.mtl"]);
        assert!(code == Some(1) && said.contains("not a regular file"), "{path}: {said}");
    }
}

/// A program that is its own twin is trained once, and nothing is claimed of it.
#[test]
fn the_only_task_has_no_twin() {
    let w = World::new();
    let data = rows(&["a b|1", "c|0", "b|1", "c c|0"]);
    w.tsv("c", &["x", "y"], [&data, &data, &data]);
    w.file(
        "s.mtl",
        "data c = tsv(\"c\") { x: tokens; y: label }
task y : classify of c.y from embed(8) |> mean { metric accuracy }
task z : classify of c.y from embed(8) |> mean { metric accuracy }
train { epochs 2 }
expect gain(y.accuracy, over = single) >= 0%
",
    );
    let (code, said) = mtlc(&w, &["run", "s.mtl", "-q", "--out", "r", "--only", "y"]);
    assert!(code == Some(3) && said.contains("its own twin") && !w.path().join("r/single-y").exists(), "{said}");
    let (_, said) = mtlc(&w, &["run", "s.mtl", "-q", "--out", "q"]);
    assert!(w.path().join("q/single-y/report.json").exists(), "{said}");
    let report = std::fs::read_to_string(w.path().join("q/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let claim = &report["expects"][0];
    assert!(claim["twin"]["with"][0].is_f64() && claim["twin"]["interval"][0].is_f64(), "{claim}");
}

/// What is read many times is drawn once: each `let` reads the one before it twice.
#[test]
fn doubling_lets_are_drawn_once() {
    let w = World::new();
    let lets: String = (0..40).map(|i| format!("let x{} = x{i} + x{i}\n", i + 1)).collect();
    let spec = format!(
        "data d = tsv(\"c\") {{ x: tokens; y: label }}\nlet x0 = embed(4)\n{lets}task t : classify of d.y from x40 |> mean\n"
    );
    w.file("s.mtl", &spec);
    for command in ["check", "graph", "explain", "plan"] {
        let (code, said) = mtlc(&w, &[command, "--no-data", "s.mtl"]);
        assert_eq!(code, Some(0), "{command}: {said}");
    }
}

/// Each string holds the one before it twice; each number is the one before it twice.
#[test]
fn doubling_constants_end() {
    let w = World::new();
    let spec = |first: &str, next: fn(usize) -> String, last: &str| {
        let lets: String = (0..60).map(|i| format!("let x{} = {}\n", i + 1, next(i))).collect();
        format!(
            "let x0 = {first}\n{lets}data d = tsv({last}) {{ x: tokens; y: label }}\ntask t : classify of d.y from embed(4) |> mean\n"
        )
    };
    w.file("s.mtl", &spec("\"ab\"", |i| format!("\"{{x{i}}}{{x{i}}}\""), "\"{x60}\""));
    let (code, said) = mtlc(&w, &["check", "s.mtl", "--no-data"]);
    assert!(code == Some(1) && said.contains("a string of 131,072 bytes"), "{said}");
    assert_eq!(said.matches("E0207").count(), 1, "one cause, one finding: {said}");
    w.file("n.mtl", &spec("1", |i| format!("x{i} + x{i}"), "\"d\""));
    let (code, said) = mtlc(&w, &["check", "n.mtl", "--no-data"]);
    assert_eq!(code, Some(0), "{said}");
}
