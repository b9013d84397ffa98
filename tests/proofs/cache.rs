//! Indexed data from the cache are those that the files give.

use super::world::{Ready, World, sentences};
use mtlc::diagnostics::Diagnostic;
use mtlc::driver::{self, Disk};
use mtlc::encode::cache::Cache;
use mtlc::hir::Options;
use std::path::Path;

const SPEC: &str = "data a = columns(\"a\") { x: tokens = 1; t: tags on x = 2 }
data n = tsv(\"n\") { z: text; r: real }
encoder e = embed(6) & chars(cnn, 4) |> bilstm(4)
task t : tag of a.t from e
task r : regress of n.r from e |> attend
train { steps 6; optimizer sgd }
";

/// Enough text that an entry is worth it.
fn world() -> World {
    let w = World::new();
    let line = ["new/O york/B-city is/O big/O"; 2000];
    let rows: Vec<Vec<String>> =
        (0..2020).map(|i| vec![format!("number {i} of so many, it's the {}th", i % 9), format!("{}", i % 7)]).collect();
    w.columns("a", [&sentences(&line), &sentences(&["york/B-city", "oslo/B-city"]), &[]]);
    w.tsv("n", &["z", "r"], [&rows[..2000], &rows[2000..], &[]]);
    w
}

/// A spec through the cache, and whether it held the data.
fn load(w: &World, spec: &str, cache: &Cache) -> (Ready, bool, Vec<Diagnostic>) {
    let mut c = driver::compile(&w.path().join("spec.mtl"), spec, &Disk, &Options::default());
    let mut data = driver::load_cached(&mut c, Some(cache), true);
    let plan = driver::plan(&mut c, &data).unwrap_or_else(|| panic!("{:?}", c.diagnostics));
    let held = data.examples.is_some();
    let examples = driver::examples(&plan, &mut data, Some(cache));
    (Ready { plan, tables: data.tables, examples, corpora: data.corpora }, held, c.diagnostics)
}

fn entries(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, |d| d.count())
}

#[test]
fn a_second_run_reads_what_the_first_indexed() {
    let (w, folder) = (world(), tempfile::tempdir().unwrap());
    let cache = Cache::at(folder.path(), 1 << 30);
    let plain = w.build(SPEC);
    let (first, held, _) = load(&w, SPEC, &cache);
    assert!(!held && entries(folder.path()) == 1);
    let (second, held, _) = load(&w, SPEC, &cache);
    assert!(held);
    assert_eq!(plain.plan, first.plan);
    assert_eq!(plain.plan, second.plan);
    assert_eq!(plain.tables, second.tables);
    let (a, b) = (plain.train(1), second.train(1));
    assert!(a.model == b.model);
    assert_eq!(a.report.tasks, b.report.tasks);
    let cost = |r: &Ready| mtlc::present::cost::cost(&r.plan, &r.corpora);
    assert_eq!(cost(&plain), cost(&second));
    // what does not touch the data finds them too
    let (_, held, _) = load(&w, &SPEC.replace("steps 6", "steps 7").replace("bilstm(4)", "bilstm(5)"), &cache);
    assert!(held);
}

#[test]
fn whatever_an_entry_was_made_from_is_its_key() {
    let (w, folder) = (world(), tempfile::tempdir().unwrap());
    let cache = Cache::at(folder.path(), 1 << 30);
    load(&w, SPEC, &cache);
    for other in [
        SPEC.replace("embed(6)", "embed(6, min_count = 2)"),
        SPEC.replace("z: text", "z: tokens"),
        SPEC.replace("\"n\")", "\"n\", max = 1000)"),
        SPEC.replace("task r : regress of n.r from e |> attend\n", ""),
    ] {
        assert!(!load(&w, &other, &cache).1, "{other}");
        assert!(load(&w, &other, &cache).1, "{other}");
    }
    // a byte of a file
    let path = w.path().join("a/train.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("york", "yorl", 1)).unwrap();
    let (changed, held, _) = load(&w, SPEC, &cache);
    assert!(!held && changed.tables.vocabs[0].items.iter().any(|i| i == "yorl"));
    std::fs::write(&path, &text).unwrap();
    assert!(load(&w, SPEC, &cache).1);
}

/// The groups of a ranking are part of what is indexed.
#[test]
fn another_ranking_is_another_entry() {
    let (w, folder) = (World::new(), tempfile::tempdir().unwrap());
    let cache = Cache::at(folder.path(), 1 << 30);
    let row = |i: usize| {
        let text = format!("answer {} of many that stand under one question", i % 7);
        vec![format!("q{}", i / 5), text, ["yes", "no"][i % 2].to_string()]
    };
    let rows: Vec<Vec<String>> = (0..2100).map(row).collect();
    w.tsv("p", &["q", "x", "y"], [&rows[..2000], &rows[2000..], &[]]);
    let spec = |metric: &str| {
        format!(
            "data p = tsv(\"p\") {{ q: text; x: tokens; y: label }}
             task t : classify of p.y from embed(4)(x) |> mean {{ metric {metric} }}
             train {{ steps 2 }}"
        )
    };
    assert!(!load(&w, &spec("accuracy"), &cache).1);
    let (ranked, held, _) = load(&w, &spec("map(\"yes\", by = q)"), &cache);
    assert!(!held);
    assert_eq!(ranked.examples.split(0, mtlc::columns::SplitName::Dev).unwrap().groups.len(), 1);
    assert!(load(&w, &spec("mrr(\"yes\", by = q)"), &cache).1);
}

#[test]
fn what_was_found_in_the_data_is_said_again() {
    let (w, folder) = (world(), tempfile::tempdir().unwrap());
    let cache = Cache::at(folder.path(), 1 << 30);
    let path = w.path().join("a/train.txt");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("B-city", "I-city", 1)).unwrap();
    let of_data =
        |all: Vec<Diagnostic>| -> Vec<Diagnostic> { all.into_iter().filter(|d| d.code.starts_with("W06")).collect() };
    let (_, held, first) = load(&w, SPEC, &cache);
    let first = of_data(first);
    assert!(!held && first.len() == 1 && first[0].code == "W0602", "{first:?}");
    let (_, held, second) = load(&w, SPEC, &cache);
    assert!(held && first == of_data(second));
    // further down in the text
    let head = "# a remark\n";
    let (_, held, moved) = load(&w, &format!("{head}{SPEC}"), &cache);
    let moved = of_data(moved);
    let start = |d: &Diagnostic| d.primary.as_ref().unwrap().span.start as usize;
    assert!(held && start(&moved[0]) == start(&first[0]) + head.len());
    assert_eq!(moved[0].data, first[0].data);
    // and by the commands, whose build is another than that of this test
    w.file("spec.mtl", SPEC);
    let own = tempfile::tempdir().unwrap();
    said(&w, own.path(), "plan", None);
    for (command, more) in [("plan", None), ("check", None), ("run", Some("--quiet"))] {
        let by_files = said(&w, Path::new(""), command, more);
        let (by_entry, used) = touched(own.path(), || said(&w, own.path(), command, more));
        assert_eq!(by_entry, by_files);
        assert!(used && by_files.contains("W0602") && by_files.contains("a/train.txt"), "{command}: {by_files}");
    }
}

/// What a command says on stderr, of findings and data alone.
fn said(w: &World, cache: &Path, command: &str, more: Option<&str>) -> String {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_mtlc"))
        .args([command, "spec.mtl"])
        .args(more)
        .env("MTLC_CACHE", cache)
        .current_dir(w.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = String::from_utf8_lossy(&done.stderr).into_owned();
    text.split("run folder: ").next().unwrap_or("").to_string()
}

/// Whether something reads the only entry of a folder.
fn touched<T>(folder: &Path, f: impl FnOnce() -> T) -> (T, bool) {
    let path = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    std::fs::File::options().append(true).open(&path).unwrap().set_modified(old).unwrap();
    let done = f();
    (done, std::fs::metadata(path).unwrap().modified().unwrap() != old)
}

#[test]
fn the_command_keeps_entries_where_it_is_told() {
    let (w, folder) = (world(), tempfile::tempdir().unwrap());
    w.file("spec.mtl", SPEC);
    let run = |out: &str, more: &[&str]| {
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_mtlc"))
            .args(["run", "spec.mtl", "--quiet", "--out", out])
            .args(more)
            .env("MTLC_CACHE", folder.path())
            .current_dir(w.path())
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let model = std::fs::read(w.path().join(out).join("model.safetensors")).unwrap();
        (done.stdout, model, entries(folder.path()))
    };
    let none = run("none", &["--no-cache"]);
    let (first, second) = (run("first", &[]), run("second", &[]));
    assert_eq!((none.2, first.2, second.2), (0, 1, 1));
    assert!(none.0 == second.0 && none.1 == first.1 && none.1 == second.1);
    let command = |args: &[&str], cache: &Path| {
        let mut c = std::process::Command::new(env!("CARGO_BIN_EXE_mtlc"));
        let done = c.args(args).env("MTLC_CACHE", cache).current_dir(w.path()).output().unwrap();
        assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
        done.stdout
    };
    // figures of a run by the entry are those by the files
    let eval = ["eval", "first", "--split", "dev"];
    let by_files = command(&eval, Path::new(""));
    let (by_entry, used) = touched(folder.path(), || command(&eval, folder.path()));
    assert!(used && by_entry == by_files);
    // killed as soon as it can go on
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_mtlc"))
        .args(["run", "spec.mtl", "--quiet", "--out", "killed"])
        .env("MTLC_CACHE", folder.path())
        .current_dir(w.path())
        .spawn()
        .unwrap();
    while !w.path().join("killed/plan.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let resume = ["run", "--quiet", "--resume", "killed"];
    let (_, used) = touched(folder.path(), || command(&resume, folder.path()));
    assert!(used && std::fs::read(w.path().join("killed/model.safetensors")).unwrap() == first.1);
}
