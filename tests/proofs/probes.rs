//! Probes: what they measure, and that they change nothing.

use super::world::{Dice, Ready, World};

fn spec(probe: &str) -> String {
    format!(
        "data d = tsv(\"d\") {{ x: tokens; y: label; same: label; other: label }}
encoder enc = embed(12) |> mean |> dense(12, tanh)
task y : classify of d.y from enc
task same : classify of d.same from enc
task other : classify of d.other from enc
train {{ batch 16; epochs 6; optimizer sgd(lr = 0.5); {probe} }}
"
    )
}

/// A word decides `y`, and `same` as well; what `other` is falls by chance, and against `y` more often than with it.
fn world() -> World {
    let mut dice = Dice::new(7);
    let mut rows = |n: usize| {
        let mut row = || {
            let (noise, yes) = (["p", "q", "r"][dice.roll(3)], dice.roll(2));
            let other = if dice.roll(10) < 8 { 1 - yes } else { yes };
            let word = |k: usize| ["no", "yes"][k].to_string();
            vec![format!("{noise} {} {noise}", ["bad", "good"][yes]), word(yes), word(yes), word(other)]
        };
        (0..n).map(|_| row()).collect::<Vec<_>>()
    };
    let w = World::new();
    w.tsv("d", &["x", "y", "same", "other"], [&rows(96), &rows(16), &rows(16)]);
    w
}

#[test]
fn a_step_for_a_task_helps_the_one_that_is_the_same() {
    let w = world();
    let build = |probe: &str| -> Ready { w.build(&spec(probe)) };
    let with = build("probe affinity(every = 2)").train(1);
    let z = &with.report.stages[0].affinity;
    assert_eq!(z.len(), 3);
    // for the same answer a step helps as much as for its own
    assert!(z["y"]["same"] > 0.0 && (z["y"]["same"] / z["y"]["y"]) > 0.5, "{z:?}");
    assert!(z["y"]["same"] > 2.0 * z["y"]["other"], "{z:?}");
    // nothing but the report knows of it
    assert!(with.model == build("").train(1).model);
    assert!(mtlc::train::report::findings_table(&with.report).contains("a step for same"));
}

#[test]
fn lin_2019_runs() {
    let w = World::new();
    let text = |words: &[&str]| {
        let row = |(i, t): (usize, &&str)| format!("{}\t{t}\t_\tX\t_\t_\t0\troot\t_\t_\n", i + 1);
        words.iter().enumerate().map(row).collect::<String>() + "\n"
    };
    let near = ["a", "casa", "verde"];
    for (lang, sentences) in [
        ("gl", vec![&near[..]; 4]),
        ("pt", vec![&near[..], &["o", "casa", "verde"]]),
        ("es", vec![&["la", "casa"][..]; 3]),
        ("it", vec![&["il", "gatto"][..]; 9]),
    ] {
        let text: String = sentences.iter().map(|s| text(s)).collect();
        for split in ["train", "dev", "test"] {
            w.file(&format!("data/ud/{lang}/x-ud-{split}.conllu"), &text);
        }
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/systems/lin2019_transfer_languages.mtl");
    let spec = std::fs::read_to_string(path).unwrap().replace("epochs 10", "epochs 1");
    let trained = w.build(&spec).train(1);
    let sources = &trained.report.stages[0].sources;
    let of = |task: &str| sources.iter().find(|s| s.task == task).unwrap();
    assert_eq!(sources.len(), 3);
    assert_eq!(of("pos[\"it\"]").features["size"], 9.0 / 4.0);
    assert_eq!(of("pos[\"pt\"]").features["word overlap"], 3.0 / 7.0);
    assert_eq!(of("pos[\"it\"]").features["word overlap"], 0.0);
    assert!(sources.windows(2).all(|w| w[0].rank <= w[1].rank));
}
