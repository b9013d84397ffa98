//! The program, killed and stopped from outside, goes on to the result of a run that never stopped.

use super::world::{World, sentences};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const SPEC: &str = "data a = columns(\"a\") { x: tokens = 1; t: tags on x = 2 }
data b = columns(\"b\") { y: tokens = 1; u: tags on y = 2 }
encoder e = embed(16) |> bilstm(16)
encoder f = embed(16) |> bilstm(16)
task t : tag of a.t from e
task u : tag(crf) of b.u from f
t.probs -> u via embed(8)
data plain = columns(\"plain\") { x: tokens = 1 }
loss apart = square(cosine(e |> mean, e |> max)) * anneal(0, 1, over = 60) on plain
loss sure = square(t.logp) { weight 0.01 }
train {
  batch 2; dropout 0.2; optimizer adam(lr = 1e-3, warmup = 10%); eval every 20; objective u.accuracy
  stage first { epochs 25; sample random }
  stage second { tasks u; epochs 25; freeze e }
}
";

fn world() -> World {
    let w = World::new();
    let a = sentences(&["p/A q/B r/A s/B", "q/B q/A", "r/A s/B p/A", "s/A p/B q/A", "p/A", "r/B s/A p/B r/B q/A"]);
    let b = sentences(&["p/X q/Y r/X", "q/Y", "s/X s/Y p/X", "r/Y p/X", "s/Y r/X q/Y p/X"]);
    w.columns("a", [&a, &a[..3], &a[3..]]).columns("b", [&b, &b[..3], &b[2..]]);
    w.columns("plain", [&sentences(&["p q", "r s q", "s"]), &[], &[]]).file("spec.mtl", SPEC);
    w
}

fn mtlc(w: &World, args: &[&str]) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_mtlc"));
    c.args(args).args(["--quiet", "--threads", "1"]).current_dir(w.path()).stdin(Stdio::null());
    c.stdout(Stdio::piped()).stderr(Stdio::piped());
    c
}

fn words(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

/// Weights and figures; times and memory differ from run to run.
fn result(run: &Path) -> (Vec<u8>, serde_json::Value) {
    let mut report: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(run.join("report.json")).unwrap()).unwrap();
    fn timeless(v: &mut serde_json::Value) {
        match v {
            serde_json::Value::Object(o) => {
                o.retain(|k, _| !k.contains("second") && k != "peak_memory");
                o.values_mut().for_each(timeless);
            }
            serde_json::Value::Array(a) => a.iter_mut().for_each(timeless),
            _ => {}
        }
    }
    timeless(&mut report);
    (std::fs::read(run.join("model.safetensors")).unwrap(), report)
}

/// Begins in `run`, or goes on if it holds a run already.
fn start(w: &World, run: &str) -> Child {
    let begun = w.path().join(run).join("plan.json").exists();
    let args = if begun { vec!["run", "--resume", run] } else { vec!["run", "spec.mtl", "--out", run, "--seed", "3"] };
    mtlc(w, &args).spawn().unwrap()
}

#[test]
fn killed_again_and_again() {
    let w = world();
    let whole = mtlc(&w, &["run", "spec.mtl", "--out", "whole", "--seed", "3"]).output().unwrap();
    assert_eq!(whole.status.code(), Some(0), "{}", words(&whole));
    let expected = result(&w.path().join("whole"));
    // killed after some more lines of its course, and a few moments: while computing, evaluating or saving
    let lines = || std::fs::read_to_string(w.path().join("killed/metrics.jsonl")).map_or(0, |t| t.lines().count());
    let mut kills = 0;
    for i in 0..40u64 {
        let wanted = lines() + 1 + (i * 7 % 9) as usize;
        let mut child = start(&w, "killed");
        while child.try_wait().unwrap().is_none() && lines() < wanted {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(i * 1700 % 9000));
        let done = child.try_wait().unwrap();
        child.kill().ok();
        let out = child.wait_with_output().unwrap();
        if let Some(status) = done {
            assert!(status.success(), "{}", words(&out));
            break;
        }
        kills += 1;
    }
    let last = start(&w, "killed").wait_with_output().unwrap();
    assert_eq!(last.status.code(), Some(0), "{}", words(&last));
    let found = result(&w.path().join("killed"));
    assert!(found.0 == expected.0, "other weights after {kills} kills");
    assert_eq!(found.1, expected.1);
    assert!(kills >= 3, "killed {kills} times only");
    // another seed is another run
    let other = mtlc(&w, &["run", "spec.mtl", "--out", "other", "--seed", "4"]).output().unwrap();
    assert!(other.status.success() && result(&w.path().join("other")).0 != expected.0);
}

#[cfg(unix)]
#[test]
fn interrupted_by_ctrl_c() {
    let w = world();
    w.file("spec.mtl", &SPEC.replace("epochs 25", "epochs 400"));
    let child = start(&w, "stopped");
    while !w.path().join("stopped/metrics.jsonl").exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(130), "{}", words(&out));
    assert!(words(&out).contains("mtlc run --resume stopped"), "{}", words(&out));
}
