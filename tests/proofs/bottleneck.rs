//! Data whose best possible figure is known, so that an arrow, a layer or an adversary can be seen to do its work.

use super::world::{Dice, World};

/// The topic of `d` and the question `q` make the answer; each alone tells nothing.
fn facts(n: usize, seed: u64) -> Vec<Vec<String>> {
    let mut dice = Dice::new(seed);
    let filler = ["alpha", "beta", "gamma", "delta"];
    let row = |_| {
        let (topic, question) = (dice.roll(2), dice.roll(2));
        let mut d: Vec<String> = (0..3).map(|_| filler[dice.roll(4)].to_string()).collect();
        d[dice.roll(3)] = format!("{}{}", ["sea", "sky"][topic], dice.roll(3));
        let q = format!("{} {}", filler[dice.roll(4)], ["same", "other"][question]);
        let answer = ["no", "yes"][usize::from(topic == question)];
        vec![d.join(" "), q, ["sea", "sky"][topic].into(), answer.into()]
    };
    (0..n).map(row).collect()
}

#[test]
fn the_arrow_is_the_only_route() {
    let w = World::new();
    w.tsv("c", &["d", "q", "topic", "answer"], [&facts(300, 1), &[], &facts(200, 2)]);
    let spec = "data c = tsv(\"c\") { d: tokens; q: tokens; topic: label; answer: label }
        encoder ed = embed(12) |> max
        encoder eq = embed(12) |> max
        task topic  : classify of c.topic from ed(d)
        task answer : classify of c.answer from eq(q)
        topic.probs -> answer via dense(8, activation = none) |> gate
        train { batch 16; epochs 15; optimizer adam(lr = 1e-2) }";
    // a product is needed: a gate multiplies what is carried by what the question says
    let with = w.build(spec).train(1);
    let cut = w.without(spec, "topic", "answer").train(1);
    println!("with the arrow {:.3}, without {:.3}", with.test("answer"), cut.test("answer"));
    assert!(with.test("answer") >= 0.9, "{}", with.test("answer"));
    assert!(cut.test("answer") <= 0.65, "{}", cut.test("answer"));
    assert!(with.test("topic") >= 0.95 && cut.test("topic") >= 0.95);
}

/// Sentences of a hidden Markov chain of four tags; the chunk follows from three tags in a row.
fn tagged(n: usize, seed: u64) -> Vec<Vec<Vec<String>>> {
    let mut dice = Dice::new(seed);
    let next = [[0, 1, 1, 2], [2, 3, 3, 0], [0, 0, 3, 1], [1, 2, 2, 3]];
    let sentence = |_| {
        let mut tags = vec![dice.roll(4)];
        for _ in 0..6 + dice.roll(5) {
            let last = tags[tags.len() - 1];
            tags.push(next[last][dice.roll(4)]);
        }
        let at = |i: isize| usize::try_from(i).ok().and_then(|i| tags.get(i)).map_or(4, |t| *t);
        let chunk = |i: isize| (at(i - 1) * 3 + at(i) + at(i + 1) * 2) % 3;
        let row = |i: usize, dice: &mut Dice| {
            vec![
                format!("w{}", tags[i] * 50 + dice.roll(50)),
                format!("T{}", tags[i]),
                format!("C{}", chunk(i as isize)),
            ]
        };
        (0..tags.len()).map(|i| row(i, &mut dice)).collect()
    };
    (0..n).map(sentence).collect()
}

#[test]
fn parts_of_speech_help_chunks_with_few_examples() {
    let w = World::new();
    w.columns("pos", [&tagged(500, 1), &[], &tagged(100, 2)]);
    w.columns("chunk", [&tagged(50, 3), &[], &tagged(200, 4)]);
    let spec = "data p = columns(\"pos\") { x: tokens = 1; pos: tags on x = 2 }
        data c = columns(\"chunk\") { x: tokens = 1; chunk: tags on x = 3 }
        encoder l1 = embed(16) |> bilstm(16)
        encoder l2 = l1 |> bilstm(16)
        task pos   : tag of p.pos from l1
        task chunk : tag of c.chunk from l2
        train { batch 16; epochs 12; optimizer adam(lr = 1e-2); sample alternate }
        expect multi_step";
    let both = w.build(spec).train(1);
    let only = mtlc::hir::Options { only: vec!["chunk".into()], ..Default::default() };
    let single = spec.replace("expect multi_step", "").replace("epochs 12", "steps 400");
    let alone = w.build_with(&single, &only).train(1);
    println!("chunk with parts of speech {:.3}, alone {:.3}", both.test("chunk"), alone.test("chunk"));
    assert!(both.test("chunk") - alone.test("chunk") >= 0.05);
}

/// "play X" and "book X": what X is depends on the first word alone.
fn requests(n: usize, seed: u64) -> Vec<Vec<String>> {
    let mut dice = Dice::new(seed);
    let row = |_| {
        let intent = dice.roll(3);
        let (a, b) = (dice.roll(40), dice.roll(40));
        let slot = ["artist", "hotel", "city"][intent];
        let verb = [["play", "hear"], ["book", "reserve"], ["visit", "see"]][intent][dice.roll(2)];
        vec![
            format!("{verb} please n{a} now n{b}"),
            format!("O O B-{slot} O B-{slot}"),
            ["music", "stay", "trip"][intent].into(),
        ]
    };
    (0..n).map(row).collect()
}

#[test]
fn slots_that_depend_on_the_intent() {
    let w = World::new();
    w.tsv("c", &["x", "slots", "intent"], [&requests(200, 1), &[], &requests(150, 2)]);
    let spec = "data c = tsv(\"c\") { x: tokens; slots: tags on x; intent: label }
        encoder words = embed(16)
        encoder whole = embed(16) |> bilstm(12)
        task slot   : tag of c.slots from words |> dense(16) { metric span_f1 }
        task intent : classify of c.intent from whole |> attend
        intent.probs -> slot via embed(8)
        train { batch 16; epochs 12; optimizer adam(lr = 1e-2) }
        expect multi_step";
    let with = w.build(spec).train(1);
    let spec = spec.replace("expect multi_step", "");
    let cut = w.without(&spec, "intent", "slot").train(1);
    println!("slot F1 with the intent {:.3}, without {:.3}", with.test("slot"), cut.test("slot"));
    assert!(with.test("slot") >= 0.95, "{}", with.test("slot"));
    assert!(with.test("slot") - cut.test("slot") >= 0.3, "{}", cut.test("slot"));
}

/// Polarity words common to all domains, and words of the domain.
fn reviews(domain: usize, n: usize, seed: u64) -> Vec<Vec<String>> {
    let mut dice = Dice::new(seed * 31 + domain as u64);
    let row = |_| {
        let polarity = dice.roll(2);
        let word = |dice: &mut Dice| match dice.roll(3) {
            0 => format!("{}{}", ["bad", "good"][polarity], dice.roll(8)),
            _ => format!("d{domain}w{}", dice.roll(8)),
        };
        let mut words: Vec<String> = (0..5).map(|_| word(&mut dice)).collect();
        words.push(format!("{}{}", ["bad", "good"][polarity], dice.roll(8)));
        vec![words.join(" "), ["-", "+"][polarity].into()]
    };
    (0..n).map(row).collect()
}

/// The adversary is brought to chance at no cost to the task. That says nothing of what a fresh probe reads from the
/// features: at this size it reads them about as well with and without reversal, whatever λ (0.05 to 5 were tried), so
/// its figure is printed and not asserted. The probe's stage does leave the features alone.
#[test]
fn an_adversary_is_brought_to_chance() {
    let w = World::new();
    for d in 0..4 {
        let name = format!("r/d{d}");
        w.tsv(&name, &["x", "y"], [&reviews(d, 200, 1), &[], &reviews(d, 100, 2)]);
    }
    let spec = |lambda: &str| {
        format!(
            "for d in [\"d0\", \"d1\", \"d2\", \"d3\"] {{
               data r = tsv(\"r/{{d}}\") {{ x: tokens; y: label }}
               encoder private = words |> dense(8, activation = tanh) |> mean
               task sent : classify of r.y from shared & private
             }}
             encoder words = embed(16)
             encoder shared = words |> bilstm(8) |> max
             task adversary : classify of r[*].source from shared |> reverse({lambda}) |> dense(16)
             task probe : classify of r[*].source from shared
             train {{
               batch 16
               stage learn {{ tasks sent[*], adversary; epochs 10; optimizer adam(lr = 3e-3) }}
               stage probe {{ tasks probe; freeze shared, words; epochs 4; optimizer adam(lr = 3e-2) }}
             }}"
        )
    };
    let read = |lambda: &str| {
        let r = w.build(&spec(lambda));
        let all: Vec<_> = [1, 2].map(|seed| r.train(seed)).into();
        let mean = |task: &str| all.iter().map(|t| t.test(task)).sum::<f64>() / 2.0;
        let sent = (0..4).map(|d| mean(&format!("sent[\"d{d}\"]"))).sum::<f64>() / 4.0;
        println!("λ {lambda}: adversary {:.3}, probe {:.3}, task {sent:.3}", mean("adversary"), mean("probe"));
        (mean("adversary"), sent)
    };
    let (without, with) = (read("0"), read("0.2"));
    assert!(without.0 - with.0 >= 0.08, "the adversary reads {} and {}", without.0, with.0);
    assert!(with.0 <= 0.32, "{}", with.0);
    assert!(without.1 - with.1 <= 0.02, "the task fell from {} to {}", without.1, with.1);
}

#[test]
fn uncertainty_goes_to_the_paper_s_optimum() {
    // without anything to read, the losses of the two tasks stay at their entropies: ln 4 and that of 7 : 1
    let w = World::new();
    let row = |i: usize| vec!["w".to_string(), format!("{}", i % 4), format!("{}", usize::from(i.is_multiple_of(8)))];
    let data: Vec<Vec<String>> = (0..32).map(row).collect();
    w.tsv("c", &["x", "y", "z"], [&data, &[], &[]]);
    let r = w.build(
        "data c = tsv(\"c\") { x: tokens; y: label; z: label }
         encoder e = embed(2) |> mean
         task y : classify of c.y from e
         task z : classify of c.z from e
         train { batch 32; epochs 600; weights uncertainty; optimizer adam(lr = 2e-2) }",
    );
    let t = r.train(1);
    let s = |task: &str| {
        let p = r.plan.params.iter().find(|p| p.name.contains(task) && p.shape == [1] && !p.name.contains("out"));
        let names: Vec<&String> = r.plan.params.iter().map(|p| &p.name).collect();
        f64::from(t.weight(&p.unwrap_or_else(|| panic!("{names:?}")).name)[0])
    };
    let p = 1.0f64 / 8.0;
    // d/ds (exp(-s)·L + s/2) = 0 at s = ln 2L
    for (task, loss) in [("y", 4.0f64.ln()), ("z", -(p * p.ln() + (1.0 - p) * (1.0 - p).ln()))] {
        let optimum = (2.0 * loss).ln();
        assert!((s(task) - optimum).abs() < 0.05, "{task}: {} against {optimum}", s(task));
    }
}
