//! `mtlc init`

use super::*;
use std::collections::BTreeMap;
use std::fs;

fn templates() -> Vec<String> {
    let out = run(root(), &["init", "--list"]);
    assert_eq!(out.status.code(), Some(0));
    text(&out.stdout).lines().map(|l| l.split_whitespace().next().unwrap().to_string()).collect()
}

fn all_files(folder: &Path, out: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        match path.is_dir() {
            true => all_files(&path, out),
            false => drop(out.insert(path.clone(), fs::read(&path).unwrap())),
        }
    }
}

#[test]
fn templates_check_without_a_word() {
    let templates = templates();
    assert_eq!(templates, ["joint", "hierarchy", "domains", "pairs"]);
    for name in &templates {
        let folder = tempfile::tempdir().unwrap();
        let out = run(folder.path(), &["init", name]);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        let said = text(&out.stdout);
        let (cd, check) = (format!("\n  cd {name}\n"), format!("\n  mtlc check {name}.mtl\n"));
        assert!(said.contains(&cd) && said.contains(&check), "{said}");
        let inside = folder.path().join(name);
        let out = run(&inside, &["check", &format!("{name}.mtl")]);
        assert_eq!((out.status.code(), text(&out.stderr).as_str()), (Some(0), ""), "{name}");
        assert!(!text(&out.stdout).contains('?'), "{}", text(&out.stdout));
        assert_eq!(run(&inside, &["fmt", "--check", &format!("{name}.mtl")]).status.code(), Some(0), "{name}");
        let mut files = BTreeMap::new();
        all_files(&inside, &mut files);
        let size: usize = files.values().map(Vec::len).sum();
        assert!(size < 80_000, "{name}: {size} bytes");
    }
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(folder.path(), &["init", "pairs", "."]).status.code(), Some(0));
    fs::write(folder.path().join("pairs.mtl"), "mine").unwrap();
    fs::remove_file(folder.path().join("data/pairs/test.tsv")).unwrap();
    let mut before = BTreeMap::new();
    all_files(folder.path(), &mut before);
    let out = run(folder.path(), &["init", "pairs", "."]);
    assert_eq!(out.status.code(), Some(2));
    assert!(text(&out.stderr).contains("nothing was written"), "{}", text(&out.stderr));
    let mut after = BTreeMap::new();
    all_files(folder.path(), &mut after);
    assert_eq!(before, after);
    // beside other files there is room
    assert_eq!(run(folder.path(), &["init", "domains", "."]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(folder.path().join("pairs.mtl")).unwrap(), "mine");
}

#[test]
fn a_wrong_name_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), &["init", "piars"]);
    assert_eq!(out.status.code(), Some(2));
    assert_eq!(text(&out.stderr), "error: there is no template `piars`\n  help: did you mean `pairs`?\n");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Task and metric, with the figure on the test data.
#[cfg(feature = "train")]
fn scores(folder: &Path) -> BTreeMap<String, f64> {
    let report = fs::read_to_string(folder.join("run/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let tasks = report["tasks"].as_array().unwrap().iter();
    tasks
        .map(|t| {
            let first = &t["test"][0];
            let name = format!("{} {}", t["name"].as_str().unwrap(), first["metric"].as_str().unwrap());
            (name, first["value"].as_f64().unwrap())
        })
        .collect()
}

/// A short run beats what the most frequent answer gets: with some room, so that another processor passes too.
#[cfg(feature = "train")]
#[test]
fn templates_train() {
    let beats = [
        ("joint", "slot span_f1", 0.3),
        ("joint", "intent accuracy", 0.4),
        ("hierarchy", "pos accuracy", 0.6),
        ("hierarchy", "chunk span_f1", 0.5),
        ("domains", "mean", 0.6),
        ("pairs", "entail accuracy", 0.55),
        ("pairs", "relate pearson", 0.3),
    ];
    for name in templates() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run(folder.path(), &["init", &name, "."]).status.code(), Some(0));
        let clock = std::time::Instant::now();
        let out = run(folder.path(), &["run", &format!("{name}.mtl"), "--out", "run", "--quiet", "--threads", "1"]);
        assert_eq!(out.status.code(), Some(0), "{name}: {}", text(&out.stderr));
        let mut scores = scores(folder.path());
        let sent: Vec<f64> = scores.iter().filter(|s| s.0.starts_with("sent[")).map(|s| *s.1).collect();
        scores.insert("mean".into(), sent.iter().sum::<f64>() / sent.len().max(1) as f64);
        println!("{name}: {:.1} s, {scores:?}", clock.elapsed().as_secs_f64());
        for (_, task, least) in beats.iter().filter(|b| b.0 == name) {
            assert!(scores[*task] > *least, "{name}: {task} {:.3}, not above {least}", scores[*task]);
        }
    }
}
