//! What passes back along an arrow, exactly.

use super::world::{World, near, sentences};
use burn::tensor::Tensor;
use mtlc::ops::value::Value;
use mtlc::plan::{Op, Phase, Port};

/// Two corpora, two encoders: `chunk` reaches `ea` and `pos` by the arrow alone.
fn world() -> World {
    let w = World::new();
    let a = sentences(&["the/D cat/N sat/V", "a/D dog/N", "cats/N run/V fast/R"]);
    let b = sentences(&["the/B dog/I ran/O", "dogs/B sat/O", "a/B cat/I"]);
    w.columns("a", [&a, &[], &[]]).columns("b", [&b, &[], &[]]);
    w
}

fn spec(arrow: &str) -> String {
    format!(
        "data a = columns(\"a\") {{ x: tokens = 1; pos: tags on x = 2 }}
         data b = columns(\"b\") {{ y: tokens = 1; chunk: tags on y = 2 }}
         encoder ea = embed(6, unk = 0) |> bilstm(5)
         encoder eb = embed(6, unk = 0) |> bilstm(5)
         task pos : tag of a.pos from ea
         task chunk : tag of b.chunk from eb
         {arrow}
         train {{ batch 4; epochs 1; optimizer adam(lr = 1e-2) }}"
    )
}

#[test]
fn soft_arrows_carry_the_gradient_upstream() {
    let w = world();
    for port in ["probs", "logits", "hidden"] {
        let g = w.build(&spec(&format!("pos.{port} -> chunk via dense(4)"))).backward("b", &["chunk"]);
        assert!(!g.nothing("ea") && !g.nothing("eb") && !g.nothing("chunk"), "{port}");
        // states do not pass through the head
        assert_eq!(g.nothing("pos"), port == "hidden", "{port}");
        assert!(!g.nothing(&format!("pos.{port} -> chunk")));
    }
}

#[test]
fn stop_and_hard_labels_let_exactly_nothing_through() {
    let w = world();
    let arrows = [
        "pos.probs -> chunk via embed(4) { grad stop }",
        "pos.logits -> chunk { grad stop }",
        "pos.hidden -> chunk { grad stop }",
        "pos.labels -> chunk via embed(4) { train predicted }",
    ];
    for arrow in arrows {
        let r = w.build(&spec(arrow));
        let g = r.backward("b", &["chunk"]);
        assert!(g.nothing("ea") && g.nothing("pos"), "{arrow}");
        assert!(!g.nothing("eb") && !g.nothing("chunk"), "{arrow}");
        // the source still learns from its own loss
        let own = r.backward("a", &["pos"]);
        assert!(!own.nothing("ea") && !own.nothing("pos") && own.nothing("eb"), "{arrow}");
    }
}

#[test]
fn reversal_is_minus_lambda_times() {
    let w = world();
    let arrow = |grad: &str| format!("pos.probs -> chunk via embed(4) {{ grad {grad} }}");
    let through = w.build(&spec(&arrow("through"))).backward("b", &["chunk"]);
    let reversed = w.build(&spec(&arrow("reverse(0.3)"))).backward("b", &["chunk"]);
    assert_eq!(through.losses, reversed.losses);
    for owner in ["ea", "pos"] {
        let expected: Vec<f32> = through.of(owner).iter().map(|g| -0.3 * g).collect();
        assert!(near(&reversed.of(owner), &expected, 1e-5), "{owner}");
    }
    for owner in ["eb", "chunk", "pos.probs -> chunk"] {
        assert_eq!(through.of(owner), reversed.of(owner), "{owner}");
    }
}

#[test]
fn straight_through_is_the_gradient_of_the_probabilities() {
    let w = world();
    // Σ c∘value, for one c: hard labels forwards, and backwards what the probabilities give
    let of = |arrow: &str, port: Port| {
        let r = w.build(&spec(arrow));
        r.forward("b", Phase::Train, &["chunk"], 0.0, |_, job, values, _| {
            let at = |n: &mtlc::plan::Node| matches!(n.op, Op::Port { port: p, .. } if p == port);
            let node = job.graph.nodes.iter().position(at).unwrap();
            let Some(Value::Rows(t, _)) = &values[node] else { panic!("no sequence") };
            let [n, k] = t.dims();
            let c = (0..n * k).map(|i| ((i * 7 % 11) as f32 - 5.0) / 5.0).collect::<Vec<f32>>();
            let c = Tensor::<1>::from_floats(c.as_slice(), &t.device()).reshape([n, k]);
            let hard = t.clone().into_data().try_to_vec::<f32>().unwrap();
            (r.gradients(job.params, (t.clone() * c).sum(), Default::default()), hard)
        })
    };
    let (soft, _) = of("pos.probs -> chunk via embed(4)", Port::Probs);
    let (straight, hard) = of("pos.labels -> chunk via embed(4) { train predicted; grad straight }", Port::Straight);
    assert!(hard.iter().all(|v| v.abs() < 1e-6 || (v - 1.0).abs() < 1e-6), "{hard:?}");
    for owner in ["ea", "pos"] {
        assert!(near(&soft.of(owner), &straight.of(owner), 1e-5), "{owner}");
    }
    // and it reaches them from the loss
    let arrow = "pos.labels -> chunk via embed(4) { train predicted; grad straight }";
    let g = w.build(&spec(arrow)).backward("b", &["chunk"]);
    assert!(!g.nothing("ea") && !g.nothing("pos"));
}

#[test]
fn gradient_of_features_stopped_and_reversed() {
    let w = World::new();
    w.tsv("c", &["x", "y"], [&super::world::rows(&["good film|p", "bad film|n", "fine|p"]), &[], &[]]);
    let of = |change: &str| {
        let spec = format!(
            "data c = tsv(\"c\") {{ x: tokens; y: label }}
             encoder enc = embed(5, unk = 0) |> bilstm(4) |> max
             task y : classify of c.y from enc{change}
             task own : classify of c.y from enc
             train {{ batch 4; epochs 1 }}"
        );
        w.build(&spec).backward("c", &["y"])
    };
    let (plain, stopped, reversed) = (of(""), of(" |> stop"), of(" |> reverse(2)"));
    assert!(stopped.nothing("enc") && !stopped.nothing("y"));
    let expected: Vec<f32> = plain.of("enc").iter().map(|g| -2.0 * g).collect();
    assert!(near(&reversed.of("enc"), &expected, 1e-5));
    assert_eq!(plain.of("y"), reversed.of("y"));
}

#[test]
fn frozen_owners_do_not_move_by_a_bit() {
    let w = world();
    let frozen = |what: &str| {
        let spec = spec("pos.probs -> chunk via embed(4)").replace("epochs 1;", &format!("epochs 3; freeze {what};"));
        let r = w.build(&spec);
        let (before, after) = (r.params_at(5), r.train(5));
        let moved = |owner: &str| {
            let own = r.plan.params.iter().enumerate().filter(|(_, p)| p.owner == owner);
            let changed = own.map(|(i, p)| before.values(i) != after.weight(&p.name));
            changed.fold((true, true), |(all, none), c| (all && c, none && !c))
        };
        ["ea", "eb", "pos", "chunk", "pos.probs -> chunk"].map(|o| match moved(o) {
            (_, true) => 'f',
            (true, _) => 'm',
            _ => '?',
        })
    };
    assert_eq!(frozen("ea"), ['f', 'm', 'm', 'm', 'm']);
    // the arrow belongs to its destination
    assert_eq!(frozen("ea, pos"), ['f', 'm', 'f', 'm', 'm']);
    assert_eq!(frozen("eb, chunk"), ['m', 'f', 'm', 'f', 'm']);
}
