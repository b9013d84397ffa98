//! Completions, `--watch`, colours, standard input.

use super::*;
use std::fs;

#[test]
fn every_shell_is_completed() {
    for (shell, mark) in [
        ("bash", "complete -F _mtlc"),
        ("zsh", "#compdef mtlc"),
        ("fish", "complete -c mtlc"),
        ("elvish", "edit:completion:arg-completer[mtlc]"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let out = run(root(), &["completions", shell]);
        let script = text(&out.stdout);
        assert_eq!(out.status.code(), Some(0));
        assert!(script.contains(mark), "{shell}");
        for word in ["check", "init", "watch", "no-data", "completions"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    assert_eq!(run(root(), &["completions", "tcsh"]).status.code(), Some(2));
}

/// The script is one that the shell can read.
#[cfg(unix)]
#[test]
fn bash_reads_its_script() {
    use std::io::Write;
    let script = run(root(), &["completions", "bash"]).stdout;
    let Ok(mut bash) = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn() else {
        println!("skipped: no bash");
        return;
    };
    bash.stdin.take().unwrap().write_all(&script).unwrap();
    let out = bash.wait_with_output().unwrap();
    assert!(out.status.success(), "{}", text(&out.stderr));
}

const SPEC: &str = "data d = columns(\"none\") { x: tokens; y: tags on x }\ntask t : tag of d.y from embed(8)\n";

#[test]
fn check_reads_standard_input() {
    let out = piped(root(), &["check", "-", "--no-data"], SPEC);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert!(text(&out.stdout).starts_with("<stdin>: joint"), "{}", text(&out.stdout));
    let out = piped(root(), &["check", "-", "--no-data", "--format", "plain"], "task t : tag of d.y from embed(8)\n");
    assert_eq!(out.status.code(), Some(1));
    assert!(text(&out.stderr).starts_with("<stdin>:1:"), "{}", text(&out.stderr));
    assert_eq!(run(root(), &["check", "-", "--watch"]).status.code(), Some(2));
    let both = run(root(), &["check", "a.mtl", "--watch", "--fix"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(text(&both.stderr).contains("'--watch' cannot be used with '--fix'"), "{}", text(&both.stderr));
}

/// A finding on a terminal is coloured, and with `NO_COLOR` nothing is.
#[cfg(target_os = "linux")]
#[test]
fn no_color_is_obeyed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.mtl"), SPEC.replace("of d.y", "of e.y")).unwrap();
    fs::write(folder.path().join("b.mtl"), "let  b = 1\n").unwrap();
    let program = env!("CARGO_BIN_EXE_mtlc");
    let terminal = |args: &str, no_color: Option<&str>| {
        let mut c = Command::new("script");
        c.args(["-qec", &format!("'{program}' {args}"), "/dev/null"]).current_dir(folder.path());
        c.env_remove("NO_COLOR").env_remove("CLICOLOR").env("TERM", "xterm-256color").stdin(Stdio::null());
        if let Some(v) = no_color {
            c.env("NO_COLOR", v);
        }
        c.output().map(|o| String::from_utf8_lossy(&o.stdout).into_owned())
    };
    let Ok(shown) = terminal("check --no-data a.mtl", None) else {
        println!("skipped: no `script` to make a terminal with");
        return;
    };
    assert!(shown.contains("E02") && coloured(&shown), "{shown:?}");
    assert!(coloured(&terminal("check --no-data a.mtl", Some("")).unwrap()), "an empty NO_COLOR counts as none");
    for args in ["check --no-data a.mtl", "--help", "check --hlp", "fmt --check b.mtl", "explain E0301", "init --list"]
    {
        let shown = terminal(args, Some("1")).unwrap();
        assert!(!shown.is_empty() && !coloured(&shown), "{args}: {shown:?}");
    }
}

/// Whether a text holds a sequence that changes colour or weight.
#[cfg(target_os = "linux")]
fn coloured(s: &str) -> bool {
    s.split('\x1b').skip(1).any(|p| {
        let p = p.strip_prefix('[').unwrap_or("");
        p.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m')
    })
}

#[cfg(unix)]
#[test]
fn watching_sees_specs_used_files_and_data() {
    use std::io::{BufRead, BufReader};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("data")).unwrap();
    fs::write(at("data/d.train.txt"), "a X\nb Y\n").unwrap();
    let spec =
        "use \"common.mtl\"\ndata d = columns(\"data/d\") { x: tokens; y: tags on x }\ntask t : tag of d.y from enc\n";
    fs::write(at("a.mtl"), spec).unwrap();
    let mut c = mtlc(folder.path());
    c.args(["check", "a.mtl", "--watch", "--format", "plain"]);
    let mut child = c.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (say, said) = channel();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(|l| drop(say.send(l))));
    // all lines of one check
    let round = || {
        let mut all = vec![];
        loop {
            let line = said.recv_timeout(Duration::from_secs(60)).expect("another check");
            assert!(!line.contains('\x1b'), "the screen is cleared without a screen: {line:?}");
            if line.ends_with("Ctrl-C ends") {
                return (line.starts_with("fine"), all.join("\n"));
            }
            all.push(line);
        }
    };
    // a busy machine may look between two steps of a change: what counts is what is found in the end
    let until = |fine: bool, word: &str| {
        let seen = (0..5).map(|_| round()).find(|(f, found)| *f == fine && found.contains(word));
        assert!(seen.is_some(), "never {fine} with `{word}`");
    };
    until(false, "common.mtl");
    // a used file that was not there
    fs::write(at("common.mtl"), "encoder enc = embed(8)\n").unwrap();
    until(true, "");
    // data, by the beginning of their name
    fs::write(at("data/d.dev.txt"), "a\n").unwrap();
    until(false, "d.dev.txt");
    fs::write(at("data/d.dev.txt"), "a X\n").unwrap();
    until(true, "");
    // the spec, replaced as editors do it
    fs::write(at("b"), spec.replace("enc\n", "enk\n")).unwrap();
    fs::rename(at("b"), at("a.mtl")).unwrap();
    until(false, "`enk`");
    fs::write(at("a.mtl"), spec).unwrap();
    until(true, "");
    // without a change there is no check; a look of its own comes every two seconds
    while said.recv_timeout(Duration::from_millis(500)).is_ok() {}
    assert!(said.recv_timeout(Duration::from_secs(3)).is_err(), "a check without a change");

    let stopped = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}
