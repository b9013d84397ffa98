//! What `loss` lines compute, whom they train, and what they are good for.

use super::world::{Dice, Ready, World, rows};
use mtlc::batches::Schedule;
use mtlc::hir::Options;
use mtlc::plan::Phase;
use std::collections::BTreeMap;

/// Rows with a class of each half, and plain text.
fn world() -> World {
    let w = World::new();
    let c = rows(&["the cat sat|yes|big", "a dog ran fast|no|big", "cats sat|yes|small", "dogs|no|"]);
    let plain = rows(&["the dog sat", "cats ran", "a cat"]);
    w.tsv("c", &["x", "y", "z"], [&c, &[], &[]]);
    w.tsv("plain", &["x"], [&plain, &[], &[]]);
    w
}

fn spec(more: &str) -> String {
    format!(
        "data c = tsv(\"c\") {{ x: tokens; y: label; z: label }}
         data plain = tsv(\"plain\") {{ x: tokens }}
         encoder e = embed(6, unk = 0) |> dense(6) |> max
         encoder f = embed(6, unk = 0) |> dense(6) |> max
         task a : classify of c.y from e
         task b : classify of c.y from f
         task s : classify of c.z from e
         {more}
         train {{ batch 4; epochs 2; sample joint; optimizer adam(lr = 1e-2) }}"
    )
}

/// Probabilities of a task by row.
fn probs(r: &Ready, corpus: &str, task: &str) -> Vec<Vec<f64>> {
    let softmax = |row: Vec<f64>| {
        let sum: f64 = row.iter().map(|x| x.exp()).sum();
        row.into_iter().map(|x| x.exp() / sum).collect()
    };
    r.scores(corpus, Phase::Train, task).into_iter().map(softmax).collect()
}

fn kl(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| p * (p.ln() - q.ln())).sum()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-5 * (1.0 + b.abs()), "{a} and {b}");
}

fn mean(all: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = all.len() as f64;
    all.sum::<f64>() / n
}

#[test]
fn values_are_those_of_their_formulas() {
    let w = world();
    let r = w.build(&spec(
        "loss d = kl(a.probs, b.probs)
         loss twice = 2 * kl(a.probs, b.probs) + 1
         loss ratio = -(a.logp - 3) / 4
         loss dual = square(a.logp - b.logp)
         loss own = a.loss * 0.5
         loss near = cosine(e, f) - cosine(a.logits, b.logits)
         loss soft = kl(uniform(c.y), b.probs)",
    ));
    let at = |name: &str| r.backward_of("c", &[], &[name], 0).losses[name];
    let (p, q) = (probs(&r, "c", "a"), probs(&r, "c", "b"));
    let d = mean(p.iter().zip(&q).map(|(p, q)| kl(p, q)));
    close(at("d"), d);
    close(at("twice"), 2.0 * d + 1.0);
    // golds: yes no yes no, sorted no yes
    let gold = [1, 0, 1, 0];
    let logp = |p: &[Vec<f64>], i: usize| p[i][gold[i]].ln();
    close(at("ratio"), mean((0..4).map(|i| -(logp(&p, i) - 3.0) / 4.0)));
    close(at("dual"), mean((0..4).map(|i| (logp(&p, i) - logp(&q, i)).powi(2))));
    close(at("own"), -0.5 * mean((0..4).map(|i| logp(&p, i))));
    close(at("soft"), mean((0..4).map(|i| -logp(&q, i))));
    let dot = |u: &[f64], v: &[f64]| u.iter().zip(v).map(|(a, b)| a * b).sum::<f64>();
    let cosine = |u: &[f64], v: &[f64]| dot(u, v) / (dot(u, u) * dot(v, v)).sqrt();
    let scores = |t: &str| r.scores("c", Phase::Train, t);
    let logits = mean(scores("a").iter().zip(&scores("b")).map(|(u, v)| cosine(u, v)));
    let hidden = w.build(&spec("loss near = cosine(a.hidden, b.hidden)"));
    let hidden = hidden.backward_of("c", &[], &["near"], 0).losses["near"];
    close(at("near"), hidden - logits);
}

#[test]
fn gold_that_is_missing_does_not_count() {
    let w = world();
    let r = w.build(&spec("loss l = square(s.logp)"));
    // the fourth row has no `z`
    let p = probs(&r, "c", "s");
    let gold = [0, 0, 1];
    let expected = mean((0..3).map(|i| p[i][gold[i]].ln().powi(2)));
    close(r.backward_of("c", &[], &["l"], 0).losses["l"], expected);
}

/// A tagger of layers has a decision for each layer of each token.
#[test]
fn layers_of_tags_add_up_to_their_text() {
    let w = World::new();
    let line = |x: &str, l: &str| format!("{{\"x\": {x}, \"l\": {l}}}\n");
    let text = line(r#"["a", "b"]"#, r#"{"one": ["A", "B"], "two": ["B", "B"]}"#)
        + &line(r#"["b", "c", "a"]"#, r#"{"one": ["B", "A", "A"], "two": ["A", "B", "A"]}"#);
    w.file("d/train.jsonl", &text);
    let r = w.build(
        "data d = jsonl(\"d\") { x: tokens; l: layers<tags> on x }
         task t : tag(per = relation) of d.l from embed(4, unk = 0)(x) |> dense(3)
         loss l = square(t.logp)
         train { batch 2 }",
    );
    let gold = [["A", "B"], ["B", "B"], ["B", "A"], ["A", "B"], ["A", "A"]];
    let classes = &r.plan.labels[r.plan.tasks[0].labels.unwrap()].classes;
    let class = |c: &str| classes.iter().position(|x| *x == c).unwrap();
    let scores = r.scores("d", Phase::Train, "t");
    let token = |t: usize| -> f64 {
        let of = |(z, c): (&[f64], &str)| z[class(c)] - z.iter().map(|x| x.exp()).sum::<f64>().ln();
        scores[t].chunks(classes.len()).zip(gold[t]).map(of).sum()
    };
    let text = |of: std::ops::Range<usize>| of.map(token).sum::<f64>().powi(2);
    close(r.backward_of("d", &[], &["l"], 0).losses["l"], (text(0..2) + text(2..5)) / 2.0);
}

#[test]
fn nothing_passes_a_stop() {
    let w = world();
    let r = w.build(&spec("loss one = kl(stop(a.probs), b.probs) on plain\n loss two = js(a.probs, b.probs) on plain"));
    let g = r.backward_of("plain", &[], &["one"], 0);
    assert!(g.nothing("a") && g.nothing("e") && g.nothing("s"));
    assert!(!g.nothing("b") && !g.nothing("f"));
    let g = r.backward_of("plain", &[], &["two"], 0);
    assert!(!g.nothing("a") && !g.nothing("b") && !g.nothing("e") && !g.nothing("f") && g.nothing("s"));
}

#[test]
fn annealing_and_weights_count() {
    let w = world();
    let r = w.build(&spec(
        "loss l = kl(a.probs, b.probs) * anneal(0, 1, over = 10)
         loss m = kl(a.probs, b.probs) { weight anneal(1, 0, over = 4) }
         loss n = kl(a.probs, b.probs) { weight 0.25 }",
    ));
    let at = |step| r.backward_of("c", &[], &["l"], step).losses["l"];
    let d = r.backward_of("c", &[], &["n"], 0).losses["n"];
    for (step, share) in [(0, 0.0), (5, 0.5), (10, 1.0), (99, 1.0)] {
        close(at(step), d * share);
    }
    let weights: Vec<f64> = r.plan.losses.iter().map(|l| l.weight.at(3)).collect();
    assert_eq!(weights, [1.0, 0.25, 0.25]);
}

/// Units of the first stage: name, examples, what learns on each of its corpora.
fn units(r: &Ready) -> Vec<(String, usize, Vec<String>)> {
    let s = Schedule::new(&r.plan, 0, &r.examples, 1);
    let d = s.describe(&r.plan, &r.plan.train.stages[0]);
    d.rows.into_iter().map(|u| (u.name, u.examples, u.tasks)).collect()
}

#[test]
fn losses_are_drawn_where_they_are_computed() {
    let w = world();
    let more = "loss here = kl(a.probs, b.probs)\n loss there = js(a.probs, b.probs) on plain";
    let row = |name: &str, n: usize, who: &[&str]| {
        (name.to_string(), n, who.iter().map(|w| w.to_string()).collect::<Vec<_>>())
    };
    // by data set: what is computed on it
    let r = w.build(&spec(more));
    assert_eq!(units(&r), [row("c", 4, &["a", "b", "s", "here"]), row("plain", 3, &["there"])]);
    // by task: on the batches of each, and a unit of its own where no task is drawn
    let of = |sampler: &str| units(&w.build(&spec(more).replace("sample joint", sampler)));
    let tasks = [row("a", 4, &["a", "here"]), row("b", 4, &["b", "here"]), row("s", 3, &["s", "here"])];
    assert_eq!(of("sample alternate"), [&tasks[..], &[row("there", 3, &["there"])]].concat());
    // what a sampler names is drawn by itself
    let named = [row("a", 4, &["a"]), row("there", 3, &["there"]), row("here", 4, &["here"])];
    assert_eq!(of("sample alternate(a, there, here)"), named);
    assert_eq!(of("sample mix(a = 2, there = 1, here = 1)"), named);
    // and stays what it is when tasks before it are left out
    let options = Options { only: vec!["b".into(), "a".into()], ..Options::default() };
    let r = w.build_with(&spec(more).replace("sample joint", "sample alternate(a, there)"), &options);
    assert_eq!(units(&r), [row("a", 4, &["a", "here"]), row("there", 3, &["there"])]);
    assert!(r.backward_of("plain", &[], &["there"], 0).losses["there"] > 0.0);
    // of what is left out no loss is left
    let options = Options { only: vec!["a".into()], ..Options::default() };
    let r = w.build_with(&spec(more), &options);
    assert_eq!(units(&r), [row("c", 4, &["a"])]);
}

#[test]
fn a_stage_counts_the_losses_that_train_its_tasks() {
    let w = world();
    let text = spec("loss ab = kl(a.probs, b.probs)\n loss ef = cosine(e, f)\n loss os = square(s.logp)").replace(
        "epochs 2;",
        "stage one { tasks a, b; epochs 1 }
         stage two { tasks a; freeze b, f; epochs 1 }
         stage three { tasks s; epochs 1 }
         epochs 2;",
    );
    let r = w.build(&text);
    let names =
        |s: usize| r.plan.train.stages[s].losses.iter().map(|l| r.plan.losses[*l].name.as_str()).collect::<Vec<_>>();
    assert_eq!(names(0), ["ab", "ef"]);
    assert_eq!(names(1), ["ab", "ef"], "what is frozen is compared with");
    assert_eq!(names(2), ["ef", "os"]);
    r.train(1);
}

/// The teacher reads `x`; what the student reads at test stands in no labelled row, only in plain pairs.
#[test]
fn a_student_learns_from_plain_pairs() {
    let pair = |dice: &mut Dice, words: usize| {
        let y = dice.roll(2);
        let x = format!("{}{} filler{}", ["sea", "sky"][y], dice.roll(4), dice.roll(3));
        let z = format!("{}{} noise{}", ["warm", "cold"][y], 10 * words + dice.roll(4), dice.roll(3));
        (x, z, ["s", "t"][y].to_string())
    };
    let mut dice = Dice::new(3);
    let mut make = |n: usize, words: usize| -> Vec<Vec<String>> {
        (0..n).map(|_| pair(&mut dice, words)).map(|(x, z, y)| vec![x, z, y]).collect()
    };
    let (train, test, plain) = (make(60, 0), make(200, 1), make(200, 1));
    let plain: Vec<Vec<String>> = plain.into_iter().map(|r| r[..2].to_vec()).collect();
    let w = World::new();
    w.tsv("c", &["x", "z", "y"], [&train, &[], &test]).tsv("plain", &["x", "z"], [&plain, &[], &[]]);
    let spec = |loss: &str| {
        format!(
            "data c = tsv(\"c\") {{ x: tokens; z: tokens; y: label }}
             data plain = tsv(\"plain\") {{ x: tokens; z: tokens }}
             encoder e = embed(8) |> max
             encoder f = embed(8) |> max
             task teacher : classify of c.y from e(x)
             task student : classify of c.y from f(z)
             {loss}
             train {{ batch 10; epochs 15; optimizer adam(lr = 2e-2) }}"
        )
    };
    let with = w.build(&spec("loss agree = kl(stop(teacher.probs), student.probs) on plain")).train(1);
    let alone = w.build(&spec("")).train(1);
    let (with, alone) = (with.test("student"), alone.test("student"));
    println!("with plain pairs {with:.3}, without {alone:.3}");
    assert!(with >= 0.95 && alone <= 0.7, "{with} {alone}");
}

#[test]
fn what_cannot_be_computed_is_said() {
    let w = world();
    let said = |loss: &str| w.refused(&spec(loss));
    let golden = said("loss l = square(a.logp) on plain");
    assert!(golden.contains("E0501") && golden.contains("`plain` has no gold for `a`"), "{golden}");
    let kinds = said("loss l = cosine(embed(6), e)");
    assert!(kinds.contains("E0409"), "{kinds}");
    let nowhere = said("encoder g = embed(6) |> max\n loss l = cosine(e, g)");
    assert!(nowhere.contains("E0423") && nowhere.contains("no data set has all that the loss `l` reads"), "{nowhere}");
    let foreign = said("loss l = kl(uniform(c.y), a.probs) on plain");
    assert!(foreign.contains("E0423 no example of `plain` has the gold of `c`"), "{foreign}");
    let later = said("loss l = marginal(a, over = b)");
    assert!(later.contains("E0701 the loss `l` cannot be trained yet"), "{later}");
}

/// A tagger of whole sentences teaches views that see one side alone, on plain text (Clark et al. 2018).
#[test]
fn views_learn_to_agree_on_plain_text() {
    let w = World::new();
    let c = super::world::sentences(&["the/D cat/N sat/V", "a/D dog/N", "cats/N run/V fast/R"]);
    w.columns("c", [&c, &c, &c]).tsv("plain", &["x"], [&rows(&["the dog sat", "a cat ran", "cats"]), &[], &[]]);
    let spec = |loss: &str| {
        format!(
            "data c = columns(\"c\") {{ x: tokens = 1; pos: tags on x = 2 }}
             data plain = tsv(\"plain\") {{ x: tokens }}
             encoder enc = embed(6, unk = 0) |> bilstm(8, layers = 2)
             task pos : tag of c.pos from enc@1 & enc@2 {{
               view fwd from enc@1.fwd
               view past from enc@1.bwd |> shift(-1)
             }}
             task other : tag of c.pos from enc
             {loss}
             train {{ sample alternate(pos, agree); batch 2; epochs 2; optimizer adam(lr = 1e-2); objective pos.accuracy }}"
        )
    };
    let r = w.build(&spec("loss agree = kl(stop(pos.probs), pos.view[*].probs) on plain"));
    assert_eq!(r.plan.views.iter().map(|v| v.name.as_str()).collect::<Vec<_>>(), ["pos.view.fwd", "pos.view.past"]);
    let g = r.backward_of("plain", &[], &["agree"], 0);
    assert!(!g.nothing("pos.view.fwd") && !g.nothing("pos.view.past") && !g.nothing("enc"));
    assert!(g.nothing("pos") && g.nothing("other"), "the teacher is not taught");
    let own = r.backward("c", &["pos"]);
    assert!(own.nothing("pos.view.fwd") && !own.nothing("pos"));
    // the sum over the views of the divergences at the tokens
    let one = |v: &str| {
        let r = w.build(&spec(&format!("loss agree = kl(stop(pos.probs), pos.view[\"{v}\"].probs) on plain")));
        r.backward_of("plain", &[], &["agree"], 0).losses["agree"]
    };
    close(g.losses["agree"], one("fwd") + one("past"));
    let trained = r.train(1);
    assert!(trained.weight("pos.view.fwd.out.weight").iter().all(|x| x.is_finite()));
    // numbers go on from the tasks that are left
    let only = Options { only: vec!["pos".into()], ..Options::default() };
    let r = w.build_with(&spec("loss agree = kl(stop(pos.probs), pos.view[*].probs) on plain"), &only);
    assert_eq!(r.plan.tasks.len(), 1);
    close(r.backward_of("plain", &[], &["agree"], 0).losses["agree"], g.losses["agree"]);
}

/// Three tasks, each with its own encoder; the head of the last has another number of classes.
fn members() -> (World, impl Fn(&str) -> String) {
    let w = World::new();
    let two = rows(&["a b|yes", "c d|no", "a d|yes"]);
    let three = rows(&["a b|yes", "c d|no", "a d|both"]);
    w.tsv("m/one", &["x", "y"], [&two, &[], &[]]).tsv("m/two", &["x", "y"], [&two, &[], &[]]);
    w.tsv("m/three", &["x", "y"], [&three, &[], &[]]);
    let spec = |loss: &str| {
        format!(
            "for d in [\"one\", \"two\", \"three\"] {{
               data c = tsv(\"m/{{d}}\") {{ x: tokens; y: label }}
               encoder own = embed(6) |> max |> dense(4) |> dense(3)
               task t : classify of c.y from own
             }}
             encoder other = embed(6) |> max |> dense(5) |> dense(3)
             task u : classify of c[\"one\"].y from other
             {loss}
             train {{ batch 3; epochs 2; sample joint }}"
        )
    };
    (w, spec)
}

#[test]
fn priors_of_weights_train_weights_alone() {
    let (w, spec) = members();
    let loss = "loss l = covariance(own[*].weights) * 0.5\n loss n = tensor_normal(own[*].weights, t[\"one\"].weights)";
    assert!(w.refused(&spec(loss)).contains("E0421"), "one member alone");
    let r = w.build(&spec("loss l = covariance(own[*].weights) * 0.5\n loss n = tensor_normal(own[*].weights)"));
    assert_eq!(r.plan.penalties.len(), 2);
    let g = r.backward_of("c[\"one\"]", &[], &["l"], 0);
    for m in ["one", "two", "three"] {
        assert!(!g.nothing(&format!("own[\"{m}\"]")) && g.nothing(&format!("t[\"{m}\"]")), "{m}");
    }
    assert!(g.nothing("other") && g.nothing("u"));
    // (‖W‖_*)² of each of the two layers is at least the sum of squares
    let p = r.params();
    let squares = |layer: usize| -> f64 {
        let name = |m: &str| format!("own[\"{m}\"].dense{}.weight", ["", "2"][layer]);
        ["one", "two", "three"].iter().flat_map(|m| r.param(&p, &name(m))).flatten().map(|x| x * x).sum()
    };
    let least = 0.5 * (squares(0) + squares(1));
    assert!(g.losses["l"] > least && g.losses["l"] < 3.0 * least, "{} {least}", g.losses["l"]);
    r.train(1);
    // those that are left go on without the others
    let two = Options { only: vec!["t[\"one\"]".into(), "t[\"two\"]".into()], ..Options::default() };
    let some = w.build_with(&spec("loss l = covariance(t[*].weights)"), &two);
    assert_eq!((some.plan.train.stages[0].losses.as_slice(), some.plan.terms[0].params.len()), (&[0][..], 2));
    // of what is left out nothing is tied
    let only = Options { only: vec!["u".into()], ..Options::default() };
    assert!(w.build_with(&spec("loss l = covariance(t[*].weights)"), &only).plan.penalties.is_empty());
}

#[test]
fn members_of_a_prior_agree_in_shape() {
    let (w, spec) = members();
    let layers = w.refused(&spec("for e in [\"x\", \"y\"] { encoder p = embed(6) |> max |> dense(4) }\n loss l = covariance(own[*].weights, p[*].weights)"));
    assert!(layers.contains("E0421 `p[\"x\"]` has no weights"), "{layers}");
    let classes = w.refused(&spec("loss l = covariance(t[*].weights)"));
    let known = "E0420 `t[\"one\"]` and `t[\"three\"]` differ in shape, and `covariance` needs equals";
    assert!(classes.contains(known), "{classes}");
}

#[test]
fn a_program_without_losses_has_none_in_its_plan() {
    let r = world().build(&spec(""));
    let json = serde_json::to_value(&r.plan).unwrap();
    let empty: BTreeMap<&str, usize> =
        ["terms", "losses", "penalties"].map(|k| (k, json[k].as_array().unwrap().len())).into();
    assert!(empty.values().all(|n| *n == 0));
    assert!(r.plan.graphs.iter().all(|g| g.losses.is_empty()) && r.plan.graph(1, Phase::Train).is_none());
}
