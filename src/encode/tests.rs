//! Vocabularies, vectors and label sets.

use super::*;
use crate::columns::{Column, FieldDecl, FieldType, Split};

fn words(texts: &[&str]) -> Column {
    Column::Tokens(texts.iter().map(|t| t.split(' ').map(str::to_string).collect()).collect())
}

fn corpus(train: Vec<Column>, dev: Vec<Column>) -> Vec<Corpus> {
    let split = |columns: Vec<Column>| Split { len: columns.first().map_or(0, Column::len), columns };
    vec![Corpus { name: "c".into(), train: split(train), dev: split(dev), ..Corpus::default() }]
}

fn decl(types: Vec<FieldType>) -> Vec<CorpusDecl> {
    let field =
        |(i, ty)| FieldDecl { name: format!("f{i}"), ty, source: None, span: Default::default(), axis_span: None };
    vec![CorpusDecl {
        name: "c".into(),
        reader: "tsv".into(),
        path: None,
        splits: BTreeMap::new(),
        options: BTreeMap::new(),
        fields: types.into_iter().enumerate().map(field).collect(),
        span: Default::default(),
        reader_span: Default::default(),
        option_spans: BTreeMap::new(),
    }]
}

fn spec(unit: Unit) -> VocabSpec {
    VocabSpec {
        name: "v/1".into(),
        unit,
        fields: vec![(0, 0)],
        lower: false,
        min_count: 1,
        max_size: 0,
        vectors: None,
        size: 0,
    }
}

fn build(spec: VocabSpec, corpora: &[Corpus], base: &Path) -> (Vocab, Vec<Diagnostic>) {
    let (mut t, d) = Tables::build(&[spec], &[], &decl(vec![FieldType::Tokens]), corpora, base);
    (t.vocabs.remove(0), d)
}

#[test]
fn vocabularies_come_from_training_alone() {
    let c = corpus(vec![words(&["b a A", "c a é"])], vec![words(&["only here"])]);
    let here = Path::new(".");
    let (v, _) = build(spec(Unit::Word), &c, here);
    assert_eq!(v.items, ["<unknown>", "<separator>", "a", "b", "A", "c", "é"], "ties by first occurrence");
    assert_eq!(v.counts, [0, 0, 2, 1, 1, 1, 1]);
    assert_eq!((v.id("a"), v.id("only"), v.id("<separator>")), (2, UNKNOWN, UNKNOWN));
    let (v, _) = build(VocabSpec { lower: true, min_count: 2, ..spec(Unit::Word) }, &c, here);
    assert_eq!(v.items[2..], ["a"]);
    assert_eq!((v.counts[2], v.id("A")), (3, 2));
    let (v, _) = build(VocabSpec { max_size: 2, ..spec(Unit::Word) }, &c, here);
    assert_eq!(v.items[2..], ["a", "b"]);
    let (v, _) = build(spec(Unit::Char), &c, here);
    assert_eq!(v.items[3..], ["a", "b", "A", "c", "é"]);
    assert_eq!(v.spell("éza"), [WORD_BEGIN, 7, UNKNOWN, 3, WORD_END]);
}

#[test]
fn vectors_files() {
    let dir = tempfile::tempdir().unwrap();
    let c = corpus(vec![words(&["b a a rare"])], vec![words(&["only here . ."])]);
    let with = |text: &str| {
        std::fs::write(dir.path().join("v.txt"), text).unwrap();
        let s = VocabSpec { vectors: Some("v.txt".into()), min_count: 2, ..spec(Unit::Word) };
        build(s, &c, dir.path())
    };
    for head in ["", "4 2\n"] {
        let (v, d) = with(&format!("{head}a 1 2\nonly 3 4 \nelse 5 6\nrare 7 8\n"));
        assert!(d.is_empty(), "{d:?}");
        // words of the file join when they occur in any split, whatever their count
        assert_eq!(v.items[2..], ["a", "rare", "only"]);
        assert_eq!(v.vectors, BTreeMap::from([(2, vec![1., 2.]), (3, vec![7., 8.]), (4, vec![3., 4.])]));
        assert_eq!(v.vector_width(), Some(2));
    }
    let (_, d) = with("a 1 2\nb 1\nrare 1 x\n");
    let places: Vec<_> = d.iter().map(|d| (d.code, d.data[0].line)).collect();
    assert_eq!(places, [("E0652", 2), ("E0652", 3)]);
    let s = VocabSpec { vectors: Some("none.txt".into()), ..spec(Unit::Word) };
    assert_eq!(build(s, &c, dir.path()).1[0].code, "E0651");
}

#[test]
fn bio_sets_are_closed_and_begin_with_outside() {
    let tags = |rows: &[&str]| {
        let row = |r: &&str| Some(r.split(' ').map(str::to_string).collect());
        Column::Tags(rows.iter().map(row).collect())
    };
    let c = corpus(vec![words(&["x y z"]), tags(&["B-b I-a B-b"])], vec![words(&["x"]), tags(&["B-new"])]);
    let types = vec![FieldType::Tokens, FieldType::Tags { on: "f0".into() }];
    let spec = |fields, layer_names| LabelSpec { name: "l".into(), fields, layer_names, words: None, classes: vec![] };
    let (t, _) = Tables::build(&[], &[spec(vec![(0, 1)], false)], &decl(types), &c, Path::new("."));
    let l = &t.labels[0];
    assert_eq!(l.classes, ["O", "B-a", "B-b", "I-a"]);
    assert_eq!((l.extra.as_slice(), l.id("B-new"), l.name_of(4)), (["B-new".into()].as_slice(), 4, Some("B-new")));
    assert!(l.is_bio());
    assert_eq!(l.id("never"), -1);
}

#[test]
fn tables_are_read_as_written() {
    let c = corpus(vec![words(&["a\tb back\\slash \n"]), Column::Label(vec![Some("x\ty".into())])], vec![]);
    let types = vec![FieldType::Tokens, FieldType::Label];
    let mut vocabs = [spec(Unit::Word), spec(Unit::Char)];
    let mut labels =
        [LabelSpec { name: "é".into(), fields: vec![(0, 1)], layer_names: false, words: None, classes: vec![] }];
    let (t, _) = Tables::build(&vocabs, &labels, &decl(types), &c, Path::new("."));
    let mut files = HashMap::new();
    t.save(|name, bytes| {
        files.insert(name.to_string(), String::from_utf8(bytes.to_vec()).unwrap());
        Ok::<_, ()>(())
    })
    .unwrap();
    vocabs.iter_mut().zip(&t.vocabs).for_each(|(s, v)| s.size = v.len());
    labels[0].classes = t.labels[0].classes.clone();
    let read = |name: &str| files.get(name).cloned().ok_or(name.to_string());
    assert_eq!(Tables::load(&vocabs, &labels, read, |_, e| e), Ok(t));
    assert!(files.contains_key("vocab/0-v_1.txt") && files.contains_key("labels/0-é.txt"));
}

#[test]
fn classes_of_other_files_are_errors_too() {
    let labels = |v: &[&str]| Column::Label(v.iter().map(|c| Some((*c).to_string())).collect());
    let spec = LabelSpec { name: "y".into(), fields: vec![(0, 1)], layer_names: false, words: None, classes: vec![] };
    let decls = decl(vec![FieldType::Text, FieldType::Label]);
    let train = corpus(vec![words(&["a", "b"]), labels(&["p", "q"])], vec![words(&["a"]), labels(&["r"])]);
    let (tables, _) = Tables::build(&[], std::slice::from_ref(&spec), &decls, &train, Path::new("."));
    assert_eq!((tables.labels[0].id("r"), tables.labels[0].id("s")), (2, -1));
    let other = corpus(vec![], vec![words(&["a"; 3]), labels(&["p", "t", "s"])]);
    let grown = tables.with_unseen(&[spec], &other);
    assert_eq!(grown.labels[0].all().collect::<Vec<_>>(), ["p", "q", "r", "s", "t"]);
    assert_eq!(grown.labels[0].classes, tables.labels[0].classes, "what a head says stays");
}

#[test]
fn a_layer_that_a_sentence_lacks_holds_nothing() {
    let layers = |all: &[&[(&str, &str)]]| {
        let one = |l: &&[(&str, &str)]| {
            Some(l.iter().map(|(k, t)| ((*k).to_string(), t.split(' ').map(str::to_string).collect())).collect())
        };
        Column::Layers(all.iter().map(one).collect())
    };
    let spec = LabelSpec { name: "f".into(), fields: vec![(0, 1)], layer_names: false, words: None, classes: vec![] };
    let decls = decl(vec![FieldType::Tokens, FieldType::Layers { on: "f0".into() }]);
    let c = corpus(vec![words(&["a b"]), layers(&[&[("Case", "Nom Acc")]])], vec![]);
    let (tables, _) = Tables::build(&[], std::slice::from_ref(&spec), &decls, &c, Path::new("."));
    assert_eq!(tables.labels[0].classes, ["Acc", "Nom", "_"]);
    assert_eq!(tables.labels[0].nothing(), 2);
    let c = corpus(vec![words(&["a b"]), layers(&[&[("PER", "B-PER O")]])], vec![]);
    let (tables, _) = Tables::build(&[], &[spec], &decls, &c, Path::new("."));
    assert_eq!(tables.labels[0].classes, ["O", "B-PER"]);
    assert_eq!(tables.labels[0].nothing(), 0);
}

#[test]
fn vectors_that_fit_no_word_are_said() {
    let dir = tempfile::tempdir().unwrap();
    let c = corpus(vec![words(&["Mira sings", "Mira"])], vec![]);
    let said = |file: &str, lower: bool| {
        std::fs::write(dir.path().join("v.txt"), file).unwrap();
        let own = VocabSpec { vectors: Some("v.txt".into()), lower, ..spec(Unit::Word) };
        let (v, d) = build(own, &c, dir.path());
        (
            v.coverage(),
            d.iter().map(|d| format!("{} {}", d.code, d.help.clone().unwrap_or_default())).collect::<Vec<_>>(),
        )
    };
    assert_eq!(said("mira 1 2\nx 3 4\n", true), (Some((1, 2)), vec![]));
    let (none, d) = said("mira 1 2\nx 3 4\n", false);
    assert_eq!((none, d.len()), (None, 1));
    assert!(d[0].starts_with("W0651 it has `mira`, the texts have `Mira`: look words up in lower case"), "{d:?}");
    assert!(said("Mira 1 2\n", true).1[0].starts_with("W0651 it has `Mira`, the texts have `mira`: keep the case"));
    assert_eq!(said("", false).1.len(), 1, "an empty file");
    // what most lines have is right, not the first
    let (_, d) = said("<<<<<<< HEAD\nMira 1 2\nsings 3 4\n", false);
    assert_eq!(d.len(), 1);
    assert!(d[0].starts_with("E0652"), "{d:?}");
}
