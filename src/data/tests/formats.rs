//! Every format and option on files of a few lines.

use super::{declare, folder, loaded, show, table, try_load};
use crate::columns::SplitName::{Dev, Test, Train};
use crate::columns::*;
use crate::data::*;
use std::path::Path;

const TAGGED: &str = "x: tokens; y: tags on x";

fn one(reader: &str, fields: &str, text: &str) -> String {
    table(&loaded(&declare(reader, Some("a.txt"), fields), &[("a.txt", text)]).train)
}

#[test]
fn columns_by_spaces_and_by_tabs() {
    assert_eq!(one("columns", TAGGED, "a  X\nb Y\n \t\nc X"), "a b | X Y\nc | X");
    assert_eq!(one("columns", TAGGED, "a b\tX\nc\t\n\n\n\nd\tX\n"), "a b c | X \nd | X");
    assert_eq!(one("columns", TAGGED, "\u{feff}a X\r\n\r\nb Y\r\n"), "a | X\nb | Y");
    assert_eq!(one("columns", "y: tags on x = 3; x: tokens = 1", "a q X\nb r Y\n"), "X Y | a b");
    let bars = declare("columns", Some("a.txt"), TAGGED).option("separator", OptionValue::Text("|".into()));
    assert_eq!(table(&loaded(&bars, &[("a.txt", "a b|X\n")]).train), "a b | X");
}

#[test]
fn columns_tell_comments_from_hashtags() {
    let tweets = "#tag\tO\n#\tO\n\n# a comment\n#doc 3\n@u\tO\n-DOCSTART-\tO\n\nb\tO\n";
    assert_eq!(one("columns", TAGGED, tweets), "#tag # | O O\n@u | O\nb | O");
    assert_eq!(
        one("columns", TAGGED, "# sent_id = 4\na X\n\n# # \n\n# three words here\nb Y\n"),
        "a | X\n# | #\nb | Y"
    );
}

#[test]
fn columns_hold_labels_of_sentences() {
    let fields = "x: tokens; y: tags on x; intent: label";
    assert_eq!(
        one("columns", fields, "# intent: fly\na O\n\n# intent = go home\nb O\n"),
        r#"a | O | ("fly")
b | O | ("go home")"#
    );
    assert_eq!(one("columns", fields, "a O\nb O\nfly\n\nc O\ngo\n"), "a b | O O | (\"fly\")\nc | O | (\"go\")");
    assert_eq!(one("columns", fields, "a O fly\nb O fly\n"), "a b | O O | (\"fly\")");
    let key = r#"x: tokens; y: tags on x; i: label = "intent"; n: real = 3"#;
    assert_eq!(
        one("columns", key, "# intent = f\na O 2\nb O 3\n\nc O 4\n"),
        "a b | O O | (\"f\") | (2.0)\nc | O | None | (4.0)"
    );
}

#[test]
fn columns_hold_trees() {
    let decl = "x: tokens; tree: heads on x; y: tags on x";
    assert_eq!(one("columns", decl, "a 2 det N\nb 0 root V\n"), r#"a b | ([2, 0], ["det", "root"]) | N V"#);
}

#[test]
fn conllu() {
    let text = "# sent_id = s1\n# text = a b\n1-2\tab\t_\t_\t_\t_\t_\t_\t_\t_\n1\ta\tA\tDET\tDT\tCase=Nom|Number=Sing\t2\tdet\t_\t_\n\
        2\tb\tB\tNOUN\tNN\tNumber=Plur\t0\troot\t_\t_\n2.1\tc\t_\t_\t_\t_\t_\t_\t_\t_\n\n1\tz\tZ\tX\t_\t_\t_\t_\t_\t_\n";
    let fields = "x: tokens; pos: tags on x; l: tags on x = \"lemma\"; tree: heads on x; sent_id: id; p: tags on x = 5";
    let want = "a b | DET NOUN | A B | ([2, 0], [\"det\", \"root\"]) | (\"s1\") | DT NN\nz | X | Z | None | None | ";
    assert_eq!(one("conllu", fields, text), want);
    let layers = r#"a b | ({"Case": ["Nom", "_"], "Number": ["Sing", "Plur"]})"#;
    assert_eq!(one("conllu", "x: tokens; feats: layers on x", text).lines().next(), Some(layers));
    let masked =
        declare("conllu", Some("a.txt"), "x: tokens; xpos: tags on x").option("missing", OptionValue::Text("_".into()));
    assert_eq!(table(&loaded(&masked, &[("a.txt", text)]).train), "a b | DT NN\nz | ");
}

#[test]
fn tsv_with_and_without_headings() {
    let fields = "x: text; y: label";
    assert_eq!(
        one("tsv", fields, "He said \"no.\tA\textra\nb\u{85}c\tB\n"),
        "He said \" no . | (\"A\")\nb c | (\"B\")"
    );
    assert_eq!(one("tsv", fields, "id\tY\tx\n1\tA\tb c\n2\t\td\n"), "b c | (\"A\")\nd | None");
    assert_eq!(one("tsv", "x: text = \"#1 String\"; y: label = 1", "q\t#1 String\r\nA\tb\r\n\r\n"), "b | (\"A\")");
    assert_eq!(one("tsv", "y: label; x: text = 1; z: real", "a\tL\t1.5\n"), "(\"L\") | a | (1.5)");
    let off = declare("tsv", Some("a.txt"), fields).option("header", OptionValue::Bool(false));
    assert_eq!(table(&loaded(&off, &[("a.txt", "x\ty\n")]).train), "x | (\"y\")");
    let on = declare("tsv", Some("a.txt"), fields).option("header", OptionValue::Bool(true));
    assert_eq!(table(&loaded(&on, &[("a.txt", "s\tl\na\tb\n")]).train), "a | (\"b\")");
    let quoted = declare("tsv", Some("a.txt"), fields).option("quote", OptionValue::Bool(true));
    assert_eq!(table(&loaded(&quoted, &[("a.txt", "\"a\tb\"\tL\n")]).train), "a b | (\"L\")");
    let semi = declare("csv", Some("a.txt"), fields).option("separator", OptionValue::Text(";".into()));
    assert_eq!(table(&loaded(&semi, &[("a.txt", "a;L\n")]).train), "a | (\"L\")");
}

#[test]
fn csv_keeps_quoted_line_ends() {
    let text = "y,x\r\nA,\"one, \"\"two\"\"\nthree\"\r\n\r\nB,four\r\n";
    assert_eq!(one("csv", "x: text; y: label", text), "one , \" two \" three | (\"A\")\nfour | (\"B\")");
}

#[test]
fn cells_of_every_type() {
    let fields = "x: tokens; t: tags on x; l: labels; v: vec<2>; r: real; i: index in x";
    assert_eq!(
        one("tsv", fields, "a b\tP Q\tc, d\t1 2.5\t-3e1\t1\na\t\t\t\t\t0\n"),
        "a b | P Q | ([\"c\", \"d\"]) | ([1.0, 2.5]) | (-30.0) | 1\na | None | None | None | None | 0"
    );
    let split = declare("tsv", Some("a.txt"), "x: tokens; l: labels")
        .option("split", OptionValue::Text("#".into()))
        .option("missing", OptionValue::Text("NA".into()))
        .option("lower", OptionValue::Bool(true));
    assert_eq!(table(&loaded(&split, &[("a.txt", "A b\tC#d\nE\tNA\n")]).train), "a b | ([\"C\", \"d\"])\ne | None");
}

#[test]
fn json_values() {
    let fields = r#"x: tokens; t: tags on x; y: label = "meta.y"; ls: labels; r: real; v: vec<2>; h: heads on x; k: layers on x; o: spans"#;
    let text = r#"{"x": ["a b", "c"], "t": ["P", null], "meta": {"y": true}, "ls": [1, "z"], "r": 2, "v": [1, 2], "h": [[2, "d"], [0, "root"]], "k": {"l": ["A", "B"]}, "o": [[0, 1]]}
{"x": "a b", "t": "P Q", "h": {"head": [0, 1], "deprel": ["root", "d"]}, "r": null}"#;
    let want = r#"a b c | P  | ("true") | (["1", "z"]) | (2.0) | ([1.0, 2.0]) | ([2, 0], ["d", "root"]) | ({"l": ["A", "B"]}) | [[0,1]]
a b | P Q | None | None | None | None | ([0, 1], ["root", "d"]) | None | None"#;
    assert_eq!(one("jsonl", fields, text), want);
    assert_eq!(one("jsonl", "a: text = 2; y: label = 1", "[\"L\", \"one two\"]\n"), "one two | (\"L\")");
    assert_eq!(
        one("jsonl", "d: tokens; f: labels on d", r#"{"d": "a b", "f": [true, false]}"#),
        r#"a b | (["1", "0"])"#
    );
}

#[test]
fn json_documents() {
    let fields = "x: tokens; y: label";
    let want = "a | (\"1\")\nb | (\"2\")";
    let rows = "[\n {\"x\": \"a\", \"y\": 1},\n {\"x\": \"b\", \"y\": 2}\n]";
    assert_eq!(one("json", fields, rows), want);
    assert_eq!(one("json", fields, &format!("{{\"version\": \"[1]\", \"data\": {rows}}}")), want);
    let two = format!("{{\"old\": [], \"data\": {rows}}}");
    let at = declare("json", Some("a.txt"), fields).option("at", OptionValue::Text("data".into()));
    assert_eq!(table(&loaded(&at, &[("a.txt", &two)]).train), want);
}

#[test]
fn parallel_files() {
    let files = [
        ("c.train.en", "a b\nc\n"),
        ("c.train.de", "A\nB C\n\n"),
        ("c.test.en", "d\n"),
        ("c.test.de", "D\n"),
        ("mapping.txt", "0\n"),
    ];
    let c = loaded(&declare("parallel", Some("c"), r#"s: tokens = "en"; t: tokens = "de""#), &files);
    assert_eq!((table(&c.train).as_str(), table(&c.test).as_str()), ("a b | A\nc | B C", "d | D"));
    let folders =
        [("d/train/seq.in", "a b\n"), ("d/train/seq.out", "B-x O\n"), ("d/train/label", "L\n"), ("d/README", "!")];
    let c = loaded(&declare("parallel", Some("d"), "x: tokens; slots: tags on x; intent: label"), &folders);
    assert_eq!(table(&c.train), "a b | B-x O | (\"L\")");
    let named = declare("parallel", None, r#"x: tokens = "src"; y: tokens = "tgt""#).named(Train, "*-dev.txt");
    assert_eq!(table(&loaded(&named, &[("src-dev.txt", "a\n"), ("tgt-dev.txt", "b\n")]).train), "a | b");
    let plain = declare("parallel", Some("p"), "a: tokens; b: tokens");
    assert_eq!(table(&loaded(&plain, &[("p/a.txt", "1\n"), ("p/b.txt", "2\n")]).train), "1 | 2");
}

#[test]
fn lines_skip_blank_ones() {
    assert_eq!(one("lines", "x: tokens", "a b\n \n\nc\u{2028}d"), "a b\nc\u{2028}d");
}

#[test]
fn splits() {
    let sizes = |c: &Corpus| [c.train.len, c.dev.len, c.test.len];
    let five = "a\nb\nc\nd\ne\n";
    let files =
        [("d/X_train.txt", five), ("d/X_trial.txt", "f\n"), ("d/X_test_gold.txt", "g\nh\n"), ("d/labels.md", "?")];
    let decl = declare("lines", Some("d"), "x: tokens");
    assert_eq!(sizes(&loaded(&decl, &files)), [5, 1, 2]);
    // a name beside the folder's own files; a share instead of the folder's dev
    let c = loaded(&decl.clone().named(Test, "X_trial.txt").shared(Dev, 0.4), &files);
    assert_eq!((sizes(&c), table(&c.dev).as_str()), ([3, 2, 1], "d\ne"));
    let c = loaded(&decl.clone().shared(Dev, 0.2).shared(Test, 0.2), &files);
    assert_eq!((table(&c.train).as_str(), table(&c.dev).as_str(), table(&c.test).as_str()), ("a\nb\nc", "d", "e"));
    let max = decl.clone().option("max", OptionValue::Number(2.0));
    assert_eq!(sizes(&loaded(&max, &files)), [2, 1, 2]);
    let c = loaded(&max.shared(Dev, 0.2), &files);
    assert_eq!((table(&c.train).as_str(), table(&c.dev).as_str()), ("a\nb", "e"));
    let prefix =
        [("books.task.train", "a\n"), ("books.task.test", "b\n"), ("books2.train", "c\nd\n"), ("mr.train", "e\n")];
    assert_eq!(sizes(&loaded(&declare("lines", Some("books"), "x: tokens"), &prefix)), [1, 0, 1]);
    let nested = [("n/train/data.txt", "a\n"), ("n/valid/data.txt", "b\n"), ("n/test/data.txt", "c\n")];
    assert_eq!(sizes(&loaded(&declare("lines", Some("n"), "x: tokens"), &nested)), [1, 1, 1]);
    let ending =
        [("m/a.dev.tsv", "a\n"), ("m/a.dev.ans", "b\n"), ("m/a.train.tsv", "c\nd\n"), ("m/a.train.ans", "b\n")];
    assert_eq!(sizes(&loaded(&declare("tsv", Some("m"), "x: tokens"), &ending)), [2, 1, 0]);
    assert_eq!(sizes(&loaded(&declare("lines", Some("only"), "x: tokens"), &[("only/wiki.txt", "a\n")])), [1, 0, 0]);
    assert_eq!(sizes(&loaded(&declare("lines", Some("wiki"), "x: tokens"), &[("wiki.txt", "a\n")])), [1, 0, 0]);
}

#[test]
fn paths_may_be_absolute_and_are_listed() {
    let dir = folder(&[("a.txt", "x\n")]);
    let path = dir.path().join("a.txt").display().to_string();
    let loaded = load(&declare("lines", Some(&path), "x: tokens"), Path::new("elsewhere"));
    assert_eq!(loaded.corpus.expect("a corpus").files, [path]);
}

#[test]
fn tags_are_normalised_by_the_scheme_of_train() {
    let files = [("d/train.txt", "a I-P\nb I-P\nc B-P\n\nd O\n"), ("d/dev.txt", "a I-P\nb I-Q\n")];
    let c = loaded(&declare("columns", Some("d"), TAGGED), &files);
    assert_eq!((table(&c.train).as_str(), table(&c.dev).as_str()), ("a b c | B-P I-P B-P\nd | O", "a b | B-P B-Q"));
    assert_eq!(c.schemes["y"], Scheme::Iob1);
}

#[test]
fn warnings_count_and_show_the_first() {
    let (found, shown) =
        try_load(&declare("columns", Some("a.txt"), TAGGED), &[("a.txt", "a B-P\nb O\nc I-P\nd I-Q\n")]);
    assert_eq!(
        shown,
        "W0602: 2 tags of `y` in `a.txt` cannot follow the tag before; each is read as the start of a span\n  \
         a.txt:3 | c I-P | `I-P` after O (token 3)\n"
    );
    assert_eq!(table(&found.corpus.expect("a corpus").train), "a b c d | B-P O B-P B-Q");
    let (found, shown) =
        try_load(&declare("tsv", Some("a.txt"), "x: text; y: label"), &[("a.txt", "\tA\nb\tA\n \tB\n")]);
    assert_eq!(
        shown,
        "W0603: 2 examples of `a.txt` have an empty text, each of which is read as one unknown token\n  a.txt:1 | \tA | `x` is empty here\n"
    );
    assert_eq!(table(&found.corpus.expect("a corpus").train), " | (\"A\")\nb | (\"A\")\n | (\"B\")");
    let swapped: String = (0..60).map(|i| format!("{}\ttext {i}\n", i % 2)).collect();
    let (_, shown) = try_load(&declare("tsv", Some("a.txt"), "x: text; y: label"), &[("a.txt", &swapped)]);
    assert!(shown.starts_with("W0604: `y` has 60 classes in 60 examples"), "{shown}");
}

#[test]
fn headings_under_numbered_fields_are_suspected() {
    let decl = declare("tsv", Some("d"), "y: label = 1; x: text = 2");
    let headed =
        [("d/train.tsv", "Quality\tText\n1\ta\n0\tb\n1\tc\n0\td\n1\te\n"), ("d/test.tsv", "Quality\tText\n1\td\n")];
    let (_, shown) = try_load(&decl, &headed);
    assert_eq!(
        shown,
        "W0605: the first line of `d/train.tsv` is read as an example, but looks like headings\n  \
         d/train.tsv:1 | Quality\tText | no other line has the class `Quality`\n  \
         help: add `header = true` to the reader (or `header = false` if it is an example)\n"
    );
    for test in ["1\td\n", "Quality\td\nQuality\te\n"] {
        let (_, shown) = try_load(&decl, &[headed[0], ("d/test.tsv", test)]);
        assert_eq!(shown, "");
    }
}

#[test]
fn figures() {
    let files = [("d/train.tsv", "a b\tX\tB-p O\nc\t\tB-q\n"), ("d/test.tsv", "d\tY\tB-r\ne\tY\tO\n")];
    let decl = declare("tsv", Some("d"), "x: tokens; y: label; t: tags on x");
    let s = stats(&loaded(&decl, &files), &decl);
    let json = serde_json::to_value(&s).expect("json");
    assert_eq!(
        json["splits"]["train"],
        serde_json::json!({"examples": 2, "tokens": {"x": 3}, "spans": {"t": 2}, "missing": {"y": 1}})
    );
    assert_eq!(json["fields"][1]["unseen"], serde_json::json!({"test": {"Y": 2}}));
    assert_eq!(json["fields"][2]["labels"], serde_json::json!({"p": 1, "q": 1}));
    assert_eq!(json["fields"][2]["unseen"], serde_json::json!({"test": {"r": 1}}));
}

#[test]
fn arbitrary_bytes_never_panic() {
    use proptest::prelude::*;
    let dir = folder(&[]);
    let cases = [
        ("columns", "x: tokens; y: tags on x; h: heads on x; l: label"),
        ("conllu", "x: tokens; pos: tags on x; h: heads on x; feats: layers on x; s: label"),
        ("tsv", "x: text; y: real = 2; z: labels"),
        ("csv", "x: text; y: label = \"y\""),
        ("jsonl", "x: tokens; y: label = \"a.b\""),
        ("json", "x: tokens; y: label"),
        ("parallel", "x: tokens"),
        ("lines", "x: text"),
    ];
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..60),
        "[\\[\\]{}\":,0-3a-cxy#\\-. _=|\t\r\n]{0,80}".prop_map(String::into_bytes),
    ];
    proptest!(ProptestConfig::with_cases(100), |(text in bytes)| {
        std::fs::write(dir.path().join("a.txt"), &text).expect("a file");
        for (reader, fields) in cases {
            let found = load(&declare(reader, Some("a.txt"), fields), dir.path());
            let _ = show(&found.diagnostics);
        }
    });
}

/// The first line of what is said of a file, and its examples.
fn said(decl: &CorpusDecl, text: &str) -> (String, String) {
    let (found, shown) = try_load(decl, &[("a.txt", text)]);
    (shown, found.corpus.map(|c| table(&c.train)).unwrap_or_default())
}

#[test]
fn most_rows_decide_what_parts_them() {
    let decl = declare("columns", Some("a.txt"), TAGGED);
    // one token that is a tab
    let (shown, _) = said(&decl, "a B-P\nb O\n\t O\nc O\n");
    assert_eq!(
        shown,
        "E0604: line 3 of `a.txt` has too few columns: 1 where 2 are needed\n  a.txt:3 | \t O | 1 column here\n  \
         help: columns are parted by spaces here, and a tab is one of them\n"
    );
    // the first row is the odd one
    let (shown, _) = said(&decl, "a B-P x\nb O\nc O\n");
    assert!(shown.starts_with("E0604: line 1 of `a.txt` has 3 columns where others have 2"), "{shown}");
    // a tab as an indent, a space as a token
    assert_eq!(said(&decl, "\ta B-P\n\tb O\n").1, "a b | B-P O");
    assert_eq!(said(&decl, "a\tB-P\n \tO\n").1, "a   | B-P O");
    let (shown, _) = said(&decl, "a\tB-P\n\tO\n");
    assert!(
        shown.starts_with("E0606: `x` at a.txt:2: the token is empty\n  a.txt:2 | \tO | column 1 is empty"),
        "{shown}"
    );
    // comments are of any width
    let (shown, read) = said(&decl, "# text = a\tb\na\tB-P\nb\tO\n");
    assert_eq!((shown.as_str(), read.as_str()), ("", "a b | B-P O"));
    let (shown, _) = said(&decl, "a,B-P\nb,O\n");
    assert!(shown.ends_with("help: write `separator = \",\"`\n"), "{shown}");
    let rows = "a,b\nc, d,e\nf,g\n";
    let (shown, _) = said(&declare("csv", Some("a.txt"), "x: text; y: label"), rows);
    assert!(shown.starts_with("E0604: line 2 of `a.txt` has 3 columns where others have 2"), "{shown}");
    let (shown, _) = said(&declare("csv", Some("a.txt"), "x: text = \"x\"; y: label"), "x;y\na, b;c\nd;e\n");
    assert!(shown.contains("write `separator = \";\"`"), "{shown}");
}

#[test]
fn rows_of_a_group_are_one_text() {
    let rows = "Sentence #,Word,Tag\nSentence: 1,Mira,B-per\n,lives,O\nSentence: 2,Kelmar,B-geo\n,grows,O\n";
    let fields = "x: tokens = \"Word\"; y: tags on x = \"Tag\"";
    let decl = declare("csv", Some("a.txt"), fields);
    assert!(said(&decl, rows).0.starts_with("W0615: every text of `corpus.x` is a single token\n"));
    let grouped = "Mira lives | B-per O\nKelmar grows | B-geo O";
    for by in [OptionValue::Text("Sentence #".into()), OptionValue::Number(1.0)] {
        let (shown, read) = said(&decl.clone().option("group", by), rows);
        assert_eq!((shown.as_str(), read.as_str()), ("", grouped));
    }
    // every row may name its text; what is of the whole text stands in its first row
    let decl = declare("csv", Some("a.txt"), "x: tokens = 2; y: tags on x = 3; z: label = 4");
    let decl = decl.option("group", OptionValue::Number(1.0)).option("header", OptionValue::Bool(false));
    assert_eq!(said(&decl, "1,a,B-p,k\n1,b,O,\n2,c,O,l\n").1, "a b | B-p O | (\"k\")\nc | O | (\"l\")");
    let missing = declare("csv", Some("a.txt"), fields).option("group", OptionValue::Text("Sentense #".into()));
    assert!(said(&missing, rows).0.contains("did you mean `Sentence #`?"));
}

#[test]
fn quotes_that_swallow_rows_are_errors_where_they_open() {
    let decl = declare("csv", Some("a.txt"), "x: text; y: label");
    let many: String = (0..30).map(|i| format!("t {i},A\n")).collect();
    for open in ["bad,\"B\n", "\"bad,B\n"] {
        let (shown, _) = said(&decl, &format!("good,A\n{open}{many}"));
        assert!(shown.starts_with("E0610: a quote opens on line 2"), "{shown}");
        assert!(shown.contains("it never closes"), "{shown}");
        for late in ["\"a, b\",A\n", "c,\"A\"\n", "c,A\"\n"] {
            let (shown, _) = said(&decl, &format!("good,A\n{open}{many}{late}good,A\n"));
            assert!(shown.starts_with("E0610: a quote opens on line 2"), "{late}: {shown}");
        }
    }
    // cells of several lines, doubled quotes and quotes inside are none of these
    let sound =
        "a,A\n\"first,\nsecond\nthird\nfourth\",B\n\"say \"\"hi\"\" now\",A\n5\" wide,B\n\"Swing it\" master,A\n";
    let (shown, read) = said(&decl, sound);
    assert_eq!((shown.as_str(), read.lines().count()), ("", 5));
}

#[test]
fn test_files_without_gold_are_read() {
    let sizes = |decl: &CorpusDecl, files: &[(&str, &str)]| {
        let (found, shown) = try_load(decl, files);
        let c = found.corpus.unwrap_or_else(|| panic!("{shown}"));
        (shown.lines().filter(|l| l.starts_with(['W', 'E'])).map(String::from).collect::<Vec<_>>(), c.test.len)
    };
    let decl = declare("tsv", Some("d"), "x: text = \"sentence\"; y: label = \"label\"");
    let files = [("d/train.tsv", "sentence\tlabel\na\t1\nb\t0\n"), ("d/test.tsv", "index\tsentence\n0\ta\n1\tb\n")];
    assert_eq!(
        sizes(&decl, &files),
        (vec!["W0613: `d/test.tsv` has no gold of `y`: there is no column `label`".into()], 2)
    );
    let files = [("d/train.txt", "a B-P\nb O\n"), ("d/test.txt", "a\nb\n\nc\n")];
    let decl = declare("columns", Some("d"), TAGGED);
    assert_eq!(sizes(&decl, &files), (vec!["W0613: `d/test.txt` has no gold of `y`: there is no column 2".into()], 2));
    let files = [("d/train.jsonl", "{\"x\": \"a\", \"y\": \"k\"}\n"), ("d/test.jsonl", "{\"x\": \"a\", \"id\": 3}\n")];
    let decl = declare("jsonl", Some("d"), "x: text; y: label");
    assert_eq!(sizes(&decl, &files), (vec!["W0613: `d/test.jsonl` has no gold of `y`: there is no key `y`".into()], 1));
    let files = [("d/train/seq.in", "a b\n"), ("d/train/label", "k\n"), ("d/test/seq.in", "a\nb\n")];
    let decl = declare("parallel", Some("d"), "x: tokens; y: label");
    assert_eq!(sizes(&decl, &files), (vec!["W0613: `d/test` has no gold of `y`: there is no file of it".into()], 2));
    // a slip is none
    let files = [("d/train.tsv", "x\tlabel\na\t1\nb\t0\n"), ("d/test.tsv", "x\tlable\na\t1\n")];
    let (_, shown) = try_load(&declare("tsv", Some("d"), "x: text; y: label = \"label\""), &files);
    assert!(shown.starts_with("E0605: `d/test.tsv` has no column `label`"), "{shown}");
}

#[test]
fn features_are_read_by_name_and_underscores_are_unknown() {
    let row = |id: usize, w: &str, pos: &str, feats: &str, misc: &str| {
        format!("{id}\t{w}\t{w}\t{pos}\t_\t{feats}\t_\t_\t_\t{misc}\n")
    };
    let text = [
        row(1, "Mira", "PROPN", "Case=Nom|Number=Sing", "SpaceAfter=No|name=B-PER"),
        row(2, "sings", "_", "Number=Sing", "SpaceAfter=No"),
        "\n".into(),
        row(1, "now", "ADV", "_", "name=O"),
    ]
    .concat();
    let fields = "x: tokens; pos: tags on x; c: tags on x = \"FEATS.Case\"; n: tags on x = \"misc.name\"; xp: tags on x = \"XPOS\"";
    let c = loaded(&declare("conllu", Some("a.txt"), fields), &[("a.txt", &text)]);
    assert_eq!(table(&c.train), "Mira sings | PROPN  | Nom _ | B-PER O |  \nnow | ADV | _ | O | ");
    let (shown, _) = said(&declare("conllu", Some("a.txt"), "x: tokens; c: tags on x = \"FEATS.Caes\""), &text);
    assert!(shown.starts_with("E0605: no token of `a.txt` has the feature `Caes` in FEATS"), "{shown}");
    assert!(shown.contains("did you mean `Case`?"), "{shown}");
}

#[test]
fn sets_may_be_empty_or_unknown() {
    let text = "a\tp,q\nb\tp\nc\t\n";
    let decl = declare("tsv", Some("a.txt"), "x: text; y: labels");
    let (shown, read) = said(&decl, text);
    assert!(shown.starts_with("W0616: nothing is known of `y` in 1 of the 3 examples of `a.txt`"), "{shown}");
    assert!(read.ends_with("c | None"), "{read}");
    let (shown, read) = said(&decl.clone().option("none", OptionValue::Text(String::new())), text);
    assert_eq!((shown.as_str(), read.lines().last()), ("", Some("c | ([])")));
    assert_eq!(said(&decl.option("missing", OptionValue::Text(String::new())), text).0, "");
}

#[test]
fn cells_that_hold_json_are_said() {
    for cell in ["[\"a\", \"b\"]", "['a', 'b']", "{\"x\": 1}"] {
        for fields in ["x: text; y: labels", "y: labels; x: tokens"] {
            let (shown, _) = said(&declare("tsv", Some("a.txt"), fields), &format!("a\tb\n{cell}\tc\n"));
            assert!(shown.starts_with("W0614: a cell of"), "{cell}: {shown}");
        }
    }
    assert_eq!(said(&declare("tsv", Some("a.txt"), "x: text; y: label"), "[1] a\tb\n[ laughs ]\tc\n").0, "");
}

#[test]
fn what_is_scored_is_never_cut() {
    let files = [("d/train.txt", "a A\nb B\nc C\n\nd D\n"), ("d/dev.txt", "a A\nb B\nc C\n")];
    let decl = declare("columns", Some("d"), TAGGED).option("max_tokens", OptionValue::Number(2.0));
    let (found, shown) = try_load(&decl, &files);
    let c = found.corpus.expect("a corpus");
    assert_eq!((table(&c.train).as_str(), table(&c.dev).as_str()), ("a b | A B\nd | D", "a b c | A B C"));
    assert!(shown.starts_with("W0612: 1 of 2 training texts of `corpus` is cut after 2 tokens"), "{shown}");
}

#[test]
fn tags_that_are_numbers_get_names() {
    let text = "{\"x\": [\"a\", \"b\"], \"y\": [1, 0]}\n";
    let decl = declare("jsonl", Some("a.txt"), TAGGED);
    assert!(said(&decl, text).0.starts_with("W0610: the tags of `y` are numbers"));
    let named = |names: &str| decl.clone().option("names", OptionValue::Text(names.into()));
    assert_eq!(said(&named("O B-PER"), text), (String::new(), "a b | B-PER O".into()));
    assert!(said(&named("O"), text).0.contains("tag 1 has no name: `names` has 1, counted from 0"));
}
