//! Losses that a task names for itself, weights of classes, and tasks that others train.

use super::world::{Dice, Ready, World, rows};
use mtlc::plan::Phase;

/// Two classes, one of them rare; a number.
fn world() -> World {
    let w = World::new();
    let c = rows(&["the cat sat|no|1.5", "a dog ran fast|no|0", "cats sat|yes|2", "dogs|no|1"]);
    w.tsv("c", &["x", "y", "v"], [&c, &[], &[]]);
    w
}

fn spec(options: &str, more: &str) -> String {
    format!(
        "data c = tsv(\"c\") {{ x: tokens; y: label; v: real }}
         encoder e = embed(6, unk = 0) |> dense(6) |> max
         task a : classify of c.y from e {{ {options} }}
         task v : regress(bins = 3) of c.v from e {{ loss mse }}
         {more}
         train {{ batch 4; epochs 2; sample joint; optimizer adam(lr = 1e-2) }}"
    )
}

const GOLD: [usize; 4] = [0, 0, 1, 0];

fn probs(r: &Ready, task: &str) -> Vec<Vec<f64>> {
    let softmax = |row: Vec<f64>| {
        let sum: f64 = row.iter().map(|x| x.exp()).sum();
        row.into_iter().map(|x| x.exp() / sum).collect()
    };
    r.scores("c", Phase::Train, task).into_iter().map(softmax).collect()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{a} and {b}");
}

#[test]
fn named_losses_are_those_of_their_formulas() {
    let w = world();
    let of = |options: &str| {
        let r = w.build(&spec(options, ""));
        let p = probs(&r, "a");
        (r.backward("c", &["a"]).losses["a"], (0..4).map(|i| p[i][GOLD[i]]).collect::<Vec<f64>>())
    };
    let mean = |p: &[f64], f: &dyn Fn(f64) -> f64| p.iter().map(|p| f(*p)).sum::<f64>() / 4.0;
    let (loss, p) = of("loss focal(gamma = 1)");
    close(loss, mean(&p, &|p| -(1.0 - p) * p.ln()));
    let (loss, p) = of("loss ce(smoothing = 20%)");
    close(loss, mean(&p, &|p| -0.9 * p.ln() - 0.1 * (1.0 - p).ln()));
    let (loss, p) = of("loss 0.5 * ce + focal * 2");
    close(loss, mean(&p, &|p| -0.5 * p.ln() - 2.0 * (1.0 - p).powi(2) * p.ln()));
    // two classes: what the gold lacks, the other has too much
    let (loss, p) = of("loss margin(0.9, 0.1)");
    close(loss, mean(&p, &|p| (0.9 - p).max(0.0).powi(2) + 0.5 * (0.9 - p).max(0.0).powi(2)));
    let weighed = |p: &[f64], w: [f64; 2]| {
        let sum: f64 = (0..4).map(|i| -w[GOLD[i]] * p[i].ln()).sum();
        sum / (0..4).map(|i| w[GOLD[i]]).sum::<f64>()
    };
    let (loss, p) = of("class_weights \"yes\" * 5, 0.5 * \"no\"");
    close(loss, weighed(&p, [0.5, 5.0]));
    // n / (K n_k)
    let (loss, p) = of("class_weights balanced");
    close(loss, weighed(&p, [4.0 / 6.0, 4.0 / 2.0]));
}

#[test]
fn bins_may_be_judged_by_their_mean() {
    let r = world().build(&spec("", ""));
    let p = probs(&r, "v");
    let bins = [0.0, 1.0, 2.0];
    let said = p.iter().map(|p| p.iter().zip(&bins).map(|(p, b)| p * b).sum::<f64>());
    let expected = said.zip([1.5, 0.0, 2.0, 1.0]).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / 4.0;
    close(r.backward("c", &["v"]).losses["v"], expected);
}

#[test]
fn a_task_without_a_loss_is_trained_by_others() {
    let w = world();
    let more = "encoder f = embed(6, unk = 0) |> dense(6) |> max
        task b : classify of c.y from f { loss none }
        loss agree = kl(stop(a.probs), b.probs)
        loss sure = b.logp * -0.1";
    let r = w.build(&spec("", more));
    let own = r.backward("c", &["a", "b", "v"]);
    assert!(!own.losses.contains_key("b") && own.nothing("b") && own.nothing("f"));
    let g = r.backward_of("c", &[], &["agree"], 0);
    assert!(!g.nothing("b") && !g.nothing("f") && g.nothing("a") && g.nothing("e"));
    let p = probs(&r, "b");
    let logp: f64 = (0..4).map(|i| p[i][GOLD[i]].ln()).sum::<f64>() / 4.0;
    close(r.backward_of("c", &[], &["sure"], 0).losses["sure"], -0.1 * logp);
    r.train(1);
}

#[test]
fn the_weight_of_a_task_may_change_over_training() {
    let w = world();
    let r = w.build(&spec("weight anneal(1, 0, over = 4)", ""));
    assert_eq!([0, 1, 4, 9].map(|step| r.plan.tasks[0].weight.at(step)), [1.0, 0.75, 0.0, 0.0]);
    let name = "a.out.weight";
    let weight = |options: &str| w.build(&spec(options, "")).train(1).weight(name);
    // two steps: of a weight of nothing the head stays as it was, of one that fades it moves as in the first step
    let still: Vec<f32> = r.param(&r.params_at(1), name).into_iter().flatten().map(|x| x as f32).collect();
    assert_eq!(weight("weight anneal(0, 0, over = 4)"), still);
    assert_ne!(weight("weight anneal(1, 0, over = 1)"), still);
    assert_ne!(weight("weight anneal(1, 0, over = 1)"), weight(""));
}

#[test]
fn the_number_of_a_regression_stands_in_losses() {
    let w = world();
    let more = "task n : regress of c.v from e\n loss l = square(v.value - n.value) * 0.5";
    let r = w.build(&spec("", more));
    let p = probs(&r, "v");
    let bins = p.iter().map(|p| p.iter().enumerate().map(|(i, p)| i as f64 * p).sum::<f64>());
    let plain: Vec<f64> = r.scores("c", Phase::Train, "n").into_iter().map(|r| r[0]).collect();
    let expected = bins.zip(&plain).map(|(a, b)| 0.5 * (a - b).powi(2)).sum::<f64>() / 4.0;
    let g = r.backward_of("c", &[], &["l"], 0);
    close(g.losses["l"], expected);
    assert!(!g.nothing("v") && !g.nothing("n") && g.nothing("a"));
}

/// Nine of ten rows are of one class; which, a word says that stands in half of those of the rare class.
#[test]
fn balanced_classes_find_the_rare_one() {
    let make = |n: usize, seed: u64| -> Vec<Vec<String>> {
        let mut dice = Dice::new(seed);
        let row = |_| {
            let rare = dice.roll(10) == 0;
            let sign = if rare { dice.roll(10) < 8 } else { dice.roll(10) < 1 };
            let word = if sign { "sign".to_string() } else { format!("w{}", dice.roll(5)) };
            vec![format!("f{} {word}", dice.roll(5)), if rare { "rare" } else { "often" }.to_string()]
        };
        (0..n).map(row).collect()
    };
    let w = World::new();
    w.tsv("c", &["x", "y"], [&make(600, 1), &[], &make(1000, 2)]);
    let recall = |options: &str| {
        let spec = format!(
            "data c = tsv(\"c\") {{ x: tokens; y: label }}
             task a : classify of c.y from embed(8) |> max {{ metric macro_f1; {options} }}
             task b : classify of c.y from embed(8) |> max
             train {{ batch 20; epochs 4; optimizer adam(lr = 1e-2) }}"
        );
        let r = w.build(&spec);
        let trained = r.train(1);
        trained.test("a")
    };
    let (balanced, plain) = (recall("class_weights balanced"), recall("class_weights \"often\" * 3"));
    println!("macro F1 {balanced:.3} with balanced classes, {plain:.3} with the common one above");
    assert!(balanced > 0.65 && balanced > plain + 0.1, "{balanced} {plain}");
}

#[test]
fn what_no_head_judges_so_is_refused() {
    let w = world();
    let said = |options: &str| w.refused(&spec(options, ""));
    assert!(said("loss mse").contains("E0232 the head `classify` has no loss `mse`"));
    let crf = w.refused(
        "data c = tsv(\"c\") { x: tokens; y: label }
         data t = columns(\"t\") { x: tokens = 1; tags: tags on x = 2 }
         task t : tag(crf) of t.tags from embed(4) { loss focal }
         train { epochs 1 }",
    );
    assert!(crf.contains("E0232 `tag(crf)` does not judge each answer by itself"), "{crf}");
    let number = w.refused(&spec("", "task z : regress of c.v from e { class_weights balanced }"));
    assert!(number.contains("E0232 the head `regress` has no classes to weigh"), "{number}");
    let unknown = said("class_weights \"yess\" * 2");
    assert!(unknown.contains("E0207 no training example of `a` has the class `yess`"), "{unknown}");
    let form = said("class_weights yes");
    assert!(form.contains("E0207 weights of classes are `balanced`, or a number for each class"), "{form}");
    assert!(said("class_weights \"yes\" * 2, \"yes\" * 3").contains("E0228"));
    assert!(said("loss ce(negatives = 10%)").contains("E0701 `loss ce(negatives = 10%)` cannot be trained yet"));
}
