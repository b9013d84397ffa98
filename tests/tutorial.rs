//! The tutorial, followed from an empty folder: its files are written, its commands are run in order, and what they
//! print is what the page shows. Of training only the words are compared: figures depend on the processor, times on the
//! day. A line `...` stands for lines left out. Commands that train need the feature `train`; without it they are passed
//! over.

use crate::docs::{blocks, shown};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Words and their quotes, as a shell reads them.
fn words(command: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    for c in command.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => out.push(String::new()),
            c => out.last_mut().unwrap().push(c),
        }
    }
    out.retain(|w| !w.is_empty());
    out
}

/// Runs `mtlc ...`, `echo ... | mtlc ...`, `cat FILE` or `cd FOLDER`; what is printed, or nothing where nothing can be.
fn follow(command: &str, folder: &mut PathBuf) -> Option<String> {
    let (input, command) = match command.split_once(" | ") {
        Some((echo, rest)) => (words(echo)[1..].join(" ") + "\n", rest),
        None => (String::new(), command),
    };
    let words = words(command);
    let args: Vec<&str> = words.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["cd", to] => folder.push(to),
        ["cat", file] => return Some(fs::read_to_string(folder.join(file)).unwrap()),
        ["mtlc", "run" | "eval" | "predict", ..] if !cfg!(feature = "train") => return None,
        ["mtlc", args @ ..] => {
            let mut c = Command::new(env!("CARGO_BIN_EXE_mtlc"));
            c.args(args).current_dir(&*folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = c.spawn().unwrap();
            child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
            let out = child.wait_with_output().unwrap();
            return Some(String::from_utf8(out.stderr).unwrap() + &String::from_utf8(out.stdout).unwrap());
        }
        _ => panic!("the tutorial shows `{command}`, which this test cannot run"),
    }
    Some(String::new())
}

/// Without figures, marks of the best epoch, and the widths that follow from figures.
fn masked(line: &str) -> String {
    let words = line.split_whitespace().filter(|w| *w != "*").map(|w| {
        let digit = |c: char| c.is_ascii_digit();
        if w.contains(digit) { w.replace(|c: char| digit(c) || matches!(c, '.' | ','), "") + "#" } else { w.into() }
    });
    words.collect::<Vec<_>>().join(" ")
}

fn agrees(wanted: &str, got: &str, mask: bool) -> bool {
    let lines = |s: &str| -> Vec<String> {
        s.trim().lines().map(|l| if mask { masked(l) } else { l.trim_end().into() }).collect()
    };
    let (wanted, got) = (lines(wanted), lines(got));
    let mut at = 0;
    let mut skips = false;
    for w in &wanted {
        if w == "..." {
            skips = true;
            continue;
        }
        let found = got[at..].iter().position(|g| g == w);
        match found {
            Some(n) if n == 0 || skips => at += n + 1,
            _ => return false,
        }
        skips = false;
    }
    skips || at == got.len()
}

#[test]
fn the_tutorial_can_be_followed() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial.md")).unwrap();
    let start = tempfile::tempdir().unwrap();
    let mut folder = start.path().to_path_buf();
    let (mut ran, mut trained) = (0, 0);
    for (line, info, text) in blocks(&page) {
        if let Some(name) = info.split(',').find_map(|w| w.strip_prefix("file=")) {
            fs::write(folder.join(name), &text).unwrap();
        }
        if info != "console" {
            continue;
        }
        for (command, wanted) in shown(&text) {
            let Some(got) = follow(&command, &mut folder) else { continue };
            let mask = ["mtlc run", "mtlc eval", "mtlc predict"].iter().any(|c| command.contains(c));
            assert!(
                agrees(&wanted, &got, mask),
                "docs/tutorial.md:{line}: `{command}` shows\n{wanted}\nand prints\n{got}"
            );
            ran += 1;
            trained += usize::from(mask);
        }
    }
    assert!(ran >= 7, "only {ran} commands");
    assert!(!cfg!(feature = "train") || trained >= 5, "only {trained} commands that train");
}

#[test]
fn the_comparison_can_fail() {
    assert!(agrees("a 1.0\n...\nb  2", "a 3\nx\nb 4.5 *\n", true));
    assert!(!agrees("a 1.0\nb 2", "a 3\nx\nb 4\n", true));
    assert!(!agrees("a 1", "a 2", false));
    assert!(!agrees("...\nc", "a\nb\n", true));
    assert!(!agrees("a", "a\nb", true));
}
