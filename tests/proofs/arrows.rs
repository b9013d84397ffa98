//! What an arrow means: where its source runs, what it carries in each phase, how it enters, how feedback is unrolled.

use super::world::{Ready, World, rows, sentences};
use mtlc::ops::params::Params;
use mtlc::plan::{Op, Phase, Port};

type Matrix = Vec<Vec<f64>>;

fn times(a: &Matrix, b: &Matrix) -> Matrix {
    let columns = b.first().map_or(0, Vec::len);
    a.iter().map(|r| (0..columns).map(|j| r.iter().zip(b).map(|(x, row)| x * row[j]).sum()).collect()).collect()
}

fn zip(a: &Matrix, b: &Matrix, f: impl Fn(f64, f64) -> f64) -> Matrix {
    // one row of `b` serves all rows of `a`
    let row = |i: usize| if b.len() == 1 { &b[0] } else { &b[i] };
    a.iter().enumerate().map(|(i, r)| r.iter().zip(row(i)).map(|(x, y)| f(*x, *y)).collect()).collect()
}

fn beside(a: &Matrix, b: &Matrix) -> Matrix {
    a.iter().zip(b).map(|(x, y)| x.iter().chain(y).copied().collect()).collect()
}

fn softmax(a: &Matrix) -> Matrix {
    let row = |r: &Vec<f64>| {
        let e: Vec<f64> = r.iter().map(|x| x.exp()).collect();
        let sum: f64 = e.iter().sum();
        e.into_iter().map(|x| x / sum).collect()
    };
    a.iter().map(row).collect()
}

fn assert_near(a: &Matrix, b: &Matrix, what: &str) {
    assert_eq!((a.len(), a[0].len()), (b.len(), b[0].len()), "{what}");
    for (x, y) in a.iter().flatten().zip(b.iter().flatten()) {
        assert!((x - y).abs() <= 1e-4 * (1.0 + x.abs()), "{what}: {x} against {y}");
    }
}

/// Features·weight + bias.
fn head(r: &Ready, p: &Params, task: &str, features: &Matrix) -> Matrix {
    let (w, b) = (r.param(p, &format!("{task}.out.weight")), r.param(p, &format!("{task}.out.bias")));
    zip(&times(features, &w), &b, |x, y| x + y)
}

/// The value of a layer of some kind, the last one of its name.
fn layer(r: &Ready, corpus: &str, phase: Phase, task: &str, name: &str) -> Matrix {
    let named = |op: &Op| matches!(op, Op::Layer { layer } if r.plan.layers[*layer].name == name);
    let all = r.values(corpus, phase, &[task], 0.0, named);
    let names: Vec<&String> = r.plan.layers.iter().map(|l| &l.name).collect();
    all.last().unwrap_or_else(|| panic!("no {name} in {names:?}")).clone()
}

fn ports(r: &Ready, corpus: &str, phase: Phase, task: &str, progress: f64) -> Vec<Matrix> {
    r.values(corpus, phase, &[task], progress, |op| matches!(op, Op::Port { .. }))
}

fn golds(r: &Ready, corpus: &str, task: &str, progress: f64) -> Vec<Matrix> {
    r.values(corpus, Phase::Train, &[task], progress, |op| matches!(op, Op::Gold { .. }))
}

/// Tags for tokens and a class for the whole, in one corpus; another corpus with a class alone.
fn world() -> World {
    let w = World::new();
    let a: Vec<Vec<String>> = rows(&["u v w|A B A|1", "w|B|0", "v v|B C|1"]);
    w.tsv("a", &["x", "t", "y"], [&a, &[], &[]]);
    w.tsv("b", &["s", "z"], [&rows(&["w u|p", "v v v u|q"]), &[], &[]]);
    w
}

const DATA: &str = "data a = tsv(\"a\") { x: tokens; t: tags on x; y: label }
    data b = tsv(\"b\") { s: tokens; z: label }
    encoder e = embed(4, unk = 0) |> bilstm(3)
    encoder f = embed(4, unk = 0) |> bilstm(2)
    task t : tag of a.t from e\n";

fn with(rest: &str) -> String {
    format!("{DATA}{rest}\ntrain {{ batch 4; epochs 1 }}")
}

#[test]
fn the_source_runs_on_the_destination_s_examples() {
    let w = world();
    let r = w.build(&with("task z : classify of b.z from f |> mean\n t.probs -> z"));
    for phase in [Phase::Train, Phase::Test] {
        let g = r.graph("b", phase);
        // computed there, without gold: no loss
        assert_eq!(g.tasks.iter().find(|g| g.task == r.task("t")).unwrap().gold, None);
        assert!(g.nodes.iter().any(|n| n.op == Op::Head { task: r.task("t") }));
        // six tokens of b, three tags; then their mean for each of the two examples
        let p = &ports(&r, "b", phase, "z", 0.0)[0];
        assert_eq!((p.len(), p[0].len()), (6, 3));
        let features = layer(&r, "b", phase, "z", "concat");
        let mean = |rows: &[Vec<f64>], k: usize| rows.iter().map(|r| r[k]).sum::<f64>() / rows.len() as f64;
        for k in 0..3 {
            assert!((features[0][4 + k] - mean(&p[..2], k)).abs() < 1e-6);
            assert!((features[1][4 + k] - mean(&p[2..], k)).abs() < 1e-6);
        }
    }
    let b = r.backward("b", &["t", "z"]);
    assert_eq!(b.losses.keys().collect::<Vec<_>>(), ["z"]);
    assert_eq!(r.backward("a", &["t", "z"]).losses.keys().collect::<Vec<_>>(), ["t"]);
    assert!(r.plan.verdict.multi_step);
}

#[test]
fn a_vector_is_spread_over_tokens() {
    let w = world();
    let r = w.build(&with("task y : classify of a.y from f |> max\n task u : tag of a.t from f\n y.probs -> u"));
    let p = &ports(&r, "a", Phase::Test, "u", 0.0)[0];
    let h = layer(&r, "a", Phase::Test, "u", "concat");
    let owner = [0, 0, 0, 1, 2, 2];
    assert_eq!((p.len(), h.len()), (3, 6));
    for (row, e) in h.iter().zip(owner) {
        assert_eq!(row[4..], p[e]);
    }
}

#[test]
fn ways_to_enter() {
    let w = world();
    let rest = |via: &str| with(&format!("task u : tag of a.t from f\n t.hidden -> u {via}"));
    let name = "t.hidden -> u";
    for via in ["", "via concat", "via gate", "via add", "via dense(5, activation = none) |> add"] {
        let r = w.build(&rest(via));
        let p = r.params();
        let (h, mut c) = (layer(&r, "a", Phase::Test, "u", "f.bilstm"), layer(&r, "a", Phase::Test, "u", "e.bilstm"));
        if via.contains("dense") {
            let (w, b) = (r.param(&p, &format!("{name}.dense.weight")), r.param(&p, &format!("{name}.dense.bias")));
            c = zip(&times(&c, &w), &b, |x, y| x + y);
        }
        let features = if via.ends_with("gate") {
            let [gw, gb, gu] = ["w", "b", "u"].map(|n| r.param(&p, &format!("{name}.gate.{n}")));
            let open = zip(&times(&beside(&h, &c), &gw), &gb, |x, y| 1.0 / (1.0 + (-x - y).exp()));
            zip(&h, &zip(&open, &times(&c, &gu), |x, y| x * y), |x, y| x + y)
        } else if via.ends_with("add") {
            zip(&h, &times(&c, &r.param(&p, &format!("{name}.add.u"))), |x, y| x + y)
        } else {
            beside(&h, &c)
        };
        assert_near(&r.scores("a", Phase::Test, "u"), &head(&r, &p, "u", &features), via);
    }
    // a soft label embedding: Σ p·E
    let r = w.build(&with("task u : tag of a.t from f\n t.probs -> u via embed(7)"));
    let p = r.params();
    let probs = &ports(&r, "a", Phase::Test, "u", 0.0)[0];
    assert!(probs.iter().all(|r| (r.iter().sum::<f64>() - 1.0).abs() < 1e-5));
    let carried = times(probs, &r.param(&p, "t.probs -> u.embed.weight"));
    assert_eq!(carried[0].len(), 7);
    let features = beside(&layer(&r, "a", Phase::Test, "u", "f.bilstm"), &carried);
    assert_near(&r.scores("a", Phase::Test, "u"), &head(&r, &p, "u", &features), "embed");
}

#[test]
fn gold_while_training_and_predictions_at_test() {
    let w = world();
    let rest = "task u : tag of a.t from f\n t.labels -> u via embed(4) { train gold }";
    let r = w.build(&with(rest));
    // t's classes are A, B, C
    let shown = &golds(&r, "a", "u", 0.0)[0];
    let one = |k: usize| (0..3).map(|i| f64::from(u8::from(i == k))).collect::<Vec<_>>();
    assert_eq!(*shown, [0, 1, 0, 1, 1, 2].map(one).to_vec());
    // the prediction, and its encoder, are not even computed
    assert!(ports(&r, "a", Phase::Train, "u", 0.0).is_empty());
    assert!(r.backward("a", &["u"]).nothing("e"));
    assert!(golds(&r, "a", "u", 1.0)[0] == *shown);
    // at test the label is that of the highest score
    assert!(!r.graph("a", Phase::Test).nodes.iter().any(|n| matches!(n.op, Op::Gold { .. })));
    let scores = r.scores("a", Phase::Test, "t");
    let best = |row: &Vec<f64>| (0..3).max_by(|i, j| row[*i].total_cmp(&row[*j])).unwrap();
    let labels = &ports(&r, "a", Phase::Test, "u", 0.0)[0];
    assert_eq!(*labels, scores.iter().map(|r| one(best(r))).collect::<Matrix>());
}

#[test]
fn scheduled_share_falls_with_progress() {
    let w = World::new();
    let many: Vec<String> = (0..400).map(|i| format!("w{}|{}|{}", i % 7, ["A", "B"][i % 2], i % 3)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    w.tsv("c", &["x", "y", "z"], [&rows(&many), &[], &[]]);
    let spec = |train: &str| {
        format!(
            "data c = tsv(\"c\") {{ x: tokens; y: label; z: label }}
             encoder e = embed(3, unk = 0) |> mean
             task y : classify of c.y from e
             task z : classify of c.z from e
             y.probs -> z {{ train {train} }}
             train {{ epochs 1 }}"
        )
    };
    let share = |r: &Ready, progress: f64| {
        let all = golds(r, "c", "z", progress);
        let hot = |row: &&Vec<f64>| row.iter().all(|x| *x == 0.0 || *x == 1.0);
        all[0].iter().filter(hot).count() as f64 / 400.0
    };
    let r = w.build(&spec("scheduled(1 -> 0)"));
    for (progress, expected) in [(0.0, 1.0), (0.25, 0.75), (0.5, 0.5), (1.0, 0.0)] {
        assert!((share(&r, progress) - expected).abs() < 0.08, "{progress}: {}", share(&r, progress));
    }
    let r = w.build(&spec("scheduled(0.6 -> 0.2)"));
    assert!((share(&r, 0.0) - 0.6).abs() < 0.08 && (share(&r, 1.0) - 0.2).abs() < 0.08);
    assert!((share(&w.build(&spec("gold")), 0.9) - 1.0).abs() < 1e-9);
}

#[test]
fn arrows_of_one_phase() {
    let w = world();
    let r = w.build(&with(
        "task u : tag of a.t from f
         t.labels -> u { train gold; when train }
         t.probs  -> u { when test }",
    ));
    let count = |phase: Phase, port: Port| {
        let of = |op: &Op| matches!(op, Op::Port { port: p, .. } if *p == port);
        r.graph("a", phase).nodes.iter().filter(|n| of(&n.op)).count()
    };
    assert_eq!((count(Phase::Train, Port::Labels), count(Phase::Train, Port::Probs)), (1, 0));
    assert_eq!((count(Phase::Test, Port::Labels), count(Phase::Test, Port::Probs)), (0, 1));
    // a phase without its arrow is another model
    let found = w.refused(&with("task u : tag of a.t from f\n t.probs -> u { when train }"));
    assert!(found.contains("E0503"), "{found}");
}

/// `t` and `u` feed each other; the same by hand.
fn unrolled(rounds: u32) {
    let w = world();
    let r = w.build(&with(&format!(
        "task u : tag of a.t from f
         t.probs -> u via embed(4)
         u.probs ~> t via embed(5) {{ rounds {rounds} }}"
    )));
    let p = r.params();
    let (he, hf) = (layer(&r, "a", Phase::Test, "t", "e.bilstm"), layer(&r, "a", Phase::Test, "u", "f.bilstm"));
    let (to_u, to_t) = (r.param(&p, "t.probs -> u.embed.weight"), r.param(&p, "u.probs ~> t.embed.weight"));
    let zeros = vec![vec![0.0; 5]; he.len()];
    let mut t = head(&r, &p, "t", &beside(&he, &zeros));
    let u = |t: &Matrix| head(&r, &p, "u", &beside(&hf, &times(&softmax(t), &to_u)));
    for _ in 0..rounds {
        let back = times(&softmax(&u(&t)), &to_t);
        t = head(&r, &p, "t", &beside(&he, &back));
    }
    for phase in [Phase::Train, Phase::Test] {
        assert_near(&r.scores("a", phase, "t"), &t, "t");
        assert_near(&r.scores("a", phase, "u"), &u(&t), "u");
    }
    assert!(!r.backward("a", &["t"]).nothing("f"));
}

#[test]
fn feedback_is_unrolled() {
    unrolled(1);
    unrolled(2);
    unrolled(3);
}

#[test]
fn feedback_of_states_whose_width_waits_for_labels() {
    let w = world();
    // the states of `u` hold the three probabilities of `t`
    let r = w.build(&with(
        "task u : tag of a.t from f
         t.probs -> u
         u.hidden ~> t via dense(2) |> gate { rounds 1 }",
    ));
    assert!(!r.backward("a", &["t", "u"]).nothing("u.hidden ~> t"));
    // both ways
    let r = w.build(&with(
        "task u : tag of a.t from f
         t.hidden ~> u via gate { rounds 2 }
         u.hidden ~> t via gate { rounds 2 }",
    ));
    assert!(!r.backward("a", &["t", "u"]).nothing("t.hidden ~> u"));
    // side by side they would grow without end
    let found = w.refused(&with(
        "task u : tag of a.t from f
         t.hidden ~> u { rounds 1 }
         u.hidden ~> t { rounds 1 }",
    ));
    assert!(found.contains("E0407"), "{found}");
}

#[test]
fn an_arrow_into_a_layer_of_an_encoder() {
    let w = world();
    // from the layer below to the layer above, within one encoder
    let base = "data a = tsv(\"a\") { x: tokens; t: tags on x; y: label }
        data b = tsv(\"b\") { s: tokens; z: label }
        encoder e = embed(4, unk = 0) |> bilstm(3) |> bilstm(2)
        task t : tag of a.t from e@1
        task u : tag of a.t from e
        task y : classify of a.y from e@2 |> mean
        task z : classify of b.z from e |> max\n";
    let with = |arrow: &str| format!("{base}{arrow}\ntrain {{ batch 4; epochs 1 }}");
    let r = w.build(&with("t.probs -> e@2 via embed(5)"));
    let wide = r.plan.params.iter().find(|p| p.name == "e.bilstm2.fwd.w_ih").map(|p| p.shape[0]);
    assert_eq!(wide, Some(6 + 5), "{:?}", r.plan.params.iter().map(|p| &p.name).collect::<Vec<_>>());
    for (corpus, task) in [("a", "u"), ("a", "y"), ("b", "z")] {
        let g = r.backward(corpus, &[task]);
        assert!(!g.nothing("t") && !g.nothing("t.probs -> e@2") && !g.nothing("e"), "{task}");
    }
    // used by three tasks in a, computed once
    let heads = |r: &Ready| r.graph("a", Phase::Train).nodes.iter().filter(|n| matches!(n.op, Op::Port { .. })).count();
    assert_eq!(heads(&r), 1);
    // into the first layer, from elsewhere
    let r = w.build(&format!(
        "{DATA}encoder g = embed(3) |> bilstm(2)\ntask z : classify of b.z from g |> max
         t.probs -> g
         train {{ epochs 1 }}"
    ));
    assert!(!r.backward("b", &["z"]).nothing("e"));
    // where there is no such layer, it is said
    let found = w.refused(&with("t.probs -> e@3"));
    assert!(found.contains("E0305"), "{found}");
    let found = w.refused(&format!(
        "{DATA}encoder g = embed(3)\ntask u : tag of a.t from g\nt.probs -> g\ntrain {{ epochs 1 }}"
    ));
    assert!(found.contains("E0305"), "{found}");
    // waits for itself
    let found = w.refused(&with("t.probs -> e@1"));
    assert!(found.contains("E0301"), "{found}");
}

#[test]
fn several_arrows_between_the_same_tasks() {
    let w = world();
    let r = w.build(&with(
        "task u : tag of a.t from f
         t.probs -> u via embed(4)
         t.hidden -> u via gate
         t.logits -> u via dense(2)",
    ));
    let mut names: Vec<&String> = r.plan.params.iter().map(|p| &p.name).collect();
    let n = names.len();
    names.sort();
    names.dedup();
    assert_eq!(n, names.len());
    assert_eq!(r.plan.params[r.plan.tasks[r.task("u")].params[0]].shape[0], 4 + 4 + 2);
    // one that says the same twice is a slip
    let found = w.refused(&with("task u : tag of a.t from f\nt.probs -> u via embed(4)\nt.probs -> u via embed(2)"));
    assert!(found.contains("E0202"), "{found}");
}

#[test]
fn a_chain_over_three_corpora() {
    let w = World::new();
    let tagged = |of: &[&str]| sentences(of);
    let pos = ["the/D cat/N sees/V the/D dog/N", "a/D dog/N runs/V", "cats/N run/V", "the/D dogs/N see/V cats/N"];
    let chunk = ["the/B cat/I runs/O", "dogs/B see/O the/B cat/I", "a/B dog/I sees/O cats/B", "cats/B run/O"];
    w.columns("pos", [&tagged(&pos), &tagged(&pos), &tagged(&pos)]);
    w.columns("chunk", [&tagged(&chunk), &tagged(&chunk), &tagged(&chunk)]);
    let pairs = rows(&["the cat runs|cats run|1", "a dog sees|the cat|0", "dogs run|a dog runs|1", "cats|dogs see|0"]);
    w.tsv("pairs", &["a", "b", "y"], [&pairs, &pairs, &pairs]);
    let spec = "data p = columns(\"pos\") { x: tokens = 1; pos: tags on x = 2 }
        data c = columns(\"chunk\") { x: tokens = 1; chunk: tags on x = 2 }
        data r = tsv(\"pairs\") { a: tokens; b: tokens; y: label }
        encoder w  = embed(16)
        encoder l1 = w |> bilstm(8)
        encoder l2 = (l1 & w) |> bilstm(8)
        encoder l3 = (l2 & w) |> bilstm(8)
        task pos : tag of p.pos from l1
        task chunk : tag of c.chunk from l2
        task same : classify of r.y from match(l3(a) |> max, l3(b) |> max)
        pos.probs -> l2, l3 via embed(4)
        chunk.probs -> l3 via embed(4)
        train { batch 2; epochs 30; optimizer adam(lr = 1e-2); sample SAMPLE }
        expect multi_step";
    for sample in ["joint", "alternate", "proportional"] {
        let r = w.build(&spec.replace("SAMPLE", sample));
        assert_eq!(r.plan.verdict.steps, [["pos"], ["chunk"], ["same"]]);
        // on the pairs both sources run, on both texts
        let of = |t: &str| {
            let t = r.task(t);
            r.graph("r", Phase::Train).nodes.iter().filter(|n| n.op == Op::Head { task: t }).count()
        };
        assert_eq!((of("pos"), of("chunk")), (2, 2));
        let done = r.train(1);
        for task in ["pos", "chunk", "same"] {
            assert!(done.test(task) >= 0.9, "{sample} {task}: {}", done.test(task));
        }
    }
}

#[test]
fn the_source_reads_the_text_that_its_reader_reads() {
    let w = world();
    w.tsv("p", &["x", "q", "y"], [&rows(&["u v|w|1", "w|v u w|0"]), &[], &[]]);
    let spec = |features: &str| {
        format!(
            "{DATA}data p = tsv(\"p\") {{ x: tokens; q: tokens; y: label }}
             task z : classify of p.y from {features}
             t.probs -> z
             train {{ epochs 1 }}"
        )
    };
    // `t` was declared on a text called x, but the reader reads q
    for (features, field) in [("f(q) |> max", 1), ("f(x) |> max", 0)] {
        let r = w.build(&spec(features));
        let texts = r.graph("p", Phase::Train).nodes.iter().filter_map(|n| match &n.op {
            Op::Text { fields } => Some(fields.clone()),
            _ => None,
        });
        assert_eq!(texts.collect::<Vec<_>>(), [vec![field]], "{features}");
    }
    // of two texts, the one that is called as its own
    let r = w.build(&spec("match(f(x) |> max, f(q) |> max)"));
    assert_eq!(ports(&r, "p", Phase::Test, "z", 0.0)[0].len(), 3);
    // scores and states have no gold
    for port in ["hidden", "logits"] {
        let found = w.refused(&with(&format!("task u : tag of a.t from f\nt.{port} -> u {{ train gold }}")));
        assert!(found.contains("E0506"), "{found}");
    }
    let found = w.refused(&with("task u : tag of a.t from f\nt.probs -> u { grad reverse(-1) }"));
    assert!(found.contains("E0207"), "{found}");
}
