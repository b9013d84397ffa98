//! A run folder belongs to one run: nothing of anybody else is lost in it, and nothing of the run is taken for another's.

use super::world::{World, sentences};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SPEC: &str = "data a = columns(\"a\") { x: tokens = 1; t: tags on x = 2 }
encoder e = embed(8) |> bilstm(8)
task t : tag of a.t from e
train { batch 2; optimizer adam(lr = 1e-2); epochs 3; objective t.accuracy }
";

fn world() -> World {
    let w = World::new();
    let a = sentences(&["p/A q/B r/A s/B", "q/B q/A", "r/A s/B p/A", "s/A p/B q/A", "p/A", "r/B s/A p/B r/B q/A"]);
    w.columns("a", [&a, &a[..3], &a[3..]]).file("spec.mtl", SPEC);
    w
}

fn command(w: &World, args: &[&str]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_mtlc"));
    c.args(args).current_dir(w.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    c
}

/// The exit code, what was said, and what was answered.
fn mtlc(w: &World, args: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = command(w, args).output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned(), String::from_utf8_lossy(&stdout).into_owned())
}

fn run(w: &World, out: &str) {
    let (code, said, _) = mtlc(w, &["run", "spec.mtl", "-q", "--out", out]);
    assert_eq!(code, Some(0), "{said}");
}

/// Every file below a folder with its bytes; the lock, which is empty, apart.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(at: &Path, top: &Path, all: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, top, all),
                false => {
                    drop(all.insert(path.strip_prefix(top).unwrap().display().to_string(), fs::read(&path).unwrap()))
                }
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(folder, folder, &mut all);
    all.retain(|name, _| !name.ends_with(".lock"));
    all
}

#[test]
fn what_is_no_run_is_left_alone() {
    let w = world();
    w.file("state/notes.txt", "thesis").file("report.json", "mine");
    let before = files(w.path());
    for out in [".", "state", "a", "spec.mtl"] {
        let (code, said, _) = mtlc(&w, &["run", "spec.mtl", "-q", "--out", out]);
        let known = if out == "spec.mtl" { "E0805" } else { "E0806" };
        assert!(code == Some(3) && said.contains(known), "{out}: {said}");
        assert!(files(w.path()) == before, "{out}: something changed");
    }
    // nor is anything in the folders that a run cleans
    run(&w, "r");
    w.file("r/state/notes.txt", "thesis").file("r/best/.model.safetensors.partial", "half");
    fs::remove_file(w.path().join("r/report.json")).unwrap();
    let (code, said, _) = mtlc(&w, &["run", "-q", "--resume", "r"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read_to_string(w.path().join("r/state/notes.txt")).unwrap(), "thesis");
    assert!(!w.path().join("r/best/.model.safetensors.partial").exists(), "leftovers of a killed process");
}

#[test]
fn a_folder_holds_one_program() {
    let w = world();
    w.file("b.mtl", &SPEC.replace("epochs 3", "epochs 1"));
    assert_eq!(mtlc(&w, &["run", "spec.mtl", "-q", "--seeds", "2", "--out", "s"]).0, Some(0));
    run(&w, "r");
    let before = (files(&w.path().join("s")), files(&w.path().join("r")));
    for args in [
        &["run", "b.mtl", "-q", "--seeds", "2", "--out", "s"][..],
        &["run", "spec.mtl", "-q", "--seeds", "2", "--out", "s"],
        &["run", "spec.mtl", "-q", "--out", "s"],
        &["run", "spec.mtl", "-q", "--seeds", "2", "--out", "r"],
        &["run", "b.mtl", "-q", "--out", "r"],
    ] {
        let (code, said, answer) = mtlc(&w, args);
        assert!(code == Some(3) && said.contains("E0806") && answer.is_empty(), "{args:?}: {said}");
    }
    assert!((files(&w.path().join("s")), files(&w.path().join("r"))) == before, "something changed");
    // a seed of another program among those of this one
    fs::remove_dir_all(w.path().join("s/seed-2")).unwrap();
    assert_eq!(mtlc(&w, &["run", "b.mtl", "-q", "--seed", "2", "--out", "s/seed-2"]).0, Some(0));
    let (code, said, answer) = mtlc(&w, &["run", "-q", "--resume", "s"]);
    assert!(code == Some(3) && said.contains("E0806") && answer.is_empty(), "{said}");
    // and one of the right program is taken
    fs::remove_dir_all(w.path().join("s/seed-2")).unwrap();
    let (code, said, answer) = mtlc(&w, &["run", "-q", "--resume", "s"]);
    assert!(code == Some(0) && answer.contains("2 seeds"), "{said}");
}

#[test]
fn a_report_of_another_run_is_not_told() {
    let w = world();
    run(&w, "other");
    run(&w, "r");
    // as if it had been stopped before its report, and somebody had put another there
    fs::copy(w.path().join("other/report.json"), w.path().join("r/report.json")).unwrap();
    let report = fs::read_to_string(w.path().join("r/report.json")).unwrap();
    fs::write(w.path().join("r/report.json"), report.replace("\"seed\": 1", "\"seed\": 7")).unwrap();
    let before = files(&w.path().join("r"));
    let (code, said, answer) = mtlc(&w, &["run", "-q", "--resume", "r"]);
    assert!(code == Some(3) && said.contains("E0804") && answer.is_empty(), "{said}");
    assert!(files(&w.path().join("r")) == before, "something changed");
}

#[test]
fn a_finished_run_is_mended_from_its_state() {
    let w = world();
    run(&w, "r");
    let whole = files(&w.path().join("r"));
    for gone in ["report.json", "model.safetensors", "best/t.safetensors"] {
        fs::remove_file(w.path().join("r").join(gone)).unwrap();
        let (code, said, _) = mtlc(&w, &["run", "-q", "--resume", "r"]);
        assert_eq!(code, Some(0), "{gone}: {said}");
        let now = files(&w.path().join("r"));
        assert!(now["model.safetensors"] == whole["model.safetensors"], "{gone}");
        assert!(now["best/t.safetensors"] == whole["best/t.safetensors"], "{gone}");
        let (code, said, _) = mtlc(&w, &["eval", "r"]);
        assert_eq!(code, Some(0), "{gone}: {said}");
    }
    // the course may have lost its end: what is left stays lines of JSON
    fs::remove_file(w.path().join("r/report.json")).unwrap();
    let course = w.path().join("r/metrics.jsonl");
    let text = fs::read_to_string(&course).unwrap();
    fs::write(&course, &text[..text.len() * 2 / 3]).unwrap();
    assert_eq!(mtlc(&w, &["run", "-q", "--resume", "r"]).0, Some(0));
    for line in fs::read_to_string(&course).unwrap().lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn one_process_at_a_time() {
    let w = world();
    w.file("long.mtl", &SPEC.replace("epochs 3", "epochs 1000000"));
    let mut first = command(&w, &["run", "long.mtl", "-q", "--out", "r"]).spawn().unwrap();
    while !w.path().join("r/metrics.jsonl").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let second = mtlc(&w, &["run", "-q", "--resume", "r"]);
    let third = mtlc(&w, &["run", "spec.mtl", "-q", "--out", "r"]);
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(second.0 == Some(3) && second.1.contains("E0811"), "{}", second.1);
    assert!(third.0 == Some(3) && third.1.contains("E0806"), "{}", third.1);
    // the lock of a killed process is gone with it
    let plan = w.path().join("r/plan.json");
    fs::remove_file(plan).unwrap();
    let (_, said, _) = mtlc(&w, &["run", "-q", "--resume", "r"]);
    assert!(said.contains("stopped before it began") && said.contains("--out r"), "{said}");
}

#[test]
fn default_names_never_collide() {
    let w = world();
    let all: Vec<_> = (0..4).map(|_| command(&w, &["run", "spec.mtl", "-q"]).spawn().unwrap()).collect();
    for child in all {
        let out = child.wait_with_output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    }
    assert_eq!(fs::read_dir(w.path().join("runs")).unwrap().count(), 4);
}

#[test]
fn options_that_a_resumed_run_would_ignore() {
    let w = world();
    run(&w, "r");
    for more in [
        &["--seed", "3"][..],
        &["--seeds", "3"],
        &["--set", "n=6"],
        &["--out", "q"],
        &["--only", "t"],
        &["--without", "t -> t"],
        &["--no-pass", "share-encodings"],
    ] {
        let (code, said, answer) = mtlc(&w, &[&["run", "--resume", "r"], more].concat());
        assert!(code == Some(2) && said.contains(more[0]) && answer.is_empty(), "{more:?}: {said}");
    }
}

#[test]
fn names_that_differ_are_different_files() {
    let w = world();
    let long = "x".repeat(300);
    w.file(
        "names.mtl",
        &format!(
            "for d in [\"a b\", \"a_b\", \"a/b\", \"{long}\"] {{
  data c = columns(\"a\") {{ x: tokens = 1; t: tags on x = 2 }}
  task sent : tag of c.t from e
}}
encoder e = embed(4) |> bilstm(4)
train {{ batch 2; epochs 4; optimizer adam(lr = 3e-2); sample random; eval every 2 }}
"
        ),
    );
    let (code, said, _) = mtlc(&w, &["run", "names.mtl", "-q", "--out", "r"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(fs::read_dir(w.path().join("r/best")).unwrap().count(), 4);
    let report: serde_json::Value = serde_json::from_slice(&fs::read(w.path().join("r/report.json")).unwrap()).unwrap();
    for task in report["tasks"].as_array().unwrap() {
        let name = task["name"].as_str().unwrap();
        let (code, said, answer) = mtlc(&w, &["eval", "r", "--split", "dev", "--json", "--best", name]);
        assert_eq!(code, Some(0), "{said}");
        let figures: serde_json::Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(figures[name]["accuracy"], task["best"]["value"], "{name}");
    }
}

/// Files that others may read, as the umask says: a file made beside them is the measure.
#[cfg(unix)]
#[test]
fn the_umask_is_respected() {
    use std::os::unix::fs::PermissionsExt;
    let w = world();
    w.file("last.mtl", &SPEC.replace("; objective t.accuracy", ""));
    run(&w, "r");
    assert_eq!(mtlc(&w, &["run", "last.mtl", "-q", "--out", "q"]).0, Some(0));
    let mode = |p: &str| fs::metadata(w.path().join(p)).unwrap().permissions().mode() & 0o777;
    for file in ["r/model.safetensors", "q/model.safetensors", "r/state.safetensors", "r/best/t.safetensors"] {
        assert_eq!(mode(file), mode("spec.mtl"), "{file}");
    }
}

#[test]
fn a_damaged_file_is_refused() {
    let w = world();
    run(&w, "r");
    let path = w.path().join("r/plan.json");
    let plan = fs::read(&path).unwrap();
    let digits: Vec<usize> = (0..plan.len()).filter(|i| plan[*i].is_ascii_digit()).collect();
    for (n, at) in digits.iter().step_by(digits.len() / 300 + 1).enumerate() {
        let mut other = plan.clone();
        other[*at] = if other[*at] == b'9' { b'1' } else { other[*at] + 1 };
        fs::write(&path, &other).unwrap();
        let e = mtlc::train::LoadedRun::open(&w.path().join("r"), &burn::tensor::Device::flex()).err().unwrap();
        assert!(e.code == "E0804", "{n}: {} {}", e.code, e.message);
    }
    fs::write(&path, &plan).unwrap();
    for file in ["model.safetensors", "vocab/0-e.words.txt", "labels/0-t.txt", "run.json"] {
        let path = w.path().join("r").join(file);
        let Ok(mut bytes) = fs::read(&path) else { panic!("{:?}", files(&w.path().join("r")).keys()) };
        let old = bytes.clone();
        let at = bytes.len() - 2;
        bytes[at] ^= 1;
        fs::write(&path, &bytes).unwrap();
        for command in [&["eval", "r"][..], &["run", "-q", "--resume", "r"]] {
            let (code, said, answer) = mtlc(&w, command);
            let known = code == Some(3) && said.contains("E0804") && answer.is_empty();
            assert!(
                known || (file == "model.safetensors" && command[0] == "run"),
                "{file}, {command:?}: {code:?} {said}"
            );
        }
        fs::write(&path, old).unwrap();
    }
}

/// Weights, and the report without its times.
fn result(run: &Path) -> (Vec<u8>, Vec<u8>, serde_json::Value) {
    let mut report: serde_json::Value = serde_json::from_slice(&fs::read(run.join("report.json")).unwrap()).unwrap();
    fn timeless(v: &mut serde_json::Value) {
        match v {
            serde_json::Value::Object(o) => {
                o.retain(|k, _| !k.contains("second") && k != "peak_memory" && k != "name");
                o.values_mut().for_each(timeless);
            }
            serde_json::Value::Array(a) => a.iter_mut().for_each(timeless),
            _ => {}
        }
    }
    timeless(&mut report);
    let read = |name: &str| fs::read(run.join(name)).unwrap();
    (read("model.safetensors"), read("best/t.safetensors"), report)
}

#[test]
fn a_finished_run_goes_on() {
    for length in ["epochs 2", "steps 6", "epochs 2.5"] {
        let w = world();
        let spec = SPEC.replace("epochs 3", length);
        let longer = match length {
            "epochs 2" => "epochs 5",
            "steps 6" => "steps 15",
            _ => "epochs 5.5",
        };
        // an optimiser with moments, dropout, and a best evaluation that may lie before the end
        let random = |s: &str| s.replace("batch 2;", "batch 2; dropout 0.3;");
        w.file("spec.mtl", &random(&spec)).file("long.mtl", &random(&SPEC.replace("epochs 3", longer)));
        run(&w, "r");
        assert_eq!(mtlc(&w, &["run", "long.mtl", "-q", "--out", "whole"]).0, Some(0));
        for more in ["1", "2"] {
            let (code, said, _) = mtlc(&w, &["run", "-q", "--resume", "r", "--more", more]);
            assert_eq!(code, Some(0), "{said}");
        }
        assert!(result(&w.path().join("r")) == result(&w.path().join("whole")), "{length}");
        let course = |run: &str| fs::read_to_string(w.path().join(run).join("metrics.jsonl")).unwrap().lines().count();
        // a stage that ends within an epoch is evaluated there
        assert!(course("r") == course("whole") || length == "epochs 2.5", "{length}");
        let (code, said, _) = mtlc(&w, &["eval", "r"]);
        assert_eq!(code, Some(0), "{said}");
    }
}

#[test]
fn what_cannot_go_on() {
    let w = world();
    w.file("clock.mtl", &SPEC.replace("epochs 3", "minutes 0.001"));
    assert_eq!(mtlc(&w, &["run", "clock.mtl", "-q", "--out", "clock"]).0, Some(0));
    run(&w, "r");
    fs::remove_file(w.path().join("r/state.safetensors")).unwrap();
    for run in ["clock", "r"] {
        let before = files(&w.path().join(run));
        let (code, said, answer) = mtlc(&w, &["run", "-q", "--resume", run, "--more", "3"]);
        assert!(code == Some(3) && said.contains("E0813") && said.contains("--from") && answer.is_empty(), "{said}");
        assert!(files(&w.path().join(run)) == before, "something changed");
    }
    assert_eq!(mtlc(&w, &["run", "spec.mtl", "--more", "3"]).0, Some(2));
    // several seeds go on together
    assert_eq!(mtlc(&w, &["run", "spec.mtl", "-q", "--seeds", "2", "--out", "s"]).0, Some(0));
    w.file("long.mtl", &SPEC.replace("epochs 3", "epochs 4"));
    assert_eq!(mtlc(&w, &["run", "long.mtl", "-q", "--seed", "2", "--out", "whole"]).0, Some(0));
    let (code, said, _) = mtlc(&w, &["run", "-q", "--resume", "s", "--more", "1"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(result(&w.path().join("s/seed-2")) == result(&w.path().join("whole")));
}

#[test]
fn a_run_begins_with_the_weights_of_another() {
    let w = world();
    run(&w, "r");
    let dev = |run: &str| mtlc(&w, &["eval", run, "--split", "dev", "--json"]).2;
    // nothing moves, so the figures are those of the weights taken
    let still = "; optimizer sgd(lr = 1e-9)";
    w.file("same.mtl", &SPEC.replace("; optimizer adam(lr = 1e-2)", still));
    let (code, said, _) = mtlc(&w, &["run", "same.mtl", "-q", "--from", "r", "--out", "same"]);
    assert!(code == Some(0) && !said.contains("not `"), "{said}");
    assert!(said.contains("tensors begin as in r"), "{said}");
    assert_eq!(dev("same"), dev("r"));
    // other words: rows go by word; other classes: the head begins anew
    let b = sentences(&["s/A z/B", "y/B p/A q/C"]);
    w.columns("a", [&b, &b, &b]);
    let (code, said, _) = mtlc(&w, &["run", "same.mtl", "-q", "--from", "r", "--out", "other"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("item by item") && said.contains("other classes"), "{said}");
    w.file(
        "none.mtl",
        &SPEC
            .replace("encoder e", "encoder f")
            .replace("from e", "from f")
            .replace(" t ", " u ")
            .replace("t.acc", "u.acc"),
    );
    let (code, said, _) = mtlc(&w, &["run", "none.mtl", "-q", "--from", "r", "--out", "none"]);
    assert!(code == Some(3) && said.contains("E0814"), "{said}");
    assert!(!w.path().join("none").exists(), "a run that cannot begin leaves no folder");
}
