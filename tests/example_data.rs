//! The data sets under `examples/data` are what their generator gives, and are what their README says.

#[path = "../examples/data/generate.rs"]
mod generate;

use generate::{assistant, pairs, reviews, treebank};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn shipped_files_come_out_of_the_generator() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let of = |folder: &'static str, files: Vec<generate::File>| {
        files.into_iter().map(move |(path, text)| (format!("{folder}/{path}"), text))
    };
    let systems = generate::systems::files();
    let bytes: usize = systems.iter().map(|(_, text)| text.len()).sum();
    assert!(bytes < 5_000_000, "data of the systems: {bytes} bytes");
    for (path, text) in of("data", generate::files()).chain(of("systems/data", systems)) {
        let shipped = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
        assert!(shipped == text, "{path} differs: run `cargo run --no-default-features --example generate_data`");
        assert!(text.len() < 400_000, "{path} is too big");
        assert!(!text.contains(['[', ']', '{', '}', '@', '#', '~']), "{path} holds an unfilled pattern");
        assert!(!text.contains("  ") && text.ends_with('\n'), "{path} has stray spaces");
    }
}

/// Chunks must be valid BIO: `I-X` only inside X.
fn assert_bio<'a>(tags: impl Iterator<Item = &'a str>) {
    let mut before = "O";
    for tag in tags {
        if let Some(kind) = tag.strip_prefix("I-") {
            assert!(before.len() > 2 && &before[2..] == kind, "{tag} after {before}");
        } else {
            assert!(tag == "O" || tag.starts_with("B-"), "{tag}");
        }
        before = tag;
    }
}

/// Slot values of an utterance as (slot, value), and its words with slots in place of values.
fn parts(u: &assistant::Utterance) -> (Vec<(String, String)>, String) {
    let (mut values, mut skeleton): (Vec<(String, String)>, Vec<String>) = (vec![], vec![]);
    for (word, tag) in u.words.iter().zip(&u.tags) {
        match tag.split_once('-') {
            Some(("B", slot)) => {
                values.push((slot.into(), word.clone()));
                skeleton.push(format!("<{slot}>"));
            }
            Some(_) => {
                if let Some(last) = values.last_mut() {
                    last.1 += &format!(" {word}");
                }
            }
            None => skeleton.push(word.clone()),
        }
    }
    (values, skeleton.join(" "))
}

#[test]
fn assistant_keeps_names_and_patterns_of_test_out_of_training() {
    let splits = assistant::splits();
    assert_eq!(splits.each_ref().map(Vec::len), assistant::SIZES);
    let mut names: BTreeMap<String, [BTreeSet<String>; 3]> = BTreeMap::new();
    let (mut slots, mut intents) = (BTreeSet::new(), BTreeSet::new());
    for (i, split) in splits.iter().enumerate() {
        for u in split {
            assert!(!u.words.is_empty() && u.words.len() == u.tags.len());
            assert_bio(u.tags.iter().map(String::as_str));
            intents.insert(u.intent);
            for (slot, value) in parts(u).0 {
                names.entry(slot.clone()).or_default()[i].insert(value);
                slots.insert(slot);
            }
        }
    }
    assert_eq!((intents.len(), slots.len()), (7, 20));
    for slot in assistant::OPEN {
        let [train, dev, test] = &names[slot];
        assert!(train.len() > 20 && test.len() > 10, "{slot}");
        assert!(train.is_disjoint(test) && train.is_disjoint(dev) && dev.is_disjoint(test), "{slot}");
    }
    // every slot and intent of dev and test occurs in training
    for (slot, [train, _, _]) in &names {
        assert!(!train.is_empty(), "{slot}");
    }
    let patterns =
        splits.each_ref().map(|s| s.iter().filter(|u| u.held_out).map(|u| u.pattern).collect::<BTreeSet<_>>());
    let known: BTreeSet<_> = splits[0].iter().map(|u| u.pattern).collect();
    assert!(patterns[0].is_empty() && known.is_disjoint(&patterns[1]) && known.is_disjoint(&patterns[2]));
    assert!(patterns[1].is_disjoint(&patterns[2]));
    let skeletons: BTreeSet<_> = splits[0].iter().map(|u| parts(u).1).collect();
    for (split, percent) in splits.iter().zip(assistant::HELD_OUT) {
        let held = split.iter().filter(|u| u.held_out).collect::<Vec<_>>();
        assert!((held.len() * 100).abs_diff(percent * split.len()) <= 6 * split.len(), "{}", held.len());
        for u in held {
            assert!(!skeletons.contains(&parts(u).1), "training has the pattern of: {}", u.words.join(" "));
        }
    }
}

#[test]
fn treebank_is_ambiguous_and_holds_words_back() {
    let splits = treebank::splits();
    assert_eq!(splits.each_ref().map(Vec::len), treebank::SIZES);
    let mut tags: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut pos = BTreeSet::new();
    for t in splits.iter().flatten().flatten() {
        tags.entry(&t.word).or_default().insert(t.pos);
        pos.insert(t.pos);
    }
    assert!(pos.len() >= 12, "{pos:?}");
    assert!(tags.values().filter(|t| t.len() > 1).count() > 100);
    assert_eq!(tags["that"], BTreeSet::from(["DT", "IN", "WDT"]));
    for sentence in splits.iter().flatten() {
        assert_bio(sentence.iter().map(|t| t.chunk.as_str()));
        // one root, and every token is below it
        let text: Vec<&str> = sentence.iter().map(|t| t.word.as_str()).collect();
        assert_eq!(sentence.iter().filter(|t| t.head == 0).count(), 1, "{}", text.join(" "));
        for t in sentence {
            assert_eq!(t.head == 0, t.relation == "root", "{t:?} of {}", text.join(" "));
            let path = std::iter::successors(Some(t), |t| sentence.get(t.head.wrapping_sub(1)));
            assert!(path.take(sentence.len() + 1).count() <= sentence.len(), "{t:?} of {}", text.join(" "));
        }
    }
    let words = |i: usize| splits[i].iter().flatten().map(|t| t.word.as_str()).collect::<BTreeSet<_>>();
    let (train, dev, test) = (words(0), words(1), words(2));
    let new: BTreeSet<_> = test.difference(&train).copied().collect();
    assert!(new.len() > 60 && new.iter().filter(|w| dev.contains(*w)).count() < new.len() / 3, "{}", new.len());
}

#[test]
fn reviews_are_balanced() {
    for (domain, splits) in reviews::splits() {
        for (split, size) in splits.iter().zip(reviews::SIZES) {
            assert_eq!(split.len(), size, "{domain}");
            assert_eq!(split.iter().filter(|r| r.0).count() * 2, size, "{domain}");
            assert!(split.iter().all(|r| !r.1.is_empty() && !r.1.contains('\t')));
        }
        let texts = |i: usize| splits[i].iter().map(|r| r.1.as_str()).collect::<BTreeSet<_>>();
        assert!(texts(0).is_disjoint(&texts(2)) && texts(0).is_disjoint(&texts(1)));
    }
}

#[test]
fn verdicts_agree_with_scores() {
    for (split, size) in pairs::splits().iter().zip(pairs::SIZES) {
        assert_eq!(split.len(), size);
        let mean = |verdict: &str| {
            let scores: Vec<usize> = split.iter().filter(|p| p.verdict == verdict).map(|p| p.score).collect();
            assert!(scores.len() * 10 > size, "{verdict}");
            scores.iter().sum::<usize>() / scores.len()
        };
        assert!(mean("entailment") > mean("contradiction") && mean("contradiction") > mean("neutral"));
        for p in split {
            assert!((10..=50).contains(&p.score) && p.a != p.b);
            assert_eq!(
                p.verdict == "entailment",
                p.score >= 39 && p.verdict != "neutral" && p.verdict != "contradiction"
            );
        }
    }
}
