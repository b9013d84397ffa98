//! Indexed data from the cache are those that the files give.

use super::world::{Ready, World, sentences};
use mtlc::data::cache::Cache;
use mtlc::driver::{self, Disk};
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
        (0..2000).map(|i| vec![format!("number {i} of so many, it's the {}th", i % 9), format!("{}", i % 7)]).collect();
    w.columns("a", [&sentences(&line), &sentences(&["york/B-city", "oslo/B-city"]), &[]]);
    w.tsv("n", &["z", "r"], [&rows, &rows[..20], &[]]);
    w
}

/// A spec through the cache, and whether it held the data.
fn load(w: &World, spec: &str, cache: &Cache) -> (Ready, bool, usize) {
    let mut c = driver::compile(&w.path().join("spec.mtl"), spec, &Disk, &Options::default());
    let mut data = driver::load_cached(&mut c, Some(cache));
    let plan = driver::plan(&mut c, &data).unwrap_or_else(|| panic!("{:?}", c.diagnostics));
    let held = data.examples.is_some();
    let examples = driver::examples(&plan, &mut data, Some(cache));
    (Ready { plan, tables: data.tables, examples, corpora: data.corpora }, held, c.diagnostics.len())
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
    let cost = |r: &Ready| mtlc::plan::cost::cost(&r.plan, &r.corpora);
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
    // data with a finding are read each time, so that it is said each time
    std::fs::write(&path, text.replacen("B-city", "I-city", 1)).unwrap();
    for _ in 0..2 {
        let (_, held, found) = load(&w, SPEC, &cache);
        assert!(!held && found > 0, "{found}");
    }
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
}
