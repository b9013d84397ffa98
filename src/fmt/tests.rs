//! Texts and their layout.

use super::*;
use proptest::prelude::*;
use std::path::{Path, PathBuf};

/// The text is laid out as the other one, and that one as itself.
#[track_caller]
fn check(text: &str, expected: &str) {
    let out = format(text);
    assert!(!out.refused, "refused:\n{text}");
    assert_eq!(out.text, expected.trim_start_matches('\n'), "\n{}", out.text);
    sound(text, &out);
}

#[track_caller]
fn sound(text: &str, out: &Formatted) {
    let (before, after) = (parse(FileId(0), text), parse(FileId(0), &out.text));
    assert!(before.file == after.file, "another tree:\n{text}\n---\n{}", out.text);
    assert_eq!(before.comments.len(), after.comments.len(), "{text}\n---\n{}", out.text);
    assert_eq!(before.diagnostics.len(), after.diagnostics.len(), "{text}\n---\n{}", out.text);
    let again = format(&out.text);
    assert_eq!(again.text, out.text, "not its own layout");
}

fn mtl(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|e| e.unwrap().path()) {
        match path.is_dir() {
            true => mtl(&path, out),
            false if path.extension().is_some_and(|e| e == "mtl" || e == "md") => out.push(path),
            false => {}
        }
    }
}

/// Every spec of the examples, of the tests, of the pages and, where they are, of the drafts.
fn corpus() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("README.md")];
    for folder in ["examples", "tests/ui", "docs", "../shared/design/systems"] {
        mtl(&root.join(folder), &mut files);
    }
    files.sort();
    let mut out = vec![];
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        if path.extension().is_some_and(|e| e == "mtl") {
            out.push((name, text));
            continue;
        }
        for (i, block) in text.split("\n```").skip(1).step_by(2).enumerate() {
            let (info, body) = block.split_once('\n').unwrap_or_default();
            if info.starts_with("mtl") {
                out.push((format!("{name}, block {}", i + 1), format!("{body}\n")));
            }
        }
    }
    out
}

#[test]
fn a_comment_behind_an_empty_statement() {
    check(";# batch 32;", "# batch 32;\n");
    check(";; # a\nlet b = c", "# a\nlet b = c\n");
}

#[test]
fn every_spec_has_a_layout() {
    let all = corpus();
    assert!(all.len() > 200, "only {} specs", all.len());
    for (name, text) in all {
        let out = format(&text);
        assert!(!out.refused, "{name}: refused");
        sound(&text, &out);
        for line in out.text.lines().filter(|_| out.diagnostics.is_empty()) {
            assert_eq!(line, line.trim_end(), "{name}");
            let code = line.split('#').next().unwrap_or("").trim_end();
            assert!(code.chars().count() <= WIDTH || !code.contains([',', '&', '|']), "{name}: {line}");
        }
        let crlf = text.replace('\n', "\r\n");
        assert_eq!(format(&crlf).text, out.text.replace('\n', "\r\n"), "{name} with CRLF");
    }
}

#[test]
fn neighbours_are_aligned() {
    check(
        "data a=tsv(\"a\"){x:tokens;y:label}\ndata bcd = tsv( \"b/c\" ) {x:tokens}\n\n\n\ntask s:tag of a.y from e{metric f1}
task longer : tag( crf ) of bcd.y from e|>attend { }\ntask t : classify(multi, threshold = 0.5, steps = 20) of a.y from e { metric f1 }
a -> b via embed( 3 ) ; abc.probs ~> b {rounds 1}
expect   joint",
        r#"
data a   = tsv("a")   { x: tokens; y: label }
data bcd = tsv("b/c") { x: tokens }

task s      : tag      of a.y   from e { metric f1 }
task longer : tag(crf) of bcd.y from e |> attend
task t      : classify(multi, threshold = 0.5, steps = 20) of a.y from e { metric f1 }
a         -> b via embed(3)
abc.probs ~> b { rounds 1 }
expect joint
"#,
    );
}

#[test]
fn clauses_have_one_order() {
    check("task s : tag on d from e of a.b", "task s : tag of a.b from e on d\n");
}

#[test]
fn long_lines_break() {
    check(
        r#"encoder enc = embed(100, vectors = "glove") & chars(cnn, 50, width = 3) |> bilstm(100, layers = 2) |> dropout(30%) |> dense(64, tanh)
task entail : classify of sick.verdict from match(l5(a) |> attend(query = enc.last), l5(b) |> attend(query = enc.last)) & dot(a, b) on other { metric accuracy; weight 0.5 }
intent.probs -> slot, other["books"], other["music"], other["kitchen"], other["travel"], yet_another via embed(64) { train scheduled(1 -> 0); grad through; when train }
let z = latent(gaussian(32), prior = img(image), posterior = img(image) & embed(64)(question) |> gru(128) |> last)
expect drop(reply.ppl_of_a_name_that_is_very_long_indeed, without = select_of_a_name_that_is_very_long -> reply_too) >= 10%"#,
        r#"
encoder enc = embed(100, vectors = "glove") & chars(cnn, 50, width = 3)
  |> bilstm(100, layers = 2)
  |> dropout(30%)
  |> dense(64, tanh)
task entail : classify of sick.verdict
  from match(l5(a) |> attend(query = enc.last), l5(b) |> attend(query = enc.last)) & dot(a, b)
  on other
  { metric accuracy; weight 0.5 }
intent.probs -> slot, other["books"], other["music"], other["kitchen"], other["travel"], yet_another
  via embed(64)
  { train scheduled(1 -> 0); grad through; when train }
let z = latent(
  gaussian(32),
  prior = img(image),
  posterior = img(image) & embed(64)(question) |> gru(128) |> last,
)
expect drop(reply.ppl_of_a_name_that_is_very_long_indeed, without = select_of_a_name_that_is_very_long -> reply_too) >=
  10%
"#,
    );
}

#[test]
fn signs_after_which_a_line_ends() {
    check(
        "expect mean( # of mean\n  a.x, # of a\n b.y) > 85.5\nlet n = f( # of f\n 1) * 2",
        r#"
expect mean(  # of mean
  a.x,  # of a
  b.y,
) > 85.5
let n = f(  # of f
  1,
) * 2
"#,
    );
}

#[test]
fn comments_within_an_index() {
    check(
        "train { stage a { tasks s[\"a\"], s[ # of b\n\"b\"] ; shots 5 }\n objective s[ # of a\n # alone\n\"a\"].f1 }",
        r#"
train {
  stage a {
    tasks s["a"],
      s[  # of b
        "b"
      ]
    shots 5
  }
  objective s[  # of a
    # alone
    "a"
  ].f1
}
"#,
    );
}

#[test]
fn blocks() {
    check(
        "train { batch 32 ;; epochs 20 }\ntrain {\n\n batch 32\n\n\n epochs 20\n\n}\ntrain { stage a { tasks x }; stage bc for t in [x, y] { tasks t
 early_stop( patience=3 )
 eval every   500 } }\ntrain{}\nfor d in [1,2]{ let a = b; let c = d }\nfor d in [] { }",
        r#"
train { batch 32; epochs 20 }
train {
  batch 32

  epochs 20
}
train {
  stage a { tasks x }
  stage bc for t in [x, y] { tasks t; early_stop(patience = 3); eval every 500 }
}
train { }
for d in [1, 2] {
  let a = b
  let c = d
}
for d in [] { }
"#,
    );
}

#[test]
fn comments_stay() {
    check(
        r#"  # first


# second
let a = [ # of the bracket
  "b",   # of b
  # before c
  "c"
  # last
]
encoder e = embed(3) # of embed
  & chars(cnn, 3)
  # before the pipe
  |> lstm(4)   # of lstm
let x = 1 # short
let yyyyy = 2 # long
task s : tag of a.b from e # of from
  { metric f1 } # of the end
train { # of train

  # before batch
  batch 32 # of batch
  epochs 3

  # at the end
}

for d in [1] { # of for
  # alone
}
train {
  # nothing else
}
# the end"#,
        r#"
# first

# second
let a = [  # of the bracket
  "b",  # of b
  # before c
  "c",
  # last
]
encoder e = embed(3)  # of embed
  & chars(cnn, 3)
  # before the pipe
  |> lstm(4)  # of lstm
let x     = 1  # short
let yyyyy = 2  # long
task s : tag of a.b
  from e  # of from
  { metric f1 }  # of the end
train {  # of train
  # before batch
  batch 32  # of batch
  epochs 3

  # at the end
}

for d in [1] {  # of for
  # alone
}
train {
  # nothing else
}
# the end
"#,
    );
}

#[test]
fn faults_keep_their_text() {
    let out = format("let  a=1\ntask   slot : tag off x.y\nlet  b=2;  foo   bar ; let c=3\n\n\n");
    assert!(!out.refused);
    assert_eq!(out.text, "let a = 1\ntask   slot : tag off x.y\nlet b = 2\nfoo   bar\nlet c = 3\n");
    let out =
        format("for d in [1] {\nlet  a=1\n  encoder e =  |>   embed(3)\nlet  b=2\n}\ntrain {   batch 32\nlet  c=3\n");
    assert!(!out.refused);
    assert_eq!(
        out.text,
        "for d in [1] {\n  let a = 1\n  encoder e =  |>   embed(3)\n  let b = 2\n}\ntrain {   batch 32\nlet c = 3\n"
    );
    let out = format("a   =>  b\nlet  a=1 # x\n// y\nlet  b=1\n");
    assert!(!out.refused);
    assert_eq!(out.text, "a   =>  b\nlet a = 1 # x\n// y\nlet b = 1\n");
}

/// The text with other spaces and line breaks, and with comments where a line goes on.
fn messy(text: &str, choices: &[u8], comments: bool) -> String {
    let mut choice = choices.iter().copied().cycle();
    let mut next = |n: u8| choice.next().is_some_and(|c| c % n == 0);
    let mut out = String::new();
    let (mut quoted, mut comment) = (false, false);
    for c in text.chars() {
        out.push(c);
        match c {
            '"' if !comment => quoted = !quoted,
            '#' if !quoted => comment = true,
            '\n' => comment = false,
            ' ' if !quoted && !comment && next(4) => out.push_str("  \t"),
            ',' | '(' | '[' | '&' | '>' if !quoted && !comment && next(6) && (c != '>' || out.ends_with("|>")) => {
                if comments && next(2) {
                    out.push_str(" # at the end");
                }
                out.push('\n');
                if comments && next(3) {
                    out.push_str("   # alone\n");
                }
            }
            _ => {}
        }
    }
    out
}

fn specs() -> Vec<String> {
    corpus().into_iter().map(|c| c.1).filter(|t| parse(FileId(0), t).diagnostics.is_empty()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(1), ..ProptestConfig::default() })]

    /// The layout is a function of the tree; comments change it, but nothing else.
    #[test]
    fn any_layout(text in prop::sample::select(specs()), choices in prop::collection::vec(any::<u8>(), 50), comments in any::<bool>()) {
        let messy = messy(&text, &choices, comments);
        let (a, b) = (parse(FileId(0), &text), parse(FileId(0), &messy));
        prop_assume!(b.diagnostics.is_empty() && a.file == b.file);
        let out = format(&messy);
        prop_assert!(!out.refused, "refused:\n{}", messy);
        sound(&messy, &out);
        if a.comments.is_empty() && b.comments.is_empty() {
            prop_assert_eq!(out.text, format(&text).text);
        }
    }

    /// Whatever is broken: nothing is lost, and what was not understood stays as it was.
    #[test]
    fn broken_texts(text in prop::sample::select(specs()), at in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(), how in 0..6, crlf in any::<bool>()) {
        let tokens: Vec<&str> = text.split_inclusive([' ', '(', ')', '{', '}', ',', '\n', '.', '"']).collect();
        prop_assume!(!tokens.is_empty());
        let (i, j) = (at.index(tokens.len()), to.index(tokens.len()));
        let a = (0..=at.index(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
        let mut t = tokens;
        match how {
            0 => t = vec![&text[..a]],
            1 => t = vec![&text[a..]],
            2 => { t.remove(i); }
            3 => { let x = t[i]; t.insert(j, x); }
            4 => t.swap(i, j),
            _ => t.insert(i, " ? "),
        }
        let broken = t.concat();
        let broken = if crlf { broken.replace('\n', "\r\n") } else { broken };
        let out = format(&broken);
        prop_assert!(!out.refused, "refused:\n{}\n--- after\n{}", broken, out.text);
        sound(&broken, &out);
        for k in &out.kept {
            prop_assert!(out.text.contains(&broken[k.start as usize..k.end as usize]), "{:?}\n{broken}\n---\n{}", k, out.text);
        }
    }

    #[test]
    fn any_string(text in "\\PC{0,60}") {
        let out = format(&text);
        sound(&text, &out);
    }
}
