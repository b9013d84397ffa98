//! Pictures, explanations and plans of a few specs, compared with the files in `tests/views/`;
//! `UPDATE=1 cargo test views` rewrites those.

use mtlc::driver;
use mtlc::hir::Options;
use mtlc::present::draw;
use mtlc::present::scene::{self, Scene};
use mtlc::present::sizes::Sizes;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a command prints on stdout; it must succeed.
fn print(args: &[&str]) -> String {
    let run = Command::new(env!("CARGO_BIN_EXE_mtlc")).args(args).current_dir(root()).output().unwrap();
    assert!(run.status.success(), "{args:?}: {}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

/// Compares with a file, or writes it.
fn same(path: &Path, got: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, got).unwrap();
        return;
    }
    let wanted = fs::read_to_string(path).unwrap_or_default();
    assert!(wanted == got, "{} is not what is printed now (`UPDATE=1` rewrites it):\n{got}", path.display());
}

/// One command on one spec against `tests/views/SPEC.KIND`.
fn check(spec: &str, kind: &str, args: &[&str]) {
    let name = Path::new(spec).file_stem().unwrap().to_string_lossy().into_owned();
    let mut all = vec![args[0], spec];
    all.extend(&args[1..]);
    same(&root().join("tests/views").join(format!("{name}.{kind}")), &print(&all));
}

/// Every spec of the repository.
fn specs() -> Vec<String> {
    let mut out = vec![];
    for folder in ["examples", "examples/systems"] {
        let Ok(entries) = fs::read_dir(root().join(folder)) else { continue };
        let files = entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "mtl"));
        out.extend(files.map(|p| p.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")));
    }
    out.sort();
    assert!(out.len() > 4);
    out
}

const SHOWN: &[&str] = &[
    "examples/hierarchy.mtl",
    "examples/domains.mtl",
    "examples/systems/clark2018_cvt.mtl",
    "examples/systems/hashimoto2017_jmt.mtl",
    "examples/systems/hu2019_re3qa.mtl",
    "examples/systems/kim2020_skt.mtl",
    "examples/systems/ruder2017_sluice.mtl",
    "examples/systems/zhang2019_capsule_nlu.mtl",
];

#[test]
fn pictures() {
    for spec in SHOWN {
        check(spec, "graph.txt", &["graph", "--no-data"]);
        check(spec, "mmd", &["graph", "--no-data", "--output", "mermaid"]);
        check(spec, "dot", &["graph", "--no-data", "--output", "dot"]);
    }
    check("examples/domains.mtl", "expanded.txt", &["graph", "--no-data", "--expand", "--ascii"]);
    assert!(print(&["graph", "examples/systems/kim2020_skt.mtl", "--no-data", "--ascii"]).is_ascii());
}

/// The pictures of the documentation are those of the program.
#[test]
fn images_are_current() {
    let images: [(&str, &str); 4] = [
        ("examples/hierarchy.mtl", "hierarchy.svg"),
        ("examples/systems/hashimoto2017_jmt.mtl", "jmt.svg"),
        ("examples/systems/hu2019_re3qa.mtl", "re3.svg"),
        ("examples/systems/liu2017_adversarial.mtl", "domains.svg"),
    ];
    for (spec, image) in images {
        let path: PathBuf = root().join("docs/images").join(image);
        same(&path, &print(&["graph", spec, "--output", "svg"]));
        assert!(fs::metadata(&path).unwrap().len() < 30_000, "{image} is large");
    }
}

/// `<text ...>` elements of a picture as rectangles: left, top, right, bottom.
fn rects(svg: &str) -> Vec<(f64, f64, f64, f64)> {
    let number = |line: &str, key: &str| -> Option<f64> {
        let (_, rest) = line.split_once(&format!(" {key}=\""))?;
        rest.split_once('"')?.0.parse().ok()
    };
    svg.lines()
        .filter(|l| l.starts_with("<rect x"))
        .filter_map(|l| {
            let (x, y) = (number(l, "x")?, number(l, "y")?);
            Some((x, y, x + number(l, "width")?, y + number(l, "height")?))
        })
        .collect()
}

/// The scene of a spec whose data are not read.
fn scene_of(spec: &str) -> Scene {
    let path = root().join(spec);
    let text = fs::read_to_string(&path).unwrap();
    let c = driver::compile(&path, &text, &driver::Disk, &Options::default());
    let checked = c.checked.as_ref().unwrap_or_else(|| panic!("{spec}: {:?}", c.diagnostics));
    scene::scene(&c.name, c.reader(), checked, &Sizes::new(checked, None), false)
}

#[test]
fn every_spec_is_drawn_and_no_boxes_overlap() {
    let mut listed = vec![];
    for spec in specs() {
        let s = scene_of(&spec);
        let svg = draw::svg(&s).unwrap();
        let boxes = rects(&svg);
        assert!(boxes.len() >= 2, "{spec}");
        for (i, a) in boxes.iter().enumerate() {
            for b in &boxes[i + 1..] {
                let apart = a.2 <= b.0 || b.2 <= a.0 || a.3 <= b.1 || b.3 <= a.1;
                // the copies behind a family's box lie a few pixels beside it
                let copy = (a.0 - b.0).abs() < 7.0 && (a.1 - b.1).abs() < 7.0 && (a.2 - a.0 - b.2 + b.0).abs() < 0.1;
                assert!(apart || copy, "{spec}: {a:?} and {b:?} overlap");
            }
        }
        let text = draw::terminal(&s, false, draw::WIDE);
        let drawing = text.lines().filter(|l| l.contains(['│', '┌', '╭', '└', '╰']));
        if drawing.clone().count() < 4 {
            assert!(text.contains("← "), "{spec}: neither drawn nor listed");
            listed.push(spec.clone());
        }
        for line in drawing {
            assert!(line.chars().count() <= 100, "{spec}: wider than 100: {line}");
        }
        // quotes and brackets are closed
        let dot = draw::dot(&s);
        for line in dot.lines() {
            assert!(line.replace("\\\\", "").replace("\\\"", "").matches('"').count() % 2 == 0, "{spec}: {line}");
        }
        let mermaid = draw::mermaid(&s);
        assert!(mermaid.lines().all(|l| l.matches('"').count() % 2 == 0), "{spec}");
    }
    // those with many texts are wider than a terminal
    assert!(listed.len() <= 2, "listed instead of drawn: {listed:?}");
}

#[test]
fn a_file_tells_the_form_of_its_picture() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.svg");
    let file = path.to_string_lossy().into_owned();
    assert_eq!(print(&["graph", "examples/hierarchy.mtl", "-o", &file]), "");
    assert!(fs::read_to_string(&path).unwrap().starts_with("<svg "));
    let run = Command::new(env!("CARGO_BIN_EXE_mtlc"))
        .args(["graph", "examples/hierarchy.mtl", "-o", "a.png"])
        .current_dir(root())
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(2));
}

#[test]
fn explanations() {
    for spec in SHOWN {
        check(spec, "explain.txt", &["explain", "--no-data"]);
    }
    check("examples/hierarchy.mtl", "chunk.txt", &["explain", "chunk"]);
    check("examples/domains.mtl", "sent.txt", &["explain", "sent", "--no-data"]);
    check("examples/systems/hashimoto2017_jmt.mtl", "entail.txt", &["explain", "entail", "--no-data"]);
    for (args, help) in [
        (["explain", "examples/hierarchy.mtl", "chnk"], "did you mean `chunk`?"),
        (["explain", "E0301", "chunk"], "mtlc explain spec.mtl task"),
    ] {
        let run = Command::new(env!("CARGO_BIN_EXE_mtlc")).args(args).current_dir(root()).output().unwrap();
        assert_eq!(run.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&run.stderr).contains(help), "{args:?}");
    }
}

/// A loss that a task names has another formula than its head's, and one that others give it is told.
#[test]
fn explanations_of_losses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.mtl");
    let spec = "data d = columns(\"d\") { x: tokens; y: tags on x }
        encoder small = embed(8) |> bilstm(8)
        task teacher : tag of d.y from embed(16) |> bilstm(16)
        task student : tag of d.y from small { loss none }
        task soft : tag of d.y from small { loss ce(smoothing = 10%); class_weights balanced }
        loss agree = kl(stop(teacher.probs), student.probs)
        train { objective mean(teacher.accuracy) }";
    fs::write(&path, spec).unwrap();
    let learns = |task: &str| {
        let page = print(&["explain", &path.display().to_string(), task, "--no-data"]);
        assert!(page.contains("Value by value") && !page.contains("does not train it"), "{page}");
        let lines = page.lines().skip_while(|l| *l != "How it learns").skip(1).take_while(|l| !l.is_empty());
        lines.map(str::trim).collect::<Vec<_>>().join("\n")
    };
    let metrics = "metrics: `accuracy`; the first stands for the task\ntrained throughout";
    assert_eq!(learns("student"), format!("loss: none\nalso trained by `agree`\n{metrics}"));
    assert_eq!(learns("soft"), format!("loss: ce(smoothing = 10%), with weights of classes\n{metrics}"));
    let own = "loss: cross-entropy per token: −1/n Σ_t log softmax(W h_t + b)[y_t]";
    assert_eq!(learns("teacher"), format!("{own}\n{metrics}"));
}

#[test]
fn plans() {
    for spec in ["examples/hierarchy.mtl", "examples/pairs.mtl", "examples/systems/hashimoto2017_jmt.mtl"] {
        check(spec, "plan.txt", &["plan", "--no-data"]);
    }
    let all: serde_json::Value = serde_json::from_str(&print(&["plan", "examples/domains.mtl", "--json"])).unwrap();
    assert_eq!(all["version"], 1);
    assert_eq!(all["complete"], true);
    let sum: u64 = all["parts"].as_array().unwrap().iter().map(|p| p["parameters"].as_u64().unwrap()).sum();
    assert_eq!(all["parameters"], sum);
    let layers = |p: &serde_json::Value| -> u64 {
        p["layers"].as_array().unwrap().iter().map(|l| l["parameters"].as_u64().unwrap()).sum()
    };
    assert!(all["parts"].as_array().unwrap().iter().all(|p| layers(p) == p["parameters"].as_u64().unwrap()));
    let page = fs::read_to_string(root().join("docs/cli.md")).unwrap();
    for key in all.as_object().unwrap().keys() {
        assert!(page.contains(&format!("`{key}`")), "docs/cli.md does not mention `{key}`");
    }
}
