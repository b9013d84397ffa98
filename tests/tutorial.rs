//! The tutorial, followed from an empty folder, and the cookbook, beside the example data: its files are written, its commands are run in order, and what they
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

/// Runs `mtlc ...`, `echo ... | mtlc ...`, `cat FILE` or `cd FOLDER`; what is printed and whether it
/// went well, or nothing where nothing can be.
fn follow(command: &str, folder: &mut PathBuf) -> Option<(String, bool)> {
    let (input, command) = match command.split_once(" | ") {
        Some((echo, rest)) => (words(echo)[1..].join(" ") + "\n", rest),
        None => (String::new(), command),
    };
    let words = words(command);
    let args: Vec<&str> = words.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["cd", to] => folder.push(to),
        ["cat", file] => return Some((fs::read_to_string(folder.join(file)).unwrap(), true)),
        ["mtlc", "run" | "eval" | "predict", ..] if !cfg!(feature = "train") => return None,
        ["mtlc", args @ ..] => {
            let mut c = Command::new(env!("CARGO_BIN_EXE_mtlc"));
            c.args(args).current_dir(&*folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = c.spawn().unwrap();
            child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
            let out = child.wait_with_output().unwrap();
            let said = String::from_utf8(out.stderr).unwrap() + &String::from_utf8(out.stdout).unwrap();
            return Some((said, out.status.success()));
        }
        _ => panic!("the tutorial shows `{command}`, which this test cannot run"),
    }
    Some((String::new(), true))
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

/// Follows a page in a folder: how many commands ran, how many of them train, which specs it writes, which it names in a
/// command.
fn read_along(page: &str, start: &Path, well: bool) -> (usize, usize, Vec<String>, String) {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let mut folder = start.to_path_buf();
    let (mut ran, mut trained, mut specs, mut commands) = (0, 0, vec![], String::new());
    for (line, info, text) in blocks(&text) {
        if let Some(name) = info.split(',').find_map(|w| w.strip_prefix("file=")) {
            fs::write(folder.join(name), &text).unwrap();
            specs.extend(name.ends_with(".mtl").then(|| name.to_string()));
        }
        if info != "console" {
            continue;
        }
        for (command, wanted) in shown(&text) {
            commands.push_str(&format!("{command}\n"));
            let Some((got, fine)) = follow(&command, &mut folder) else { continue };
            let mask = ["mtlc run", "mtlc eval", "mtlc predict"].iter().any(|c| command.contains(c));
            assert!(agrees(&wanted, &got, mask), "{page}:{line}: `{command}` shows\n{wanted}\nand prints\n{got}");
            assert!(fine || !well, "{page}:{line}: `{command}` fails\n{got}");
            ran += 1;
            trained += usize::from(mask);
        }
    }
    (ran, trained, specs, commands)
}

#[test]
fn the_tutorial_can_be_followed() {
    let start = tempfile::tempdir().unwrap();
    let (ran, trained, ..) = read_along("docs/tutorial.md", start.path(), false);
    assert!(ran >= 7, "only {ran} commands");
    assert!(!cfg!(feature = "train") || trained >= 5, "only {trained} commands that train");
}

/// Every recipe trains, and what it shows is what is printed; Python reads the run, where there is Python.
#[test]
fn the_cookbook_can_be_followed() {
    let start = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    crate::docs::copy(&root.join("examples/data"), &start.path().join("data"));
    let (_, trained, specs, commands) = read_along("docs/cookbook.md", start.path(), true);
    if !cfg!(feature = "train") {
        return;
    }
    assert!(trained >= 7 && specs.len() >= 8, "{trained} commands that train, {} specs", specs.len());
    let mut folder = start.path().to_path_buf();
    for spec in specs.iter().filter(|s| !commands.contains(&format!("mtlc run {s} "))) {
        let (said, fine) = follow(&format!("mtlc run {spec} -q"), &mut folder).unwrap();
        assert!(fine, "{spec}: {said}");
    }
    let page = fs::read_to_string(root.join("docs/cookbook.md")).unwrap();
    let python = blocks(&page).into_iter().find(|(_, info, _)| info == "python").unwrap().2;
    let mtlc = Path::new(env!("CARGO_BIN_EXE_mtlc")).parent().unwrap();
    let path = format!("{}:{}", mtlc.display(), std::env::var("PATH").unwrap_or_default());
    let Ok(out) = Command::new("python3").args(["-c", &python]).current_dir(start.path()).env("PATH", path).output()
    else {
        return;
    };
    let (said, wrong) = (String::from_utf8(out.stdout).unwrap(), String::from_utf8(out.stderr).unwrap());
    assert!(out.status.success() && said.contains("2 epochs, the loss of the slots fell: True"), "{said}{wrong}");
    assert!(said.contains("['wake', 'me', 'up', 'at', 'seven']"), "{said}");
}

#[test]
fn the_comparison_can_fail() {
    assert!(agrees("a 1.0\n...\nb  2", "a 3\nx\nb 4.5 *\n", true));
    assert!(!agrees("a 1.0\nb 2", "a 3\nx\nb 4\n", true));
    assert!(!agrees("a 1", "a 2", false));
    assert!(!agrees("...\nc", "a\nb\n", true));
    assert!(!agrees("a", "a\nb", true));
}
