//! A dependency parser learns a grammar whose trees follow from the words.

use super::world::{Dice, Sentence, World};

/// A noun phrase: its tokens, and the place of its noun among them.
fn phrase(dice: &mut Dice, first: usize) -> (Vec<[String; 3]>, usize) {
    let adjectives = dice.roll(3);
    let noun = first + 1 + adjectives;
    let token = |word: &str, n: usize, relation: &str| [format!("{word}{n}"), noun.to_string(), relation.to_string()];
    let mut tokens = vec![token("the", dice.roll(2), "det")];
    (0..adjectives).for_each(|_| tokens.push(token("small", dice.roll(8), "amod")));
    tokens.push(token("cat", dice.roll(12), ""));
    (tokens, noun)
}

/// Subject, verb, object: two phrases that look alike, told apart by where they stand.
fn trees(n: usize, seed: u64) -> Vec<Sentence> {
    let mut dice = Dice::new(seed);
    let sentence = |_| {
        let (mut all, subject) = phrase(&mut dice, 1);
        let verb = all.len() + 1;
        all.push([format!("sees{}", dice.roll(8)), "0".into(), "root".into()]);
        let (object, noun) = phrase(&mut dice, verb + 1);
        all.extend(object);
        for (at, relation) in [(subject, "nsubj"), (noun, "obj")] {
            all[at - 1][1] = verb.to_string();
            all[at - 1][2] = relation.into();
        }
        all.into_iter().map(|t| t.to_vec()).collect()
    };
    (0..n).map(sentence).collect()
}

#[test]
fn a_grammar_is_learnt() {
    let w = World::new();
    w.columns("bank", [&trees(200, 1), &[], &trees(100, 2)]);
    let spec = "data bank = columns(\"bank\") { x: tokens = 1; tree: heads on x = 2 }
        encoder enc = embed(16) |> bilstm(16)
        task tree : parse(arc = 24, label = 12) of bank.tree from enc { metric las, uas }
        train { batch 16; epochs 8; optimizer adam(lr = 1e-2) }";
    let run = w.build(spec).train(1);
    println!("las {:.3}", run.test("tree"));
    assert!(run.test("tree") >= 0.97, "{}", run.test("tree"));
}
