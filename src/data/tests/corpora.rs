//! The counts that the read-me files of `shared/data` state.

use super::declare;
use crate::columns::SplitName::{Dev, Test, Train};
use crate::columns::*;
use crate::data::*;
use std::collections::BTreeMap;
use std::path::Path;

fn data(folder: &str) -> Option<std::path::PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if root.join(folder).is_dir() {
        return Some(root);
    }
    println!("skipped: shared/data/{folder} is not here");
    None
}

fn read(base: &Path, decl: &CorpusDecl) -> (Corpus, Stats) {
    let loaded = load(decl, base);
    let errors: Vec<_> = loaded.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{:?}: {errors:#?}", decl.path);
    let corpus = loaded.corpus.expect("a corpus");
    let stats = stats(&corpus, decl);
    for split in [&corpus.train, &corpus.dev, &corpus.test] {
        assert!(split.columns.iter().all(|c| c.len() == split.len));
    }
    (corpus, stats)
}

fn sizes(c: &Corpus) -> [usize; 3] {
    [c.train.len, c.dev.len, c.test.len]
}

fn tokens(s: &Stats, field: &str) -> Vec<usize> {
    s.splits.values().map(|f| f.tokens[field]).collect()
}

fn spans(s: &Stats, field: &str) -> Vec<usize> {
    s.splits.values().map(|f| f.spans[field]).collect()
}

fn classes<'a>(s: &'a Stats, field: &str) -> &'a BTreeMap<String, usize> {
    &s.fields.iter().find(|f| f.name == field).expect("field").labels
}

fn count(corpus: &Corpus, split: SplitName, column: usize, label: &str) -> usize {
    match &corpus.split(split).columns[column] {
        Column::Label(v) => v.iter().flatten().filter(|l| *l == label).count(),
        other => panic!("no labels: {other:?}"),
    }
}

#[test]
fn atis() {
    let Some(base) = data("atis") else { return };
    let named = r#"x: tokens = "seq.in"; slots: tags on x = "seq.out"; intent: label = "label""#;
    for fields in [named, "x: tokens; slots: tags on x; intent: label"] {
        let (c, s) = read(&base, &declare("parallel", Some("atis"), fields));
        assert_eq!(sizes(&c), [4478, 500, 893]);
        assert_eq!((classes(&s, "intent").len(), classes(&s, "slots").len()), (21, 79));
        assert_eq!(c.schemes["slots"], Scheme::Bio);
        let unseen = |f: usize, split| s.fields[f].unseen[&split].keys().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(unseen(1, Test), ["booking_class", "compartment", "flight", "stoploc.airport_code"]);
        assert_eq!(unseen(2, Dev), ["atis_airfare#atis_flight_time"]);
    }
}

#[test]
fn columns() {
    if let Some(base) = data("conll2000") {
        let decl = declare("columns", Some("conll2000"), "x: tokens; pos: tags on x; chunk: tags on x");
        let (c, s) = read(&base, &decl);
        assert_eq!(sizes(&c), [8936, 0, 2012]);
        assert_eq!(tokens(&s, "x"), [211_727, 47_377]);
        assert_eq!((classes(&s, "pos").len(), classes(&s, "chunk").len()), (44, 11));
        assert_eq!((c.schemes["pos"], c.schemes["chunk"]), (Scheme::Plain, Scheme::Bio));
        let (c, _) = read(&base, &decl.shared(Dev, 936.0 / 8936.0));
        assert_eq!(sizes(&c), [8000, 936, 2012]);
    }
    if let Some(base) = data("wnut17") {
        let (c, s) = read(&base, &declare("columns", Some("wnut17"), "x: tokens; ner: tags on x"));
        assert_eq!(sizes(&c), [3394, 1009, 1287]);
        assert_eq!(tokens(&s, "x"), [62_730, 15_733, 23_394]);
        assert_eq!(spans(&s, "ner"), [1975, 836, 1079]);
    }
    let bio: [(&str, [usize; 3], [usize; 3]); 3] = [
        ("NCBI-disease-IOB", [5424, 923, 940], [5134, 787, 960]),
        ("BC5CDR-chem-IOB", [4560, 4581, 4797], [5203, 5347, 5385]),
        ("BC5CDR-disease-IOB", [4560, 4581, 4797], [4182, 4246, 4424]),
    ];
    for (name, sentences, entities) in bio {
        let Some(base) = data("bio-ner") else { return };
        let (c, s) = read(&base, &declare("columns", Some(&format!("bio-ner/{name}")), "x: tokens; ner: tags on x"));
        assert_eq!(sizes(&c), sentences, "{name}");
        assert_eq!(spans(&s, "ner"), entities, "{name}");
    }
    if let Some(base) = data("conll04") {
        let decl = declare("columns", Some("conll04"), "x: tokens = 2; ner: tags on x = 3");
        let (c, s) = read(&base, &decl);
        assert_eq!(sizes(&c), [910, 243, 288]);
        assert_eq!(tokens(&s, "x"), [26_804, 6975, 8408]);
        // the read-me counts B- tags; two spans of train begin with I-
        assert_eq!(spans(&s, "ner"), [3391 + 2, 877, 1079]);
        let found = load(&decl, &base).diagnostics;
        assert!(found.iter().any(|d| d.code == "W0602" && d.message.starts_with("2 tags of `ner`")), "{found:?}");
    }
}

#[test]
fn treebanks() {
    let all = [
        ("ud-english-ewt", [12_544, 2001, 2077], [204_577, 25_147, 25_094], 17, 51usize),
        ("ud-afrikaans-afribooms", [1315, 194, 425], [33_878, 5317, 10_063], 16, 27),
        ("ud-french-sequoia", [2231, 412, 456], [50_502, 9999, 10_044], 16, 54),
    ];
    for (name, sentences, words, upos, deprel) in all {
        let Some(base) = data(name) else { continue };
        let fields = "x: tokens; pos: tags on x; feats: layers on x; tree: heads on x; sent_id: id";
        let started = std::time::Instant::now();
        let (c, s) = read(&base, &declare("conllu", Some(name), fields));
        println!("{name}: {:?}", started.elapsed());
        assert_eq!((sizes(&c), tokens(&s, "x")), (sentences, words.to_vec()), "{name}");
        assert_eq!((classes(&s, "pos").len(), classes(&s, "tree").len()), (upos, deprel), "{name}");
        assert!(s.splits.values().all(|f| f.missing.is_empty()));
    }
}

#[test]
fn tables() {
    if let Some(base) = data("sick") {
        let fields = r#"a: text = "sentence_A"; b: text = "sentence_B"; score: real = "relatedness_score"; y: label = "entailment_judgment""#;
        let (c, _) = read(&base, &declare("tsv", Some("sick"), fields));
        assert_eq!(sizes(&c), [4500, 500, 4927]);
        let of = |split| ["NEUTRAL", "ENTAILMENT", "CONTRADICTION"].map(|l| count(&c, split, 3, l));
        assert_eq!([of(Train), of(Dev), of(Test)], [[2536, 1299, 665], [282, 144, 74], [2793, 1414, 720]]);
    }
    if let Some(base) = data("mrpc") {
        let fields = r##"y: label = "Quality"; a: text = "#1 String"; b: text = "#2 String""##;
        let (c, _) = read(&base, &declare("tsv", Some("mrpc"), fields));
        assert_eq!(sizes(&c), [3576, 500, 1725]);
        assert_eq!([Train, Dev, Test].map(|s| count(&c, s, 0, "1")), [2407, 346, 1147]);
    }
    if let Some(base) = data("cola") {
        let decl = declare("tsv", Some("cola"), "y: label = 2; x: text = 4");
        let found = load(&decl, &base);
        assert!(found.corpus.is_none() && !found.missing);
        assert!(found.diagnostics[0].message.contains("`in_domain_dev.tsv`, `out_of_domain_dev.tsv`"));
        let (c, _) = read(&base, &decl.named(Dev, "in_domain_dev.tsv").named(Test, "cola/out_of_domain_dev.tsv"));
        assert_eq!(sizes(&c), [8551, 527, 516]);
        assert_eq!([Train, Dev, Test].map(|s| count(&c, s, 0, "1")), [6023, 365, 354]);
    }
    if let Some(base) = data("rte") {
        let (c, _) = read(&base, &declare("tsv", Some("rte"), "sentence1: text; sentence2: text; label: label"));
        assert_eq!((sizes(&c), count(&c, Train, 2, "entailment")), ([2490, 277, 0], 1249));
    }
    if let Some(base) = data("sst2") {
        let (c, _) = read(&base, &declare("tsv", Some("sst2"), "x: tokens; y: label"));
        assert_eq!(sizes(&c), [6920, 872, 1821]);
        assert_eq!([Train, Dev, Test].map(|s| count(&c, s, 1, "1")), [3610, 444, 909]);
    }
    if let Some(base) = data("sts-b") {
        for reader in ["tsv", "csv"] {
            let decl = declare(reader, Some("sts-b"), "genre: label = 1; score: real = 5; a: text = 6; b: text = 7");
            let (c, _) = read(&base, &decl.option("quote", OptionValue::Bool(false)));
            assert_eq!(sizes(&c), [5749, 1500, 1379]);
        }
    }
    if let Some(base) = data("fdu-mtl") {
        let mut all = [0; 3];
        for domain in [
            "MR",
            "apparel",
            "baby",
            "books",
            "camera_photo",
            "dvd",
            "electronics",
            "health_personal_care",
            "imdb",
            "kitchen_housewares",
            "magazines",
            "music",
            "software",
            "sports_outdoors",
            "toys_games",
            "video",
        ] {
            let (c, s) = read(&base, &declare("tsv", Some(&format!("fdu-mtl/{domain}")), "y: label; x: tokens"));
            assert_eq!(classes(&s, "y").len(), 2, "{domain}");
            sizes(&c).iter().zip(&mut all).for_each(|(n, sum)| *sum += n);
        }
        // one of the reviews is empty
        assert_eq!(all, [25_380, 0, 6400]);
    }
    if let Some(base) = data("goemotions") {
        let (c, s) = read(&base, &declare("tsv", Some("goemotions"), "x: text; y: labels; id: id"));
        assert_eq!((sizes(&c), classes(&s, "y").len()), ([43_410, 5426, 5427], 28));
        let several = [Train, Dev, Test].map(|split| match &c.split(split).columns[1] {
            Column::Labels(v) => v.iter().flatten().filter(|l| l.len() > 1).count(),
            _ => 0,
        });
        assert_eq!(several, [7102, 878, 837]);
    }
    if let Some(base) = data("meld") {
        let (c, s) = read(&base, &declare("csv", Some("meld"), "utterance: text; emotion: label; sentiment: label"));
        assert_eq!(sizes(&c), [9989, 1109, 2610]);
        assert_eq!((classes(&s, "emotion").len(), classes(&s, "sentiment").len()), (7, 3));
    }
    if let Some(base) = data("e2e-nlg") {
        let decl = declare("csv", None, "mr: text; ref: text").named(Train, "e2e-nlg/devset.csv");
        let (c, _) = read(&base, &decl.named(Test, "e2e-nlg/testset_w_refs.csv"));
        assert_eq!(sizes(&c), [4672, 0, 4693]);
    }
}

#[test]
fn documents() {
    if let Some(base) = data("inspec") {
        let (c, s) =
            read(&base, &declare("jsonl", Some("inspec"), "title: text; abstract: text; uncontrolled: labels"));
        assert_eq!(sizes(&c), [1000, 500, 500]);
        assert!(!s.fields[2].labels.is_empty());
    }
    if let Some(base) = data("aeslc") {
        let (c, _) = read(&base, &declare("jsonl", Some("aeslc"), "body: text; subject: text; id: id"));
        assert_eq!(sizes(&c), [2406, 490, 477]);
    }
    if let Some(base) = data("xquad") {
        let decl = declare("json", None, "title: id; paragraphs: list").named(Train, "xquad/xquad.en.json");
        let (c, _) = read(&base, &decl);
        assert_eq!(c.train.len, 48);
    }
}

#[test]
fn aligned() {
    if let Some(base) = data("wikiqa") {
        for fields in [
            "a: tokens; b: tokens; sim: label; id: id",
            r#"q: tokens = "a.toks"; p: tokens = "b"; y: label = "sim.txt"; n: id = "id""#,
        ] {
            let (c, _) = read(&base, &declare("parallel", Some("wikiqa"), fields));
            assert_eq!(sizes(&c), [8672, 1130, 2351]);
            assert_eq!([Train, Dev, Test].map(|s| count(&c, s, 2, "1")), [1040, 140, 293]);
        }
    }
    let tweets: [(&str, [usize; 3]); 4] = [
        ("emotion", [3257, 374, 1421]),
        ("irony", [2862, 955, 784]),
        ("offensive", [11_916, 1324, 860]),
        ("stance/climate", [355, 40, 169]),
    ];
    for (task, counts) in tweets {
        let Some(base) = data("tweeteval") else { break };
        let (c, s) = read(&base, &declare("parallel", Some(&format!("tweeteval/{task}")), "x: text; y: label"));
        assert_eq!(sizes(&c), counts, "{task}");
        assert!((2..5).contains(&classes(&s, "y").len()));
    }
    if let Some(base) = data("multi30k") {
        let (c, _) = read(
            &base,
            &declare("parallel", Some("multi30k"), r#"src: tokens = "en"; tgt: tokens = "de"; fr: tokens"#),
        );
        assert_eq!(sizes(&c), [29_000, 1014, 1000]);
    }
    if let Some(base) = data("squad-qg") {
        let decl = declare("parallel", None, "src: tokens; tgt: tokens").named(Train, "squad-qg/*-dev.txt");
        let (c, _) = read(&base, &decl.named(Test, "squad-qg/*-test.txt"));
        assert_eq!(sizes(&c), [10_570, 0, 2000]);
    }
}

#[test]
fn plain_text() {
    let Some(base) = data("wikitext-2") else { return };
    let decl = declare("lines", Some("wikitext-2"), "x: tokens");
    let found = load(&decl, &base);
    assert!(found.diagnostics[0].message.contains("has no training file"), "{found:?}");
    let decl =
        declare("lines", None, "x: tokens").named(Train, "wikitext-2/valid.txt").named(Test, "wikitext-2/test.txt");
    let (c, s) = read(&base, &decl);
    // the read-me counts an end mark for every line, blank ones too
    assert_eq!(tokens(&s, "x"), [217_646 - 3760, 245_569 - 4358]);
    assert!(c.train.len < 3760);
}
