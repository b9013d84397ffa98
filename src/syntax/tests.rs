//! Inputs and what is said of them.

use super::*;
use crate::diagnostics::{Diagnostic, render};
use crate::source::{Sources, Span};
use proptest::prelude::*;
use std::path::Path;

fn findings(text: &str) -> Vec<Diagnostic> {
    parse(FileId(0), text).diagnostics
}

fn rendered(text: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("a", text);
    render::render_plain(&sources, &parse(id, text).diagnostics)
}

/// The findings of a text, rendered plainly.
#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(rendered(text).trim(), expected.trim(), "\n{}", rendered(text));
}

/// The text is understood as the other one is, with one finding of this code, and its fix gives a text without it.
#[track_caller]
fn habit(wrong: &str, right: &str, code: &str) {
    let p = parse(FileId(0), wrong);
    let codes: Vec<&str> = p.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [code], "{wrong}\n{}", rendered(wrong));
    let q = parse(FileId(0), right);
    assert!(q.diagnostics.is_empty(), "{right}\n{}", rendered(right));
    assert!(p.file == q.file, "{wrong}\n{:?}\n{:?}", p.file, q.file);
    if let Some(f) = &p.diagnostics[0].fix {
        let mut mended = wrong.to_string();
        mended.replace_range(f.span.start as usize..f.span.end as usize, &f.replacement);
        assert!(findings(&mended).is_empty(), "{mended}\n{}", rendered(&mended));
        assert!(parse(FileId(0), &mended).file == q.file, "{mended}");
    }
}

fn drafts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/design/systems");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no {}", folder.display());
        return vec![];
    };
    let mut out: Vec<(String, String)> = entries
        .filter_map(|e| {
            let path = e.unwrap().path();
            Some((path.file_name()?.to_str()?.to_string(), std::fs::read_to_string(&path).ok()?))
        })
        .collect();
    out.sort();
    out
}

#[test]
fn drafts_parse() {
    for (name, text) in drafts() {
        let p = parse(FileId(0), &text);
        assert!(p.diagnostics.is_empty(), "{name}:\n{}", rendered(&text));
        assert!(p.file.items.len() >= 3, "{name}");
        let crlf = text.replace('\n', "\r\n");
        let q = parse(FileId(0), &format!("\u{feff}{}", crlf.trim_end()));
        assert!(q.diagnostics.is_empty(), "{name} with CRLF");
        assert!(p.file == q.file, "{name} with CRLF");
    }
}

const SAMPLE: &str = r#"use "common.mtl"
param lr = 1e-3
for d in ["a", "b"] {
  data reviews = tsv("data/{d}") { x: tokens; y: label = "seq.label", n: tags on x = 3; v: vec<64> }
  encoder private = words |> lstm(64) |> last
}
data qa = jsonl("q") { docs: list<list<tokens>>; l: layers<tags> on x; g: index in docs; s: spans in docs; k = 2 }
task slot : tag(crf) of atis.slots from enc@1.fwd & gate(cs, by = ci) # a comment
  on atis { metric em, f1; view tok with cutoff(token, 5%); early_stop(patience = 3) }
pos.top(8)
  -> l2, l3 via embed(32) |> add { train scheduled(1 -> 0); grad reverse(.05) }
a.labels ~> b { rounds 1 }
share ea@2..3, eb@* by l2(1e-4)
loss diff = orthogonal(shared, private[*]) * -0.01 on wiki
train {
  batch 1_024; minutes 10min; eval every 500
  repeat 10 { stage grow for t in [pos, chunk] { tasks t; then freeze } }
}
expect drop(m.f1, without = pos -> chunk) >= 5%
"#;

#[test]
fn the_whole_language() {
    let text = SAMPLE.replace("; k = 2", "");
    check(&text, "");
    let p = parse(FileId(0), &text);
    assert_eq!(p.file.items.len(), 11);
    assert_eq!(p.comments.len(), 1);
    assert_eq!(p.comments[0].text, "# a comment");
    let slice = |s: Span| &text[s.start as usize..s.end as usize];
    assert_eq!(slice(p.comments[0].span), "# a comment");
    let ast::ItemKind::Task(t) = &p.file.items[4].value else { panic!() };
    assert_eq!(slice(t.from.as_ref().unwrap().span), "enc@1.fwd & gate(cs, by = ci)");
    assert_eq!(slice(t.on.as_ref().unwrap().span), "atis");
    let ast::ItemKind::Edge(e) = &p.file.items[5].value else { panic!() };
    assert_eq!(slice(e.source.span), "pos.top(8)");
    assert_eq!(slice(e.arrow), "->");
    let ast::SettingKind::Attr { values, .. } = &e.options[1].value else { panic!() };
    assert_eq!(slice(values[0].span), "reverse(.05)");
}

#[test]
fn numbers() {
    for (text, value) in
        [("20k", 20000.0), ("2M", 2e6), ("15%", 0.15), ("10min", 600.0), (".5", 0.5), ("1_000", 1000.0), ("5e-5", 5e-5)]
    {
        let e = parse_expr(FileId(0), text).unwrap();
        let ast::ExprKind::Number(n) = &*e.value else { panic!("{e:?}") };
        assert_eq!((n.value, n.raw.as_str()), (value, text));
    }
    check(
        "train { steps 20kk; epochs 1e999 }",
        "
a:1:17: error[E0111]: `kk` is not a unit
    here: after a number
    help: units are `%`, `k`, `M`, `s`, `min` and `h`; a name begins with a letter
a:1:28: error[E0111]: a number is too large
    help: write a smaller number",
    );
}

#[test]
fn expressions_alone() {
    let arrow = parse_expr(FileId(0), " pos -> chunk ").unwrap();
    assert!(matches!(*arrow.value, ast::ExprKind::Arrow(..)));
    assert!(parse_expr(FileId(0), "adam(lr = 1e-3) |> x").is_ok());
    for bad in ["", " ", "a b", "f(", "1 +", "a -> ", "\n", "a;b", "{", "é"] {
        assert!(parse_expr(FileId(0), bad).is_err(), "{bad}");
    }
}

#[test]
fn habits() {
    let right = "train { epochs 20; batch 32 }";
    habit("train { epochs = 20; batch 32 }", right, "E0105");
    habit("train { epochs: 20; batch 32 }", right, "E0105");
    habit("train { epochs==20; batch 32 }", right, "E0105");
    habit("train { epochs 20, batch 32 }", right, "E0106");
    habit("train {\n epochs 20\n batch 32,\n}", right, "E0106");
    habit("train {\n epochs 20,\n batch 32\n}", right, "E0106");
    habit("train { epochs 20 batch 32 }", right, "E0106");
    habit("train { epochs 20; batch 32", right, "E0109");
    habit("train\n epochs 20\n batch 32\n}", right, "E0109");
    habit("// a\ntrain { epochs 20; batch 32 }", right, "E0108");
    habit("train { epochs 20; /* a */ batch 32 }", right, "E0108");
    let right = "data a = tsv(\"d/x\") { x: tokens; v: vec<64> }";
    habit("data a = tsv('d/x') { x: tokens; v: vec<64> }", right, "E0107");
    habit("data a = tsv(\u{201c}d/x\u{201d}) { x: tokens; v: vec<64> }", right, "E0107");
    habit("data a = tsv(d/x) { x: tokens; v: vec<64> }", right, "E0107");
    habit("data a = tsv(\"d/x) { x: tokens; v: vec<64> }", right, "E0116");
    habit("data a : tsv(\"d/x\") { x: tokens; v: vec<64> }", right, "E0105");
    habit("data a = tsv(\"d/x\") { x = tokens; v: vec<64> }", right, "E0105");
    habit("data a = tsv(\"d/x\") { x: tokens; v: vec(64) }", right, "E0104");
    habit("data a = tsv(\"d/x\" { x: tokens; v: vec<64> }", right, "E0109");
    habit("use common.mtl", "use \"common.mtl\"", "E0107");
    habit("a.probs => b", "a.probs -> b", "E0104");
    habit("a.probs → b", "a.probs -> b", "E0104");
    habit("expect a.f1 => 5%", "expect a.f1 >= 5%", "E0104");
    habit("expect a.f1 = 5%", "expect a.f1 == 5%", "E0104");
    habit("task a = tag of x.y from z", "task a : tag of x.y from z", "E0105");
    habit("task a : tag of x.y from z { loss None }", "task a : tag of x.y from z { loss none }", "E0113");
    habit("let o = adam(lr: 1)", "let o = adam(lr = 1)", "E0105");
    habit("let a = f(b]", "let a = f(b)", "E0109");
    habit("let a = f(b))", "let a = f(b)", "E0109");
    habit("let a = f(b\nlet c = d", "let a = f(b)\nlet c = d", "E0109");
    habit("task a : tag(crf of x.y from z", "task a : tag(crf) of x.y from z", "E0109");
}

/// A statement with one token too many, too few, in the wrong place or misspelt is read as what was meant.
#[test]
fn repairs() {
    let right = "task a : tag(crf, layers = 2) of x.y from z |> f & g on x { metric m, n; loss none }";
    for wrong in [
        "task a tag(crf, layers = 2) of x.y from z |> f & g on x { metric m, n; loss none }",
        "task a : tag(crf layers = 2) of x.y from z |> f & g on x { metric m, n; loss none }",
        "task a : tag(crf, layers 2) of x.y from z |> f & g on x { metric m, n; loss none }",
        "task a : tag(crf, layers = 2) x.y from z |> f & g on x { metric m, n; loss none }",
        "task a : tag(crf, layers = 2) of x.y z |> f & g on x { metric m, n; loss none }",
        "task a : tag(crf, layers = 2) of of x.y from z |> f & g on x { metric m, n; loss none }",
        "task a : tag(crf, layers = 2) of x.y form z |> f & g on x { metric m, n; loss none }",
        "task a : tag(crf, layers = 2) of x.y from z |> |> f & g on x { metric m, n; loss none }",
        "task a : tag(crf, layers = 2) of x.y from z |> f & & g on x { metric m, n; loss none }",
        "task a : tag(crf, layers = 2) of x y. from z |> f & g on x { metric m, n; loss none }",
        "task a : tag(crf, layers = 2) of x.y from z |> f & g on { x metric m, n; loss none }",
        "task a : tag(crf, layers = 2) of x.y from z |> f & g on x metric { m, n; loss none }",
        "task a : tag(crf, layers = 2) of x.y from z |> f & g on x { metric m n; loss none }",
        "task a : tag(crf, layers = 2) of x.y from z |> f & g on x { metric m, , n; loss none }",
        "task a : tag(crf, layers = 2) of x.y from z |> f & g on x { metric m, n loss ; none }",
        "task a : tag(crf, layers = 2) of x.y from z |> f & g on x { metric m, n loss none }",
        "task a : tag(crf, layers = 2) of x.y from z |> f & g on x { metric m, n; loss } none",
        "taks a : tag(crf, layers = 2) of x.y from z |> f & g on x { metric m, n; loss none }",
        "a : tag(crf, layers = 2) of x.y from z |> f & g on x { metric m, n; loss none }",
        "a task : tag(crf, layers = 2) of x.y from z |> f & g on x { metric m, n; loss none }",
    ] {
        let p = parse(FileId(0), wrong);
        assert_eq!(p.diagnostics.len(), 1, "{wrong}\n{}", rendered(wrong));
        assert!(p.file == parse(FileId(0), right).file, "{wrong}\n{}\n{:?}", rendered(wrong), p.file);
        // its fix gives what was meant
        let fix = p.diagnostics[0].fix.as_ref().unwrap_or_else(|| panic!("{wrong}\n{}", rendered(wrong)));
        let mut mended = wrong.to_string();
        mended.replace_range(fix.span.start as usize..fix.span.end as usize, &fix.replacement);
        assert!(findings(&mended).is_empty(), "{wrong}\n{mended}\n{}", rendered(&mended));
        assert!(parse(FileId(0), &mended).file == p.file, "{wrong}\n{mended}");
    }
    for (wrong, right, code) in [
        ("for d [1, 2] { encoder e = f(1) }", "for d in [1, 2] { encoder e = f(1) }", "E0101"),
        ("for d in [1 2] { encoder e = f(1) }", "for d in [1, 2] { encoder e = f(1) }", "E0101"),
        ("a.b c via d", "a.b -> c via d", "E0101"),
        ("a.b -> c d(3)", "a.b -> c via d(3)", "E0101"),
        ("a.b -> c d", "a.b -> c, d", "E0101"),
        ("share a, b tie", "share a, b by tie", "E0101"),
        ("loss l kl(a, b)", "loss l = kl(a, b)", "E0101"),
        ("train { batch 32; stage { warm epochs 3 } }", "train { batch 32; stage warm { epochs 3 } }", "E0101"),
        (
            "train { stage a { epochs 3 } stage b { epochs 3 } }",
            "train { stage a { epochs 3 }; stage b { epochs 3 } }",
            "E0101",
        ),
        ("train { 32 batch }", "train { batch 32 }", "E0101"),
        ("{ batch 32 }", "train { batch 32 }", "E0101"),
        ("a.x -> b\n{ batch 32 }", "a.x -> b\ntrain { batch 32 }", "E0101"),
        ("data a = tsv(\"a\") { x: tokens; y: tags x }", "data a = tsv(\"a\") { x: tokens; y: tags on x }", "E0101"),
        ("data a = tsv(\"a\") { x: tokens y: label }", "data a = tsv(\"a\") { x: tokens; y: label }", "E0101"),
        ("data a = tsv(\"a\") { x: ; tokens y: label }", "data a = tsv(\"a\") { x: tokens; y: label }", "E0101"),
        (
            "data a = tsv(\"a\")\n  x: tokens\n  y: label\n}",
            "data a = tsv(\"a\") {\n  x: tokens\n  y: label\n}",
            "E0109",
        ),
        ("multi_step", "expect multi_step", "E0101"),
    ] {
        let p = parse(FileId(0), wrong);
        let codes: Vec<&str> = p.diagnostics.iter().map(|d| d.code).collect();
        assert_eq!(codes, [code], "{wrong}\n{}", rendered(wrong));
        assert!(p.file == parse(FileId(0), right).file, "{wrong}\n{}\n{:?}", rendered(wrong), p.file);
    }
}

#[test]
fn invisible_characters() {
    let right = "let a = f(b)";
    for unseen in ["\u{feff}", "\u{200b}\u{200b}", "\u{0}", "\u{2028}", "\u{ad}"] {
        habit(&format!("let a = f{unseen}(b)"), right, "E0104");
        habit(&format!("let a {unseen}= f(b)"), right, "E0104");
        habit(&format!("let abc = f{unseen}g(b)"), "let abc = fg(b)", "E0104");
        habit(&format!("let a{unseen}bc = fg(b)"), "let abc = fg(b)", "E0104");
    }
    // a mark at the start, strings and comments
    for text in ["\u{feff}let a = \"b\"", "let a = \"\u{200b}b\" # \u{feff}", "let a =\u{a0}b\u{3000}|> c"] {
        check(text, "");
    }
    check(
        "let a = f\u{200b}(b)",
        "
a:1:10: error[E0104]: an invisible character stands here, U+200B
    here: nobody sees it
    help: remove it",
    );
}

#[test]
fn continued_lines() {
    let one = parse(FileId(0), "encoder e = a |> b & c\nx.y -> z, w via q { train gold }").file;
    for text in [
        "encoder e = a\n  |> b\n  & c\nx.y\n -> z,\n w\n via q\n{ train gold }",
        "encoder e = a |>\r\n\tb &\r\n\r\n\tc\r\nx.y ->\r\n z, # why\r\n w via q {\r\n train gold\r\n}\r\n",
        "\u{feff}encoder e = # first\n a |> b & c ; x.y -> z, w via q {\n\n;train gold;\n}",
    ] {
        check(text, "");
        assert!(parse(FileId(0), text).file == one, "{text}");
    }
}

#[test]
fn what_is_said() {
    check(
        "encoder enc = embed(64) |> |> b\ntask slot of a.b from enc\nshare a, b l2(1)\nlet a = x | y",
        "
a:1:28: error[E0101]: `|>` stands twice
    here: once is enough
    help: remove one of them
a:2:6: error[E0110]: the task `slot` has no head
    here: which head?
    help: name a head after a colon: `task slot : classify of ...`
a:3:11: error[E0101]: `by` is missing between `b` and `l2`
    here: write `by` here
    help: write `b by l2`
a:4:11: error[E0104]: `|` stands where `|>` belongs
    here: write `|>`
    help: write `|>` for `|`",
    );
    check(
        "taks slot : tag of a.b from c\nbatch 32\nx = embed(3)\ntask tâche : tag of a.b from c\ntrain { task z : tag of a }",
        "
a:1:1: error[E0101]: `taks` does not begin a declaration
    help: did you mean `task`?
a:2:1: error[E0112]: `batch` is a setting and stands inside `train`
    here: outside `train { }`
    at a:5:1: it belongs in here
    help: move `batch 32` into the braces of `train`
a:3:1: error[E0101]: `x` is declared without saying what it is
    help: write `let x = ...` or `encoder x = ...`
a:4:6: error[E0101]: `tâche` cannot stand here in a `task`
    here: expected `:`, `{`, `on`, `of`, `from` or the end of the line
    help: names are written with the letters a to z, digits and `_`
a:5:9: error[E0112]: a declaration stands inside a block of settings
    here: declared here
    help: move it after the closing `}`",
    );
    check(
        "train {\n  batch 32\n  stage a { tasks x\n  epochs 3\ntask z : tag of a.b from c",
        "
a:1:7: error[E0109]: `{` is never closed
    here: opened here
    at a:4:11: `}` may be missing here
    help: add `}`
a:3:11: error[E0109]: `{` is never closed
    here: opened here
    at a:4:11: `}` may be missing here
    help: add `}`",
    );
}

#[test]
fn a_fault_does_not_lose_the_rest() {
    let text = "task slot : tag of of x { metric f1; epochs = 3; ? }
for d [1] { data a = tsv(\"a\") { x tokens; y: label } }
train { stage s for t [a] { batch 1, epochs 2 }; epochs 3 }";
    let p = parse(FileId(0), text);
    let codes: Vec<&str> = p.diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["E0101", "E0105", "E0104", "E0101", "E0101", "E0101", "E0106"], "{}", rendered(text));
    assert_eq!(p.file.items.len(), 3);
    let ast::ItemKind::Task(t) = &p.file.items[0].value else { panic!() };
    assert_eq!((t.name.value.as_str(), t.options.len()), ("slot", 2));
    let ast::ItemKind::For { items, .. } = &p.file.items[1].value else { panic!() };
    let ast::ItemKind::Data { fields, .. } = &items[0].value else { panic!() };
    let types: Vec<(&str, &str)> = fields.iter().map(|f| (&*f.name.value, &*f.ty.name.value)).collect();
    assert_eq!(types, [("x", "tokens"), ("y", "label")]);
    let ast::ItemKind::Train(settings) = &p.file.items[2].value else { panic!() };
    assert_eq!(settings.len(), 2);
}

/// The examples of the pages fail as they say, and their mended forms are read.
#[test]
fn pages() {
    for page in crate::diagnostics::codes::CODES.iter().filter(|c| c.code.starts_with("E01")) {
        let blocks: Vec<&str> = page.page.split("```").skip(1).step_by(2).collect();
        for b in blocks {
            let (head, text) = b.split_once('\n').unwrap();
            let codes: Vec<&str> = findings(text).iter().map(|d| d.code).collect();
            match head.strip_prefix("mtl fails ") {
                Some(code) => assert_eq!(codes, [code], "{}", rendered(text)),
                None if head == "mtl" => assert!(codes.is_empty(), "{}: {}", page.code, rendered(text)),
                None => {}
            }
        }
    }
}

/// Lines with one fault each, in any number and order, are as many findings.
const FAULTS: [&str; 20] = [
    "encoder enc = |> embed(64)",
    "task slot of atis.slots from enc",
    "task slot : tag of atis.slots from enc metric",
    "share a, b l2(1)",
    "let a = f(b",
    "let a = f(b))",
    "let a = (b + [c, d)",
    "let a = \"abc",
    "let a = b | c",
    "a.b => c",
    "data x = tsv(\"a\") { x tokens; y: label }",
    "data x = tsv(\"a\") { x: tokens; y = label }",
    "data x = tsv(a/b) { x: tokens }",
    "train { epochs = 20 }",
    "train { batch 32; ? ; epochs 3 }",
    "train { stage a { batch 32 ! } }",
    "use common.mtl",
    "foo bar",
    "expect a.f1 > > 3",
    "loss kl = kl(a b)",
];

#[test]
fn drafts_with_faults() {
    for fault in FAULTS {
        assert_eq!(findings(fault).len(), 1, "{fault}\n{}", rendered(fault));
    }
    for (name, text) in drafts() {
        for fault in FAULTS {
            let broken = format!("{fault}\n{text}\n{fault}");
            assert_eq!(findings(&broken).len(), 2, "{name}: {fault}\n{}", rendered(&broken));
        }
    }
}

/// Letters, brackets and signs at random.
fn rubbish(n: usize) -> String {
    const LETTERS: &[u8] = b"abc {}()[];:=->|&,.\"' 0123 task data of from\n";
    let mut state = 1u64;
    (0..n)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(LETTERS[(state >> 33) as usize % LETTERS.len()])
        })
        .collect()
}

#[test]
fn hostile_sizes() {
    let n = 20_000;
    for text in [
        "(".repeat(n),
        ")".repeat(n),
        "{".repeat(n),
        "}".repeat(n),
        format!("let a = {}b{}", "f(".repeat(n), ")".repeat(n)),
        format!("let a = {}b{}", "[".repeat(40), "]".repeat(40)),
        format!("let a = b{}", ".c".repeat(n)),
        format!("let a = b{}", " + c".repeat(n)),
        format!("let a = b{}", " |> c".repeat(n)),
        format!("data x = tsv(\"a\") {{ x: {}tokens }}", "list<".repeat(n)),
        "for a in b { ".repeat(n),
        format!("{}x {}", "for a in b { ".repeat(40), "} y ".repeat(40)),
        "train { stage a { ".repeat(30),
        "\"".repeat(n),
        "'".repeat(n),
        "a -> ".repeat(n),
        "# x\n".repeat(n),
        format!("let a = [{}]", "b, ".repeat(n)),
        rubbish(240_000),
    ] {
        let clock = std::time::Instant::now();
        let p = parse(FileId(0), &text);
        // linear time: seconds would be quadratic ones
        assert!(clock.elapsed().as_secs() < 5, "{}", text.chars().take(30).collect::<String>());
        assert!(!p.diagnostics.is_empty() || !p.file.items.is_empty() || !p.comments.is_empty());
        let _ = parse_expr(FileId(0), &text);
    }
}

/// Whatever the text: no panic, something is said or read, and every place lies in the text.
fn sound(text: &str) -> Result<(), TestCaseError> {
    let p = parse(FileId(0), text);
    let empty = text.lines().all(|l| {
        let l = l.trim_matches(|c: char| c.is_whitespace() || matches!(c, ';' | '\u{feff}' | '\u{200b}'));
        l.is_empty() || l.starts_with('#')
    });
    prop_assert!(empty || !p.diagnostics.is_empty() || !p.file.items.is_empty(), "nothing said of {text:?}");
    for d in &p.diagnostics {
        for l in d.primary.iter().chain(&d.secondary) {
            prop_assert!(l.span.start <= l.span.end && l.span.end as usize <= text.len(), "{d:?}");
        }
        prop_assert!(d.primary.is_some());
    }
    for i in &p.file.items {
        prop_assert!(i.span.start <= i.span.end && i.span.end as usize <= text.len());
    }
    let mut sources = Sources::default();
    sources.add("a", text);
    render::render_human(&sources, &p.diagnostics, false);
    let _ = parse_expr(FileId(0), text);
    Ok(())
}

fn corpus() -> Vec<String> {
    let mut all: Vec<String> = drafts().into_iter().map(|d| d.1).collect();
    all.push(SAMPLE.to_string());
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_string(text in "\\PC{0,80}") {
        sound(&text)?;
    }

    #[test]
    fn any_words(words in prop::collection::vec(prop::sample::select(vec![
        "task", "data", "for", "in", "train", "stage", "x", "\"a\"", "\"", "'", "(", ")", "[", "]", "{", "}", "<", ">", ":", "=", ",",
        ";", "\n", "->", "|>", "&", "3", "3k", "@", ".", "..", "*", "-", "#", "//", "é", "of", "from", "\r\n", "\t", "=>",
    ]), 0..40), spaced in any::<bool>()) {
        sound(&words.join(if spaced { " " } else { "" }))?;
    }

    #[test]
    fn mutated(text in prop::sample::select(corpus()), at in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), how in 0..5) {
        let a = (0..=at.index(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        let tokens: Vec<&str> = text.split_inclusive([' ', '(', ')', '{', '}', ',', '\n', '.', '"']).collect();
        let (i, j) = (at.index(tokens.len()), to.index(tokens.len()));
        let mutant = match how {
            0 => text[..a].to_string(),
            1 => text[a..].to_string(),
            2 => { let mut t = tokens; t.remove(i); t.concat() }
            3 => { let mut t = tokens; let x = t[i]; t.insert(j, x); t.concat() }
            _ => { let mut t = tokens; t.swap(i, j); t.concat() }
        };
        sound(&mutant)?;
    }

    #[test]
    fn as_many_findings_as_faults(which in prop::collection::vec(prop::sample::select(FAULTS.to_vec()), 1..8)) {
        let text = which.join("\n");
        prop_assert_eq!(findings(&text).len(), which.len(), "{}\n{}", text, rendered(&text));
    }
}

#[test]
fn misspelt_statements_are_one_fault() {
    let text = "task a : tag of d.y from e {\n  view left with dropout(30%)\n}
train { stage s { epochs 2 }; stage t for x in [a] { epochs 1 }; repeat 3 { stage k { epochs 1 } } }\n";
    assert!(parse(FileId(0), text).diagnostics.is_empty());
    for (right, wrong) in [("view", "veiw"), ("stage s", "stge s"), ("stage t", "satge t"), ("repeat", "reapeat")] {
        let p = parse(FileId(0), &text.replacen(right, wrong, 1));
        let [d] = p.diagnostics.as_slice() else { panic!("{wrong}: {}", rendered(&text.replacen(right, wrong, 1))) };
        let word = right.split(' ').next().unwrap();
        assert_eq!(d.help.as_deref(), Some(&*format!("did you mean `{word}`?")), "{wrong}");
        assert_eq!(d.fix.as_ref().map(|f| f.replacement.as_str()), Some(word));
    }
}

#[test]
fn doubled_signs_are_one_fault() {
    let family =
        "for d in [1, 2] {\n  data r = tsv(\"r\") { x: tokens }\n  task s : tag of r.x from e\n}\ntrain { epochs 3 }\n";
    for (from, to, message) in [
        ("{ x: tokens }", "{ { x: tokens }", "`{` stands twice"),
        ("{ x: tokens }", "{ { x: tokens } }", "`{` stands twice"),
        ("{ x: tokens }", "{ x: tokens } }", "`}` closes nothing"),
        ("[1, 2] {", "[1, 2] { {", "`{` stands twice"),
        ("epochs 3 }", "epochs 3 } }", "`}` closes nothing"),
        ("train {", "train { { {", "`{` stands twice"),
        ("[1, 2]", "[1, , 2]", "`,` stands twice"),
        ("epochs 3 }", "epochs 3; freeze e, , , s }", "`,` stands twice"),
        ("epochs 3 }", "epochs 3; objective mean(s[*] ].accuracy) }", "`]` closes nothing"),
    ] {
        let p = parse(FileId(0), &family.replace(from, to));
        let said: Vec<&str> = p.diagnostics.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(said, [message], "{to}");
        let whole = parse(FileId(0), family);
        assert_eq!(p.file.items.len(), whole.file.items.len(), "{to}");
    }
    // many of them in time
    let many = "{ ".repeat(50_000);
    assert!(!parse(FileId(0), &many).diagnostics.is_empty());
}
