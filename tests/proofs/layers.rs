//! Layers that are frozen, or learn at a rate of their own.

use super::world::{World, rows};

/// Of each layer with parameters of `enc`, in order: whether training moved it.
fn moved(stages: &str) -> Vec<bool> {
    let w = World::new();
    let data = rows(&["a b c|x", "c b a|y", "a a b|x", "b c c|y"]);
    w.tsv("d", &["x", "y"], [&data, &data, &data]);
    let r = w.build(&format!(
        "data d = tsv(\"d\") {{ x: tokens; y: label }}
encoder enc = embed(4) |> lstm(4) |> norm |> lstm(4) |> dense(4)
task y : classify of d.y from enc |> max
train {{ {stages} }}
"
    ));
    let (trained, before) = (r.train(1), r.params_at(1));
    let own = r.plan.layers.iter().filter(|l| l.name.starts_with("enc.") && !l.params.is_empty());
    let same = |p: &usize| {
        let (now, then) = (trained.weight(&r.plan.params[*p].name), before.values(*p));
        now.iter().zip(then).all(|(a, b)| (a - b).abs() < 1e-7)
    };
    own.map(|l| !l.params.iter().all(same)).collect()
}

#[test]
fn a_frozen_layer_holds_what_is_below_it() {
    // embeddings, the first layer, its norm, the second, the third
    assert_eq!(moved("epochs 2"), [true, true, true, true, true]);
    assert_eq!(moved("epochs 2; freeze enc@0"), [false, true, true, true, true]);
    assert_eq!(moved("epochs 2; freeze enc@1"), [false, false, false, true, true]);
    assert_eq!(moved("epochs 2; freeze enc@2"), [false, false, false, false, true]);
    assert_eq!(moved("epochs 2; freeze enc@3"), [false, false, false, false, false]);
}

#[test]
fn a_layer_learns_at_its_own_rate() {
    let slow = "epochs 2; optimizer sgd(lr = 0.5, groups = [enc@2(1e-9), enc@1(0.5)])";
    assert_eq!(moved(slow), [true, true, true, false, true]);
}
