//! Relations between tokens, from a spec and its data to figures.

use super::world::{Dice, World};
use std::fmt::Write as _;

/// Clauses "NAME verb NAME", two a text: the verb says what holds from the first name to the second.
fn texts(n: usize, seed: u64) -> String {
    let mut dice = Dice::new(seed);
    let mut out = String::new();
    for _ in 0..n {
        let (mut words, mut tags, mut pairs) = (vec![], vec![], vec![]);
        for _ in 0..2 {
            if dice.roll(2) == 0 {
                words.push(format!("w{}", dice.roll(5)));
                tags.push("O");
            }
            let verb = dice.roll(3);
            let start = words.len();
            words.extend([
                format!("n{}", dice.roll(12)),
                ["likes", "leads", "and"][verb].into(),
                format!("n{}", dice.roll(12)),
            ]);
            tags.extend(["B-name", "O", "B-name"]);
            if verb < 2 {
                pairs.push((start, start + 2, ["like", "lead"][verb]));
            }
        }
        let line = serde_json::json!({ "x": words, "ner": tags, "relations": pairs });
        let _ = writeln!(out, "{line}");
    }
    out
}

fn world() -> World {
    let w = World::new();
    w.file("c/train.jsonl", &texts(300, 1)).file("c/test.jsonl", &texts(150, 2));
    w
}

fn spec(head: &str, more: &str) -> String {
    format!(
        "data c = jsonl(\"c\") {{ x: tokens; ner: tags on x; relations: pairs on x }}
         encoder e = embed(16) |> bilstm(16)
         task ner : tag of c.ner from e {{ metric span_f1 }}
         task relations : {head} of c.relations from e {{ metric f1, precision, f1(\"like\") }}
         {more}
         train {{ batch 16; epochs 30; optimizer adam(lr = 1e-2) }}"
    )
}

#[test]
fn every_form_of_the_head_learns() {
    let w = world();
    for head in [
        "relate",
        "relate(sigmoid)",
        "relate(multi, sigmoid)",
        "relate(biaffine)",
        "relate(multi, biaffine, width = 16)",
    ] {
        let t = w.build(&spec(head, "")).train(1);
        println!("{head}: {:.3}", t.test("relations"));
        assert!(t.test("relations") >= 0.95 && t.test("ner") >= 0.95, "{head}: {}", t.test("relations"));
    }
    // with few negatives more is said than holds
    let t = w.build(&spec("relate(multi, negatives = 1)", "")).train(1);
    println!("one negative each: {:.3}", t.test("relations"));
    assert!(t.test("relations") >= 0.6);
}

#[test]
fn labels_enter_by_an_arrow() {
    let w = world();
    let r =
        w.build(&spec("relate(multi, sigmoid)", "ner.labels -> relations via embed(8) { train gold; test predicted }"));
    assert!(r.train(1).test("relations") >= 0.95);
}

#[test]
fn pairs_that_are_none_are_named_with_their_line() {
    for (pairs, said) in [
        ("[[0, 5, \"a\"]]", "pair 1 names token 5, and the text has 2 tokens, counted from 0"),
        ("[[0, 1, \"a\"], [1, 1, \"a\"]]", "pair 2 joins token 1 to itself"),
        (
            "[[0, 1]]",
            "expected [[from, to, \"class\"], ...] with tokens counted from 0, found a list, number 1 in the list",
        ),
        ("\"a\"", "expected [[from, to, \"class\"], ...]"),
    ] {
        let w = World::new();
        let fine = "{\"x\": [\"a\", \"b\"], \"ner\": [\"O\", \"O\"], \"relations\": [[0, 1, \"a\"]]}\n";
        w.file("c/train.jsonl", &format!("{fine}{}", fine.replace("[[0, 1, \"a\"]]", pairs)));
        let found = w.refused(&spec("relate", ""));
        assert!(found.contains("E0606") && found.contains("train.jsonl:2") && found.contains(said), "{pairs}: {found}");
    }
}
