//! Small and lopsided data: each works, or is refused by a code before the first step.

use super::world::{World, rows, sentences};
use mtlc::passes::flow::Wanted;
use mtlc::plan::Phase;

const TAGS: &str = "data c = columns(\"c\") { x: tokens = 1; t: tags on x = 2 }
    encoder e = embed(4) & chars(cnn, 4) |> bilstm(3)\n";

fn tagger(head: &str, train: &str) -> String {
    format!("{TAGS}task t : {head} of c.t from e {{ metric accuracy, span_f1 }}\ntrain {{ {train} }}")
}

#[test]
fn batches_of_one_one_example_one_token() {
    for head in ["tag", "tag(crf)"] {
        for data in [&["a/B-x b/I-x", "c/O"][..], &["a/B-x"], &["a/O", "a/O", "b/B-y"]] {
            let s = sentences(data);
            let w = World::new();
            w.columns("c", [&s, &s, &s]);
            for batch in [1, 64] {
                let r = w.build(&tagger(head, &format!("batch {batch}; epochs 40; optimizer adam(lr = 3e-2)")));
                assert_eq!(r.train(1).test("t"), 1.0, "{head} {data:?} in batches of {batch}");
            }
        }
    }
}

#[test]
fn without_dev_or_test() {
    let s = sentences(&["a/A b/B", "c/A"]);
    let w = World::new();
    w.columns("c", [&s, &[], &[]]);
    let report = w.build(&tagger("tag", "epochs 2")).train(1).report;
    assert!(report.tasks[0].test.iter().chain(&report.tasks[0].dev).all(|f| f.value.is_none()));
    assert_eq!(report.tasks[0].examples, [2, 0, 0]);
    for needs in ["epochs 2; objective t.accuracy", "epochs 2; early_stop(2)"] {
        let found = w.refused(&tagger("tag", needs));
        assert!(found.contains("E0802"), "{needs}: {found}");
    }
    // an empty dev file is an empty split
    w.file("c/dev.txt", "");
    let found = w.refused(&tagger("tag", "epochs 2; objective t.accuracy"));
    assert!(!found.is_empty() && found.lines().all(|l| l.starts_with('E') || l.starts_with('W')), "{found}");
    // an empty training file is refused
    let w = World::new();
    w.columns("c", [&[], &s, &s]).file("c/train.txt", "");
    let found = w.refused(&tagger("tag", "epochs 2"));
    assert!(found.contains('E'), "{found}");
}

#[test]
fn labels_that_training_never_showed() {
    let w = World::new();
    let (train, other) = (sentences(&["a/A b/B", "b/B"]), sentences(&["a/A c/C", "d/D"]));
    w.columns("c", [&train, &other, &other]);
    for head in ["tag", "tag(crf)"] {
        let done = w.build(&tagger(head, "epochs 30; optimizer adam(lr = 3e-2); objective t.accuracy")).train(1);
        // the unseen ones count as errors
        assert_eq!(done.test("t"), 1.0 / 3.0, "{head}");
    }
    // a whole split of unseen classes, also as gold for an arrow
    let w = World::new();
    w.tsv("c", &["x", "y", "z"], [&rows(&["u|1|p", "v|0|q"]), &rows(&["u|7|p"]), &rows(&["u|8|r"])]);
    let r = w.build(
        "data c = tsv(\"c\") { x: tokens; y: label; z: label }
         encoder e = embed(4) |> mean
         task y : classify of c.y from e
         task z : classify of c.z from e
         y.labels -> z { train gold }
         train { epochs 3 }",
    );
    assert_eq!(r.train(1).test("y"), 0.0);
}

#[test]
fn rows_without_gold_count_for_nothing() {
    let spec = |corpus: &str| {
        format!(
            "data c = tsv(\"{corpus}\") {{ x: tokens; t: tags on x; y: label; v: real }}
             encoder e = embed(4, unk = 0) |> bilstm(3)
             task t : tag of c.t from e
             task y : classify of c.y from e |> max
             task v : regress of c.v from e |> mean
             train {{ epochs 1 }}"
        )
    };
    let w = World::new();
    let head = ["x", "t", "y", "v"];
    let full = rows(&["a b|A B|1|0.5", "c|A|0|2.5", "b|B|1|1.5"]);
    w.tsv("full", &head, [&full, &[], &[]]);
    // tags of the second, class of the third, number of the first are missing
    let partial = rows(&["a b|A B|1|", "c||0|2.5", "b|B||1.5"]);
    w.tsv("partial", &head, [&partial, &[], &[]]);
    let r = w.build(&spec("partial"));
    let all = r.backward("c", &["t", "y", "v"]);
    for (task, rows_with) in [("t", &[0, 2][..]), ("y", &[0, 1]), ("v", &[1, 2])] {
        // the same loss and gradient as on the rows that have gold
        let alone = r.forward_on("c", Phase::Train, rows_with, &[task], |network, job, values, wanted| {
            let l = network.losses(job, &Wanted::tasks(wanted), values);
            assert_eq!(l[0].count, if task == "t" { 3 } else { 2 });
            f64::from(l[0].mean.clone().into_scalar::<f32>())
        });
        assert!((all.losses[task] - alone).abs() < 1e-6, "{task}: {} against {alone}", all.losses[task]);
    }
    // no row of a batch has gold: no loss, and no gradient into anything
    let none = r.forward_on("c", Phase::Train, &[1], &["t"], |network, job, values, wanted| {
        network.losses(job, &Wanted::tasks(wanted), values).iter().filter(|l| l.count > 0).count()
    });
    assert_eq!(none, 0);
    let done = r.train(1);
    assert_eq!(done.report.tasks.iter().map(|t| t.examples[0]).collect::<Vec<_>>(), [2, 2, 2]);
}

#[test]
fn a_task_without_any_gold_is_refused() {
    let w = World::new();
    w.tsv("c", &["x", "y", "z"], [&rows(&["a|1|", "b|0|"]), &[], &[]]);
    let found = w.refused(
        "data c = tsv(\"c\") { x: tokens; y: label; z: label }
         encoder e = embed(4) |> mean
         task y : classify of c.y from e
         task z : classify of c.z from e
         train { epochs 1 }",
    );
    assert!(found.lines().any(|l| l.starts_with("E0")), "{found}");
}

#[test]
fn seventeen_tasks() {
    let w = World::new();
    let heads: Vec<String> = (0..17).map(|i| format!("y{i}")).collect();
    let mut head = vec!["x"];
    head.extend(heads.iter().map(String::as_str));
    let row = |n: usize| {
        let mut r = vec![format!("w{n} v{}", n % 3)];
        r.extend((0..17).map(|i| format!("{}", (n + i) % 2)));
        r
    };
    let data: Vec<Vec<String>> = (0..12).map(row).collect();
    w.tsv("c", &head, [&data, &data, &data]);
    let fields: String = heads.iter().map(|h| format!("; {h}: label")).collect();
    let tasks: String = heads.iter().map(|h| format!("task {h} : classify of c.{h} from e\n")).collect();
    let arrows: String = heads.windows(2).map(|p| format!("{}.probs -> {}\n", p[0], p[1])).collect();
    let r = w.build(&format!(
        "data c = tsv(\"c\") {{ x: tokens{fields} }}\nencoder e = embed(8, unk = 0) |> mean\n{tasks}{arrows}
         train {{ batch 4; epochs 30; optimizer adam(lr = 3e-2); objective mean(y0.accuracy, y16.accuracy) }}"
    ));
    assert_eq!(r.plan.verdict.steps.len(), 17);
    let done = r.train(1);
    assert!(done.test("y0") >= 0.9 && done.test("y16") >= 0.9);
}

#[test]
fn only_and_without_still_train() {
    let w = World::new();
    let data = rows(&["a b|1|p", "c|0|q", "b|1|q"]);
    w.tsv("c", &["x", "y", "z"], [&data, &data, &data]);
    let spec = "data c = tsv(\"c\") { x: tokens; y: label; z: label }
         encoder e = embed(4) |> mean
         encoder f = embed(4) |> mean
         task y : classify of c.y from e
         task z : classify of c.z from f
         y.probs -> z
         train { epochs 2; objective z.accuracy }";
    for task in ["y", "z"] {
        let options = mtlc::hir::Options { only: vec![task.into()], ..Default::default() };
        let spec = spec.replace("; objective z.accuracy", "; weights fixed(y = 0.5, z = 2); sample mix(y = 1, z = 2)");
        let single = w.build_with(&spec, &options);
        let stage = &single.plan.train.stages[0];
        assert_eq!(
            stage.weights,
            mtlc::plan::Weighting {
                tasks: vec![(0, if task == "y" { 0.5 } else { 2.0 })],
                ..mtlc::plan::Weighting::new("fixed")
            }
        );
        let owners: Vec<&str> = single.plan.params.iter().map(|p| p.owner.as_str()).collect();
        assert!(owners.iter().all(|o| [task, if task == "y" { "e" } else { "f" }].contains(o)), "{owners:?}");
        let report = single.train(1).report;
        assert_eq!(report.tasks.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), [task]);
        assert!(report.objective.is_some_and(|o| o.metric.contains(task)));
    }
    assert!(w.without(spec, "y", "z").train(1).test("z") >= 0.0);
}

/// Claims against twins, by the program itself: the twin has fewer tasks, in other places.
#[test]
fn claims_against_twins() {
    let w = World::new();
    let data = rows(&["a b|1|p", "c|0|q", "b|1|p", "c c|0|q"]);
    w.tsv("c", &["x", "y", "z"], [&data, &data, &data]);
    let spec = "data c = tsv(\"c\") { x: tokens; y: label; z: label }
         encoder e = embed(8) |> mean
         encoder f = embed(8) |> mean
         task y : classify of c.y from e { metric macro_f1 }
         task z : classify of c.z from f { metric accuracy }
         y.probs -> z
         train { epochs 60; optimizer adam(lr = 3e-2); objective mean(y.macro_f1, z.accuracy) }
         expect gain(z.accuracy, over = single) <= 0%
         expect drop(z.accuracy, without = y -> z) <= 0%";
    w.file("s.mtl", spec);
    let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_mtlc"));
    let out = run.args(["run", "s.mtl", "--out", "run", "--quiet"]).current_dir(w.path()).output().unwrap();
    let words = String::from_utf8_lossy(&out.stderr).into_owned() + &String::from_utf8_lossy(&out.stdout);
    // all three programs reach 100 %, so both differences are nothing
    assert_eq!(out.status.code(), Some(0), "{words}");
    let report = std::fs::read_to_string(w.path().join("run/report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    for e in report["expects"].as_array().unwrap() {
        assert_eq!((e["figure"].as_f64(), e["held"].as_bool()), (Some(0.0), Some(true)), "{e}");
    }
}

#[test]
fn same_seed_same_bits() {
    let s = sentences(&["a/A b/B c/A", "c/A a/A", "b/B", "d/A b/B a/B"]);
    let w = World::new();
    w.columns("c", [&s, &s, &s]);
    let spec = tagger("tag(crf)", "batch 2; epochs 4; dropout 0.3; sample random; optimizer adam(lr = 1e-2)");
    let (a, b, c) = (w.build(&spec).train(7), w.build(&spec).train(7), w.build(&spec).train(8));
    assert!(a.model == b.model && a.model != c.model);
    assert_eq!(a.report.tasks, b.report.tasks);
    // a task more moves no initial weight of another
    let more = spec.replace("train {", "task u : tag of c.t from e\ntrain {");
    let (r, m) = (w.build(&spec), w.build(&more));
    let (p, q) = (r.params(), m.params());
    for spec in &r.plan.params {
        assert_eq!(r.param(&p, &spec.name), m.param(&q, &spec.name), "{}", spec.name);
    }
}

#[test]
fn a_device_that_is_not_deterministic_is_refused() {
    let w = World::new();
    let run = |device: &str| {
        std::process::Command::new(env!("CARGO_BIN_EXE_mtlc"))
            .args(["run", "spec.mtl", "--deterministic", "--device", device])
            .current_dir(w.path())
            .output()
            .unwrap()
    };
    for device in ["tch", "cuda", "wgpu"] {
        let out = run(device);
        let text = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{text}");
        assert_eq!(text, format!("error: `{device}` is not deterministic; `flex` is\n"));
    }
    // the default is: what is missing is the spec
    let text = String::from_utf8_lossy(&run("flex").stderr).into_owned();
    assert!(text.contains("E0103"), "{text}");
}
