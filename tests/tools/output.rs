//! What is printed arrives, or its loss is said; and nothing in it is obeyed by a terminal.

use super::*;
use std::fs;

const SPEC: &str = "data d = tsv(\"e\") { x: tokens; y: label }\ntask t : classify of d.y from embed(4) |> mean\n";

/// A folder with a spec and its data; the second class of dev is one that training lacks.
fn folder(spec: &str, class: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("e")).unwrap();
    fs::write(at("e/train.tsv"), "x\ty\na b\tA\nc\tB\n").unwrap();
    fs::write(at("e/dev.tsv"), format!("x\ty\na b\t{class}\n")).unwrap();
    fs::write(at("e.mtl"), spec).unwrap();
    folder
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said() {
    let folder = folder(&format!("{SPEC}train {{ epochs 1 }}\n"), "A");
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut commands: Vec<(Vec<&str>, &str)> = vec![
        (vec!["check", "e.mtl"], ""),
        (vec!["check", "e.mtl", "--format", "json"], ""),
        (vec!["check", "e.mtl", "--format", "sarif"], ""),
        (vec!["check", "-", "--fix"], SPEC),
        (vec!["plan", "e.mtl"], ""),
        (vec!["plan", "e.mtl", "--json"], ""),
        (vec!["graph", "e.mtl"], ""),
        (vec!["explain", "e.mtl"], ""),
        (vec!["explain", "e.mtl", "t"], ""),
        (vec!["explain", "E0301"], ""),
        (vec!["init", "--list"], ""),
        (vec!["fmt", "-"], SPEC),
        (vec!["fmt", "--check", "-"], "let  b = 1\n"),
        (vec!["completions", "bash"], ""),
        (vec!["--help"], ""),
        (vec!["--version"], ""),
    ];
    if cfg!(feature = "train") {
        commands.push((vec!["run", "e.mtl", "-q", "--out", "r"], ""));
        commands.push((vec!["eval", "r"], ""));
        commands.push((vec!["eval", "r", "--json"], ""));
        commands.push((vec!["predict", "r"], "a b\n"));
        commands.push((vec!["predict", "r", "--output", "columns"], "a b\n"));
    }
    for (args, input) in commands {
        let mut c = mtlc(folder.path());
        let mut child = c.args(&args).stdin(Stdio::piped()).stdout(full()).stderr(Stdio::piped()).spawn().unwrap();
        // a command that reads nothing may be gone already
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes());
        let lost = child.wait_with_output().unwrap();
        assert_eq!(lost.status.code(), Some(3), "{args:?}: {}", text(&lost.stderr));
        assert!(text(&lost.stderr).contains("standard output cannot be written"), "{args:?}: {}", text(&lost.stderr));
    }
}

/// Who closes a pipe has read enough.
#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_fault() {
    for args in [&["completions", "bash"][..], &["explain", "E0301"], &["--help"]] {
        let mut child = mtlc(root()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let out = child.wait_with_output().unwrap();
        assert_eq!((out.status.code(), text(&out.stderr)), (Some(0), String::new()), "{args:?}");
    }
}

/// A character that a terminal obeys, other than ends of lines and tabs.
fn obeyed(shown: &str) -> Option<char> {
    let bidi = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    shown.chars().find(|c| (c.is_control() && !matches!(c, '\n' | '\t')) || bidi(*c))
}

const RAW: &str = "Z\u{1b}]0;PWNED\u{7}\u{8}\u{9b}31m\u{202e}";

#[test]
fn nothing_is_sent_to_the_terminal_as_it_is() {
    let specs = [
        SPEC.to_string(),
        // names of members, paths, strings
        format!(
            "for d in [\"a{RAW}\", \"b\"] {{ data e = tsv(\"e\") {{ x: tokens; y: label }}\ntask t : classify of e.y from embed(4) |> mean }}\n"
        ),
        SPEC.replace("\"e\"", &format!("\"e{RAW}\"")),
        SPEC.replace("classify", &format!("classify(\"{RAW}\")")),
        format!("use \"{RAW}.mtl\"\n{SPEC}"),
    ];
    for spec in &specs {
        let folder = folder(spec, RAW);
        for args in [
            &["check", "e.mtl"][..],
            &["check", "e.mtl", "--format", "plain"],
            &["check", "e.mtl", "--format", "json"],
            &["check", "e.mtl", "--format", "sarif"],
            &["check", "e.mtl", "--only", RAW, "--set", RAW],
            &["check", RAW],
            &["plan", "e.mtl"],
            &["plan", "e.mtl", "--json"],
            &["graph", "e.mtl"],
            &["graph", "e.mtl", "--output", "svg"],
            &["graph", "e.mtl", "--output", "dot"],
            &["graph", "e.mtl", "--output", "mermaid"],
            &["explain", "e.mtl"],
            &["explain", "e.mtl", RAW],
            &["explain", RAW],
            &["fmt", "--check", "e.mtl"],
            &["init", RAW],
            &["nosuch", RAW],
            &[RAW],
            &["run", "e.mtl", "-q", "--out", RAW],
        ] {
            let out = run(folder.path(), args);
            for shown in [&out.stdout, &out.stderr] {
                let shown = String::from_utf8_lossy(shown);
                assert_eq!(obeyed(&shown), None, "{args:?}: {shown:?}");
            }
        }
    }
}

#[cfg(feature = "train")]
#[test]
fn answers_are_shown_too() {
    let folder = folder(&format!("{SPEC}train {{ epochs 1 }}\n"), "A");
    fs::write(folder.path().join("e/train.tsv"), format!("x\ty\na b\tA{RAW}\nc\tB{RAW}\n")).unwrap();
    let trained = run(folder.path(), &["run", "e.mtl", "--out", "r"]);
    assert_eq!(trained.status.code(), Some(0), "{}", text(&trained.stderr));
    let token = serde_json::json!({ "x": [format!("a{RAW}"), "b\tc\nd"] }).to_string();
    for output in ["json", "columns"] {
        let out = piped(folder.path(), &["predict", "r", "--output", output], &format!("{token}\na\u{1b}b\n"));
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        assert_eq!(obeyed(&text(&out.stdout)), None, "{:?}", text(&out.stdout));
        if output == "json" {
            for line in text(&out.stdout).lines() {
                let v: serde_json::Value = serde_json::from_str(line).unwrap();
                assert!(v["predicted"]["t"]["label"].as_str().unwrap().ends_with(RAW), "the value is what it was");
            }
        }
    }
}
