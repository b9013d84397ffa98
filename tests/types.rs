//! Types of nodes, arrows and tasks: `tests/types/*.mtl` beside what is known of each; `UPDATE=1 cargo test types`
//! rewrites those.

use mtlc::check::Checked;
use mtlc::driver::{self, Disk};
use mtlc::hir::Options;
use mtlc::plan::Phase;
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// One line for each node, arrow and task.
fn listing(c: &Checked) -> String {
    let mut out = String::new();
    for (i, g) in c.graphs().iter().enumerate().filter(|(_, g)| !g.nodes.is_empty()) {
        let phase = if g.phase == Phase::Train { "train" } else { "test" };
        writeln!(out, "{} ({phase})", c.corpora()[g.corpus].name).unwrap();
        for (n, ty) in c.types(i).iter().enumerate() {
            writeln!(out, "  {}: {}", c.node_name(i, n), ty.ty).unwrap();
        }
        for a in c.typed_arrows() {
            let back = if a.differentiable() { "" } else { ", no gradient" };
            for c in a.carried.iter().filter(|(graph, _)| *graph == i).flat_map(|(_, c)| c) {
                let (sends, brings) = (&c.sends, &c.arrives);
                writeln!(out, "  {}: sends {sends}, brings {brings} ({}{back})", a.edge.name, c.join).unwrap();
            }
        }
        for (t, task) in c.tasks().iter().enumerate() {
            for (_, ty) in c.task_types(t).filter(|(on, _)| *on == i) {
                let (from, to) = (&ty.features, &ty.answers);
                let reads = ty.reads.join(", ");
                let nodes = c.nodes_of(t, i).len();
                writeln!(out, "  task {}: {from} -> {to}, {}; reads {reads}; {nodes} nodes", task.name, ty.space)
                    .unwrap();
            }
        }
    }
    out
}

#[test]
fn types_are_as_saved() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/types");
    let mut specs: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    specs.retain(|p| p.extension().is_some_and(|e| e == "mtl"));
    specs.sort();
    assert!(!specs.is_empty());
    for path in specs {
        let c = driver::compile(&path, &fs::read_to_string(&path).unwrap(), &Disk, &Options::default());
        let checked = c.checked.unwrap_or_else(|| panic!("{}: {:?}", path.display(), c.diagnostics));
        let got = listing(&checked);
        let saved = path.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&saved, &got).unwrap();
        }
        assert_eq!(fs::read_to_string(&saved).unwrap_or_default(), got, "{}", path.display());
    }
}

#[test]
fn two_layers_of_a_kind_that_does_not_run_are_two() {
    let spec = |read: &str| {
        format!(
            "data qa = jsonl(\"qa.jsonl\") {{ q: tokens; doc: tokens; answer: span on doc; yes: label }}\n\
             encoder enc = embed(8) |> bilstm(8)\n\
             let both = coattend(enc(q), enc(doc))\n\
             task read : span of qa.answer from both\n\
             task say : classify of qa.yes from {read} |> mean\n"
        )
    };
    for (read, layers) in [("coattend(enc(q), enc(doc))", 2), ("both", 1)] {
        let c = driver::compile(Path::new("two.mtl"), &spec(read), &Disk, &Options::default());
        let checked = c.checked.unwrap_or_else(|| panic!("{:?}", c.diagnostics));
        for (i, g) in checked.graphs().iter().enumerate() {
            let nodes = (0..g.nodes.len()).filter(|n| checked.node_name(i, *n).starts_with("coattend")).count();
            assert_eq!(nodes, layers, "{read}");
        }
    }
}
