//! Gradient methods in training: what they leave as it is, what they change, and that all of them learn.

use super::weightings::texts;
use super::world::{Ready, World, near};
use mtlc::train::RunError;

const METHODS: [&str; 11] =
    ["pcgrad", "gradvac", "mgda", "cagrad", "nash", "fairgrad", "aligned", "imtl", "upgrad", "dualproj", "config"];

fn world() -> World {
    let w = World::new();
    w.tsv("c", &["x", "y", "z"], [&texts(300, 1), &[], &texts(200, 2)]);
    w
}

/// Three tasks on one encoder, one of them with an arrow from another: `gradients METHOD`.
fn spec(settings: &str) -> String {
    format!(
        "data c = tsv(\"c\") {{ x: tokens; y: label; z: label }}
         encoder e = embed(12, unk = 0) |> dense(12)
         task y : classify of c.y from e |> mean
         task z : classify of c.z from e |> mean
         task w : classify of c.z from e |> max
         y.probs -> w via dense(4)
         train {{ batch 20; {settings} }}"
    )
}

fn weights(r: &Ready) -> Vec<f32> {
    let t = r.train(1);
    r.plan.params.iter().flat_map(|p| t.weight(&p.name)).collect()
}

#[test]
fn every_method_learns_on_parameters_and_on_features() {
    let w = world();
    for method in METHODS {
        for at in ["parameters", "features"] {
            let settings = format!("epochs 15; optimizer adam(lr = 1e-2); gradients {method}(at = {at})");
            let t = w.build(&spec(&settings)).train(1);
            let found = ["y", "z", "w"].map(|task| t.test(task));
            println!("{method} at {at}: {found:?}");
            // the shortest gradient rules: what is learned holds the others back
            match method {
                "mgda" => assert!(found.iter().sum::<f64>() >= 3.0 * 0.8, "{at}: {found:?}"),
                _ => assert!(found.iter().all(|f| *f >= 0.8), "{method} at {at}: {found:?}"),
            }
            let conflicts = &t.report.stages[0].conflicts;
            assert!(conflicts.len() == 15 && conflicts.iter().all(|c| (0.0..=1.0).contains(c)), "{conflicts:?}");
        }
    }
}

/// With c = 0 the direction of `cagrad` is the sum, found by way of the passes of each loss.
#[test]
fn gradients_taken_apart_add_up() {
    let w = world();
    let of = |gradients: &str| weights(&w.build(&spec(&format!("steps 5; optimizer sgd(lr = 0.5); {gradients}"))));
    let whole = of("");
    assert!(near(&of("gradients sum"), &whole, 0.0));
    for at in ["parameters", "features"] {
        let apart = of(&format!("gradients cagrad(0, at = {at})"));
        assert!(near(&apart, &whole, 1e-5), "{at}");
        assert!(!near(&of(&format!("gradients cagrad(0.9, at = {at})")), &whole, 1e-3), "{at}");
    }
}

/// The squared error of `y` is a hundred times the loss of `z`: methods that look at directions rather than sizes learn both.
#[test]
fn directions_instead_of_sizes() {
    let w = World::new();
    w.tsv("c", &["x", "y", "z"], [&texts(400, 1), &[], &texts(300, 2)]);
    let of = |gradients: &str| {
        let spec = format!(
            "data c = tsv(\"c\") {{ x: tokens; y: real; z: label }}
             encoder e = embed(12) |> dense(12) |> mean
             task y : regress of c.y from e
             task z : classify of c.z from e
             train {{ batch 20; epochs 40; clip 1; optimizer sgd(lr = 0.1); {gradients} }}"
        );
        w.build(&spec).train(1).test("z")
    };
    let plain = of("");
    let others = ["imtl", "nash", "fairgrad", "aligned", "config"].map(|m| (m, of(&format!("gradients {m}"))));
    println!("z by the sum {plain:.3}, {others:?}");
    assert!(plain <= 0.45, "{plain}");
    // those whose direction is as long as the shortest gradient says are slower
    let enough = |m: &str| if matches!(m, "imtl" | "aligned") { 0.5 } else { 0.95 };
    assert!(others.iter().all(|(m, found)| *found >= enough(m)), "{others:?}");
}

#[test]
fn a_gradient_that_is_no_number_names_its_task() {
    let w = World::new();
    w.tsv("c", &["x", "y", "z"], [&texts(40, 1), &[], &[]]);
    let spec = |gradients: &str| {
        format!(
            "data c = tsv(\"c\") {{ x: tokens; y: real; z: label }}
             encoder e = embed(4) |> mean
             task z : classify of c.z from e
             task y : regress of c.y from e {{ weight 3e38 }}
             train {{ batch 20; epochs 1; {gradients} }}"
        )
    };
    let said = |gradients: &str| match w.build(&spec(gradients)).try_train(1) {
        Err(RunError::Failed(d)) => d[0].message.clone(),
        _ => panic!("it ran"),
    };
    assert!(said("").starts_with("the gradient of `z`, `y` is not finite"), "{}", said(""));
    for gradients in ["gradients pcgrad", "gradients pcgrad(at = features)"] {
        assert!(said(gradients).starts_with("the gradient of `y` is not finite at step 1"), "{}", said(gradients));
    }
}

#[test]
fn gradients_of_one_loss_are_no_several() {
    let w = world();
    w.tsv("d", &["x", "y"], [&texts(20, 3), &[], &[]]);
    let two = |settings: &str| {
        format!(
            "data c = tsv(\"c\") {{ x: tokens; y: label; z: label }}
             data d = tsv(\"d\") {{ x: tokens; y: label }}
             encoder e = embed(4) |> mean
             task y : classify of c.y from e
             task z : classify of d.y from e
             train {{ epochs 1; {settings} }}"
        )
    };
    for (settings, said) in [
        ("sample alternate; gradients pcgrad", "E0246 `gradients pcgrad` combines those of several tasks"),
        ("gradients pcgrad", "E0246 `gradients pcgrad` combines those of several tasks"),
        ("tasks y; gradients nash", "E0246 `gradients nash` combines those of several tasks"),
        ("sample joint; gradients mgda(at = features)", "E0246 `at = features` compares tasks on the same examples"),
        ("gradients pcgard", "E0241"),
        ("gradients cagrad(2)", "E0207 `c` of `cagrad` must be a share from 0% to 100%"),
        ("sample joint; gradients mgda(at = heads)", "E0237"),
    ] {
        let found = w.refused(&two(settings));
        assert!(found.starts_with(said), "{settings}: {found}");
    }
    assert_eq!(w.refused(&two("sample joint; gradients mgda")), "");
}
