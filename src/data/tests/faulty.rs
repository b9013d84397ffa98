//! Every fault, as the user sees it.

use super::{declare, faults, show, try_load};
use crate::columns::SplitName::{Dev, Test, Train};
use crate::columns::*;
use crate::data::*;

fn one(reader: &str, fields: &str, text: &str) -> String {
    faults(&declare(reader, Some("a.txt"), fields), &[("a.txt", text)])
}

fn said(decl: CorpusDecl) -> String {
    show(&validate(&decl))
}

#[test]
fn missing_files() {
    let files = [("data/atis/train.txt", "a\n"), ("data/snips/train.txt", "a\n")];
    let (found, shown) = try_load(&declare("lines", Some("data/atsi"), "x: tokens"), &files);
    assert!(found.missing);
    assert_eq!(
        shown,
        "E0601: there is no file or folder `data/atsi`: neither `data/atsi` nor in the current folder\n  \
         help: did you mean `data/atis`? `data` holds `atis`, `snips`\n"
    );
    let shown = faults(&declare("lines", Some("dta/atis"), "x: tokens"), &files);
    assert!(shown.contains("did you mean `data/atis`? `.` holds `data`"), "{shown}");
    let both = declare("lines", None, "x: tokens").named(Train, "no.txt").named(Dev, "never.txt");
    assert_eq!(faults(&both, &files).matches("E0601").count(), 2);
    // a spec whose name begins alike holds no data
    assert!(faults(&declare("lines", Some("g"), "x: tokens"), &[("g01.mtl", "a\n")]).starts_with("E0601"));
}

#[test]
fn unclear_splits() {
    let files = [("c/in_train.tsv", "a\n"), ("c/in_dev.tsv", "a\n"), ("c/out_dev.tsv", "a\n")];
    assert_eq!(
        faults(&declare("tsv", Some("c"), "x: tokens"), &files),
        "E0602: `c` has more than one candidate for dev: `in_dev.tsv`, `out_dev.tsv`\n  \
         help: name the one: `tsv(\"c\", dev = \"in_dev.tsv\")`\n"
    );
    assert_eq!(
        faults(&declare("lines", Some("d"), "x: tokens"), &[("d/a.txt", "a\n"), ("d/b.txt", "b\n")]),
        "E0602: `d` has no training file: it holds `a.txt`, `b.txt`\n  \
         help: say which file is for training: `lines(\"d\", train = \"a.txt\")`\n"
    );
    let files = [
        ("e/train/seq.in", "a\n"),
        ("e/train/seq.out", "B\n"),
        ("e/train/label", "l\n"),
        ("e/test/seq.in", "a\n"),
        ("e/test/seq.out", "B\n"),
        ("e/test/label", "l\n"),
    ];
    let shown = faults(&declare("columns", Some("e"), "x: tokens; y: tags on x"), &files);
    assert_eq!(
        shown,
        "E0602: `e/train` should hold one data file, but holds `label`, `seq.in`, `seq.out`\n  \
         help: each file seems to hold one field: `parallel(\"e\") { x: tokens = \"seq.in\"; y: tags on x = \"seq.out\" }`\n"
    );
}

#[test]
fn encoding() {
    let dir = super::folder(&[]);
    std::fs::write(dir.path().join("a.txt"), b"abc\ncaf\xe9 x\n").expect("a file");
    let found = load(&declare("lines", Some("a.txt"), "x: tokens"), dir.path());
    let shown = show(&found.diagnostics).replace(&format!("{}/", dir.path().display()), "");
    assert_eq!(
        shown,
        "E0603: `a.txt` is not UTF-8: line 2, byte 4\n  a.txt:2 | caf\u{fffd} x | byte 0xE9 at offset 7 of the file\n  \
         help: convert it: `iconv -f WINDOWS-1252 -t UTF-8 a.txt`\n"
    );
}

#[test]
fn rows() {
    assert_eq!(
        one("columns", "x: tokens; y: tags on x = 3", "a b C\nd e\nf\n\ng h I\n"),
        "E0604: line 2 of `a.txt` has too few columns: 2 where 3 are needed, and 1 more like this\n  \
         a.txt:2 | d e | 2 columns here\n  a.txt:3 | f | 1 column here\n"
    );
    assert_eq!(
        one("columns", "x: tokens; y: tags on x", "a B\nNew York B\n"),
        "E0604: line 2 of `a.txt` has 3 columns where others have 2\n  a.txt:2 | New York B | 3 columns here\n"
    );
    let many = (0..9).map(|i| format!("{i}\n")).collect::<String>();
    let shown = one("tsv", "x: tokens; y: label", &format!("a\tb\n{many}"));
    assert!(
        shown.starts_with("E0604: line 2 of `a.txt` has too few columns: `y` is column 2, and 8 more like this\n"),
        "{shown}"
    );
    assert_eq!(shown.matches("  a.txt:").count(), 5);
    assert_eq!(
        one(
            "conllu",
            "x: tokens; pos: tags on x",
            "1\ta\tA\tN\t_\t_\t0\troot\t_\t_\n3\tb\tB\tN\t_\t_\t1\tdet\t_\t_\n2 c\n"
        ),
        "E0604: the IDs of a sentence do not count up at line 2 of `a.txt`, and 1 more like this\n  \
         a.txt:2 | 3\tb\tB\tN\t_\t_\t1\tdet\t_\t_ | ID `3` where 2 should follow\n  a.txt:3 | 2 c | 1 column here\n"
    );
}

#[test]
fn quotes_that_are_text() {
    assert_eq!(
        one("csv", "x: text = 1; y: label = 2", "a,b\n\"c,d\n"),
        "E0610: a quote opens on line 2 of `a.txt`, and what it holds is no cell\n  a.txt:2 | \"c,d | it never closes\n  \
         help: close it on its line, double a quote that is text (`\"\"`), or write `quote = false` if quotes are text in \
         this file\n"
    );
    assert!(
        one("csv", "x: text = 1; y: label = 2", "a,b\n\"c,d\"\n").contains("write `quote = false` if they are text")
    );
}

#[test]
fn absent_columns_and_keys() {
    assert_eq!(
        one("tsv", r#"x: text = "sentnce"; y: label = "label""#, "sentence\tlabel\na\tb\n"),
        "E0605: `a.txt` has no column `sentnce`\n  a.txt:1 | sentence\tlabel | the headings\n  help: did you mean `sentence`?\n"
    );
    assert_eq!(
        one("jsonl", r#"x: text; y: label = "meta.lable""#, "{\"x\": \"a\", \"meta\": {\"label\": 1}}\n"),
        "E0605: no example of `a.txt` has the key `meta.lable`\n  a.txt:1 | {\"x\": \"a\", \"meta\": {\"label\": 1}} | the first example\n  \
         help: its keys are x, meta; name one: `y: label = \"x\"`\n"
    );
    assert_eq!(
        one("columns", r#"x: tokens; y: label = "intent""#, "a\nb\n"),
        "E0605: no sentence of `a.txt` has a value for `y`\n  a.txt:1 | a | the first sentence starts here\n  \
         help: write `# intent = VALUE` over each sentence, or number a column: `y: label = 3`\n"
    );
    let files = [("p/train.jsonl", "{\"a\": \"b\"}\n"), ("p/dev.jsonl", "{\"a\": \"c\"}\n")];
    assert_eq!(
        faults(&declare("jsonl", Some("p"), r#"x: text = "b""#), &files),
        "E0605: no example of `p/train.jsonl` has the key `b`, and 1 more like this\n  \
         p/train.jsonl:1 | {\"a\": \"b\"} | the first example\n  p/dev.jsonl:1 | {\"a\": \"c\"} | the first example\n  \
         help: its keys are a; name one: `x: text = \"a\"`\n"
    );
    let files = [("p/train.de", "a\n"), ("p/train.en", "b\n"), ("p/train.fr", "c\n")];
    assert_eq!(
        faults(&declare("parallel", Some("p"), r#"s: tokens = "es"; t: tokens"#), &files),
        "E0605: no file of `p` fits `s` = \"es\"\n  help: there are `train.de`, `train.en`, `train.fr`\n\
         E0605: no file of `p` can be told to hold `t`: there are `train.de`, `train.en`, `train.fr`\n  \
         help: name it: `t: tokens = \"train.de\"`\n"
    );
}

#[test]
fn values() {
    assert_eq!(
        one("tsv", "x: tokens; s: real", "a\t1.5\nb\thigh\n"),
        "E0606: `s` at a.txt:2: expected a number, found `high`\n  a.txt:2 | b\thigh | expected a number, found `high`\n"
    );
    assert!(one("tsv", "x: tokens; v: vec<3>", "a\t1 2\n").contains("expected 3 numbers, found 2"));
    assert!(
        one("jsonl", "x: tokens; t: tags on x", r#"{"x": "a", "t": [[0, 1]]}"#)
            .contains("expected a list of strings, found a list")
    );
    assert!(one("jsonl", "x: tokens; y: label", r#"{"x": "a", "y": {"z": 1}}"#).contains("found an object"));
    assert!(one("tsv", "x: tokens; i: index in x", "a\tq\n").contains("expected a number, found `q`"));
    let chosen = |row: &str| one("jsonl", "docs: list; i: index in docs", row);
    for row in [r#"{"docs": ["a", "b"], "i": 1}"#, r#"{"docs": ["a", "b"], "i": null}"#] {
        let rows = format!("{row}\n{}", r#"{"docs": ["a"], "i": 0}"#);
        let decl = declare("jsonl", Some("a.txt"), "docs: list; i: index in docs");
        assert_eq!(super::loaded(&decl, &[("a.txt", &rows)]).train.len, 2);
    }
    for (i, said) in [("2", "2"), ("-1", "-1"), ("0.5", "0.5"), ("[0]", "a list")] {
        let shown = chosen(&format!(r#"{{"docs": ["a", "b"], "i": {i}}}"#));
        let wanted = format!("E0606: `i` at a.txt:1: `docs` has 2 members, counted from 0, and none is {said}\n");
        assert!(shown.starts_with(&wanted), "{shown}");
    }
    assert!(chosen(r#"{"docs": {"a": 1}, "i": 0}"#).contains("expected a list, found an object"));
}

#[test]
fn counts() {
    assert_eq!(
        one("tsv", "x: tokens; t: tags on x", "a b\tX\nc\tX\n"),
        "E0607: `t` has 1 tag for 2 tokens of `x` at a.txt:1\n  a.txt:1 | a b\tX | 1 tag here, 2 tokens in `x`\n"
    );
    let files = [("p/seq.in", "a b\nc\n"), ("p/seq.out", "X Y\nX Y\n")];
    assert_eq!(
        faults(&declare("parallel", Some("p"), "x: tokens; t: tags on x"), &files),
        "E0607: `t` has 2 tags for 1 token of `x` at p/seq.out:2\n  p/seq.out:2 | X Y | 2 tags here, 1 token in `x`\n"
    );
    let files = [("p/a.txt", "1\n2\n3\n"), ("p/b.txt", "1\n2\n")];
    assert_eq!(
        faults(&declare("parallel", Some("p"), "a: tokens; b: tokens"), &files),
        "E0608: `p/a.txt` has 3 lines, but `p/b.txt` has 2\n  p/b.txt:2 | 2 | the last line\n  \
         help: line n of each file must belong to example n; compare them after line 2\n"
    );
}

#[test]
fn trees() {
    let row = |id: usize, head: &str| format!("{id}\tw\t_\tX\t_\t_\t{head}\tdep\t_\t_\n");
    let tree = |heads: &[&str]| {
        let text: String = heads.iter().enumerate().map(|(i, h)| row(i + 1, h)).collect();
        one("conllu", "x: tokens; t: heads on x", &text).lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(tree(&["0", "9"]), "E0609: line 2 of `a.txt`: head 9 is outside the sentence, whose last token is 2");
    assert_eq!(tree(&["2", "1"]), "E0609: line 1 of `a.txt`: no token has head 0, the root");
    assert_eq!(tree(&["0", "0"]), "E0609: line 2 of `a.txt`: a second token with head 0: a tree has one root");
    assert_eq!(tree(&["0", "3", "2"]), "E0609: line 2 of `a.txt`: the heads run in a circle");
    assert_eq!(tree(&["0", "x"]), "E0609: line 2 of `a.txt`: the head is `x`, not a number");
    let json = one("jsonl", "x: tokens; t: heads on x", r#"{"x": "a b", "t": [[1, "d"], [0, "root"]]}"#);
    assert!(json.starts_with("E0609: `t` is no tree at a.txt:1, token 1: the heads run in a circle"), "{json}");
}

#[test]
fn broken_json() {
    assert_eq!(
        one("jsonl", "x: tokens", "{\"x\": \"a\"}\n{\"x\" \"b\"}\n"),
        "E0610: line 2 of `a.txt` is not JSON: expected `:`\n  a.txt:2 | {\"x\" \"b\"} | expected `:`, column 6\n"
    );
    assert!(one("jsonl", "x: tokens", "[{\"x\": \"a\"},\n").contains("use `json(...)`"));
    assert!(
        one("json", "x: tokens", "[{\"x\": \"a\"},\n{\"x\": }]")
            .starts_with("E0610: line 2 of `a.txt` is not JSON: expected value")
    );
    assert!(one("json", "x: tokens", "[{\"x\": \"a\"}").starts_with("E0610: the list in `a.txt` does not end"));
    assert!(one("json", "x: tokens", "{\"a\": [], \"b\": []}").contains("holds several lists: `a`, `b`\n"));
    assert!(one("json", "x: tokens", "{\"a\": 1}").contains("holds no list of examples"));
    assert!(one("jsonl", "x: tokens", "3\n").contains("is no JSON object"));
}

#[test]
fn nothing_to_learn_from() {
    assert_eq!(one("lines", "x: tokens", " \n"), "E0615: `a.txt` holds no training examples\n");
}

#[test]
fn declarations() {
    assert_eq!(
        said(declare("colums", Some("a"), "x: tokens")),
        "E0611: there is no reader `colums`\n  help: did you mean `columns`?\n"
    );
    let tsv = || declare("tsv", Some("a"), "x: tokens");
    assert_eq!(
        said(tsv().option("heder", OptionValue::Bool(true))),
        "E0611: `tsv` has no option `heder`\n  help: did you mean `header`?\n"
    );
    assert_eq!(
        said(declare("lines", Some("a"), "x: tokens").option("header", OptionValue::Bool(true))),
        "E0611: `lines` has no option `header`\n  help: `header` is an option of `tsv`; `lines` has max, max_tokens, lower, normalize, missing, none, names, split\n"
    );
    assert!(
        said(tsv().option("header", OptionValue::Number(1.0)))
            .starts_with("E0612: `header` of `tsv` cannot take this value")
    );
    assert!(said(tsv().option("max", OptionValue::Number(0.5))).contains("a whole number of at least 1"));
    let csv = declare("csv", Some("a"), "x: tokens").option("separator", OptionValue::Text("||".into()));
    assert!(said(csv).contains("one character"));
    assert!(said(tsv().shared(Train, 0.1)).contains("it cannot be the training split"));
    assert!(said(tsv().shared(Dev, 1.5)).contains("`dev` cannot be 150%"));
    assert!(said(tsv().shared(Dev, 0.5).shared(Test, 0.5)).contains("leave no training examples"));
    assert!(said(declare("tsv", None, "x: tokens").named(Dev, "a")).contains("has no training data"));
}

#[test]
fn fields() {
    let check = |reader: &str, fields: &str| said(declare(reader, Some("a"), fields));
    assert_eq!(
        check("tsv", "x: tokens; x: label"),
        "E0613: the field `x` is declared twice\n  help: give one of the two another name\n"
    );
    assert_eq!(
        check("tsv", "x: tokens = 0"),
        "E0613: columns count from 1\n  help: the first column is 1: `x: tokens = 1`\n"
    );
    assert_eq!(
        check("columns", "x: tokens; y: tags on z"),
        "E0613: `corpus` has no field `z`\n  help: its text or list fields are x\n"
    );
    assert_eq!(
        check("columns", "x: tokens; y: label; t: tags on y"),
        "E0613: `y` is `label`, no text or list\n  help: `t` must refer to a text or list: `on x`\n"
    );
    assert_eq!(
        check("tsv", "x: tokens; t: heads on x"),
        "E0614: `tsv` cannot hold `heads on x`\n  help: use `conllu(...)` or `jsonl(...)` for such a field\n"
    );
    assert!(check("columns", r#"x: tokens = "form""#).contains("columns have numbers, not names"));
    assert!(
        check("conllu", "x: tokens; upso: tags on x").contains("did you mean")
            || check("conllu", "x: tokens; upso: tags on x").contains("\"UPOS\"")
    );
    assert!(check("conllu", "x: tokens; ner: tags on x").contains("the columns are ID FORM LEMMA"));
    assert!(check("parallel", "x: tokens = 1").contains("a source is a file name"));
    assert!(check("lines", "x: tokens; y: label").contains("`lines` holds one field"));
    assert!(check("lines", "y: label").contains("gives a text"));
    assert!(check("columns", "x: tokens; s: spans on x").starts_with("E0614"));
    for reader in crate::kinds::readers::READERS {
        assert_eq!(check(reader.name, "x: tokens"), "", "{}", reader.name);
    }
}
