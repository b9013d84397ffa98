//! Tagged sentences: those of the treebank, drawn anew for each set, with entities and in a second language.

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

/// A file for each split, of lines made from a sentence.
fn columns(set: &str, splits: &Splits, line: &dyn Fn(&Token, &str) -> String) -> Vec<File> {
    let sentence = |s: &Vec<Token>| {
        let tags = entities(s);
        s.iter().zip(&tags).map(|(t, tag)| line(t, tag) + "\n").collect::<String>() + "\n"
    };
    let file = |(name, split): (&&str, &Vec<Vec<Token>>)| {
        (format!("{set}/{name}.txt"), split.iter().map(sentence).collect::<String>())
    };
    SPLITS.iter().zip(splits).map(file).collect()
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

/// Every set.
pub fn files() -> Vec<File> {
    let pos = |t: &Token, ner: &str| format!("{} {} {ner}", t.word, t.pos);
    let chunk = |t: &Token, _: &str| format!("{} {}", t.word, t.chunk);
    let both = |t: &Token, ner: &str| format!("{} {} {ner}", t.word, t.chunk);
    let ner = |t: &Token, ner: &str| format!("{} {ner}", t.word);
    let plain = |s: &Vec<Token>| s.iter().map(|t| t.word.as_str()).collect::<Vec<_>>().join(" ") + "\n";
    // plain text holds the new stems of dev and test too, as any great corpus does
    let [a, b, c] = draw(71, [500, 250, 250]);
    let text: String = [a, b, c].concat().iter().map(plain).collect();
    [
        columns("wsj", &draw(72, [600, 80, 150]), &pos),
        columns("conll2000", &draw(73, [80, 60, 200]), &chunk),
        columns("ontonotes", &draw(74, [150, 60, 150]), &both),
        columns("conll2003", &draw(75, [80, 60, 200]), &ner),
        vec![("plain/train.txt".into(), text)],
        trees("wsj-trees", &draw(78, [300, 60, 120]), &str::to_string),
        trees("ud/en", &draw(76, [400, 60, 100]), &str::to_string),
        trees("ud/de", &draw(77, [60, 60, 150]), &foreign),
    ]
    .concat()
}
