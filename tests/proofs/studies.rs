//! Programs beside a program: what `prove` and `compare` run, what they run again, and what they say.

use super::world::{World, rows};
use std::path::Path;
use std::process::{Command, Stdio};

fn mtlc(w: &World, args: &[&str]) -> (Option<i32>, String, String) {
    let mut c = Command::new(env!("CARGO_BIN_EXE_mtlc"));
    let done = c.args(args).current_dir(w.path()).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

/// The label of both sets is whether a word of the first half of the alphabet stands there; `few` has few examples.
fn world(claims: &str) -> World {
    let w = World::new();
    let example = |i: usize| {
        let word = ["a", "b", "c", "x", "y", "z"][i % 6];
        format!("w{} {word} w{}|{}", i % 5, i % 7, if i % 6 < 3 { "first" } else { "last" })
    };
    let all: Vec<String> = (0..120).map(example).collect();
    let part = |r: std::ops::Range<usize>| rows(&all[r].iter().map(String::as_str).collect::<Vec<_>>());
    w.tsv("many", &["x", "y"], [&part(0..60), &part(60..80), &part(80..120)]);
    w.tsv("few", &["x", "y"], [&part(1..7), &part(60..80), &part(80..120)]);
    w.file(
        "s.mtl",
        &format!(
            "data many = tsv(\"many\") {{ x: tokens; y: label }}
data few = tsv(\"few\") {{ x: tokens; y: label }}
encoder e = embed(8) |> max
task m : classify of many.y from e
task f : classify of few.y from e
task from_where : classify of union(many, few).source from e |> reverse(0.1)
loss small = square(m.logp) * 0.001
train {{ batch 4; epochs 8; sample alternate; optimizer adam(lr = 1e-2); objective mean(m.accuracy, f.accuracy) }}
{claims}"
        ),
    );
    w
}

fn folders(w: &World) -> Vec<String> {
    let all = std::fs::read_dir(w.path().join("runs/store/s")).unwrap();
    let mut all: Vec<String> = all.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    all
}

/// Every claim is answered; nothing runs twice, though a claim has changed; what was stopped goes on.
#[test]
fn claims_are_proven_once() {
    let claims = "expect joint
expect m.accuracy >= 70%
expect gain(f.accuracy, over = single) <= 99%
expect gain(m.accuracy, over = without(small)) <= 50%
expect gain(mean(m.accuracy, f.accuracy), over = without(from_where)) <= 50%
expect probe(e, many.y) >= 70%
";
    let w = world(claims);
    let (code, told, said) = mtlc(&w, &["prove", "s.mtl", "--seeds", "2", "--json"]);
    assert!(code == Some(0) && said.contains("probe of e for many.y, seed 2"), "{told}{said}");
    let expects = |told: &str| {
        let all: serde_json::Value = serde_json::from_str(told).unwrap();
        all[0]["expects"].clone()
    };
    let first = expects(&told);
    for e in first.as_array().unwrap() {
        assert!(e["held"] == true, "{e}");
    }
    let gain = &first[2]["twin"];
    assert!(gain["with"].as_array().unwrap().len() == 2 && gain["interval"][0].is_f64(), "{gain}");
    // the program, its twin, one without the loss, one without the task, the probe
    let there = folders(&w);
    assert_eq!(there.len(), 10, "{there:?}");
    let store = w.path().join("runs/store/s");
    let of = |start: &str| there.iter().find(|f| f.starts_with(start)).map(|f| store.join(f)).unwrap();
    // a loss that is left out counts nowhere, and a probe leaves the encoder as it is
    let course = |run: &Path| std::fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    assert!(course(&of("whole")).contains("\"small\"") && !course(&of("without-small")).contains("\"small\""));
    let table = |run: &Path| {
        let bytes = std::fs::read(run.join("model.safetensors")).unwrap();
        let all = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let name = all.names().into_iter().find(|n| n.contains("embed")).unwrap().to_string();
        all.tensor(&name).unwrap().data().to_vec()
    };
    assert_eq!(table(&of("whole")), table(&of("probe")));
    // killed in its midst, and with another claim
    std::fs::remove_file(of("single-f").join("report.json")).unwrap();
    w.file("s.mtl", &std::fs::read_to_string(w.path().join("s.mtl")).unwrap().replace("<= 99%", "<= -99%"));
    let (code, told, said) = mtlc(&w, &["prove", "s.mtl", "--seeds", "2", "--json"]);
    assert!(code == Some(1) && said.matches("there already").count() == 9, "a claim that does not hold: {said}");
    let second = expects(&told);
    assert!(second[2]["held"] == false && second[2]["figure"] == first[2]["figure"], "{told}");
    assert_eq!((&second[5], folders(&w)), (&first[5], there));
}

#[test]
fn a_spec_without_claims_proves_nothing() {
    let w = world("");
    let (code, _, said) = mtlc(&w, &["prove", "s.mtl"]);
    assert!(code == Some(3) && said.contains("E0816") && !w.path().join("runs").exists(), "{said}");
}

/// Twins that cannot be built are found before anything is trained.
#[test]
fn twins_are_checked_first() {
    let w = world("expect probe(e, many.x) >= 90%\n");
    let (code, _, said) = mtlc(&w, &["prove", "s.mtl"]);
    assert!(code == Some(1) && said.contains("E0242") && !w.path().join("runs").exists(), "{said}");
    let w = world("expect gain(f.accuracy, over = without(f)) >= 1%\n");
    let (code, _, said) = mtlc(&w, &["run", "s.mtl"]);
    assert!(code == Some(1) && said.contains("there is no such figure") && !w.path().join("runs").exists(), "{said}");
}

/// Every part of a program is compared, in every form.
#[test]
fn parts_are_compared() {
    let w = world("");
    let (code, told, said) = mtlc(&w, &["compare", "s.mtl", "--seeds", "2", "-o", "out"]);
    assert_eq!(code, Some(0), "{said}");
    for part in ["each task alone", "without from_where", "without small", "Δm", "mean(m.accuracy, f.accuracy)"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let read = |ending: &str| std::fs::read_to_string(w.path().join(format!("out/compare.{ending}"))).unwrap();
    assert_eq!(read("txt").trim_end(), told.trim_end());
    let json: serde_json::Value = serde_json::from_str(&read("json")).unwrap();
    assert_eq!(json["contrasts"].as_array().unwrap().len(), 3);
    assert!(
        read("html").contains("<svg") && read("tex").contains("\\toprule") && read("md").contains("| f | accuracy |")
    );
    // a spec beside itself
    let (_, told, said) = mtlc(&w, &["compare", "s.mtl", "s.mtl", "--seeds", "2", "-o", "out"]);
    assert!(said.matches("there already").count() > 0 && told.contains("+0.00"), "{told}{said}");
    assert!(told.contains("No difference beyond chance was seen between the two specs"), "{told}");
}
