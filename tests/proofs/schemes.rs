//! `share`: what is the same, what is mixed, and where gradients go.

use super::world::{Dice, Ready, Sentence, World, near, sentences};
use mtlc::hir::Options;
use mtlc::plan::Phase;
use std::collections::BTreeSet;

/// Two stacks over one text, `t` on the first and `u` on the second.
fn stacks(share: &str) -> String {
    format!(
        "data a = columns(\"a\") {{ x: tokens = 1; t: tags on x = 2; u: tags on x = 3 }}
         encoder words = embed(6)
         encoder e = words |> bilstm(4, layers = 2)
         encoder f = words |> bilstm(4, layers = 2)
         task t : tag of a.t from e
         task u : tag of a.u from f
         {share}
         train {{ epochs 2; batch 2 }}"
    )
}

fn world() -> World {
    let w = World::new();
    let text = ["a/X/l b/Y/m c/X/l", "b/Y/m d/X/l", "e/Y/l a/X/m"];
    w.columns("a", [&sentences(&text), &sentences(&text), &sentences(&text)]);
    w
}

fn scores(r: &Ready, task: &str) -> Vec<f32> {
    r.scores("a", Phase::Train, task).into_iter().flatten().map(|x| x as f32).collect()
}

#[test]
fn cross_stitch_of_its_own_alone_is_two_networks() {
    let w = world();
    let apart = w.build(&stacks(""));
    let whole = w.build(&stacks("share e, f by cross_stitch(init = 1)"));
    let half = w.build(&stacks("share e, f by cross_stitch(init = 0.5)"));
    for task in ["t", "u"] {
        assert_eq!(scores(&apart, task), scores(&whole, task));
        assert!(!near(&scores(&apart, task), &scores(&half, task), 1e-3));
    }
    // a task's gradient reaches the other stack through the mixture, and nothing else
    assert!(apart.backward("a", &["t"]).nothing("f"));
    assert!(!half.backward("a", &["t"]).nothing("f"));
    // the layer on top of the other stack is of no use to the task: only its mixture reads it
    let b = half.backward("a", &["t"]);
    assert!(b.grads["f.bilstm1.fwd.w_ih"].iter().any(|g| *g != 0.0));
    assert!(b.grads["f.bilstm2.fwd.w_ih"].iter().any(|g| *g != 0.0));
    // the mixture of the first layer of both, and that of its own last one; no mixture behind the other's last layer
    let mixtures: Vec<&str> =
        b.grads.iter().filter(|(n, g)| n.ends_with(".alpha") && !g.is_empty()).map(|(n, _)| n.as_str()).collect();
    assert_eq!(mixtures, ["e.cross_stitch1.alpha", "e.cross_stitch2.alpha", "f.cross_stitch1.alpha"]);
}

#[test]
fn a_sluice_of_one_part_is_a_cross_stitch() {
    let w = world();
    let stitch = w.build(&stacks("share e, f by cross_stitch(init = 0.9)"));
    let one = w.build(&stacks("share e, f by sluice(subspaces = 1)"));
    let two = w.build(&stacks("share e, f by sluice(subspaces = 2)"));
    assert_eq!(scores(&stitch, "t"), scores(&one, "t"));
    assert!(!near(&scores(&stitch, "t"), &scores(&two, "t"), 1e-4));
    let alpha = two.plan.params.iter().find(|p| p.name.ends_with("e.sluice1.alpha")).unwrap();
    assert_eq!(alpha.shape, [2, 4]);
    assert!(w.refused(&stacks("share e, f by sluice(subspaces = 3)")).contains("E0420"));
    // two layers of two stacks, each of two directions with a matrix of the input and one of the states
    let apart = |weight: &str| {
        let spec = stacks(&format!("share e, f by sluice(subspaces = 2, orthogonal = {weight})"));
        w.build(&spec.replace("epochs 2", "epochs 40; optimizer adam(lr = 1e-2)"))
    };
    let r = apart("0.1");
    let terms: Vec<usize> = r.plan.terms.iter().filter(|t| t.kind == "overlap").map(|t| t.params.len()).collect();
    assert_eq!(terms, [4, 4, 4, 4]);
    let overlap = |r: &Ready| {
        let t = r.train(1);
        // [6, 4 gates · 2 parts · 1 unit]: of each direction of 2 units
        let w = t.weight("e.bilstm1.fwd.w_ih");
        let part = |p: usize| -> Vec<Vec<f32>> {
            (0..4).map(|gate| (0..6).map(|row| w[row * 8 + gate * 2 + p]).collect()).collect()
        };
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        part(0).iter().flat_map(|a| part(1).into_iter().map(move |b| dot(a, &b).powi(2))).sum::<f32>()
    };
    let (free, held) = (overlap(&apart("0")), overlap(&r));
    println!("overlap {free:.4} and {held:.4}");
    assert!(held < 0.2 * free, "{free} {held}");
}

#[test]
fn parameters_are_drawn_to_each_other() {
    let w = world();
    let apart = |r: &super::world::Trained| {
        let (a, b) = (r.weight("e.bilstm1.fwd.w_hh"), r.weight("f.bilstm1.fwd.w_hh"));
        a.iter().zip(&b).map(|(x, y)| (x - y).powi(2)).sum::<f32>()
    };
    let spec = |share: &str| stacks(share).replace("epochs 2", "epochs 60; optimizer adam(lr = 1e-2)");
    let free = w.build(&spec("")).train(1);
    let weak = w.build(&spec("share e, f by l2(1e-2)")).train(1);
    let strong = w.build(&spec("share e, f by l2(1)")).train(1);
    let (free, weak, strong) = (apart(&free), apart(&weak), apart(&strong));
    println!("free {free:.4}, weak {weak:.4}, strong {strong:.6}");
    // with a growing weight it comes near to being tied
    assert!(weak < 0.7 * free && strong < 1e-3 * free, "{free} {weak} {strong}");
    // tables of words of their own are no pair
    let own = stacks("share e, f by l2(0.5)").replace("= words", "= embed(6)").replace("encoder words = embed(6)", "");
    let plan = w.build(&own).plan;
    let drawn: Vec<&str> = plan.terms[0].params.iter().map(|p| plan.params[*p].name.as_str()).collect();
    assert_eq!(drawn.len(), 24);
    assert!(drawn.iter().all(|n| !n.contains("embed")), "{drawn:?}");
    assert_eq!(plan.losses[0].name, "l2 of e, f");
}

#[test]
fn gates_let_in_what_the_others_have() {
    let w = world();
    let gate = w.build(&stacks("share e, f by gate"));
    assert!(!gate.backward("a", &["t"]).nothing("f"));
    // one layer of one encoder with one of another
    let one = w.build(&stacks("share e@1, f@2 by gate"));
    let names: Vec<&str> = one.plan.layers.iter().filter(|l| l.kind == "gate").map(|l| l.name.as_str()).collect();
    assert_eq!(names, ["e.gate1", "f.gate1"]);
}

#[test]
fn what_cannot_share_is_said() {
    let w = world();
    let refused = |share: &str, other: &str| {
        let spec = stacks(share).replace("encoder f = words |> bilstm(4, layers = 2)", other);
        w.refused(&spec)
    };
    let same = "encoder f = words |> bilstm(4, layers = 2)";
    assert_eq!(
        refused("share words, e by cross_stitch", same),
        "E0245 `words` has no layers after which it could share\n"
    );
    for scheme in ["cross_stitch", "gate", "sluice"] {
        let found = refused(
            &format!("share t.decoder, again.decoder by {scheme}"),
            &format!("{same}\n task again : tag of a.t from f"),
        );
        assert!(found.contains("E0701"), "{found}");
    }
    // other widths: mixtures need the same, gates do not
    let wide = "encoder f = words |> bilstm(6, layers = 3)";
    assert!(refused("share e, f by cross_stitch", wide).starts_with("E0420"));
    assert_eq!(refused("share e, f by gate", wide), "");
    // an arrow from what stands on one of them back into the other
    let back = format!("{}\n t.probs -> f@2 via embed(4)", stacks("share e, f by cross_stitch"));
    assert!(w.refused(&back).starts_with("E03"), "{}", w.refused(&back));
}

/// A twin has the encoder of its task alone, whatever that shares with others.
#[test]
fn a_task_alone_shares_with_nobody() {
    let w = world();
    let only = |spec: &str| w.try_build(spec, &Options { only: vec!["t".into()], ..Options::default() });
    let plain = only(&stacks("")).unwrap();
    for scheme in ["cross_stitch", "gate", "sluice", "l2(0.1)", "tie"] {
        let r = only(&stacks(&format!("share e, f by {scheme}"))).unwrap();
        assert_eq!(scores(&r, "t"), scores(&plain, "t"), "{scheme}");
        assert_eq!((r.plan.num_params(), r.plan.losses.len()), (plain.plan.num_params(), 0), "{scheme}");
    }
    // a view is the task's own
    let view = "{ view v from f }\n share e, f by tie\n loss near = kl(stop(t.probs), t.view[*].probs)";
    let view = only(&stacks("").replace("from e\n", &format!("from e {view}\n"))).unwrap();
    assert!(view.plan.params.iter().all(|p| p.owner != "f") && view.plan.params.iter().any(|p| p.also == ["f"]));
    // nor does it lose anything by what it has no part in
    let apart = only(&stacks("loss apart = orthogonal(e |> mean, f |> mean)")).unwrap();
    assert_eq!(apart.plan.num_params(), plain.plan.num_params());
    assert!(apart.plan.train.stages[0].losses.iter().all(|l| apart.plan.penalties.iter().all(|p| p.loss != *l)));
    // what learns from another task alone learns nothing alone
    let taught = stacks("loss near = kl(stop(u.probs), t.probs)").replace("a.t from e", "a.t from e { loss none }");
    let found = only(&taught).err().map(|d| super::world::shown(&d)).unwrap_or_default();
    assert!(found.contains("E0510 nothing trains `t`"), "{found}");
    let claim = format!("{taught}\n expect gain(t.accuracy, over = single) >= 1%");
    assert!(w.refused(&claim).contains("E0242 alone nothing trains `t`"), "{}", w.refused(&claim));
}

#[test]
fn what_is_tied_is_one() {
    let w = world();
    let apart = w.build(&stacks(""));
    let tied = w.build(&stacks("share e, f by tie"));
    let named = w.build(&stacks("").replace("from f", "from e"));
    assert_eq!(scores(&tied, "t"), scores(&apart, "t"));
    assert_eq!(scores(&tied, "u"), scores(&named, "u"));
    assert_eq!(tied.plan.num_params(), named.plan.num_params());
    let (one, two) = (tied.train(1), named.train(1));
    for task in ["t", "u"] {
        let name = format!("{task}.out.weight");
        assert!(near(&one.weight(&name), &two.weight(&name), 1e-5));
    }
    assert!(near(&one.weight("e.bilstm1.fwd.w_hh"), &two.weight("e.bilstm1.fwd.w_hh"), 1e-5));
    // to freeze one is to freeze what it has in common with the other
    let frozen = w.build(&stacks("share e, f by tie").replace("epochs 2", "epochs 2; freeze f"));
    let initial = w.build(&stacks("")).param(&w.build(&stacks("")).params_at(1), "e.bilstm1.fwd.w_hh");
    let kept: Vec<f32> = initial.into_iter().flatten().map(|x| x as f32).collect();
    assert_eq!(frozen.train(1).weight("e.bilstm1.fwd.w_hh"), kept);
    // mixtures are each member's own
    let mixed = w.build(&stacks("share e, f by tie\n share e, f by cross_stitch(init = 0.7)"));
    let alphas = mixed.plan.params.iter().filter(|p| p.name.ends_with("alpha")).count();
    assert_eq!(alphas, 4);
    // by way of another
    let chain = |share: &str| {
        w.build(
            &stacks(share)
                .replace("task t", "encoder g = words |> bilstm(4, layers = 2)\n task v : tag of a.t from g\n task t"),
        )
    };
    let three = chain("share e, f by tie\n share g, f by tie").plan.num_params();
    assert_eq!(three, chain("share e, f, g by tie").plan.num_params());
    assert!(three < chain("share e, f by tie").plan.num_params());
    // what is drawn to a member that is tied is drawn to both
    let drawn = chain("share e, f by tie\n share f, g by l2(1e-3)").plan;
    let names: BTreeSet<&str> = drawn.terms[0].params.iter().map(|p| drawn.params[*p].owner.as_str()).collect();
    assert_eq!((names, drawn.terms[0].params.len()), (BTreeSet::from(["e", "g"]), 24));
    // a view that stands on what is tied
    let view = stacks("share e, f by tie\n loss near = kl(stop(t.probs), t.view[*].probs)");
    let view = w.build(&view.replace("task t : tag of a.t from e", "task t : tag of a.t from e { view v from f }"));
    let shapes = view.plan.views.iter().flat_map(|v| &v.params).map(|p| view.plan.params[*p].name.as_str());
    assert!(
        shapes.clone().count() == 2 && shapes.clone().all(|n| n.starts_with("t.view.v.")),
        "{:?}",
        shapes.collect::<Vec<_>>()
    );
    // a layer, and the heads of two tasks
    let layer = w.build(&stacks("share e@1, f@1 by tie"));
    let lstm = |r: &Ready| r.plan.params.iter().filter(|p| p.name.ends_with("w_ih")).count();
    assert_eq!((lstm(&apart), lstm(&layer), lstm(&tied)), (8, 6, 4));
    // each has words of its own
    let own = stacks("share e, f by tie").replace("= words", "= embed(6)").replace("encoder words = embed(6)", "");
    assert!(w.refused(&own).starts_with("E0420 `e` and `f` do not look up the same words\n"));
}

/// Words whose class one label tells, with noise: a task with few texts profits from one with many.
fn words(n: usize, seed: u64, column: usize) -> Vec<Sentence> {
    let mut dice = Dice::new(seed);
    let token = |dice: &mut Dice| {
        let word = dice.roll(60);
        let mut row = vec![format!("w{word}"), "_".into(), "_".into()];
        row[column] = ["A", "B", "C"][(word * 7 % 11) % 3].into();
        row
    };
    (0..n).map(|_| (0..6).map(|_| token(&mut dice)).collect()).collect()
}

#[test]
fn few_texts_profit_from_many() {
    let w = World::new();
    w.columns("many", [&words(120, 1, 1), &[], &words(40, 3, 1)]);
    w.columns("few", [&words(4, 2, 2), &[], &words(40, 4, 2)]);
    let spec = |share: &str| {
        format!(
            "data many = columns(\"many\") {{ x: tokens = 1; t: tags on x = 2 }}
             data few = columns(\"few\") {{ x: tokens = 1; u: tags on x = 3 }}
             encoder e = embed(12) |> dense(24, tanh)
             encoder f = embed(12) |> dense(24, tanh)
             task t : tag of many.t from e
             task u : tag of few.u from f
             {share}
             train {{ sample joint; batch 8; epochs 20; optimizer adam(lr = 1e-2) }}"
        )
    };
    let figure = |share: &str| (1..=3).map(|seed| w.build(&spec(share)).train(seed).test("u")).sum::<f64>() / 3.0;
    let (alone, stitched) = (figure(""), figure("share e, f by cross_stitch(init = 0.7)"));
    println!("alone {alone:.3}, stitched {stitched:.3}");
    assert!(stitched > alone + 0.03, "alone {alone:.3}, stitched {stitched:.3}");
}

#[test]
fn adapters_begin_as_the_identity_and_are_of_each_alone() {
    let w = world();
    let tied = w.build(&stacks("share e, f by tie"));
    let adapted = w.build(&stacks("share e, f by adapter(3)"));
    for task in ["t", "u"] {
        assert_eq!(scores(&tied, task), scores(&adapted, task), "{task}");
    }
    let own: Vec<&str> =
        adapted.plan.params.iter().map(|p| p.name.as_str()).filter(|n| n.contains("adapter")).collect();
    assert_eq!(own.len(), 2 * 2 * 4, "{own:?}");
    assert_eq!(adapted.plan.num_params(), tied.plan.num_params() + 4 * (8 * 3 + 3 + 3 * 8 + 8));
    // a task moves its own, and what both have
    let b = adapted.backward("a", &["t"]);
    let moved = |n: &str| b.grads[n].iter().any(|g| *g != 0.0);
    assert!(moved("e.adapter1.up") && moved("e.adapter2.c") && !moved("f.adapter1.up") && !moved("f.adapter2.c"));
    assert!(moved("e.bilstm1.fwd.w_ih"));
    // and so they come apart
    let r = w.build(&stacks("share e, f by adapter(3)").replace("epochs 2", "epochs 20; optimizer adam(lr = 1e-2)"));
    let t = r.train(1);
    assert!(!near(&t.weight("e.adapter1.up"), &t.weight("f.adapter1.up"), 0.1));
}

/// Experts that two tasks share, with gates of their own.
fn experts(t: &str, u: &str) -> String {
    format!(
        "data a = columns(\"a\") {{ x: tokens = 1; t: tags on x = 2; u: tags on x = 3 }}
         encoder words = embed(6)
         encoder e = words |> bilstm(4)
         encoder f = words |> bilstm(4)
         encoder g = words |> bilstm(4)
         task t : tag of a.t from {t}
         task u : tag of a.u from {u}
         train {{ epochs 2; batch 2 }}"
    )
}

#[test]
fn experts_are_mixed_by_a_gate_of_each_task() {
    let w = world();
    let mmoe = w.build(&experts("experts(e, f, g, by = words)", "experts(e, f, g, by = words)"));
    let gates: Vec<(&str, &[usize])> = mmoe
        .plan
        .params
        .iter()
        .filter(|p| p.name.contains("experts"))
        .map(|p| (p.name.as_str(), p.shape.as_slice()))
        .collect();
    let own = |t: &'static str, u: &'static str| [(t, &[6usize, 3][..]), (u, &[3][..])];
    assert_eq!(gates, [own("t.experts.w", "t.experts.b"), own("u.experts.w", "u.experts.b")].concat());
    let b = mmoe.backward("a", &["t"]);
    assert!(["e", "f", "g"].iter().all(|o| !b.nothing(o)));
    let moved = |n: &str| b.grads[n].iter().any(|g| *g != 0.0);
    assert!(moved("t.experts.w") && !moved("u.experts.w"));
    // one of a task's own beside a shared one: nothing of the other task's own
    let cgc = w.build(&experts("experts(e, g)", "experts(f, g)"));
    let b = cgc.backward("a", &["t"]);
    assert!(!b.nothing("e") && b.nothing("f") && !b.nothing("g"));
    // two equal experts are one, whatever their gate says
    let twice = w.build(&experts("experts(e, e)", "f"));
    let once = w.build(&experts("e", "f"));
    assert!(near(&scores(&twice, "t"), &scores(&once, "t"), 1e-6));
    for (from, code) in [("experts(e)", "E0236"), ("experts(e, words)", "E0411")] {
        let found = w.refused(&experts(from, "f"));
        assert!(found.contains(code), "{from}: {found}");
    }
}
