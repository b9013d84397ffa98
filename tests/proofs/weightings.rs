//! What each weighting does to tasks whose losses are of very unlike sizes.

use super::world::{Dice, World};

/// A word for each of two answers, among others.
pub fn texts(n: usize, seed: u64) -> Vec<Vec<String>> {
    let mut dice = Dice::new(seed);
    let row = |_| {
        let (a, b) = (dice.roll(2), dice.roll(3));
        let mut words: Vec<String> = (0..2).map(|_| format!("w{}", dice.roll(6))).collect();
        words.push(format!("a{a}{}", dice.roll(4)));
        words.push(format!("b{b}{}", dice.roll(4)));
        vec![words.join(" "), format!("{}", 30 * a), format!("{b}")]
    };
    (0..n).map(row).collect()
}

fn spec(weights: &str) -> String {
    format!(
        "data c = tsv(\"c\") {{ x: tokens; y: real; z: label }}
         encoder e = embed(12) |> dense(12) |> mean
         task y : regress of c.y from e
         task z : classify of c.z from e
         train {{ batch 20; epochs 40; clip 1; optimizer sgd(lr = 0.1); weights {weights} }}"
    )
}

/// The squared error of `y` is a hundred times the loss of `z`, so that with clipped gradients little is left for `z`. A weighting
/// that does not look at the size of a loss, or that leaves the sum as it is on average, does not change that.
#[test]
fn large_losses_leave_room_for_small_ones() {
    let w = World::new();
    w.tsv("c", &["x", "y", "z"], [&texts(400, 1), &[], &texts(300, 2)]);
    let of = |weights: &str| w.build(&spec(weights)).train(1).test("z");
    let plain = of("fixed");
    println!("z with `fixed` {plain:.3}");
    let others = ["scale_invariant", "geometric", "famo", "gradnorm"].map(|weights| (weights, of(weights)));
    println!("{others:?}");
    assert!(plain <= 0.7, "{plain}");
    assert!(others.iter().all(|(_, found)| *found >= 0.95), "{others:?}");
}

/// One task of two learns nothing, since its answers are drawn at random: it loses its weight to the other.
#[test]
fn a_task_that_cannot_learn_is_let_go() {
    let w = World::new();
    let mut dice = Dice::new(5);
    let mut data = texts(300, 1);
    data.iter_mut().for_each(|r| r[1] = format!("{}", dice.roll(2)));
    w.tsv("c", &["x", "y", "z"], [&data, &[], &texts(200, 2)]);
    let spec = "data c = tsv(\"c\") { x: tokens; y: label; z: label }
         encoder e = embed(8, unk = 0) |> mean
         task y : classify of c.y from e
         task z : classify of c.z from e
         train { batch 20; epochs 12; weights stalled(main = z); optimizer adam(lr = 3e-3) }";
    let last = w.build(spec).train(1).course("weights").pop().unwrap();
    println!("{last}");
    assert_eq!(last["z"], 1.0);
    assert!(last["y"].as_f64().unwrap() <= 0.25, "{last}");
}

/// Two of three data sets speak alike: their discriminator takes one for the other, so their tasks count more than the third's.
#[test]
fn what_is_related_counts_more() {
    let w = World::new();
    for (name, words) in [("one", "a"), ("two", "a"), ("far", "q")] {
        let rows: Vec<Vec<String>> = (0..120)
            .map(|i| {
                vec![format!("{words}{} {words}{} w{}", i % 7, (i * 3 + name.len()) % 5, i % 4), format!("{}", i % 2)]
            })
            .collect();
        w.tsv(&format!("r/{name}"), &["x", "y"], [&rows, &[], &[]]);
    }
    let spec = "for d in [\"one\", \"two\", \"far\"] {
            data r = tsv(\"r/{d}\") { x: tokens; y: label }
            task sent : classify of r.y from e
         }
         encoder e = embed(8) |> mean
         task domain : classify of r[*].source from e
         train { batch 20; epochs 25; sample joint; weights relatedness(by = domain); optimizer adam(lr = 3e-2) }";
    let last = w.build(spec).train(1).course("weights").pop().unwrap();
    println!("{last}");
    let of = |d: &str| last[format!("sent[\"{d}\"]")].as_f64().unwrap();
    assert!((of("one") + of("two") + of("far") - 3.0).abs() < 1e-6);
    assert!(of("one") > of("far") + 0.2 && of("two") > of("far") + 0.2, "{last}");
    assert_eq!(last["domain"], 1.0);
}

#[test]
fn the_main_task_of_a_twin_is_gone_with_its_weighting() {
    let w = World::new();
    w.tsv("c", &["x", "y", "z"], [&texts(20, 1), &[], &texts(20, 2)]);
    let only = |task: &str| mtlc::hir::Options { only: vec![task.into()], ..Default::default() };
    let spec = spec("stalled(z)");
    let kept = |task: &str| w.build_with(&spec, &only(task)).plan.train.stages[0].weights.clone();
    assert_eq!(kept("y"), mtlc::plan::Weighting::new("fixed"));
    // renumbered: it was the second of two
    assert_eq!(kept("z").settings.get("main"), Some(&mtlc::plan::Setting::Int(0)));
}

#[test]
fn weightings_with_faulty_arguments() {
    let w = World::new();
    w.tsv("c", &["x", "y", "z"], [&texts(20, 1), &[], &[]]);
    for (weights, said) in [
        ("dwa(0)", "E0207 `temperature` of `dwa` must be a number above 0"),
        ("famo(lr = -1)", "E0207 `lr` of `famo` must be a number above 0, at most 10"),
        ("stalled", "E0236 `stalled` needs `main`"),
        ("famo; tasks y", "E0246 `weights famo` weighs the tasks of a step against each other"),
        ("gradnorm; sample alternate", "E0246 `weights gradnorm` weighs the tasks of a step against each other"),
        ("relatedness", "E0236 `relatedness` needs `by`"),
        ("geometric(2)", "E0215 `geometric` takes no arguments"),
    ] {
        let found = w.refused(&spec(weights));
        assert!(found.starts_with(said), "{found}");
    }
}
