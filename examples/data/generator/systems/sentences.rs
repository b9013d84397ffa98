//! Tagged sentences: those of the treebank, drawn anew for each set, with entities and in a second language.

use super::super::chance::Chance;
use super::super::treebank::{Token, draw};
use super::super::{File, SPLITS};

type Splits = [Vec<Vec<Token>>; 3];

/// The entity tags of a sentence: a name is a place behind `in`, `near` and `to`, and a person elsewhere.
fn entities(sentence: &[Token]) -> Vec<String> {
    let mut out: Vec<String> = vec![];
    for (i, t) in sentence.iter().enumerate() {
        let inside = i > 0 && sentence[i - 1].pos == "NNP" && t.relation == "flat";
        let tag = match t.pos {
            "NNP" if inside => out[i - 1].replacen("B-", "I-", 1),
            "NNP" if i > 0 && ["in", "near", "to"].contains(&sentence[i - 1].word.as_str()) => "B-LOC".into(),
            "NNP" => "B-PER".into(),
            _ => "O".into(),
        };
        out.push(tag);
    }
    out
}

/// A file for each split, of lines made from a sentence; one training sentence in so many has its entities.
fn columns(set: &str, splits: &Splits, one_in: usize, line: &dyn Fn(&Token, &str) -> String) -> Vec<File> {
    let file = |(i, (name, split)): (usize, (&&str, &Vec<Vec<Token>>))| {
        let sentence = |(k, s): (usize, &Vec<Token>)| {
            let known = i > 0 || k % one_in == 0;
            let tag = |tag: String| if known { tag } else { String::new() };
            let tags = entities(s).into_iter().map(tag);
            s.iter().zip(tags).map(|(t, tag)| line(t, &tag) + "\n").collect::<String>() + "\n"
        };
        (format!("{set}/{name}.txt"), split.iter().enumerate().map(sentence).collect::<String>())
    };
    SPLITS.iter().zip(splits).enumerate().map(file).collect()
}

/// A word of the second language: the same stems read backwards, so that no word is shared but the grammar is.
fn foreign(word: &str) -> String {
    match word.chars().all(char::is_alphabetic) {
        true => word.chars().rev().collect::<String>().to_lowercase() + "o",
        false => word.into(),
    }
}

/// Trees in CoNLL-U.
fn trees(set: &str, splits: &Splits, word: &dyn Fn(&str) -> String) -> Vec<File> {
    let line = |(i, t): (usize, &Token)| {
        let (id, w, pos) = (i + 1, word(&t.word), t.pos);
        format!("{id}\t{w}\t_\t_\t{pos}\t_\t{}\t{}\t_\t_\n", t.head, t.relation)
    };
    let sentence = |s: &Vec<Token>| s.iter().enumerate().map(line).collect::<String>() + "\n";
    let file = |(name, split): (&&str, &Vec<Vec<Token>>)| {
        (format!("{set}/{name}.conllu"), split.iter().map(sentence).collect::<String>())
    };
    SPLITS.iter().zip(splits).map(file).collect()
}

/// Learners' sentences: in every second one a verb has the wrong form, a word stands twice or a determiner is missing before a
/// noun; the token at fault is `i`, all others are `c`.
fn learners() -> Vec<File> {
    let mut c = Chance::new(81);
    let mut line = |s: &Vec<Token>| {
        let mut out: Vec<(String, &str)> = s.iter().map(|t| (t.word.clone(), "c")).collect();
        let at = |fits: &dyn Fn(&Token) -> bool| s.iter().position(fits);
        if c.percent(60) {
            match (c.below(3), at(&|t| t.pos == "VBZ"), at(&|t| t.pos == "DT"), at(&|t| t.pos == "NN")) {
                (0, Some(v), _, _) => {
                    let word = out[v].0.trim_end_matches('s').to_string();
                    out[v] = (word, "i");
                }
                (1, _, Some(d), _) if d + 1 < out.len() => {
                    out.remove(d);
                    out[d].1 = "i";
                }
                (_, _, _, Some(n)) => out.insert(n + 1, (out[n].0.clone(), "i")),
                _ => {}
            }
        }
        out.iter().map(|(word, tag)| format!("{word} {tag}\n")).collect::<String>() + "\n"
    };
    let mut file = |(name, split): (&&str, &Vec<Vec<Token>>)| {
        (format!("fce/{name}.txt"), split.iter().map(&mut line).collect::<String>())
    };
    SPLITS.iter().zip(&draw(82, [400, 80, 200])).map(&mut file).collect()
}

/// Every set.
pub fn files() -> Vec<File> {
    // an empty cell between tabs is unknown
    let pos = |t: &Token, ner: &str| format!("{}\t{}\t{ner}", t.word, t.pos);
    let chunk = |t: &Token, _: &str| format!("{} {}", t.word, t.chunk);
    let both = |t: &Token, ner: &str| format!("{}\t{}\t{ner}", t.word, t.chunk);
    let ner = |t: &Token, ner: &str| format!("{} {ner}", t.word);
    let plain = |s: &Vec<Token>| s.iter().map(|t| t.word.as_str()).collect::<Vec<_>>().join(" ") + "\n";
    // plain text holds the new stems of dev and test too, as any great corpus does
    let [a, b, c] = draw(71, [500, 250, 250]);
    let text: String = [a, b, c].concat().iter().map(plain).collect();
    [
        columns("wsj", &draw(72, [320, 60, 300]), 4, &pos),
        columns("conll2000", &draw(73, [60, 60, 200]), 1, &chunk),
        columns("ontonotes", &draw(74, [300, 60, 300]), 3, &both),
        columns("conll2003", &draw(75, [80, 60, 200]), 1, &ner),
        learners(),
        vec![("plain/train.txt".into(), text)],
        trees("wsj", &draw(78, [300, 60, 120]), &str::to_string),
        trees("ud/en", &draw(76, [400, 60, 100]), &str::to_string),
        trees("ud/de", &draw(77, [60, 60, 150]), &foreign),
    ]
    .concat()
}
